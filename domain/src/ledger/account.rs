//! The accounts between which money moves.

use crate::ids::{CooperativeId, PersonId};
use crate::reading::read_tagged;
use serde::Serialize;

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "account", content = "owner", rename_all = "snake_case")]
pub enum Account {
    /// Commission of an agent, confirmed and not vested.
    AgentPending(PersonId),
    /// Commission of an agent, vested and not on a closed statement.
    AgentEarned(PersonId),
    /// Commission of an agent on a closed statement, to be transferred.
    AgentPayable(PersonId),
    /// Commission of an agent held while a dispute is open.
    AgentHeld(PersonId),
    /// What an agent still owes from before.
    AgentCarried(PersonId),
    /// Commission transferred to an agent.
    AgentPaid(PersonId),
    /// Tax withheld from an agent.
    AgentWithheld(PersonId),
    /// What commissions cost the programme.
    CommissionExpense,
    /// What a cooperative sold.
    CooperativeSales(CooperativeId),
    /// What is to be transferred to a cooperative.
    CooperativePayable(CooperativeId),
    /// What was transferred to a cooperative.
    CooperativePaid(CooperativeId),
    /// Cash in somebody's hands.
    Cash(PersonId),
    /// Money in the programme's bank and wallet accounts.
    Bank,
    /// Money held for customers that nobody might ask for yet.
    Deposits,
    /// What customers owe for delivered goods.
    CustomerDue,
    /// What whoever transports the goods is charged with.
    Logistics,
}

read_tagged!(Account by "account" {
    "agent_pending" => AgentPending("owner"),
    "agent_earned" => AgentEarned("owner"),
    "agent_payable" => AgentPayable("owner"),
    "agent_held" => AgentHeld("owner"),
    "agent_carried" => AgentCarried("owner"),
    "agent_paid" => AgentPaid("owner"),
    "agent_withheld" => AgentWithheld("owner"),
    "commission_expense" => CommissionExpense,
    "cooperative_sales" => CooperativeSales("owner"),
    "cooperative_payable" => CooperativePayable("owner"),
    "cooperative_paid" => CooperativePaid("owner"),
    "cash" => Cash("owner"),
    "bank" => Bank,
    "deposits" => Deposits,
    "customer_due" => CustomerDue,
    "logistics" => Logistics,
});

impl Account {
    /// The stored name of the kind.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::AgentPending(_) => "agent_pending",
            Self::AgentEarned(_) => "agent_earned",
            Self::AgentPayable(_) => "agent_payable",
            Self::AgentHeld(_) => "agent_held",
            Self::AgentCarried(_) => "agent_carried",
            Self::AgentPaid(_) => "agent_paid",
            Self::AgentWithheld(_) => "agent_withheld",
            Self::CommissionExpense => "commission_expense",
            Self::CooperativeSales(_) => "cooperative_sales",
            Self::CooperativePayable(_) => "cooperative_payable",
            Self::CooperativePaid(_) => "cooperative_paid",
            Self::Cash(_) => "cash",
            Self::Bank => "bank",
            Self::Deposits => "deposits",
            Self::CustomerDue => "customer_due",
            Self::Logistics => "logistics",
        }
    }

    /// Whose it is: the number of a person or cooperative, 0 for the programme.
    pub const fn owner(self) -> i64 {
        match self {
            Self::AgentPending(person)
            | Self::AgentEarned(person)
            | Self::AgentPayable(person)
            | Self::AgentHeld(person)
            | Self::AgentCarried(person)
            | Self::AgentPaid(person)
            | Self::AgentWithheld(person)
            | Self::Cash(person) => person.0,
            Self::CooperativeSales(cooperative)
            | Self::CooperativePayable(cooperative)
            | Self::CooperativePaid(cooperative) => cooperative.0,
            Self::CommissionExpense
            | Self::Bank
            | Self::Deposits
            | Self::CustomerDue
            | Self::Logistics => 0,
        }
    }

    /// The account of that stored kind and owner.
    pub fn from_stored(kind: &str, owner: i64) -> Option<Self> {
        Some(match kind {
            "agent_pending" => Self::AgentPending(PersonId(owner)),
            "agent_earned" => Self::AgentEarned(PersonId(owner)),
            "agent_payable" => Self::AgentPayable(PersonId(owner)),
            "agent_held" => Self::AgentHeld(PersonId(owner)),
            "agent_carried" => Self::AgentCarried(PersonId(owner)),
            "agent_paid" => Self::AgentPaid(PersonId(owner)),
            "agent_withheld" => Self::AgentWithheld(PersonId(owner)),
            "commission_expense" => Self::CommissionExpense,
            "cooperative_sales" => Self::CooperativeSales(CooperativeId(owner)),
            "cooperative_payable" => Self::CooperativePayable(CooperativeId(owner)),
            "cooperative_paid" => Self::CooperativePaid(CooperativeId(owner)),
            "cash" => Self::Cash(PersonId(owner)),
            "bank" => Self::Bank,
            "deposits" => Self::Deposits,
            "customer_due" => Self::CustomerDue,
            "logistics" => Self::Logistics,
            _ => return None,
        })
    }

    /// The agent whose commission it holds, in whatever state; nobody for other money.
    pub const fn agent(self) -> Option<PersonId> {
        match self {
            Self::AgentPending(person)
            | Self::AgentEarned(person)
            | Self::AgentPayable(person)
            | Self::AgentHeld(person)
            | Self::AgentCarried(person)
            | Self::AgentPaid(person)
            | Self::AgentWithheld(person) => Some(person),
            Self::CommissionExpense
            | Self::CooperativeSales(_)
            | Self::CooperativePayable(_)
            | Self::CooperativePaid(_)
            | Self::Cash(_)
            | Self::Bank
            | Self::Deposits
            | Self::CustomerDue
            | Self::Logistics => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Account;
    use crate::reading::read;

    #[test]
    fn every_account_is_read_under_the_name_it_is_written_under() {
        for name in Account::NAMES {
            // Persons and cooperatives have different ids; an account without an owner passes it over.
            let account: Account = [r#""00000000-0000-0000-0000-000000000007""#, "7"]
                .into_iter()
                .find_map(|owner| read(&format!(r#"{{"account":"{name}","owner":{owner}}}"#)).ok())
                .expect(name);
            let written = serde_json::to_value(account).expect("writes");
            assert_eq!(written["account"], *name);
        }
    }
}
