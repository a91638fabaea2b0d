//! Loading whole histories: for the demo company and for benchmarks.
//!
//! The history is made by the rules, event by event, on the caller's side ([`History`]); here it is
//! written with everything that follows from it (states, sub-orders, ledger, sums, change feed) in
//! large transactions of many rows each. The result is what the events would have made one by one,
//! and the recount holds for it. Rows are prepared ([`Batch::new`]) on the caller's thread, while the
//! writer is still busy with the batch before.

use crate::Office;
use crate::catalogue::{self, CooperativeDetails, NewPrice, PlanDraft, ProductDetails, write_json};
use crate::clock::Casablanca;
use crate::customers::{self, StoredCustomer};
use crate::devices::sql::DeviceRow;
use crate::error::{OfficeError, invalid};
use crate::feed::sql::FeedRow;
use crate::feed::{Kind, Scope};
use crate::ledger;
use crate::orders::sql::{EventRow, OrderRow, SubOrderRow};
use crate::orders::{self, StoredOrder};
use crate::people::{self, PersonDetails};
use crate::rollups::Deltas;
use crate::work::{Doer, Work};
use crate::{devices, engagements, feed, settlement};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CooperativeId, DeviceId, PersonId, PlanVersion};
use taswiq_domain::ledger::{Happening, Told, Transfer, transfers_for};
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::period::Period;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;

/// A company as it stood through time. Things get their numbers by their place in these lists, from
/// 1: the first cooperative is [`CooperativeId`]`(1)`, and so on. The only way to publish something
/// for the past, and it works on an empty office alone.
#[derive(Clone, Debug, Default)]
pub struct Company {
    /// Cooperatives, each with its conventions, oldest first.
    pub cooperatives: Vec<(CooperativeDetails, Vec<Convention>)>,
    /// Categories in the order in which agents see them.
    pub categories: Vec<(LocalText, Picture)>,
    /// Products, each with its tax, oldest first.
    pub products: Vec<(ProductDetails, Vec<VatRate>)>,
    /// Versions of the price list, oldest first, each with the prices it brings.
    pub price_lists: Vec<(Timestamp, Vec<NewPrice>)>,
    /// Versions of the commission plan, oldest first.
    pub plans: Vec<(Timestamp, PlanDraft)>,
    /// People with their passwords. Equal passwords are hashed once: this is for demonstrations.
    pub people: Vec<(PersonDetails, String)>,
    /// The terms on which agents sell, by agent, oldest first.
    pub engagements: Vec<(PersonId, Engagement)>,
}

/// Histories are made far from any office, and by a few million steps.
static CALENDAR: LazyLock<Casablanca> = LazyLock::new(Casablanca::default);

/// An order with all that happened to it. Built by [`History::place`] and [`History::happen`], so
/// that no event can be in it that the rules refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    order: Order,
    received_at: Timestamp,
    events: Vec<RecordedEvent>,
    transfers: Vec<Transfer>,
}

impl History {
    /// Begins with an order as it was priced at the door.
    pub fn place(order: Order, device: Option<DeviceId>, received_at: Timestamp) -> Self {
        let placed = RecordedEvent {
            number: 1,
            event: OrderEvent::Placed {
                order: Box::new(order.clone()),
            },
            actor: Some(order.agent),
            device,
            made_at: order.placed_at,
            received_at,
        };
        // An order just placed has moved no money: commission is an estimate until confirmed.
        Self {
            received_at,
            events: vec![placed],
            transfers: Vec::new(),
            order,
        }
    }

    /// Lets something happen, or says why it cannot.
    pub fn happen(
        &mut self,
        event: OrderEvent,
        actor: Option<PersonId>,
        device: Option<DeviceId>,
        made_at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), Refusal> {
        let after = self.order.after(&event, made_at)?;
        let recorded = RecordedEvent {
            number: after.revision,
            event,
            actor,
            device,
            made_at,
            received_at,
        };
        let earlier: Vec<Told<'_>> = self.events.iter().map(RecordedEvent::told).collect();
        self.transfers.extend(transfers_for(
            Some(&self.order),
            &after,
            &Happening {
                told: recorded.told(),
                actor,
                earlier: &earlier,
                month: &|moment| Period::at(moment.at, &*CALENDAR),
            },
        )?);
        self.events.push(recorded);
        self.order = after;
        Ok(())
    }

    /// The order as it stands.
    pub const fn order(&self) -> &Order {
        &self.order
    }

    /// When the server took it in.
    pub const fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// What happened, oldest first.
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// What that moved in the ledger.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }
}

/// A device as it stood at its last contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDevice {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// Its first contact.
    pub created_at: Timestamp,
    /// Its last contact.
    pub last_contact_at: Timestamp,
    /// Orders it had not handed over by then.
    pub orders_waiting: u32,
}

/// Rows ready to be written: the work of many events done on the caller's thread.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    customers: Vec<customers::sql::CustomerRow>,
    orders: Vec<OrderRow>,
    sub_orders: Vec<SubOrderRow>,
    capped_lines: Vec<settlement::sql::CappedLineRow>,
    events: Vec<EventRow>,
    transfers: Vec<Transfer>,
    rollups: Deltas,
    feed: Vec<(Scope, Kind, String)>,
    devices: Vec<DeviceRow>,
}

impl Batch {
    /// Prepares customers and the histories of orders. An order's customer must come in the same or
    /// an earlier batch. A few thousand orders make a good batch.
    pub fn new(
        customers: &[StoredCustomer],
        histories: &[History],
        calendar: &Casablanca,
    ) -> Result<Self, OfficeError> {
        let mut batch = Self::default();
        for stored in customers {
            batch.feed.push((
                Scope::Agent(stored.agent),
                Kind::Customer,
                stored.customer.id.to_string(),
            ));
            batch.customers.push(stored.to_row()?);
        }
        for history in histories {
            let order = &history.order;
            let stored = StoredOrder {
                order: order.clone(),
                received_at: history.received_at,
            };
            batch.orders.push(stored.to_row()?);
            batch.sub_orders.extend(stored.to_sub_order_rows()?);
            batch.capped_lines.extend(settlement::capped_lines(order));
            for recorded in &history.events {
                let doer = Doer {
                    actor: recorded.actor,
                    device: recorded.device,
                    made_at: recorded.made_at,
                    received_at: recorded.received_at,
                };
                batch.events.push(orders::event_row(
                    order.id,
                    recorded.number,
                    &recorded.event,
                    &doer,
                ));
            }
            batch.transfers.extend(history.transfers.iter().cloned());
            // Sums telescope: what all events changed together is what the last state adds.
            batch.rollups.add(None, Some(order), calendar)?;
            let entity = order.id.to_string();
            batch
                .feed
                .push((Scope::Agent(order.agent), Kind::Order, entity.clone()));
            let cooperatives: BTreeSet<CooperativeId> = order
                .sub_orders
                .iter()
                .map(|sub_order| sub_order.cooperative)
                .collect();
            batch.feed.extend(
                cooperatives.into_iter().map(|cooperative| {
                    (Scope::Cooperative(cooperative), Kind::Order, entity.clone())
                }),
            );
        }
        Ok(batch)
    }

    /// The same batch with devices.
    #[must_use]
    pub fn with_devices(mut self, devices: &[PastDevice]) -> Self {
        self.devices = devices
            .iter()
            .map(|device| DeviceRow {
                id: device.id.0,
                person_id: device.person.0,
                created_at: device.created_at.0,
                waiting_commands: i64::from(device.orders_waiting),
                waiting_orders: i64::from(device.orders_waiting),
                waiting_oldest_made_at: (device.orders_waiting > 0)
                    .then_some(device.last_contact_at.0),
                ..DeviceRow::new(device.id.0, device.person.0, device.last_contact_at.0)
            })
            .collect();
        self
    }
}

impl Office {
    /// Founds a company on an empty office, with its past.
    ///
    /// # Errors
    /// [`OfficeError::Conflict`] when the office already has people or cooperatives.
    pub async fn found_company(&self, company: Company) -> Result<(), OfficeError> {
        self.found(company, false).await
    }

    /// [`Office::found_company`] for the demo company: the database says so from then on, for its
    /// passwords are known to everybody.
    ///
    /// # Errors
    /// See [`Office::found_company`].
    pub async fn found_demo_company(&self, company: Company) -> Result<(), OfficeError> {
        self.found(company, true).await
    }

    /// Whether this is the demo company, which must not be reached from other machines.
    pub async fn is_demo(&self) -> Result<bool, OfficeError> {
        let mut conn = self.db.read().await?;
        Ok(crate::db::sql::is_demo(&mut conn)
            .await?
            .is_some_and(|(is_demo,)| is_demo))
    }

    async fn found(&self, company: Company, is_demo: bool) -> Result<(), OfficeError> {
        let mut hashes: Vec<(String, String)> = Vec::new();
        let mut hash_of_each = Vec::with_capacity(company.people.len());
        for (_, password) in &company.people {
            let known = hashes
                .iter()
                .find(|(known, _)| known == password)
                .map(|(_, hash)| hash.clone());
            let hash = match known {
                Some(hash) => hash,
                None => {
                    people::password::check(password)?;
                    let hash = people::password::hash(password)
                        .await
                        .ok_or(OfficeError::Busy)?;
                    hashes.push((password.clone(), hash.clone()));
                    hash
                }
            };
            hash_of_each.push(hash);
        }
        self.write(
            (company, hash_of_each, is_demo),
            |(company, hashes, is_demo), work| {
                Box::pin(async move {
                    found_company(work, company, hashes).await?;
                    crate::db::sql::set_is_demo(&mut work.conn, *is_demo).await?;
                    Ok(())
                })
            },
        )
        .await
    }

    /// Writes a batch in one transaction.
    pub async fn bulk_load(&self, batch: Arc<Batch>) -> Result<(), OfficeError> {
        self.write(batch, |batch, work| Box::pin(write_batch(work, batch)))
            .await
    }
}

async fn found_company(
    work: &mut Work,
    company: &Company,
    hashes: &[String],
) -> Result<(), OfficeError> {
    let (cooperatives, categories, products) = catalogue::sql::last_ids(&mut work.conn).await?;
    if cooperatives + categories + products + people::sql::last_id(&mut work.conn).await? > 0 {
        return Err(OfficeError::Conflict { field: "company" });
    }
    for (details, conventions) in &company.cooperatives {
        let id = catalogue::add_cooperative(work, None, details).await?;
        let rows: Vec<catalogue::sql::ConventionRow> = conventions
            .iter()
            .map(|convention| catalogue::convention_row(id, convention))
            .collect::<Result<_, _>>()?;
        catalogue::sql::add_conventions(&mut work.conn, &rows).await?;
    }
    for (name, picture) in &company.categories {
        catalogue::add_category(work, None, name, picture).await?;
    }
    let catalogue_now = work.catalogue().await?;
    let mut rows = Vec::with_capacity(company.products.len());
    let mut vat_rows = Vec::new();
    for ((details, vat), id) in company.products.iter().zip(1..) {
        catalogue_now
            .cooperative(details.cooperative)
            .ok_or_else(|| invalid("cooperative"))?;
        catalogue_now
            .category(details.category)
            .ok_or_else(|| invalid("category"))?;
        rows.push(catalogue::sql::ProductRow {
            id,
            cooperative_id: details.cooperative.0,
            category_id: details.category.0,
            name: write_json(&details.name)?,
            unit: write_json(&details.unit)?,
            picture: write_json(&details.picture)?,
            on_sale: details.on_sale,
            created_at: work.now.0,
        });
        vat_rows.extend(vat.iter().map(|vat| catalogue::sql::VatRow {
            product_id: id,
            valid_from: vat.valid_from.0,
            rate_ppm: i64::from(vat.rate.0),
        }));
    }
    catalogue::sql::put_products(&mut work.conn, &rows).await?;
    catalogue::sql::add_vat_rates(&mut work.conn, &vat_rows).await?;
    for ((valid_from, prices), version) in company.price_lists.iter().zip(1..) {
        let list = catalogue::sql::PriceListRow {
            version,
            valid_from: valid_from.0,
            published_by: None,
            published_at: valid_from.0,
        };
        catalogue::sql::add_price_list(&mut work.conn, &list).await?;
        let rows: Vec<catalogue::sql::PriceRow> = prices
            .iter()
            .map(|price| catalogue::sql::PriceRow {
                product_id: price.product.0,
                version,
                retail_centimes: price.retail.0,
                semi_wholesale_centimes: price.semi_wholesale.0,
                wholesale_centimes: price.wholesale.0,
            })
            .collect();
        catalogue::sql::add_prices(&mut work.conn, &rows).await?;
    }
    for ((valid_from, draft), version) in company.plans.iter().zip(1..) {
        let plan = draft.clone().at(PlanVersion(version), *valid_from);
        plan.check()?;
        let row = catalogue::sql::PlanRow {
            version,
            valid_from: valid_from.0,
            rules: write_json(&plan.rules)?,
            period: write_json(&plan.period)?,
            published_by: None,
            published_at: valid_from.0,
        };
        catalogue::sql::add_plan(&mut work.conn, &row).await?;
    }
    work.catalogue_changed();
    for ((details, _), hash) in company.people.iter().zip(hashes) {
        people::add_person(work, None, details, Some(hash)).await?;
    }
    for (agent, engagement) in &company.engagements {
        engagements::add(work, None, *agent, engagement).await?;
    }
    Ok(())
}

async fn write_batch(work: &mut Work, batch: &Batch) -> Result<(), OfficeError> {
    devices::sql::put(&mut work.conn, &batch.devices).await?;
    customers::sql::put(&mut work.conn, &batch.customers).await?;
    orders::sql::put(&mut work.conn, &batch.orders).await?;
    orders::sql::put_sub_orders(&mut work.conn, &batch.sub_orders).await?;
    settlement::sql::put_capped_lines(&mut work.conn, &batch.capped_lines).await?;
    orders::sql::add_events(&mut work.conn, &batch.events).await?;
    let mut rows = Vec::with_capacity(batch.feed.len() + batch.transfers.len());
    let mut row = |scope: &Scope, kind: Kind, entity: String, number: i64| {
        rows.push(FeedRow {
            scope: scope.to_string(),
            kind: kind.as_str().to_owned(),
            entity,
            number,
            removed: false,
        });
    };
    for (scope, kind, entity) in &batch.feed {
        row(scope, *kind, entity.clone(), work.next_feed_number());
    }
    let mut transfers = Vec::with_capacity(batch.transfers.len());
    for transfer in &batch.transfers {
        let number = work.next_ledger_number();
        if let Some(agent) = transfer.agent() {
            row(
                &Scope::Agent(agent),
                Kind::Entry,
                number.to_string(),
                work.next_feed_number(),
            );
        }
        let mut transfer = transfer.clone();
        transfer.period = transfer.period.max(work.open_period());
        transfers.push((number, transfer));
    }
    ledger::write(&mut work.conn, &transfers).await?;
    feed::sql::put(&mut work.conn, &rows).await?;
    work.take_over(&batch.rollups)
}
