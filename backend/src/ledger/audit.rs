//! Follows every agent's chain through the ledger as it is stored.

use super::{chain, read, sql};
use crate::db::Conn;
use crate::error::OfficeError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::chain::Chain;

/// Entries read at once.
const ENTRIES_AT_ONCE: i64 = 4_096;

/// The first entry of a chain that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenEntry {
    /// Its number.
    pub number: i64,
    /// Whose chain it is.
    pub agent: PersonId,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What may be wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not what it was when its hash was made, or not what any program of ours writes.
    Changed,
    /// It does not follow the one before it: one in between is gone, or it was slipped in.
    OutOfPlace,
    /// It moves an agent's commission and does not stand in that agent's chain.
    OutsideItsChain,
    /// The chain goes on after it, and what follows is gone.
    LastOfALongerChain,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Changed => "it was changed",
            Self::OutOfPlace => "it does not follow the entry before it",
            Self::OutsideItsChain => "it stands outside the chain of its agent",
            Self::LastOfALongerChain => "the entries after it are gone",
        })
    }
}

/// Of each chain the first entry that does not fit, in the order of their numbers, and how many
/// entries were looked at.
pub(crate) async fn broken_entries(
    conn: &mut Conn,
) -> Result<(Vec<BrokenEntry>, u64), OfficeError> {
    let mut chains: BTreeMap<i64, (Chain, i64)> = BTreeMap::new();
    let mut broken: Vec<BrokenEntry> = Vec::new();
    let mut broken_chains = BTreeSet::new();
    let (mut last, mut checked) = (i64::MIN, 0);
    loop {
        let rows = sql::after(conn, last, ENTRIES_AT_ONCE).await?;
        let Some(end) = rows.last() else { break };
        last = end.number;
        checked += rows.len() as u64;
        for row in rows {
            let transfer = read(&row);
            let agent = match &transfer {
                Some(transfer) => transfer.agent().map_or(0, |agent| agent.0),
                None => row.chain_agent,
            };
            if broken_chains.contains(&agent) {
                continue;
            }
            let (chain, number) = chains.entry(agent).or_default();
            let fault = match &transfer {
                None => Some(Fault::Changed),
                Some(_) if agent != row.chain_agent => Some(Fault::OutsideItsChain),
                Some(_) if agent == 0 => None,
                Some(_) if u64::try_from(row.chain_number) != Ok(chain.length + 1) => {
                    Some(Fault::OutOfPlace)
                }
                Some(transfer) => {
                    chain.append(row.number, transfer);
                    (row.chain_hash.as_deref() != Some(chain.head.as_slice()))
                        .then_some(Fault::Changed)
                }
            };
            *number = row.number;
            if let Some(fault) = fault {
                // What moves nobody's commission has no chain that would be broken from here on.
                if agent != 0 {
                    broken_chains.insert(agent);
                }
                broken.push(BrokenEntry {
                    number: row.number,
                    agent: PersonId(agent),
                    fault,
                });
            }
        }
    }
    let heads = sql::chains(conn).await?;
    let known: BTreeSet<i64> = heads.iter().map(|row| row.agent_id).collect();
    for row in &heads {
        let (found, number) = chains.get(&row.agent_id).copied().unwrap_or_default();
        if !broken_chains.contains(&row.agent_id) && chain(row).ok() != Some(found) {
            broken.push(BrokenEntry {
                number,
                agent: PersonId(row.agent_id),
                fault: Fault::LastOfALongerChain,
            });
        }
    }
    for (agent, (found, number)) in &chains {
        if found.length > 0 && !known.contains(agent) && !broken_chains.contains(agent) {
            broken.push(BrokenEntry {
                number: *number,
                agent: PersonId(*agent),
                fault: Fault::OutsideItsChain,
            });
        }
    }
    broken.sort_by_key(|broken| broken.number);
    Ok((broken, checked))
}
