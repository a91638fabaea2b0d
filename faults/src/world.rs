//! Carries a schedule out, then heals everything, and looks at what is left.

mod acts;
mod crowd;
mod healing;
mod locking;
mod losses;
mod office;
mod pages;
mod receipts;
mod strangers;

use crate::bugs::{Bug, misread, with_new_ids};
use crate::company::{self, PEOPLE, START, Template, id, name_of};
use crate::oracle;
use crate::phone::{self, App, Beside, Disk, Message, Phone, Reply, Stored, Watch};
use crate::power::{Died, Image};
use crate::schedule::{Schedule, Sealing, Servers, Start, Step, Way};
use crate::server::{Handled, Server, Shown};
use crate::tally::Tally;
use losses::Loss;
use receipts::Receipt;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use strangers::File;
use taswiq_backend::people::{Session, Token};
use taswiq_domain::Refusal;
use taswiq_domain::ids::{CommandId, DeviceId, PersonId};
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::Statement;
use taswiq_domain::sync::{Answer, Change, Command, Request, Response};
use taswiq_domain::time::Timestamp;
use taswiq_offline::driver::TransportError;
use taswiq_offline::engine::Event;
use taswiq_offline::store::Fault;

/// A schedule lasts so many days and a little more.
const DAYS_MAX: i64 = 20;

/// So long it takes to restore a server.
const RESTORE_MS: i64 = 60_000;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub promise: &'static str,
    pub detail: String,
}

impl Violation {
    pub fn new(promise: &'static str, detail: impl Into<String>) -> Self {
        Self {
            promise,
            detail: detail.into(),
        }
    }
}

impl From<anyhow::Error> for Violation {
    fn from(error: anyhow::Error) -> Self {
        Self::new(
            "the server starts, whatever it died of",
            format!("{error:#}"),
        )
    }
}

impl From<taswiq_backend::OfficeError> for Violation {
    fn from(error: taswiq_backend::OfficeError) -> Self {
        Self::new("the office answers", format!("{error:?}"))
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Of everything that happened.
    pub digest: String,
    /// Everything that happened, in words.
    pub trace: Vec<String>,
    pub tally: Tally,
    /// Commands that people were told are saved.
    pub commands: u64,
    pub violation: Option<Violation>,
}

/// What a person may expect of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They were told that it is saved: once, or parked.
    Due,
    /// The phone died before they were told: once, parked, or not at all.
    Uncertain,
    /// They were told that it is not saved, or took it back: not at all.
    Never,
    /// The only phone that had it has lost its memory: once, parked, or not at all.
    LostWithStore,
}

/// A command as a person made it.
pub struct Saved {
    pub phone: usize,
    pub person: PersonId,
    pub device: DeviceId,
    pub command: Command,
    pub fate: Fate,
    /// Taken off the "to correct" list, perhaps.
    pub discarded: bool,
    /// How often the server had been restored by then.
    pub restores: u32,
}

/// A copy of the database, and what the office had done by then.
struct Backup {
    image: Image,
    put_out: BTreeSet<DeviceId>,
    closed: BTreeMap<(PersonId, Period), Closed>,
}

/// A closed month of an agent: the statement, where there is one, and all that counts in the month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    pub statement: Option<Statement>,
    /// What came to the earned account in it, in centimes, the close aside.
    pub earned: i64,
    /// Of each entry its number and what it moved.
    pub entries: Vec<(i64, Centimes)>,
}

/// A message that nobody hurries to carry.
struct Straggler {
    phone: usize,
    shown: Shown,
    body: Vec<u8>,
    /// Who waits for it; nobody any more.
    reply: Option<Rc<RefCell<Option<Reply>>>>,
    number: u64,
    is_of_the_dead: bool,
}

/// An answer on its way.
struct SlowAnswer {
    phone: usize,
    body: Vec<u8>,
    slot: Rc<RefCell<Option<Reply>>>,
    reply: Reply,
}

pub struct World<'a> {
    template: &'a Template,
    bug: Option<Bug>,
    pub server: Server,
    pub phones: Vec<Phone>,
    now: Timestamp,
    true_time: Rc<Cell<Timestamp>>,
    pub saved: Vec<Saved>,
    stragglers: Vec<Straggler>,
    slow_answers: Vec<SlowAnswer>,
    /// Hand-over files that strangers have.
    files: Vec<File>,
    /// What customers have on paper.
    receipts: Vec<Receipt>,
    /// Commands of which a person has said that they place an order which is there.
    pub said_same: BTreeSet<CommandId>,
    /// What somebody brought in a file.
    pub brought: BTreeSet<CommandId>,
    /// Stores that are gone, with what was in them.
    pub losses: Vec<Loss>,
    /// Which command has which number of a device, as the server with that epoch was told.
    numbers: BTreeMap<(DeviceId, String, i64), String>,
    backup: Option<Backup>,
    /// The devices that the office has put out.
    pub put_out: BTreeSet<DeviceId>,
    /// What closed months came to, when they were closed.
    closed: BTreeMap<(PersonId, Period), Closed>,
    /// Counts restores: what a server knows begins anew with each.
    pub restores: u32,
    /// Commands that were answered with "applied", by [`World::restores`].
    applied: BTreeSet<(u32, CommandId)>,
    /// The number of the youngest message of each device that arrived.
    arrived: BTreeMap<DeviceId, u64>,
    messages: u64,
    ids: u64,
    bug_ids: u64,
    /// Whether the next death is one after the write.
    dies_after: Vec<bool>,
    /// Changes told and commands decided since somebody looked.
    moved: u64,
    may_have_written: bool,
    pub tally: Tally,
    trace: Vec<String>,
    digest: Sha256,
}

/// Runs a schedule to its end, with a bug or without.
pub fn run(template: &Template, schedule: &Schedule, bug: Option<Bug>) -> Outcome {
    let mut outcome = run_once(template, schedule, bug);
    if schedule.start != Servers::Both || outcome.violation.is_some() {
        return outcome;
    }
    let warm = Schedule {
        start: Servers::Warm,
        ..schedule.clone()
    };
    let other = run_once(template, &warm, bug);
    outcome
        .tally
        .count("a schedule is played with servers from nothing and with one that runs");
    if other.digest != outcome.digest {
        let differing = other.trace.iter().zip(&outcome.trace);
        let first = differing
            .into_iter()
            .find(|(warm, cold)| warm != cold)
            .map(|(warm, cold)| format!("{cold:?} instead of {warm:?}"));
        outcome.violation = Some(Violation::new(
            "servers from nothing do what one that runs does",
            first.unwrap_or_default(),
        ));
    }
    outcome
}

fn run_once(template: &Template, schedule: &Schedule, bug: Option<Bug>) -> Outcome {
    // Statements are counted for the whole process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let through = AssertUnwindSafe(|| run_through(template, schedule, bug));
    catch_unwind(through).unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
        Outcome::nothing(Violation::new("nothing panics", said.unwrap_or_default()))
    })
}

impl Outcome {
    fn nothing(violation: Violation) -> Self {
        Self {
            digest: String::new(),
            trace: vec![format!(
                "BROKEN: {}: {}",
                violation.promise, violation.detail
            )],
            tally: Tally::default(),
            commands: 0,
            violation: Some(violation),
        }
    }
}

fn run_through(template: &Template, schedule: &Schedule, bug: Option<Bug>) -> Outcome {
    let mut world = match World::new(template, schedule, bug) {
        Ok(world) => world,
        Err(violation) => return Outcome::nothing(violation),
    };
    for (number, start) in schedule.phones.iter().enumerate() {
        world.note(format!("phone {} is {start}", number + 1));
    }
    let violation = world.play(schedule).err();
    if let Some(violation) = &violation {
        world.note(format!(
            "BROKEN: {}: {}",
            violation.promise, violation.detail
        ));
    }
    Outcome {
        digest: world
            .digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
        commands: world
            .saved
            .iter()
            .filter(|saved| saved.fate == Fate::Due)
            .count() as u64,
        trace: std::mem::take(&mut world.trace),
        tally: std::mem::take(&mut world.tally),
        violation,
    }
}

/// Lets the phones of a fresh company meet the office, and gives each agent two customers.
pub(crate) fn first_contacts(fresh: Template) -> anyhow::Result<Template> {
    let everybody = PEOPLE.into_iter().flat_map(|person| {
        let known = 0..fresh.phones[&person].len();
        known.map(move |known| Start {
            person,
            known: Some(known),
            sealing: Sealing::Never,
        })
    });
    let schedule = Schedule {
        seed: 0,
        start: Servers::Warm,
        phones: everybody.collect(),
        steps: Vec::new(),
    };
    let broken =
        |violation: Violation| anyhow::anyhow!("{}: {}", violation.promise, violation.detail);
    let mut world = World::new(&fresh, &schedule, None).map_err(broken)?;
    for round in 0..2 {
        for phone in 0..world.phones.len() {
            world.contact(phone, &[]).map_err(broken)?;
            let is_first = world.phones[..phone]
                .iter()
                .all(|other| other.holder != world.phones[phone].holder);
            if round == 0 && is_first && company::is_agent(world.phones[phone].holder) {
                for _ in 0..2 {
                    world.register(phone).map_err(broken)?;
                }
                world.contact(phone, &[]).map_err(broken)?;
            }
        }
    }
    let database = world.server.copy()?;
    let mut phones: BTreeMap<PersonId, Vec<Stored>> = BTreeMap::new();
    for phone in &world.phones {
        phones
            .entry(phone.holder)
            .or_default()
            .push(phone.holders().copy());
    }
    drop(world);
    let spare = fresh.spare;
    Ok(Template {
        database,
        phones,
        spare,
    })
}

impl<'a> World<'a> {
    fn new(
        template: &'a Template,
        schedule: &Schedule,
        bug: Option<Bug>,
    ) -> Result<Self, Violation> {
        let now = START;
        let true_time = Rc::new(Cell::new(now));
        let mut world = Self {
            template,
            bug,
            server: Server::start(template, now, bug, schedule.start != Servers::Warm)?,
            phones: Vec::new(),
            now,
            true_time,
            saved: Vec::new(),
            stragglers: Vec::new(),
            slow_answers: Vec::new(),
            files: Vec::new(),
            receipts: Vec::new(),
            said_same: BTreeSet::new(),
            brought: BTreeSet::new(),
            losses: Vec::new(),
            numbers: BTreeMap::new(),
            backup: None,
            put_out: BTreeSet::new(),
            closed: BTreeMap::new(),
            restores: 0,
            applied: BTreeSet::new(),
            arrived: BTreeMap::new(),
            messages: 0,
            // What the template made has the numbers before.
            ids: if schedule.steps.is_empty() {
                0x100
            } else {
                0x10_000
            },
            bug_ids: 0,
            dies_after: vec![false; schedule.phones.len()],
            moved: 0,
            may_have_written: false,
            tally: Tally::default(),
            trace: Vec::new(),
            digest: Sha256::new(),
        };
        for (number, start) in schedule.phones.iter().enumerate() {
            let mut stored = match start.known {
                Some(known) => world.template.phones[&start.person][known].copy().with(bug),
                None => world.unpacked(start.person)?,
            };
            if start.sealing == Sealing::Always {
                stored.disk = stored.disk.with_keys(keys_of(number, start.person));
            }
            world.phones.push(Phone {
                number,
                holder: start.person,
                stores: BTreeMap::from([(start.person, stored)]),
                app: None,
                behind: None,
                pages_hear: true,
                watch: Watch {
                    true_time: Rc::clone(&world.true_time),
                    skew_ms: Rc::default(),
                    timer: Rc::default(),
                },
                build: 1,
                has_no_room: false,
                sealing: start.sealing,
                is_locked: false,
                guesses: 0,
            });
        }
        Ok(world)
    }

    /// What a person has on a phone on which they have never been, signed in.
    fn unpacked(&mut self, person: PersonId) -> Result<Stored, Violation> {
        let opened = self
            .server
            .ask(async |office| office.open_session(person, "a phone").await)?;
        Ok(Stored {
            disk: Disk::default().with(self.bug),
            beside: Beside::default(),
            device: DeviceId(self.next_id().0),
            token: opened.token,
        })
    }

    fn next_id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId(id(self.ids))
    }

    fn note(&mut self, line: impl Into<String>) {
        let line = line.into();
        self.digest.update(line.as_bytes());
        self.digest.update(b"\n");
        self.trace.push(line);
    }

    fn play(&mut self, schedule: &Schedule) -> Result<(), Violation> {
        for step in &schedule.steps {
            if step.phone().is_some_and(|phone| phone >= self.phones.len()) {
                continue;
            }
            self.note(step.to_string());
            self.take(step)?;
            self.look()?;
        }
        self.note("everything heals");
        self.heal()?;
        if schedule.seed.is_multiple_of(4) {
            // The office works through its list, and everybody hears of it.
            self.settle_everything()?;
            self.heal()?;
        }
        let note = oracle::in_the_end(self)?;
        self.note(note);
        Ok(())
    }

    /// What must hold after each step in which the server may have written.
    fn look(&mut self) -> Result<(), Violation> {
        if !std::mem::take(&mut self.may_have_written) {
            return Ok(());
        }
        let balances = self
            .server
            .ask(async |office| office.balances(&company::manager()).await)?;
        oracle::ledger_is_zero(&balances)?;
        oracle::closed_months_stand(self)
    }

    fn take(&mut self, step: &Step) -> Result<(), Violation> {
        match step {
            Step::Act { phone, act, pick } => self.act(*phone, *act, *pick),
            Step::Contact { phone, ways } => self.contact(*phone, ways),
            Step::Arrive { pick } => self.arrive(*pick),
            Step::Cut {
                phone,
                write,
                after,
            } => {
                let fault = if *after {
                    Fault::CutAfter
                } else {
                    Fault::CutBefore
                };
                self.dies_after[*phone] = *after;
                self.phones[*phone]
                    .holders()
                    .disk
                    .memory
                    .fail_at(*write, fault);
                Ok(())
            }
            Step::Restart { phone } => self.restart(*phone),
            Step::SwitchOff { phone } => {
                self.close(*phone);
                self.fresh_disk(*phone);
                Ok(())
            }
            Step::Pack { phone } => self.pack(*phone),
            Step::Bring { pick } => self.bring(*pick),
            Step::Update { phone } => self.update(*phone),
            Step::Lock { phone } => self.lock(*phone),
            Step::Guess { phone } => self.guess(*phone),
            Step::Crowd { crash } => self.crowd(*crash),
            Step::Clock { phone, skew_ms } => {
                let watch = &self.phones[*phone].watch;
                let before = watch.skew_ms.replace(*skew_ms);
                self.tally.count(match skew_ms {
                    ..-1_000_000_000_000 => "a clock is decades behind",
                    100_000_000_000.. => "a clock is years ahead",
                    skew_ms if *skew_ms < before => "a clock goes back",
                    _ => "a clock is a little wrong",
                });
                Ok(())
            }
            Step::Room { phone, is_full } => {
                self.phones[*phone].has_no_room = *is_full;
                self.limit_room(*phone);
                Ok(())
            }
            Step::Page { phone, act } => self.pages(*phone, *act),
            Step::Evict {
                phone,
                leaves_trace,
            } => self.evict(*phone, *leaves_trace),
            Step::HandOver {
                phone,
                pick,
                page_stays,
            } => self.hand_over(*phone, *pick, *page_stays),
            Step::Wait { minutes } => self.wait(*minutes),
            Step::Office { act, pick } => self.office_acts(*act, *pick),
            Step::PutOut { phone } => self.put_out(*phone),
            Step::Backup => {
                self.backup = Some(Backup {
                    image: self.server.copy()?,
                    put_out: self.put_out.clone(),
                    closed: self.closed.clone(),
                });
                Ok(())
            }
            Step::Restore => self.restore(),
            Step::Kill => {
                self.server.kill()?;
                self.tally.count("the server dies with nothing under way");
                Ok(())
            }
        }
    }

    // Messages.

    /// A phone asks for a contact, and its messages fare as `ways` say, in turn; well when they say
    /// nothing.
    fn contact(&mut self, phone: usize, ways: &[Way]) -> Result<(), Violation> {
        if self.phones[phone].is_locked {
            return self.leave_locked(phone, ways);
        }
        self.boot(phone)?;
        self.phones[phone].ask();
        self.carry(phone, ways, None)
    }

    /// Carries the messages of a phone until it has no more to say, with its holder's session or
    /// another.
    fn carry(
        &mut self,
        phone: usize,
        ways: &[Way],
        session: Option<&Token>,
    ) -> Result<(), Violation> {
        let mut ways = ways.iter().copied();
        let mut carried = 0;
        loop {
            if self.has_died(phone, "sending") {
                return Ok(());
            }
            let holder = self.phones[phone].holder;
            let Some(app) = self.phones[phone].app.as_ref() else {
                return Ok(());
            };
            let person = app.person;
            let Some(message) = self.phones[phone].next_message() else {
                return Ok(());
            };
            let token = match session {
                Some(token) => token.clone(),
                None if person == holder => self.phones[phone].holders().token.clone(),
                None => self.phones[phone].stores[&person].token.clone(),
            };
            let shown = match &message.key {
                Some((device, key)) => {
                    self.tally.count("a device shows its own key");
                    Shown::Key(*device, key.clone())
                }
                None => Shown::Session(token),
            };
            carried += 1;
            if carried > 200 {
                return Err(Violation::new(
                    "a phone does not ask for ever",
                    format!("{} asked 200 times in a row", self.phones[phone].name()),
                ));
            }
            let way = ways.next().unwrap_or(Way::Good);
            self.carry_one(phone, message, shown, way)?;
            if self.phones[phone].app.is_none() {
                return Ok(());
            }
        }
    }

    fn carry_one(
        &mut self,
        phone: usize,
        message: Message,
        shown: Shown,
        way: Way,
    ) -> Result<(), Violation> {
        self.messages += 1;
        let number = self.messages;
        let Message {
            body, reply: slot, ..
        } = message;
        let straggler = |reply| Straggler {
            phone,
            shown: shown.clone(),
            body: body.clone(),
            reply,
            number,
            is_of_the_dead: false,
        };
        let no_network = Err(TransportError::NoNetwork);
        let reply = match way {
            Way::Good => self.reach(&shown, &body, number)?,
            Way::Lost => {
                self.tally.count("a request is lost");
                no_network
            }
            Way::Cut(part) => {
                self.tally.count("a request is cut");
                let part = thousandths(&body, part).to_vec();
                self.reach(&shown, &part, number)?
            }
            Way::AnswerLost => {
                self.reach(&shown, &body, number)?.ok();
                self.tally.count("an answer is lost");
                no_network
            }
            Way::AnswerCut(part) => {
                let reply = self.reach(&shown, &body, number)?;
                self.tally.count("an answer is cut");
                reply.map(|answer| thousandths(&answer, part).to_vec())
            }
            Way::Twice => {
                self.reach(&shown, &body, number)?.ok();
                self.tally
                    .count("a request arrives twice, the second answer returns");
                let again = self.again(&body);
                self.reach(&shown, &again, number)?
            }
            Way::Doubled => {
                let first = self.reach(&shown, &body, number)?;
                self.tally
                    .count("a request arrives twice, the first answer returns");
                let again = self.again(&body);
                self.reach(&shown, &again, number)?.ok();
                first
            }
            Way::Late => {
                self.stragglers.push(straggler(None));
                Err(TransportError::Timeout)
            }
            Way::Slow => {
                self.stragglers.push(straggler(Some(slot)));
                return Ok(());
            }
            Way::AnswerSlow => {
                let reply = self.reach(&shown, &body, number)?;
                self.slow_answers.push(SlowAnswer {
                    phone,
                    body,
                    slot,
                    reply,
                });
                return Ok(());
            }
            Way::Portal => {
                self.tally.count("a hotel's page returns");
                Ok(b"<!doctype html><title>Bienvenue au WiFi</title>".to_vec())
            }
            Way::Busy => {
                self.tally.count("503 returns");
                Err(TransportError::of_status(503, Some("2")))
            }
            Way::TooLarge => {
                self.tally.count("413 returns");
                Err(TransportError::of_status(413, None))
            }
            Way::Younger => {
                let reply = self.reach(&shown, &body, number)?;
                self.tally.count("a younger server answers");
                reply.map(|answer| younger(&answer))
            }
            Way::Overtaken(statements) if !self.stragglers.is_empty() => {
                let late = self.stragglers.remove(0);
                let other = (&late.shown, &*late.body);
                let (handled, overtaking, is_between) = self
                    .server
                    .receive_between(&shown, &body, statements, other);
                if is_between {
                    self.tally.count("a request is answered while another is");
                }
                let overtaking = self.heard(overtaking, late.number)?;
                let reply = self.heard(handled, number)?;
                self.give(phone, &body, &slot, reply)?;
                return self.give_late(late, overtaking);
            }
            Way::Overtaken(_) => self.reach(&shown, &body, number)?,
            Way::Crash(statements) => {
                let (handled, died) = self.server.receive_and_die(&shown, &body, statements)?;
                self.tally.count(match died {
                    Some(Died::Within(..=3)) => {
                        "the server dies within a transaction, after statement 1 to 3"
                    }
                    Some(Died::Within(4..=8)) => {
                        "the server dies within a transaction, after statement 4 to 8"
                    }
                    Some(Died::Within(_)) => {
                        "the server dies within a transaction, after statement 9 or later"
                    }
                    Some(Died::AfterCommit) => "the server dies after a commit, before the answer",
                    None => "the server dies with the answer made",
                });
                if let Some(Died::Within(statement)) = died {
                    self.tally.count(&format!(
                        "the server died after statement {statement:>2} of a transaction"
                    ));
                }
                self.note(format!("  the server died: {died:?}"));
                self.heard(handled, number)?
            }
        };
        self.give(phone, &body, &slot, reply)
    }

    /// The same request once more: a phone that makes new ids for it has a bug.
    fn again(&mut self, body: &[u8]) -> Vec<u8> {
        if self.bug == Some(Bug::RetryHasNewIds)
            && let Some(renamed) = with_new_ids(body, &mut self.bug_ids)
        {
            return renamed;
        }
        body.to_vec()
    }

    /// A phone hears what came of its message.
    fn give(
        &mut self,
        phone: usize,
        body: &[u8],
        slot: &Rc<RefCell<Option<Reply>>>,
        reply: Reply,
    ) -> Result<(), Violation> {
        slot.replace(Some(misread(self.bug, body, reply)));
        for page in self.phones[phone].pages() {
            page.go_on();
        }
        if let Some(app) = &self.phones[phone].app
            && app.device.status().phase == taswiq_offline::Phase::StoreTrouble
            && self.phones[phone].has_no_room
        {
            self.tally.count("an answer is not stored for want of room");
        }
        if !self.has_died(phone, "storing an answer") {
            self.pages_hear(phone);
        }
        Ok(())
    }

    /// A message arrives at the server.
    fn reach(&mut self, shown: &Shown, body: &[u8], number: u64) -> Result<Reply, Violation> {
        let handled = self.server.receive(shown, body);
        self.heard(handled, number)
    }

    fn heard(&mut self, handled: Handled, number: u64) -> Result<Reply, Violation> {
        self.may_have_written = true;
        if let Some(failure) = handled.failure {
            return Err(Violation::new("the server answers", failure));
        }
        match &handled.answered {
            Some((session, request, response)) => {
                self.hear_answer(session, request, response, number, handled.by_key)?
            }
            None => {
                if let Err(error) = &handled.reply {
                    self.note(format!("  answered: {error}"));
                }
            }
        }
        Ok(handled.reply)
    }

    fn hear_answer(
        &mut self,
        session: &Session,
        request: &Request<Value>,
        response: &Response,
        number: u64,
        by_key: bool,
    ) -> Result<(), Violation> {
        let youngest = self.arrived.entry(request.device).or_default();
        if *youngest > number {
            self.tally
                .count("a request arrives after a younger one of its device");
        }
        *youngest = (*youngest).max(number);
        self.no_number_is_given_twice(request)?;
        self.hear_of_loss(request);
        let mut told = String::new();
        for result in &response.results {
            let word = match &result.answer {
                Answer::Applied => {
                    if !self.applied.insert((self.restores, result.id)) {
                        return Err(Violation::new(
                            "nothing takes effect twice",
                            format!("{} was applied once more", result.id),
                        ));
                    }
                    if self.put_out.contains(&request.device) {
                        return Err(Violation::new(
                            "nothing of a device that was put out happens by itself",
                            result.id.to_string(),
                        ));
                    }
                    if (0..self.restores).any(|before| self.applied.contains(&(before, result.id)))
                    {
                        self.tally
                            .count("a phone offers again what a restored server lacks");
                    }
                    self.moved += 1;
                    "applied".to_owned()
                }
                Answer::AlreadyApplied => {
                    self.moved += 1;
                    "known".to_owned()
                }
                Answer::Parked { refusal } => {
                    self.moved += 1;
                    if !session.may_read {
                        self.tally
                            .count("a revoked device hands over what it holds");
                    }
                    if matches!(refusal, Refusal::ReceiptDiffers { .. }) {
                        self.tally
                            .count("an order waits for a person who compares it with its receipt");
                    }
                    if refusal.is_conflict() {
                        self.tally.count("two people act on the same thing");
                    }
                    refusal.code()
                }
                Answer::RetryAfter { .. } => "later".to_owned(),
            };
            self.tally.count(&format!("answered: {word}"));
            told.push_str(&format!(" …{} {word}", &result.id.to_string()[28..]));
        }
        self.moved += response.changes.len() as u64;
        let changes = oracle::summary(&response.changes);
        self.note(format!(
            "  {} is answered:{told}; {changes}; cursor {} more {}",
            name_of(session.person.id),
            response.cursor,
            response.more
        ));
        let known = self
            .saved
            .iter()
            .map(|saved| (saved.command.id, saved.person))
            .collect::<Vec<_>>();
        let is_own = |command: CommandId| {
            known
                .iter()
                .any(|(id, person)| *id == command && *person == session.person.id)
        };
        let settled = response.changes.iter().find_map(|change| match change {
            Change::ParkedSettled(settled) if !is_own(settled.command) => Some(settled.command),
            _ => None,
        });
        if let Some(command) = settled {
            return Err(Violation::new(
                "nobody is told what is not theirs",
                format!("{} is told of {command}", name_of(session.person.id)),
            ));
        }
        oracle::in_scope(&self.server, session, response, by_key)
    }

    /// A straggler or a slow answer arrives.
    fn arrive(&mut self, pick: u32) -> Result<(), Violation> {
        let count = self.stragglers.len() + self.slow_answers.len();
        if count == 0 {
            return Ok(());
        }
        let index = pick as usize % count;
        if index >= self.stragglers.len() {
            let late = self.slow_answers.remove(index - self.stragglers.len());
            self.tally.count("an answer is held up and arrives");
            self.give(late.phone, &late.body, &late.slot, late.reply)?;
            return self.carry(late.phone, &[], None);
        }
        let late = self.stragglers.remove(index);
        let reply = self.reach(&late.shown, &late.body, late.number)?;
        self.give_late(late, reply)
    }

    /// The answer to what was held up, for whoever still waits for it.
    fn give_late(&mut self, late: Straggler, reply: Reply) -> Result<(), Violation> {
        match late.reply {
            Some(slot) => {
                self.tally.count("a request is held up and arrives");
                self.give(late.phone, &late.body, &slot, reply)?;
                self.carry(late.phone, &[], None)
            }
            None => {
                self.tally.count(if late.is_of_the_dead {
                    "a request of a phone that has died arrives"
                } else {
                    "a request arrives after its phone has given it up"
                });
                Ok(())
            }
        }
    }

    // Phones.

    /// Opens the holder's app, unless it runs.
    fn boot(&mut self, phone: usize) -> Result<(), Violation> {
        if std::mem::take(&mut self.phones[phone].is_locked) {
            self.tally.count("a phone is unlocked");
            self.phones[phone].guesses = 0;
        }
        if self.phones[phone]
            .app
            .as_ref()
            .is_some_and(|app| app.is_locked)
        {
            self.close(phone);
        }
        if self.phones[phone].app.is_none() {
            self.open_with(phone, phone::open)?;
        }
        Ok(())
    }

    /// Opens the holder's app in one way or another.
    fn open_with(&mut self, phone: usize, open: Opens) -> Result<(), Violation> {
        let phone = &mut self.phones[phone];
        let stored = phone.holders();
        let seals_now = stored.disk.seals() && !stored.disk.is_sealed() && !stored.disk.is_empty();
        match open(phone.holder, stored, &phone.watch, phone.build) {
            Ok(app) => phone.app = Some(app),
            // No room to make a fresh store, or the store dies at its first write: as it was.
            Err(_) if phone.has_no_room || phone.holders().disk.memory.was_cut() => {
                let disk = phone.holders().disk.copy();
                if let Some(stored) = phone.stores.get_mut(&phone.holder) {
                    stored.disk = disk;
                }
            }
            Err(error) => {
                return Err(Violation::new("a phone starts, whatever it died of", error));
            }
        }
        if seals_now {
            self.tally.count("a store in plain is sealed");
        }
        Ok(())
    }

    /// What was under way is on its way still, and nobody waits for it.
    fn close(&mut self, phone: usize) {
        self.phones[phone].app = None;
        self.phones[phone].behind = None;
        for straggler in &mut self.stragglers {
            if straggler.phone == phone && straggler.reply.take().is_some() {
                straggler.is_of_the_dead = true;
            }
        }
        self.slow_answers.retain(|answer| answer.phone != phone);
    }

    /// Whether the phone died at a write; then it lies there switched off.
    fn has_died(&mut self, phone: usize, doing: &'static str) -> bool {
        let Some(app) = &self.phones[phone].app else {
            return false;
        };
        if !app.disk.memory.was_cut() {
            return false;
        }
        let person = app.person;
        let when = if self.dies_after[phone] {
            "after"
        } else {
            "before"
        };
        self.tally
            .count(&format!("a phone dies {when} a write: {doing}"));
        self.note(format!(
            "  {} dies {when} a write, {doing}",
            self.phones[phone].name()
        ));
        self.close(phone);
        if let Some(stored) = self.phones[phone].stores.get_mut(&person) {
            stored.disk = stored.disk.copy();
        }
        self.limit_room(phone);
        true
    }

    fn restart(&mut self, phone: usize) -> Result<(), Violation> {
        self.boot(phone)?;
        self.tally.count("a phone is started again");
        if self.waiting(phone) > 0 {
            self.tally
                .count("a phone is started again with commands in its outbox");
        }
        self.close(phone);
        if self.bug == Some(Bug::KeysAreForgotten) {
            self.phones[phone].holders().disk.lose_keys();
        }
        if self.bug == Some(Bug::RestartIsNewDevice) {
            let device = self.next_id().0;
            self.change_head(phone, "device", device.to_string());
        }
        self.fresh_disk(phone);
        self.boot(phone)
    }

    /// What is on the disk is all that an app that starts again has.
    fn fresh_disk(&mut self, phone: usize) {
        let holder = self.phones[phone].holder;
        if let Some(stored) = self.phones[phone].stores.get_mut(&holder) {
            stored.disk = stored.disk.copy();
        }
        self.limit_room(phone);
    }

    fn waiting(&self, phone: usize) -> u32 {
        self.phones[phone]
            .app
            .as_ref()
            .map_or(0, |app| app.device.waiting())
    }

    fn update(&mut self, phone: usize) -> Result<(), Violation> {
        self.boot(phone)?;
        self.tally.count("an app is updated");
        if self.waiting(phone) > 0 {
            self.tally
                .count("an app is updated with commands in its outbox");
        }
        self.close(phone);
        self.phones[phone].build += 1;
        if self.bug == Some(Bug::UpdateClearsOutbox) {
            self.clear_outbox(phone);
        }
        self.fresh_disk(phone);
        if std::mem::take(&mut self.phones[phone].sealing) == Sealing::WithUpdate {
            self.phones[phone].sealing = Sealing::Always;
            for (person, stored) in &mut self.phones[phone].stores {
                stored.disk = stored.disk.copy().with_keys(keys_of(phone, *person));
            }
            self.limit_room(phone);
        } else if self.phones[phone].holders().disk.seals() {
            self.phones[phone].sealing = Sealing::Always;
        }
        self.boot(phone)
    }

    fn clear_outbox(&mut self, phone: usize) {
        let phone = &self.phones[phone];
        let Ok(disk) = phone.holders().disk.opened(phone.holder) else {
            return;
        };
        let mut batch = taswiq_offline::store::Batch::default();
        let table = taswiq_offline::store::Table::Outbox;
        use taswiq_offline::store::LocalStore;
        for (key, _) in phone::now_or_never(disk.scan(table))
            .and_then(Result::ok)
            .unwrap_or_default()
        {
            batch.delete(table, key);
        }
        phone::now_or_never(disk.store(batch));
    }

    fn change_head(&mut self, phone: usize, field: &str, value: String) {
        use taswiq_offline::record::HEAD;
        use taswiq_offline::store::{Batch, LocalStore, Table};
        let phone = &self.phones[phone];
        let Ok(disk) = phone.holders().disk.opened(phone.holder) else {
            return;
        };
        let head = phone::now_or_never(disk.get(Table::Meta, HEAD))
            .and_then(Result::ok)
            .flatten();
        let Some(mut head) = head.and_then(|head| serde_json::from_str::<Value>(&head).ok()) else {
            return;
        };
        head[field] = match value.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => value.into(),
        };
        let mut batch = Batch::default();
        batch.put(Table::Meta, HEAD, head.to_string());
        phone::now_or_never(disk.store(batch));
    }

    /// A full phone has room for what it has, and a little for what changes.
    fn limit_room(&mut self, phone: usize) {
        let phone = &self.phones[phone];
        for stored in phone.stores.values() {
            let bytes = phone.has_no_room.then(|| stored.bytes() + 200);
            stored.disk.memory.limit(bytes);
        }
    }

    fn hand_over(&mut self, phone: usize, pick: u32, page_stays: bool) -> Result<(), Violation> {
        self.boot(phone)?;
        self.tally.count("a phone changes hands");
        if self.waiting(phone) > 0 {
            self.tally
                .count("a phone changes hands with commands in its outbox");
        }
        let first = self.phones[phone].holder;
        let others: Vec<PersonId> = PEOPLE.into_iter().filter(|other| *other != first).collect();
        let next = others[pick as usize % others.len()];
        if self.bug == Some(Bug::HandOverClearsOutbox) {
            self.close(phone);
            self.clear_outbox(phone);
        }
        if !self.phones[phone].stores.contains_key(&next) {
            let mut stored = self.unpacked(next)?;
            if self.phones[phone].sealing == Sealing::Always {
                stored.disk = stored.disk.with_keys(keys_of(phone, next));
            }
            if self.bug == Some(Bug::OutboxIsShared) {
                self.close(phone);
                self.change_head(phone, "person", next.0.to_string());
                stored.disk = self.phones[phone].holders().disk.copy();
                self.change_head(phone, "person", first.0.to_string());
            }
            self.phones[phone].stores.insert(next, stored);
        }
        self.limit_room(phone);
        if page_stays && self.phones[phone].app.is_some() {
            // The cookie is the phone's: the page of the first person asks under the next one's.
            let token = self.phones[phone].stores[&next].token.clone();
            self.tally
                .count("an open page asks under another person's session");
            if let Some(app) = &mut self.phones[phone].app {
                app.ask();
            }
            self.carry(phone, &[], Some(&token))?;
        }
        self.close(phone);
        self.fresh_disk(phone);
        self.phones[phone].holder = next;
        self.boot(phone)
    }

    // Time and the server.

    fn wait(&mut self, minutes: i64) -> Result<(), Violation> {
        // What was acknowledged is kept for a month, in which a server may be restored.
        if START.plus_days(DAYS_MAX) < self.now {
            return Ok(());
        }
        self.may_have_written = true;
        self.now = self.now.plus_ms(minutes * 60_000);
        self.true_time.set(self.now);
        self.server.set_clock(self.now);
        if minutes >= 60 {
            let passed = self
                .server
                .ask(async |office| office.pass_deadlines().await)?;
            let passed = passed.expired + passed.withdrawals_closed + passed.written_off;
            if passed > 0 {
                self.tally.count("a deadline passes");
            }
        }
        for phone in 0..self.phones.len() {
            let now = self.now;
            let mut fires = false;
            for page in self.phones[phone].pages() {
                let timer = Rc::clone(&page.driver.host().timer);
                if let Some((number, _)) = timer.get().filter(|(_, due)| *due <= now) {
                    timer.set(None);
                    page.tell(Event::TimerFired { timer: number });
                    fires = true;
                }
            }
            if fires {
                self.carry(phone, &[], None)?;
            }
        }
        Ok(())
    }

    fn restore(&mut self) -> Result<(), Violation> {
        let Some(backup) = &self.backup else {
            return Ok(());
        };
        // It takes a while, so that what was done before can be told from what was done after.
        self.now = self.now.plus_ms(RESTORE_MS);
        self.true_time.set(self.now);
        self.server.set_clock(self.now);
        self.server.restore(&backup.image)?;
        self.put_out.clone_from(&backup.put_out);
        self.closed.clone_from(&backup.closed);
        self.may_have_written = true;
        self.restores += 1;
        self.tally.count("the server is restored from a copy");
        self.losses_are_restored();
        // What only a lost phone could tell again is lost with the copy.
        let known: BTreeSet<DeviceId> = self
            .phones
            .iter()
            .flat_map(|phone| phone.stores.values().map(|stored| stored.device))
            .collect();
        // So is what one that was put out has handed over since the copy: it keeps nothing decided.
        let put_out = self.know_it()?;
        for saved in &mut self.saved {
            let forgets = put_out
                .get(&saved.device)
                .is_some_and(|outbox| !outbox.contains(&saved.command.id));
            if saved.fate == Fate::Due && (forgets || !known.contains(&saved.device)) {
                saved.fate = Fate::LostWithStore;
            }
        }
        Ok(())
    }

    /// The devices that know that the office has put them out, with what still waits on each.
    fn know_it(&self) -> Result<BTreeMap<DeviceId, BTreeSet<CommandId>>, Violation> {
        let mut put_out = BTreeMap::new();
        for phone in &self.phones {
            for (person, stored) in &phone.stores {
                let app = phone::open(*person, &stored.copy(), &phone.watch.aside(), phone.build)
                    .map_err(|error| {
                    Violation::new("a phone starts, whatever it died of", error)
                })?;
                if app.device.is_revoked() {
                    put_out.insert(stored.device, app.outbox_ids());
                }
            }
        }
        Ok(put_out)
    }
}

impl World<'_> {
    /// What closed months came to when they were closed, and what they come to now.
    pub fn closed_months(&self) -> Result<Vec<(Closed, Closed)>, Violation> {
        let months = self.closed.iter();
        months
            .map(|((agent, period), then)| Ok((then.clone(), self.closed_now(*agent, *period)?)))
            .collect()
    }
}

impl Stored {
    /// The same in a memory of its own.
    pub fn copy(&self) -> Self {
        Self {
            disk: self.disk.copy(),
            beside: Rc::new(RefCell::new(self.beside.borrow().clone())),
            device: self.device,
            token: self.token.clone(),
        }
    }

    fn with(mut self, bug: Option<Bug>) -> Self {
        self.disk = self.disk.with(bug);
        self
    }

    fn bytes(&self) -> usize {
        use taswiq_offline::store::{LocalStore, Table};
        Table::ALL
            .into_iter()
            .filter_map(|table| phone::now_or_never(self.disk.memory.scan(table))?.ok())
            .flatten()
            .map(|(key, value)| key.len() + value.len())
            .sum()
    }
}

type Opens = fn(PersonId, &Stored, &Watch, u32) -> Result<App, String>;

/// Tells the keys of each person on each phone from all others.
fn keys_of(phone: usize, person: PersonId) -> u64 {
    phone as u64 * 1_000 + person.0.unsigned_abs()
}

fn thousandths(body: &[u8], part: u32) -> &[u8] {
    &body[..body.len() * part as usize / 1_000]
}

/// The answer of a server that has learnt to tell something more.
fn younger(answer: &[u8]) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(answer) else {
        return answer.to_vec();
    };
    if let Some(changes) = answer["changes"].as_array_mut() {
        match changes.last_mut() {
            Some(last) => last["kind"] = "weather_forecast".into(),
            None => changes.push(serde_json::json!({"kind": "weather_forecast", "body": {}})),
        }
    }
    answer.to_string().into_bytes()
}

/// What a refusal is called, and whether it says that somebody else was faster.
trait Told {
    fn code(&self) -> String;
    fn is_conflict(&self) -> bool;
}

impl Told for taswiq_domain::Refusal {
    fn code(&self) -> String {
        let code = serde_json::to_value(self).ok();
        let code = code.as_ref().and_then(|json| json["code"].as_str());
        code.unwrap_or("refused").to_owned()
    }

    fn is_conflict(&self) -> bool {
        matches!(
            self,
            Self::WrongStage { .. } | Self::CooperativeHasActed | Self::PaymentAboveDue { .. }
        )
    }
}

impl App {
    /// The ids of what waits.
    pub fn outbox_ids(&self) -> BTreeSet<CommandId> {
        let outbox = self.device.outbox();
        outbox.into_iter().map(|queued| queued.command.id).collect()
    }
}
