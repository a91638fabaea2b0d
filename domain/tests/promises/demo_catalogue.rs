//! A small catalogue for the tests: two cooperatives, four products, one plan.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::{
    Catalogue, Category, Channel, Convention, Cooperative, PriceList, PriceTier, Product,
    ProductPrice, VatRate,
};
use taswiq_domain::commission::{Conditions, Pays, Plan, Rule};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{
    CategoryId, CooperativeId, CustomerId, OrderId, PersonId, PlanVersion, PriceListVersion,
    ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::{Proposal, ProposedLine};
use taswiq_domain::order::{Order, Reason};
use taswiq_domain::person::Role;
use taswiq_domain::settlement::rules::PeriodRules;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset, Timestamp};
use uuid::Uuid;

pub const HONEY_COOP: CooperativeId = CooperativeId(1);
pub const RUG_COOP: CooperativeId = CooperativeId(2);
pub const THYME_HONEY: ProductId = ProductId(1);
pub const AMLOU: ProductId = ProductId(2);
pub const RUG: ProductId = ProductId(3);
pub const SAMPLE: ProductId = ProductId(4);
pub const CALENDAR: FixedOffset = FixedOffset { minutes: 0 };
/// An agent's terms who shares with nobody and has no lead.
pub static ALONE: LazyLock<Engagement> = LazyLock::new(Engagement::default);

pub fn noon(year: i32, month: u32, day: u32) -> Timestamp {
    CALENDAR
        .start_of(CivilDate::new(year, month, day).expect("a date"))
        .plus_hours(12)
}

pub fn agent() -> Actor {
    Actor {
        person: PersonId(20),
        role: Role::Agent,
        cooperatives: Vec::new(),
    }
}

fn product(
    id: ProductId,
    cooperative: CooperativeId,
    category: i64,
    retail: i64,
    vat: u32,
) -> Product {
    Product {
        id,
        cooperative,
        category: CategoryId(category),
        name: LocalText::new("Produit", "منتوج"),
        unit: LocalText::new("pot 500 g", "برطمان 500 غ"),
        picture: Default::default(),
        vat: vec![VatRate {
            valid_from: Timestamp(0),
            rate: Ppm(vat),
        }],
        prices: vec![
            ProductPrice {
                version: PriceListVersion(1),
                retail: Centimes(retail),
                semi_wholesale: Centimes(retail * 9 / 10),
                wholesale: Centimes(retail * 8 / 10),
            },
            ProductPrice {
                version: PriceListVersion(2),
                retail: Centimes(retail + 500),
                semi_wholesale: Centimes(retail),
                wholesale: Centimes(retail),
            },
        ],
        on_sale: true,
    }
}

fn cooperative(id: CooperativeId, regime: Regime) -> Cooperative {
    Cooperative {
        id,
        name: LocalText::new("Coopérative", "تعاونية"),
        place: LocalText::new("Sefrou", "صفرو"),
        conventions: vec![Convention {
            valid_from: Timestamp(0),
            regime,
            delivery_days: 2,
            vesting: Default::default(),
        }],
    }
}

pub fn rule(number: u16, when: Conditions, pays: Pays) -> Rule {
    Rule {
        number,
        when,
        pays,
        ..Rule::default()
    }
}

pub fn plan() -> Plan {
    Plan {
        version: PlanVersion(1),
        valid_from: Timestamp(0),
        rules: vec![
            rule(1, Conditions::default(), Pays::Rate { rate: Ppm(70_000) }),
            rule(
                2,
                Conditions {
                    cooperative: Some(RUG_COOP),
                    ..Conditions::default()
                },
                Pays::PerUnit {
                    amount: Centimes(2_500),
                },
            ),
            rule(
                3,
                Conditions {
                    product: Some(SAMPLE),
                    ..Conditions::default()
                },
                Pays::Nothing {
                    reason: "échantillon".to_owned(),
                },
            ),
        ],
        period: PeriodRules::default(),
    }
}

pub fn catalogue() -> Catalogue {
    Catalogue {
        revision: 1,
        cooperatives: vec![
            cooperative(HONEY_COOP, Regime::Doorstep7d),
            cooperative(RUG_COOP, Regime::OwnProduction),
        ],
        categories: vec![Category {
            id: CategoryId(1),
            name: LocalText::new("Miels", "عسل"),
            picture: Default::default(),
        }],
        products: vec![
            product(THYME_HONEY, HONEY_COOP, 1, 12_000, 200_000),
            product(AMLOU, HONEY_COOP, 1, 8_550, 100_000),
            product(RUG, RUG_COOP, 2, 150_000, 0),
            product(SAMPLE, RUG_COOP, 2, 100, 200_000),
        ],
        price_lists: vec![
            PriceList {
                version: PriceListVersion(1),
                valid_from: Timestamp(0),
            },
            PriceList {
                version: PriceListVersion(2),
                valid_from: noon(2026, 11, 15),
            },
        ],
        plans: vec![plan()],
    }
}

pub fn basket(lines: &[(ProductId, u32)]) -> Basket {
    Basket {
        tier: PriceTier::Retail,
        price_list: PriceListVersion(1),
        plan: PlanVersion(1),
        terms_from: None,
        lines: lines
            .iter()
            .map(|&(product, units)| BasketLine { product, units })
            .collect(),
        promises: [HONEY_COOP, RUG_COOP]
            .map(|cooperative| Promise {
                cooperative,
                on: CivilDate::new(2026, 11, 12).expect("a date"),
            })
            .to_vec(),
        signature: "strokes".to_owned(),
        substitution_agreed: false,
    }
}

pub fn identity() -> OrderIdentity {
    OrderIdentity {
        id: OrderId(Uuid::from_u128(1)),
        code: SpokenCode::from_random(99),
        receipt_digits: 4_711,
        customer: CustomerId(Uuid::from_u128(2)),
        place: None,
    }
}

pub fn door(catalogue: &Catalogue, customer_kind: CustomerKind) -> Door<'_> {
    Door {
        catalogue,
        calendar: &CALENDAR,
        agent: agent().person,
        engagement: &ALONE,
        customer_kind,
        channel: Channel::Door,
        placed_at: noon(2026, 11, 1),
    }
}

/// An order over both cooperatives, signed by a household on 2026-11-01 at noon.
pub fn order(lines: &[(ProductId, u32)]) -> Order {
    basket(lines)
        .place(identity(), &door(&catalogue(), CustomerKind::Household))
        .expect("a good basket")
}

/// Balances by account, from transfers.
pub fn balances(
    transfers: &[taswiq_domain::ledger::Transfer],
) -> BTreeMap<taswiq_domain::ledger::Account, i64> {
    let mut balances = BTreeMap::new();
    for transfer in transfers {
        *balances.entry(transfer.debit).or_default() -= transfer.amount.0;
        *balances.entry(transfer.credit).or_default() += transfer.amount.0;
    }
    balances
}

/// The cooperative would deliver all twelve pots, at 132.00 DH each.
pub fn dearer_pots() -> Proposal {
    Proposal {
        reason: Reason::PriceChanged,
        lines: vec![ProposedLine {
            line: 1,
            units: 12,
            unit_price: Centimes(13_200),
        }],
    }
}
