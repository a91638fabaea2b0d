//! Who may do what: one function, asked everywhere.

use crate::ids::{CooperativeId, PersonId};
use crate::person::Role;

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// What they are.
    pub role: Role,
    /// The cooperatives they act for.
    pub cooperatives: Vec<CooperativeId>,
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Open the agent's area and sync as an agent.
    UseField,
    /// Open the cooperative's area and sync as a cooperative.
    UseCooperativeArea,
    /// Open the office.
    UseOffice,
    /// Take an order, register a customer.
    TakeOrders,
    /// Change or cancel an order, deliver it, take its payment, for the customer.
    ServeOrder,
    /// Confirm, refuse, pack, hand over, deliver a sub-order.
    SupplyOrder,
    /// Read an order with everything in it.
    ReadOrder,
    /// Read turnover and commissions of everybody.
    ReadFigures,
    /// Write down that cash reached the bank.
    RecordDeposits,
    /// Look at parked commands and settle them.
    SettleParked,
    /// Change cooperatives, conventions, products, prices, tax, plans.
    ManageCatalogue,
    /// Invite agents and cooperatives, mend their sign-in.
    ManagePeople,
    /// Invite managers and administrators.
    ManageOffice,
    /// Read the audit trail.
    ReadAudit,
    /// Close a month, take an entry of the ledger back.
    KeepLedger,
    /// Read statements, give advances, enter bank accounts, prepare payments and record them.
    PayAgents,
    /// Approve a payment that somebody else prepared.
    ApprovePayout,
    /// Say that more is due for an own sale or entry.
    DisputeEntries,
    /// Read what agents dispute and decide it.
    AnswerDisputes,
    /// Decide what was escalated.
    AnswerEscalated,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 20] = [
        Self::UseField,
        Self::UseCooperativeArea,
        Self::UseOffice,
        Self::TakeOrders,
        Self::ServeOrder,
        Self::SupplyOrder,
        Self::ReadOrder,
        Self::ReadFigures,
        Self::RecordDeposits,
        Self::SettleParked,
        Self::ManageCatalogue,
        Self::ManagePeople,
        Self::ManageOffice,
        Self::ReadAudit,
        Self::KeepLedger,
        Self::PayAgents,
        Self::ApprovePayout,
        Self::DisputeEntries,
        Self::AnswerDisputes,
        Self::AnswerEscalated,
    ];
}

/// What it would be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Nothing in particular.
    Anything,
    /// An order as a whole.
    Order {
        /// Its agent.
        agent: PersonId,
    },
    /// One cooperative's part of an order.
    SubOrder {
        /// The order's agent.
        agent: PersonId,
        /// The cooperative.
        cooperative: CooperativeId,
    },
    /// A payment of agents.
    Payout {
        /// Who prepared it.
        prepared_by: PersonId,
    },
}

/// Whether `actor` (nobody when not signed in) may do `action` to `subject`.
pub fn can(actor: Option<&Actor>, action: Action, subject: Subject) -> bool {
    let Some(actor) = actor else {
        return false;
    };
    let own_order = match subject {
        Subject::Anything | Subject::Payout { .. } => false,
        Subject::Order { agent } | Subject::SubOrder { agent, .. } => agent == actor.person,
    };
    let own_supply = matches!(subject, Subject::SubOrder { cooperative, .. } if actor.cooperatives.contains(&cooperative));
    // Two people pay: nobody approves what they prepared.
    if action == Action::ApprovePayout
        && matches!(subject, Subject::Payout { prepared_by } if prepared_by == actor.person)
    {
        return false;
    }
    match (actor.role, action) {
        (Role::Agent, Action::UseField | Action::TakeOrders | Action::DisputeEntries) => true,
        (Role::Agent, Action::ServeOrder | Action::ReadOrder) => own_order,
        (Role::Cooperative, Action::UseCooperativeArea) => true,
        (Role::Cooperative, Action::SupplyOrder) => own_supply,
        (
            Role::Manager,
            Action::UseOffice
            | Action::ReadOrder
            | Action::ReadFigures
            | Action::RecordDeposits
            | Action::SettleParked
            | Action::ManageCatalogue
            | Action::ManagePeople
            | Action::KeepLedger
            | Action::PayAgents
            | Action::ApprovePayout
            | Action::AnswerDisputes,
        ) => true,
        (
            Role::Administrator,
            Action::UseOffice
            | Action::ReadOrder
            | Action::ReadFigures
            | Action::RecordDeposits
            | Action::SettleParked
            | Action::ManageCatalogue
            | Action::ManagePeople
            | Action::ManageOffice
            | Action::ReadAudit
            | Action::KeepLedger
            | Action::PayAgents
            | Action::ApprovePayout
            | Action::AnswerDisputes
            | Action::AnswerEscalated,
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(role: Role) -> Actor {
        Actor {
            person: PersonId(7),
            role,
            cooperatives: if role == Role::Cooperative {
                vec![CooperativeId(3)]
            } else {
                Vec::new()
            },
        }
    }

    #[test]
    fn nobody_may_do_nothing() {
        for action in Action::ALL {
            assert!(!can(None, action, Subject::Anything));
        }
    }

    #[test]
    fn an_agent_serves_own_orders_only() {
        let agent = actor(Role::Agent);
        assert!(can(
            Some(&agent),
            Action::ServeOrder,
            Subject::Order { agent: PersonId(7) }
        ));
        assert!(!can(
            Some(&agent),
            Action::ServeOrder,
            Subject::Order { agent: PersonId(8) }
        ));
        assert!(!can(
            Some(&agent),
            Action::SupplyOrder,
            Subject::SubOrder {
                agent: PersonId(7),
                cooperative: CooperativeId(3)
            }
        ));
    }

    #[test]
    fn a_cooperative_supplies_its_own_part_only() {
        let cooperative = actor(Role::Cooperative);
        assert!(can(
            Some(&cooperative),
            Action::SupplyOrder,
            Subject::SubOrder {
                agent: PersonId(1),
                cooperative: CooperativeId(3)
            }
        ));
        assert!(!can(
            Some(&cooperative),
            Action::SupplyOrder,
            Subject::SubOrder {
                agent: PersonId(1),
                cooperative: CooperativeId(4)
            }
        ));
        assert!(!can(
            Some(&cooperative),
            Action::ReadOrder,
            Subject::Order { agent: PersonId(1) }
        ));
    }

    #[test]
    fn nobody_approves_the_payment_that_they_prepared() {
        for role in Role::ALL {
            let actor = actor(role);
            let of = |prepared_by| {
                can(
                    Some(&actor),
                    Action::ApprovePayout,
                    Subject::Payout { prepared_by },
                )
            };
            assert!(!of(actor.person));
            assert_eq!(
                of(PersonId(8)),
                matches!(role, Role::Manager | Role::Administrator)
            );
        }
    }

    #[test]
    fn only_an_administrator_runs_the_office_itself() {
        for role in Role::ALL {
            assert_eq!(
                can(Some(&actor(role)), Action::ManageOffice, Subject::Anything),
                role == Role::Administrator
            );
        }
    }
}
