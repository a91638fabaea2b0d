//! A hand-over file: whoever brings it, whenever and however often, what is in it happens once.

use super::world::*;
use serde_json::{Value, json};
use std::io::Write;
use taswiq_backend::Office;
use taswiq_backend::hand_over::{HandOverError, HandedOver, seal};
use taswiq_backend::parked::Settlement;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::hand_over::{Contents, FileError, SealingKey};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::order::{CancelledBy, Progress, Reason};
use taswiq_domain::sync::{Answer, CancelOrder, CommandBody, Waiting};
use uuid::Uuid;

/// A phone of the agent whose key the office has.
pub async fn phone(world: &World) -> Phone {
    let mut agent = world.phone(AGENT).await;
    agent.key = Some(DeviceKey::from_random(&[5; 32]));
    agent.sync(Vec::new()).await;
    assert_eq!(agent.sealing_key, Some(world.office.sealing_key()));
    agent
}

/// What a phone packs: each part a request, `waiting` what is left of all of them.
fn contents(phone: &Phone, parts: &[Vec<Value>]) -> Contents<Value> {
    let requests = (0..parts.len()).map(|index| {
        let left: Vec<&Value> = parts[index..].iter().flatten().collect();
        let mut request = phone.request(parts[index].clone());
        (request.key, request.sealing_key) = (None, None);
        request.waiting = Waiting {
            commands: left.len() as u32,
            orders: left
                .iter()
                .filter(|command| command["kind"] == "place_order")
                .count() as u32,
            ..Waiting::default()
        };
        request
    });
    Contents {
        key: phone.key.clone().expect("a key"),
        requests: requests.collect(),
    }
}

fn file_of(phone: &Phone, contents: &Contents<Value>) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let json = serde_json::to_vec(contents).expect("JSON");
    gzip.write_all(&json).expect("written");
    let plain = gzip.finish().expect("finished");
    seal(phone.sealing_key.as_ref().expect("told"), &plain).expect("sealed")
}

pub fn file(phone: &Phone, commands: Vec<Value>) -> Vec<u8> {
    file_of(phone, &contents(phone, &[commands]))
}

pub fn counts(received: u32, known: u32, parked: u32, waiting: u32) -> HandedOver {
    HandedOver {
        received,
        known,
        parked,
        waiting,
    }
}

/// A customer and an order of theirs, made and not sent.
async fn a_day(phone: &mut Phone) -> Vec<Value> {
    let id = Uuid::now_v7();
    let registered = phone.command_with(id, &register());
    let order = phone
        .order_body(taswiq_domain::ids::CustomerId(id), &[(1, 2)])
        .await;
    vec![registered, phone.command(&order)]
}

async fn orders(office: &Office, world: &World) -> usize {
    let filter = taswiq_backend::orders::OrderFilter::default();
    let found = office.orders(&world.manager(), &filter, None, 100).await;
    found.expect("listed").orders.len()
}

promise! {
    async fn what_a_stranger_brings_happens_once_whoever_comes_first(world) {
        let mut agent = phone(&world).await;
        let first = a_day(&mut agent).await;
        let brought = file(&agent, first.clone());
        // The file, and again; then the phone itself.
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(2, 0, 0, 0));
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(0, 2, 0, 0));
        for result in agent.sync(first.clone()).await.results {
            assert_eq!(result.answer, Answer::AlreadyApplied);
        }
        // The phone, then a file that was made before.
        let second = a_day(&mut agent).await;
        let late = file(&agent, second.clone());
        for result in agent.sync(second).await.results {
            assert_eq!(result.answer, Answer::Applied);
        }
        assert_eq!(world.office.hand_over(&late).await.expect("taken"), counts(0, 2, 0, 0));
        assert_eq!(orders(&world.office, &world).await, 2);
        let noted = world.audit_actions().await;
        assert_eq!(noted.iter().filter(|action| *action == "handed_over_by_file").count(), 1);
        world.assert_sound().await;
    }
}

promise! {
    async fn an_old_file_undoes_nothing_that_was_done_since(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let old = file(&agent, day.clone());
        let order = taswiq_domain::ids::OrderId(day[1]["id"].as_str().expect("an id").parse().expect("an id"));
        agent.sync(day).await;
        let cancel = CommandBody::CancelOrder(CancelOrder {
            order,
            by: CancelledBy::Customer,
            reason: Reason::CustomerCancelled,
            other_ids: 0,
        });
        agent.act_ok(&cancel).await;
        world.later_days(3);
        assert_eq!(world.office.hand_over(&old).await.expect("taken"), counts(0, 2, 0, 0));
        assert_eq!(world.order(order).await.progress().expect("a progress"), Progress::Dead);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_file_says_nothing_of_its_device_but_what_it_brings(world) {
        let mut agent = phone(&world).await;
        let told_at = world.clock_now();
        world.clock.advance_ms(3_600_000);
        let day = a_day(&mut agent).await;
        let made_at = agent.clock_now();
        let brought = file_of(&agent, &contents(&agent, &[vec![day[0].clone()], vec![day[1].clone()]]));
        let part = file_of(&agent, &{
            let mut first = contents(&agent, &[vec![day[0].clone()], vec![day[1].clone()]]);
            first.requests.truncate(1);
            first
        });
        // It is under way for five days.
        world.later_days(5);
        let known = async || {
            let devices = world.office.devices(&world.manager(), None).await.expect("listed");
            devices.into_iter().find(|device| device.id == agent.device).expect("known")
        };
        assert_eq!(world.office.hand_over(&part).await.expect("taken"), counts(1, 0, 0, 0));
        assert_eq!((known().await.waiting.commands, known().await.waiting.orders), (1, 1));
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(1, 1, 0, 0));
        let device = known().await;
        assert_eq!((device.last_contact_at, device.clock_skew_ms, device.last_seq), (told_at, 0, 2));
        assert_eq!(device.waiting.commands, 0);
        // What was done at the door was done when it was done, not when the file came.
        let order = taswiq_domain::ids::OrderId(day[1]["id"].as_str().expect("an id").parse().expect("an id"));
        assert_eq!(world.order(order).await.placed_at, made_at);
        // What the phone did between the file and its own contact keeps its time as well.
        agent.clock_ahead_ms = -86_400_000;
        let later = agent.command(&register());
        agent.clock_ahead_ms = 0;
        agent.sync(vec![later.clone()]).await;
        world.assert_sound().await;
    }
}

promise! {
    async fn a_clock_that_went_ahead_since_the_last_contact_is_seen_by_the_file(world) {
        let mut agent = phone(&world).await;
        agent.clock_ahead_ms = 86_400_000;
        let made_at = world.clock_now();
        let day = a_day(&mut agent).await;
        world.clock.advance_ms(3_600_000);
        let brought = file(&agent, day.clone());
        assert_eq!(world.office.hand_over(&brought).await.expect("taken").received, 2);
        let order = taswiq_domain::ids::OrderId(day[1]["id"].as_str().expect("an id").parse().expect("an id"));
        // A file is made before it is brought: that far ahead the clock is at least.
        assert_eq!(world.order(order).await.placed_at, made_at);
    }
}

promise! {
    async fn what_follows_on_a_gap_waits_until_the_gap_is_filled(world) {
        let mut agent = phone(&world).await;
        let (first, second) = (a_day(&mut agent).await, a_day(&mut agent).await);
        let (earlier, later) = (file(&agent, first), file(&agent, second));
        assert_eq!(world.office.hand_over(&later).await.expect("read"), counts(0, 0, 0, 2));
        assert_eq!(world.office.hand_over(&earlier).await.expect("taken"), counts(2, 0, 0, 0));
        assert_eq!(world.office.hand_over(&later).await.expect("taken"), counts(2, 0, 0, 0));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_22_a_file_of_a_revoked_phone_waits_for_a_person(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let brought = file(&agent, day);
        world.office.revoke_device(&world.manager(), agent.device).await.expect("revoked");
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(0, 0, 2, 0));
        assert_eq!(world.office.count_parked(&world.manager()).await.expect("counted"), 2);
        assert_eq!(orders(&world.office, &world).await, 0);
    }
}

promise! {
    async fn fault_24_a_forged_or_changed_file_is_refused_and_nothing_of_it_happens(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let good = contents(&agent, std::slice::from_ref(&day));
        let brought = file_of(&agent, &good);
        // Every bit counts; those of the seal are tried here and there.
        for place in (0..brought.len()).step_by(if brought.len() > 400 { 7 } else { 1 }).chain(0..80) {
            let mut changed = brought.clone();
            changed[place] ^= 1 << (place % 8);
            let refused = world.office.hand_over(&changed).await;
            assert!(matches!(refused, Err(HandOverError::File(_) | HandOverError::AnotherServer)), "{place}: {refused:?}");
        }
        for shorter in [0, 4, 80, brought.len() - 1] {
            let refused = world.office.hand_over(&brought[..shorter]).await;
            assert!(matches!(refused, Err(HandOverError::File(_))), "{shorter}: {refused:?}");
        }
        let with = |change: &dyn Fn(&mut Contents<Value>)| {
            let mut other = good.clone();
            change(&mut other);
            file_of(&agent, &other)
        };
        let stranger = DeviceId(Uuid::now_v7());
        for unknown in [
            with(&|contents| contents.key = DeviceKey::from_random(&[6; 32])),
            with(&|contents| contents.requests[0].device = stranger),
            with(&|contents| contents.requests[0].person = Some(OTHER_AGENT)),
        ] {
            let refused = world.office.hand_over(&unknown).await;
            assert!(matches!(refused, Err(HandOverError::UnknownDevice)), "{refused:?}");
        }
        for unreadable in [
            with(&|contents| contents.requests.clear()),
            with(&|contents| contents.requests[0].commands[1] = json!({ "seq": "x" })),
            with(&|contents| contents.requests = vec![contents.requests[0].clone(); 9]),
            with(&|contents| contents.requests[0].commands = vec![day[0].clone(); 101]),
            with(&|contents| {
                let mut second = contents.requests[0].clone();
                second.device = stranger;
                contents.requests.push(second);
            }),
            seal(&world.office.sealing_key(), b"{}").expect("sealed"),
            seal(&world.office.sealing_key(), b"\x1f\x8bnothing").expect("sealed"),
        ] {
            let refused = world.office.hand_over(&unreadable).await;
            assert!(matches!(refused, Err(HandOverError::Unreadable)), "{refused:?}");
        }
        let later = with(&|contents| contents.requests[0].protocol = 2);
        assert!(matches!(world.office.hand_over(&later).await, Err(HandOverError::WrongProtocol)));
        assert_eq!(orders(&world.office, &world).await, 0);
        assert!(!world.audit_actions().await.contains(&"handed_over_by_file".to_owned()));
        assert_eq!(world.office.hand_over(&brought).await.expect("taken"), counts(2, 0, 0, 0));
    }
}

promise! {
    async fn fault_25_a_small_file_that_unpacks_to_a_large_one_is_refused(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let good = serde_json::to_vec(&contents(&agent, &[day])).expect("JSON");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let blank = vec![b' '; 1024 * 1024];
        for _ in 0..64 {
            gzip.write_all(&blank).expect("written");
        }
        // It would be read, were it not for the room it takes.
        gzip.write_all(&good).expect("written");
        let bomb = seal(&world.office.sealing_key(), &gzip.finish().expect("finished")).expect("sealed");
        let refused = world.office.hand_over(&bomb).await;
        assert!(matches!(refused, Err(HandOverError::Unreadable)), "{refused:?}");
    }
}

promise! {
    async fn a_file_for_another_server_is_told_from_a_damaged_one(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let elsewhere = World::on_sqlite().await;
        assert_ne!(elsewhere.office.sealing_key(), world.office.sealing_key());
        agent.sealing_key = Some(elsewhere.office.sealing_key());
        let refused = world.office.hand_over(&file(&agent, day)).await;
        assert!(matches!(refused, Err(HandOverError::AnotherServer)), "{refused:?}");
        let point = { let mut point = [9; 65]; point[0] = 4; point };
        assert!(seal(&SealingKey::new(&point).expect("a form"), b"").is_err(), "no point of the curve");
    }
}

promise! {
    async fn an_earlier_key_still_opens_what_was_sealed_to_it(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let brought = file(&agent, day);
        let first = world.office.sealing_key();
        let other = Office::open(&world.url, world.clock.clone(), taswiq_backend::Options::default()).await.expect("opens");
        let key = other.renew_sealing_key(&world.administrator()).await.expect("renewed");
        assert_ne!(key, first);
        assert_eq!(other.hand_over(&brought).await.expect("taken"), counts(2, 0, 0, 0));
        assert!(world.audit_actions().await.contains(&"sealing_key_renewed".to_owned()));
        // A phone hears of the new one once, and a server that was running meanwhile when it meets it.
        let at_once = agent.office.clone();
        agent.office = other.clone();
        assert_eq!(agent.sync(Vec::new()).await.sealing_key, Some(key.clone()));
        assert_eq!(agent.sync(Vec::new()).await.sealing_key, None);
        agent.office = at_once;
        assert_eq!(world.office.sealing_key(), first);
        assert_eq!(agent.sync(Vec::new()).await.sealing_key, None);
        assert_eq!(world.office.sealing_key(), key);
        assert!(matches!(world.office.renew_sealing_key(&world.manager()).await, Err(taswiq_backend::error::OfficeError::NotAllowed)));
        other.close().await;
    }
}

promise! {
    async fn a_server_that_was_running_when_a_key_was_made_opens_what_is_sealed_to_it(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        let other = Office::open(&world.url, world.clock.clone(), taswiq_backend::Options::default()).await.expect("opens");
        agent.sealing_key = Some(other.renew_sealing_key(&world.administrator()).await.expect("renewed"));
        other.close().await;
        assert_eq!(world.office.hand_over(&file(&agent, day)).await.expect("taken"), counts(2, 0, 0, 0));
    }
}

promise! {
    async fn fault_18_a_restored_server_opens_the_files_of_before(world) {
        let mut agent = phone(&world).await;
        let folder = super::super::backup::Folder::new();
        let copy = folder.file("copy");
        world.back_up(&copy).await;
        let day = a_day(&mut agent).await;
        let before = file(&agent, day.clone());
        agent.sync(day.clone()).await;
        let next = a_day(&mut agent).await;
        let after = file(&agent, next.clone());
        for place in super::super::backup::places().await {
            super::super::backup::restore(&copy, &place).await.expect("restored");
            let there = World::open(place).await;
            there.clock.set(world.clock_now());
            assert_eq!(there.office.sealing_key(), world.office.sealing_key());
            // The copy lacks the day: what follows on it waits, and the phone has only that in its outbox.
            assert_eq!(there.office.hand_over(&after).await.expect("read"), counts(0, 0, 0, 2));
            // Another file still has the day.
            assert_eq!(there.office.hand_over(&before).await.expect("taken"), counts(2, 0, 0, 0));
            assert_eq!(there.office.hand_over(&after).await.expect("taken"), counts(2, 0, 0, 0));
            // The phone hears of the new epoch, offers all of it again, and nothing is doubled.
            agent.office = there.office.clone();
            agent.clock = there.clock.clone();
            let told = agent.sync(Vec::new()).await;
            assert_eq!(told.decided_seq, 4);
            for result in agent.sync([day.clone(), next.clone()].concat()).await.results {
                assert_eq!(result.answer, Answer::AlreadyApplied);
            }
            assert_eq!(orders(&there.office, &there).await, 2);
            there.assert_sound().await;
            agent.epoch = world.office.epoch().await.expect("an epoch");
        }
    }
}

/// A file of version 1 as a phone once made it, and the key of the server it was made for.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/hand-over-v1.txt");
const GOLDEN_KEY: [u8; 32] = [0x17; 32];

promise! {
    async fn fault_18_a_device_is_told_what_it_has_not_heard_of_itself(world) {
        let mut agent = phone(&world).await;
        let first = a_day(&mut agent).await;
        agent.sync(first).await;
        let second = a_day(&mut agent).await;
        world.office.hand_over(&file(&agent, second.clone())).await.expect("taken");
        // As after a restore: the device names the epoch of before, and knows the file's commands decided.
        for _ in 0..2 {
            agent.epoch = "before".to_owned();
            let told = agent.sync(Vec::new()).await;
            assert_eq!((told.decided_seq, told.heard_seq), (4, Some(2)));
        }
        // Now it knows of the restore.
        assert_eq!(agent.sync(second).await.heard_seq, None);
        agent.epoch = "before".to_owned();
        assert_eq!(agent.sync(Vec::new()).await.heard_seq, None);
    }
}

promise! {
    async fn fault_18_a_device_is_asked_about_what_waits_for_a_person_again(world) {
        let mut agent = phone(&world).await;
        let day = a_day(&mut agent).await;
        agent.sync(day).await;
        let cancel = CommandBody::CancelOrder(CancelOrder {
            order: taswiq_domain::ids::OrderId(Uuid::now_v7()),
            by: CancelledBy::Customer,
            reason: Reason::CustomerCancelled,
            other_ids: 0,
        });
        let parked = agent.command(&cancel);
        let id = serde_json::from_value(parked["id"].clone()).expect("an id");
        let later = a_day(&mut agent).await;
        agent.sync([vec![parked], later].concat()).await;
        let heard = async |agent: &mut Phone| {
            agent.epoch = "before".to_owned();
            agent.sync(Vec::new()).await.heard_seq
        };
        // Perhaps somebody had settled it in what the copy lacks, and the phone has heard of that.
        assert_eq!(heard(&mut agent).await, Some(2));
        world.office.settle_parked(&world.manager(), id, Settlement::Reject).await.expect("settled");
        assert_eq!(heard(&mut agent).await, None);
    }
}

promise! {
    async fn a_file_that_lay_for_years_is_opened(world) {
        let key = if world.url.starts_with("sqlite") { "X'" } else { "'\\x" };
        let digits: String = GOLDEN_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        world.statement(&format!("INSERT INTO hand_over_key (number, private_key, created_at) VALUES (2, {key}{digits}', 1)")).await.expect("added");
        let office = Office::open(&world.url, world.clock.clone(), taswiq_backend::Options::default()).await.expect("opens");
        if !std::path::Path::new(GOLDEN).exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
            let mut agent = phone(&world).await;
            agent.sealing_key = Some(office.sealing_key());
            let day = a_day(&mut agent).await;
            let frames = taswiq_domain::hand_over::Frame::cut(&file(&agent, day));
            std::fs::write(GOLDEN, frames.join("\n") + "\n").expect("written");
        }
        let text = std::fs::read_to_string(GOLDEN).expect("the golden file; made once with UPDATE_GOLDEN=1");
        let bytes = taswiq_domain::hand_over::read_text(&text).expect("a whole file");
        // It opens and is understood; its phone was never here.
        let refused = office.hand_over(&bytes).await;
        assert!(matches!(refused, Err(HandOverError::UnknownDevice)), "{refused:?}");
        let mut damaged = bytes.clone();
        damaged[200] ^= 1;
        assert!(matches!(office.hand_over(&damaged).await, Err(HandOverError::File(FileError::Damaged))));
        office.close().await;
    }
}
