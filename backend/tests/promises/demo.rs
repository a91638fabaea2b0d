//! The demo company is stored as if every event had come alone, on both databases.

use super::world::*;
use taswiq_backend::OfficeError;
use taswiq_backend::clock::Casablanca;
use taswiq_backend::deadlines::Passed;
use taswiq_backend::demo::{self, FillError};
use taswiq_domain::time::CivilDate;

fn options() -> demo::Options {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 22).expect("a date");
    demo::Options::as_of(1, 250, as_of, &calendar)
}

async fn keep(world: World) {
    let options = options();
    world.clock.set(options.ends_at);
    let office = &world.office;
    assert!(!office.is_demo().await.expect("an office"));
    let mut stored = 0;
    demo::fill(office, options, |orders| stored = orders)
        .await
        .expect("an empty office");
    assert_eq!(stored, options.orders);
    assert!(office.is_demo().await.expect("an office"));
    world.assert_sound().await;
    let made = demo::Demo::new(options, office.calendar()).expect("a company");
    let catalogue = office.catalogue().await.expect("a catalogue");
    assert_eq!(catalogue.products, made.company().catalogue.products);
    assert_eq!(
        catalogue.cooperatives,
        made.company().catalogue.cooperatives
    );
    assert_eq!(catalogue.categories, made.company().catalogue.categories);
    assert_eq!(catalogue.price_lists, made.company().catalogue.price_lists);
    assert_eq!(catalogue.plans, made.company().catalogue.plans);
    for account in demo::accounts() {
        let opened = office
            .sign_in(account.login, account.password, "a test")
            .await
            .expect("a demo account");
        assert_eq!(opened.person.role, account.role);
    }
    // What was due by the end of the history had happened in it.
    let passed = office.pass_deadlines().await.expect("deadlines");
    assert_eq!(passed, Passed::default());
    let complete = office
        .completeness(&world.administrator())
        .await
        .expect("figures");
    assert_eq!((complete.agents, complete.agents_synced_today), (20, 18));
    assert!(complete.orders_waiting > 0);
    // A company is never mixed into another.
    let again = demo::fill(office, options, |_| ()).await;
    assert!(matches!(
        again,
        Err(FillError::Office(OfficeError::Conflict { .. }))
    ));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_company_is_stored_whole_on_sqlite() {
    keep(World::empty_on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_company_is_stored_whole_on_postgres() {
    if let Some(world) = World::empty_on_postgres().await {
        keep(world).await;
    }
}
