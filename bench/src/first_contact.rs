//! The first contact of a new phone in a large company: 3,000 products, and an agent of 5,000 customers.
//!
//! Requests, bytes and the server's processor time are counted beside the server; the seconds are those of a
//! road of 300 ms and 1 Mb/s. Everybody else's phone is new in the same way after a restore, so what it costs
//! the server counts ten thousand times.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::json;
use taswiq_backend::Office;
use taswiq_backend::bulk::Company;
use taswiq_backend::catalogue::{CooperativeDetails, NewPrice, ProductDetails};
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_backend::people::{Person, PersonDetails, Token};
use taswiq_domain::catalogue::{Convention, Picture, VatRate};
use taswiq_domain::commission::{Conditions, Pays, Rule};
use taswiq_domain::ids::{CategoryId, CooperativeId, DeviceId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::sync::{Answer, PROTOCOL, Request, Waiting};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

use crate::company;
use crate::contender::taswiq;
use crate::figures::Figures;
use crate::process::Process;
use crate::road::{self, Dice, Way};
use crate::setting::Setting;
use crate::wire::{Phone, Wire};

const PRODUCTS: usize = 3_000;
const CUSTOMERS: usize = 5_000;
/// Contacts of a round: processor time is told in hundredths of a second.
const CONTACTS: usize = 20;

const GOODS: [[&str; 2]; 20] = [
    ["Miel de thym", "عسل الزعتر"],
    ["Miel d'euphorbe", "عسل الدغموس"],
    ["Huile d'olive vierge", "زيت الزيتون البكر"],
    ["Huile d'argan", "زيت أركان"],
    ["Amlou aux amandes", "أملو باللوز"],
    ["Couscous d'orge", "كسكس الشعير"],
    ["Couscous aux sept céréales", "كسكس سبع حبوب"],
    ["Tapis noué à la main", "زربية معقودة باليد"],
    ["Confiture de figues", "مربى التين"],
    ["Savon à l'argan", "صابون أركان"],
    ["Safran de Taliouine", "زعفران تالوين"],
    ["Eau de rose", "ماء الورد"],
    ["Fromage de chèvre", "جبن الماعز"],
    ["Olives vertes cassées", "زيتون أخضر مكسر"],
    ["Câpres au sel", "كبار مملح"],
    ["Poterie de Tamegroute", "فخار تامكروت"],
    ["Babouches brodées", "بلاغي مطرزة"],
    ["Noix décortiquées", "جوز مقشر"],
    ["Thé de montagne", "شاي الجبل"],
    ["Figues sèches", "تين مجفف"],
];
const PLACES: [&str; 12] = [
    "Imouzzer Kandar",
    "Sefrou",
    "Azrou",
    "Bhalil",
    "Aïn Leuh",
    "El Hajeb",
    "Ifrane",
    "Ribate El Kheir",
    "Aïn Cheggag",
    "Boulemane",
    "Guigou",
    "Skoura",
];
const UNITS: [[&str; 2]; 5] = [
    ["pot 250 g", "برطمان 250 غ"],
    ["pot 500 g", "برطمان 500 غ"],
    ["bouteille 1 l", "قنينة 1 ل"],
    ["sac 1 kg", "كيس 1 كغ"],
    ["pièce", "قطعة"],
];
const FIRST_NAMES: [&str; 16] = [
    "Itto", "Khadija", "Fatima", "Aïcha", "Zahra", "Malika", "Naïma", "Hajar", "Mohamed", "Hassan",
    "Rachid", "Omar", "Saïd", "Brahim", "Driss", "Youssef",
];
const FAMILY_NAMES: [&str; 16] = [
    "Amrani",
    "Bennani",
    "Alaoui",
    "Ouazzani",
    "Tazi",
    "Idrissi",
    "El Fassi",
    "Berrada",
    "Lahlou",
    "Chraïbi",
    "Aït Ali",
    "Ouhaddou",
    "Zerouali",
    "Benkirane",
    "Mernissi",
    "Sebti",
];

/// # Errors
/// When a phone does not hear of everything.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let database = setting.run.join("first-contact.sqlite");
    let (person, token) = found(&database).await?;
    let process = taswiq::serve_file(&setting.server, &database).await?;
    tokio::time::sleep(taswiq::SETTLING).await;
    let road = road::open(process.address, Way::NARROW, 1).await?;
    let mut rounds = Rounds::default();
    for _ in 0..setting.rounds() {
        rounds
            .measure(&process, road, &person, token.as_str())
            .await?;
    }
    let most_mb = process.most_mb()?;
    process.stop()?;
    let mut add = |name: &str, unit: &str, values: &[f64]| {
        figures.add("first-contact", name, unit, values, &[], "");
    };
    add("requests", "", &rounds.requests);
    add("on the wire", "kB", &rounds.kilobytes);
    add("decompressed", "kB", &rounds.plain_kilobytes);
    add("the server's processor time", "ms", &rounds.cpu_ms);
    add("300 ms, 1 Mb/s", "s", &rounds.seconds);
    add("the server's memory at most", "MB", &[most_mb]);
    Ok(())
}

#[derive(Default)]
struct Rounds {
    requests: Vec<f64>,
    kilobytes: Vec<f64>,
    plain_kilobytes: Vec<f64>,
    cpu_ms: Vec<f64>,
    seconds: Vec<f64>,
}

impl Rounds {
    async fn measure(
        &mut self,
        process: &Process,
        road: std::net::SocketAddr,
        person: &Person,
        token: &str,
    ) -> Result<()> {
        let before_ms = process.cpu_ms()?;
        let mut last = None;
        for _ in 0..CONTACTS {
            let wire = Wire::open(process.address, token).await?;
            meet(&wire, person).await?;
            last = Some((wire.count(), wire.plain_bytes()));
        }
        self.cpu_ms
            .push((process.cpu_ms()? - before_ms) / CONTACTS as f64);
        let (count, plain) = last.context("a contact")?;
        self.requests.push(f64::from(count.requests));
        self.kilobytes
            .push((count.up + count.down) as f64 / 1_000.0);
        self.plain_kilobytes.push(plain as f64 / 1_000.0);
        let began = Instant::now();
        let wire = Wire::open(road, token).await?;
        meet(&wire, person).await?;
        self.seconds.push(began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// A new phone hears of everything.
async fn meet(wire: &Wire, person: &Person) -> Result<()> {
    let phone = Phone::new(wire, person).await?;
    phone.meet().await?;
    let device = phone.device();
    let (products, customers) = (device.catalogue().products.len(), device.customers().len());
    if (products, customers) != (PRODUCTS, CUSTOMERS) {
        bail!("it heard of {products} products and {customers} customers");
    }
    Ok(())
}

/// A company, and an agent of it who has been busy.
async fn found(database: &Path) -> Result<(Person, Token)> {
    let office = company::open(database).await?;
    office.found_company(large()).await?;
    let people = office
        .people(&company::administrator(), Some(Role::Agent), "")
        .await?;
    let person = people.first().context("an agent")?.clone();
    let token = office.open_session(person.id, "bench").await?.token;
    register(&office, &token).await?;
    company::close(office, database).await?;
    Ok((person, token))
}

fn large() -> Company {
    let mut dice = Dice::new(1);
    let cooperative = |place: &&str| {
        let details = CooperativeDetails {
            name: LocalText::new(&format!("Coopérative {place}"), &format!("تعاونية {place}")),
            place: LocalText::new(place, place),
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
    let picture = |good: usize| Picture {
        shape: ["jar", "bottle", "bag", "rug"][good % 4].to_owned(),
        tint: ["honey", "olive", "clay"][good % 3].to_owned(),
        motif: String::new(),
    };
    let category = |good: usize| {
        (
            LocalText::new(GOODS[good][0], GOODS[good][1]),
            picture(good),
        )
    };
    let product = |number: usize| {
        let (good, place) = (number % GOODS.len(), number / GOODS.len());
        let [french, arabic] = GOODS[good];
        let (place, lot) = (PLACES[place % PLACES.len()], place / PLACES.len());
        let [unit, arabic_unit] = UNITS[(number / 7) % UNITS.len()];
        let details = ProductDetails {
            cooperative: CooperativeId(1 + (number % PLACES.len()) as i64),
            category: CategoryId(1 + good as i64),
            name: LocalText::new(
                &format!("{french}, {place} {lot}"),
                &format!("{arabic} {place} {lot}"),
            ),
            unit: LocalText::new(unit, arabic_unit),
            picture: picture(good),
            on_sale: true,
        };
        let vat = VatRate {
            valid_from: Timestamp(0),
            rate: Ppm(if good % 3 == 0 { 100_000 } else { 200_000 }),
        };
        (details, vec![vat])
    };
    let mut price = |number: usize| {
        let retail = 2_000 + 50 * dice.below(1_000) as i64;
        NewPrice {
            product: ProductId(1 + number as i64),
            retail: Centimes(retail),
            semi_wholesale: Centimes(retail - 50 * dice.below(8) as i64),
            wholesale: Centimes(retail - 400 - 50 * dice.below(8) as i64),
        }
    };
    let person = |role: Role, login: &str| {
        let details = PersonDetails {
            role,
            name: LocalText::new(login, login),
            login: Some(login.to_owned()),
            phone: None,
            language: "fr".to_owned(),
            cooperatives: Vec::new(),
        };
        (details, taswiq_backend::demo::PASSWORD.to_owned())
    };
    let rule = Rule {
        number: 1,
        when: Conditions::default(),
        pays: Pays::Rate { rate: Ppm(80_000) },
        ..Rule::default()
    };
    Company {
        cooperatives: PLACES.iter().map(cooperative).collect(),
        categories: (0..GOODS.len()).map(category).collect(),
        products: (0..PRODUCTS).map(product).collect(),
        price_lists: vec![(Timestamp(0), (0..PRODUCTS).map(&mut price).collect())],
        plans: vec![(Timestamp(0), vec![rule].into())],
        people: vec![
            person(Role::Administrator, "administrator"),
            person(Role::Agent, "agent"),
        ],
        engagements: Vec::new(),
    }
}

/// The agent's customers, written down on an earlier phone.
async fn register(office: &Office, token: &Token) -> Result<()> {
    let session = office.session_for_sync(token).await?.context("a session")?;
    let mut dice = Dice::new(2);
    let device = DeviceId(Uuid::now_v7());
    let numbers: Vec<usize> = (1..=CUSTOMERS).collect();
    for batch in numbers.chunks(limits::COMMANDS_PER_BATCH) {
        let now = SystemClock.now();
        let commands = batch.iter().map(|seq| {
            let mut one_of =
                |words: &[&str]| words[dice.below(words.len() as u64) as usize].to_owned();
            let (first, family, place) =
                (one_of(&FIRST_NAMES), one_of(&FAMILY_NAMES), one_of(&PLACES));
            json!({
                "id": Uuid::now_v7(),
                "seq": seq,
                "made_at": now,
                "kind": "register_customer",
                "body": {
                    "first_name": first,
                    "family_name": family,
                    "phone": format!("06{:08}", dice.below(100_000_000)),
                    "place": place,
                    "address": format!("Rue {}, n° {}", dice.below(40), dice.below(200)),
                    "kind": "household",
                },
            })
        });
        let request = Request {
            protocol: PROTOCOL,
            device,
            person: None,
            key: None,
            sealing_key: None,
            epoch: String::new(),
            build: "bench".to_owned(),
            cursor: 0,
            device_time: now,
            waiting: Waiting::default(),
            lost: None,
            // It need not hear what it knows.
            changes_max: Some(1),
            commands: commands.collect(),
        };
        let answered = office.sync(&session, request).await?;
        let taken = |answer: &Answer| *answer == Answer::Applied;
        if !answered.results.iter().all(|result| taken(&result.answer)) {
            bail!("a customer was not taken: {:?}", answered.results);
        }
    }
    Ok(())
}
