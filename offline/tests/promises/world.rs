//! A small world: two cooperatives, three products, one agent, and the acts they do.

use std::collections::BTreeMap;
use taswiq_domain::catalogue::{
    Catalogue, Channel, Convention, Cooperative, Picture, PriceList, PriceTier, Product,
    ProductPrice, VatRate,
};
use taswiq_domain::commission::{Conditions, Pays, Plan, Rule};
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::ids::{
    CategoryId, CommandId, CooperativeId, CustomerId, OrderId, PersonId, PlanVersion,
    PriceListVersion, ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, BasketLine, Promise};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::order::{CancelledBy, Order, PaymentMethod, Proof, Reason};
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::settlement::rules::PeriodRules;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    AmendOrder, CancelOrder, Collect, CommandBody, ConfirmSubOrder, Deliver, HandOver,
    PackSubOrder, PlaceOrder, RefuseSubOrder, Shown,
};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, FixedOffset, Timestamp};

pub const AGENT: PersonId = PersonId(7);
pub const ANIMATRICE: PersonId = PersonId(31);
pub const HONEY: CooperativeId = CooperativeId(1);
pub const OIL: CooperativeId = CooperativeId(2);
pub const RECEIPT_DIGITS: u16 = 4_711;
/// 2026-11-22 12:00 UTC by the server's clock.
pub const NOON: Timestamp = Timestamp(1_795_348_800_000);

/// A distinct id for each number.
pub fn id(number: u64) -> CommandId {
    format!("019a0000-0000-7000-8000-{number:012x}")
        .parse()
        .expect("an id")
}

pub fn order_id(number: u64) -> OrderId {
    id(number).into()
}

pub fn customer_id(number: u64) -> CustomerId {
    id(number).into()
}

pub fn profile(person: PersonId) -> Profile {
    let cooperatives = if person == ANIMATRICE {
        vec![HONEY]
    } else {
        Vec::new()
    };
    Profile {
        person,
        name: LocalText::new("Fatima", "فاطمة"),
        role: if person == ANIMATRICE {
            Role::Cooperative
        } else {
            Role::Agent
        },
        cooperatives,
        grade: String::new(),
        engagements: Vec::new(),
    }
}

pub fn catalogue() -> Catalogue {
    let long_ago = NOON.plus_days(-300);
    let cooperative = |id: CooperativeId, regime: Regime| Cooperative {
        id,
        name: LocalText::new("Coopérative", "تعاونية"),
        place: LocalText::new("Sefrou", "صفرو"),
        conventions: vec![Convention {
            valid_from: long_ago,
            regime,
            delivery_days: 2,
            vesting: Default::default(),
        }],
    };
    let product = |id: i64, cooperative: CooperativeId, centimes: i64| Product {
        id: ProductId(id),
        cooperative,
        category: CategoryId(1),
        name: LocalText(BTreeMap::from([("fr".to_owned(), format!("Produit {id}"))])),
        unit: LocalText::new("pot", "وعاء"),
        picture: Picture::default(),
        vat: vec![VatRate {
            valid_from: long_ago,
            rate: Ppm(200_000),
        }],
        prices: vec![ProductPrice {
            version: PriceListVersion(1),
            retail: Centimes(centimes),
            semi_wholesale: Centimes(centimes),
            wholesale: Centimes(centimes),
        }],
        on_sale: true,
    };
    Catalogue {
        revision: 1,
        cooperatives: vec![
            cooperative(HONEY, Regime::OwnProduction),
            cooperative(OIL, Regime::RegularRound),
        ],
        categories: Vec::new(),
        products: vec![
            product(1, HONEY, 9_000),
            product(2, HONEY, 4_500),
            product(3, OIL, 12_000),
        ],
        price_lists: vec![PriceList {
            version: PriceListVersion(1),
            valid_from: long_ago,
        }],
        plans: vec![Plan {
            version: PlanVersion(1),
            valid_from: long_ago,
            rules: vec![Rule {
                number: 1,
                when: Conditions::default(),
                pays: Pays::Rate { rate: Ppm(100_000) },
                ..Rule::default()
            }],
            period: PeriodRules::default(),
        }],
    }
}

pub fn register(name: &str) -> CommandBody {
    CommandBody::RegisterCustomer(CustomerDetails {
        first_name: name.to_owned(),
        family_name: "Aït Ali".to_owned(),
        phone: "0612345678".parse().ok(),
        place: "Imouzzer".to_owned(),
        address: String::new(),
        kind: CustomerKind::Household,
    })
}

fn basket(lines: &[(i64, u32)]) -> Basket {
    let promised_on = FixedOffset::default().date_at(NOON).plus_days(3);
    Basket {
        tier: PriceTier::Retail,
        price_list: PriceListVersion(1),
        plan: PlanVersion(1),
        terms_from: None,
        lines: lines
            .iter()
            .map(|(product, units)| BasketLine {
                product: ProductId(*product),
                units: *units,
            })
            .collect(),
        promises: [HONEY, OIL]
            .map(|cooperative| Promise {
                cooperative,
                on: promised_on,
            })
            .to_vec(),
        signature: String::new(),
        substitution_agreed: false,
    }
}

/// The figures of a basket: prices as in [`catalogue`], a tenth of the net as commission.
fn shown(lines: &[(i64, u32)]) -> Shown {
    let gross = lines
        .iter()
        .map(|(product, units)| match product {
            1 => 9_000 * i64::from(*units),
            2 => 4_500 * i64::from(*units),
            _ => 12_000 * i64::from(*units),
        })
        .collect::<Vec<_>>();
    let commission = |gross: &i64| (gross * 10 / 12) / 10;
    Shown {
        total: Centimes(gross.iter().sum()),
        commission: Centimes(gross.iter().map(commission).sum()),
    }
}

pub fn place(customer: CustomerId, lines: &[(i64, u32)]) -> CommandBody {
    CommandBody::PlaceOrder(PlaceOrder {
        customer,
        code: SpokenCode::from_random(12_345),
        receipt_digits: RECEIPT_DIGITS,
        channel: Channel::Door,
        basket: basket(lines),
        place: None,
        shown: shown(lines),
        from_receipt_of: None,
    })
}

/// An order whose figures are not what the rules make of it: refused by the device, parked by a server.
pub fn place_with_total(customer: CustomerId, lines: &[(i64, u32)], total: i64) -> CommandBody {
    match place(customer, lines) {
        CommandBody::PlaceOrder(mut order) => {
            order.shown.total = Centimes(total);
            CommandBody::PlaceOrder(order)
        }
        other => other,
    }
}

pub fn amend(order: OrderId, lines: &[(i64, u32)]) -> CommandBody {
    CommandBody::AmendOrder(AmendOrder {
        order,
        basket: basket(lines),
        shown: shown(lines),
        other_ids: 0,
    })
}

pub fn cancel(order: OrderId) -> CommandBody {
    CommandBody::CancelOrder(CancelOrder {
        order,
        by: CancelledBy::Agent,
        reason: Reason::Mistake,
        other_ids: 0,
    })
}

fn part(order: &Order, cooperative: CooperativeId) -> Vec<LineUnits> {
    let lines = order
        .sub_order(cooperative)
        .map(|part| part.lines.as_slice())
        .unwrap_or_default();
    lines
        .iter()
        .map(|line| LineUnits {
            line: line.number,
            units: line.asked,
        })
        .collect()
}

pub fn confirm(order: &Order, cooperative: CooperativeId) -> CommandBody {
    CommandBody::ConfirmSubOrder(ConfirmSubOrder {
        order: order.id,
        cooperative,
        lines: part(order, cooperative),
    })
}

pub fn refuse(order: OrderId, cooperative: CooperativeId) -> CommandBody {
    CommandBody::RefuseSubOrder(RefuseSubOrder {
        order,
        cooperative,
        reason: Reason::OutOfStock,
    })
}

pub fn pack(order: &Order, cooperative: CooperativeId) -> CommandBody {
    CommandBody::PackSubOrder(PackSubOrder {
        order: order.id,
        cooperative,
        lines: part(order, cooperative)
            .iter()
            .map(|line| taswiq_domain::order::event::PackedLine {
                line: line.line,
                units: line.units,
                lot: String::new(),
            })
            .collect(),
    })
}

pub fn hand_over(order: OrderId, cooperative: CooperativeId) -> CommandBody {
    CommandBody::HandOver(HandOver {
        order,
        cooperative,
        to: "Gare routière".to_owned(),
    })
}

pub fn deliver(order: &Order, cooperative: CooperativeId) -> CommandBody {
    CommandBody::Deliver(Deliver {
        order: order.id,
        cooperative,
        lines: part(order, cooperative),
        proof: Proof::ReceiptDigits {
            digits: RECEIPT_DIGITS,
        },
    })
}

pub fn collect(order: OrderId, cooperative: CooperativeId, centimes: i64) -> CommandBody {
    CommandBody::Collect(Collect {
        order,
        cooperative,
        amount: Centimes(centimes),
        method: PaymentMethod::Cash,
        other_ids: 0,
    })
}
