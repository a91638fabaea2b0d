//! The ledger: who owes whom, as transfers that balance by construction.
//!
//! A transfer moves a positive amount from a debit account to a credit account for one cause. The
//! ledger only grows; a mistake is mended by another transfer. An account's balance is what was
//! credited less what was debited, so the sum over all accounts is always zero.
//!
//! Transfers are never written by hand: [`transfers_for`] compares an order before and after an
//! event and posts the difference. Each has a [`Transfer::cause_key`], unique in the ledger, so
//! posting the same event twice posts nothing twice.

use crate::commission::{self, Standing};
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::money::{Centimes, Overflow};
use crate::order::{Order, OrderEvent, PaymentMethod, Stage, SubOrder};
use crate::reading::{Fields, read_from_fields, read_tagged};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

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
            Self::CommissionExpense | Self::Bank | Self::Deposits | Self::CustomerDue => 0,
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
            _ => return None,
        })
    }
}

/// What a transfer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A cooperative confirmed: the estimate becomes pending.
    CommissionPending,
    /// Delivered, paid, withdrawal over: pending becomes earned.
    CommissionVested,
    /// Units are gone: commission goes back.
    CommissionReversed,
    /// Commission kept for units lost by another's fault, charged to that party.
    CommissionCharged,
    /// Goods delivered (or, reversed, returned): the customer owes (no longer owes).
    Sale,
    /// The customer paid.
    Payment,
    /// The customer paid before anybody might ask: held for them.
    Deposit,
    /// The withdrawal period closed: what was held counts as paid.
    DepositReleased,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 8] = [
        Self::CommissionPending,
        Self::CommissionVested,
        Self::CommissionReversed,
        Self::CommissionCharged,
        Self::Sale,
        Self::Payment,
        Self::Deposit,
        Self::DepositReleased,
    ];

    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommissionPending => "commission_pending",
            Self::CommissionVested => "commission_vested",
            Self::CommissionReversed => "commission_reversed",
            Self::CommissionCharged => "commission_charged",
            Self::Sale => "sale",
            Self::Payment => "payment",
            Self::Deposit => "deposit",
            Self::DepositReleased => "deposit_released",
        }
    }

    /// The purpose of that stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// Where it comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How much; always positive.
    pub amount: Centimes,
    /// What for.
    pub purpose: Purpose,
    /// Of which order.
    pub order: OrderId,
    /// Of whose part.
    pub cooperative: CooperativeId,
    /// Of which line; 0 for the whole sub-order.
    pub line: u16,
    /// By which event of the order.
    pub event_number: u32,
    /// When that happened, by corrected door time.
    pub at: Timestamp,
}

read_from_fields!(Transfer);

impl Transfer {
    pub(crate) fn from_fields(fields: &mut Fields<'_>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            debit: fields.take("debit")?,
            credit: fields.take("credit")?,
            amount: fields.take("amount")?,
            purpose: fields.take("purpose")?,
            order: fields.take("order")?,
            cooperative: fields.take("cooperative")?,
            line: fields.take("line")?,
            event_number: fields.take("event_number")?,
            at: fields.take("at")?,
        })
    }

    /// The key that makes a transfer unique: what caused it.
    pub fn cause_key(&self) -> String {
        format!(
            "{}/{}/{}/{}/{}",
            self.order,
            self.event_number,
            self.cooperative,
            self.line,
            self.purpose.as_str()
        )
    }
}

/// The transfers that take the ledger from what an order meant before an event to what it means
/// after it. `before` is nothing for an order just placed; `actor` is whoever holds the money that
/// the event may speak of.
pub fn transfers_for(
    before: Option<&Order>,
    after: &Order,
    event: &OrderEvent,
    event_number: u32,
    actor: Option<PersonId>,
    at: Timestamp,
) -> Result<Vec<Transfer>, Overflow> {
    let mut transfers = Vec::new();
    // An amendment may take a cooperative out of an order; nothing was posted for it by then, for
    // only an order that no cooperative has touched can be amended.
    for sub_order in &after.sub_orders {
        let earlier = before.and_then(|order| order.sub_order(sub_order.cooperative));
        let mut post =
            |debit: Account, credit: Account, amount: Centimes, purpose: Purpose, line: u16| {
                if amount > Centimes::ZERO {
                    transfers.push(Transfer {
                        debit,
                        credit,
                        amount,
                        purpose,
                        order: after.id,
                        cooperative: sub_order.cooperative,
                        line,
                        event_number,
                        at,
                    });
                }
            };
        for line in &sub_order.lines {
            let was = match earlier
                .and_then(|earlier| earlier.line(line.number).map(|line| (earlier, line)))
            {
                Some((earlier, line)) => commission::standing(earlier, line)?,
                None => Standing::default(),
            };
            let is = commission::standing(sub_order, line)?;
            post_commission(
                &mut post,
                after.agent,
                sub_order.cooperative,
                line.number,
                &was,
                &is,
            )?;
        }
        post_money(
            &mut post,
            earlier,
            sub_order,
            holder_of_payment(event, actor),
        )?;
    }
    Ok(transfers)
}

fn holder_of_payment(event: &OrderEvent, actor: Option<PersonId>) -> Account {
    match (event, actor) {
        (
            OrderEvent::Collected {
                method: PaymentMethod::Cash,
                ..
            }
            | OrderEvent::DeclaredEarly {
                method: PaymentMethod::Cash,
                ..
            },
            Some(person),
        ) => Account::Cash(person),
        _ => Account::Bank,
    }
}

fn post_commission(
    post: &mut impl FnMut(Account, Account, Centimes, Purpose, u16),
    agent: PersonId,
    cooperative: CooperativeId,
    line: u16,
    was: &Standing,
    is: &Standing,
) -> Result<(), Overflow> {
    let (pending, earned) = (Account::AgentPending(agent), Account::AgentEarned(agent));
    // First what moves between the agent's own accounts, then what is new or gone, so that each
    // transfer says one thing.
    let vested = is
        .earned
        .minus(was.earned)?
        .min(was.pending.minus(is.pending)?)
        .max(Centimes::ZERO);
    post(pending, earned, vested, Purpose::CommissionVested, line);
    let pending_change = is.pending.minus(was.pending.minus(vested)?)?;
    let earned_change = is.earned.minus(was.earned.plus(vested)?)?;
    // Commission that had vested and is pending again (a payment that bounced, say) goes back first.
    post(
        Account::CommissionExpense,
        pending,
        pending_change,
        Purpose::CommissionPending,
        line,
    );
    post(
        pending,
        Account::CommissionExpense,
        Centimes(-pending_change.0),
        Purpose::CommissionReversed,
        line,
    );
    if earned_change > Centimes::ZERO {
        // Nothing earns without having been pending; kept as its own purpose so that no two
        // transfers of one event share a key.
        post(
            Account::CommissionExpense,
            earned,
            earned_change,
            Purpose::CommissionVested,
            line,
        );
    } else {
        post(
            earned,
            Account::CommissionExpense,
            Centimes(-earned_change.0),
            Purpose::CommissionReversed,
            line,
        );
    }
    let charged_change = is.charged.minus(was.charged)?;
    post(
        Account::CooperativeSales(cooperative),
        Account::CommissionExpense,
        charged_change,
        Purpose::CommissionCharged,
        line,
    );
    post(
        Account::CommissionExpense,
        Account::CooperativeSales(cooperative),
        Centimes(-charged_change.0),
        Purpose::CommissionCharged,
        line,
    );
    Ok(())
}

fn post_money(
    post: &mut impl FnMut(Account, Account, Centimes, Purpose, u16),
    was: Option<&SubOrder>,
    is: &SubOrder,
    holder: Account,
) -> Result<(), Overflow> {
    let sales = Account::CooperativeSales(is.cooperative);
    let owed_change = owed(Some(is))?.minus(owed(was)?)?;
    post(Account::CustomerDue, sales, owed_change, Purpose::Sale, 0);
    post(
        sales,
        Account::CustomerDue,
        Centimes(-owed_change.0),
        Purpose::Sale,
        0,
    );
    let held_change = is.held.minus(was.map_or(Centimes::ZERO, |was| was.held))?;
    let collected_change = is
        .collected
        .minus(was.map_or(Centimes::ZERO, |was| was.collected))?;
    let released = if held_change < Centimes::ZERO {
        Centimes(-held_change.0)
    } else {
        Centimes::ZERO
    };
    post(
        Account::Deposits,
        Account::CustomerDue,
        released,
        Purpose::DepositReleased,
        0,
    );
    post(holder, Account::Deposits, held_change, Purpose::Deposit, 0);
    post(
        holder,
        Account::CustomerDue,
        collected_change.minus(released)?,
        Purpose::Payment,
        0,
    );
    Ok(())
}

/// What the customer owes for a sub-order: what was delivered and kept, once it is delivered.
fn owed(sub_order: Option<&SubOrder>) -> Result<Centimes, Overflow> {
    match sub_order {
        Some(sub_order) if sub_order.stage == Stage::Delivered => sub_order.due(),
        _ => Ok(Centimes::ZERO),
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
