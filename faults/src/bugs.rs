//! Mistakes on purpose. A test that has never failed proves nothing: each of these is a mistake that
//! somebody has made somewhere, planted at a seam around the product, and the oracle has to catch it.

mod sql;

use crate::company::{self, FATIMA, HASSAN, is_agent};
use crate::phone::Reply;
use crate::power::Died;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use taswiq_backend::parked::Settlement;
use taswiq_backend::people::Session;
use taswiq_backend::{Office, OfficeError};
use taswiq_domain::Refusal;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId};
use taswiq_domain::sync::{
    Answer, Change, CommandResult, OrderDocument, PROTOCOL, Request, Response, Waiting,
};
use taswiq_domain::time::FixedOffset;
use taswiq_domain::time::Timestamp;
use taswiq_offline::driver::TransportError;
use uuid::Uuid;

macro_rules! bugs {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What may be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Bug {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Bug {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What is wrong.
            pub fn words(self) -> String {
                match self {
                    $(Self::$name => [$($doc),+].concat().trim().to_owned(),)+
                }
            }
        }
    };
}

bugs! {
    // The server: what it remembers of commands.
    /// The server does not know a command again.
    DedupeSkipped,
    /// The server says that a command it knows was refused.
    RepeatIsRefused,
    /// The server acknowledges the last command of a batch without looking at it.
    LastIsNotDecided,
    /// The server acknowledges what it wants to be asked again.
    RetryIsAcknowledged,
    /// The server answers before the commit.
    AnswersBeforeCommit,
    /// The server says that what it parked took effect.
    RefusalIsSwallowed,
    /// The server says nothing of what it parked.
    RefusalIsNotTold,
    /// The server says that what took effect was parked.
    AppliedIsRefused,
    /// The server gives the answers in another order than the questions.
    AnswersAreShifted,
    // The server: what lies in its database.
    /// The server forgets its commands.
    CommandsAreForgotten,
    /// The server forgets how many commands of a device it has decided.
    DecidedIsForgotten,
    /// The feed loses its orders.
    FeedLosesOrders,
    /// The feed tells everybody of every order.
    FeedIsMixed,
    /// A balance is a centime off.
    BalanceIsOff,
    /// The first answer of a server that starts from nothing tells no changes.
    FromNothingTellsLess,
    // The server: its epoch.
    /// A restored server keeps its epoch.
    RestoreKeepsEpoch,
    /// The server never tells of another epoch.
    EpochIsSkipped,
    /// The server counts one command too many of a device.
    DecidedIsTooMany,
    // The server: the change feed.
    /// The cursor passes a change that commits late.
    CursorPassesLateChange,
    /// The last change of an answer is left out.
    LastChangeIsDropped,
    /// The first change of an answer is left out.
    FirstChangeIsDropped,
    /// Removals are not told.
    RemovalsAreDropped,
    /// What was settled is not told.
    SettledIsNotTold,
    /// An order is told as it was at first.
    OrdersAreStale,
    /// A customer is told as at first.
    CustomersAreStale,
    /// An entry of the ledger is left out.
    EntryIsDropped,
    /// An entry of the ledger is told with another amount.
    EntryIsTouched,
    /// A change of the catalogue is not told.
    CatalogueIsNotTold,
    /// A device that has just met the server is told from the middle of the feed.
    NewDeviceStartsLate,
    // The server: scopes.
    /// An agent's device is told of another agent's customers.
    AgentScopeUnchecked,
    /// A cooperative's device is given whole orders.
    CooperativeSeesAll,
    /// A revoked device may read.
    RevokedReads,
    /// A revoked device cannot hand over what it holds.
    RevokedIsShutOut,
    // The way and whoever waits at its end.
    /// A request that left is taken for done.
    SentIsDone,
    /// A page of somebody in between is taken for an answer.
    PortalIsAnswer,
    /// A busy server is taken for one that has refused.
    BusyIsRefusal,
    /// A request is sent again under new ids.
    RetryHasNewIds,
    // The phone: its store.
    /// A save is two transactions.
    SaveIsHalf,
    /// A save is safe only with the next one.
    SaveIsRelaxed,
    /// A full store says nothing.
    FullIsSilent,
    /// Any answer clears the outbox.
    AnswerClearsOutbox,
    /// What was acknowledged is not kept for a restored server.
    AcknowledgedIsForgotten,
    /// What was parked is not kept.
    ParkedIsForgotten,
    /// An act is shown and not stored.
    ActIsNotSaved,
    /// What the server removed stays in the store.
    RemovalIsNotSaved,
    /// The number of the next command is not stored.
    NumberIsNotSaved,
    /// That a command was offered is not stored.
    OfferIsNotSaved,
    /// What the server told is not stored, its place in the feed is.
    ChangesAreNotSaved,
    // The phone: what happens to it.
    /// An update begins with an empty outbox.
    UpdateClearsOutbox,
    /// Another person on the phone finds its outbox cleared.
    HandOverClearsOutbox,
    /// Another person on the phone sends what the first has not.
    OutboxIsShared,
    /// A new start begins with a new device.
    RestartIsNewDevice,
    /// Nothing is remembered of a store outside of it.
    TraceIsNotKept,
    /// A phone whose store is gone goes on as the same device.
    LostStoreKeepsDevice,
    /// The office does not listen when a phone tells what was lost.
    LossIsNotTold,
    // The phone: two pages on one store.
    /// Two pages write without looking at what the other has written.
    PagesDoNotCompare,
    /// A page that leads no more stores the answer it still waits for, whatever the other has written.
    LostLeaderStores,
    // The phone: what seals it.
    /// A store that is sealed loses one act that waits.
    SealingLosesOne,
    /// Any PIN opens a phone.
    AnyPinOpens,
    /// A new start finds the phone's keys gone.
    KeysAreForgotten,
    /// A phone that was put out keeps what it was told.
    PutOutKeepsCopies,
    /// A phone that was put out forgets what it has not handed over.
    PutOutForgetsOutbox,
    // Files, keys and who was put out.
    /// A hand-over file that is brought again is done again.
    FileIsDoneTwice,
    /// What is in a hand-over file is taken for somebody else's.
    FileIsTakenForAnother,
    /// Whoever shows a device's key is told what its person may know.
    KeyReads,
    /// That a device was put out is forgotten.
    PutOutIsForgotten,
    // Receipts.
    /// An order from a receipt is taken for another order.
    ReceiptIsAnotherOrder,
    /// What an order is also known as is forgotten.
    OtherIdsAreForgotten,
    /// What names an order by another of its ids is dropped.
    OtherIdIsDropped,
    /// A phone is not told under which other ids an order came.
    OtherIdsAreNotTold,
    /// What differs from its receipt is taken for the same without a person.
    DifferingIsTaken,
    // Disputes and months.
    /// Disputes are not told.
    DisputesAreNotTold,
    /// A dispute is told with another claim.
    DisputeIsTouched,
    /// A dispute is open again once it is decided.
    DisputeIsDecidedTwice,
    /// What comes late counts in the month that was closed.
    MonthOpensAgain,
    /// A statement is not told.
    StatementIsNotTold,
    /// A statement is told with another sum.
    StatementIsTouched,
}

/// The door of the server, and what a bug there has to remember.
pub struct Door {
    pub bug: Option<Bug>,
    /// Whether the server has answered nothing since it was started from nothing.
    pub is_from_nothing: bool,
    epoch: Option<String>,
    seen: BTreeMap<CommandId, u32>,
    orders: BTreeMap<OrderId, OrderDocument>,
    customers: BTreeMap<Uuid, taswiq_domain::customer::Customer>,
    /// Other ids of orders.
    others: BTreeSet<String>,
    devices: BTreeSet<DeviceId>,
    ids: u64,
}

impl Door {
    pub fn new(bug: Option<Bug>) -> Self {
        Self {
            bug,
            is_from_nothing: false,
            epoch: None,
            seen: BTreeMap::new(),
            orders: BTreeMap::new(),
            customers: BTreeMap::new(),
            others: BTreeSet::new(),
            devices: BTreeSet::new(),
            ids: 0x0b00_0000,
        }
    }

    /// [`Office::sync`], right or wrong.
    pub async fn sync(
        &mut self,
        office: &Office,
        session: &Session,
        request: &Request<Value>,
        by_key: bool,
    ) -> Result<Response, OfficeError> {
        let Some(bug) = self.bug else {
            return office.sync(session, request.clone()).await;
        };
        let mut asked = request.clone();
        let mut left_out = Vec::new();
        match bug {
            Bug::DedupeSkipped => self.rename_repeated(&mut asked),
            Bug::LastIsNotDecided => left_out.extend(asked.commands.pop()),
            Bug::OtherIdIsDropped => {
                let names = |command: &Value| command["body"]["order"].as_str().map(str::to_owned);
                let is_other = |command: &Value| {
                    names(command).is_some_and(|named| self.others.contains(&named))
                };
                left_out = asked
                    .commands
                    .iter()
                    .filter(|one| is_other(one))
                    .cloned()
                    .collect();
                asked.commands.retain(|command| !is_other(command));
            }
            Bug::ReceiptIsAnotherOrder => {
                for command in &mut asked.commands {
                    if let Some(body) = command["body"].as_object_mut() {
                        body.remove("from_receipt_of");
                    }
                }
            }
            Bug::EpochIsSkipped if !asked.epoch.is_empty() => {
                asked.epoch = office.epoch().await?;
            }
            Bug::RevokedIsShutOut if !session.may_read => return Err(OfficeError::NotAllowed),
            Bug::LossIsNotTold => asked.lost = None,
            Bug::NewDeviceStartsLate if asked.cursor == 0 => asked.cursor = 8,
            _ => {}
        }
        let signed_in = if bug == Bug::KeyReads && by_key {
            let token = office.open_session(session.person.id, "a key").await?.token;
            office.session_for_sync(&token).await?
        } else {
            None
        };
        let mut response = office
            .sync(signed_in.as_ref().unwrap_or(session), asked)
            .await?;
        let left_out = left_out.iter().filter_map(id_of);
        response.results.extend(left_out.map(|id| CommandResult {
            id,
            answer: Answer::Applied,
        }));
        if bug == Bug::DedupeSkipped {
            for (result, command) in response.results.iter_mut().zip(&request.commands) {
                result.id = id_of(command).unwrap_or(result.id);
            }
        }
        self.spoil(bug, office, session, request, &mut response)
            .await?;
        Ok(response)
    }

    /// Spoils the database of a server that has answered.
    pub async fn tamper(&self, path: &Path) {
        let statement = match self.bug {
            Some(Bug::CommandsAreForgotten) => sql::FORGET_COMMANDS,
            Some(Bug::DecidedIsForgotten) => sql::FORGET_DECIDED,
            Some(Bug::FeedLosesOrders) => sql::LOSE_ORDERS,
            Some(Bug::FeedIsMixed) => sql::MIX_FEED,
            Some(Bug::BalanceIsOff) => sql::BALANCE_OFF,
            Some(Bug::PutOutIsForgotten) => sql::FORGET_PUT_OUT,
            Some(Bug::DisputeIsDecidedTwice) => sql::OPEN_DISPUTES,
            Some(Bug::MonthOpensAgain) => sql::OPEN_MONTHS,
            Some(Bug::OtherIdsAreForgotten) => sql::FORGET_OTHER_IDS,
            _ => return,
        };
        // Should it not work, the bug is not caught, and that is said.
        let _ = sql::run(path, statement).await;
    }

    async fn spoil(
        &mut self,
        bug: Bug,
        office: &Office,
        session: &Session,
        request: &Request<Value>,
        response: &mut Response,
    ) -> Result<(), OfficeError> {
        let is_from_nothing = std::mem::take(&mut self.is_from_nothing);
        let changes = &mut response.changes;
        match bug {
            Bug::FromNothingTellsLess if is_from_nothing => {
                changes.clear();
                response.cursor = request.cursor;
            }
            Bug::RepeatIsRefused => {
                for result in &mut response.results {
                    if result.answer == Answer::AlreadyApplied {
                        result.answer = refused();
                    }
                }
            }
            Bug::RetryIsAcknowledged => {
                for result in &mut response.results {
                    if matches!(result.answer, Answer::RetryAfter { .. }) {
                        result.answer = Answer::Applied;
                    }
                }
            }
            Bug::RefusalIsSwallowed => {
                for result in &mut response.results {
                    if matches!(result.answer, Answer::Parked { .. }) {
                        result.answer = Answer::Applied;
                    }
                }
            }
            Bug::RefusalIsNotTold => response
                .results
                .retain(|result| !matches!(result.answer, Answer::Parked { .. })),
            Bug::AppliedIsRefused => {
                for result in &mut response.results {
                    if result.answer == Answer::Applied {
                        result.answer = refused();
                    }
                }
            }
            Bug::AnswersAreShifted => {
                let mut answers: Vec<Answer> = response
                    .results
                    .iter()
                    .map(|result| result.answer.clone())
                    .collect();
                let places = usize::from(answers.len() > 1);
                answers.rotate_left(places);
                for (result, answer) in response.results.iter_mut().zip(answers) {
                    result.answer = answer;
                }
            }
            Bug::EpochIsSkipped => {
                response.epoch = self
                    .epoch
                    .get_or_insert_with(|| response.epoch.clone())
                    .clone();
            }
            Bug::DecidedIsTooMany => response.decided_seq += 1,
            Bug::CursorPassesLateChange if response.cursor > request.cursor => {
                response.cursor += 1;
            }
            Bug::LastChangeIsDropped => {
                changes.pop();
            }
            Bug::FirstChangeIsDropped if !changes.is_empty() => {
                changes.remove(0);
            }
            Bug::RemovalsAreDropped => changes.retain(|change| {
                !matches!(change, Change::CustomerRemoved(_) | Change::OrderRemoved(_))
            }),
            Bug::SettledIsNotTold => {
                changes.retain(|change| !matches!(change, Change::ParkedSettled(_)));
            }
            Bug::OrdersAreStale => {
                for change in changes {
                    if let Change::Order(document) = change {
                        let first = self.orders.entry(document.order.id);
                        **document = first.or_insert_with(|| (**document).clone()).clone();
                    }
                }
            }
            Bug::CustomersAreStale => {
                for change in changes {
                    if let Change::Customer(customer) = change {
                        let first = self.customers.entry(customer.id.0);
                        *customer = first.or_insert_with(|| customer.clone()).clone();
                    }
                }
            }
            Bug::OtherIdIsDropped => {
                for change in changes {
                    if let Change::Order(document) = change {
                        let also = document.order.also.iter();
                        self.others.extend(also.map(|also| also.id.to_string()));
                    }
                }
            }
            Bug::OtherIdsAreNotTold => {
                for change in changes {
                    if let Change::Order(document) = change {
                        document.order.also.clear();
                    }
                }
            }
            Bug::DifferingIsTaken => {
                for result in &mut response.results {
                    if let Answer::Parked {
                        refusal: Refusal::ReceiptDiffers { .. },
                    } = result.answer
                    {
                        office
                            .settle_parked(&company::manager(), result.id, Settlement::Same)
                            .await?;
                        result.answer = Answer::Applied;
                    }
                }
            }
            Bug::EntryIsDropped => {
                let entry = changes
                    .iter()
                    .position(|change| matches!(change, Change::Entry(_)));
                if let Some(entry) = entry {
                    changes.remove(entry);
                }
            }
            Bug::EntryIsTouched => {
                for change in changes {
                    if let Change::Entry(entry) = change {
                        entry.transfer.amount.0 += 1;
                    }
                }
            }
            Bug::DisputesAreNotTold => {
                changes.retain(|change| !matches!(change, Change::Dispute(_)));
            }
            Bug::StatementIsNotTold => {
                changes.retain(|change| !matches!(change, Change::Statement(_)));
            }
            Bug::DisputeIsTouched => {
                for change in changes {
                    if let Change::Dispute(document) = change {
                        document.dispute.claim.amount.0 += 1;
                    }
                }
            }
            Bug::StatementIsTouched => {
                for change in changes {
                    if let Change::Statement(document) = change {
                        document.statement.net.0 += 1;
                    }
                }
            }
            Bug::CatalogueIsNotTold if request.cursor > 0 => {
                changes.retain(|change| !matches!(change, Change::Catalogue(_)));
            }
            Bug::AgentScopeUnchecked if is_agent(session.person.id) => {
                let other = if session.person.id == FATIMA {
                    HASSAN
                } else {
                    FATIMA
                };
                let customers = office
                    .customers(&company::manager(), Some(other), "")
                    .await?;
                let of_other = customers
                    .into_iter()
                    .map(|stored| Change::Customer(stored.customer));
                changes.extend(of_other);
            }
            Bug::CooperativeSeesAll => {
                for change in changes {
                    if let Change::Order(document) = change
                        && !is_agent(session.person.id)
                    {
                        let id = document.order.id;
                        let history = office.order_history(&company::manager(), id).await?;
                        document.order = history.order;
                    }
                }
            }
            Bug::RevokedReads if !session.may_read => {
                let customers = office
                    .customers(&company::manager(), Some(session.person.id), "")
                    .await?;
                changes.extend(
                    customers
                        .into_iter()
                        .map(|stored| Change::Customer(stored.customer)),
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// Gives every command that came before a new id.
    fn rename_repeated(&mut self, request: &mut Request<Value>) {
        for command in &mut request.commands {
            let Some(id) = id_of(command) else { continue };
            let times = self.seen.entry(id).or_default();
            *times += 1;
            if *times > 1 {
                self.ids += 1;
                command["id"] = company::id(self.ids).to_string().into();
            }
        }
        self.devices.insert(request.device);
    }

    /// What comes back of a server that died.
    pub fn reply_of_the_dead(&self, body: &[u8], died: Option<Died>) -> Reply {
        let within = matches!(died, Some(Died::Within(_)));
        match self.bug {
            Some(Bug::AnswersBeforeCommit) if within => made_up(body, &Answer::Applied),
            _ => Err(TransportError::NoNetwork),
        }
    }
}

fn id_of(command: &Value) -> Option<CommandId> {
    command.get("id")?.as_str()?.parse().ok()
}

fn refused() -> Answer {
    Answer::Parked {
        refusal: taswiq_domain::Refusal::NotAllowed,
    }
}

/// An answer to every command, by nobody.
pub fn made_up(body: &[u8], answer: &Answer) -> Reply {
    let request: Request<Value> =
        serde_json::from_slice(body).map_err(|_| TransportError::Garbled)?;
    let results = request
        .commands
        .iter()
        .filter_map(id_of)
        .map(|id| CommandResult {
            id,
            answer: answer.clone(),
        })
        .collect();
    let response = Response {
        protocol: PROTOCOL,
        epoch: request.epoch,
        server_time: request.device_time,
        offset: FixedOffset::default(),
        decided_seq: 0,
        results,
        changes: Vec::new(),
        cursor: request.cursor,
        more: 0,
        signed_out: false,
        sealing_key: None,
        revoked: false,
        heard_seq: None,
    };
    serde_json::to_vec(&response).map_err(|_| TransportError::Garbled)
}

/// What a phone with a bug makes of what came back.
pub fn misread(bug: Option<Bug>, body: &[u8], reply: Reply) -> Reply {
    match (bug, &reply) {
        (Some(Bug::SentIsDone), Err(TransportError::NoNetwork | TransportError::Timeout)) => {
            made_up(body, &Answer::Applied)
        }
        (Some(Bug::PortalIsAnswer), Ok(page)) if page.starts_with(b"<") => {
            made_up(body, &Answer::Applied)
        }
        (Some(Bug::BusyIsRefusal), Err(TransportError::Busy { .. })) => made_up(body, &refused()),
        _ => reply,
    }
}

/// A request as a phone with a bug sends it again.
pub fn with_new_ids(body: &[u8], number: &mut u64) -> Option<Vec<u8>> {
    let mut request: Request<Value> = serde_json::from_slice(body).ok()?;
    for command in &mut request.commands {
        *number += 1;
        command["id"] = company::id(0x0c00_0000 + *number).to_string().into();
    }
    serde_json::to_vec(&request).ok()
}

/// A request that asks only what became of commands.
pub fn question(
    device: DeviceId,
    epoch: String,
    now: Timestamp,
    commands: Vec<Value>,
) -> Request<Value> {
    Request {
        protocol: PROTOCOL,
        device,
        person: None,
        key: None,
        sealing_key: None,
        epoch,
        build: "oracle".to_owned(),
        // Beyond everything: nothing is asked but that.
        cursor: i64::MAX / 2,
        device_time: now,
        waiting: Waiting::default(),
        lost: None,
        changes_max: None,
        commands,
    }
}
