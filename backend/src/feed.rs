//! The change feed: what a device has not seen yet of what it may see.
//!
//! Every change of a thing gives it the next number, in each scope that may see it. Numbers come
//! from one row that a writing transaction holds until it commits, so the order of numbers is the
//! order of commits on both databases: a device that has seen number 7 never has to look below 7
//! again. (A PostgreSQL sequence hands numbers out before the commit, and a late commit would be
//! skipped for ever.)
//!
//! A scope keeps one row for each thing, not one for each change: a device that was away for a month
//! gets each order once, in its present state.
//!
//! A close changes a few things of every agent at once. It is one row that everybody may see, and what it
//! means to an agent is looked up when the agent's device asks ([`what_months_made`]).

pub mod sql;

use crate::db::Conn;
use crate::error::OfficeError;
use crate::patience::Patience;
use crate::work::{Needs, Work};
use crate::{Office, customers, disputes, ledger, orders, settlement};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::CustomerLabel;
use taswiq_domain::ids::{CommandId, CooperativeId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::order::{Order, OrderEvent, Stage};
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::sync::{
    Change, DisputeDocument, OrderDocument, ParkedSettled, StatementDocument,
};

/// Who sees a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// An agent's devices.
    Agent(PersonId),
    /// The devices of whoever acts for a cooperative.
    Cooperative(CooperativeId),
    /// One person's devices.
    Person(PersonId),
    /// All devices.
    Everyone,
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(person) => write!(out, "agent:{person}"),
            Self::Cooperative(cooperative) => write!(out, "cooperative:{cooperative}"),
            Self::Person(person) => write!(out, "person:{person}"),
            Self::Everyone => out.write_str("everyone"),
        }
    }
}

impl Scope {
    /// The scopes of a person.
    pub fn of(actor: &Actor) -> Vec<Self> {
        let mut scopes = vec![Self::Everyone, Self::Person(actor.person)];
        match actor.role {
            Role::Agent => scopes.push(Self::Agent(actor.person)),
            Role::Cooperative => {
                scopes.extend(actor.cooperatives.iter().copied().map(Self::Cooperative))
            }
            Role::Manager | Role::Administrator => {}
        }
        scopes
    }
}

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The person's own profile.
    Profile,
    /// The catalogue.
    Catalogue,
    /// A customer.
    Customer,
    /// An order.
    Order,
    /// A ledger entry.
    Entry,
    /// A parked command that was settled.
    Parked,
    /// A statement, or how it stands with its payment.
    Statement,
    /// A dispute.
    Dispute,
    /// A month that was closed: to each agent, the entries that the close posted and the statement it made.
    Month,
}

/// What a change weighs in an answer, in customers, by what it costs on the wire and on the phone: about. A
/// catalogue leaves room for some that come with it, and a month may bring an agent's whole close.
fn weight(row: &sql::FeedRow) -> usize {
    match row.kind.as_str() {
        _ if row.removed => 1,
        "order" | "dispute" | "statement" => 4,
        "entry" => 2,
        "month" => 100,
        "catalogue" => limits::CHANGES_PER_ANSWER / 2,
        _ => 1,
    }
}

/// How many of these rows make one answer: one at least, or a device would never get past it.
fn how_many_fit(rows: &[sql::FeedRow], changes_max: usize) -> usize {
    let mut weight_left = limits::CHANGES_PER_ANSWER;
    let heavy = rows.iter().position(|row| {
        let fits = weight(row) <= weight_left;
        weight_left = weight_left.saturating_sub(weight(row));
        !fits
    });
    heavy
        .unwrap_or(rows.len())
        .min(changes_max)
        .max(1)
        .min(rows.len())
}

impl Kind {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Catalogue => "catalogue",
            Self::Customer => "customer",
            Self::Order => "order",
            Self::Entry => "entry",
            Self::Parked => "parked",
            Self::Statement => "statement",
            Self::Dispute => "dispute",
            Self::Month => "month",
        }
    }
}

/// Rows to store, from the changes of a transaction.
pub(crate) fn rows(
    changes: &BTreeMap<(String, &'static str, String), (i64, bool)>,
) -> Vec<sql::FeedRow> {
    changes
        .iter()
        .map(|((scope, kind, entity), (number, removed))| sql::FeedRow {
            scope: scope.clone(),
            kind: (*kind).to_owned(),
            entity: entity.clone(),
            number: *number,
            removed: *removed,
        })
        .collect()
}

/// A page of changes for a device.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Oldest first, without the catalogue.
    pub changes: Vec<Change>,
    /// The catalogue, if it changed: the same for everybody.
    pub catalogue: Option<Arc<Catalogue>>,
    /// Where the device stands after them.
    pub cursor: i64,
    /// How many are still to come.
    pub more: u32,
}

impl Office {
    /// What changed after `cursor` in the scope of `actor`, at most so many changes. When an agent's device is
    /// given the decision of a cooperative, that decision can no longer be replaced in silence: the order is
    /// told so first.
    pub(crate) async fn pull(
        &self,
        actor: &Actor,
        device: DeviceId,
        cursor: i64,
        changes_max: usize,
        patience: &Patience,
    ) -> Result<Page, OfficeError> {
        let mut conn = self.db.read().await?;
        let scopes: Vec<String> = Scope::of(actor).iter().map(Scope::to_string).collect();
        let mut rows: Vec<sql::FeedRow> = Vec::new();
        // Every change weighs something: there are no more in an answer.
        let limit = limits::CHANGES_PER_ANSWER.min(changes_max.max(1)) as i64;
        // What commits while the scopes are read one after the other may have a number below one of
        // another scope: it waits for the next page, or the cursor would pass it over.
        let until = crate::db::sql::office(&mut conn)
            .await?
            .map_or(cursor, |office| office.feed_number);
        for three in scopes.chunks(3) {
            let found = sql::between(&mut conn, three_of(three), cursor, until, limit + 1).await?;
            rows.extend(found);
        }
        rows.sort_by_key(|row| row.number);
        let fit = how_many_fit(&rows, changes_max);
        let cut = rows.len() > fit;
        rows.truncate(fit);
        let Some(last) = rows.last().map(|last| last.number) else {
            return Ok(Page {
                cursor,
                ..Page::default()
            });
        };
        let mut page = Page {
            changes: Vec::with_capacity(rows.len()),
            cursor: last,
            ..Page::default()
        };
        let rows = what_months_made(&mut conn, actor, rows).await?;
        if cut {
            for three in scopes.chunks(3) {
                page.more = page.more.saturating_add(
                    sql::count_after(&mut conn, three_of(three), page.cursor).await? as u32,
                );
            }
        }
        // Of an order whose part is gone somebody who acts for two cooperatives may have another part.
        let named: BTreeSet<OrderId> = of_kind(&rows, Kind::Order, false)
            .chain(of_kind(&rows, Kind::Order, true))
            .collect();
        let ids: Vec<OrderId> = named.into_iter().collect();
        let mut stored = orders::load(&mut conn, &ids).await?;
        if actor.role == Role::Agent {
            let unseen: Vec<OrderId> = stored
                .iter()
                .filter(|stored| stored.order.agent == actor.person && has_unseen(&stored.order))
                .map(|stored| stored.order.id)
                .collect();
            if !unseen.is_empty() {
                drop(conn);
                let marked = self
                    .mark_seen(actor, device, unseen.clone(), patience)
                    .await;
                conn = self.db.read().await?;
                match marked {
                    Ok(()) => stored = orders::load(&mut conn, &ids).await?,
                    // Told all the same, and once more when it can be noted that it was.
                    Err(OfficeError::Busy) => page.cursor = before_first_of(&rows, &unseen, last),
                    Err(error) => return Err(error),
                }
            }
        }
        let mut documents = Documents {
            orders: stored
                .into_iter()
                .map(|stored| (stored.order.id, stored))
                .collect(),
            ..Documents::default()
        };
        let mut customer_ids: BTreeSet<CustomerId> =
            of_kind(&rows, Kind::Customer, false).collect();
        if actor.role == Role::Cooperative {
            customer_ids.extend(
                documents
                    .orders
                    .values()
                    .map(|stored| stored.order.customer),
            );
        }
        let customer_ids: Vec<CustomerId> = customer_ids.into_iter().collect();
        documents.customers = customers::load(&mut conn, &customer_ids)
            .await?
            .into_iter()
            .map(|stored| (stored.customer.id, stored.customer))
            .collect();
        let numbers: Vec<i64> = rows
            .iter()
            .filter(|row| row.kind == Kind::Entry.as_str())
            .filter_map(|row| row.entity.parse().ok())
            .collect();
        let mut entries = ledger::entries(&mut conn, &numbers).await?;
        ledger::add_sources(&mut conn, &mut entries).await?;
        documents.entries = entries
            .into_iter()
            .map(|entry| (entry.number, entry))
            .collect();
        for period in of_kind::<Period>(&rows, Kind::Statement, false) {
            if let Some((document, _)) =
                settlement::document(&mut conn, actor.person, period).await?
            {
                documents.statements.insert(period, document);
            }
        }
        let commands: Vec<uuid::Uuid> = of_kind::<CommandId>(&rows, Kind::Parked, false)
            .map(|id| id.0)
            .collect();
        for row in crate::sync::sql::by_ids(&mut conn, &commands).await? {
            if let Some(accepted) = row.accepted {
                documents.settled.insert(CommandId(row.id), accepted);
            }
        }
        let disputes: Vec<uuid::Uuid> = of_kind(&rows, Kind::Dispute, false).collect();
        documents.disputes = disputes::documents(&mut conn, &disputes).await?;
        if rows.iter().any(|row| row.kind == Kind::Profile.as_str()) {
            documents.profile = crate::people::profile(&mut conn, actor.person, self.now()).await?;
        }
        if rows.iter().any(|row| row.kind == Kind::Catalogue.as_str()) {
            let revision = crate::db::sql::office(&mut conn)
                .await?
                .map_or(0, |office| office.catalogue_revision);
            page.catalogue = Some(self.shared.catalogue.at(&mut conn, revision).await?);
        }
        let mut told = BTreeSet::new();
        for row in &rows {
            // An order of two cooperatives that one person acts for stands in two scopes.
            if told.insert((row.kind.as_str(), row.entity.as_str())) {
                page.changes.extend(documents.change(actor, row));
            }
        }
        Ok(page)
    }

    async fn mark_seen(
        &self,
        actor: &Actor,
        device: DeviceId,
        ids: Vec<OrderId>,
        patience: &Patience,
    ) -> Result<(), OfficeError> {
        let person = actor.person;
        self.write_within(
            patience.clone(),
            Needs::default(),
            (ids, person, device),
            |(ids, person, device), work| Box::pin(mark_seen(work, ids, *person, *device)),
        )
        .await
    }
}

/// Where a device stands that has heard of what came before these orders, of rows that end with `last`.
fn before_first_of(rows: &[sql::FeedRow], orders: &[OrderId], last: i64) -> i64 {
    rows.iter()
        .filter(|row| row.kind == Kind::Order.as_str())
        .find(|row| {
            row.entity
                .parse()
                .is_ok_and(|order| orders.contains(&order))
        })
        .map_or(last, |row| row.number - 1)
}

/// Puts in the place of each month that was closed what the close made for an agent: the entries it posted,
/// in the order of the agent's chain, and the statement. To others it made nothing.
async fn what_months_made(
    conn: &mut Conn,
    actor: &Actor,
    rows: Vec<sql::FeedRow>,
) -> Result<Vec<sql::FeedRow>, OfficeError> {
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        if row.kind != Kind::Month.as_str() {
            made.push(row);
            continue;
        }
        let Some(period) = row
            .entity
            .parse()
            .ok()
            .filter(|_| actor.role == Role::Agent)
        else {
            continue;
        };
        let scope = Scope::Agent(actor.person).to_string();
        let of_agent = |kind: Kind, entity: String| sql::FeedRow {
            scope: scope.clone(),
            kind: kind.as_str().to_owned(),
            entity,
            ..row.clone()
        };
        let entries = settlement::posted_by_close(conn, actor.person, period).await?;
        made.extend(
            entries
                .into_iter()
                .map(|number| of_agent(Kind::Entry, number.to_string())),
        );
        // A statement whose payment has moved on has a row of its own, and comes with that.
        let statement = of_agent(Kind::Statement, row.entity.clone());
        if !sql::has_had(conn, &scope, &statement.kind, &statement.entity).await? {
            made.push(statement);
        }
    }
    Ok(made)
}

async fn mark_seen(
    work: &mut Work,
    ids: &[OrderId],
    person: PersonId,
    device: DeviceId,
) -> Result<(), OfficeError> {
    for id in ids {
        let Some(stored) = work.order(*id).await? else {
            continue;
        };
        let mut order = stored.order.clone();
        let unseen: Vec<CooperativeId> = unseen(&order).collect();
        for cooperative in unseen {
            let event = OrderEvent::DecisionSeen { cooperative };
            let (now, after) = (work.now, order.after(&event, work.now)?);
            order = after.clone();
            work.happen(
                &event,
                after,
                crate::work::Doer {
                    actor: Some(person),
                    device: Some(device),
                    made_at: now,
                    received_at: now,
                },
            )
            .await?;
        }
    }
    Ok(())
}

fn unseen(order: &Order) -> impl Iterator<Item = CooperativeId> + '_ {
    order
        .sub_orders
        .iter()
        .filter(|sub_order| {
            matches!(
                sub_order.stage,
                Stage::Confirmed | Stage::Refused | Stage::ChangeProposed
            ) && !sub_order.decision_seen
        })
        .map(|sub_order| sub_order.cooperative)
}

fn has_unseen(order: &Order) -> bool {
    unseen(order).next().is_some()
}

fn three_of(scopes: &[String]) -> [&str; 3] {
    let last = scopes.last().map_or("", String::as_str);
    [
        scopes.first().map_or(last, String::as_str),
        scopes.get(1).map_or(last, String::as_str),
        last,
    ]
}

fn of_kind<'a, T: FromStr + 'a>(
    rows: &'a [sql::FeedRow],
    kind: Kind,
    removed: bool,
) -> impl Iterator<Item = T> + 'a {
    rows.iter()
        .filter(move |row| row.kind == kind.as_str() && row.removed == removed)
        .filter_map(|row| row.entity.parse().ok())
}

#[derive(Default)]
struct Documents {
    orders: HashMap<OrderId, orders::StoredOrder>,
    customers: HashMap<CustomerId, taswiq_domain::customer::Customer>,
    entries: HashMap<i64, taswiq_domain::sync::LedgerEntry>,
    settled: HashMap<CommandId, bool>,
    statements: HashMap<Period, StatementDocument>,
    disputes: BTreeMap<uuid::Uuid, DisputeDocument>,
    profile: Option<taswiq_domain::person::Profile>,
}

impl Documents {
    /// The change that a row stands for, reduced to what `actor` may see.
    fn change(&self, actor: &Actor, row: &sql::FeedRow) -> Option<Change> {
        match row.kind.as_str() {
            "profile" => self.profile.clone().map(Change::Profile),
            "customer" => {
                let id = row.entity.parse().ok()?;
                if row.removed {
                    Some(Change::CustomerRemoved(id))
                } else {
                    self.customers.get(&id).cloned().map(Change::Customer)
                }
            }
            "order" => {
                let id = row.entity.parse().ok()?;
                let gone = row.removed.then_some(Change::OrderRemoved(id));
                let Some(stored) = self.orders.get(&id) else {
                    return gone;
                };
                let label = || {
                    self.customers
                        .get(&stored.order.customer)
                        .map(|customer| CustomerLabel {
                            first_name: customer.details.first_name.clone(),
                            place: customer.details.place.clone(),
                        })
                };
                let (order, customer) = match actor.role {
                    Role::Cooperative => match stored.order.for_cooperatives(&actor.cooperatives) {
                        Some(part) => (part, label()),
                        None => return gone,
                    },
                    _ if row.removed => return gone,
                    _ => (
                        Order {
                            signature: String::new(),
                            ..stored.order.clone()
                        },
                        None,
                    ),
                };
                Some(Change::Order(Box::new(OrderDocument {
                    order,
                    received_at: stored.received_at,
                    customer,
                })))
            }
            "entry" => self
                .entries
                .get(&row.entity.parse().ok()?)
                .cloned()
                .map(Change::Entry),
            "dispute" => self
                .disputes
                .get(&row.entity.parse().ok()?)
                .cloned()
                .map(|document| Change::Dispute(Box::new(document))),
            "parked" => {
                let command = row.entity.parse().ok()?;
                self.settled.get(&command).map(|accepted| {
                    Change::ParkedSettled(ParkedSettled {
                        command,
                        accepted: *accepted,
                    })
                })
            }
            "statement" => self
                .statements
                .get(&row.entity.parse().ok()?)
                .cloned()
                .map(|document| Change::Statement(Box::new(document))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(kinds: &[(Kind, usize)]) -> Vec<sql::FeedRow> {
        let several = kinds
            .iter()
            .flat_map(|(kind, count)| std::iter::repeat_n(kind, *count));
        several
            .zip(1..)
            .map(|(kind, number)| sql::FeedRow {
                scope: "everyone".to_owned(),
                kind: kind.as_str().to_owned(),
                entity: number.to_string(),
                number,
                removed: false,
            })
            .collect()
    }

    #[test]
    fn an_answer_holds_many_small_changes_or_fewer_large_ones_and_always_one() {
        let fit = |kinds: &[(Kind, usize)]| how_many_fit(&rows(kinds), usize::MAX);
        assert_eq!(fit(&[]), 0);
        assert_eq!(fit(&[(Kind::Customer, 5_000)]), limits::CHANGES_PER_ANSWER);
        assert_eq!(fit(&[(Kind::Order, 5_000)]), 500);
        assert_eq!(fit(&[(Kind::Catalogue, 1), (Kind::Customer, 5_000)]), 1_001);
        assert_eq!(fit(&[(Kind::Customer, 10), (Kind::Order, 1)]), 11);
        let mut removed = rows(&[(Kind::Order, 5_000)]);
        removed.iter_mut().for_each(|row| row.removed = true);
        assert_eq!(
            how_many_fit(&removed, usize::MAX),
            limits::CHANGES_PER_ANSWER
        );
        for changes_max in [0, 1] {
            assert_eq!(how_many_fit(&rows(&[(Kind::Month, 9)]), changes_max), 1);
        }
    }
}
