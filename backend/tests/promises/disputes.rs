//! Disputes: opened on a phone, answered in the office, with the money they hold.

use super::settlement;
use super::world::*;
use serde_json::json;
use taswiq_backend::OfficeError;
use taswiq_backend::disputes::{ANSWERED_PER_PAGE, Decided, Queue};
use taswiq_backend::people::PersonDetails;
use taswiq_domain::Refusal;
use taswiq_domain::access::Actor;
use taswiq_domain::dispute::{
    DisputeEvent, DisputeReason, DisputeState, Disputed, DisputedLine, LineGrants, Verdict,
};
use taswiq_domain::engagement::{Engagement, Share};
use taswiq_domain::ids::OrderId;
use taswiq_domain::ledger::{Account, Cause, CorrectionReason, Purpose};
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::photo::Photo;
use taswiq_domain::settlement::NotYetInReason;
use taswiq_domain::sync::{
    Answer, Change, CommandBody, DisputeDocument, DisputeRef, EscalateDispute, LedgerEntry,
    OpenDispute,
};
use taswiq_domain::text::LocalText;
use uuid::Uuid;

/// Sixteen by eight pixels.
const PHOTO: &str = "/9j/4AAGAQIDBP/AAAgIAAgAEAD/2gACBQUF/9k=";

/// An order that the cooperative confirmed, and the entries of its agent.
async fn confirmed(world: &World, agent: &mut Phone) -> (OrderId, Vec<LedgerEntry>) {
    let order = agent.place(&[(1, 3)]).await;
    let mut beekeeper = world.phone(BEEKEEPER).await;
    beekeeper
        .act_ok(&confirm(&world.order(order).await, HONEY))
        .await;
    let entries = agent
        .pull()
        .await
        .into_iter()
        .filter_map(|change| match change {
            Change::Entry(entry) => Some(entry),
            _ => None,
        })
        .collect();
    (order, entries)
}

fn open(about: Disputed) -> OpenDispute {
    OpenDispute {
        about,
        amount: Centimes(100),
        reason: DisputeReason::Rate,
        note: "On m’avait dit plus".to_owned(),
        photo: None,
    }
}

fn of_line(order: OrderId) -> Disputed {
    Disputed {
        entry: None,
        line: Some(DisputedLine {
            order,
            cooperative: HONEY,
            line: 1,
        }),
    }
}

async fn opened(agent: &mut Phone, open: OpenDispute) -> Uuid {
    let id = Uuid::now_v7();
    let command = agent.command_with(id, &CommandBody::OpenDispute(open));
    let answer = agent.sync(vec![command]).await.results[0].answer.clone();
    assert_eq!(answer, Answer::Applied);
    id
}

async fn document(agent: &mut Phone, id: Uuid) -> DisputeDocument {
    agent
        .pull()
        .await
        .into_iter()
        .find_map(|change| match change {
            Change::Dispute(document) if document.dispute.id == id => Some(*document),
            _ => None,
        })
        .expect("told")
}

async fn balance(world: &World, account: Account) -> i64 {
    let balances = world.office.balances(&world.manager()).await.expect("read");
    balances.get(&account).map_or(0, |balance| balance.0)
}

promise! {
    async fn a_dispute_goes_from_the_phone_to_the_office_and_back(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, entries) = confirmed(&world, &mut agent).await;
        let entry = entries[0].clone();
        let id = opened(&mut agent, OpenDispute {
            photo: Some(Photo(PHOTO.to_owned())),
            ..open(Disputed::of(&entry))
        }).await;
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 100, "only what is disputed");
        assert_eq!(balance(&world, Account::AgentPending(AGENT)).await, entry.transfer.amount.0, "the rest goes on as usual");
        let queue = world.office.count_disputes(&world.manager()).await.expect("read");
        assert_eq!(queue, Queue { waiting: 1, overdue: 0 });
        let waiting = world.office.disputes_waiting(&world.manager()).await.expect("read");
        assert_eq!(waiting[0].dispute.id, id);
        let file = world.office.dispute(&world.manager(), id).await.expect("read");
        assert_eq!((file.entry, file.steps.len(), file.steps[0].actor), (Some(entry), 1, AGENT));
        assert!(file.steps[0].device.is_some());
        let photo = world.office.photo_of_dispute(&world.manager(), id).await.expect("kept");
        assert_eq!(photo, Photo(PHOTO.to_owned()).jpeg().expect("a photo"));
        // What is held follows the dispute, and nobody takes it back by hand.
        let books = world.office.entries_of_agent(&world.manager(), AGENT, None).await.expect("read");
        let held = books.iter().find(|entry| matches!(entry.transfer.cause, Cause::Dispute { .. })).map(|entry| entry.number);
        let taken_back = world.office.correct_entry(&world.manager(), held.expect("posted"), CorrectionReason::Twice).await;
        assert!(matches!(taken_back, Err(OfficeError::NotAllowed)), "{taken_back:?}");
        world.office.take_dispute(&world.manager(), id).await.expect("taken");
        let partly = Verdict::Partly { amount: Centimes(40) };
        world.office.decide_dispute(&world.manager(), id, partly, " Une partie \n").await.expect("decided");
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 0);
        assert_eq!(balance(&world, Account::AgentEarned(AGENT)).await, 40);
        let told = document(&mut agent, id).await;
        assert_eq!((told.dispute.state, told.dispute.granted), (DisputeState::Partly, Centimes(40)));
        assert_eq!(
            told.steps.iter().map(|step| step.event.clone()).collect::<Vec<_>>(),
            [DisputeEvent::Taken, DisputeEvent::Decided { verdict: partly, note: "Une partie".to_owned() }]
        );
        let actions = world.audit_actions().await;
        for action in ["dispute_taken", "dispute_decided"] {
            assert!(actions.iter().any(|known| known == action), "{actions:?}");
        }
        assert_eq!(world.office.count_disputes(&world.manager()).await.expect("read"), Queue::default());
        let answered = world.office.disputes_answered(&world.manager(), None).await.expect("read");
        assert_eq!(answered.disputes[0].dispute.state, DisputeState::Partly);
        // Whoever answers another about the same line sees what was granted.
        let another = opened(&mut agent, open(of_line(order))).await;
        let others = world.office.dispute(&world.manager(), another).await.expect("read").others;
        assert_eq!(others.iter().map(|other| (other.dispute.id, other.dispute.granted)).collect::<Vec<_>>(), [(id, Centimes(40))]);
        world.assert_sound().await;
    }
}

promise! {
    async fn what_a_dispute_moves_stands_in_the_agents_own_chain_and_feed(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let id = opened(&mut agent, open(of_line(order))).await;
        let withdraw = CommandBody::WithdrawDispute(DisputeRef { dispute: id });
        agent.act_ok(&withdraw).await;
        // A phone that begins anew is told all of it.
        agent.cursor = 0;
        let moved: Vec<LedgerEntry> = agent.pull().await.into_iter().filter_map(|change| match change {
            Change::Entry(entry) if matches!(entry.transfer.cause, Cause::Dispute { dispute, .. } if dispute == id) => Some(entry),
            _ => None,
        }).collect();
        assert_eq!(
            moved.iter().map(|entry| (entry.transfer.purpose, entry.transfer.amount, entry.link.is_some())).collect::<Vec<_>>(),
            [(Purpose::DisputeHeld, Centimes(100), true), (Purpose::DisputeReleased, Centimes(100), true)]
        );
        agent.cursor = 0;
        assert_eq!(document(&mut agent, id).await.dispute.state, DisputeState::TakenBack);
        let mut other = world.phone(OTHER_AGENT).await;
        assert!(other.pull().await.iter().all(|change| !matches!(change, Change::Dispute(_))), "nobody else is told");
        world.assert_sound().await;
    }
}

promise! {
    async fn no_clock_of_a_phone_decides_in_which_month_a_dispute_holds(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        // It may have waited on the phone for as long as its clock likes: the last contact left something.
        agent.waiting.commands = 1;
        agent.pull().await;
        let held_at = |entries: Vec<LedgerEntry>| {
            entries.into_iter().find(|entry| entry.transfer.purpose == Purpose::DisputeHeld).map(|entry| (entry.transfer.at, entry.transfer.period)).expect("held")
        };
        // Not before the agent had an account, which was today.
        let mut command = agent.command(&CommandBody::OpenDispute(open(of_line(order))));
        command["made_at"] = json!(0);
        agent.sync(vec![command]).await;
        let entries = world.office.entries_of_agent(&world.manager(), AGENT, None).await.expect("listed");
        assert_eq!(held_at(entries), (START, settlement::november()));
        // And not more than a fortnight before it comes.
        let mut other = world.phone(OTHER_AGENT).await;
        let (order, _) = confirmed(&world, &mut other).await;
        other.waiting.commands = 1;
        other.pull().await;
        world.later_days(40);
        let mut command = other.command(&CommandBody::OpenDispute(open(of_line(order))));
        command["made_at"] = json!(0);
        other.sync(vec![command]).await;
        let entries = world.office.entries_of_agent(&world.manager(), OTHER_AGENT, None).await.expect("listed");
        let fortnight_ago = START.plus_days(40 - 14);
        assert_eq!(held_at(entries), (fortnight_ago, settlement::november()));
    }
}

promise! {
    async fn a_dispute_that_arrives_twice_holds_once(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let command = agent.command(&CommandBody::OpenDispute(open(of_line(order))));
        assert_eq!(agent.sync(vec![command.clone()]).await.results[0].answer, Answer::Applied);
        assert_eq!(agent.sync(vec![command]).await.results[0].answer, Answer::AlreadyApplied);
        assert!(matches!(
            agent.act(&CommandBody::OpenDispute(open(of_line(order)))).await,
            Answer::Parked { refusal: Refusal::AlreadyDisputed }
        ));
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 100);
        world.assert_sound().await;
    }
}

promise! {
    async fn nobody_disputes_or_touches_what_is_not_theirs(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, entries) = confirmed(&world, &mut agent).await;
        let id = opened(&mut agent, open(of_line(order))).await;
        let mut other = world.phone(OTHER_AGENT).await;
        let refusal = |answer| match answer {
            Answer::Parked { refusal } => refusal,
            answer => panic!("{answer:?}"),
        };
        assert_eq!(refusal(other.act(&CommandBody::OpenDispute(open(of_line(order)))).await), Refusal::NotAllowed);
        assert_eq!(refusal(other.act(&CommandBody::OpenDispute(open(Disputed::of(&entries[0])))).await), Refusal::UnknownEntry);
        let withdraw = CommandBody::WithdrawDispute(DisputeRef { dispute: id });
        let escalate = CommandBody::EscalateDispute(EscalateDispute { dispute: id, note: "Moi".to_owned() });
        for body in [&withdraw, &escalate] {
            assert_eq!(refusal(other.act(body).await), Refusal::UnknownDispute);
        }
        let mut beekeeper = world.phone(BEEKEEPER).await;
        assert_eq!(refusal(beekeeper.act(&withdraw).await), Refusal::NotAllowed);
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "forged_scope").count(), 4);
        for actor in [agent.session().await.actor(), beekeeper.session().await.actor()] {
            assert!(matches!(world.office.disputes_waiting(&actor).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.disputes_answered(&actor, None).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.count_disputes(&actor).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.dispute(&actor, id).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.photo_of_dispute(&actor, id).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.take_dispute(&actor, id).await, Err(OfficeError::NotAllowed)));
            assert!(matches!(world.office.decide_dispute(&actor, id, Verdict::Accepted, "Oui").await, Err(OfficeError::NotAllowed)));
        }
        assert!(matches!(world.office.photo_of_dispute(&world.manager(), id).await, Err(OfficeError::NotFound)), "it has none");
        world.assert_sound().await;
    }
}

promise! {
    async fn an_escalated_dispute_is_decided_by_an_administrator_who_did_not_decide_before(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let id = opened(&mut agent, open(of_line(order))).await;
        world.office.take_dispute(&world.manager(), id).await.expect("taken");
        assert!(matches!(
            world.office.decide_dispute(&world.manager(), id, Verdict::Denied, " ").await,
            Err(OfficeError::Invalid(Refusal::FieldMissing { .. }))
        ));
        world.office.decide_dispute(&world.manager(), id, Verdict::Denied, "Non").await.expect("denied");
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: id, note: "Si".to_owned() })).await;
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 100);
        assert!(matches!(
            world.office.decide_dispute(&world.manager(), id, Verdict::Accepted, "Oui").await,
            Err(OfficeError::NotAllowed)
        ));
        world.office.decide_dispute(&world.administrator(), id, Verdict::Accepted, "Oui").await.expect("decided");
        assert_eq!(balance(&world, Account::AgentEarned(AGENT)).await, 100);
        assert!(matches!(
            world.office.decide_dispute(&world.administrator(), id, Verdict::Denied, "Non").await,
            Err(OfficeError::NotAllowed | OfficeError::Invalid(_))
        ));
        world.assert_sound().await;
    }
}

promise! {
    async fn what_a_manager_decided_first_is_no_other_managers_to_decide_in_the_end(world) {
        let details = PersonDetails {
            role: Role::Manager,
            name: LocalText::new("Salma", "سلمى"),
            login: Some("salma".to_owned()),
            phone: None,
            language: "fr".to_owned(),
            cooperatives: Vec::new(),
        };
        let person = world.office.add_person_with_password(details, PASSWORD).await.expect("a manager");
        let second = Actor { person, ..world.manager() };
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let id = opened(&mut agent, open(of_line(order))).await;
        world.office.take_dispute(&world.manager(), id).await.expect("taken");
        world.office.decide_dispute(&world.manager(), id, Verdict::Denied, "Non").await.expect("denied");
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: id, note: "Si".to_owned() })).await;
        let decided = world.office.decide_dispute(&second, id, Verdict::Accepted, "Oui").await;
        assert!(matches!(decided, Err(OfficeError::NotAllowed)), "{decided:?}");
        world.office.decide_dispute(&world.administrator(), id, Verdict::Denied, "Non").await.expect("decided");
    }
}

promise! {
    async fn an_entry_that_no_line_caused_is_disputed_once(world) {
        let mut agent = world.phone(AGENT).await;
        world.office.give_advance(&world.manager(), Uuid::now_v7(), AGENT, Centimes(10_000), "").await.expect("given");
        let entry = agent.pull().await.into_iter().find_map(|change| match change {
            Change::Entry(entry) => Some(entry),
            _ => None,
        });
        let about = Disputed::of(&entry.expect("told"));
        assert_eq!(about.line, None);
        let id = opened(&mut agent, open(about)).await;
        let again = agent.act(&CommandBody::OpenDispute(open(about))).await;
        assert!(matches!(again, Answer::Parked { refusal: Refusal::AlreadyDisputed }), "{again:?}");
        assert_eq!(world.office.dispute(&world.manager(), id).await.expect("read").grants, None);
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 100);
        world.assert_sound().await;
    }
}

promise! {
    async fn a_statement_holds_what_is_still_disputed_of_its_own_month(world) {
        let mut agent = world.phone(AGENT).await;
        let order = settlement::sell(&world, &mut agent, &[(1, 10)]).await;
        let id = opened(&mut agent, open(of_line(order.id))).await;
        world.office.take_dispute(&world.manager(), id).await.expect("taken");
        let partly = Verdict::Partly { amount: Centimes(40) };
        world.office.decide_dispute(&world.manager(), id, partly, "Une partie").await.expect("decided");
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: id, note: "Le reste".to_owned() })).await;
        let second = settlement::sell(&world, &mut agent, &[(1, 10)]).await;
        // November is over and not closed when the second is disputed.
        settlement::over(&world, settlement::november());
        let late = opened(&mut agent, open(of_line(second.id))).await;
        world.office.close_period(&world.manager(), settlement::november()).await.expect("closed");
        let november = settlement::statement(&world, AGENT, settlement::november()).await;
        let held: Vec<_> = november.not_yet_in.iter().map(|part| (part.amount.0, part.why)).collect();
        assert_eq!(held, [(60, NotYetInReason::Disputed { dispute: id })]);
        settlement::close(&world, settlement::november().next()).await;
        let december = settlement::statement(&world, AGENT, settlement::november().next()).await;
        assert!(december.not_yet_in.iter().any(|part| part.why == NotYetInReason::Disputed { dispute: late }));
        world.assert_sound().await;
    }
}

promise! {
    async fn whoever_decided_first_does_not_decide_what_was_escalated(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let id = opened(&mut agent, open(of_line(order))).await;
        world.office.take_dispute(&world.administrator(), id).await.expect("taken");
        world.office.decide_dispute(&world.administrator(), id, Verdict::Denied, "Non").await.expect("denied");
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: id, note: "Si".to_owned() })).await;
        assert!(matches!(
            world.office.decide_dispute(&world.administrator(), id, Verdict::Accepted, "Oui").await,
            Err(OfficeError::NotAllowed)
        ));
        // There may be no other administrator: then a manager does.
        world.office.decide_dispute(&world.manager(), id, Verdict::Accepted, "Oui").await.expect("decided");
        assert_eq!(balance(&world, Account::AgentEarned(AGENT)).await, 100);
    }
}

promise! {
    async fn what_waits_longest_stands_first_and_is_overdue_when_its_time_is_over(world) {
        let mut agent = world.phone(AGENT).await;
        let (first, _) = confirmed(&world, &mut agent).await;
        let early = opened(&mut agent, open(of_line(first))).await;
        world.later_days(1);
        let (second, _) = confirmed(&world, &mut agent).await;
        let late = opened(&mut agent, open(of_line(second))).await;
        world.later_days(limits::DISPUTE_ANSWER_DAYS - 1);
        let waiting = world.office.disputes_waiting(&world.manager()).await.expect("read");
        assert_eq!(waiting.iter().map(|one| one.dispute.id).collect::<Vec<_>>(), [early, late]);
        assert_eq!(
            world.office.count_disputes(&world.manager()).await.expect("read"),
            Queue { waiting: 2, overdue: 1 }
        );
        // What nobody answered in time is escalated, and counts anew.
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: early, note: "Personne".to_owned() })).await;
        let waiting = world.office.disputes_waiting(&world.manager()).await.expect("read");
        assert_eq!(waiting.iter().map(|one| one.dispute.id).collect::<Vec<_>>(), [late, early]);
    }
}

promise! {
    async fn more_than_a_line_can_bring_is_granted_by_somebody_who_knows_and_the_audit_says_so(world) {
        let (office, manager) = (&world.office, world.manager());
        // 3 × 120.00 with 20 % tax in it at 8 %, shared by two.
        let shares = [AGENT, OTHER_AGENT].map(|person| Share { person, part: Ppm(500_000) });
        let terms = Engagement { valid_from: START, shares: shares.to_vec(), ..Engagement::default() };
        office.publish_engagement(&manager, AGENT, terms).await.expect("published");
        let (mut agent, mut other) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let (order, entries) = confirmed(&world, &mut agent).await;
        let theirs = other.pull().await.into_iter().find_map(|change| match change {
            Change::Entry(entry) => Some(entry),
            _ => None,
        });
        let claim = |about, amount| OpenDispute { amount: Centimes(amount), ..open(about) };
        let of_entry = opened(&mut other, claim(Disputed::of(&theirs.expect("told")), 1_500)).await;
        let first = opened(&mut agent, claim(Disputed::of(&entries[0]), 1_000)).await;
        for id in [of_entry, first] {
            office.take_dispute(&manager, id).await.expect("taken");
        }
        let partly = |amount| Verdict::Partly { amount: Centimes(amount) };
        office.decide_dispute(&manager, of_entry, partly(1_400), "Oui").await.expect("its terms brought that");
        let grants = LineGrants { brought_max: Centimes(2_400), by_others: Centimes(1_400) };
        let file = office.dispute(&manager, first).await.expect("read");
        assert_eq!(file.grants, Some(grants));
        assert_eq!(file.others.iter().map(|other| (other.dispute.agent, other.dispute.granted)).collect::<Vec<_>>(), [(OTHER_AGENT, Centimes(1_400))]);
        // All the line can bring, by both answers together, and not a centime more by mistake.
        office.decide_dispute(&manager, first, Verdict::Accepted, "Oui").await.expect("just all");
        let then = opened(&mut agent, claim(of_line(order), 200)).await;
        office.take_dispute(&manager, then).await.expect("taken");
        let beyond = office.decide_dispute(&manager, then, partly(1), "Oui").await;
        assert!(matches!(beyond, Err(OfficeError::BeyondTerms(LineGrants { by_others: Centimes(2_400), .. }))), "{beyond:?}");
        assert_eq!(office.dispute(&manager, then).await.expect("read").dispute.state, DisputeState::UnderReview, "no claim is lost by it");
        office.decide_dispute_beyond_terms(&manager, then, partly(150), "Le taux promis était de 9 %").await.expect("known");
        // Nothing is beyond anything.
        agent.act_ok(&CommandBody::EscalateDispute(EscalateDispute { dispute: then, note: "Le reste".to_owned() })).await;
        office.decide_dispute(&world.administrator(), then, Verdict::Denied, "Non").await.expect("decided");
        let decided: Vec<Option<Decided>> = office.audit(&world.administrator(), None).await.expect("listed")
            .into_iter()
            .filter(|entry| entry.action == "dispute_decided")
            .map(|entry| Decided::of_audit(&entry.detail))
            .collect();
        let told = |verdict, beyond_terms| Some(Decided { verdict, beyond_terms });
        assert_eq!(decided, [told(Verdict::Denied, false), told(partly(150), true), told(Verdict::Accepted, false), told(partly(1_400), false)]);
        assert_eq!(balance(&world, Account::AgentEarned(AGENT)).await, 1_150);
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 0);
        world.assert_sound().await;
    }
}

promise! {
    async fn pages_of_what_was_answered_hold_each_once_though_many_came_at_the_same_time(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        // The clock stands still: three pages of two moments.
        let mut known = Vec::new();
        for _ in 0..2 {
            world.later_days(1);
            for _ in 0..ANSWERED_PER_PAGE * 5 / 4 / 2 {
                let mut commands = Vec::new();
                for _ in 0..2 {
                    let id = Uuid::now_v7();
                    let withdraw = CommandBody::WithdrawDispute(DisputeRef { dispute: id });
                    commands.push(agent.command_with(id, &CommandBody::OpenDispute(open(of_line(order)))));
                    commands.push(agent.command(&withdraw));
                    known.push(id);
                }
                assert!(agent.sync(commands).await.results.iter().all(|result| result.answer == Answer::Applied));
            }
        }
        let (mut told, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = world.office.disputes_answered(&world.manager(), after).await.expect("read");
            told.extend(page.disputes.iter().map(|one| (one.dispute.since, one.dispute.id)));
            sizes.push(page.disputes.len());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(sizes, [ANSWERED_PER_PAGE, ANSWERED_PER_PAGE, known.len() - 2 * ANSWERED_PER_PAGE]);
        assert!(told.is_sorted_by(|one, next| one > next), "latest first, none twice");
        let mut told: Vec<Uuid> = told.into_iter().map(|(_, id)| id).collect();
        told.sort_unstable();
        known.sort_unstable();
        assert_eq!(told, known);
    }
}

promise! {
    async fn a_photo_is_looked_at_again_by_the_server(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        for photo in ["PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=", "iVBORw0KGgo=", "<script>"] {
            let body = CommandBody::OpenDispute(OpenDispute { photo: Some(Photo(photo.to_owned())), ..open(of_line(order)) });
            assert!(matches!(
                agent.act(&body).await,
                Answer::Parked { refusal: Refusal::PhotoNotValid { .. } }
            ), "{photo}");
        }
        assert_eq!(balance(&world, Account::AgentHeld(AGENT)).await, 0);
    }
}

promise! {
    async fn a_step_of_a_parked_dispute_waits_for_it_and_an_unknown_kind_parks_alone(world) {
        let mut agent = world.phone(AGENT).await;
        let (order, _) = confirmed(&world, &mut agent).await;
        let parked = Uuid::now_v7();
        let mut too_much = open(of_line(order));
        too_much.amount = Centimes(limits::DISPUTED_CENTIMES + 1);
        let mut of_tomorrow = agent.command(&CommandBody::WithdrawDispute(DisputeRef { dispute: parked }));
        of_tomorrow["kind"] = json!("annotate_dispute");
        let first = agent.command_with(parked, &CommandBody::OpenDispute(too_much));
        let then = agent.command(&CommandBody::WithdrawDispute(DisputeRef { dispute: parked }));
        let good = agent.command(&CommandBody::OpenDispute(open(of_line(order))));
        let mut answers = agent.sync(vec![of_tomorrow, first, then, good]).await.results.into_iter().map(|result| result.answer);
        assert!(matches!(answers.next(), Some(Answer::Parked { refusal: Refusal::UnknownKind { .. } })));
        assert!(matches!(answers.next(), Some(Answer::Parked { refusal: Refusal::FieldInvalid { .. } })));
        assert!(matches!(answers.next(), Some(Answer::Parked { refusal: Refusal::WaitsForParked })));
        assert_eq!(answers.next(), Some(Answer::Applied));
    }
}

promise! {
    async fn a_month_pays_all_but_what_is_disputed_and_says_so_and_the_next_pays_what_was_granted(world) {
        let mut agent = world.phone(AGENT).await;
        let order = settlement::sell(&world, &mut agent, &[(1, 10)]).await;
        let id = opened(&mut agent, open(of_line(order.id))).await;
        settlement::close(&world, settlement::november()).await;
        let november = settlement::statement(&world, AGENT, settlement::november()).await;
        assert_eq!((november.net, november.held()), (Centimes(8_000), Centimes(100)), "the rest is paid as usual");
        assert!(matches!(
            &november.not_yet_in[..],
            [part] if part.why == NotYetInReason::Disputed { dispute: id } && part.order == order.id
        ));
        world.office.take_dispute(&world.manager(), id).await.expect("taken");
        world.office.decide_dispute(&world.manager(), id, Verdict::Accepted, "Oui").await.expect("granted");
        let december = settlement::november().next();
        settlement::close(&world, december).await;
        let december = settlement::statement(&world, AGENT, december).await;
        assert_eq!((december.net, december.held()), (Centimes(100), Centimes::ZERO), "in the month then open");
        world.assert_sound().await;
    }
}
