//! The ledger: who owes whom, as transfers that balance by construction.
//!
//! A transfer moves a positive amount from a debit account to a credit account for one cause. (One
//! amount may be nothing: where so few goods come or go that their commission rounds to nothing, the
//! turnover that counts for tiers and targets moves by itself.) The ledger only grows; a mistake is mended by another transfer. An account's balance is what was
//! credited less what was debited, so the sum over all accounts is always zero.
//!
//! Transfers are never written by hand: [`transfers_for`] compares an order before and after an
//! event and posts the difference. Each has a [`Transfer::cause_key`], unique in the ledger, so
//! posting the same event twice posts nothing twice. Those that move an agent's commission stand in
//! the agent's [`chain`], which shows whether any of them was touched afterwards.
//!
//! Phones tell what happened late and in any order. What an event moves that is told after others which
//! happened later says [`late`]: in the end every month has what it would have if everything had been
//! told as it happened.

mod account;
pub mod chain;
mod late;
mod transfer;

pub use account::Account;
pub use late::Told;
pub use transfer::{Cause, CorrectionReason, Purpose, Transfer};

use crate::commission::{self, Standing};
use crate::ids::{CooperativeId, OrderId, PersonId};
use crate::money::{Centimes, Overflow};
use crate::order::{Order, OrderEvent, PaymentMethod, Stage, SubOrder};
use crate::period::Period;
use crate::time::Timestamp;

/// What happened to an order, as far as the ledger asks.
#[derive(Clone, Copy)]
pub struct Happening<'a> {
    /// What, and when.
    pub told: Told<'a>,
    /// Who did it: the holder of the money that the event may speak of.
    pub actor: Option<PersonId>,
    /// Everything that was told of the order before, in the order in which it was told. Nobody looks at
    /// it but where [`Order::is_told_late`].
    pub earlier: &'a [Told<'a>],
    /// The month in which a moment counts: its own, or the first that is still open.
    pub month: &'a dyn Fn(Moment) -> Period,
}

/// A moment of an order's life that moves commission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// The number of the event that happened then.
    pub event_number: u32,
    /// The number of the event that was told later and changed what the moment moved.
    pub told_by: Option<u32>,
    /// When.
    pub at: Timestamp,
}

/// The transfers that take the ledger from what an order meant before an event to what it means
/// after it. `before` is nothing for an order just placed.
pub fn transfers_for(
    before: Option<&Order>,
    after: &Order,
    happening: &Happening<'_>,
) -> Result<Vec<Transfer>, Overflow> {
    let mut posting = Posting::of(after.id, happening);
    let told = &happening.told;
    if before.is_some_and(|before| before.is_told_late(told.event, told.at)) {
        late::post(&mut posting, before, after)?;
    } else {
        for (cooperative, line, moved) in moved(before, after, told.event)? {
            post_line(&mut posting, cooperative, line, &moved)?;
        }
    }
    // Money moves when whoever took it says.
    for sub_order in touched(after, told.event) {
        let earlier = before.and_then(|order| order.sub_order(sub_order.cooperative));
        post_money(&mut posting, earlier, sub_order)?;
        if let OrderEvent::Deposited { amount, holder, .. } = told.event {
            let hands = Account::Cash(holder.unwrap_or(after.agent));
            let banked = Between::new(Account::Bank, hands, Purpose::Banked);
            let (cooperative, nothing) = (sub_order.cooperative, Centimes::ZERO);
            posting.post(cooperative, 0, banked, *amount, nothing)?;
        }
    }
    Ok(posting.transfers)
}

/// What moved for each person who earns by a line.
type Moved = (CooperativeId, u16, Vec<(PersonId, Standing)>);

/// The parts of an order that an event may change.
fn touched<'a>(order: &'a Order, event: &OrderEvent) -> impl Iterator<Item = &'a SubOrder> {
    let only = event.cooperative();
    order
        .sub_orders
        .iter()
        .filter(move |sub_order| only.is_none_or(|only| only == sub_order.cooperative))
}

/// What an event moved of the commission of each line.
fn moved(
    before: Option<&Order>,
    after: &Order,
    event: &OrderEvent,
) -> Result<Vec<Moved>, Overflow> {
    // An amendment may take a cooperative out of an order; nothing was posted for it by then, for
    // only an order that no cooperative has touched can be amended. Who earns by a line changes with
    // an amendment only, too.
    let mut lines = Vec::new();
    for sub_order in touched(after, event) {
        let earlier = before.and_then(|order| order.sub_order(sub_order.cooperative));
        for line in &sub_order.lines {
            let was = match earlier
                .and_then(|earlier| earlier.line(line.number).map(|line| (earlier, line)))
            {
                Some((earlier, line)) => commission::standings(earlier, line, after.agent)?,
                None => Vec::new(),
            };
            let mut moved = commission::standings(sub_order, line, after.agent)?;
            for (person, standing) in &mut moved {
                if let Some((_, was)) = was.iter().find(|(earner, _)| earner == person) {
                    *standing = standing.minus(*was)?;
                }
            }
            lines.push((sub_order.cooperative, line.number, moved));
        }
    }
    Ok(lines)
}

/// The transfers of one event under way.
struct Posting<'a> {
    order: OrderId,
    happening: &'a Happening<'a>,
    /// What happened at the moment that is being posted. That of the event, but where it was told late.
    event: &'a OrderEvent,
    moment: Moment,
    transfers: Vec<Transfer>,
}

/// Which two accounts, and what for.
#[derive(Clone, Copy)]
struct Between {
    debit: Account,
    credit: Account,
    purpose: Purpose,
}

impl Between {
    const fn new(debit: Account, credit: Account, purpose: Purpose) -> Self {
        Self {
            debit,
            credit,
            purpose,
        }
    }

    const fn back(self) -> Self {
        Self::new(self.credit, self.debit, self.purpose)
    }
}

impl<'a> Posting<'a> {
    fn of(order: OrderId, happening: &'a Happening<'a>) -> Self {
        let told = &happening.told;
        Self {
            order,
            happening,
            event: told.event,
            moment: Moment {
                event_number: told.number,
                told_by: None,
                at: told.at,
            },
            transfers: Vec::new(),
        }
    }

    /// Posts an amount, if there is one, with the turnover that moves with it. Where the amount rounds
    /// to nothing the turnover moves by itself: it counts for tiers and targets all the same. What one
    /// event moves twice between the same accounts of one line is one transfer.
    fn post(
        &mut self,
        cooperative: CooperativeId,
        line: u16,
        between: Between,
        amount: Centimes,
        base: Centimes,
    ) -> Result<(), Overflow> {
        let amount = amount.max(Centimes::ZERO);
        if amount == Centimes::ZERO && base == Centimes::ZERO {
            return Ok(());
        }
        let cause = Cause::Order {
            order: self.order,
            event_number: self.moment.event_number,
            told_by: self.moment.told_by,
            cooperative,
            line,
        };
        let same = self.transfers.iter_mut().find(|transfer| {
            transfer.cause == cause
                && transfer.at == self.moment.at
                && transfer.purpose == between.purpose
                && transfer.debit == between.debit
                && transfer.credit == between.credit
        });
        if let Some(transfer) = same {
            transfer.amount = transfer.amount.plus(amount)?;
            transfer.base = transfer.base.plus(base)?;
            return Ok(());
        }
        self.transfers.push(Transfer {
            debit: between.debit,
            credit: between.credit,
            amount,
            purpose: between.purpose,
            cause,
            base,
            at: self.moment.at,
            period: (self.happening.month)(self.moment),
        });
        Ok(())
    }

    /// Posts a change of what stands between two accounts: forth when it grew, back when it shrank.
    fn change(
        &mut self,
        cooperative: CooperativeId,
        line: u16,
        between: Between,
        change: Centimes,
    ) -> Result<(), Overflow> {
        if change < Centimes::ZERO {
            self.post(
                cooperative,
                line,
                between.back(),
                Centimes(-change.0),
                Centimes::ZERO,
            )
        } else {
            self.post(cooperative, line, between, change, Centimes::ZERO)
        }
    }
}

fn holder_of_payment(happening: &Happening<'_>) -> Account {
    match (happening.told.event, happening.actor) {
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

/// Posts what moved for each person who earns by a line, and what that moved in all for whoever
/// answers for lost units.
fn post_line(
    posting: &mut Posting<'_>,
    cooperative: CooperativeId,
    line: u16,
    moved: &[(PersonId, Standing)],
) -> Result<(), Overflow> {
    let (mut to_cooperative, mut to_transport) = (Centimes::ZERO, Centimes::ZERO);
    for (person, moved) in moved {
        post_commission(posting, *person, (cooperative, line), moved)?;
        let transport = moved.charged_to_transport;
        to_transport = to_transport.plus(transport)?;
        to_cooperative = to_cooperative.plus(moved.charged.minus(transport)?)?;
    }
    for (payer, change) in [
        (Account::CooperativeSales(cooperative), to_cooperative),
        (Account::Logistics, to_transport),
    ] {
        let charge = Between::new(
            payer,
            Account::CommissionExpense,
            Purpose::CommissionCharged,
        );
        posting.change(cooperative, line, charge, change)?;
    }
    Ok(())
}

fn post_commission(
    posting: &mut Posting<'_>,
    person: PersonId,
    (cooperative, line): (CooperativeId, u16),
    moved: &Standing,
) -> Result<(), Overflow> {
    let (pending, earned) = (Account::AgentPending(person), Account::AgentEarned(person));
    let expense = Account::CommissionExpense;
    // The turnover that counts moves with what is earned, in its direction.
    let (counts, counts_no_longer) = (
        moved.base.max(Centimes::ZERO),
        Centimes(-moved.base.0).max(Centimes::ZERO),
    );
    // First what moves between the agent's own accounts, then what is new or gone, so that each
    // transfer says one thing.
    let vested = moved
        .earned
        .min(Centimes(-moved.pending.0))
        .max(Centimes::ZERO);
    let pending_change = moved.pending.plus(vested)?;
    let earned_change = moved.earned.minus(vested)?;
    // What is earned without having been pending brings the turnover that nothing else brings.
    let (counts, counts_at_once) = if vested == Centimes::ZERO && earned_change > Centimes::ZERO {
        (Centimes::ZERO, counts)
    } else {
        (counts, Centimes::ZERO)
    };
    let vests = Between::new(pending, earned, Purpose::CommissionVested);
    posting.post(cooperative, line, vests, vested, counts)?;
    // Commission that had vested and is pending again (a payment that bounced, say) goes back first.
    posting.post(
        cooperative,
        line,
        Between::new(expense, pending, Purpose::CommissionPending),
        pending_change,
        Centimes::ZERO,
    )?;
    let gone = match posting.event {
        OrderEvent::WrittenOff { .. } => Purpose::WrittenOff,
        _ => Purpose::CommissionReversed,
    };
    posting.post(
        cooperative,
        line,
        Between::new(pending, expense, gone),
        Centimes(-pending_change.0),
        Centimes::ZERO,
    )?;
    posting.post(
        cooperative,
        line,
        Between::new(expense, earned, Purpose::CommissionVested),
        earned_change,
        counts_at_once,
    )?;
    posting.post(
        cooperative,
        line,
        Between::new(earned, expense, Purpose::CommissionReversed),
        Centimes(-earned_change.0),
        counts_no_longer,
    )
}

fn post_money(
    posting: &mut Posting<'_>,
    was: Option<&SubOrder>,
    is: &SubOrder,
) -> Result<(), Overflow> {
    let (cooperative, due) = (is.cooperative, Account::CustomerDue);
    let holder = holder_of_payment(posting.happening);
    let sale = Between::new(due, Account::CooperativeSales(cooperative), Purpose::Sale);
    posting.change(cooperative, 0, sale, owed(Some(is))?.minus(owed(was)?)?)?;
    let held_change = is.held.minus(was.map_or(Centimes::ZERO, |was| was.held))?;
    let collected_change = is
        .collected
        .minus(was.map_or(Centimes::ZERO, |was| was.collected))?;
    let released = Centimes(-held_change.0).max(Centimes::ZERO);
    for (between, amount) in [
        (
            Between::new(Account::Deposits, due, Purpose::DepositReleased),
            released,
        ),
        (
            Between::new(holder, Account::Deposits, Purpose::Deposit),
            held_change,
        ),
        (
            Between::new(holder, due, Purpose::Payment),
            collected_change.minus(released)?,
        ),
    ] {
        posting.post(cooperative, 0, between, amount, Centimes::ZERO)?;
    }
    Ok(())
}

/// What the customer owes for a sub-order: what was delivered and kept, once it is delivered.
fn owed(sub_order: Option<&SubOrder>) -> Result<Centimes, Overflow> {
    match sub_order {
        Some(sub_order) if sub_order.stage == Stage::Delivered => sub_order.due(),
        _ => Ok(Centimes::ZERO),
    }
}
