//! People: joining, signing in, being put out; who may see and do what.

use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::CooperativeDetails;
use taswiq_backend::figures::{Breakdown, FigureFilter};
use taswiq_backend::import::Contents;
use taswiq_backend::orders::OrderFilter;
use taswiq_backend::parked::Settlement;
use taswiq_backend::people::{FAILURES_MAX, PersonDetails, SignInError};
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{
    CategoryId, CommandId, CustomerId, DeviceId, OrderId, PersonId, ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;
use uuid::Uuid;

fn details(role: Role, login: &str) -> PersonDetails {
    PersonDetails {
        role,
        name: name(login),
        login: Some(login.to_owned()),
        phone: Some("0661234567".parse().expect("a number")),
        language: "ar".to_owned(),
        cooperatives: if role == Role::Cooperative {
            vec![HONEY]
        } else {
            Vec::new()
        },
    }
}

promise! {
    async fn somebody_invited_joins_once_and_signs_in_by_name_or_telephone(world) {
        let link = world.office.invite(&world.manager(), details(Role::Agent, "Nadia")).await.expect("invited");
        let person = link.person.expect("somebody");
        assert!(matches!(world.office.sign_in("nadia", PASSWORD, "").await, Err(SignInError::Wrong)));
        let again = world.office.issue_link(&world.manager(), person).await.expect("issued");
        assert!(matches!(world.office.link(&link.token).await, Err(OfficeError::NotFound)));
        assert_eq!(world.office.link(&again.token).await.expect("good").person.expect("somebody").id, person);
        assert!(matches!(world.office.join(&again.token, "1234", "").await, Err(OfficeError::Invalid(_))));
        let opened = world.office.join(&again.token, PASSWORD, "Firefox").await.expect("joined");
        assert!(matches!(world.office.join(&again.token, PASSWORD, "").await, Err(OfficeError::NotFound)));
        assert_eq!(world.office.session(&opened.token).await.expect("looked up").expect("open").actor().person, person);
        for typed in ["nadia", " NADIA ", "0661234567", "+212 661-234567"] {
            assert_eq!(world.office.sign_in(typed, PASSWORD, "").await.expect("in").person.id, person, "{typed}");
        }
    }
}

promise! {
    async fn a_link_is_good_for_a_day(world) {
        let link = world.office.invite(&world.manager(), details(Role::Agent, "nadia")).await.expect("invited");
        world.clock.advance_ms(24 * 3_600_000);
        assert!(matches!(world.office.join(&link.token, PASSWORD, "").await, Err(OfficeError::NotFound)));
    }
}

promise! {
    async fn a_new_password_ends_the_old_sessions(world) {
        let phone = world.phone(AGENT).await;
        let link = world.office.issue_link(&world.manager(), AGENT).await.expect("issued");
        let opened = world.office.join(&link.token, "un autre mot", "").await.expect("chosen");
        assert!(world.office.session(&phone.token).await.expect("looked up").is_none());
        assert!(world.office.session_for_sync(&phone.token).await.expect("looked up").is_some(), "what the phone holds is not lost");
        assert!(matches!(world.office.sign_in("agent", PASSWORD, "").await, Err(SignInError::Wrong)));
        let sessions = world.office.sessions(&opened.person.actor(), AGENT).await.expect("listed");
        assert_eq!(sessions.len(), 1);
        world.office.revoke_session(&opened.person.actor(), &sessions[0].id).await.expect("revoked");
        assert!(world.office.session(&opened.token).await.expect("looked up").is_none());
    }
}

promise! {
    async fn sessions_are_rotated_end_at_sign_out_and_run_out(world) {
        let (one, two) = (world.office.sign_in("agent", PASSWORD, "").await.expect("in"), world.office.sign_in("agent", PASSWORD, "").await.expect("in"));
        assert_ne!(one.token, two.token);
        world.office.sign_out(&one.token).await.expect("out");
        assert!(world.office.session_for_sync(&one.token).await.expect("looked up").is_none());
        world.later_days(100);
        assert!(world.office.session(&two.token).await.expect("looked up").is_some());
        world.later_days(100);
        assert!(world.office.session(&two.token).await.expect("looked up").is_some(), "used in between");
        world.later_days(121);
        assert!(world.office.session(&two.token).await.expect("looked up").is_none());
        world.office.forget_expired().await.expect("cleared");
    }
}

promise! {
    async fn fault_26_guessing_is_slowed_down_and_learns_nothing(world) {
        for typed in ["agent", "nobody-of-that-name"] {
            for _ in 0..FAILURES_MAX {
                assert!(matches!(world.office.sign_in(typed, "not the password", "").await, Err(SignInError::Wrong)));
            }
            let Err(SignInError::TooMany { again_at }) = world.office.sign_in(typed, PASSWORD, "").await else { panic!("let in") };
            assert!(again_at > world.office.now());
        }
        // Other accounts are not held up, and the rest ends.
        assert!(world.office.sign_in("manager", PASSWORD, "").await.is_ok());
        world.clock.advance_ms(15 * 60 * 1000 + 1);
        assert!(world.office.sign_in("agent", PASSWORD, "").await.is_ok());
    }
}

promise! {
    async fn fault_26_attempts_at_once_are_all_counted(world) {
        let guesses: Vec<_> = (0..30).map(|_| { let office = world.office.clone(); tokio::spawn(async move { office.sign_in("agent", "not the password", "").await }) }).collect();
        let mut looked_at = 0;
        for guess in guesses {
            looked_at += i64::from(matches!(guess.await.expect("no panic"), Err(SignInError::Wrong)));
        }
        assert_eq!(looked_at, FAILURES_MAX);
    }
}

promise! {
    async fn a_name_or_number_belongs_to_one_person(world) {
        world.office.invite(&world.manager(), details(Role::Agent, "nadia")).await.expect("invited");
        let same_phone = world.office.invite(&world.manager(), details(Role::Agent, "samira")).await;
        assert!(matches!(same_phone, Err(OfficeError::Conflict { field: "phone" })));
        let same_login = world.office.invite(&world.manager(), PersonDetails { phone: None, ..details(Role::Agent, "NADIA") }).await;
        assert!(matches!(same_login, Err(OfficeError::Conflict { field: "login" })));
        let a_number_as_login = world.office.invite(&world.manager(), PersonDetails { phone: None, ..details(Role::Agent, "0699999999") }).await;
        assert!(matches!(a_number_as_login, Err(OfficeError::Invalid(_))));
    }
}

promise! {
    async fn nobody_rises_above_their_own_role(world) {
        let manager = world.manager();
        for role in [Role::Manager, Role::Administrator] {
            assert!(matches!(world.office.invite(&manager, details(role, "x")).await, Err(OfficeError::NotAllowed)));
        }
        assert!(matches!(world.office.issue_link(&manager, ADMINISTRATOR).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.set_active(&manager, ADMINISTRATOR, false).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.change_person(&manager, ADMINISTRATOR, details(Role::Agent, "x")).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.change_person(&world.administrator(), ADMINISTRATOR, details(Role::Manager, "x")).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.set_active(&world.administrator(), ADMINISTRATOR, false).await, Err(OfficeError::NotAllowed)));
    }
}

promise! {
    async fn fault_27_a_manager_has_no_hand_on_devices_of_the_office(world) {
        let (lower, higher) = (world.phone(AGENT).await, world.phone(OTHER_AGENT).await);
        let (mut lower, mut higher) = (lower, higher);
        lower.sync(Vec::new()).await;
        higher.sync(Vec::new()).await;
        // Somebody who was an agent and now runs the office keeps the device they had.
        world.office.change_person(&world.administrator(), OTHER_AGENT, PersonDetails { phone: None, ..details(Role::Administrator, "other") }).await.expect("raised");
        let devices = |actor: Actor, person| { let office = world.office.clone(); async move { office.devices(&actor, person).await.map(|devices| devices.into_iter().map(|device| device.id).collect::<Vec<_>>()) } };
        assert_eq!(devices(world.manager(), None).await.expect("listed"), [lower.device]);
        assert_eq!(devices(world.administrator(), None).await.expect("listed").len(), 2);
        assert!(matches!(devices(world.manager(), Some(OTHER_AGENT)).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(world.office.revoke_device(&world.manager(), higher.device).await, Err(OfficeError::NotFound)));
        assert!(matches!(world.office.revoke_device(&actor(Role::Agent), lower.device).await, Err(OfficeError::NotFound)));
        assert!(matches!(world.office.revoke_device(&world.manager(), DeviceId(Uuid::now_v7())).await, Err(OfficeError::NotFound)));
        assert!(!world.audit_actions().await.contains(&"device_revoked".to_owned()));
        world.office.revoke_device(&world.manager(), lower.device).await.expect("revoked");
        world.office.revoke_device(&world.administrator(), higher.device).await.expect("revoked");
        assert_eq!(world.audit_actions().await.iter().filter(|action| *action == "device_revoked").count(), 2);
    }
}

promise! {
    async fn fault_27_nothing_held_from_before_rises_with_a_person(world) {
        // A manager may make a link for an agent: it must be worth nothing once the agent is more.
        let link = world.office.issue_link(&world.manager(), AGENT).await.expect("issued");
        let phone = world.phone(AGENT).await;
        let raised = || PersonDetails { phone: None, ..details(Role::Administrator, "agent") };
        world.office.change_person(&world.administrator(), AGENT, raised()).await.expect("raised");
        assert!(matches!(world.office.join(&link.token, PASSWORD, "").await, Err(OfficeError::NotFound)));
        assert!(world.office.session(&phone.token).await.expect("looked up").is_none());
        assert!(world.office.session_for_sync(&phone.token).await.expect("looked up").is_some(), "what the phone holds is not lost");
        // Without another role, nobody is thrown out.
        let opened = world.office.sign_in("agent", PASSWORD, "").await.expect("in");
        world.office.change_person(&world.administrator(), AGENT, PersonDetails { language: "ar".to_owned(), ..raised() }).await.expect("changed");
        assert!(world.office.session(&opened.token).await.expect("looked up").is_some());
    }
}

promise! {
    async fn a_customer_is_given_to_nobody_who_comes_to_no_door(world) {
        let customer = world.phone(AGENT).await.register().await;
        world.office.set_active(&world.manager(), OTHER_AGENT, false).await.expect("put out");
        for person in [OTHER_AGENT, BEEKEEPER] {
            assert!(matches!(world.office.move_customers(&world.manager(), vec![customer], person).await, Err(OfficeError::Invalid(_))));
        }
        world.office.set_active(&world.manager(), OTHER_AGENT, true).await.expect("put in");
        let unknown = vec![customer, CustomerId(Uuid::now_v7())];
        assert!(matches!(world.office.move_customers(&world.manager(), unknown, OTHER_AGENT).await, Err(OfficeError::NotFound)));
        let of = |agent| { let office = world.office.clone(); let manager = world.manager(); async move { office.customers(&manager, Some(agent), "").await.expect("listed").len() } };
        assert_eq!((of(AGENT).await, of(OTHER_AGENT).await), (1, 0), "all or none");
        world.office.move_customers(&world.manager(), vec![customer], OTHER_AGENT).await.expect("moved");
        assert_eq!((of(AGENT).await, of(OTHER_AGENT).await), (0, 1));
    }
}

promise! {
    async fn the_audit_trail_tells_who_gave_which_powers(world) {
        let terms = Engagement { valid_from: world.office.now(), grade: "senior".to_owned(), lead: Some(OTHER_AGENT), ..Engagement::default() };
        world.office.publish_engagement(&world.manager(), AGENT, terms.clone()).await.expect("published");
        world.office.change_person(&world.manager(), WEAVER, PersonDetails { phone: None, cooperatives: vec![HONEY, RUGS], ..details(Role::Cooperative, "weaver") }).await.expect("changed");
        world.office.change_category(&world.manager(), CategoryId(1), name("Miels"), Picture::default()).await.expect("changed");
        let trail = world.office.audit(&world.administrator(), None).await.expect("the trail");
        let told: Vec<(&str, &str, &str)> = trail.iter().take(3).map(|entry| (entry.action.as_str(), entry.subject.as_str(), entry.detail.as_str())).collect();
        assert_eq!(told, [("category_changed", "1", ""), ("person_changed", "6", "cooperative, cooperative 1, cooperative 2"), ("engagement_published", "3", format!("auto_entrepreneur from {}, grade senior, lead 4", terms.valid_from.0).as_str())]);
        assert!(trail.iter().take(3).all(|entry| entry.actor == Some(MANAGER)));
    }
}

fn actor(role: Role) -> Actor {
    let person = match role {
        Role::Agent => OTHER_AGENT,
        Role::Cooperative => WEAVER,
        Role::Manager => MANAGER,
        Role::Administrator => ADMINISTRATOR,
    };
    Actor {
        person,
        role,
        cooperatives: if role == Role::Cooperative {
            vec![RUGS]
        } else {
            Vec::new()
        },
    }
}

promise! {
    async fn fault_27_every_use_case_asks_who_is_asking(world) {
        let order = world.phone(AGENT).await.place(&[(1, 1)]).await;
        let filter = FigureFilter { agent: None, cooperative: None, product: None, first: date(2026, 1, 1), end: date(2027, 1, 1) };
        let unknown = Uuid::now_v7();
        let product = |category| taswiq_backend::catalogue::ProductDetails { cooperative: HONEY, category, name: name("x"), unit: name("x"), picture: Picture::default(), on_sale: true };
        let cooperative = || CooperativeDetails { name: LocalText::default(), place: name("x"), region: LocalText::default(), phone: None };
        let convention = || Convention { valid_from: START, regime: Regime::Professional, delivery_days: 1, vesting: Default::default() };
        for role in Role::ALL {
            let actor = actor(role);
            let office = &world.office;
            // Whether it was refused for who is asking: other refusals come after that.
            let results: Vec<(&str, Action, Result<(), OfficeError>)> = vec![
                ("cooperatives", Action::UseOffice, office.cooperatives(&actor).await.map(|_| ())),
                ("add_cooperative", Action::ManageCatalogue, office.add_cooperative(&actor, cooperative()).await.map(|_| ())),
                ("change_cooperative", Action::ManageCatalogue, office.change_cooperative(&actor, HONEY, cooperative()).await),
                ("publish_convention", Action::ManageCatalogue, office.publish_convention(&actor, HONEY, convention()).await),
                ("add_category", Action::ManageCatalogue, office.add_category(&actor, LocalText::default(), Picture::default()).await.map(|_| ())),
                ("change_category", Action::ManageCatalogue, office.change_category(&actor, CategoryId(99), name("x"), Picture::default()).await),
                ("add_product", Action::ManageCatalogue, office.add_product(&actor, product(CategoryId(99)), Ppm(0)).await.map(|_| ())),
                ("change_product", Action::ManageCatalogue, office.change_product(&actor, ProductId(99), product(CategoryId(1))).await),
                ("publish_vat", Action::ManageCatalogue, office.publish_vat(&actor, ProductId(99), VatRate { valid_from: START, rate: Ppm(0) }).await),
                ("publish_prices", Action::ManageCatalogue, office.publish_prices(&actor, START, Vec::new()).await.map(|_| ())),
                ("publish_plan", Action::ManageCatalogue, office.publish_plan(&actor, START, Vec::new()).await.map(|_| ())),
                ("import_file", Action::ManageCatalogue, office.import_file(&actor, Contents::Products, Vec::new(), START).await.map(|_| ())),
                ("import_file of customers", Action::ManagePeople, office.import_file(&actor, Contents::Customers, Vec::new(), START).await.map(|_| ())),
                ("check_file", Action::ManageCatalogue, office.check_file(&actor, Contents::Cooperatives, b"").await.map(|_| ())),
                ("overview", Action::ReadFigures, office.overview(&actor, &filter).await.map(|_| ())),
                ("unanswered", Action::ReadFigures, office.unanswered(&actor).await.map(|_| ())),
                ("customers", Action::ManagePeople, office.customers(&actor, None, "").await.map(|_| ())),
                ("move_customers", Action::ManagePeople, office.move_customers(&actor, vec![CustomerId(unknown)], AGENT).await),
                ("people", Action::ManagePeople, office.people(&actor, None, "").await.map(|_| ())),
                ("person", Action::ManagePeople, office.person(&actor, AGENT).await.map(|_| ())),
                ("invite agent", Action::ManagePeople, office.invite(&actor, PersonDetails { login: None, phone: None, ..details(Role::Agent, "x") }).await.map(|_| ())),
                ("invite manager", Action::ManageOffice, office.invite(&actor, PersonDetails { login: None, phone: None, ..details(Role::Manager, "x") }).await.map(|_| ())),
                ("issue_link", Action::ManagePeople, office.issue_link(&actor, AGENT).await.map(|_| ())),
                ("issue_link manager", Action::ManageOffice, office.issue_link(&actor, MANAGER).await.map(|_| ())),
                ("change_person", Action::ManagePeople, office.change_person(&actor, PersonId(99), details(Role::Agent, "x")).await),
                ("set_active", Action::ManagePeople, office.set_active(&actor, PersonId(99), true).await),
                ("sessions", Action::ManagePeople, office.sessions(&actor, AGENT).await.map(|_| ())),
                ("devices", Action::ManagePeople, office.devices(&actor, None).await.map(|_| ())),
                ("devices of another", Action::ManagePeople, office.devices(&actor, Some(AGENT)).await.map(|_| ())),
                ("devices of an administrator", Action::ManageOffice, office.devices(&actor, Some(ADMINISTRATOR)).await.map(|_| ())),
                ("figures", Action::ReadFigures, office.figures(&actor, &filter).await.map(|_| ())),
                ("figures_by", Action::ReadFigures, office.figures_by(&actor, &filter, Breakdown::Agent).await.map(|_| ())),
                ("completeness", Action::ReadFigures, office.completeness(&actor).await.map(|_| ())),
                ("balances", Action::ReadFigures, office.balances(&actor).await.map(|_| ())),
                ("orders_by_progress", Action::ReadFigures, office.orders_by_progress(&actor).await.map(|_| ())),
                ("record_deposit", Action::RecordDeposits, office.record_deposit(&actor, OrderId(unknown), HONEY, Centimes(1)).await),
                ("parked", Action::SettleParked, office.parked(&actor, None).await.map(|_| ())),
                ("count_parked", Action::SettleParked, office.count_parked(&actor).await.map(|_| ())),
                ("settle_parked", Action::SettleParked, office.settle_parked(&actor, CommandId(unknown), Settlement::Accept).await.map(drop)),
                ("engagements", Action::ManagePeople, office.engagements(&actor, AGENT).await.map(|_| ())),
                ("engagements_of_all", Action::ManagePeople, office.engagements_of_all(&actor).await.map(|_| ())),
                ("publish_engagement", Action::ManagePeople, office.publish_engagement(&actor, PersonId(99), Engagement::default()).await),
                ("audit", Action::ReadAudit, office.audit(&actor, None).await.map(|_| ())),
            ];
            for (use_case, action, result) in results {
                let refused = matches!(result, Err(OfficeError::NotAllowed));
                    assert_eq!(refused, !can(Some(&actor), action, Subject::Anything), "{use_case} as {role:?}: {result:?}");
            }
            // Orders: the agent's own only, and another's does not even exist.
            let sees_all = can(Some(&actor), Action::ReadOrder, Subject::Anything);
            assert_eq!(office.order_history(&actor, order).await.is_ok(), sees_all, "{role:?}");
            assert!(matches!(office.order_history(&actor, OrderId(unknown)).await, Err(OfficeError::NotFound)));
            match office.orders(&actor, &OrderFilter::default(), None, 10).await {
                Ok(page) => assert_eq!(page.orders.len(), usize::from(sees_all)),
                Err(error) => assert!(matches!(error, OfficeError::NotAllowed) && role == Role::Cooperative, "{role:?}"),
            }
            let anothers = OrderFilter { agent: Some(AGENT), ..OrderFilter::default() };
            assert_eq!(office.orders(&actor, &anothers, None, 10).await.is_ok(), sees_all);
            let own = Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
            assert!(office.order_history(&own, order).await.is_ok());
        }
    }
}
