//! Writes the demo company into an empty database.
//!
//! Orders are lived and turned into rows on a thread of their own, a batch ahead of the writer, so
//! that two cores are busy and no more than three batches are in memory.

use super::{Demo, DemoError, OFFLINE_AGENTS, Options, PASSWORD};
use crate::Office;
use crate::bulk::{self, Batch, History, PastDevice};
use crate::catalogue::{CooperativeDetails, NewPrice, PlanDraft, ProductDetails};
use crate::customers::StoredCustomer;
use crate::error::OfficeError;
use crate::people::PersonDetails;
use std::sync::Arc;
use taswiq_domain::person::Role;
use tokio::sync::mpsc;

/// Orders in one transaction.
const BATCH_ORDERS: usize = 2_000;

/// Why the demo company could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// It could not be made up.
    #[error("the demo company could not be made")]
    Demo(#[from] DemoError),
    /// It could not be stored; a conflict says that the database is not empty.
    #[error("the demo company could not be stored")]
    Office(#[from] OfficeError),
}

/// Fills an empty office with the demo company. `progress` is told how many orders are stored.
///
/// # Errors
/// [`OfficeError::Conflict`] when the office is not empty; nothing is changed then. Any other error
/// leaves a company without a part of its orders.
pub async fn fill(
    office: &Office,
    options: Options,
    mut progress: impl FnMut(u32) + Send,
) -> Result<(), FillError> {
    let calendar = office.calendar().clone();
    let demo = Demo::new(options, &calendar)?;
    office.found_demo_company(company(&demo)).await?;
    let customers: Vec<StoredCustomer> = demo
        .customers()
        .map(|known| StoredCustomer {
            customer: known.customer.clone(),
            agent: known.agent,
            created_at: known.created_at,
        })
        .collect();
    let first = Batch::new(&customers, &[], &calendar)?.with_devices(&devices(&demo));
    office.bulk_load(Arc::new(first)).await?;
    let (sender, mut batches) = mpsc::channel::<Result<(u32, Batch), FillError>>(1);
    let living = tokio::task::spawn_blocking(move || {
        let mut histories = demo.histories();
        loop {
            let some: Result<Vec<History>, DemoError> =
                histories.by_ref().take(BATCH_ORDERS).collect();
            let batch = some.map_err(FillError::from).and_then(|some| {
                let batch = Batch::new(&[], &some, &calendar)?;
                Ok((some.len() as u32, batch))
            });
            let is_last = !matches!(&batch, Ok((count, _)) if *count as usize == BATCH_ORDERS);
            // Nobody listens any more after an error: there is nothing left to do.
            if sender.blocking_send(batch).is_err() || is_last {
                return;
            }
        }
    });
    let mut stored = 0;
    while let Some(batch) = batches.recv().await {
        let (count, batch) = batch?;
        office.bulk_load(Arc::new(batch)).await?;
        stored += count;
        progress(stored);
    }
    // The thread has sent everything it had, or said why not.
    living.await.map_err(|_| OfficeError::Busy)?;
    Ok(())
}

/// The company as the bulk loader wants it. Everything gets the number that it has in `demo`.
fn company(demo: &Demo) -> bulk::Company {
    let made = demo.company();
    let catalogue = &made.catalogue;
    bulk::Company {
        cooperatives: made
            .cooperatives
            .iter()
            .map(|joined| {
                let details = CooperativeDetails {
                    name: joined.cooperative.name.clone(),
                    place: joined.cooperative.place.clone(),
                    region: joined.region.clone(),
                    phone: Some(joined.phone.clone()),
                };
                (details, joined.cooperative.conventions.clone())
            })
            .collect(),
        categories: catalogue
            .categories
            .iter()
            .map(|category| (category.name.clone(), category.picture.clone()))
            .collect(),
        products: catalogue
            .products
            .iter()
            .map(|product| {
                let details = ProductDetails {
                    cooperative: product.cooperative,
                    category: product.category,
                    name: product.name.clone(),
                    unit: product.unit.clone(),
                    picture: product.picture.clone(),
                    on_sale: product.on_sale,
                };
                (details, product.vat.clone())
            })
            .collect(),
        price_lists: catalogue
            .price_lists
            .iter()
            .map(|list| {
                let prices = catalogue
                    .products
                    .iter()
                    .flat_map(|product| product.prices.iter().map(move |price| (product.id, price)))
                    .filter(|(_, price)| price.version == list.version)
                    .map(|(product, price)| NewPrice {
                        product,
                        retail: price.retail,
                        semi_wholesale: price.semi_wholesale,
                        wholesale: price.wholesale,
                    })
                    .collect();
                (list.valid_from, prices)
            })
            .collect(),
        plans: catalogue
            .plans
            .iter()
            .map(|plan| {
                (
                    plan.valid_from,
                    PlanDraft {
                        rules: plan.rules.clone(),
                        period: plan.period.clone(),
                    },
                )
            })
            .collect(),
        people: made
            .people
            .iter()
            .map(|person| {
                let details = PersonDetails {
                    role: person.role,
                    name: person.name.clone(),
                    login: Some(person.login.clone()),
                    phone: person.phone.clone(),
                    language: person.language.to_owned(),
                    cooperatives: person.cooperatives.clone(),
                };
                (details, PASSWORD.to_owned())
            })
            .collect(),
        engagements: made
            .people
            .iter()
            .flat_map(|person| {
                let terms = person.engagements.iter();
                terms.map(|engagement| (person.id, engagement.clone()))
            })
            .collect(),
    }
}

/// The phones, as the office last heard of them.
fn devices(demo: &Demo) -> Vec<PastDevice> {
    let made = demo.company();
    let mut agents_seen = 0;
    made.people
        .iter()
        .filter_map(|person| {
            let agent = agents_seen;
            agents_seen += usize::from(person.role == Role::Agent);
            let offline_since = (person.role == Role::Agent)
                .then(|| demo.options.offline_since(&demo.days, agent))
                .flatten();
            Some(PastDevice {
                id: person.device?,
                person: person.id,
                created_at: made.set_up_at,
                last_contact_at: offline_since.unwrap_or(demo.options.ends_at),
                // The network went away while they were being handed over.
                orders_waiting: match offline_since {
                    Some(_) if agent == OFFLINE_AGENTS[0] => 3,
                    Some(_) => 4,
                    None => 0,
                },
            })
        })
        .collect()
}
