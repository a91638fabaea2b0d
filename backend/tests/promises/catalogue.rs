//! The catalogue: from an empty server to something that can be sold; nothing changes in the past.

use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, ProductDetails};
use taswiq_backend::import::{COOPERATIVE_COLUMNS, Contents, PRODUCT_COLUMNS};
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::commission::{Conditions, Pays, PlanError, Rule};
use taswiq_domain::ids::{PlanVersion, PriceListVersion, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::sync::Change;
use taswiq_domain::text::LocalText;

fn price(product: ProductId, retail: i64) -> NewPrice {
    NewPrice {
        product,
        retail: Centimes(retail),
        semi_wholesale: Centimes(retail),
        wholesale: Centimes(retail),
    }
}

fn rules() -> Vec<Rule> {
    vec![Rule {
        number: 1,
        when: Conditions::default(),
        pays: Pays::Rate { rate: Ppm(70_000) },
        ..Rule::default()
    }]
}

promise! {
    async fn an_empty_server_is_made_sellable_without_the_demo(world) {
        let empty = if world.office.database_name() == "sqlite" { World::empty_on_sqlite().await } else { World::empty_on_postgres().await.expect("there") };
        let office = &empty.office;
        let token = office.set_up_token().await.expect("asked").expect("a token");
        let person = |role, login: &str, cooperatives| taswiq_backend::people::PersonDetails {
            role, name: name(login), login: Some(login.to_owned()), phone: None, language: "fr".to_owned(), cooperatives,
        };
        let administrator = office.set_up(&token, person(Role::Administrator, "boss", Vec::new()), PASSWORD, "").await.expect("set up").person.actor();
        let details = CooperativeDetails { name: name("Argan"), place: name("Mesti"), region: LocalText::default(), phone: None };
        let cooperative = office.add_cooperative(&administrator, details).await.expect("added");
        office.publish_convention(&administrator, cooperative, Convention { valid_from: START, regime: Regime::OwnProduction, delivery_days: 2, vesting: Default::default() }).await.expect("published");
        let category = office.add_category(&administrator, name("Huiles"), Picture::default()).await.expect("added");
        let product = ProductDetails { cooperative, category, name: name("Huile"), unit: name("50 cl"), picture: Picture::default(), on_sale: true };
        let product = office.add_product(&administrator, product, Ppm(100_000)).await.expect("added");
        assert_eq!(office.publish_prices(&administrator, START, vec![price(product, 25_000)]).await.expect("published"), PriceListVersion(1));
        assert_eq!(office.publish_plan(&administrator, START, rules()).await.expect("published"), PlanVersion(1));
        let invited = office.invite(&administrator, person(Role::Agent, "agent", Vec::new())).await.expect("invited");
        office.join(&invited.token, PASSWORD, "").await.expect("joined");
        let mut agent = empty.phone(invited.person.expect("somebody")).await;
        let told = agent.pull().await;
        assert!(told.iter().any(|change| matches!(change, Change::Catalogue(catalogue) if catalogue.products.len() == 1)));
        agent.place(&[(product.0, 2)]).await;
        empty.assert_sound().await;
    }
}

promise! {
    async fn nothing_is_published_for_the_past(world) {
        let (office, manager) = (&world.office, world.manager());
        let past = START.plus_ms(-1);
        let future = START.plus_days(1);
        assert!(matches!(office.publish_prices(&manager, past, vec![price(ProductId(1), 1)]).await, Err(OfficeError::Invalid(_))));
        assert!(matches!(office.publish_plan(&manager, past, rules()).await, Err(OfficeError::InvalidPlan(PlanError::NotInTheFuture))));
        assert!(matches!(office.publish_vat(&manager, ProductId(1), VatRate { valid_from: past, rate: Ppm(1) }).await, Err(OfficeError::Invalid(_))));
        assert!(matches!(office.publish_convention(&manager, HONEY, Convention { valid_from: past, regime: Regime::RegularRound, delivery_days: 1, vesting: Default::default() }).await, Err(OfficeError::Invalid(_))));
        office.publish_prices(&manager, future, vec![price(ProductId(1), 13_000)]).await.expect("published");
        office.publish_plan(&manager, future, rules()).await.expect("published");
        office.publish_vat(&manager, ProductId(1), VatRate { valid_from: future, rate: Ppm(100_000) }).await.expect("published");
        office.publish_convention(&manager, HONEY, Convention { valid_from: future, regime: Regime::RegularRound, delivery_days: 1, vesting: Default::default() }).await.expect("published");
        // And not before what was already published.
        assert!(office.publish_prices(&manager, future.plus_ms(-1), vec![price(ProductId(1), 1)]).await.is_err());
        let catalogue = office.catalogue().await.expect("a catalogue");
        let product = catalogue.product(ProductId(1)).expect("known");
        assert_eq!(product.price(catalogue.price_list_at(START).expect("one"), Default::default()), Some(Centimes(12_000)));
        assert_eq!(product.price(catalogue.price_list_at(future).expect("one"), Default::default()), Some(Centimes(13_000)));
        assert_eq!(catalogue.product(ProductId(2)).expect("known").price(PriceListVersion(2), Default::default()), Some(Centimes(25_000)));
        // An impossible price, a tie, an unknown product.
        assert!(office.publish_prices(&manager, future.plus_days(1), vec![NewPrice { wholesale: Centimes(2), ..price(ProductId(1), 1) }]).await.is_err());
        assert!(office.publish_prices(&manager, future.plus_days(1), vec![price(ProductId(77), 1)]).await.is_err());
        assert!(office.publish_prices(&manager, future.plus_days(1), vec![price(ProductId(1), 1), price(ProductId(1), 2)]).await.is_err());
        assert!(matches!(office.publish_plan(&manager, future.plus_days(1), Vec::new()).await, Err(OfficeError::InvalidPlan(PlanError::NoDefaultRule))));
    }
}

promise! {
    async fn another_process_notices_a_new_price(world) {
        let second = world.second_process().await;
        let before = second.catalogue().await.expect("a catalogue");
        world.office.publish_prices(&world.manager(), START.plus_days(1), vec![price(ProductId(1), 13_000)]).await.expect("published");
        let after = second.catalogue().await.expect("a catalogue");
        assert!(after.revision > before.revision);
        assert_eq!(after.price_lists.len(), 2);
        assert!(std::sync::Arc::ptr_eq(&after, &second.catalogue().await.expect("a catalogue")), "read once");
        // An order is priced by the list of its door, on either.
        let mut agent = world.phone_on(&second, AGENT).await;
        world.later_days(2);
        let id = agent.place(&[(1, 1)]).await;
        assert_eq!(world.order(id).await.gross_asked(), Ok(Centimes(13_000)));
        second.close().await;
    }
}

promise! {
    async fn fault_12_old_prices_are_honoured_for_a_fortnight_then_a_person_decides(world) {
        let mut agent = world.phone(AGENT).await;
        let customer = agent.register().await;
        let (first, second) = (agent.order_body(customer, &[(1, 1)]).await, agent.order_body(customer, &[(1, 2)]).await);
        let (first, second) = (agent.command(&first), agent.command(&second));
        world.office.publish_prices(&world.manager(), START.plus_days(1), vec![price(ProductId(1), 13_000)]).await.expect("published");
        world.later_days(10);
        // The phone's clock moved along, so what it made stays ten days old.
        assert_eq!(agent.sync(vec![first]).await.results[0].answer, taswiq_domain::sync::Answer::Applied);
        world.later_days(10);
        let late = agent.sync(vec![second.clone()]).await.results.remove(0);
        assert_eq!(late.answer, taswiq_domain::sync::Answer::Parked { refusal: taswiq_domain::Refusal::CatalogueTooOld });
        world.office.settle_parked(&world.manager(), late.id, taswiq_backend::parked::Settlement::Accept).await.expect("settled");
        assert_eq!(world.order(late.id.into()).await.gross_asked(), Ok(Centimes(24_000)));
    }
}

promise! {
    async fn a_file_is_taken_whole_or_not_at_all_with_every_error_named(world) {
        let (office, manager) = (&world.office, world.manager());
        let headings = COOPERATIVE_COLUMNS.join(",");
        let wrong = format!("{headings}\nSafran,زعفران,Taliouine,تالوين,,,0612345678,own_production,3\n,ب,Fès,فاس,,,06,weekly,300\n");
        let preview = office.check_file(&manager, Contents::Cooperatives, wrong.as_bytes()).await.expect("read");
        assert_eq!(preview.wrong.iter().filter(|wrong| wrong.line == 3).count(), 4, "{:?}", preview.wrong);
        assert!(matches!(office.import_file(&manager, Contents::Cooperatives, wrong.into_bytes(), START).await, Err(OfficeError::Invalid(_))));
        assert_eq!(office.catalogue().await.expect("a catalogue").cooperatives.len(), 2);
        let good = format!("\u{feff}{headings}\nSafran,زعفران,Taliouine,تالوين,Souss,سوس,0612345678,own_production,3\n").replace(',', ";");
        assert_eq!(office.import_file(&manager, Contents::Cooperatives, good.into_bytes(), START).await.expect("applied"), 1);
        let known = office.cooperatives(&manager).await.expect("listed");
        assert_eq!(known[2].phone.as_ref().map(|phone| phone.as_e164()), Some("+212612345678"));
        assert_eq!(known[2].cooperative.conventions[0].regime, Regime::OwnProduction);
    }
}

promise! {
    async fn products_come_with_tax_and_prices_from_one_file(world) {
        let (office, manager) = (&world.office, world.manager());
        let file = format!("{}\nMiel,Tout,Cire,شمع,bloc,كتلة,20 %,\"45,00\",40,35.5,jar,honey,bee\n", PRODUCT_COLUMNS.join(","));
        assert_eq!(office.import_file(&manager, Contents::Products, file.into_bytes(), START.plus_days(1)).await.expect("applied"), 1);
        let catalogue = office.catalogue().await.expect("a catalogue");
        let wax = catalogue.product(ProductId(5)).expect("made");
        assert_eq!(wax.price(PriceListVersion(2), taswiq_domain::catalogue::PriceTier::Wholesale), Some(Centimes(3_550)));
        assert_eq!(wax.vat_at(START), Some(Ppm(200_000)));
    }
}

promise! {
    async fn details_are_corrected_and_a_product_goes_off_sale(world) {
        let (office, manager) = (&world.office, world.manager());
        let catalogue = office.catalogue().await.expect("a catalogue");
        let known = catalogue.product(ProductId(1)).expect("known");
        let details = ProductDetails { cooperative: known.cooperative, category: known.category, name: name("Thym sauvage"), unit: known.unit.clone(), picture: known.picture.clone(), on_sale: false };
        office.change_product(&manager, ProductId(1), details.clone()).await.expect("changed");
        assert!(office.change_product(&manager, ProductId(1), ProductDetails { cooperative: RUGS, ..details }).await.is_err());
        office.change_category(&manager, known.category, name("Miels"), Picture::default()).await.expect("changed");
        let cooperative = CooperativeDetails { name: name("Miel d'Azzaba"), place: name("Azzaba"), region: name("Fès"), phone: None };
        office.change_cooperative(&manager, HONEY, cooperative).await.expect("changed");
        let catalogue = office.catalogue().await.expect("a catalogue");
        let product = catalogue.product(ProductId(1)).expect("known");
        assert_eq!((product.on_sale, product.name.get("fr")), (false, "Thym sauvage"));
        assert_eq!(product.prices.len(), 1, "orders under way keep their price");
        assert_eq!(catalogue.category(known.category).expect("known").name.get("fr"), "Miels");
        assert_eq!(catalogue.cooperative(HONEY).expect("known").name.get("fr"), "Miel d'Azzaba");
    }
}

promise! {
    async fn a_draft_of_a_plan_is_kept_as_it_was_typed_until_it_is_published_or_thrown_away(world) {
        let (office, manager, administrator) = (&world.office, world.manager(), world.administrator());
        assert_eq!(office.plan_draft(&manager).await.expect("asked"), None);
        let typed = |value: &str| vec![("rules".to_owned(), "2".to_owned()), ("r0_value".to_owned(), value.to_owned())];
        office.save_plan_draft(&manager, typed("huit, ou \"9\" ?")).await.expect("kept, wrong as it is");
        world.later_days(1);
        let second = world.second_process().await;
        let saved = second.plan_draft(&administrator).await.expect("asked").expect("a draft");
        assert_eq!((saved.fields, saved.saved_by, saved.saved_at), (typed("huit, ou \"9\" ?"), MANAGER, START));
        second.close().await;
        office.save_plan_draft(&administrator, typed("9")).await.expect("kept");
        let saved = office.plan_draft(&manager).await.expect("asked").expect("a draft");
        assert_eq!((saved.fields, saved.saved_by, saved.saved_at), (typed("9"), ADMINISTRATOR, START.plus_days(1)));
        // A draft is in force for nobody.
        assert_eq!(office.catalogue().await.expect("known").plans.len(), 1);
        office.discard_plan_draft(&manager).await.expect("gone");
        office.discard_plan_draft(&manager).await.expect("gone already");
        assert_eq!(office.plan_draft(&manager).await.expect("asked"), None);
        office.save_plan_draft(&manager, typed("10")).await.expect("kept");
        let long = typed(&"x".repeat(taswiq_backend::catalogue::drafts::DRAFT_BYTES_MAX));
        assert!(matches!(office.save_plan_draft(&manager, long).await, Err(OfficeError::Invalid(_))));
        let yesterday = world.clock_now().plus_days(-1);
        assert!(office.publish_plan(&manager, yesterday, rules()).await.is_err());
        assert!(office.plan_draft(&manager).await.expect("asked").is_some(), "nothing was published");
        office.publish_plan(&manager, world.clock_now().plus_days(1), rules()).await.expect("published");
        assert_eq!(office.plan_draft(&manager).await.expect("asked"), None);
        let agent = taswiq_domain::access::Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
        assert!(matches!(office.save_plan_draft(&agent, typed("1")).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.plan_draft(&agent).await, Err(OfficeError::NotAllowed)));
        assert!(matches!(office.discard_plan_draft(&agent).await, Err(OfficeError::NotAllowed)));
        let told: Vec<String> = world.audit_actions().await.into_iter().filter(|action| action.starts_with("plan")).collect();
        assert_eq!(told, ["plan_published", "plan_draft_saved", "plan_draft_discarded", "plan_draft_saved", "plan_draft_saved"]);
    }
}

promise! {
    async fn each_version_of_the_plan_says_who_published_it_and_when(world) {
        let (office, manager) = (&world.office, world.manager());
        world.later_days(3);
        let version = office.publish_plan(&manager, world.clock_now().plus_days(1), rules()).await.expect("published");
        let published = office.plans_published(&manager).await.expect("told");
        assert_eq!(published.len(), 2);
        assert_eq!((published[0].version, &published[0].by), (PlanVersion(1), &None));
        assert_eq!((published[1].version, published[1].at), (version, START.plus_days(3)));
        assert_eq!(published[1].by, Some(name("manager")));
        let agent = taswiq_domain::access::Actor { person: AGENT, role: Role::Agent, cooperatives: Vec::new() };
        assert!(matches!(office.plans_published(&agent).await, Err(OfficeError::NotAllowed)));
    }
}
