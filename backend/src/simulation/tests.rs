//! How a simulation says that it lives, and how it is stopped: step by step, by a clock that a test moves,
//! on both databases.

use super::*;
use crate::clock::{Casablanca, Clock, SettableClock};
use crate::demo;
use crate::{Office, Options, testing};
use std::sync::atomic::{AtomicUsize, Ordering};
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;
use taswiq_domain::time::CivilDate;

/// Three batches.
const ORDERS: u32 = 600;

/// A clock that counts how often somebody looks at it.
struct WatchedClock {
    clock: SettableClock,
    looks: AtomicUsize,
}

impl Clock for WatchedClock {
    fn now(&self) -> Timestamp {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.clock.now()
    }
}

struct World {
    office: Office,
    clock: Arc<WatchedClock>,
    actor: Actor,
    asked: Asked,
}

async fn world(url: &str) -> World {
    let calendar = Casablanca::default();
    let as_of = CivilDate::new(2026, 11, 22).expect("a date");
    let options = demo::Options::as_of(1, ORDERS, as_of, &calendar);
    let clock = Arc::new(WatchedClock {
        clock: SettableClock::new(options.ends_at),
        looks: AtomicUsize::new(0),
    });
    let office = Office::open(url, clock.clone(), Options::default())
        .await
        .expect("opens");
    demo::fill(&office, options, |_| ()).await.expect("filled");
    let last = Period::new(2026, 10).expect("a month");
    let first = Period::new(2026, 6).expect("a month");
    let actor = Actor {
        person: PersonId(1),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    };
    let asked = Asked {
        candidate: Candidate::InForce,
        first,
        last,
    };
    World {
        office,
        clock,
        actor,
        asked,
    }
}

impl World {
    /// One that runs as those in the background do, but only as far as the test takes it.
    async fn begin(&self, id: i64) -> (Run, Heart) {
        let run = self.office.begin(self.asked.clone()).await.expect("begun");
        let row = sql::NewRow {
            id,
            plan: String::new(),
            version: Some(UNPUBLISHED.0),
            first_period: i64::from(self.asked.first.months_since_1970()),
            last_period: i64::from(self.asked.last.months_since_1970()),
            started_by: self.actor.person.0,
            started_at: self.office.now().0,
        };
        self.office
            .write(row, |row, work| {
                Box::pin(async move { Ok(sql::add(&mut work.conn, row).await?) })
            })
            .await
            .expect("added");
        let heart = Heart {
            id: Some(id),
            heard_at: None,
        };
        (run, heart)
    }

    async fn row(&self, id: i64) -> SimulationRow {
        let mut conn = self.office.db.read().await.expect("a connection");
        let row = sql::by_id(&mut conn, id).await.expect("read");
        row.expect("known")
    }

    async fn seen(&self, id: i64) -> (Simulation, Option<Outcome>) {
        let (simulation, _, outcome) = self
            .office
            .simulation(&self.actor, id)
            .await
            .expect("known");
        (simulation, outcome)
    }
}

/// However long a batch takes, what is seen of it is never silent; and what takes no time says nothing.
async fn it_is_heard_of_by_the_time_that_passes(world: &World) {
    let (mut run, mut heart) = world.begin(1).await;
    let mut batches = 0;
    loop {
        assert!(heart.beats(&world.office, &run).await.expect("beats"));
        let row = world.row(1).await;
        assert_eq!(
            (row.heard_at, row.orders_done),
            (world.clock.clock.now().0, run.orders_done)
        );
        if !run.step(&world.office).await.expect("a batch") {
            break;
        }
        batches += 1;
        // As long as it may take without passing for dead.
        world.clock.clock.advance_ms(SILENT_MS);
        assert_eq!(world.seen(1).await.0.state, State::Running);
    }
    assert!(batches >= 2, "{batches} batches");
    // While months are closed it is heard of too, and looks at the clock before each agent.
    world.clock.clock.advance_ms(BEAT_MS);
    let looks = world.clock.looks.load(Ordering::SeqCst);
    let orders_done = run.orders_done;
    let outcome = run
        .end(&world.office, &mut heart)
        .await
        .expect("ended")
        .expect("not stopped");
    let looks = world.clock.looks.load(Ordering::SeqCst) - looks;
    assert!(looks >= outcome.agents.len() && outcome.agents.len() > 1);
    let row = world.row(1).await;
    assert_eq!(
        (row.heard_at, row.orders_done),
        (world.clock.clock.now().0, orders_done)
    );
    // By a clock that stands, nothing is written again.
    let (mut run, mut heart) = world.begin(2).await;
    assert!(heart.beats(&world.office, &run).await.expect("beats"));
    assert!(run.step(&world.office).await.expect("a batch"));
    world.clock.clock.advance_ms(BEAT_MS - 1);
    assert!(heart.beats(&world.office, &run).await.expect("beats"));
    assert_eq!(world.row(2).await.orders_done, 0);
    // Nor does a clock that was put back keep it silent.
    world.clock.clock.advance_ms(-BEAT_MS);
    assert!(heart.beats(&world.office, &run).await.expect("beats"));
    assert_eq!(world.row(2).await.orders_done, run.orders_done);
    // And before months are closed it says all of it, however short a while ago it was heard of.
    while run.step(&world.office).await.expect("a batch") {}
    let all = run.orders_done;
    assert!(world.row(2).await.orders_done < all);
    run.end(&world.office, &mut heart).await.expect("ended");
    let row = world.row(2).await;
    assert_eq!((row.orders_all, row.orders_done), (all, all));
}

/// One that is stopped between two batches tells no further one, and one that is stopped while months are
/// closed closes no further agent's.
async fn it_stops_at_the_next_batch_and_writes_nothing_more(world: &World) {
    let (mut run, mut heart) = world.begin(3).await;
    assert!(heart.beats(&world.office, &run).await.expect("beats"));
    assert!(run.step(&world.office).await.expect("a batch"));
    let office = &world.office;
    office
        .stop_simulation(&world.actor, 3)
        .await
        .expect("stopped");
    let stopped = world.row(3).await;
    // The clock stands, so it is not by writing that it hears of it.
    assert!(!heart.beats(office, &run).await.expect("beats"));
    world.clock.clock.advance_ms(BEAT_MS);
    // Nor does it go on when time has passed, by the way that leads to the end.
    office.clone().run_simulation(3, run).await;
    let row = world.row(3).await;
    assert_eq!(
        (row.state.as_str(), row.heard_at, row.orders_done),
        ("stopped", stopped.heard_at, stopped.orders_done)
    );
    let (simulation, outcome) = world.seen(3).await;
    assert_eq!((simulation.state, outcome), (State::Stopped, None));
    assert!(simulation.orders_done < u64::from(ORDERS) / 2);

    let (mut run, mut heart) = world.begin(4).await;
    while run.step(office).await.expect("a batch") {}
    office
        .stop_simulation(&world.actor, 4)
        .await
        .expect("stopped");
    assert_eq!(run.end(office, &mut heart).await.expect("ended"), None);
    assert_eq!(world.seen(4).await.1, None);
}

async fn lives(url: &str) {
    let world = world(url).await;
    it_is_heard_of_by_the_time_that_passes(&world).await;
    it_stops_at_the_next_batch_and_writes_nothing_more(&world).await;
    world.office.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_is_heard_of_by_the_clock_and_stops_at_the_next_batch_on_sqlite() {
    testing::on_sqlite("simulation", async |url| lives(url).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_is_heard_of_by_the_clock_and_stops_at_the_next_batch_on_postgres() {
    testing::on_postgres("simulation", async |url| lives(url).await).await;
}
