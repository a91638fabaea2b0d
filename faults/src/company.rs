//! The company that every schedule begins with, made once: founding it hashes passwords and writes the
//! catalogue, which costs more than a whole schedule.

use crate::phone::{Beside, Disk, Stored};
use crate::power;
use crate::server::Spare;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use taswiq_backend::bulk::Company;
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, ProductDetails};
use taswiq_backend::clock::SettableClock;
use taswiq_backend::people::PersonDetails;
use taswiq_backend::{Office, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::commission::{Conditions, Pays, Rule};
use taswiq_domain::ids::{CategoryId, CooperativeId, DeviceId, PersonId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// 2026-10-26 09:00 UTC, a Monday: the last week of a month, so that a schedule may see its end.
pub const START: Timestamp = Timestamp(1_793_005_200_000);
pub const ADMINISTRATOR: PersonId = PersonId(1);
pub const MANAGER: PersonId = PersonId(2);
pub const FATIMA: PersonId = PersonId(3);
pub const HASSAN: PersonId = PersonId(4);
pub const BEEKEEPER: PersonId = PersonId(5);
pub const MILLER: PersonId = PersonId(6);
/// Acts for two cooperatives, one of them the beekeeper's.
pub const ANIMATRICE: PersonId = PersonId(7);
const HONEY: CooperativeId = CooperativeId(1);
const OIL: CooperativeId = CooperativeId(2);
/// Sells at the door by the law of doorsteps: seven days to withdraw.
const RUGS: CooperativeId = CooperativeId(3);

/// Everybody who has a phone.
pub const PEOPLE: [PersonId; 5] = [FATIMA, HASSAN, BEEKEEPER, MILLER, ANIMATRICE];
/// Phones of one person that are known to the office from the start.
pub const PHONES_EACH: usize = 2;

pub fn is_agent(person: PersonId) -> bool {
    person == FATIMA || person == HASSAN
}

pub fn cooperatives_of(person: PersonId) -> Vec<CooperativeId> {
    match person {
        BEEKEEPER => vec![HONEY],
        MILLER => vec![OIL],
        ANIMATRICE => vec![HONEY, RUGS],
        _ => Vec::new(),
    }
}

pub fn name_of(person: PersonId) -> &'static str {
    match person {
        FATIMA => "Fatima",
        HASSAN => "Hassan",
        BEEKEEPER => "the beekeeper",
        MILLER => "the miller",
        ANIMATRICE => "the animatrice",
        _ => "the office",
    }
}

pub fn manager() -> Actor {
    Actor {
        person: MANAGER,
        role: Role::Manager,
        cooperatives: Vec::new(),
    }
}

pub fn administrator() -> Actor {
    Actor {
        person: ADMINISTRATOR,
        role: Role::Administrator,
        cooperatives: Vec::new(),
    }
}

/// A company whose people have phones.
pub struct Template {
    /// The database, whole.
    pub database: power::Image,
    /// Of each person, phones that have been in contact.
    pub phones: BTreeMap<PersonId, Vec<Stored>>,
    /// For the next schedule.
    pub(crate) spare: Rc<Spare>,
}

impl Template {
    /// Makes it.
    ///
    /// # Errors
    /// When there is no room for a database.
    pub fn new() -> Result<Self> {
        let folder = power::Folder::new()?;
        let path = folder.next();
        let runtime = power::runtime()?;
        let clock = Arc::new(SettableClock::new(START.plus_days(-1)));
        let opened = runtime.block_on(async {
            let options = Options {
                readers_max: 1,
                // Nothing here hangs but the machine that plays it, and what happens is to be the same each time.
                use_noted_within: Duration::from_secs(3_600),
            };
            let office = Office::open(&path.display().to_string(), clock.clone(), options).await?;
            office.found_company(company()).await?;
            let mut phones = BTreeMap::new();
            for (index, person) in PEOPLE.into_iter().enumerate() {
                let mut known = Vec::new();
                for number in 0..PHONES_EACH {
                    known.push(Stored {
                        disk: Disk::default(),
                        beside: Beside::default(),
                        device: DeviceId(id(0x00d0_0000 + (index * PHONES_EACH + number) as u64)),
                        token: office.open_session(person, "a phone").await?.token,
                    });
                }
                phones.insert(person, known);
            }
            office.close().await;
            anyhow::Ok(phones)
        });
        let opened = opened.context("founding the company")?;
        let fresh = Self {
            database: power::Image::of(&path)?,
            phones: opened,
            spare: Rc::default(),
        };
        crate::world::first_contacts(fresh)
    }
}

/// The id of that number: as those that phones make, but for the time in them.
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(0x019a_0000_0000_7000_8000_0000_0000_0000 + u128::from(number))
}

fn name(text: &str) -> LocalText {
    LocalText::new(text, &format!("{text} (ar)"))
}

fn company() -> Company {
    let cooperative = |text: &str, regime| {
        let details = CooperativeDetails {
            name: name(text),
            place: name("Sefrou"),
            region: LocalText::default(),
            phone: None,
        };
        let convention = Convention {
            valid_from: Timestamp(0),
            regime,
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
    let person = |role, login: &str, cooperatives: Vec<CooperativeId>| {
        let details = PersonDetails {
            role,
            name: name(login),
            login: Some(login.to_owned()),
            phone: None,
            language: "fr".to_owned(),
            cooperatives,
        };
        (details, "un mot de passe".to_owned())
    };
    let rule = |number, when, rate| Rule {
        number,
        when,
        pays: Pays::Rate { rate: Ppm(rate) },
        ..Rule::default()
    };
    let rugs = Conditions {
        product: Some(ProductId(4)),
        ..Conditions::default()
    };
    Company {
        cooperatives: vec![
            cooperative("Miel", Regime::OwnProduction),
            cooperative("Huile", Regime::RegularRound),
            cooperative("Tapis", Regime::Doorstep7d),
        ],
        categories: vec![(name("Tout"), Picture::default())],
        products: vec![
            product(HONEY, "Thym"),
            product(HONEY, "Euphorbe"),
            product(OIL, "Huile d'argan"),
            product(RUGS, "Petit tapis"),
        ],
        price_lists: vec![(
            Timestamp(0),
            [12_000, 25_000, 9_900, 99_900]
                .iter()
                .zip(1..)
                .map(|(retail, product)| price(product, *retail))
                .collect(),
        )],
        plans: vec![(
            Timestamp(0),
            vec![
                rule(1, Conditions::default(), 80_000),
                rule(2, rugs, 125_000),
            ]
            .into(),
        )],
        people: vec![
            person(Role::Administrator, "administrator", Vec::new()),
            person(Role::Manager, "manager", Vec::new()),
            person(Role::Agent, "fatima", Vec::new()),
            person(Role::Agent, "hassan", Vec::new()),
            person(Role::Cooperative, "beekeeper", cooperatives_of(BEEKEEPER)),
            person(Role::Cooperative, "miller", cooperatives_of(MILLER)),
            person(Role::Cooperative, "animatrice", cooperatives_of(ANIMATRICE)),
        ],
        engagements: Vec::new(),
    }
}

pub fn price(product: i64, retail: i64) -> NewPrice {
    NewPrice {
        product: ProductId(product),
        retail: Centimes(retail),
        semi_wholesale: Centimes(retail * 9 / 10),
        wholesale: Centimes(retail * 8 / 10),
    }
}
