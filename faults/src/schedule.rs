//! What happens: a list of steps, made from a seed before anything has happened.
//!
//! A step names what it is about by a number that is read against what there is when its time comes
//! (`pick` of the orders on a phone, of the parked commands in the office). So any step can be left out.

use crate::company::{PEOPLE, PHONES_EACH, is_agent, name_of};
use fastrand::Rng;
use std::fmt;
use taswiq_domain::ids::PersonId;

/// Phones at most.
pub const PHONES_MAX: usize = 6;

/// One schedule of so many starts its servers from nothing.
const COLD_EVERY: u32 = 16;
/// One of so many of those is played with servers that are kept running as well, and ends the same.
const BOTH_EVERY: u32 = 3;

/// A run, before it begins.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub seed: u64,
    pub start: Servers,
    pub phones: Vec<Start>,
    pub steps: Vec<Step>,
}

/// How servers start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Servers {
    /// On a machine that is kept running, see [`power`](crate::power).
    #[default]
    Warm,
    /// From nothing, as processes do. That costs more than everything else in a schedule, so it is so in few.
    Cold,
    /// The one and the other: that must make no difference.
    Both,
}

/// How a phone begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub person: PersonId,
    /// One that is known to the office, or one that nobody has unpacked yet.
    pub known: Option<usize>,
    pub sealing: Sealing,
}

/// Whether a phone seals its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    #[default]
    Never,
    Always,
    /// From the next update of its app on: what an older build has left in plain is sealed then.
    WithUpdate,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A person does something on a phone.
    Act { phone: usize, act: Act, pick: u32 },
    /// A phone talks to the office; so fare its messages, and well when there are more.
    Contact { phone: usize, ways: Vec<Way> },
    /// A message or an answer that was held up arrives.
    Arrive { pick: u32 },
    /// The phone dies at a write to its store, the so-manieth from now.
    Cut {
        phone: usize,
        write: u64,
        after: bool,
    },
    /// A phone makes hand-over files of what waits on it.
    Pack { phone: usize },
    /// A stranger brings a hand-over file.
    Bring { pick: u32 },
    /// The app is killed and started again.
    Restart { phone: usize },
    /// A phone is switched off, and lies there until somebody takes it up again.
    SwitchOff { phone: usize },
    /// The app is updated.
    Update { phone: usize },
    /// The clock of a phone is wrong by so much from now on.
    Clock { phone: usize, skew_ms: i64 },
    /// A phone is locked by its PIN.
    Lock { phone: usize },
    /// Somebody tries a PIN on a locked phone.
    Guess { phone: usize },
    /// Every phone that wants to asks at the same moment, and the server may die after so many statements
    /// of the transaction that hears them all.
    Crowd { crash: Option<u32> },
    /// The phone has no room, or has room again.
    Room { phone: usize, is_full: bool },
    /// The store of a phone is gone, and perhaps what was remembered of it outside.
    Evict { phone: usize, leaves_trace: bool },
    /// Something happens to the pages of the app on a phone.
    Page { phone: usize, act: PageAct },
    /// Another person takes the phone; their predecessor's page may still be open.
    HandOver {
        phone: usize,
        pick: u32,
        page_stays: bool,
    },
    /// Time passes.
    Wait { minutes: i64 },
    /// The office does something.
    Office { act: OfficeAct, pick: u32 },
    /// The office puts out the device that its holder has on a phone.
    PutOut { phone: usize },
    /// A copy of the database is made.
    Backup,
    /// The server is restored from the last copy.
    Restore,
    /// The server is killed and started again.
    Kill,
}

/// What a person does on a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Register,
    Correct,
    Place {
        units: u32,
    },
    Amend {
        units: u32,
    },
    Cancel {
        held: bool,
    },
    Answer {
        accepted: bool,
    },
    Deliver,
    Collect,
    Withdraw,
    Confirm {
        short: bool,
    },
    Refuse,
    Propose,
    Prepare,
    Pack,
    HandOver,
    Undo,
    LetGo,
    Discard,
    Reissue,
    Dispute,
    TakeDisputeBack,
    Escalate,
    /// An order whose phone is not there is entered from its customer's receipt.
    FromReceipt {
        reading: Reading,
    },
}

/// What happens to pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAct {
    /// Another is opened; each hears of what the other stores, or does not.
    Open { hears: bool },
    /// The person goes on in the other.
    Turn,
    /// The one behind is closed.
    Close,
    /// The one that does not lead leads; perhaps both do.
    Lead { both: bool },
}

/// How a receipt is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Right,
    OtherUnits,
    OtherDay,
    OtherCustomer,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Good,
    /// It never arrives.
    Lost,
    /// So many thousandths of it arrive.
    Cut(u32),
    /// The answer never arrives.
    AnswerLost,
    /// So many thousandths of the answer arrive.
    AnswerCut(u32),
    /// It arrives twice; the second answer comes back.
    Twice,
    /// It arrives twice; the first answer comes back.
    Doubled,
    /// The phone gives up waiting; it arrives later, perhaps after younger ones.
    Late,
    /// It is under way until it arrives.
    Slow,
    /// Its answer is under way until it arrives.
    AnswerSlow,
    /// A hotel's page comes back.
    Portal,
    /// Somebody says 503.
    Busy,
    /// Somebody says 413.
    TooLarge,
    /// A younger server answers: one change is of a kind that this build does not know.
    Younger,
    /// The server dies after so many statements.
    Crash(u32),
    /// What was held up longest arrives while the answer is made, after so many statements of it that
    /// read.
    Overtaken(u32),
}

/// What the office does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfficeAct {
    Prices,
    MoveCustomer,
    Accept,
    /// Says that what was entered from a receipt and its original are one.
    Same,
    Reject,
    Revoke,
    Dismiss,
    TakeBack,
    TakeDispute,
    DecideDispute,
    CloseMonth,
}

impl Schedule {
    /// What that seed stands for.
    pub fn of(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let mut phones: Vec<Start> = Vec::new();
        for index in 0..random.usize(1..=PHONES_MAX) {
            let person = match index {
                0 => PEOPLE[random.usize(..2)],
                1 => PEOPLE[random.usize(2..PEOPLE.len())],
                _ => PEOPLE[random.usize(..PEOPLE.len())],
            };
            let known = phones.iter().filter(|start| start.person == person).count();
            let is_known = known < PHONES_EACH && random.u8(..8) > 0;
            phones.push(Start {
                person,
                known: is_known.then_some(known),
                sealing: Sealing::Never,
            });
        }
        // Each run has a few troubles of its own and plenty of them, instead of a little of each.
        let moods = Moods::any(&mut random);
        let mut steps = Vec::new();
        for _ in 0..random.usize(3..20) {
            if random.u8(..6) == 0 {
                steps.extend(any_story(&mut random, &phones));
            } else {
                steps.push(any_step(&mut random, &phones, &moods));
            }
        }
        with_receipts(seed, &mut phones, &mut steps);
        with_strangers(seed, &phones, &mut steps);
        with_seals(seed, &mut phones, &mut steps);
        with_disputes(seed, &phones, &mut steps);
        with_months(seed, &phones, &mut steps);
        with_crowds(seed, &phones, &mut steps);
        with_losses(seed, &phones, &mut steps);
        with_pages(seed, &phones, &mut steps);
        Self {
            seed,
            start: servers(seed),
            phones,
            steps,
        }
    }
}

/// How servers start is drawn apart: it says nothing of what happens.
fn servers(seed: u64) -> Servers {
    let mut random = Rng::with_seed(seed ^ 0xC01D_57A7);
    if random.u32(..COLD_EVERY) > 0 {
        Servers::Warm
    } else if random.u32(..BOTH_EVERY) > 0 {
        Servers::Cold
    } else {
        Servers::Both
    }
}

/// In some runs a phone is thought to be lost, and its orders are entered again from their receipts.
fn with_receipts(seed: u64, phones: &mut Vec<Start>, steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x0012_ECE1);
    if random.u8(..3) > 0 {
        return;
    }
    let lost = 0;
    let person = phones[lost].person;
    let own = (1..phones.len()).find(|phone| phones[*phone].person == person);
    let other = match own {
        Some(other) => other,
        None if phones.len() < PHONES_MAX => {
            phones.push(Start {
                person,
                known: (random.u8(..4) > 0).then_some(1),
                sealing: Sealing::Never,
            });
            phones.len() - 1
        }
        None => return,
    };
    let cooperative = phones.iter().position(|start| !is_agent(start.person));
    for _ in 0..random.usize(1..3) {
        let story = receipt_story(&mut random, lost, other, cooperative);
        insert(&mut random, steps, story);
    }
}

fn receipt_story(
    random: &mut Rng,
    lost: usize,
    other: usize,
    cooperative: Option<usize>,
) -> Vec<Step> {
    const OFFLINE: u32 = 1;
    let act = |phone, act, pick| Step::Act { phone, act, pick };
    let contact = |phone, ways: &[Way]| Step::Contact {
        phone,
        ways: ways.to_vec(),
    };
    let units = random.u32(1..5);
    let mut story = Vec::new();
    if random.u8(..3) == 0 {
        story.push(act(lost, Act::Register, OFFLINE));
    }
    let pick = random.u32(..1 << 24);
    story.push(act(lost, Act::Place { units }, pick | OFFLINE));
    match random.u8(..6) {
        0 | 1 => story.push(Step::Pack { phone: lost }),
        2 => story.push(contact(lost, &[Way::Late])),
        // It was not lost: the other phone knows nothing of it yet.
        3 => story.push(contact(lost, &[])),
        _ => {}
    }
    if random.bool() {
        story.push(Step::SwitchOff { phone: lost });
    }
    if random.u8(..3) == 0 {
        story.push(Step::Wait { minutes: 1_500 });
    }
    let reading = match random.u8(..8) {
        0 => Reading::OtherUnits,
        1 => Reading::OtherDay,
        2 => Reading::OtherCustomer,
        _ => Reading::Right,
    };
    // The lowest bits: with a network, without, or with one and having looked for news before.
    let network = random.u32(..3);
    story.push(act(other, Act::FromReceipt { reading }, network));
    if let Some(cooperative) = cooperative
        && random.bool()
    {
        story.push(act(cooperative, Act::Confirm { short: false }, 0));
        if random.bool() {
            story.push(act(cooperative, Act::Pack, 0));
            story.push(act(other, Act::Deliver, 0));
        }
    }
    // Meanwhile the lost phone goes on by itself.
    for _ in 0..random.usize(..3) {
        let about = match random.u8(..4) {
            0 => Act::Amend { units: units + 1 },
            1 => Act::Withdraw,
            _ => Act::Dispute,
        };
        story.push(act(lost, about, OFFLINE));
    }
    match random.u8(..6) {
        0 | 1 => story.push(Step::Bring { pick: NEWEST }),
        2 => story.push(Step::Arrive { pick: 0 }),
        3 => story.push(Step::Evict {
            phone: lost,
            leaves_trace: random.bool(),
        }),
        _ => story.push(contact(lost, &[])),
    }
    if random.bool() {
        let act = [OfficeAct::Same, OfficeAct::Accept, OfficeAct::Reject][random.usize(..3)];
        let pick = random.u32(..1 << 24);
        story.push(Step::Office { act, pick });
        if act == OfficeAct::Accept && random.bool() {
            story.push(Step::Office { act, pick });
        }
    }
    story
}

/// The file that was made last.
const NEWEST: u32 = 0;

/// In some runs strangers carry files. They are drawn apart, so that everything else happens as in the same seed
/// without them.
fn with_strangers(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x5712_A46E);
    if random.u8(..3) > 0 {
        return;
    }
    for _ in 0..random.usize(1..4) {
        let packed = random.usize(..=steps.len());
        let phone = random.usize(..phones.len());
        let mut story = vec![Step::Pack { phone }];
        if random.bool() {
            // Nobody has a network that day.
            story.insert(0, offline(&mut random, phone, phones));
            // And the office thinks that whoever has the phone is not its owner.
            if random.bool() {
                story.extend([Step::PutOut { phone }, Step::Bring { pick: NEWEST }]);
            }
        }
        steps.splice(packed..packed, story);
        for _ in 0..random.usize(1..4) {
            let brought = random.usize(packed + 1..=steps.len());
            let pick = random.u32(..1 << 24);
            steps.insert(brought, Step::Bring { pick });
        }
    }
}

/// What is done without a network, whatever `pick` said.
fn offline(random: &mut Rng, phone: usize, phones: &[Start]) -> Step {
    match any_act(random, phone, phones) {
        Step::Act { phone, act, pick } => Step::Act {
            phone,
            act,
            pick: pick | 1,
        },
        step => step,
    }
}

fn insert(random: &mut Rng, steps: &mut Vec<Step>, story: Vec<Step>) {
    let at = random.usize(..=steps.len());
    steps.splice(at..at, story);
}

/// Most phones seal their store, some of them only with the next update, and some are locked by a PIN.
fn with_seals(seed: u64, phones: &mut [Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x5EA1_ED00);
    for phone in 0..phones.len() {
        phones[phone].sealing = match random.u8(..4) {
            0 => Sealing::Never,
            1 => Sealing::WithUpdate,
            _ => Sealing::Always,
        };
        if phones[phone].sealing == Sealing::WithUpdate {
            let story = vec![offline(&mut random, phone, phones), Step::Update { phone }];
            insert(&mut random, steps, story);
        }
        if phones[phone].sealing == Sealing::Never || random.u8(..3) > 0 {
            continue;
        }
        let mut story = vec![offline(&mut random, phone, phones), Step::Lock { phone }];
        for _ in 0..random.usize(..3) {
            story.push(Step::Guess { phone });
        }
        let ways = match random.u8(..4) {
            0 => vec![Way::AnswerLost],
            1 => vec![Way::Crash(random.u32(1..14))],
            _ => Vec::new(),
        };
        story.push(Step::Contact { phone, ways });
        if random.bool() {
            story.insert(
                1,
                Step::Cut {
                    phone,
                    write: random.u64(1..5),
                    after: random.bool(),
                },
            );
        }
        insert(&mut random, steps, story);
    }
}

/// In some runs agents do not agree with what was posted.
fn with_disputes(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0xD15_9073);
    let agents: Vec<usize> = (0..phones.len())
        .filter(|phone| is_agent(phones[*phone].person))
        .collect();
    if agents.is_empty() || random.u8(..3) > 0 {
        return;
    }
    for _ in 0..random.usize(1..4) {
        let phone = agents[random.usize(..agents.len())];
        let contact = Step::Contact {
            phone,
            ways: Vec::new(),
        };
        let act = |random: &mut Rng, act| Step::Act {
            phone,
            act,
            pick: random.u32(..1 << 24),
        };
        let office = |random: &mut Rng, act| Step::Office {
            act,
            pick: random.u32(..1 << 24),
        };
        let mut story = vec![
            act(&mut random, Act::Place { units: 3 }),
            contact.clone(),
            act(&mut random, Act::Dispute),
        ];
        for _ in 0..random.usize(1..5) {
            story.push(match random.u8(..7) {
                0 => act(&mut random, Act::Dispute),
                1 => act(&mut random, Act::TakeDisputeBack),
                2 | 3 => act(&mut random, Act::Escalate),
                4 => contact.clone(),
                5 => office(&mut random, OfficeAct::TakeDispute),
                _ => office(&mut random, OfficeAct::DecideDispute),
            });
            if random.bool() {
                story.push(office(&mut random, OfficeAct::DecideDispute));
            }
        }
        if random.u8(..3) == 0 {
            // They notice it while it does not matter to anybody else.
            insert(&mut random, steps, story);
        } else {
            steps.extend(story);
        }
    }
}

/// In some runs the month ends, and the office closes it while much of it is not told yet.
fn with_months(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x307_7475);
    if random.u8(..4) > 0 {
        return;
    }
    let at = random.usize(steps.len() / 2..=steps.len());
    let mut story = Vec::new();
    let agent = phones.iter().position(|start| is_agent(start.person));
    let cooperative = phones.iter().position(|start| !is_agent(start.person));
    // Done in the month on a phone that lies there switched off until it is closed.
    let mut off = Vec::new();
    if let (Some(agent), Some(cooperative)) = (agent, cooperative)
        && random.bool()
    {
        story.extend(delivered_offline(agent, cooperative));
        off.push(agent);
    }
    for _ in 0..random.usize(1..4) {
        let phone = random.usize(..phones.len());
        story.push(offline(&mut random, phone, phones));
        if random.bool() {
            off.push(phone);
        }
    }
    story.extend(off.iter().map(|phone| Step::SwitchOff { phone: *phone }));
    // From the Monday on which all begins to beyond the end of the month.
    story.extend([Step::Wait { minutes: 4_400 }, Step::Wait { minutes: 4_400 }]);
    if random.bool() {
        let phone = random.usize(..phones.len());
        story.push(offline(&mut random, phone, phones));
    }
    let close = Step::Office {
        act: OfficeAct::CloseMonth,
        pick: random.u32(..1 << 24),
    };
    story.push(close);
    for phone in off {
        story.push(Step::Contact {
            phone,
            ways: Vec::new(),
        });
    }
    for _ in 0..random.usize(1..4) {
        let phone = random.usize(..phones.len());
        story.push(Step::Contact {
            phone,
            ways: Vec::new(),
        });
    }
    steps.splice(at..at, story);
}

/// An order of everything is confirmed and packed, and delivered and paid where there is no network.
fn delivered_offline(agent: usize, cooperative: usize) -> Vec<Step> {
    const ONLINE: u32 = 0;
    const OFFLINE: u32 = 1;
    let act = |phone, act, pick| Step::Act { phone, act, pick };
    vec![
        act(agent, Act::Place { units: 2 }, ONLINE),
        act(cooperative, Act::Confirm { short: false }, ONLINE),
        act(cooperative, Act::Pack, ONLINE),
        Step::Contact {
            phone: agent,
            ways: Vec::new(),
        },
        act(agent, Act::Deliver, OFFLINE),
        act(agent, Act::Collect, OFFLINE),
    ]
}

/// In some runs several phones are heard in one transaction.
fn with_crowds(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0xC40_3D55);
    if phones.len() < 2 || random.u8(..4) > 0 {
        return;
    }
    for _ in 0..random.usize(1..4) {
        let mut story = Vec::new();
        for phone in 0..phones.len() {
            if random.bool() {
                story.push(offline(&mut random, phone, phones));
            }
        }
        let crash = random.bool().then(|| random.u32(1..24));
        story.push(Step::Crowd { crash });
        insert(&mut random, steps, story);
    }
}

/// In some runs a browser throws a store away in which something waits.
fn with_losses(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x1057_5704);
    if random.u8(..4) > 0 {
        return;
    }
    let phone = random.usize(..phones.len());
    let evict = Step::Evict {
        phone,
        leaves_trace: true,
    };
    let contact = |ways: &[Way]| Step::Contact {
        phone,
        ways: ways.to_vec(),
    };
    let mut story = vec![offline(&mut random, phone, phones)];
    if random.bool() {
        story.push(Step::Act {
            phone,
            act: Act::Place { units: 1 },
            pick: random.u32(..1 << 24) | 1,
        });
    }
    match random.u8(..6) {
        0 => story.push(Step::Pack { phone }),
        1 => story.push(contact(&[Way::Late])),
        2 => story.push(contact(&[Way::AnswerLost])),
        _ => {}
    }
    story.push(evict.clone());
    match random.u8(..6) {
        // It dies at the first write of what comes after.
        0 => story.push(Step::Cut {
            phone,
            write: random.u64(1..4),
            after: random.bool(),
        }),
        // And once more, before or after the office has heard of it.
        1 => story.push(evict),
        2 => story.extend([contact(&[]), offline(&mut random, phone, phones), evict]),
        3 => story.push(contact(&[Way::AnswerLost])),
        _ => {}
    }
    if random.bool() {
        story.push(contact(&[]));
    }
    if random.u8(..3) == 0 {
        story.push(Step::Bring { pick: NEWEST });
    }
    insert(&mut random, steps, story);
}

/// In some runs the app is open on a phone twice.
fn with_pages(seed: u64, phones: &[Start], steps: &mut Vec<Step>) {
    let mut random = Rng::with_seed(seed ^ 0x2_9A6E5);
    if random.u8(..4) > 0 {
        return;
    }
    let phone = random.usize(..phones.len());
    let page = |act| Step::Page { phone, act };
    let open = PageAct::Open {
        hears: random.bool(),
    };
    let mut story = vec![page(open)];
    for _ in 0..random.usize(3..9) {
        match random.u8(..9) {
            0 | 1 => story.push(offline(&mut random, phone, phones)),
            2 => story.push(any_act(&mut random, phone, phones)),
            3 | 4 => story.extend([page(PageAct::Turn), offline(&mut random, phone, phones)]),
            5 => story.push(page(PageAct::Lead {
                both: random.u8(..3) == 0,
            })),
            // Leadership moves while a request or its answer is on its way.
            6 | 7 => {
                let way = [Way::Slow, Way::AnswerSlow][random.usize(..2)];
                let slow = Step::Contact {
                    phone,
                    ways: vec![way],
                };
                let moves = page(PageAct::Lead {
                    both: random.u8(..3) == 0,
                });
                let first = offline(&mut random, phone, phones);
                story.extend([first, slow, moves]);
                if random.bool() {
                    story.extend([page(PageAct::Turn), offline(&mut random, phone, phones)]);
                }
                story.push(Step::Arrive { pick: 0 });
            }
            _ => story.push(page(PageAct::Close)),
        }
    }
    insert(&mut random, steps, story);
}

/// How often which trouble comes in one run.
struct Moods {
    network: u8,
    crashes: u8,
    cuts: u8,
    clocks: u8,
    rooms: u8,
    hand_overs: u8,
    restores: u8,
    office: u8,
    evictions: u8,
    updates: u8,
    waits: u8,
}

impl Moods {
    fn any(random: &mut Rng) -> Self {
        let mut often = |of: u8, at_most: u8| {
            if random.u8(..of) == 0 {
                random.u8(1..=at_most)
            } else {
                0
            }
        };
        Self {
            network: often(1, 12),
            crashes: often(4, 10),
            cuts: often(3, 6),
            clocks: often(5, 4),
            rooms: often(6, 4),
            hand_overs: often(6, 3),
            restores: often(4, 5),
            office: often(2, 6),
            evictions: often(12, 2),
            updates: often(6, 3),
            waits: often(2, 4),
        }
    }
}

fn any_step(random: &mut Rng, phones: &[Start], moods: &Moods) -> Step {
    let phone = random.usize(..phones.len());
    let rest = [
        moods.cuts,
        moods.clocks,
        moods.rooms,
        moods.hand_overs,
        moods.restores,
        moods.office,
        moods.evictions,
        moods.updates,
        moods.waits,
    ];
    let troubles: u32 = rest.iter().map(|weight| u32::from(*weight)).sum();
    let (acts, contacts) = (18, 14);
    let mut drawn = random.u32(..acts + contacts + troubles);
    if drawn < acts {
        return any_act(random, phone, phones);
    }
    drawn -= acts;
    if drawn < contacts {
        return if random.u8(..6) == 0 {
            Step::Arrive {
                pick: random.u32(..1 << 24),
            }
        } else {
            Step::Contact {
                phone,
                ways: any_ways(random, moods),
            }
        };
    }
    drawn -= contacts;
    let mut which = 0;
    for (index, weight) in rest.iter().enumerate() {
        if drawn < u32::from(*weight) {
            which = index;
            break;
        }
        drawn -= u32::from(*weight);
    }
    let day_ms = 86_400_000;
    match which {
        0 if random.u8(..4) == 0 => Step::Restart { phone },
        0 => Step::Cut {
            phone,
            write: random.u64(1..4),
            after: random.bool(),
        },
        1 => Step::Clock {
            phone,
            skew_ms: *random
                .choice(&[
                    0,
                    -1_793_000_000_000,
                    3_650 * day_ms,
                    -3_600_000,
                    420_000,
                    -2 * day_ms,
                ])
                .unwrap_or(&0),
        },
        2 => Step::Room {
            phone,
            is_full: random.u8(..3) > 0,
        },
        3 => Step::HandOver {
            phone,
            pick: random.u32(..1 << 24),
            page_stays: random.bool(),
        },
        4 => match random.u8(..7) {
            0..3 => Step::Backup,
            3..6 => Step::Restore,
            _ => Step::Kill,
        },
        5 => Step::Office {
            act: *random
                .choice(&[
                    OfficeAct::Prices,
                    OfficeAct::MoveCustomer,
                    OfficeAct::MoveCustomer,
                    OfficeAct::Accept,
                    OfficeAct::Accept,
                    OfficeAct::Reject,
                    OfficeAct::Reject,
                    OfficeAct::Revoke,
                    OfficeAct::Dismiss,
                    OfficeAct::TakeBack,
                ])
                .unwrap_or(&OfficeAct::Prices),
            pick: random.u32(..1 << 24),
        },
        6 => Step::Evict {
            phone,
            leaves_trace: random.bool(),
        },
        7 => Step::Update { phone },
        _ => Step::Wait {
            minutes: *random.choice(&[1, 6, 90, 1_500, 4_400]).unwrap_or(&1),
        },
    }
}

fn any_act(random: &mut Rng, phone: usize, phones: &[Start]) -> Step {
    let act = if is_agent(phones[phone].person) {
        match random.u8(..40) {
            0..3 => Act::Register,
            3..6 => Act::Correct,
            6..18 => Act::Place {
                units: random.u32(1..9),
            },
            18..22 => Act::Amend {
                units: random.u32(1..9),
            },
            22..25 => Act::Cancel {
                held: random.bool(),
            },
            25..28 => Act::Answer {
                accepted: random.bool(),
            },
            28..31 => Act::Deliver,
            31..34 => Act::Collect,
            34 => Act::Withdraw,
            35..37 => Act::Undo,
            37 => Act::LetGo,
            38 => Act::Discard,
            _ => Act::Reissue,
        }
    } else {
        match random.u8(..24) {
            0..9 => Act::Confirm {
                short: random.u8(..4) == 0,
            },
            9..12 => Act::Refuse,
            12..15 => Act::Propose,
            15..17 => Act::Prepare,
            17..19 => Act::Pack,
            19..21 => Act::HandOver,
            21 => Act::Deliver,
            22 => Act::Undo,
            _ => Act::Discard,
        }
    };
    Step::Act {
        phone,
        act,
        pick: random.u32(..1 << 24),
    }
}

/// Steps that are rarely drawn one after the other, and are where others have lost what was saved.
fn any_story(random: &mut Rng, phones: &[Start]) -> Vec<Step> {
    let phone = random.usize(..phones.len());
    let offline = |random: &mut Rng, phone| match any_act(random, phone, phones) {
        Step::Act { phone, act, pick } => Step::Act {
            phone,
            act,
            pick: pick | 1,
        },
        step => step,
    };
    let contact = |ways: &[Way]| Step::Contact {
        phone,
        ways: ways.to_vec(),
    };
    let arrive = Step::Arrive { pick: 0 };
    match random.u8(..14) {
        // What others did arrives while a phone is told what changed.
        12 | 13 => {
            let other = random.usize(..phones.len());
            let (first, second) = (offline(random, other), offline(random, other));
            let slow = Step::Contact {
                phone: other,
                ways: vec![Way::Slow],
            };
            let overtaken = contact(&[Way::Overtaken(random.u32(1..12))]);
            vec![first, second, slow, overtaken]
        }
        // Something is done while a message or its answer is on its way, and the phone starts again.
        0 => {
            let way = if random.bool() {
                Way::Slow
            } else {
                Way::AnswerSlow
            };
            let (first, second) = (offline(random, phone), offline(random, phone));
            vec![
                first,
                contact(&[way]),
                second,
                arrive,
                Step::Restart { phone },
            ]
        }
        // What a server knew that is restored, of phones that have been started again or not.
        1 => {
            let (first, second) = (offline(random, phone), offline(random, phone));
            let again = random.bool().then_some(Step::Restart { phone });
            [first, Step::Backup, contact(&[]), second, contact(&[])]
                .into_iter()
                .chain(again)
                .chain([Step::Restore, contact(&[])])
                .collect()
        }
        // A day without a network, and the phone is started again and again.
        9 => vec![
            offline(random, phone),
            Step::Restart { phone },
            offline(random, phone),
            Step::Restart { phone },
        ],
        // The phone dies at the write that notes a message or stores its answer.
        2 => {
            let cut = Step::Cut {
                phone,
                write: random.u64(1..3),
                after: random.bool(),
            };
            vec![offline(random, phone), cut, contact(&[])]
        }
        // The phone dies while it saves.
        3 => {
            let cut = Step::Cut {
                phone,
                write: 1,
                after: random.bool(),
            };
            vec![cut, offline(random, phone), contact(&[])]
        }
        // Taken back after it was sent and nobody heard of it.
        4 => vec![
            offline(random, phone),
            contact(&[Way::AnswerLost]),
            Step::Restart { phone },
            Step::Act {
                phone,
                act: Act::Undo,
                pick: 1,
            },
        ],
        // Two phones do something with the same, neither knowing of the other.
        5 => {
            let other = random.usize(..phones.len());
            let (first, second) = (offline(random, phone), offline(random, other));
            vec![
                first,
                second,
                contact(&[]),
                Step::Contact {
                    phone: other,
                    ways: Vec::new(),
                },
            ]
        }
        // What is done on a phone meets what the office has done meanwhile.
        6 => {
            let act = if random.bool() {
                OfficeAct::Revoke
            } else {
                OfficeAct::MoveCustomer
            };
            let office = Step::Office {
                act,
                pick: random.u32(..1 << 24),
            };
            vec![contact(&[]), offline(random, phone), office, contact(&[])]
        }
        // Saved for another to find.
        7 => vec![
            offline(random, phone),
            Step::HandOver {
                phone,
                pick: random.u32(..1 << 24),
                page_stays: random.bool(),
            },
            contact(&[]),
        ],
        // The server dies while it takes in what was saved.
        10 | 11 => {
            let (first, second) = (offline(random, phone), offline(random, phone));
            vec![first, second, contact(&[Way::Crash(random.u32(1..14))])]
        }
        // What was saved meets a page of somebody in between.
        _ => {
            let way = [Way::Portal, Way::Busy, Way::TooLarge, Way::Late][random.usize(..4)];
            vec![offline(random, phone), contact(&[way])]
        }
    }
}

fn any_ways(random: &mut Rng, moods: &Moods) -> Vec<Way> {
    let count = random.usize(..3);
    (0..count)
        .map(|_| {
            if random.u8(..20) < moods.crashes {
                return Way::Crash(random.u32(1..20));
            }
            if random.u8(..16) >= moods.network {
                return Way::Good;
            }
            match random.u8(..16) {
                0 | 1 => Way::Lost,
                2 => Way::Cut(random.u32(..1_000)),
                3 | 4 => Way::AnswerLost,
                5 => Way::AnswerCut(random.u32(..1_000)),
                6 => Way::Twice,
                7 => Way::Doubled,
                8 => Way::Late,
                9 => Way::Slow,
                10 => Way::AnswerSlow,
                11 => Way::Portal,
                12 => Way::Busy,
                13 => Way::TooLarge,
                14 => Way::Overtaken(random.u32(1..12)),
                _ => Way::Younger,
            }
        })
        .collect()
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |phone: &usize| phone + 1;
        match self {
            Self::Act { phone, act, pick } => {
                write!(
                    out,
                    "on phone {}: {} (pick {pick})",
                    number(phone),
                    act.words()
                )
            }
            Self::Contact { phone, ways } => {
                write!(out, "phone {} talks to the office", number(phone))?;
                for way in ways {
                    write!(out, "; {}", way.words())?;
                }
                Ok(())
            }
            Self::Arrive { pick } => write!(out, "what was held up arrives (pick {pick})"),
            Self::Cut {
                phone,
                write,
                after,
            } => write!(
                out,
                "phone {} will die {} write {write} from now",
                number(phone),
                if *after { "after" } else { "before" }
            ),
            Self::Restart { phone } => write!(out, "phone {} is started again", number(phone)),
            Self::SwitchOff { phone } => write!(out, "phone {} is switched off", number(phone)),
            Self::Pack { phone } => write!(out, "phone {} packs what waits on it", number(phone)),
            Self::Bring { pick } => write!(out, "a stranger brings a file (pick {pick})"),
            Self::Update { phone } => write!(out, "the app on phone {} is updated", number(phone)),
            Self::Clock { phone, skew_ms } => {
                write!(
                    out,
                    "the clock of phone {} is {skew_ms} ms ahead",
                    number(phone)
                )
            }
            Self::Lock { phone } => write!(out, "phone {} is locked", number(phone)),
            Self::Guess { phone } => write!(out, "somebody tries a PIN on phone {}", number(phone)),
            Self::Crowd { crash: None } => out.write_str("every phone asks at the same moment"),
            Self::Crowd {
                crash: Some(statement),
            } => write!(
                out,
                "every phone asks at the same moment; the server dies after statement {statement}"
            ),
            Self::Room {
                phone,
                is_full: true,
            } => write!(out, "phone {} is full", number(phone)),
            Self::Room { phone, .. } => write!(out, "phone {} has room again", number(phone)),
            Self::Evict {
                phone,
                leaves_trace,
            } => write!(
                out,
                "the store of phone {} is gone{}",
                number(phone),
                if *leaves_trace {
                    ", and a trace of it is left"
                } else {
                    ""
                }
            ),
            Self::HandOver {
                phone,
                pick,
                page_stays,
            } => write!(
                out,
                "another person takes phone {} (pick {pick}){}",
                number(phone),
                if *page_stays {
                    ", and the page of the first is still open"
                } else {
                    ""
                }
            ),
            Self::Page { phone, act } => {
                write!(out, "on phone {}: {}", number(phone), act.words())
            }
            Self::Wait { minutes } => write!(out, "{minutes} minutes pass"),
            Self::Office { act, pick } => write!(out, "the office {} (pick {pick})", act.words()),
            Self::PutOut { phone } => write!(
                out,
                "the office puts the holder's device on phone {} out",
                number(phone)
            ),
            Self::Backup => out.write_str("a copy of the database is made"),
            Self::Restore => out.write_str("the server is restored from the last copy"),
            Self::Kill => out.write_str("the server is killed and started again"),
        }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = if self.known.is_some() {
            ""
        } else {
            ", never used before"
        };
        let sealing = match self.sealing {
            Sealing::Never => "",
            Sealing::Always => ", sealed",
            Sealing::WithUpdate => ", sealed from its next update on",
        };
        write!(out, "of {}{known}{sealing}", name_of(self.person))
    }
}

impl Act {
    const fn words(self) -> &'static str {
        match self {
            Self::Register => "a customer is registered",
            Self::Correct => "a customer is corrected",
            Self::Place { .. } => "an order is taken",
            Self::Amend { .. } => "an order is changed",
            Self::Cancel { held: true } => "an order is cancelled, and that kept back",
            Self::Cancel { .. } => "an order is cancelled",
            Self::Answer { .. } => "a proposal is answered",
            Self::Deliver => "a delivery is noted",
            Self::Collect => "money is taken",
            Self::Withdraw => "the customer withdraws",
            Self::Confirm { short: true } => "a part is confirmed, not all of it",
            Self::Confirm { .. } => "a part is confirmed",
            Self::Refuse => "a part is refused",
            Self::Propose => "a change is proposed",
            Self::Prepare => "packing begins",
            Self::Pack => "a part is packed",
            Self::HandOver => "a part is handed over",
            Self::Undo => "the last act is taken back",
            Self::LetGo => "what was kept back may leave",
            Self::Discard => "a parked command is discarded",
            Self::Reissue => "a parked command is done again",
            Self::Dispute => "an entry or a line is disputed",
            Self::TakeDisputeBack => "a dispute is taken back",
            Self::Escalate => "a dispute is escalated",
            Self::FromReceipt {
                reading: Reading::Right,
            } => "an order is entered from its receipt",
            Self::FromReceipt { .. } => "an order is entered from a receipt that is misread",
        }
    }
}

impl Way {
    fn words(self) -> String {
        match self {
            Self::Good => "well".to_owned(),
            Self::Lost => "a request is lost".to_owned(),
            Self::Cut(part) => format!("{part}/1000 of a request arrive"),
            Self::AnswerLost => "an answer is lost".to_owned(),
            Self::AnswerCut(part) => format!("{part}/1000 of an answer arrive"),
            Self::Twice => "a request arrives twice".to_owned(),
            Self::Doubled => "a request arrives twice, its first answer returns".to_owned(),
            Self::Late => "a request is given up and arrives later".to_owned(),
            Self::Slow => "a request is held up".to_owned(),
            Self::AnswerSlow => "an answer is held up".to_owned(),
            Self::Portal => "a hotel's page returns".to_owned(),
            Self::Busy => "503 returns".to_owned(),
            Self::TooLarge => "413 returns".to_owned(),
            Self::Younger => "a younger server answers".to_owned(),
            Self::Crash(statement) => format!("the server dies after statement {statement}"),
            Self::Overtaken(statement) => {
                format!("what was held up arrives after statement {statement} of the answer")
            }
        }
    }
}

impl PageAct {
    const fn words(self) -> &'static str {
        match self {
            Self::Open { hears: true } => "another page is opened",
            Self::Open { hears: false } => "another page is opened, and neither hears of the other",
            Self::Turn => "the other page comes to the front",
            Self::Close => "the page behind is closed",
            Self::Lead { both: true } => "both pages lead",
            Self::Lead { both: false } => "the other page leads",
        }
    }
}

impl OfficeAct {
    const fn words(self) -> &'static str {
        match self {
            Self::Prices => "changes a price",
            Self::MoveCustomer => "gives a customer to another agent",
            Self::Accept => "accepts a parked command",
            Self::Same => "says that two orders are one",
            Self::Reject => "rejects a parked command",
            Self::Revoke => "revokes a device",
            Self::Dismiss => "puts a person out",
            Self::TakeBack => "lets a person in again",
            Self::TakeDispute => "looks at a dispute",
            Self::DecideDispute => "decides a dispute",
            Self::CloseMonth => "closes the month",
        }
    }
}

impl Step {
    /// On which phone it happens.
    pub const fn phone(&self) -> Option<usize> {
        match self {
            Self::Act { phone, .. }
            | Self::Contact { phone, .. }
            | Self::Cut { phone, .. }
            | Self::Restart { phone }
            | Self::SwitchOff { phone }
            | Self::PutOut { phone }
            | Self::Pack { phone }
            | Self::Update { phone }
            | Self::Lock { phone }
            | Self::Guess { phone }
            | Self::Clock { phone, .. }
            | Self::Room { phone, .. }
            | Self::Evict { phone, .. }
            | Self::Page { phone, .. }
            | Self::HandOver { phone, .. } => Some(*phone),
            Self::Arrive { .. }
            | Self::Bring { .. }
            | Self::Wait { .. }
            | Self::Office { .. }
            | Self::Backup
            | Self::Restore
            | Self::Crowd { .. }
            | Self::Kill => None,
        }
    }
}
