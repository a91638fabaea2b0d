//! A company with four agents and somebody who confirms, and what they do all day.

use std::sync::Arc;

use serde_json::Value;
use taswiq_backend::bulk;
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, ProductDetails};
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_backend::people::PersonDetails;
use taswiq_backend::{Office, Options};
use taswiq_domain::catalogue::{Channel, Convention, Picture, PriceTier, VatRate};
use taswiq_domain::commission::{Conditions, Pays, Rule};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CategoryId, CooperativeId, CustomerId, OrderId, PersonId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::LineUnits;
use taswiq_domain::person::Role;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{CommandBody, ConfirmSubOrder, PlaceOrder, Shown};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, Timestamp};
use uuid::Uuid;

/// Agents, each with a phone.
pub const AGENTS: i64 = 4;
const MANAGER: PersonId = PersonId(1);
const BEEKEEPER: PersonId = PersonId(2);
/// The first of them.
pub const AGENT: PersonId = PersonId(3);
const HONEY: CooperativeId = CooperativeId(1);
const OIL: CooperativeId = CooperativeId(2);
/// Products and units of the orders taken in turn.
const BASKETS: [&[(i64, u32)]; 3] = [&[(1, 2)], &[(1, 1), (2, 3)], &[(2, 1), (3, 4)]];

pub struct Company {
    /// Of each agent the secret of a session.
    pub agents: Vec<String>,
    /// Somebody acts for every cooperative.
    pub cooperative: String,
    pub manager: String,
    pub orders: Vec<Template>,
}

/// An order of nobody yet, and how it is confirmed.
pub struct Template {
    pub place: Value,
    pub confirm: Vec<Value>,
}

/// Founds the company in an empty database.
pub async fn found(url: &str) -> Company {
    let office = Office::open(url, Arc::new(SystemClock), Options::default())
        .await
        .expect("a database");
    office.found_company(company()).await.expect("founded");
    let session = async |person: PersonId| {
        let opened = office.open_session(person, "a phone").await;
        opened.expect("a session").token.as_str().to_owned()
    };
    let mut agents = Vec::new();
    for number in 0..AGENTS {
        agents.push(session(PersonId(AGENT.0 + number)).await);
    }
    let (cooperative, manager) = (session(BEEKEEPER).await, session(MANAGER).await);
    let mut orders = Vec::new();
    for lines in BASKETS {
        orders.push(template(&office, lines).await);
    }
    office.close().await;
    Company {
        agents,
        cooperative,
        manager,
        orders,
    }
}

async fn template(office: &Office, lines: &[(i64, u32)]) -> Template {
    let (now, calendar) = (SystemClock.now(), office.calendar());
    let catalogue = office.catalogue().await.expect("a catalogue");
    let engagement = Engagement::default();
    let promised = calendar.date_at(now).plus_days(12);
    let promise = |cooperative| Promise {
        cooperative,
        on: promised,
    };
    let basket = Basket {
        tier: PriceTier::Retail,
        price_list: catalogue.price_list_at(now).expect("prices"),
        plan: catalogue.plan_at(now).expect("a plan").version,
        terms_from: Some(engagement.valid_from),
        lines: lines
            .iter()
            .map(|(product, units)| BasketLine {
                product: ProductId(*product),
                units: *units,
            })
            .collect(),
        promises: vec![promise(HONEY), promise(OIL)],
        signature: "0,0;3,4".to_owned(),
        substitution_agreed: false,
    };
    let door = Door {
        catalogue: &catalogue,
        calendar,
        agent: AGENT,
        engagement: &engagement,
        customer_kind: CustomerKind::Household,
        channel: Channel::Door,
        placed_at: now,
    };
    let code = SpokenCode::from_random(7);
    let identity = OrderIdentity {
        id: OrderId(Uuid::nil()),
        code,
        receipt_digits: 4_711,
        customer: CustomerId(Uuid::nil()),
        place: None,
    };
    let order = basket.place(identity, &door).expect("priced");
    let confirm = order.sub_orders.iter().map(|part| {
        let lines = part.lines.iter().map(|line| LineUnits {
            line: line.number,
            units: line.asked,
        });
        CommandBody::ConfirmSubOrder(ConfirmSubOrder {
            order: order.id,
            cooperative: part.cooperative,
            lines: lines.collect(),
        })
    });
    let confirm = confirm.map(|body| serde_json::to_value(body).expect("written"));
    let confirm = confirm.collect();
    let place = CommandBody::PlaceOrder(PlaceOrder {
        customer: CustomerId(Uuid::nil()),
        code,
        receipt_digits: 4_711,
        channel: Channel::Door,
        shown: Shown {
            total: order.gross_asked().expect("fits"),
            commission: order.commission_asked().expect("fits"),
        },
        basket,
        place: None,
        from_receipt_of: None,
    });
    Template {
        place: serde_json::to_value(place).expect("written"),
        confirm,
    }
}

fn company() -> bulk::Company {
    let name = |text: &str| LocalText::new(text, text);
    let cooperative = |text: &str| {
        let details = CooperativeDetails {
            name: name(text),
            place: name("Sefrou"),
            region: LocalText::default(),
            phone: None,
        };
        let convention = Convention {
            valid_from: Timestamp(0),
            regime: Regime::OwnProduction,
            delivery_days: 3,
            vesting: Default::default(),
        };
        (details, vec![convention])
    };
    let product = |cooperative, text: &str| {
        let details = ProductDetails {
            cooperative,
            category: CategoryId(1),
            name: name(text),
            unit: name("pot 500 g"),
            picture: Picture::default(),
            on_sale: true,
        };
        let rate = VatRate {
            valid_from: Timestamp(0),
            rate: Ppm(200_000),
        };
        (details, vec![rate])
    };
    let price = |product, retail| NewPrice {
        product: ProductId(product),
        retail: Centimes(retail),
        semi_wholesale: Centimes(retail),
        wholesale: Centimes(retail),
    };
    let person = |role, login: String, cooperatives| {
        let details = PersonDetails {
            role,
            name: name(&login),
            login: Some(login),
            phone: None,
            language: "fr".to_owned(),
            cooperatives,
        };
        (details, "un mot de passe".to_owned())
    };
    let rule = Rule {
        number: 1,
        when: Conditions::default(),
        pays: Pays::Rate { rate: Ppm(80_000) },
        ..Rule::default()
    };
    let mut people = vec![
        person(Role::Manager, "manager".to_owned(), Vec::new()),
        person(Role::Cooperative, "beekeeper".to_owned(), vec![HONEY, OIL]),
    ];
    people.extend(
        (0..AGENTS).map(|number| person(Role::Agent, format!("agent{number}"), Vec::new())),
    );
    bulk::Company {
        cooperatives: vec![cooperative("Miel"), cooperative("Huile")],
        categories: vec![(name("Tout"), Picture::default())],
        products: vec![
            product(HONEY, "Thym"),
            product(OIL, "Argan"),
            product(HONEY, "Euphorbe"),
        ],
        price_lists: vec![(
            Timestamp(0),
            vec![price(1, 12_000), price(2, 9_900), price(3, 25_000)],
        )],
        plans: vec![(Timestamp(0), vec![rule].into())],
        people,
        engagements: Vec::new(),
    }
}
