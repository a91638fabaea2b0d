//! A new phone is told everything it may see in parts: it knows then what a phone knows that heard of each
//! thing as it happened.

use super::world::*;
use std::collections::BTreeMap;
use taswiq_backend::catalogue::NewPrice;
use taswiq_domain::ids::{CustomerId, PersonId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::sync::Change;

/// What a phone keeps of what it is told.
type Known = BTreeMap<(&'static str, String), Change>;

fn take(known: &mut Known, changes: Vec<Change>) {
    for change in changes {
        let place = match &change {
            Change::Profile(_) => ("profile", String::new()),
            Change::Catalogue(_) => ("catalogue", String::new()),
            Change::Customer(customer) => ("customer", customer.id.to_string()),
            Change::CustomerRemoved(id) => ("customer", id.to_string()),
            Change::Order(document) => ("order", document.order.id.to_string()),
            Change::OrderRemoved(id) => ("order", id.to_string()),
            Change::Entry(entry) => ("entry", entry.number.to_string()),
            Change::Statement(document) => ("statement", document.statement.period.to_string()),
            Change::Dispute(document) => ("dispute", document.dispute.id.to_string()),
            Change::ParkedSettled(_) => continue,
        };
        if matches!(change, Change::CustomerRemoved(_) | Change::OrderRemoved(_)) {
            known.remove(&place);
        } else {
            known.insert(place, change);
        }
    }
}

/// A phone that asks for at most so many changes at once.
struct Listener {
    phone: Phone,
    changes_max: Option<u32>,
    known: Known,
}

impl Listener {
    async fn new(world: &World, person: PersonId, changes_max: Option<u32>) -> Self {
        Self {
            phone: world.phone(person).await,
            changes_max,
            known: Known::new(),
        }
    }

    /// Takes one part; whether there are more.
    async fn hears(&mut self) -> bool {
        let mut request = self.phone.request(Vec::new());
        request.changes_max = self.changes_max;
        let session = self.phone.session().await;
        let response = self
            .phone
            .office
            .sync(&session, request)
            .await
            .expect("an answer");
        let at_most = self
            .changes_max
            .map_or(usize::MAX, |max| max.max(1) as usize);
        assert!(
            response.changes.len() <= at_most,
            "{}",
            response.changes.len()
        );
        assert!(
            response.cursor > self.phone.cursor || response.more == 0,
            "it moves on"
        );
        self.phone.cursor = response.cursor;
        self.phone.epoch = response.epoch;
        take(&mut self.known, response.changes);
        response.more > 0
    }

    async fn hears_all(&mut self) {
        while self.hears().await {}
    }
}

/// The next thing that happens in the company.
async fn happens(world: &World, number: usize, agent: &mut Phone, customers: &mut Vec<CustomerId>) {
    match number % 5 {
        0 => customers.push(agent.register().await),
        1 => drop(agent.place(&[(1, 2), (3, 1)]).await),
        2 => {
            let (from, retail) = (
                world.clock_now().plus_days(number as i64 + 1),
                12_000 + number as i64,
            );
            let prices = vec![NewPrice {
                product: ProductId(1),
                retail: Centimes(retail),
                semi_wholesale: Centimes(retail - 1_000),
                wholesale: Centimes(retail - 2_000),
            }];
            let administrator = world.administrator();
            let published = world.office.publish_prices(&administrator, from, prices);
            published.await.expect("published");
        }
        3 => {
            let mut cooperative = world.phone(BEEKEEPER).await;
            let order = world.order(agent.place(&[(2, 1)]).await).await;
            cooperative.act_ok(&confirm(&order, HONEY)).await;
        }
        _ => {
            if let Some(customer) = customers.pop() {
                let manager = world.manager();
                let moved = world
                    .office
                    .move_customers(&manager, vec![customer], OTHER_AGENT);
                moved.await.expect("moved");
            }
        }
    }
}

promise! {
    async fn what_is_told_in_parts_while_things_happen_is_what_was_told_as_it_happened(world) {
        let mut agent = world.phone(AGENT).await;
        let mut customers = Vec::new();
        let mut elder = Listener::new(&world, AGENT, None).await;
        for number in 0..20 {
            happens(&world, number, &mut agent, &mut customers).await;
            elder.hears_all().await;
        }
        let mut number = 20;
        for changes_max in [Some(0), Some(1), Some(2), Some(7), Some(64), None] {
            let mut newcomer = Listener::new(&world, AGENT, changes_max).await;
            let mut beekeeper = Listener::new(&world, BEEKEEPER, changes_max).await;
            // Things happen between the parts, for a while.
            for _ in 0..5 {
                newcomer.hears().await;
                beekeeper.hears().await;
                happens(&world, number, &mut agent, &mut customers).await;
                number += 1;
            }
            for listener in [&mut elder, &mut newcomer, &mut beekeeper] {
                listener.hears_all().await;
            }
            assert_eq!(newcomer.known.keys().collect::<Vec<_>>(), elder.known.keys().collect::<Vec<_>>());
            assert_eq!(newcomer.known, elder.known, "{changes_max:?}");
            let mut at_once = Listener::new(&world, BEEKEEPER, None).await;
            at_once.hears_all().await;
            assert_eq!(beekeeper.known, at_once.known, "{changes_max:?}");
        }
        let mut other = Listener::new(&world, OTHER_AGENT, Some(3)).await;
        other.hears_all().await;
        let theirs = |(kind, id): &&(&'static str, String)| matches!(*kind, "customer" | "order" | "entry") && elder.known.contains_key(&(*kind, id.clone()));
        assert_eq!(other.known.keys().filter(theirs).count(), 0, "nobody's but their own");
        assert!(other.known.keys().any(|(kind, _)| *kind == "customer"), "those who moved");
        world.assert_sound().await;
    }
}
