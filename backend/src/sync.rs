//! `POST /api/v1/sync`: what a device did is decided, once, and it is told what changed.
//!
//! - *Exactly once in effect*: the id of a command is its key in the database, and its decision is
//!   stored. A lost answer costs nothing, fifty copies at once post one order.
//! - One device's commands are decided in the order of their `seq`; a gap waits. A command that a
//!   person has to look at blocks only those that build on what it would have made.
//! - A server restored from a copy decides on nothing new before the device has heard of it, and looks
//!   again at what came before that which it builds on ([`parked`]).
//! - Nothing that can be computed is trusted: prices, totals, commission, who may do what come from
//!   `domain::decide` on the server's own copies. A forged identity or scope is refused and audited;
//!   a figure unlike ours parks the order for a person, and is audited too.
//! - Whatever cannot be read is kept whole.

pub(crate) mod again;
pub mod sql;

use crate::Office;
use crate::customers::StoredCustomer;
use crate::db::Conn;
use crate::devices::sql::DeviceRow;
use crate::error::{OfficeError, invalid};
use crate::feed::{self, Kind, Scope};
use crate::patience::Patience;
use crate::people::{self, Person, Session, token};
use crate::work::{Doer, Needs, Work};
use crate::{db, devices, disputes, ledger, lost_stores, parked};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sql::CommandRow;
use std::sync::Arc;
use taswiq_domain::Refusal;
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::Customer;
use taswiq_domain::decide::{Effect, Situation, decide};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::dispute::Dispute;
use taswiq_domain::engagement::{self, Engagement};
use taswiq_domain::ids::{CommandId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::order::Order;
use taswiq_domain::person::Role;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    Answer, Change, CommandBody, CommandResult, PROTOCOL, Request, Response, Trace, Waiting,
};
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// The kinds of commands this build understands.
const KINDS: [&str; 22] = [
    "register_customer",
    "correct_customer",
    "place_order",
    "amend_order",
    "cancel_order",
    "confirm_sub_order",
    "refuse_sub_order",
    "propose_change",
    "answer_change",
    "start_preparing",
    "pack_sub_order",
    "hand_over",
    "deliver",
    "fail_delivery",
    "return_goods",
    "collect",
    "declare_early_payment",
    "withdraw",
    "fail_supply",
    "open_dispute",
    "withdraw_dispute",
    "escalate_dispute",
];

/// How soon a device asks again when an earlier command is missing.
const GAP_DELAY_MS: u32 = 1_000;
/// A clock this far off is not corrected: that much is the network's.
const SKEW_TOLERATED_MS: i64 = 2_000;
/// How long a request may be under way while its person goes on working.
const UNDER_WAY_MS_MAX: i64 = 10 * 60_000;
/// What is kept of a reader's complaint.
const DETAIL_CHARACTERS_MAX: usize = 200;

/// A command as it came, its envelope read.
struct Incoming {
    id: CommandId,
    seq: u64,
    made_at: Timestamp,
    kind: String,
    whole: Value,
    content_hash: Vec<u8>,
}

#[derive(Deserialize)]
struct Envelope {
    id: CommandId,
    seq: u64,
    made_at: Timestamp,
    kind: String,
}

impl Incoming {
    fn read(whole: Value) -> Result<Self, OfficeError> {
        let envelope = Envelope::deserialize(&whole).map_err(|_| invalid("commands"))?;
        if i64::try_from(envelope.seq).is_err() {
            return Err(invalid("seq"));
        }
        let mut hasher = Sha256::new();
        for part in ["kind", "made_at", "body"] {
            hash_canonically(whole.get(part).unwrap_or(&Value::Null), &mut hasher);
        }
        Ok(Self {
            id: envelope.id,
            seq: envelope.seq,
            made_at: envelope.made_at,
            kind: envelope.kind,
            content_hash: hasher.finalize().to_vec(),
            whole,
        })
    }

    fn body(&self) -> Result<CommandBody, Refusal> {
        read_body(&self.kind, &self.whole)
    }

    fn code(&self) -> Option<SpokenCode> {
        let code = self.whole.get("body")?.get("code")?;
        code.as_str()?.parse().ok()
    }

    /// What deciding on it will probably read: the command itself, what it would make, and what its
    /// body names.
    fn add_needs(&self, needs: &mut Needs) {
        let named = |field: &str| -> Option<Uuid> {
            self.whole.get("body")?.get(field)?.as_str()?.parse().ok()
        };
        needs.commands.push(self.id);
        match self.kind.as_str() {
            "place_order" => {
                needs.orders.push(self.id.into());
                needs.codes.extend(self.code());
            }
            "register_customer" => needs.customers.push(self.id.into()),
            _ => {}
        }
        needs.orders.extend(named("order").map(OrderId));
        needs.customers.extend(named("customer").map(CustomerId));
    }
}

pub(crate) fn read_body(kind: &str, whole: &Value) -> Result<CommandBody, Refusal> {
    if !KINDS.contains(&kind) {
        return Err(Refusal::UnknownKind {
            kind: kind.chars().take(64).collect(),
        });
    }
    let unknown = whole.as_object().and_then(|fields| {
        fields
            .keys()
            .find(|key| !matches!(key.as_str(), "id" | "seq" | "made_at" | "kind" | "body"))
    });
    if let Some(unknown) = unknown {
        return Err(Refusal::UnreadableBody {
            detail: format!("unknown field {unknown}")
                .chars()
                .take(DETAIL_CHARACTERS_MAX)
                .collect(),
        });
    }
    CommandBody::deserialize(whole).map_err(|error| Refusal::UnreadableBody {
        detail: error
            .to_string()
            .chars()
            .take(DETAIL_CHARACTERS_MAX)
            .collect(),
    })
}

/// Hashes a value so that the order in which a device wrote the fields makes no difference.
fn hash_canonically(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort_unstable();
            hasher.update(b"{");
            for key in keys {
                hasher.update((key.len() as u64).to_le_bytes());
                hasher.update(key.as_bytes());
                hash_canonically(&fields[key.as_str()], hasher);
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            items.iter().for_each(|item| hash_canonically(item, hasher));
            hasher.update(b"]");
        }
        Value::String(text) => {
            hasher.update(b"\"");
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        plain => {
            hasher.update(plain.to_string().as_bytes());
            hasher.update(b",");
        }
    }
}

pub(crate) struct Upload {
    session: Session,
    /// Somebody else brought it, in a file that may have been under way for days.
    is_carried: bool,
    device: DeviceId,
    key: Option<DeviceKey>,
    epoch: String,
    build: String,
    cursor: i64,
    device_time: Timestamp,
    /// By the server's clock. How long it then waits for the writer says nothing of the device's.
    arrived_at: Timestamp,
    waiting: Waiting,
    lost: Option<Trace>,
    commands: Vec<Incoming>,
}

enum Received {
    Decided {
        results: Vec<CommandResult>,
        decided_seq: u64,
        heard_seq: Option<u64>,
        epoch: String,
        may_read: bool,
        is_revoked: bool,
    },
    /// The device is registered to somebody else.
    ForeignDevice,
}

/// What a device is answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer without the catalogue.
    pub response: Response,
    /// The catalogue, when it is to be told: the first of the changes.
    pub catalogue: Option<Arc<Catalogue>>,
}

impl Answered {
    /// The whole answer.
    pub fn into_response(self) -> Response {
        let Self {
            mut response,
            catalogue,
        } = self;
        if let Some(catalogue) = catalogue {
            let catalogue = Change::Catalogue(Box::new(Arc::unwrap_or_clone(catalogue)));
            response.changes.insert(0, catalogue);
        }
        response
    }
}

impl Office {
    /// Decides on the commands of a device and tells it what changed.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] for an envelope that cannot be read (nothing was decided and nothing
    /// is lost on the device), [`OfficeError::NotAllowed`] for a device that belongs to somebody
    /// else, [`OfficeError::Busy`] when it is to be sent again. A refused command is no error: it is
    /// parked, and the answer says so.
    pub async fn sync(
        &self,
        session: &Session,
        request: Request<Value>,
    ) -> Result<Response, OfficeError> {
        let answered = self.answer(session, request, &Patience::default()).await;
        Ok(answered?.into_response())
    }

    /// As [`Office::sync`], the catalogue apart: it is the same for everybody, and needs no copy for each.
    ///
    /// When the writer cannot write or has not in time (a full disk, a slow one), whoever has nothing new to
    /// hand over is answered by reading alone. Left for later is then what a contact notes of its device: when
    /// it was, the build, the clock, the place in the feed, what waits. A device that the office does not know
    /// yet, a session new to it, a key or a lost store that it tells for the first time are no such contact:
    /// the device takes an answer for the word that all of that is kept. That a decision was seen is noted when
    /// it is told once more, which it is until then ([`Office::pull`]).
    ///
    /// # Errors
    /// As [`Office::sync`]'s; [`OfficeError::Busy`] too when the patience is over. What was handed over may
    /// have been decided by then or be decided later: sent again, it is answered as it was decided.
    pub async fn answer(
        &self,
        session: &Session,
        request: Request<Value>,
        patience: &Patience,
    ) -> Result<Answered, OfficeError> {
        let actor = session.actor();
        let (asked_cursor, asked_epoch, device) =
            (request.cursor, request.epoch.clone(), request.device);
        let changes_max = request
            .changes_max
            .map_or(limits::CHANGES_PER_ANSWER, |changes| changes as usize);
        let sealing_key = self.sealing_key_news(request.sealing_key).await?;
        let upload = Arc::new(read_upload(session, request, self.now(), false)?);
        let received = match self.receive(Arc::clone(&upload), patience).await {
            Err(OfficeError::Busy) => self
                .received_before(&upload)
                .await?
                .ok_or(OfficeError::Busy)?,
            received => received?,
        };
        let Received::Decided {
            results,
            decided_seq,
            heard_seq,
            epoch,
            may_read,
            is_revoked,
        } = received
        else {
            return Err(OfficeError::NotAllowed);
        };
        // After a restore the feed's numbers may have been given out again: start over.
        let is_same_server = asked_epoch.is_empty() || asked_epoch == epoch;
        let cursor = if is_same_server {
            asked_cursor.max(0)
        } else {
            0
        };
        let page = if may_read {
            self.pull(&actor, device, cursor, changes_max, patience)
                .await?
        } else {
            feed::Page {
                cursor,
                ..feed::Page::default()
            }
        };
        let now = self.now();
        let response = Response {
            protocol: PROTOCOL,
            epoch,
            server_time: now,
            offset: self.shared.calendar.offset_at(now),
            decided_seq,
            heard_seq,
            results,
            changes: page.changes,
            cursor: page.cursor,
            more: page.more,
            signed_out: session.token_hash.is_none(),
            sealing_key,
            revoked: is_revoked,
        };
        Ok(Answered {
            response,
            catalogue: page.catalogue,
        })
    }

    /// Decides on what somebody brought for a device; one answer for each command.
    pub(crate) async fn take_in(&self, upload: Upload) -> Result<Vec<Answer>, OfficeError> {
        let patience = Patience::default();
        match self.receive(Arc::new(upload), &patience).await? {
            Received::Decided { results, .. } => {
                Ok(results.into_iter().map(|result| result.answer).collect())
            }
            Received::ForeignDevice => Err(OfficeError::NotAllowed),
        }
    }

    async fn receive(
        &self,
        upload: Arc<Upload>,
        patience: &Patience,
    ) -> Result<Received, OfficeError> {
        let mut needs = Needs {
            devices: vec![upload.device],
            ..Needs::default()
        };
        for command in &upload.commands {
            command.add_needs(&mut needs);
        }
        self.write_within(patience.clone(), needs, upload, |upload, work| {
            Box::pin(receive(work, upload))
        })
        .await
    }

    /// What [`receive`] would give if nothing of this contact had to be kept; nothing when something has.
    async fn received_before(&self, upload: &Upload) -> Result<Option<Received>, OfficeError> {
        let mut conn = self.db.read().await?;
        let Some(answers) = answers_given(&mut conn, &upload.commands).await? else {
            return Ok(None);
        };
        // Read after the answers: it has handed over all of those.
        let Some(device) = devices::sql::by_id(&mut conn, upload.device.0).await? else {
            return Ok(None);
        };
        let session = &upload.session;
        let key_hash = upload.key.as_ref().map(DeviceKey::hash);
        let is_known = device.person_id == session.person.id.0
            && session.device == Some(upload.device)
            && (key_hash.is_none() || key_hash == device.key_hash)
            && upload.lost.is_none();
        if !is_known {
            return Ok(None);
        }
        let office = db::sql::office(&mut conn).await?;
        let results = upload
            .commands
            .iter()
            .zip(answers)
            .map(|(command, answer)| CommandResult {
                id: command.id,
                answer,
            });
        let is_revoked = device.revoked_at.is_some();
        let Some(office) = office else {
            return Ok(None);
        };
        let knows_epoch = upload.epoch.is_empty() || upload.epoch == office.epoch;
        let heard_seq = if knows_epoch {
            None
        } else {
            heard_seq(&mut conn, &device).await?
        };
        Ok(Some(Received::Decided {
            results: results.collect(),
            decided_seq: u64::try_from(device.last_seq).unwrap_or_default(),
            heard_seq,
            epoch: office.epoch,
            may_read: session.may_read && !is_revoked,
            is_revoked,
        }))
    }
}

/// Up to where a device that has not heard of a restore knows for itself what became of its commands, when that is not
/// all of them. It asks again about what a file brought since, and about what waits for a person here: in the copy it
/// may wait as it did before somebody settled it.
async fn heard_seq(conn: &mut Conn, device: &DeviceRow) -> Result<Option<u64>, OfficeError> {
    let parked = sql::oldest_parked_of(conn, device.id).await?;
    let heard = parked.map_or(device.heard_seq, |seq| device.heard_seq.min(seq - 1));
    let is_less = heard < device.last_seq;
    Ok(u64::try_from(heard).ok().filter(|_| is_less))
}

/// How each of these commands was decided; nothing when one was not yet.
async fn answers_given(
    conn: &mut Conn,
    commands: &[Incoming],
) -> Result<Option<Vec<Answer>>, OfficeError> {
    let ids: Vec<Uuid> = commands.iter().map(|command| command.id.0).collect();
    let rows = sql::by_ids(conn, &ids).await?;
    let mut answers = Vec::with_capacity(commands.len());
    for command in commands {
        let Some(row) = rows.iter().find(|row| row.id == command.id.0) else {
            return Ok(None);
        };
        answers.push(if row.content_hash == command.content_hash {
            first_answer(row)?
        } else {
            match sql::by_claim(conn, command.id.0, &command.content_hash).await? {
                Some(claimed) => first_answer(&claimed)?,
                None => return Ok(None),
            }
        });
    }
    Ok(Some(answers))
}

/// Reads what a device sent in a file by which somebody else brings it.
///
/// # Errors
/// As [`Office::sync`]'s.
pub(crate) fn carried(
    session: &Session,
    request: Request<Value>,
    arrived_at: Timestamp,
) -> Result<Upload, OfficeError> {
    read_upload(session, request, arrived_at, true)
}

fn read_upload(
    session: &Session,
    request: Request<Value>,
    arrived_at: Timestamp,
    is_carried: bool,
) -> Result<Upload, OfficeError> {
    let actor = session.actor();
    let may_sync = [Action::UseField, Action::UseCooperativeArea]
        .into_iter()
        .any(|action| can(Some(&actor), action, Subject::Anything));
    if !may_sync {
        return Err(OfficeError::NotAllowed);
    }
    if request.person.is_some_and(|person| person != actor.person) {
        return Err(OfficeError::NotAllowed);
    }
    // A key speaks for its own device alone.
    if session.token_hash.is_none() && session.device != Some(request.device) {
        return Err(OfficeError::NotAllowed);
    }
    if request.protocol != PROTOCOL {
        return Err(invalid("protocol"));
    }
    if request.commands.len() > limits::COMMANDS_PER_BATCH {
        return Err(invalid("commands"));
    }
    let commands: Vec<Incoming> = request
        .commands
        .into_iter()
        .map(Incoming::read)
        .collect::<Result<_, _>>()?;
    Ok(Upload {
        session: session.clone(),
        is_carried,
        device: request.device,
        key: request.key,
        epoch: request.epoch,
        build: request
            .build
            .chars()
            .filter(|letter| !letter.is_control())
            .take(64)
            .collect(),
        cursor: request.cursor.max(0),
        device_time: request.device_time,
        arrived_at,
        waiting: request.waiting,
        lost: request.lost,
        commands,
    })
}

async fn receive(work: &mut Work, upload: &Upload) -> Result<Received, OfficeError> {
    let now = work.now;
    let person = upload.session.person.id;
    let known = work.device(upload.device).await?.cloned();
    if known
        .as_ref()
        .is_some_and(|device| device.person_id != person.0)
    {
        work.audit(
            Some(person),
            None,
            "foreign_device",
            upload.device.to_string(),
            String::new(),
        );
        return Ok(Received::ForeignDevice);
    }
    let is_new = known.is_none();
    let mut device = known.unwrap_or_else(|| DeviceRow::new(upload.device.0, person.0, now.0));
    let session = &upload.session;
    if let Some(token_hash) = &session.token_hash {
        // What an emptied phone sent before it was emptied may come last: its session belongs to what it is now.
        if is_new || session.device.is_none() {
            people::bind_session(work, token_hash, upload.device).await?;
        }
        // Whoever was told that the session is over has no word in what opens the device from now on.
        if let (true, Some(key)) = (session.may_read, &upload.key) {
            device.key_hash = Some(key.hash());
        }
    }
    let is_revoked = device.revoked_at.is_some();
    let may_act = session.may_act && !is_revoked;
    let may_read = session.may_read && !is_revoked;
    let done_since = done_since(&upload.session.person, &device);
    let sent_ago_ms = upload.device_time.0.saturating_sub(upload.arrived_at.0);
    // How long a file was under way nobody knows: what the device's last contact told of its clock counts, and
    // that nothing is made in the future.
    let skew_ms = if upload.is_carried {
        device.clock_skew_ms.max(sent_ago_ms)
    } else {
        sent_ago_ms
    };
    let ids: Vec<CommandId> = upload.commands.iter().map(|command| command.id).collect();
    work.look_up_commands(&ids).await?;
    // A device that names another epoch has not heard that this server was restored from a copy.
    // What the copy lacks waits until it has: then it offers all of that, in order and without a gap.
    // From a file what follows on what the copy has is taken all the same: its device may never speak again.
    let knows_epoch = upload.is_carried || upload.epoch.is_empty() || upload.epoch == work.epoch();
    let mut in_seq_order: Vec<usize> = (0..upload.commands.len()).collect();
    in_seq_order.sort_by_key(|index| upload.commands[*index].seq);
    let mut moved = Vec::new();
    let mut news = 0_u32;
    let mut answers: Vec<Option<Answer>> = vec![None; upload.commands.len()];
    for index in in_seq_order {
        let command = &upload.commands[index];
        let seq = command.seq as i64;
        let answer = match known_answer(work, command).await? {
            Some(answer) => answer,
            None if !knows_epoch => Answer::RetryAfter { delay_ms: 0 },
            None if seq > device.last_seq + 1 => Answer::RetryAfter {
                delay_ms: GAP_DELAY_MS,
            },
            None => {
                news += 1;
                let corrected_at = correct(command.made_at, skew_ms, done_since, now);
                decide_and_store(work, upload, command, corrected_at, may_act, &mut moved).await?
            }
        };
        if !matches!(answer, Answer::RetryAfter { .. }) && seq == device.last_seq + 1 {
            device.last_seq = seq;
        }
        answers[index] = Some(answer);
    }
    let decided = answers
        .iter()
        .flatten()
        .filter(|answer| !matches!(answer, Answer::RetryAfter { .. }))
        .count() as u32;
    let orders_decided = upload
        .commands
        .iter()
        .zip(&answers)
        .filter(|(command, answer)| {
            command.kind == "place_order"
                && !matches!(answer, Some(Answer::RetryAfter { .. }) | None)
        })
        .count() as u32;
    // What the device told to wait includes what it has just handed over.
    let told = &upload.waiting;
    let left = Waiting {
        commands: told.commands.saturating_sub(decided),
        orders: told.orders.saturating_sub(orders_decided),
        oldest_made_at: told.oldest_made_at,
        // What is left is another lot; the next contact tells of it.
        digest: told.digest.clone().filter(|_| decided == 0),
    };
    if let (Some(lost), false) = (&upload.lost, upload.is_carried) {
        lost_stores::note(work, person, upload.device, lost).await?;
    }
    if !upload.is_carried {
        device.build.clone_from(&upload.build);
        if knows_epoch {
            device.last_contact_at = now.0;
            device.heard_seq = device.last_seq;
        }
        device.feed_cursor = upload.cursor;
        device.tell(left);
        device.clock_skew_ms = skew_ms;
        device.trouble = None;
        device.trouble_at = None;
    } else if news > 0 {
        // A file with nothing new may be older than what the device has told since.
        device.tell(left);
        work.audit(
            Some(person),
            Some(upload.device),
            "handed_over_by_file",
            upload.device.to_string(),
            news.to_string(),
        );
    }
    let decided_seq = u64::try_from(device.last_seq).unwrap_or_default();
    let heard_seq = if knows_epoch {
        None
    } else {
        work.flush_commands().await?;
        heard_seq(&mut work.conn, &device).await?
    };
    work.put_device(device);
    parked::look_again(work, moved).await?;
    let results = upload
        .commands
        .iter()
        .zip(answers)
        .map(|(command, answer)| CommandResult {
            id: command.id,
            answer: answer.unwrap_or(Answer::RetryAfter {
                delay_ms: GAP_DELAY_MS,
            }),
        })
        .collect();
    Ok(Received::Decided {
        results,
        decided_seq,
        heard_seq,
        epoch: work.epoch().to_owned(),
        may_read,
        is_revoked,
    })
}

/// Since when somebody has done on a device what it has not handed over yet: since they have an account,
/// and after the device's last contact when nothing waited on it then. Its clock has no say in that.
fn done_since(person: &Person, device: &DeviceRow) -> Timestamp {
    if device.last_seq > 0 && device.waiting_commands == 0 {
        person
            .created_at
            .max(Timestamp(device.last_contact_at).plus_ms(-UNDER_WAY_MS_MAX))
    } else {
        person.created_at
    }
}

/// When a person acted, by the server's clock: the device's clock as it sends tells how far off it
/// is. Nothing happens in the future, nor before the device last had nothing to tell.
fn correct(made_at: Timestamp, skew_ms: i64, done_since: Timestamp, now: Timestamp) -> Timestamp {
    let corrected = if skew_ms.unsigned_abs() > SKEW_TOLERATED_MS.unsigned_abs() {
        made_at.plus_ms(skew_ms.saturating_neg())
    } else {
        made_at
    };
    corrected.max(done_since).min(now)
}

/// The answer to a command that was decided before.
async fn known_answer(work: &mut Work, command: &Incoming) -> Result<Option<Answer>, OfficeError> {
    let Some(known) = work.command(command.id).await? else {
        return Ok(None);
    };
    if known.content_hash == command.content_hash {
        return first_answer(known).map(Some);
    }
    work.flush_commands().await?;
    match sql::by_claim(&mut work.conn, command.id.0, &command.content_hash).await? {
        Some(claimed) => first_answer(&claimed).map(Some),
        None => Ok(None),
    }
}

fn first_answer(row: &CommandRow) -> Result<Answer, OfficeError> {
    match &row.refusal {
        Some(refusal) if row.accepted != Some(true) => Ok(Answer::Parked {
            refusal: read_refusal(refusal)?,
        }),
        _ => Ok(Answer::AlreadyApplied),
    }
}

pub(crate) fn read_refusal(json: &str) -> Result<Refusal, OfficeError> {
    serde_json::from_str(json).map_err(|_| OfficeError::Corrupt { what: "a refusal" })
}

async fn decide_and_store(
    work: &mut Work,
    upload: &Upload,
    command: &Incoming,
    corrected_at: Timestamp,
    may_act: bool,
    moved: &mut Vec<Uuid>,
) -> Result<Answer, OfficeError> {
    let person = &upload.session.person;
    // The id may be taken by another content: then this one gets an id of its own.
    let taken = work.command(command.id).await?.is_some();
    let body = command.body();
    let depends_on = body.as_ref().ok().and_then(|body| {
        body.order()
            .map(|order| order.0)
            .or(body.customer().map(|customer| customer.0))
            .or(body.dispute())
    });
    let actor = person.actor();
    let decision = match &body {
        _ if taken => Err(Refusal::CommandIdReused),
        Err(refusal) => Err(refusal.clone()),
        // Handed over by a lost phone or by somebody who is out: a person looks at it first.
        Ok(_) if !may_act => Err(Refusal::NotAllowed),
        Ok(body) => {
            let received_at = Some(work.now);
            try_decide(
                work,
                command.id,
                body,
                &actor,
                corrected_at,
                received_at,
                None,
            )
            .await?
        }
    };
    let now = work.now;
    let refusal = match decision {
        Ok(effect) => {
            moved.extend(moved_by(&effect));
            let doer = Doer {
                actor: Some(person.id),
                device: Some(upload.device),
                made_at: corrected_at,
                received_at: now,
            };
            apply(work, effect, doer).await?;
            if let Ok(body) = &body {
                again::write_down(work, person.id, upload.device, command.id, body);
            }
            None
        }
        Err(refusal) => Some(refusal),
    };
    if let Some(refusal) = &refusal {
        audit_refusal(work, upload, command, refusal, body.ok().as_ref()).await?;
    }
    let (id, claimed_id) = if taken {
        (token::random_id(), Some(command.id.0))
    } else {
        (command.id.0, None)
    };
    work.add_command(CommandRow {
        id,
        claimed_id,
        content_hash: command.content_hash.clone(),
        device_id: upload.device.0,
        person_id: person.id.0,
        seq: command.seq as i64,
        kind: command.kind.chars().take(64).collect(),
        made_at: command.made_at.0,
        corrected_at: corrected_at.0,
        received_at: now.0,
        depends_on,
        body: refusal.as_ref().map(|_| command.whole.to_string()),
        refusal: refusal
            .as_ref()
            .map(crate::catalogue::write_json)
            .transpose()?,
        settled_at: None,
        settled_by: None,
        accepted: None,
    });
    Ok(match refusal {
        Some(refusal) => Answer::Parked { refusal },
        None => Answer::Applied,
    })
}

/// Decides a command on what the server knows. A person may have said that it places an order which is
/// `one_with` another.
pub(crate) async fn try_decide(
    work: &mut Work,
    id: CommandId,
    body: &CommandBody,
    actor: &Actor,
    made_at: Timestamp,
    received_at: Option<Timestamp>,
    one_with: Option<OrderId>,
) -> Result<Result<Effect, Refusal>, OfficeError> {
    let body = &*again::on_the_order_that_is_there(work, body).await?;
    let twins = again::twins(work, id, body, actor.person).await?;
    // What may have come before is not too old to be compared with it.
    let received_at = received_at.filter(|_| twins.is_empty());
    let catalogue = work.catalogue().await?;
    // A command that makes something must not find it made.
    let order_id = match body {
        CommandBody::PlaceOrder(_) => Some(OrderId::from(id)),
        _ => body.order(),
    };
    let order: Option<Order> = match order_id {
        Some(order_id) => work
            .order(order_id)
            .await?
            .map(|stored| stored.order.clone()),
        None => None,
    };
    if let (Some(order_id), None, false) =
        (order_id, &order, matches!(body, CommandBody::PlaceOrder(_)))
        && waits_for_parked(work, CommandId(order_id.0)).await?
    {
        return Ok(Err(Refusal::WaitsForParked));
    }
    let mut customer: Option<Customer> = None;
    match body {
        CommandBody::RegisterCustomer(_) => {
            if work.customer(id.into()).await?.is_some() {
                return Ok(Err(Refusal::CommandIdReused));
            }
        }
        _ => {
            if let Some(customer_id) = body.customer() {
                customer = customer_in_scope(work, actor.person, customer_id).await?;
                if customer.is_none() && waits_for_parked(work, CommandId(customer_id.0)).await? {
                    return Ok(Err(Refusal::WaitsForParked));
                }
            }
        }
    }
    let mut entry = None;
    let disputes = match body {
        CommandBody::OpenDispute(open) => {
            if let Some(number) = open.about.entry {
                entry = ledger::entries(&mut work.conn, &[number]).await?.pop();
            }
            disputes::about(&mut work.conn, actor.person, &open.about).await?
        }
        _ => match body.dispute() {
            Some(dispute) => disputes::load(&mut work.conn, &[dispute]).await?,
            None => Vec::new(),
        },
    };
    if let (Some(dispute), true) = (body.dispute(), disputes.is_empty())
        && waits_for_parked(work, CommandId(dispute)).await?
    {
        return Ok(Err(Refusal::WaitsForParked));
    }
    let disputes: Vec<&Dispute> = disputes.iter().collect();
    let shared = std::sync::Arc::clone(&work.shared);
    // Only a basket is priced by them.
    let engagement = match body.basket() {
        Some(basket) => {
            let known = work.engagements_of(actor.person).await?;
            let door_at = body.door_at(made_at, &shared.calendar);
            match engagement::of_sale(known, basket.terms_from, door_at, received_at) {
                Ok(engagement) => engagement,
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        None => Engagement::default(),
    };
    let decision = {
        let situation = Situation {
            actor,
            engagement: &engagement,
            catalogue: &catalogue,
            calendar: &shared.calendar,
            made_at,
            received_at,
            order: order.as_ref(),
            customer: customer.as_ref(),
            entry: entry.as_ref(),
            disputes: &disputes,
        };
        decide(id, body, &situation)
    };
    match (decision, &customer) {
        (Ok(effect), Some(customer)) if !twins.is_empty() || one_with.is_some() => {
            again::compare(work, effect, customer, &twins, one_with, made_at).await
        }
        (decision, _) => Ok(decision),
    }
}

/// Whether what a command would have made is missing because that command waits for a person.
async fn waits_for_parked(work: &mut Work, maker: CommandId) -> Result<bool, OfficeError> {
    Ok(work
        .command(maker)
        .await?
        .is_some_and(|row| row.refusal.is_some() && row.settled_at.is_none()))
}

/// A customer of this agent, or one who was until the office moved them: an order taken before the
/// phone knew is an order.
async fn customer_in_scope(
    work: &mut Work,
    agent: PersonId,
    id: CustomerId,
) -> Result<Option<Customer>, OfficeError> {
    let Some(stored) = work.customer(id).await?.cloned() else {
        return Ok(None);
    };
    let in_scope = stored.agent == agent
        || feed::sql::has_had(
            &mut work.conn,
            &Scope::Agent(agent).to_string(),
            Kind::Customer.as_str(),
            &id.to_string(),
        )
        .await?;
    Ok(in_scope.then_some(stored.customer))
}

/// What moves by it, under every id by which a command may build on it.
pub(crate) fn moved_by(effect: &Effect) -> Vec<Uuid> {
    match effect {
        Effect::Order { after, .. } => {
            let others = after.also.iter().map(|also| also.id.0);
            std::iter::once(after.id.0).chain(others).collect()
        }
        Effect::Customer(customer) => vec![customer.id.0],
        Effect::Dispute { after, .. } => vec![after.id],
    }
}

/// Writes what a command does.
pub(crate) async fn apply(work: &mut Work, effect: Effect, doer: Doer) -> Result<(), OfficeError> {
    match effect {
        Effect::Customer(customer) => {
            let known = work.customer(customer.id).await?.cloned();
            let agent = known
                .as_ref()
                .map(|known| known.agent)
                .or(doer.actor)
                .ok_or(OfficeError::NotAllowed)?;
            let created_at = known.map_or(doer.received_at, |known| known.created_at);
            work.put_customer(StoredCustomer {
                customer,
                agent,
                created_at,
            });
            Ok(())
        }
        Effect::Order { event, after } => work.happen(&event, *after, doer).await,
        Effect::Dispute {
            event,
            after,
            photo,
        } => disputes::apply(work, event.as_ref(), &after, photo.as_deref(), doer).await,
    }
}

/// Writes into the audit trail what looks like forgery.
async fn audit_refusal(
    work: &mut Work,
    upload: &Upload,
    command: &Incoming,
    refusal: &Refusal,
    body: Option<&CommandBody>,
) -> Result<(), OfficeError> {
    let action = match refusal {
        Refusal::NotAllowed if !upload.session.may_read => "handed_over_by_revoked",
        Refusal::NotAllowed => "forged_scope",
        Refusal::TotalDiffers { .. } | Refusal::CommissionDiffers { .. } => "forged_figure",
        Refusal::CommandIdReused => "command_id_reused",
        Refusal::UnknownCustomer => match body.and_then(CommandBody::customer) {
            Some(customer) if work.customer(customer).await?.is_some() => "forged_scope",
            _ => return Ok(()),
        },
        Refusal::UnknownDispute => match body.and_then(CommandBody::dispute) {
            Some(dispute) if !disputes::load(&mut work.conn, &[dispute]).await?.is_empty() => {
                "forged_scope"
            }
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    let detail = match refusal {
        Refusal::TotalDiffers { .. } | Refusal::CommissionDiffers { .. } => {
            crate::catalogue::write_json(refusal)?
        }
        _ => command.kind.chars().take(64).collect(),
    };
    work.audit(
        Some(upload.session.person.id),
        Some(upload.device),
        action,
        command.id.to_string(),
        detail,
    );
    Ok(())
}

/// Whether somebody of that role has devices that sync.
pub const fn role_syncs(role: Role) -> bool {
    matches!(role, Role::Agent | Role::Cooperative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_fields_is_no_other_content() {
        let hash = |json: &str| {
            let mut hasher = Sha256::new();
            hash_canonically(&serde_json::from_str(json).expect("json"), &mut hasher);
            hasher.finalize().to_vec()
        };
        assert_eq!(
            hash(r#"{"a":1,"b":[true,"x"]}"#),
            hash(r#"{"b":[true,"x"],"a":1}"#)
        );
        assert_ne!(
            hash(r#"{"a":1,"b":[true,"x"]}"#),
            hash(r#"{"a":1,"b":["x",true]}"#)
        );
        assert_ne!(hash(r#"["ab","c"]"#), hash(r#"["a","bc"]"#));
        assert_ne!(hash("[1,23]"), hash("[12,3]"));
    }

    #[test]
    fn fault_05_a_wrong_clock_is_corrected_and_nothing_lies_in_the_future() {
        let now = Timestamp(1_000_000_000_000);
        let year_ms = 365 * 86_400_000;
        assert_eq!(
            correct(
                Timestamp(now.0 - year_ms - 5_000),
                -year_ms,
                Timestamp(i64::MIN),
                now
            ),
            Timestamp(now.0 - 5_000)
        );
        assert_eq!(
            correct(
                Timestamp(now.0 + 10 * year_ms - 5_000),
                10 * year_ms,
                Timestamp(i64::MIN),
                now
            ),
            Timestamp(now.0 - 5_000)
        );
        assert_eq!(
            correct(now.plus_ms(60_000), 0, Timestamp(i64::MIN), now),
            now
        );
        assert_eq!(
            correct(now.plus_ms(-60_000), 900, Timestamp(i64::MIN), now),
            now.plus_ms(-60_000)
        );
        correct(Timestamp(i64::MIN), i64::MIN, Timestamp(i64::MIN), now);
        correct(Timestamp(i64::MAX), i64::MAX, Timestamp(i64::MIN), now);
        // It had told everything ten minutes ago: what it says it did yesterday it did since.
        let done_since = now.plus_ms(-600_000);
        assert_eq!(correct(now.plus_days(-1), 0, done_since, now), done_since);
        assert_eq!(
            correct(now.plus_ms(-1), 0, done_since, now),
            now.plus_ms(-1)
        );
    }
}
