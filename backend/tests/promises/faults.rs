//! Faults that the office survives, by their numbers.

use super::world::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::sync::Arc;
use taswiq_backend::devices::{NAME_CHARACTERS, Trouble};
use taswiq_backend::lost_stores::LostStore;
use taswiq_backend::parked::Settlement;
use taswiq_backend::{OfficeError, Patience};
use taswiq_domain::Refusal;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Stage;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{Answer, CommandBody, Trace, Waiting};
use tokio::time::Instant;
use uuid::Uuid;

promise! {
    async fn fault_03_a_lost_answer_costs_nothing(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let command = agent.command(&body);
        let (session, request) = (agent.session().await, agent.request(vec![command.clone()]));
        // The answer is dropped on the way, ten times.
        for attempt in 0..10 {
            let lost = world.office.sync(&session, request.clone()).await.expect("an answer");
            let expected = if attempt == 0 { Answer::Applied } else { Answer::AlreadyApplied };
            assert_eq!(lost.results[0].answer, expected);
        }
        let response = agent.sync(vec![command]).await;
        assert_eq!(response.results[0].answer, Answer::AlreadyApplied);
        assert_eq!(orders_in(&response.changes).len(), 1);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_04_the_same_id_with_another_content_is_kept_apart(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let id = Uuid::now_v7();
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let first = agent.command_with(id, &body);
        assert_eq!(agent.sync(vec![first.clone()]).await.results[0].answer, Answer::Applied);
        let before = world.order(OrderId(id)).await;
        let body = agent.order_body(customer, &[(1, 4)]).await;
        let second = agent.command_with(id, &body);
        for _ in 0..3 {
            assert_eq!(agent.sync(vec![second.clone()]).await.results[0].answer, Answer::Parked { refusal: Refusal::CommandIdReused });
        }
        assert_eq!(world.order(OrderId(id)).await, before);
        assert_eq!(agent.sync(vec![first]).await.results[0].answer, Answer::AlreadyApplied);
        let parked = world.office.parked(&world.manager(), None).await.expect("a list");
        assert_eq!(parked.len(), 1);
        assert_eq!(parked[0].claimed_id, Some(CommandId(id)));
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "command_id_reused").count(), 1);
        // A person finds that it was an honest order under a wrong id.
        world.office.settle_parked(&world.manager(), parked[0].id, Settlement::Accept).await.expect("settled");
        assert_eq!(world.office.orders(&world.manager(), &Default::default(), None, 10).await.expect("a list").orders.len(), 2);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_11_what_a_deactivated_agent_still_holds_waits_for_a_person(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        agent.pull().await;
        let id = Uuid::now_v7();
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let command = agent.command_with(id, &body);
        world.office.set_active(&world.manager(), AGENT, false).await.expect("out");
        assert!(world.office.session(&agent.token).await.expect("looked up").is_none());
        let mut other = world.phone(OTHER_AGENT).await;
        other.register().await;
        let response = agent.sync(vec![command]).await;
        assert_eq!(response.results[0].answer, Answer::Parked { refusal: Refusal::NotAllowed });
        assert!(response.changes.is_empty());
        world.office.settle_parked(&world.manager(), CommandId(id), Settlement::Accept).await.expect("settled");
        assert_eq!(world.order(OrderId(id)).await.agent, AGENT);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_18_a_restored_server_takes_what_the_phone_offers_again(world) {
        let mut agent = world.phone(AGENT).await;
        let first = agent.command(&register());
        agent.sync(vec![first.clone()]).await;
        let epoch = world.office.renew_epoch().await.expect("renewed");
        // The copy knows the command and nothing of the device that made it.
        agent.device = DeviceId(Uuid::now_v7());
        let later = agent.command(&register());
        let response = agent.sync(vec![first, later.clone()]).await;
        let answers: Vec<_> = response.results.iter().map(|result| result.answer.clone()).collect();
        assert_eq!(answers, [Answer::AlreadyApplied, Answer::RetryAfter { delay_ms: 0 }]);
        assert_eq!((response.epoch, response.decided_seq), (epoch, 1));
        let response = agent.sync(vec![later]).await;
        assert_eq!((response.results[0].answer.clone(), response.decided_seq), (Answer::Applied, 2));
    }
}

promise! {
    async fn fault_18_a_restored_server_decides_on_nothing_before_the_phone_has_heard_of_it(world) {
        let mut agent = world.phone(AGENT).await;
        agent.sync(Vec::new()).await;
        world.office.renew_epoch().await.expect("renewed");
        // The copy lacks four commands that the phone handed over before this one.
        agent.seq = 4;
        let mut fifth = agent.command(&register());
        let response = agent.sync(vec![fifth.clone()]).await;
        assert_eq!((response.results[0].answer.clone(), response.decided_seq), (Answer::RetryAfter { delay_ms: 0 }, 0));
        assert!(world.office.customers(&world.manager(), None, "").await.expect("listed").is_empty());
        // Now that it knows, a gap is a gap, and without one it goes on.
        let response = agent.sync(vec![fifth.clone()]).await;
        assert!(matches!(response.results[0].answer, Answer::RetryAfter { delay_ms: 1.. }));
        fifth["seq"] = json!(1);
        assert_eq!(agent.sync(vec![fifth]).await.results[0].answer, Answer::Applied);
    }
}

promise! {
    async fn fault_23_an_open_page_of_another_person_gives_them_no_device(world) {
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let command = agent.command(&register());
        // The second person has signed in on the phone, the page of the first asks under their session;
        // and the server, restored from a copy, knows neither device.
        let mut request = agent.request(vec![command.clone()]);
        request.person = Some(AGENT);
        let session = other.session().await;
        assert!(matches!(world.office.sync(&session, request.clone()).await, Err(OfficeError::NotAllowed)));
        let session = agent.session().await;
        let answer = world.office.sync(&session, request).await.expect("an answer");
        assert_eq!(answer.results[0].answer, Answer::Applied);
        other.sync(Vec::new()).await;
    }
}

promise! {
    async fn fault_22_a_revoked_phone_may_hand_over_and_reads_nothing(world) {
        let mut agent = world.phone(AGENT).await;
        agent.register().await;
        assert!(!agent.sync(Vec::new()).await.revoked);
        world.office.revoke_device(&world.manager(), agent.device).await.expect("revoked");
        assert!(world.office.session(&agent.token).await.expect("looked up").is_none());
        agent.cursor = 0;
        let command = agent.command(&register());
        let response = agent.sync(vec![command]).await;
        assert!(matches!(response.results[0].answer, Answer::Parked { refusal: Refusal::NotAllowed }));
        assert!(response.changes.is_empty());
        assert!(response.revoked, "it is told, and wipes itself");
        assert!(world.audit_actions().await.contains(&"handed_over_by_revoked".to_owned()));
    }
}

promise! {
    async fn fault_22_a_late_request_of_an_emptied_phone_saves_no_session(world) {
        let mut agent = world.phone(AGENT).await;
        agent.register().await;
        let late = agent.request(Vec::new());
        agent.device = DeviceId(Uuid::now_v7());
        agent.sync(Vec::new()).await;
        world.office.sync(&agent.session().await, late).await.expect("an answer");
        world.office.revoke_device(&world.manager(), agent.device).await.expect("revoked");
        assert!(world.office.session(&agent.token).await.expect("looked up").is_none());
    }
}

/// Every place in a value, as a path of keys and indexes.
fn places(value: &Value, path: &mut Vec<String>, all: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                path.push(key.clone());
                all.push(path.clone());
                places(inner, path, all);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.push(index.to_string());
                all.push(path.clone());
                places(inner, path, all);
                path.pop();
            }
        }
        _ => {}
    }
}

fn mutate(command: &Value, path: &[String], with: &Value) -> Value {
    let mut mutated = command.clone();
    let pointer = format!("/{}", path.join("/"));
    if let Some(place) = mutated.pointer_mut(&pointer) {
        *place = match (with, &*place) {
            // Also near misses: one more, one less.
            (Value::String(how), Value::Number(number)) if how == "+1" => {
                json!(number.as_i64().unwrap_or(0).wrapping_add(1))
            }
            (Value::String(how), Value::Number(number)) if how == "-1" => {
                json!(number.as_i64().unwrap_or(0).wrapping_sub(1))
            }
            _ => with.clone(),
        };
    }
    mutated
}

promise! {
    async fn fault_24_no_field_of_an_order_can_be_forged(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let honest = agent.order_body(customer, &[(1, 3), (3, 2)]).await;
        let template = { let mut command = serde_json::to_value(&honest).expect("serialises"); command["body"]["agent"] = json!(4); command };
        let mut all = Vec::new();
        places(&template["body"], &mut Vec::new(), &mut all);
        let values = [json!(null), json!(-1), json!(0), json!(i64::MAX), json!(1.5), json!("x"), json!([]), json!({}), json!(true), json!("+1"), json!("-1")];
        let mut commands = Vec::new();
        for path in &all {
            for with in &values {
                let mut body = serde_json::to_value(&honest).expect("serialises");
                if path[0] == "agent" {
                    body["body"]["agent"] = with.clone();
                } else {
                    body["body"] = mutate(&body["body"], path, with);
                }
                agent.seq += 1;
                body["id"] = json!(Uuid::now_v7());
                body["seq"] = json!(agent.seq);
                body["made_at"] = json!(agent.clock_now().0);
                commands.push(body);
            }
        }
        let catalogue = world.office.catalogue().await.expect("a catalogue");
        let mut applied = 0;
        for hundred in commands.chunks(limits::COMMANDS_PER_BATCH) {
            let response = agent.sync(hundred.to_vec()).await;
            for (result, command) in response.results.iter().zip(hundred) {
                match &result.answer {
                    Answer::Applied => {
                        applied += 1;
                        // Whatever was accepted is what the rules make of it, figures included.
                        let order = world.order(OrderId(result.id.0)).await;
                        assert_eq!(order.agent, AGENT);
                        assert_eq!(order.customer, customer);
                        let CommandBody::PlaceOrder(place) = serde_json::from_value(command.clone()).expect("readable") else { panic!("an order") };
                        let mut total = Centimes::ZERO;
                        for line in &place.basket.lines {
                            let product = catalogue.product(line.product).expect("known");
                            total = total.plus(product.price(place.basket.price_list, place.basket.tier).expect("priced").times(line.units).expect("fits")).expect("fits");
                        }
                        assert_eq!(order.gross_asked(), Ok(total));
                        assert_eq!(place.shown.total, total);
                    }
                    Answer::Parked { .. } => {}
                    other => panic!("{other:?} for {command}"),
                }
            }
        }
        assert!(applied > 0 && applied < commands.len() / 3, "{applied} of {}", commands.len());
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_24_commands_out_of_thin_air_break_nothing(world) {
        let mut agent = world.phone(AGENT).await;
        let leaf = prop_oneof![any::<i64>().prop_map(|n| json!(n)), ".{0,12}".prop_map(|text| json!(text)), Just(json!(null)), any::<bool>().prop_map(|b| json!(b))];
        let tree = leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::btree_map("[a-z_]{1,12}", inner, 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        });
        let kinds = prop::sample::select(vec!["place_order", "register_customer", "confirm_sub_order", "collect", "withdraw", "nonsense"]);
        let mut runner = TestRunner::deterministic();
        let mut commands = Vec::new();
        for _ in 0..300 {
            let (kind, body) = (&kinds, &tree).new_tree(&mut runner).expect("a value").current();
            agent.seq += 1;
            commands.push(json!({"id": Uuid::now_v7(), "seq": agent.seq, "made_at": START.0, "kind": kind, "body": body}));
        }
        for hundred in commands.chunks(limits::COMMANDS_PER_BATCH) {
            for result in agent.sync(hundred.to_vec()).await.results {
                assert!(matches!(result.answer, Answer::Parked { .. }), "{result:?}");
            }
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_25_what_is_too_much_is_refused_with_nothing_decided(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let too_many: Vec<_> = (0..=limits::COMMANDS_PER_BATCH).map(|_| agent.command(&register())).collect();
        assert!(matches!(agent.try_sync(too_many).await, Err(OfficeError::Invalid(_))));
        agent.seq = 1;
        for broken in [json!(7), json!({}), json!({"id": "x", "seq": 2, "made_at": 0, "kind": "withdraw"}), json!({"id": Uuid::now_v7(), "seq": -1, "made_at": 0, "kind": "withdraw"}), json!({"id": Uuid::now_v7(), "seq": u64::MAX, "made_at": 0, "kind": "withdraw"})] {
            assert!(matches!(agent.try_sync(vec![broken.clone()]).await, Err(OfficeError::Invalid(_))), "{broken}");
        }
        let mut request = agent.request(Vec::new());
        request.protocol = 2;
        assert!(matches!(world.office.sync(&agent.session().await, request).await, Err(OfficeError::Invalid(_))));
        // A thousand million units, and more lines than a door has.
        let CommandBody::PlaceOrder(place) = agent.order_body(customer, &[(1, 1)]).await else { panic!("an order") };
        let mut huge = place.clone();
        huge.basket.lines[0].units = 1_000_000_000;
        let mut long = place.clone();
        long.basket.lines = vec![long.basket.lines[0]; limits::LINES_PER_ORDER + 1];
        let mut scrawl = place;
        scrawl.basket.signature = "0,0;".repeat(limits::SIGNATURE_BYTES);
        for order in [huge, long, scrawl] {
            let answer = agent.act(&CommandBody::PlaceOrder(order)).await;
            let expected = matches!(answer, Answer::Parked { refusal: Refusal::QuantityOutOfRange { .. } | Refusal::TooManyLines { .. } | Refusal::FieldTooLong { .. } });
            assert!(expected, "{answer:?}");
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_34_the_first_visitor_does_not_own_the_server(world) {
        // An office with an administrator gives no token out.
        assert!(world.office.set_up_token().await.expect("asked").is_none());
        let empty = if world.office.database_name() == "sqlite" { World::empty_on_sqlite().await } else { World::empty_on_postgres().await.expect("there") };
        let details = || taswiq_backend::people::PersonDetails {
            role: taswiq_domain::person::Role::Agent,
            name: name("First"),
            login: Some("first".to_owned()),
            phone: None,
            language: "fr".to_owned(),
            cooperatives: Vec::new(),
        };
        let guessed = taswiq_backend::people::Token::random();
        assert!(matches!(empty.office.set_up(&guessed, details(), PASSWORD, "").await, Err(OfficeError::NotFound)));
        let replaced = empty.office.set_up_token().await.expect("asked").expect("a token");
        let token = empty.office.set_up_token().await.expect("asked").expect("a token");
        assert!(matches!(empty.office.set_up(&replaced, details(), PASSWORD, "").await, Err(OfficeError::NotFound)));
        assert!(matches!(empty.office.set_up(&token, details(), "short", "").await, Err(OfficeError::Invalid(_))));
        assert!(matches!(empty.office.join(&token, PASSWORD, "").await, Err(OfficeError::NotFound)));
        let opened = empty.office.set_up(&token, details(), PASSWORD, "").await.expect("set up");
        assert_eq!(opened.person.role, taswiq_domain::person::Role::Administrator);
        assert!(matches!(empty.office.set_up(&token, details(), PASSWORD, "").await, Err(OfficeError::NotFound)));
        assert!(empty.office.set_up_token().await.expect("asked").is_none());
    }
}

promise! {
    async fn fault_35_parts_sum_to_the_whole_in_the_books(world) {
        let (mut agent, mut beekeeper, mut weaver) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await, world.phone(WEAVER).await);
        for units in [1, 7, limits::UNITS_PER_LINE] {
            let id = agent.place(&[(1, units), (2, 3), (3, units)]).await;
            let order = world.order(id).await;
            beekeeper.act_ok(&confirm(&order, HONEY)).await;
            weaver.act_ok(&confirm(&order, RUGS)).await;
            beekeeper.act_ok(&pack(&order, HONEY)).await;
            beekeeper.act_ok(&deliver(&order, HONEY)).await;
            agent.act_ok(&collect(&order, HONEY)).await;
            for back in [1, 1, 1] {
                let goods = taswiq_domain::sync::ReturnGoods {
                    order: id,
                    cooperative: HONEY,
                    lines: vec![taswiq_domain::order::event::LineUnits { line: 2, units: back }],
                    fault: taswiq_domain::order::Fault::Customer,
                };
                agent.act_ok(&CommandBody::ReturnGoods(goods)).await;
            }
        }
        let balances = world.office.balances(&world.manager()).await.expect("balances");
        assert_eq!(taswiq_backend::ledger::sum(&balances), Ok(Centimes::ZERO));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_17_a_database_held_by_another_is_busy_soon_and_well_again_later(world) {
        let mut agent = world.phone(AGENT).await;
        agent.register().await;
        let holder = Holder::take(&world.url).await;
        let command = agent.command(&register());
        let (session, request) = (agent.session().await, agent.request(vec![command.clone()]));
        let begun = std::time::Instant::now();
        let waiting: Vec<_> = (0..40)
            .map(|_| {
                let (office, session, request) = (world.office.clone(), session.clone(), request.clone());
                tokio::spawn(async move { office.sync(&session, request).await })
            })
            .collect();
        for told in waiting {
            assert!(matches!(told.await.expect("no panic"), Err(OfficeError::Busy)));
        }
        assert!(begun.elapsed().as_millis() < 5_000, "{:?}", begun.elapsed());
        // Reading goes on meanwhile.
        assert!(world.office.orders(&world.manager(), &Default::default(), None, 10).await.is_ok());
        holder.let_go().await;
        assert_eq!(agent.sync(vec![command]).await.results[0].answer, Answer::Applied);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_16_who_only_asks_is_answered_while_nothing_can_be_written(world) {
        let (mut agent, mut beekeeper) = (world.phone(AGENT).await, world.phone(BEEKEEPER).await);
        let id = agent.place(&[(1, 12)]).await;
        let order = world.order(id).await;
        beekeeper.act_ok(&confirm(&order, HONEY)).await;
        let id_of_device = agent.device;
        let device = async || {
            let devices = world.office.devices(&world.manager(), None).await.expect("listed");
            devices.into_iter().find(|device| device.id == id_of_device).expect("known")
        };
        let noted = device().await;
        let holder = Holder::take(&world.url).await;
        world.clock.advance_ms(60_000);
        let mut cursors = Vec::new();
        for _ in 0..2 {
            let told = agent.pull().await;
            assert_eq!(orders_in(&told)[0].sub_orders[0].stage, Stage::Confirmed);
            cursors.push(agent.cursor);
        }
        assert_eq!(cursors[0], cursors[1], "it is told once more when that it was can be noted");
        assert_eq!(device().await, noted);
        holder.let_go().await;
        let told = agent.pull().await;
        assert!(orders_in(&told)[0].sub_orders[0].decision_seen);
        assert!(agent.pull().await.is_empty());
        assert_ne!(device().await, noted);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_16_what_has_to_be_kept_is_busy_while_nothing_can_be_written(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let first = agent.command(&body);
        agent.sync(vec![first.clone()]).await;
        let taken = agent.command_with(first["id"].as_str().expect("an id").parse().expect("one"), &agent.order_body(customer, &[(1, 4)]).await);
        agent.sync(vec![taken.clone()]).await;
        let new = agent.command(&register());
        let mut with_key = agent.request(Vec::new());
        with_key.key = Some(DeviceKey::from_random(&[9; 32]));
        let mut with_loss = agent.request(Vec::new());
        with_loss.lost = Some(Trace { device: DeviceId(Uuid::now_v7()), waiting: 1, orders: Vec::new() });
        let mut of_another = agent.request(Vec::new());
        of_another.device = DeviceId(Uuid::now_v7());
        let session = agent.session().await;
        let fresh = world.phone(AGENT).await.session().await;
        let foreign = world.phone(OTHER_AGENT).await.session().await;

        let holder = Holder::take(&world.url).await;
        for request in [agent.request(vec![first.clone(), new.clone()]), with_key, with_loss, of_another] {
            assert!(matches!(world.office.sync(&session, request).await, Err(OfficeError::Busy)));
        }
        // A session in which the device has not spoken yet.
        assert!(matches!(world.office.sync(&fresh, agent.request(Vec::new())).await, Err(OfficeError::Busy)));
        // What was decided is answered as it was.
        let known = world.office.sync(&session, agent.request(vec![first, taken])).await.expect("answered");
        assert_eq!(known.results[0].answer, Answer::AlreadyApplied);
        assert_eq!(known.results[1].answer, Answer::Parked { refusal: Refusal::CommandIdReused });
        assert_eq!(known.decided_seq, 3);
        assert!(world.office.sync(&foreign, agent.request(Vec::new())).await.is_err());
        holder.let_go().await;
        assert_eq!(agent.sync(vec![new]).await.results[0].answer, Answer::Applied);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_17_what_somebody_gave_up_waiting_for_is_done_once_and_holds_their_place_until_then(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let command = agent.command(&body);
        let (session, request) = (agent.session().await, agent.request(vec![command]));
        let place = Arc::new(());
        let over = Patience::until(Instant::now()).holding(place.clone());
        // Nobody writes meanwhile, so each of them waits longer than that.
        let holder = Holder::take(&world.url).await;
        for _ in 0..5 {
            let told = world.office.answer(&session, request.clone(), &over).await;
            assert!(matches!(told, Err(OfficeError::Busy)));
        }
        holder.let_go().await;
        drop(over);
        let answered = world.office.sync(&session, request).await.expect("answered");
        assert_eq!(answered.results[0].answer, Answer::AlreadyApplied);
        assert_eq!(Arc::strong_count(&place), 1, "the writer is through with all of them");
        assert_eq!(world.office.orders(&world.manager(), &Default::default(), None, 10).await.expect("a list").orders.len(), 1);

        // And while the writer is at it, it is held.
        let holder = Holder::take(&world.url).await;
        let command = agent.command(&register());
        let over = Patience::until(Instant::now()).holding(place.clone());
        let told = world.office.answer(&session, agent.request(vec![command.clone()]), &over).await;
        assert!(matches!(told, Err(OfficeError::Busy)));
        drop(over);
        assert_eq!(Arc::strong_count(&place), 2);
        holder.let_go().await;
        let answer = agent.sync(vec![command]).await.results[0].answer.clone();
        assert!(matches!(answer, Answer::Applied | Answer::AlreadyApplied));
        assert_eq!(Arc::strong_count(&place), 1);
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_17_how_long_a_request_waits_for_the_writer_says_nothing_of_a_phones_clock(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let command = agent.command(&body);
        let done_at = world.office.now();
        let holder = Holder::take(&world.url).await;
        let over = Patience::until(Instant::now());
        let told = world.office.answer(&agent.session().await, agent.request(vec![command.clone()]), &over).await;
        assert!(matches!(told, Err(OfficeError::Busy)));
        world.clock.advance_ms(600_000);
        holder.let_go().await;
        agent.sync(vec![command]).await;
        let orders = world.office.orders(&world.manager(), &Default::default(), None, 10).await.expect("a list").orders;
        assert_eq!(orders[0].placed_at, done_at);
    }
}

/// A phone that has told its key, and what it then shows.
async fn with_key(world: &World) -> (Phone, DeviceKey) {
    let mut agent = world.phone(AGENT).await;
    let key = DeviceKey::from_random(&[7; 32]);
    agent.key = Some(key.clone());
    agent.pull().await;
    agent.key = None;
    (agent, key)
}

promise! {
    async fn fault_21_a_device_hands_over_by_its_own_key_and_reads_nothing(world) {
        let (mut agent, key) = with_key(&world).await;
        let customer = agent.register().await;
        let body = agent.order_body(customer, &[(1, 3)]).await;
        let id = Uuid::now_v7();
        let command = agent.command_with(id, &body);
        world.office.sign_out(&agent.token).await.expect("out");
        assert!(world.office.session_for_sync(&agent.token).await.expect("looked up").is_none());
        let session = world.office.session_of_device(agent.device, &key).await.expect("looked up").expect("known");
        assert!(!session.may_read);
        agent.cursor = 0;
        let request = agent.request(vec![command]);
        let response = world.office.sync(&session, request.clone()).await.expect("an answer");
        assert_eq!(response.results[0].answer, Answer::Applied);
        assert!(response.signed_out && response.changes.is_empty() && response.more == 0 && response.cursor == 0);
        assert_eq!(world.order(OrderId(id)).await.agent, AGENT);
        // The answer is lost, and told again.
        let again = world.office.sync(&session, request).await.expect("an answer");
        assert_eq!(again.results[0].answer, Answer::AlreadyApplied);
        // Another key, or another device's, is none.
        let wrong = DeviceKey::from_random(&[8; 32]);
        assert!(world.office.session_of_device(agent.device, &wrong).await.expect("looked up").is_none());
        let other = world.phone(OTHER_AGENT).await;
        assert!(world.office.session_of_device(other.device, &key).await.expect("looked up").is_none());
        // It speaks for its own device alone.
        let mut foreign = other.request(Vec::new());
        foreign.person = None;
        assert!(matches!(world.office.sync(&session, foreign).await, Err(OfficeError::NotAllowed)));
        world.assert_sound().await;
    }
}

promise! {
    async fn fault_22_whoever_is_locked_out_of_a_device_has_no_key_of_it_either(world) {
        let (agent, key) = with_key(&world).await;
        let known = async |key: &DeviceKey| world.office.session_of_device(agent.device, key).await.expect("looked up");
        // Whoever may only hand over has no word in what opens the device.
        let theirs = DeviceKey::from_random(&[9; 32]);
        world.office.set_active(&world.manager(), AGENT, false).await.expect("out");
        let mut out = agent.request(Vec::new());
        out.key = Some(theirs.clone());
        world.office.sync(&agent.session().await, out).await.expect("an answer");
        assert!(known(&theirs).await.is_none());
        // Somebody who is out still hands over what their phone holds, for a person to look at.
        let handed = known(&key).await.expect("still known");
        let mut request = agent.request(Vec::new());
        let mut command = serde_json::to_value(register()).expect("serialises");
        command["id"] = json!(Uuid::now_v7());
        command["seq"] = json!(1);
        command["made_at"] = json!(agent.clock_now().0);
        request.commands = vec![command];
        let response = world.office.sync(&handed, request).await.expect("an answer");
        assert_eq!(response.results[0].answer, Answer::Parked { refusal: Refusal::NotAllowed });
        world.office.set_active(&world.manager(), AGENT, true).await.expect("in again");
        // A new password ends what anybody who knew the old one has opened.
        let link = world.office.issue_link(&world.manager(), AGENT).await.expect("issued");
        let opened = world.office.join(&link.token, "saffran-bleu-9", "").await.expect("joined");
        assert!(known(&key).await.is_none());
        // A session that is closed from afar takes the key of its device along.
        let mut again = agent.request(Vec::new());
        again.key = Some(key.clone());
        let session = world.office.session_for_sync(&opened.token).await.expect("looked up").expect("open");
        world.office.sync(&session, again).await.expect("an answer");
        assert!(known(&key).await.is_some());
        let summaries = world.office.sessions(&world.manager(), AGENT).await.expect("listed");
        let of_device = summaries.iter().find(|summary| summary.device == Some(agent.device)).expect("bound");
        world.office.revoke_session(&world.manager(), &of_device.id).await.expect("closed");
        assert!(known(&key).await.is_none());
    }
}

promise! {
    async fn a_device_has_a_name_and_tells_of_itself_even_when_nothing_can_be_decided(world) {
        let mut agent = world.phone(AGENT).await;
        agent.pull().await;
        let device = async || world.office.devices(&world.manager(), Some(AGENT)).await.expect("listed").remove(0);
        world.office.name_device(&world.manager(), agent.device, "  Samsung bleu ").await.expect("named");
        assert_eq!(device().await.name, "Samsung bleu");
        let too_long = "x".repeat(NAME_CHARACTERS + 1);
        assert!(matches!(world.office.name_device(&world.manager(), agent.device, &too_long).await, Err(OfficeError::Invalid(_))));
        let other = world.phone(OTHER_AGENT).await.session().await.actor();
        assert!(matches!(world.office.name_device(&other, agent.device, "x").await, Err(OfficeError::NotFound)));
        let waiting = Waiting { commands: 3, orders: 2, oldest_made_at: Some(START), digest: Some("0123456789abcdef".to_owned()) };
        let session = agent.session().await;
        world.office.note_trouble(&session, agent.device, Some(waiting.clone()), Trouble::Unreadable).await.expect("noted");
        let told = device().await;
        assert_eq!((told.trouble.map(|(trouble, _)| trouble), told.waiting), (Some(Trouble::Unreadable), waiting.clone()));
        assert_eq!(told.name, "Samsung bleu");
        // Nobody speaks of another's device.
        let theirs = world.phone(OTHER_AGENT).await.session().await;
        world.office.note_trouble(&theirs, agent.device, Some(Waiting::default()), Trouble::TooLarge).await.expect("looked at");
        assert_eq!(device().await.waiting, waiting);
        // A good contact clears it; the digest stands as long as what it speaks of.
        agent.waiting = waiting.clone();
        agent.pull().await;
        let told = device().await;
        assert_eq!((told.trouble, told.waiting), (None, waiting));
        let command = agent.command(&register());
        agent.sync(vec![command]).await;
        let told = device().await;
        assert_eq!((told.waiting.commands, told.waiting.digest), (2, None));
        world.office.name_device(&world.manager(), agent.device, " ").await.expect("unnamed");
        assert_eq!(device().await.name, "");
    }
}

promise! {
    async fn fault_06_what_a_phone_lost_is_told_to_the_office_until_it_is_back(world) {
        let mut before = world.phone(AGENT).await;
        let customer = before.register().await;
        let arrived = before.place(&[(1, 2)]).await;
        let code = async |order| world.order(order).await.code;
        // It says that three orders and a customer wait; then its browser throws the store away.
        before.waiting = Waiting { commands: 4, orders: 3, oldest_made_at: Some(START), digest: None };
        before.pull().await;
        let lost: Vec<SpokenCode> = [1, 2].into_iter().map(SpokenCode::from_random).collect();
        let trace = Trace { device: before.device, waiting: 4, orders: vec![code(arrived).await, lost[0], lost[1]] };
        let open = async || world.office.lost_stores(&world.manager()).await.expect("listed");

        // Nobody tells it of another's phone, of the phone that speaks, or of nothing.
        let mut other = world.phone(OTHER_AGENT).await;
        other.lost = Some(trace.clone());
        other.pull().await;
        let mut after = world.phone(AGENT).await;
        after.lost = Some(Trace { device: after.device, ..trace.clone() });
        after.pull().await;
        after.lost = Some(Trace { device: DeviceId(Uuid::now_v7()), waiting: 0, orders: Vec::new() });
        after.pull().await;
        assert_eq!(open().await, []);

        after.lost = Some(trace.clone());
        after.pull().await;
        after.pull().await;
        let told = open().await;
        assert_eq!((told.len(), told[0].device, told[0].person, told[0].others), (1, before.device, AGENT, 1));
        let known = |told: &LostStore, code| told.orders.iter().find(|order| order.code == code).expect("told").arrived;
        assert_eq!(known(&told[0], code(arrived).await), Some(arrived));
        assert_eq!((known(&told[0], lost[0]), known(&told[0], lost[1])), (None, None));
        let completeness = async || world.office.completeness(&world.manager()).await.expect("counted");
        assert_eq!((completeness().await.lost, completeness().await.orders_waiting), (1, 0), "nothing waits there any more");
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "store_lost").count(), 1);

        // An order with that code comes by another way.
        let CommandBody::PlaceOrder(mut again) = after.order_body(customer, &[(1, 2)]).await else { panic!("an order") };
        again.code = lost[0];
        let command = after.command(&CommandBody::PlaceOrder(again));
        after.sync(vec![command]).await;
        let told = open().await;
        assert!(known(&told[0], lost[0]).is_some());

        let agent = after.session().await.actor();
        assert!(matches!(world.office.lost_stores(&agent).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.close_lost_store(&agent, before.device, AGENT).await, Err(OfficeError::NotAllowed)));
        world.office.close_lost_store(&world.manager(), before.device, AGENT).await.expect("closed");
        assert!(matches!(world.office.close_lost_store(&world.manager(), before.device, AGENT).await, Err(OfficeError::NotFound)));
        after.pull().await;
        assert_eq!(open().await, [], "what is closed stays so");
        assert_eq!(completeness().await.lost, 0);
    }
}

promise! {
    async fn fault_06_a_client_that_makes_losses_up_fills_no_table(world) {
        let mut phone = world.phone(AGENT).await;
        for _ in 0..25 {
            phone.lost = Some(Trace { device: DeviceId(Uuid::now_v7()), waiting: u32::MAX, orders: vec![SpokenCode::from_random(1); 1_000] });
            phone.pull().await;
        }
        let told = world.office.lost_stores(&world.manager()).await.expect("listed");
        assert_eq!(told.len(), 20);
        assert!(told.iter().all(|store| store.orders.len() == 1));
    }
}
