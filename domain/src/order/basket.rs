//! From what a customer asks for to a priced order: the same code at the door and on the server.

use super::{Line, Order, SubOrder, Withdrawal};
use crate::catalogue::{Catalogue, Channel, PriceTier};
use crate::commission::{self, LineCommission, Sale};
use crate::customer::CustomerKind;
use crate::engagement::Engagement;
use crate::ids::{
    CooperativeId, CustomerId, OrderId, PersonId, PlanVersion, PriceListVersion, ProductId,
};
use crate::limits;
use crate::money::Ppm;
use crate::order::Place;
use crate::refusal::Refusal;
use crate::spoken_code::SpokenCode;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::{Deserialize, Serialize};

/// A product and how many of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasketLine {
    /// Which product.
    pub product: ProductId,
    /// Units.
    pub units: u32,
}

/// When a cooperative's goods are promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Whose goods.
    pub cooperative: CooperativeId,
    /// The date on the contract.
    pub on: CivilDate,
}

/// What the customer asks for and signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basket {
    /// Which prices apply.
    pub tier: PriceTier,
    /// By which price list.
    pub price_list: PriceListVersion,
    /// By which commission plan.
    pub plan: PlanVersion,
    /// By which of the agent's terms: those that hold from then on, 0 for those before any were
    /// published. Nothing on a phone that does not say so: then those in force at the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_from: Option<Timestamp>,
    /// What and how many, in the order in which it was asked.
    pub lines: Vec<BasketLine>,
    /// One date for each cooperative.
    pub promises: Vec<Promise>,
    /// The handwriting, as delta-encoded strokes; empty where none is required.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// Whether the customer agreed to an equivalent, no dearer product instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub substitution_agreed: bool,
}

/// Who sells to whom, where and when.
#[derive(Clone, Copy)]
pub struct Door<'a> {
    /// What can be sold.
    pub catalogue: &'a Catalogue,
    /// Turns moments into dates: the bundled database on the server, the told offset on a phone.
    pub calendar: &'a dyn Calendar,
    /// Who sells.
    pub agent: PersonId,
    /// The seller's terms at that moment.
    pub engagement: &'a Engagement,
    /// Why the customer buys.
    pub customer_kind: CustomerKind,
    /// Where.
    pub channel: Channel,
    /// When.
    pub placed_at: Timestamp,
}

/// What distinguishes one order from another with the same basket.
#[derive(Clone, Copy, Debug)]
pub struct OrderIdentity {
    /// The id of the command that places it.
    pub id: OrderId,
    /// The code people say.
    pub code: SpokenCode,
    /// The four digits on the customer's receipt, 0 to 9999.
    pub receipt_digits: u16,
    /// Who ordered.
    pub customer: CustomerId,
    /// Where the agent stood.
    pub place: Option<Place>,
}

impl Basket {
    /// The first state of an order for this basket.
    pub fn place(&self, identity: OrderIdentity, door: &Door<'_>) -> Result<Order, Refusal> {
        if identity.receipt_digits > 9_999 {
            return Err(Refusal::FieldInvalid {
                field: "receipt_digits".to_owned(),
            });
        }
        Ok(Order {
            id: identity.id,
            code: identity.code,
            receipt_digits: Some(identity.receipt_digits),
            agent: door.agent,
            customer: identity.customer,
            customer_kind: door.customer_kind,
            channel: door.channel,
            tier: self.tier,
            price_list: self.price_list,
            plan: self.plan,
            placed_at: door.placed_at,
            place: identity.place,
            signature: self.signature.clone(),
            terms_from: self.terms_from,
            substitution_agreed: self.substitution_agreed,
            from_receipt_of: None,
            also: Vec::new(),
            sub_orders: self.price(door)?,
            revision: 1,
        })
    }

    /// The sub-orders, priced: every figure that the customer signs and the agent hopes for.
    ///
    /// An unsigned basket is priced as well, so that the figures stand on the screen while it grows;
    /// [`Basket::check_signed`] is asked when it is placed.
    pub fn price(&self, door: &Door<'_>) -> Result<Vec<SubOrder>, Refusal> {
        if self.lines.is_empty() {
            return Err(Refusal::OrderEmpty);
        }
        if self.lines.len() > limits::LINES_PER_ORDER {
            return Err(Refusal::TooManyLines {
                lines_max: limits::LINES_PER_ORDER,
            });
        }
        let plan = door
            .catalogue
            .plan(self.plan)
            .ok_or(Refusal::CatalogueTooOld)?;
        let mut sales = Vec::with_capacity(self.lines.len());
        let mut lines = Vec::with_capacity(self.lines.len());
        for (index, asked) in self.lines.iter().enumerate() {
            if asked.units == 0 || asked.units > limits::UNITS_PER_LINE {
                return Err(Refusal::QuantityOutOfRange {
                    units_max: limits::UNITS_PER_LINE,
                });
            }
            if self.lines[..index]
                .iter()
                .any(|earlier| earlier.product == asked.product)
            {
                return Err(Refusal::ProductTwice {
                    product: asked.product,
                });
            }
            let product = door
                .catalogue
                .product(asked.product)
                .ok_or(Refusal::UnknownProduct {
                    product: asked.product,
                })?;
            let without_price = Refusal::ProductWithoutPrice {
                product: product.id,
            };
            let unit_price = product
                .price(self.price_list, self.tier)
                .ok_or(without_price.clone())?;
            let vat = product.vat_at(door.placed_at).ok_or(without_price)?;
            let base = unit_price.times(asked.units)?.without_vat(vat)?;
            sales.push(Sale {
                agent: door.agent,
                team: &door.engagement.team,
                grade: &door.engagement.grade,
                product: product.id,
                category: product.category,
                cooperative: product.cooperative,
                customer_kind: door.customer_kind,
                channel: door.channel,
                discount: Ppm(0),
                units: asked.units,
                base,
            });
            lines.push(Line {
                number: index as u16 + 1,
                product: product.id,
                unit_price,
                vat,
                asked: asked.units,
                confirmed: 0,
                packed: 0,
                delivered: 0,
                returned: 0,
                excused: 0,
                lost_in_transport: 0,
                lot: String::new(),
                commission: LineCommission::default(),
            });
        }
        let commissions = commission::of_order(plan, door.engagement, &sales)?;
        let mut sub_orders: Vec<SubOrder> = Vec::new();
        for ((line, commission), sale) in lines.into_iter().zip(commissions).zip(&sales) {
            let line = Line { commission, ..line };
            match sub_orders
                .iter_mut()
                .find(|sub_order| sub_order.cooperative == sale.cooperative)
            {
                Some(sub_order) => sub_order.lines.push(line),
                None => sub_orders.push(self.open_sub_order(sale.cooperative, line, door)?),
            }
        }
        Ok(sub_orders)
    }

    fn open_sub_order(
        &self,
        cooperative: CooperativeId,
        first_line: Line,
        door: &Door<'_>,
    ) -> Result<SubOrder, Refusal> {
        let convention = door
            .catalogue
            .cooperative(cooperative)
            .and_then(|found| found.convention_at(door.placed_at))
            .ok_or(Refusal::NoConvention { cooperative })?;
        let regime = convention.regime.for_customer(door.customer_kind);
        let promised_on = self
            .promises
            .iter()
            .find(|promise| promise.cooperative == cooperative)
            .ok_or(Refusal::PromiseMissing { cooperative })?
            .on;
        let earliest = door.calendar.date_at(door.placed_at);
        let latest = earliest.plus_days(limits::PROMISE_DAYS);
        // A phone without the time zone database may be a day off around midnight.
        if promised_on < earliest.plus_days(-1) || promised_on > latest.plus_days(1) {
            return Err(Refusal::PromiseOutOfRange {
                promised: promised_on,
                earliest,
                latest,
            });
        }
        let withdrawal = match regime.withdrawal_closes_at(door.placed_at, &door.calendar) {
            Some(closes_at) => Withdrawal::Open { closes_at },
            None => Withdrawal::None,
        };
        Ok(SubOrder {
            cooperative,
            regime,
            promised_on,
            stage: super::Stage::Awaiting,
            reason: None,
            decision_seen: false,
            withdrawal,
            collected: Default::default(),
            held: Default::default(),
            in_hand: Default::default(),
            vesting: convention.vesting.clone(),
            delivered_at: None,
            latest_at: None,
            due_changes: Vec::new(),
            written_off_at: None,
            proposal: None,
            lines: vec![first_line],
        })
    }

    /// Refuses a basket whose contract the law wants signed and which is not (law 31-08, article 48).
    pub fn check_signed(&self, sub_orders: &[SubOrder]) -> Result<(), Refusal> {
        if self.signature.len() > limits::SIGNATURE_BYTES {
            return Err(Refusal::FieldTooLong {
                field: "signature".to_owned(),
                characters_max: limits::SIGNATURE_BYTES,
            });
        }
        if self.signature.is_empty()
            && sub_orders
                .iter()
                .any(|sub_order| sub_order.regime.needs_signature())
        {
            return Err(Refusal::SignatureMissing);
        }
        Ok(())
    }
}

impl Calendar for &dyn Calendar {
    fn date_at(&self, moment: Timestamp) -> CivilDate {
        (**self).date_at(moment)
    }

    fn start_of(&self, date: CivilDate) -> Timestamp {
        (**self).start_of(date)
    }
}
