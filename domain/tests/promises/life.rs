//! An order's life, event after event, with what each moved in the ledger.

use crate::demo_catalogue::{CALENDAR, HONEY_COOP, THYME_HONEY, agent, balances, noon, order};
use proptest::prelude::*;
use taswiq_domain::ids::CooperativeId;
use taswiq_domain::ledger::{Account, Happening, Purpose, Told, Transfer, transfers_for};
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::event::{LineUnits, PackedLine, RecordedEvent};
use taswiq_domain::order::{
    Fault, Order, OrderEvent, PaymentMethod, Proof, Vesting, VestingPart, VestsWhen,
};
use taswiq_domain::period::Period;
use taswiq_domain::time::Timestamp;

/// An order as it stands and everything it moved.
#[derive(Clone, Debug)]
pub struct Life {
    first: Order,
    log: Vec<(OrderEvent, Timestamp)>,
    pub state: Order,
    pub transfers: Vec<Transfer>,
}

impl Life {
    /// An order just placed.
    pub fn of(order: Order) -> Self {
        let placed = OrderEvent::Placed {
            order: Box::new(order.clone()),
        };
        let transfers = post(&[], None, &order, &placed, order.placed_at);
        Self {
            first: order.clone(),
            log: Vec::new(),
            state: order,
            transfers,
        }
    }

    /// The same life under another vesting of every sub-order.
    pub fn with_vesting(self, vesting: Vesting) -> Self {
        let mut first = self.first.clone();
        for sub_order in &mut first.sub_orders {
            sub_order.vesting = vesting.clone();
        }
        Self::of(first).again(&self)
    }

    /// The order as it was placed.
    pub fn first_state(&self) -> Order {
        self.first.clone()
    }

    /// Lets happen to this order what happened to another.
    pub fn again(self, other: &Self) -> Self {
        other
            .log
            .iter()
            .fold(self, |life, (event, at)| life.then(event.clone(), *at))
    }

    /// What happens next; it must be allowed.
    pub fn then(self, event: OrderEvent, at: Timestamp) -> Self {
        match self.tried(&event, at) {
            Ok(life) => life,
            Err(refusal) => panic!("{event:?}: {refusal}"),
        }
    }

    /// What happens next, if it is allowed.
    pub fn tried(&self, event: &OrderEvent, at: Timestamp) -> Result<Self, taswiq_domain::Refusal> {
        let after = self.state.after(event, at)?;
        let mut life = self.clone();
        let earlier: Vec<Told<'_>> = (2..)
            .zip(&self.log)
            .map(|(number, (event, at))| told(event, number, *at))
            .collect();
        let placed = OrderEvent::Placed {
            order: Box::new(self.first.clone()),
        };
        let earlier = [
            &[told(&placed, 1, self.first.placed_at)],
            earlier.as_slice(),
        ]
        .concat();
        life.transfers
            .extend(post(&earlier, Some(&self.state), &after, event, at));
        life.state = after;
        life.log.push((event.clone(), at));
        Ok(life)
    }

    /// Everything that was told of it, as the server records it.
    pub fn recorded(&self) -> Vec<RecordedEvent> {
        let placed = OrderEvent::Placed {
            order: Box::new(self.first.clone()),
        };
        let placed = (placed, self.first.placed_at);
        (1..)
            .zip(std::iter::once(&placed).chain(&self.log))
            .map(|(number, (event, at))| RecordedEvent {
                number,
                event: event.clone(),
                actor: Some(agent().person),
                device: None,
                made_at: *at,
                received_at: *at,
            })
            .collect()
    }

    pub fn balance(&self, account: Account) -> i64 {
        balances(&self.transfers)
            .get(&account)
            .copied()
            .unwrap_or_default()
    }

    /// What was credited to a cooperative for goods that stayed.
    pub fn sold(&self, cooperative: CooperativeId) -> i64 {
        let sales: Vec<Transfer> = self
            .transfers
            .iter()
            .filter(|transfer| transfer.purpose == Purpose::Sale)
            .cloned()
            .collect();
        balances(&sales)
            .get(&Account::CooperativeSales(cooperative))
            .copied()
            .unwrap_or_default()
    }

    /// The turnover that the agent's vested commission brought to tiers and targets.
    pub fn turnover(&self) -> i64 {
        let earned = Account::AgentEarned(agent().person);
        self.transfers
            .iter()
            .map(|transfer| {
                if transfer.credit == earned {
                    transfer.base.0
                } else {
                    -transfer.base.0
                }
            })
            .sum()
    }

    pub fn never_moved(&self, account: Account) -> bool {
        self.transfers
            .iter()
            .all(|transfer| transfer.debit != account && transfer.credit != account)
    }
}

/// An event told by a clock that is right.
pub const fn told(event: &OrderEvent, number: u32, at: Timestamp) -> Told<'_> {
    Told {
        event,
        number,
        made_at: at,
        at,
    }
}

fn post(
    earlier: &[Told<'_>],
    before: Option<&Order>,
    after: &Order,
    event: &OrderEvent,
    at: Timestamp,
) -> Vec<Transfer> {
    let happening = Happening {
        told: told(event, after.revision, at),
        actor: Some(agent().person),
        earlier,
        month: &|moment| Period::at(moment.at, &CALENDAR),
    };
    transfers_for(before, after, &happening).expect("fits")
}

pub fn vesting(parts: &[(VestsWhen, u32)]) -> Vesting {
    Vesting(
        parts
            .iter()
            .map(|&(when, part)| VestingPart {
                when,
                part: Ppm(part),
            })
            .collect(),
    )
}

/// Any split of the whole, in whole percents and any order.
pub fn any_vesting() -> impl Strategy<Value = Vesting> {
    let in_order = Just(VestsWhen::ALL.to_vec()).prop_shuffle();
    (in_order, 0u32..=100, 0u32..=100).prop_map(|(moments, one, other)| {
        let (low, high) = (one.min(other), one.max(other));
        let parts = [low, high - low, 100 - high].map(|percent| percent * 10_000);
        Vesting(
            moments
                .into_iter()
                .zip(parts)
                .filter(|(_, part)| *part > 0)
                .map(|(when, part)| VestingPart {
                    when,
                    part: Ppm(part),
                })
                .collect(),
        )
    })
}

fn first_line(units: u32) -> Vec<LineUnits> {
    vec![LineUnits { line: 1, units }]
}

pub fn confirmed(units: u32) -> OrderEvent {
    OrderEvent::Confirmed {
        cooperative: HONEY_COOP,
        lines: first_line(units),
    }
}

pub fn packed(units: u32) -> OrderEvent {
    OrderEvent::Packed {
        cooperative: HONEY_COOP,
        lines: vec![PackedLine {
            line: 1,
            units,
            lot: String::new(),
        }],
    }
}

pub fn delivered(units: u32) -> OrderEvent {
    OrderEvent::Delivered {
        cooperative: HONEY_COOP,
        lines: first_line(units),
        proof: Proof::ReceiptDigits { digits: 4_711 },
    }
}

pub fn returned(units: u32, fault: Fault) -> OrderEvent {
    OrderEvent::Returned {
        cooperative: HONEY_COOP,
        lines: first_line(units),
        fault,
    }
}

pub fn collected(amount: i64, method: PaymentMethod) -> OrderEvent {
    OrderEvent::Collected {
        cooperative: HONEY_COOP,
        amount: Centimes(amount),
        method,
    }
}

pub fn deposited(amount: i64) -> OrderEvent {
    OrderEvent::Deposited {
        cooperative: HONEY_COOP,
        amount: Centimes(amount),
        holder: None,
    }
}

/// Twelve pots of honey, ordered.
pub fn pots() -> Life {
    Life::of(order(&[(THYME_HONEY, 12)]))
}

/// The same, packed.
pub fn pots_at_the_door() -> Life {
    pots()
        .then(confirmed(12), noon(2026, 11, 2))
        .then(packed(12), noon(2026, 11, 3))
}

/// The customer can no longer withdraw.
pub fn withdrawal_closed() -> OrderEvent {
    OrderEvent::WithdrawalClosed {
        cooperative: HONEY_COOP,
    }
}
