//! What can be sold, by whom, at which price, with which tax, under which convention.
//!
//! Everything that may change carries the date from which it holds, and nothing is ever changed in
//! the past: a phone that was offline for a week and the server must find the same price for the
//! same door.

use crate::commission::Plan;
use crate::customer::CustomerKind;
use crate::ids::{CategoryId, CooperativeId, PlanVersion, PriceListVersion, ProductId};
use crate::law::Regime;
use crate::limits;
use crate::money::{Centimes, Ppm};
use crate::order::Vesting;
use crate::period::Period;
use crate::reading::one_by_one;
use crate::refusal::Refusal;
use crate::text::LocalText;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::{Deserialize, Serialize};

/// Which of the three prices a customer pays.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PriceTier {
    /// A household.
    #[default]
    Retail,
    /// A small shop.
    SemiWholesale,
    /// A dealer.
    Wholesale,
}

impl PriceTier {
    /// The tier offered first to a kind of customer.
    pub const fn usual_for(kind: CustomerKind) -> Self {
        match kind {
            CustomerKind::Household => Self::Retail,
            CustomerKind::Professional => Self::SemiWholesale,
        }
    }
}

/// Where an order was taken.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// At the customer's door.
    #[default]
    Door,
    /// In a shop of the programme.
    Shop,
    /// In the web shop.
    Web,
    /// At the virtual fair.
    Fair,
}

/// The drawing of a product or category: a shape, its colours, and what is drawn on its label. Names
/// of symbols in the sprite of drawings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The vessel or thing.
    pub shape: String,
    /// The three tones.
    pub tint: String,
    /// What is drawn on it; empty for nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub motif: String,
}

/// A group of products as agents look for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Which.
    pub id: CategoryId,
    /// Its name.
    pub name: LocalText,
    /// Its drawing.
    pub picture: Picture,
}

/// What a cooperative agreed with the programme, from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Convention {
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// The legal regime of its sales to households. Never chosen by an agent.
    pub regime: Regime,
    /// Days from the order to the usual delivery, counted after the withdrawal period where there is one.
    pub delivery_days: u16,
    /// When the commission on its sales vests.
    #[serde(default, skip_serializing_if = "Vesting::is_usual")]
    pub vesting: Vesting,
}

/// A cooperative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cooperative {
    /// Which.
    pub id: CooperativeId,
    /// Its name.
    pub name: LocalText,
    /// Its town or village.
    pub place: LocalText,
    /// Its conventions, oldest first.
    pub conventions: Vec<Convention>,
}

impl Cooperative {
    /// The convention in force at that moment.
    pub fn convention_at(&self, moment: Timestamp) -> Option<&Convention> {
        self.conventions
            .iter()
            .rev()
            .find(|convention| convention.valid_from <= moment)
    }
}

/// A rate of value added tax, from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatRate {
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// The rate.
    pub rate: Ppm,
}

/// The prices of one product in a version of the price list and all later ones until its next
/// entry. Centimes for one unit, value added tax included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductPrice {
    /// The version that brought these prices.
    pub version: PriceListVersion,
    /// For households.
    pub retail: Centimes,
    /// For small shops.
    pub semi_wholesale: Centimes,
    /// For dealers.
    pub wholesale: Centimes,
}

/// A product: one article in one packing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Which.
    pub id: ProductId,
    /// Who makes it.
    pub cooperative: CooperativeId,
    /// Where agents look for it.
    pub category: CategoryId,
    /// Its name.
    pub name: LocalText,
    /// What one unit is: `pot 500 g`.
    pub unit: LocalText,
    /// Its drawing.
    pub picture: Picture,
    /// Its tax, oldest first.
    pub vat: Vec<VatRate>,
    /// Its prices, oldest version first.
    pub prices: Vec<ProductPrice>,
    /// Whether it is still offered. A product taken off sale keeps its prices for orders under way.
    pub on_sale: bool,
}

impl Product {
    /// The unit price in that version of the price list, value added tax included.
    pub fn price(&self, version: PriceListVersion, tier: PriceTier) -> Option<Centimes> {
        self.prices
            .iter()
            .rev()
            .find(|price| price.version <= version)
            .map(|price| match tier {
                PriceTier::Retail => price.retail,
                PriceTier::SemiWholesale => price.semi_wholesale,
                PriceTier::Wholesale => price.wholesale,
            })
    }

    /// The rate of value added tax at that moment.
    pub fn vat_at(&self, moment: Timestamp) -> Option<Ppm> {
        self.vat
            .iter()
            .rev()
            .find(|vat| vat.valid_from <= moment)
            .map(|vat| vat.rate)
    }
}

/// A published version of the price list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    /// Which.
    pub version: PriceListVersion,
    /// From when on it holds; never earlier than the version before.
    pub valid_from: Timestamp,
}

/// Everything a device needs to price an order and its commission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Grows with every change of anything in it.
    pub revision: i64,
    /// By id.
    #[serde(deserialize_with = "one_by_one")]
    pub cooperatives: Vec<Cooperative>,
    /// In the order in which agents see them.
    #[serde(deserialize_with = "one_by_one")]
    pub categories: Vec<Category>,
    /// By id.
    #[serde(deserialize_with = "one_by_one")]
    pub products: Vec<Product>,
    /// Oldest first.
    #[serde(deserialize_with = "one_by_one")]
    pub price_lists: Vec<PriceList>,
    /// Oldest first.
    #[serde(deserialize_with = "one_by_one")]
    pub plans: Vec<Plan>,
}

impl Catalogue {
    /// The product of that id.
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        self.products
            .binary_search_by_key(&id, |product| product.id)
            .ok()
            .map(|index| &self.products[index])
    }

    /// The cooperative of that id.
    pub fn cooperative(&self, id: CooperativeId) -> Option<&Cooperative> {
        self.cooperatives
            .binary_search_by_key(&id, |cooperative| cooperative.id)
            .ok()
            .map(|index| &self.cooperatives[index])
    }

    /// The category of that id.
    pub fn category(&self, id: CategoryId) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// The plan of that version.
    pub fn plan(&self, version: PlanVersion) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.version == version)
    }

    /// The price list in force at that moment.
    pub fn price_list_at(&self, moment: Timestamp) -> Option<PriceListVersion> {
        self.price_lists
            .iter()
            .rev()
            .find(|list| list.valid_from <= moment)
            .map(|list| list.version)
    }

    /// The plan in force at that moment.
    pub fn plan_at(&self, moment: Timestamp) -> Option<&Plan> {
        self.plans
            .iter()
            .rev()
            .find(|plan| plan.valid_from <= moment)
    }

    /// The plan whose month rules hold for a month: the one in force when it began. Of the first plan of
    /// all, when it began within the month.
    pub fn plan_of_month(&self, period: Period, calendar: &dyn Calendar) -> Option<&Plan> {
        let (start, end) = (period.start(calendar), period.end(calendar));
        self.plan_at(start)
            .or_else(|| self.plans.first().filter(|plan| plan.valid_from < end))
    }

    /// Checks that an order taken at `placed_at` and received at `received_at` may still be priced
    /// by the versions it names: published by then, and not superseded more than
    /// [`limits::SUPERSEDED_HONOURED_DAYS`] before it was received.
    pub fn honours(
        &self,
        price_list: PriceListVersion,
        plan: PlanVersion,
        placed_at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), Refusal> {
        let oldest = received_at.plus_days(-limits::SUPERSEDED_HONOURED_DAYS);
        let still_honoured = |valid_from: Option<Timestamp>, superseded_at: Option<Timestamp>| {
            valid_from.is_some_and(|from| from <= placed_at)
                && superseded_at.is_none_or(|at| at > oldest)
        };
        let list_position = self
            .price_lists
            .iter()
            .position(|list| list.version == price_list);
        let plan_position = self
            .plans
            .iter()
            .position(|candidate| candidate.version == plan);
        let list_holds = still_honoured(
            list_position.map(|index| self.price_lists[index].valid_from),
            list_position
                .and_then(|index| self.price_lists.get(index + 1))
                .map(|next| next.valid_from),
        );
        let plan_holds = still_honoured(
            plan_position.map(|index| self.plans[index].valid_from),
            plan_position
                .and_then(|index| self.plans.get(index + 1))
                .map(|next| next.valid_from),
        );
        if list_holds && plan_holds {
            Ok(())
        } else {
            Err(Refusal::CatalogueTooOld)
        }
    }

    /// The first delivery date to propose for a cooperative: after the withdrawal period where there
    /// is one, so that a single visit delivers and collects.
    pub fn usual_promise(
        &self,
        cooperative: CooperativeId,
        kind: CustomerKind,
        placed_at: Timestamp,
        placed_on: CivilDate,
    ) -> Option<CivilDate> {
        let convention = self.cooperative(cooperative)?.convention_at(placed_at)?;
        let regime = convention.regime.for_customer(kind);
        Some(placed_on.plus_days(
            regime.withdrawal_days().map_or(0, |days| days + 1)
                + i32::from(convention.delivery_days),
        ))
    }
}
