//! The ledger as stored: transfers that only grow, and each account's balance beside them.

pub mod audit;
pub mod correction;
mod moving;
pub mod sql;
#[cfg(test)]
mod tests;

use crate::clock::Casablanca;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::{Office, orders, people, settlement};
use sql::{ChainRow, TransferRow};
use std::collections::{BTreeMap, BTreeSet};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::{CooperativeId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::chain::{Chain, Link};
use taswiq_domain::ledger::{Account, Cause, Happening, Purpose, Told, Transfer, transfers_for};
use taswiq_domain::money::{Centimes, Overflow};
use taswiq_domain::order::Order;
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::period::Period;
use taswiq_domain::sync::{AnothersLine, EntrySource, LedgerEntry};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;

/// Writes transfers, in the order of their numbers, and what they do to chains and balances.
pub(crate) async fn write(
    conn: &mut Conn,
    transfers: &[(i64, Transfer)],
) -> Result<(), OfficeError> {
    if transfers.is_empty() {
        return Ok(());
    }
    append(conn, transfers).await?;
    let mut balances: BTreeMap<(&'static str, i64), Centimes> = BTreeMap::new();
    for (_, transfer) in transfers {
        for (account, amount) in [
            (transfer.credit, transfer.amount),
            (transfer.debit, Centimes(-transfer.amount.0)),
        ] {
            let balance = balances
                .entry((account.kind(), account.owner()))
                .or_default();
            *balance = balance.plus(amount)?;
        }
    }
    let balances: Vec<(&'static str, i64, i64)> = balances
        .into_iter()
        .map(|((kind, owner), balance)| (kind, owner, balance.0))
        .collect();
    Ok(sql::add_to_balances(conn, &balances).await?)
}

/// Writes transfers and makes the chains longer. Whoever writes holds the office row, so no other
/// process makes them longer at the same time.
async fn append(conn: &mut Conn, transfers: &[(i64, Transfer)]) -> Result<(), OfficeError> {
    let agents: BTreeSet<i64> = transfers
        .iter()
        .filter_map(|(_, transfer)| transfer.agent())
        .map(|agent| agent.0)
        .collect();
    let agents: Vec<i64> = agents.into_iter().collect();
    let mut chains = BTreeMap::new();
    for row in sql::chains_of(conn, &agents).await? {
        chains.insert(row.agent_id, chain(&row)?);
    }
    let mut rows = Vec::with_capacity(transfers.len());
    for (number, transfer) in transfers {
        let mut row = to_row(*number, transfer)?;
        if let Some(agent) = transfer.agent() {
            let chain: &mut Chain = chains.entry(agent.0).or_default();
            chain.append(*number, transfer);
            row.chain_agent = agent.0;
            row.chain_number = chain.length as i64;
            row.chain_hash = Some(chain.head.to_vec());
        }
        rows.push(row);
    }
    sql::add(conn, &rows).await?;
    // What is taken back is noted for the close, beside the event that took it, which is stored by now.
    for (number, transfer) in transfers {
        if is_taken_back(transfer) {
            settlement::sql::add_taken_back(conn, *number).await?;
        }
    }
    let heads: Vec<ChainRow> = chains
        .into_iter()
        .map(|(agent_id, chain)| ChainRow {
            agent_id,
            length: chain.length as i64,
            head: chain.head.to_vec(),
        })
        .collect();
    Ok(sql::put_chains(conn, &heads).await?)
}

/// Whether a close has to find it when it asks what left the earned accounts.
fn is_taken_back(transfer: &Transfer) -> bool {
    matches!(transfer.debit, Account::AgentEarned(_))
        && transfer.purpose != Purpose::Correction
        && !matches!(transfer.cause, Cause::Settlement { .. })
}

/// The hash of the last entry of each of these agents' chains; who has none is left out.
pub(crate) async fn heads(
    conn: &mut Conn,
    agents: &[i64],
) -> Result<BTreeMap<PersonId, [u8; 32]>, OfficeError> {
    sql::chains_of(conn, agents)
        .await?
        .iter()
        .map(|row| Ok((PersonId(row.agent_id), chain(row)?.head)))
        .collect()
}

fn chain(row: &ChainRow) -> Result<Chain, OfficeError> {
    let corrupt = OfficeError::Corrupt { what: "a chain" };
    match (u64::try_from(row.length), row.head.as_slice().try_into()) {
        (Ok(length), Ok(head)) => Ok(Chain { length, head }),
        _ => Err(corrupt),
    }
}

/// What an order's events make of it, and the transfers they post by the rules of this build. Each
/// counts in the month in which it happened, for the events do not know which months were closed.
pub(crate) fn posted_by(
    events: &[RecordedEvent],
    calendar: &Casablanca,
) -> Result<(Order, Vec<Transfer>), OfficeError> {
    let mut order: Option<Order> = None;
    let mut transfers = Vec::new();
    let told: Vec<Told<'_>> = events.iter().map(RecordedEvent::told).collect();
    for (index, recorded) in events.iter().enumerate() {
        let after = match &order {
            None => Order::replay([(&recorded.event, recorded.made_at)])?,
            Some(order) => order.after(&recorded.event, recorded.made_at)?,
        };
        transfers.extend(transfers_for(
            order.as_ref(),
            &after,
            &Happening {
                told: told[index],
                actor: recorded.actor,
                earlier: &told[..index],
                month: &|moment| Period::at(moment.at, calendar),
            },
        )?);
        order = Some(after);
    }
    let order = order.ok_or(OfficeError::Corrupt {
        what: "an order without events",
    })?;
    Ok((order, transfers))
}

/// Transfers by their numbers.
pub(crate) async fn entries(
    conn: &mut Conn,
    numbers: &[i64],
) -> Result<Vec<LedgerEntry>, OfficeError> {
    sql::by_number(conn, numbers)
        .await?
        .iter()
        .map(from_row)
        .collect()
}

/// Transfers of an order, oldest first.
pub(crate) async fn of_order(
    conn: &mut Conn,
    order: OrderId,
) -> Result<Vec<LedgerEntry>, OfficeError> {
    sql::of_order(conn, order.0)
        .await?
        .iter()
        .map(from_row)
        .collect()
}

/// Readable transfers of several orders, oldest first. What cannot be read is left out, as though it
/// were not there: whoever compares will miss it.
pub(crate) async fn of_orders(
    conn: &mut Conn,
    orders: &[OrderId],
) -> Result<BTreeMap<OrderId, Vec<Transfer>>, OfficeError> {
    let ids: Vec<uuid::Uuid> = orders.iter().map(|order| order.0).collect();
    let mut transfers: BTreeMap<OrderId, Vec<Transfer>> = BTreeMap::new();
    for row in sql::of_orders(conn, &ids).await? {
        if let (Some(order), Some(transfer)) = (row.order_id, read(&row)) {
            transfers.entry(OrderId(order)).or_default().push(transfer);
        }
    }
    Ok(transfers)
}

/// Every account with its balance.
pub(crate) async fn balances(conn: &mut Conn) -> Result<BTreeMap<Account, Centimes>, OfficeError> {
    sql::balances(conn)
        .await?
        .into_iter()
        .map(|(kind, owner, balance)| Ok((account(&kind, owner)?, Centimes(balance))))
        .collect()
}

fn account(kind: &str, owner: i64) -> Result<Account, OfficeError> {
    Account::from_stored(kind, owner).ok_or(OfficeError::Corrupt { what: "an account" })
}

/// The row of a transfer that stands in no chain yet.
fn to_row(number: i64, transfer: &Transfer) -> Result<TransferRow, OfficeError> {
    let mut row = TransferRow {
        number,
        debit_account: transfer.debit.kind().to_owned(),
        debit_owner: transfer.debit.owner(),
        credit_account: transfer.credit.kind().to_owned(),
        credit_owner: transfer.credit.owner(),
        amount_centimes: transfer.amount.0,
        purpose: transfer.purpose.as_str().to_owned(),
        cause: transfer.cause.kind().to_owned(),
        order_id: None,
        cooperative_id: 0,
        line: 0,
        event_number: 0,
        told_by: 0,
        cause_id: None,
        concerns_period: None,
        corrects: None,
        base_centimes: transfer.base.0,
        at: transfer.at.0,
        period: i64::from(transfer.period.months_since_1970()),
        chain_agent: 0,
        chain_number: 0,
        chain_hash: None,
    };
    let of_agent = |agent| {
        // It is stored once, as the agent whose chain it is in.
        if transfer.agent() == Some(agent) {
            Ok(())
        } else {
            Err(OfficeError::Corrupt {
                what: "a transfer caused by another agent's statement",
            })
        }
    };
    match transfer.cause {
        Cause::Order {
            order,
            event_number,
            told_by,
            cooperative,
            line,
        } => {
            row.order_id = Some(order.0);
            row.event_number = i64::from(event_number);
            row.told_by = told_by.map_or(0, i64::from);
            row.cooperative_id = cooperative.0;
            row.line = i64::from(line);
        }
        Cause::Settlement {
            agent,
            period,
            item,
        } => {
            of_agent(agent)?;
            row.concerns_period = Some(i64::from(period.months_since_1970()));
            row.line = i64::from(item);
        }
        Cause::Payout {
            agent,
            period,
            step,
        } => {
            of_agent(agent)?;
            row.concerns_period = Some(i64::from(period.months_since_1970()));
            row.event_number = i64::from(step);
        }
        Cause::Advance { advance } => row.cause_id = Some(advance),
        Cause::Dispute { dispute, step } => {
            row.cause_id = Some(dispute);
            row.event_number = i64::from(step);
        }
        Cause::Correction { of } => row.corrects = Some(of),
    }
    Ok(row)
}

/// The transfer of a row; nothing when it cannot be one.
fn read(row: &TransferRow) -> Option<Transfer> {
    let debit = Account::from_stored(&row.debit_account, row.debit_owner)?;
    let credit = Account::from_stored(&row.credit_account, row.credit_owner)?;
    let month = |months: i64| {
        i32::try_from(months)
            .ok()
            .map(Period::from_months_since_1970)
    };
    let agent = || debit.agent().or_else(|| credit.agent());
    let small = |number: i64| u16::try_from(number).ok();
    let cause = match row.cause.as_str() {
        "order" => Cause::Order {
            order: OrderId(row.order_id?),
            event_number: u32::try_from(row.event_number).ok()?,
            told_by: match row.told_by {
                0 => None,
                number => Some(u32::try_from(number).ok()?),
            },
            cooperative: CooperativeId(row.cooperative_id),
            line: small(row.line)?,
        },
        "settlement" => Cause::Settlement {
            agent: agent()?,
            period: month(row.concerns_period?)?,
            item: small(row.line)?,
        },
        "payout" => Cause::Payout {
            agent: agent()?,
            period: month(row.concerns_period?)?,
            step: small(row.event_number)?,
        },
        "advance" => Cause::Advance {
            advance: row.cause_id?,
        },
        "dispute" => Cause::Dispute {
            dispute: row.cause_id?,
            step: small(row.event_number)?,
        },
        "correction" => Cause::Correction { of: row.corrects? },
        _ => return None,
    };
    Some(Transfer {
        debit,
        credit,
        amount: Centimes(row.amount_centimes),
        purpose: Purpose::from_name(&row.purpose)?,
        cause,
        base: Centimes(row.base_centimes),
        at: Timestamp(row.at),
        period: month(row.period)?,
    })
}

fn from_row(row: &TransferRow) -> Result<LedgerEntry, OfficeError> {
    let link = row
        .chain_hash
        .as_deref()
        .and_then(|hash| hash.first_chunk())
        .map(|link| Link(*link));
    Ok(LedgerEntry {
        number: row.number,
        transfer: read(row).ok_or(OfficeError::Corrupt { what: "a transfer" })?,
        link,
        source: None,
    })
}

/// Entries of an agent in one page.
pub const ENTRIES_PER_PAGE: usize = 100;

impl Office {
    /// One page of what moved an agent's commission, latest first: what came before entry `before`.
    pub async fn entries_of_agent(
        &self,
        actor: &Actor,
        agent: PersonId,
        before: Option<i64>,
    ) -> Result<Vec<LedgerEntry>, OfficeError> {
        self.require(actor, Action::ReadFigures)?;
        let mut conn = self.db.read().await?;
        let before = before.unwrap_or(i64::MAX);
        let rows = sql::of_agent(&mut conn, agent.0, before, ENTRIES_PER_PAGE as i64).await?;
        let mut entries: Vec<LedgerEntry> = rows.iter().map(from_row).collect::<Result<_, _>>()?;
        add_sources(&mut conn, &mut entries).await?;
        Ok(entries)
    }
}

/// Tells of each entry that an order caused who did what, on which device, when it came, and of
/// another agent's order, by which line.
pub(crate) async fn add_sources(
    conn: &mut Conn,
    entries: &mut [LedgerEntry],
) -> Result<(), OfficeError> {
    #[derive(serde::Deserialize)]
    struct Kind {
        kind: String,
    }
    let orders: BTreeSet<OrderId> = entries
        .iter()
        .filter_map(|entry| entry.transfer.cause.order())
        .collect();
    let orders: Vec<uuid::Uuid> = orders.into_iter().map(|order| order.0).collect();
    let mut names = Names::default();
    let mut sources = BTreeMap::new();
    for row in orders::sql::events_after_placing(conn, &orders).await? {
        let Kind { kind } = serde_json::from_str(&row.body)
            .map_err(|_| OfficeError::Corrupt { what: "an event" })?;
        let by = match row.actor_id {
            Some(actor) => names.of(conn, PersonId(actor)).await?,
            None => None,
        };
        let source = EntrySource {
            event: kind,
            by,
            device: row.device_id.map(DeviceId),
            received_at: Timestamp(row.received_at),
            of: None,
            told_by: None,
        };
        sources.insert((row.order_id, row.number), source);
    }
    let others = orders_of_others(conn, &orders, entries).await?;
    for entry in entries {
        let cause = entry.transfer.cause;
        let source_of = |number: Option<u32>| {
            let (order, number) = cause.order().zip(number)?;
            sources.get(&(order.0, i64::from(number))).cloned()
        };
        let Some(mut source) = source_of(cause.event_number()) else {
            continue;
        };
        source.told_by = source_of(cause.told_by()).map(Box::new);
        let order = cause.order().and_then(|order| others.get(&order));
        if let Some(order) = order.filter(|order| entry.transfer.agent() != Some(order.agent)) {
            let line = cause
                .cooperative()
                .and_then(|cooperative| order.sub_order(cooperative))
                .zip(cause.line())
                .and_then(|(sub_order, line)| sub_order.line(line));
            if let Some(line) = line {
                source.of = Some(Box::new(AnothersLine {
                    code: order.code,
                    agent: order.agent,
                    name: names.of(conn, order.agent).await?,
                    plan: order.plan,
                    line: line.clone(),
                }));
            }
        }
        entry.source = Some(source);
    }
    Ok(())
}

/// Of the orders named, those of which an entry moves somebody else's commission than the agent's.
async fn orders_of_others(
    conn: &mut Conn,
    orders: &[uuid::Uuid],
    entries: &[LedgerEntry],
) -> Result<BTreeMap<OrderId, Order>, OfficeError> {
    let agents: BTreeMap<uuid::Uuid, i64> = orders::sql::agents_of(conn, orders)
        .await?
        .into_iter()
        .collect();
    let of_others: BTreeSet<OrderId> = entries
        .iter()
        .filter_map(|entry| {
            let order = entry.transfer.cause.order()?;
            let whose = agents.get(&order.0)?;
            (entry.transfer.agent()?.0 != *whose).then_some(order)
        })
        .collect();
    let of_others: Vec<OrderId> = of_others.into_iter().collect();
    let loaded = orders::load(conn, &of_others).await?;
    Ok(loaded
        .into_iter()
        .map(|stored| (stored.order.id, stored.order))
        .collect())
}

/// What people are called, each read once.
#[derive(Default)]
struct Names(BTreeMap<PersonId, Option<LocalText>>);

impl Names {
    async fn of(
        &mut self,
        conn: &mut Conn,
        person: PersonId,
    ) -> Result<Option<LocalText>, OfficeError> {
        if let Some(known) = self.0.get(&person) {
            return Ok(known.clone());
        }
        let name = people::load(conn, person).await?.map(|person| person.name);
        self.0.insert(person, name.clone());
        Ok(name)
    }
}

/// The sum of all balances: zero, or the ledger is broken.
pub fn sum(balances: &BTreeMap<Account, Centimes>) -> Result<Centimes, Overflow> {
    Centimes::sum(balances.values().copied())
}
