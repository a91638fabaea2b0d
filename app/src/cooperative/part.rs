//! One cooperative's part of an order, as the device knows it.

use taswiq_domain::ids::{CooperativeId, OrderId, ProductId};
use taswiq_domain::limits::CONFIRM_EXPIRY_HOURS;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Order, Stage, SubOrder};
use taswiq_domain::time::Timestamp;
use taswiq_offline::OrderView;

/// Names a part: one order may hold parts of several cooperatives of the same person.
pub type PartId = (OrderId, CooperativeId);

/// See the module.
#[derive(Clone)]
pub struct Part {
    pub view: OrderView,
    index: usize,
}

impl Part {
    /// The parts of an order.
    pub fn all_of(view: &OrderView) -> impl Iterator<Item = Self> + '_ {
        (0..view.order.sub_orders.len()).map(|index| Self {
            view: view.clone(),
            index,
        })
    }

    pub fn id(&self) -> PartId {
        (self.view.order.id, self.sub_order().cooperative)
    }

    pub fn order(&self) -> &Order {
        &self.view.order
    }

    pub fn sub_order(&self) -> &SubOrder {
        &self.view.order.sub_orders[self.index]
    }

    pub fn stage(&self) -> Stage {
        self.sub_order().stage
    }

    /// Until when an answer counts in any case: the server closes a part that nobody answered.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.view
            .received_at
            .map(|at| at.plus_hours(CONFIRM_EXPIRY_HOURS))
    }

    /// Whether an answer was given that nobody has seen, so that it may be replaced in silence.
    pub fn is_correctable(&self) -> bool {
        let sub_order = self.sub_order();
        !sub_order.decision_seen
            && matches!(
                sub_order.stage,
                Stage::Confirmed | Stage::Refused | Stage::ChangeProposed
            )
    }

    /// Whether an answer is still wanted or may be changed.
    pub fn may_be_answered(&self) -> bool {
        self.is_correctable() || matches!(self.stage(), Stage::Awaiting | Stage::Expired)
    }

    /// What makes it another one for somebody who is typing into a form about it: everything but the
    /// times, which the server may set right by some seconds when it hears of an act.
    pub fn version(&self) -> SubOrder {
        SubOrder {
            latest_at: None,
            due_changes: Vec::new(),
            delivered_at: None,
            written_off_at: None,
            ..self.sub_order().clone()
        }
    }

    /// Whether the last thing done to it is still on this phone.
    pub fn waits_on_phone(&self) -> bool {
        !self.view.pending.is_empty()
    }

    /// Units still meant, in all.
    pub fn units(&self) -> u32 {
        let sub_order = self.sub_order();
        sub_order
            .lines
            .iter()
            .map(|line| sub_order.units_alive(line))
            .sum()
    }

    /// Units asked of each line.
    pub fn asked(&self) -> impl Iterator<Item = u32> + '_ {
        self.sub_order().lines.iter().map(|line| line.asked)
    }

    /// Units asked, in all.
    pub fn units_asked(&self) -> u32 {
        self.asked().sum()
    }

    /// What the customer pays for what is still meant; what was asked when nothing is. A figure
    /// beyond what can be represented was refused at the door, so there is none here.
    pub fn amount(&self) -> Centimes {
        let sub_order = self.sub_order();
        let figure = if sub_order.stage.is_dead() {
            sub_order.gross_asked()
        } else {
            sub_order.due()
        };
        figure.unwrap_or_default()
    }

    /// The first name of who ordered.
    pub fn first_name(&self) -> &str {
        self.view
            .customer
            .as_ref()
            .map_or("", |customer| &customer.first_name)
    }

    /// The village or quarter.
    pub fn place(&self) -> &str {
        self.view
            .customer
            .as_ref()
            .map_or("", |customer| &customer.place)
    }

    pub fn asks_for(&self, product: ProductId) -> bool {
        self.sub_order()
            .lines
            .iter()
            .any(|line| line.product == product)
    }
}
