//! Cooperatives, products and customers from a file that a spreadsheet wrote.
//!
//! A file is read whole and checked row by row; nothing is taken in before every row is right, and
//! then all of it in one transaction. Commas, semicolons and tabs all separate, with or without the
//! mark that spreadsheets put first; columns are found by their names, in any order.

mod table;

use crate::Office;
use crate::catalogue::sql::{CooperativeRow, PriceListRow, PriceRow, ProductRow, VatRow};
use crate::catalogue::{self, convention_row, sql, write_json};
use crate::customers::{self, StoredCustomer};
use crate::db::Conn;
use crate::error::{OfficeError, invalid};
use crate::people::{self, Person, token};
use crate::work::Work;
use std::collections::{BTreeMap, BTreeSet};
use table::{Fields, Table};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::catalogue::{Catalogue, Convention, Picture};
use taswiq_domain::customer::{Customer, CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CategoryId, CooperativeId, CustomerId, PersonId};
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::Vesting;
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::Timestamp;

/// The columns of a file of cooperatives. Those after `place_fr` may be left out or empty, but a
/// cooperative without a regime sells nothing until it gets a convention.
pub const COOPERATIVE_COLUMNS: [&str; 9] = [
    "name_fr",
    "name_ar",
    "place_fr",
    "place_ar",
    "region_fr",
    "region_ar",
    "phone",
    "regime",
    "delivery_days",
];
/// The columns of a file of products. The Arabic ones, the drawing and all three prices together may
/// be left out or empty.
pub const PRODUCT_COLUMNS: [&str; 13] = [
    "cooperative",
    "category",
    "name_fr",
    "name_ar",
    "unit_fr",
    "unit_ar",
    "vat",
    "retail",
    "semi_wholesale",
    "wholesale",
    "shape",
    "tint",
    "motif",
];
/// The columns of a file of customers. The family name, the telephone, the address and the kind may be
/// left out or empty; without a kind they are a household.
pub const CUSTOMER_COLUMNS: [&str; 7] = [
    "first_name",
    "family_name",
    "phone",
    "place",
    "address",
    "kind",
    "agent",
];
/// Rows of one file: a catalogue of many years.
pub const ROWS_MAX: usize = 5_000;
/// A file, in bytes.
pub const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Cooperatives with their first convention.
    Cooperatives,
    /// Products with their tax and prices.
    Products,
    /// Customers with their agent.
    Customers,
}

impl Contents {
    /// Its name in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cooperatives => "cooperatives",
            Self::Products => "products",
            Self::Customers => "customers",
        }
    }

    /// What that name means.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Cooperatives, Self::Products, Self::Customers]
            .into_iter()
            .find(|contents| contents.as_str() == name)
    }

    /// The columns, by name.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Cooperatives => &COOPERATIVE_COLUMNS,
            Self::Products => &PRODUCT_COLUMNS,
            Self::Customers => &CUSTOMER_COLUMNS,
        }
    }

    /// What somebody must be allowed to do who takes it in.
    const fn action(self) -> Action {
        match self {
            Self::Cooperatives | Self::Products => Action::ManageCatalogue,
            Self::Customers => Action::ManagePeople,
        }
    }
}

/// Why a cell, a row or a file cannot be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It is empty.
    Missing,
    /// It is longer than that many characters.
    TooLong {
        /// The limit.
        characters_max: usize,
    },
    /// Not an amount of money above zero, or above the dearest price.
    NotAnAmount,
    /// Not a percentage between 0 and 100.
    NotAPercentage,
    /// Not a number of days within the limit.
    NotDays {
        /// The limit.
        days_max: i32,
    },
    /// Not a Moroccan telephone number.
    NotAPhone,
    /// Not one of the regimes.
    UnknownRegime,
    /// No cooperative of that name or number, or more than one.
    UnknownCooperative,
    /// No category of that name or number, or more than one.
    UnknownCategory,
    /// No agent of that name, telephone number or login, or more than one, or one who is out.
    UnknownAgent,
    /// Neither `household` nor `professional`.
    UnknownKind,
    /// The office knows a customer of that name and place, with that telephone number or none.
    CustomerKnown,
    /// Semi-wholesale above retail, or wholesale above semi-wholesale.
    PricesNotOrdered,
    /// The same thing stands in the catalogue already.
    AlreadyThere,
    /// The same thing stands in an earlier line.
    Twice {
        /// Which.
        line: usize,
    },
    /// The file has no such column.
    ColumnMissing,
    /// Nobody knows this column.
    ColumnUnknown,
    /// The line has more cells than the file has columns.
    TooManyCells,
    /// The file holds nothing but its headings.
    Empty,
    /// The file has more lines than that.
    TooManyRows {
        /// The limit.
        rows_max: usize,
    },
    /// The file is not text in UTF-8.
    NotText,
}

/// Something wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line as a spreadsheet counts: the headings are line 1. Zero is the whole file.
    pub line: usize,
    /// The column's name; empty for the whole line.
    pub column: String,
    /// What.
    pub trouble: Trouble,
}

/// A row as it will be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewRow {
    /// The line.
    pub line: usize,
    /// What it is called.
    pub name: String,
    /// Where it belongs: a place, a cooperative.
    pub belongs: String,
    /// Its retail price as typed; empty for cooperatives.
    pub price: String,
}

/// What a file would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Its rows, also the wrong ones.
    pub rows: Vec<PreviewRow>,
    /// What is wrong. Empty: it may be taken in.
    pub wrong: Vec<Wrong>,
    /// Whether any row brings prices.
    pub has_prices: bool,
}

#[derive(Clone, Debug)]
struct NewCooperative {
    name: LocalText,
    place: LocalText,
    region: LocalText,
    phone: Option<PhoneNumber>,
    convention: Option<(Regime, u16)>,
}

#[derive(Clone, Debug)]
struct NewProduct {
    cooperative: CooperativeId,
    category: CategoryId,
    name: LocalText,
    unit: LocalText,
    vat: Ppm,
    prices: Option<[Centimes; 3]>,
    picture: Picture,
}

/// A customer with their agent, and the line they stand in.
#[derive(Clone, Debug)]
struct NewCustomer {
    line: usize,
    agent: PersonId,
    details: CustomerDetails,
}

enum Parsed {
    Cooperatives(Vec<NewCooperative>),
    Products(Vec<NewProduct>),
    Customers(Vec<NewCustomer>),
}

/// Reads a file against a catalogue and the people of the office. Bytes that are no text are a trouble
/// of the file, too.
fn parse(
    catalogue: &Catalogue,
    people: &[Person],
    contents: Contents,
    file: &[u8],
) -> (Parsed, Preview) {
    let required: &[&str] = match contents {
        Contents::Cooperatives => &["name_fr", "place_fr"],
        Contents::Products => &["cooperative", "category", "name_fr", "unit_fr", "vat"],
        Contents::Customers => &["first_name", "place", "agent"],
    };
    let (table, mut wrong) = Table::read(file, contents.columns(), required);
    let mut preview = Preview::default();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let parsed = match contents {
        Contents::Cooperatives => {
            let known: BTreeSet<String> = catalogue
                .cooperatives
                .iter()
                .map(|one| text::search_key(one.name.get("fr")))
                .collect();
            Parsed::Cooperatives(
                table
                    .rows
                    .iter()
                    .map(|row| cooperative(row, &known, &mut seen, &mut preview, &mut wrong))
                    .collect(),
            )
        }
        Contents::Products => {
            let index = Index::of(catalogue);
            Parsed::Products(
                table
                    .rows
                    .iter()
                    .map(|row| product(row, &index, &mut seen, &mut preview, &mut wrong))
                    .collect(),
            )
        }
        Contents::Customers => {
            let agents = agents(people);
            Parsed::Customers(
                table
                    .rows
                    .iter()
                    .map(|row| customer(row, &agents, &mut seen, &mut preview, &mut wrong))
                    .collect(),
            )
        }
    };
    wrong.sort_by_key(|one| one.line);
    preview.wrong = wrong;
    (parsed, preview)
}

fn cooperative(
    row: &Fields,
    known: &BTreeSet<String>,
    seen: &mut BTreeMap<String, usize>,
    preview: &mut Preview,
    wrong: &mut Vec<Wrong>,
) -> NewCooperative {
    let mut cells = row.cells(wrong);
    let name = cells.text("name", true);
    let place = cells.text("place", true);
    let region = cells.text("region", false);
    let phone = cells.optional("phone", Trouble::NotAPhone, |typed| typed.parse().ok());
    let regime = cells.optional("regime", Trouble::UnknownRegime, |typed| {
        Regime::from_name(&typed.to_lowercase())
            .filter(|regime| Regime::OF_CONVENTIONS.contains(regime))
    });
    let too_many = Trouble::NotDays {
        days_max: limits::PROMISE_DAYS,
    };
    let days = cells.optional("delivery_days", too_many, |typed| {
        typed
            .parse::<u16>()
            .ok()
            .filter(|days| i32::from(*days) <= limits::PROMISE_DAYS)
    });
    if row.get("regime").is_empty() && days.is_some() {
        cells.wrong("regime", Trouble::Missing);
    }
    let key = text::search_key(name.get("fr"));
    if known.contains(&key) {
        cells.wrong("name_fr", Trouble::AlreadyThere);
    }
    cells.once("name_fr", key, seen);
    preview.rows.push(PreviewRow {
        line: row.line,
        name: name.get("fr").to_owned(),
        belongs: place.get("fr").to_owned(),
        price: String::new(),
    });
    // Three days is the demo's and everybody's habit; the convention may be published anew.
    NewCooperative {
        name,
        place,
        region,
        phone,
        convention: regime.map(|regime| (regime, days.unwrap_or(3))),
    }
}

/// Cooperatives and categories by name and number.
struct Index {
    cooperatives: BTreeMap<String, Option<CooperativeId>>,
    categories: BTreeMap<String, Option<CategoryId>>,
    products: BTreeSet<(CooperativeId, String)>,
}

impl Index {
    fn of(catalogue: &Catalogue) -> Self {
        let mut cooperatives = BTreeMap::new();
        for one in &catalogue.cooperatives {
            enter(&mut cooperatives, &one.name, one.id.0, one.id);
        }
        let mut categories = BTreeMap::new();
        for one in &catalogue.categories {
            enter(&mut categories, &one.name, one.id.0, one.id);
        }
        let products = catalogue
            .products
            .iter()
            .map(|one| (one.cooperative, product_key(&one.name, &one.unit)))
            .collect();
        Self {
            cooperatives,
            categories,
            products,
        }
    }
}

/// A name that two things have names neither.
fn enter<T: Copy + PartialEq>(
    index: &mut BTreeMap<String, Option<T>>,
    name: &LocalText,
    number: i64,
    id: T,
) {
    let keys = name
        .0
        .values()
        .map(|name| text::search_key(name))
        .chain([number.to_string()]);
    for key in keys {
        enter_key(index, key, id);
    }
}

fn enter_key<T: Copy + PartialEq>(index: &mut BTreeMap<String, Option<T>>, key: String, id: T) {
    index
        .entry(key)
        .and_modify(|known| *known = known.filter(|known| *known == id))
        .or_insert(Some(id));
}

fn product_key(name: &LocalText, unit: &LocalText) -> String {
    text::search_key(&format!("{} {}", name.get("fr"), unit.get("fr")))
}

fn product(
    row: &Fields,
    index: &Index,
    seen: &mut BTreeMap<String, usize>,
    preview: &mut Preview,
    wrong: &mut Vec<Wrong>,
) -> NewProduct {
    let mut cells = row.cells(wrong);
    let cooperative = cells.required("cooperative", Trouble::UnknownCooperative, |typed| {
        index
            .cooperatives
            .get(&text::search_key(typed))
            .copied()
            .flatten()
    });
    let category = cells.required("category", Trouble::UnknownCategory, |typed| {
        index
            .categories
            .get(&text::search_key(typed))
            .copied()
            .flatten()
    });
    let name = cells.text("name", true);
    let unit = cells.text("unit", true);
    let vat = cells
        .required("vat", Trouble::NotAPercentage, Ppm::parse_percent)
        .unwrap_or_default();
    let tiers = ["retail", "semi_wholesale", "wholesale"];
    let any_price = tiers.iter().any(|tier| !row.get(tier).is_empty());
    let prices = any_price.then(|| {
        tiers.map(|tier| {
            let price = |typed: &str| {
                Centimes::parse(typed).filter(|price| {
                    *price > Centimes::ZERO && price.0 <= limits::UNIT_PRICE_CENTIMES
                })
            };
            cells
                .required(tier, Trouble::NotAnAmount, price)
                .unwrap_or_default()
        })
    });
    if let Some([retail, semi_wholesale, wholesale]) = prices {
        let all_given = ![retail, semi_wholesale, wholesale].contains(&Centimes::ZERO);
        if all_given && (semi_wholesale > retail || wholesale > semi_wholesale) {
            cells.wrong("retail", Trouble::PricesNotOrdered);
        }
        preview.has_prices = true;
    }
    let key = product_key(&name, &unit);
    if let Some(cooperative) = cooperative {
        if index.products.contains(&(cooperative, key.clone())) {
            cells.wrong("name_fr", Trouble::AlreadyThere);
        }
        cells.once("name_fr", format!("{cooperative} {key}"), seen);
    }
    let drawn = |column: &str, or: &str| {
        let typed = row.get(column);
        let is_name = !typed.is_empty()
            && typed.len() <= 40
            && typed
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if is_name {
            typed.to_owned()
        } else {
            or.to_owned()
        }
    };
    let picture = Picture {
        shape: drawn("shape", "jar"),
        tint: drawn("tint", "argan"),
        motif: drawn("motif", "leaf"),
    };
    preview.rows.push(PreviewRow {
        line: row.line,
        name: format!("{} · {}", name.get("fr"), unit.get("fr")),
        belongs: row.get("cooperative").to_owned(),
        price: row.get("retail").to_owned(),
    });
    NewProduct {
        cooperative: cooperative.unwrap_or(CooperativeId(0)),
        category: category.unwrap_or(CategoryId(0)),
        name,
        unit,
        vat,
        prices,
        picture,
    }
}

/// Agents by name, login, telephone number and number.
fn agents(people: &[Person]) -> BTreeMap<String, Option<PersonId>> {
    let mut index = BTreeMap::new();
    let agents = people
        .iter()
        .filter(|person| person.role == Role::Agent && person.deactivated_at.is_none());
    for agent in agents {
        enter(&mut index, &agent.name, agent.id.0, agent.id);
        let keys = [
            agent.login.as_deref().map(text::search_key),
            agent.phone.as_ref().map(|phone| phone.as_e164().to_owned()),
        ];
        for key in keys.into_iter().flatten() {
            enter_key(&mut index, key, agent.id);
        }
    }
    index
}

fn customer(
    row: &Fields,
    agents: &BTreeMap<String, Option<PersonId>>,
    seen: &mut BTreeMap<String, usize>,
    preview: &mut Preview,
    wrong: &mut Vec<Wrong>,
) -> NewCustomer {
    let mut cells = row.cells(wrong);
    let details = CustomerDetails {
        first_name: cells.plain("first_name", true, limits::NAME_CHARACTERS),
        family_name: cells.plain("family_name", false, limits::NAME_CHARACTERS),
        phone: cells.optional("phone", Trouble::NotAPhone, |typed| typed.parse().ok()),
        place: cells.plain("place", true, limits::NAME_CHARACTERS),
        address: cells.plain("address", false, limits::NOTE_CHARACTERS),
        kind: cells
            .optional("kind", Trouble::UnknownKind, |typed| {
                match typed.to_lowercase().as_str() {
                    "household" => Some(CustomerKind::Household),
                    "professional" => Some(CustomerKind::Professional),
                    _ => None,
                }
            })
            .unwrap_or_default(),
    };
    let agent = cells.required("agent", Trouble::UnknownAgent, |typed| {
        let key = typed.parse::<PhoneNumber>().map_or_else(
            |_| text::search_key(typed),
            |phone| phone.as_e164().to_owned(),
        );
        agents.get(&key).copied().flatten()
    });
    // A household may share a telephone, and a village a name: only both together are the same person.
    cells.once("first_name", customers::search_key(&details), seen);
    preview.rows.push(PreviewRow {
        line: row.line,
        name: details.full_name(),
        belongs: format!("{} · {}", details.place, row.get("agent")),
        price: String::new(),
    });
    NewCustomer {
        line: row.line,
        agent: agent.unwrap_or(PersonId(0)),
        details,
    }
}

/// Notes the customers that the office knows already.
async fn note_known(
    conn: &mut Conn,
    new: &[NewCustomer],
    preview: &mut Preview,
) -> Result<(), OfficeError> {
    let keys: Vec<String> = new
        .iter()
        .map(|one| customers::search_key(&one.details))
        .collect();
    let asked: Vec<&str> = keys.iter().map(String::as_str).collect();
    let known: BTreeSet<String> = customers::sql::known_keys(conn, &asked)
        .await?
        .into_iter()
        .map(|(key,)| key)
        .collect();
    for (one, _) in new
        .iter()
        .zip(&keys)
        .filter(|(_, key)| known.contains(*key))
    {
        preview.wrong.push(Wrong {
            line: one.line,
            column: "first_name".to_owned(),
            trouble: Trouble::CustomerKnown,
        });
    }
    preview.wrong.sort_by_key(|one| one.line);
    Ok(())
}

impl Office {
    /// Checks a file: what it would do, and what is wrong with it. Changes nothing.
    pub async fn check_file(
        &self,
        actor: &Actor,
        contents: Contents,
        file: &[u8],
    ) -> Result<Preview, OfficeError> {
        self.require(actor, contents.action())?;
        let catalogue = self.catalogue().await?;
        let mut conn = self.db.read().await?;
        Ok(parse_and_compare(&mut conn, &catalogue, contents, file)
            .await?
            .1)
    }

    /// Takes a file in, all or nothing. Prices and conventions hold from `valid_from`. Gives how many
    /// rows it had.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] when anything is wrong with the file, also when that became so since
    /// it was checked.
    pub async fn import_file(
        &self,
        actor: &Actor,
        contents: Contents,
        file: Vec<u8>,
        valid_from: Timestamp,
    ) -> Result<usize, OfficeError> {
        self.require(actor, contents.action())?;
        self.write(
            (actor.person, contents, file, valid_from),
            |(by, contents, file, valid_from), work| {
                Box::pin(take_in(work, *by, *contents, file, *valid_from))
            },
        )
        .await
    }
}

async fn take_in(
    work: &mut Work,
    by: PersonId,
    contents: Contents,
    file: &[u8],
    valid_from: Timestamp,
) -> Result<usize, OfficeError> {
    let catalogue = work.catalogue().await?;
    let (parsed, preview) = parse_and_compare(&mut work.conn, &catalogue, contents, file).await?;
    if !preview.wrong.is_empty() {
        return Err(invalid("file"));
    }
    let rows = match parsed {
        Parsed::Cooperatives(new) => add_cooperatives(work, &new, valid_from).await?,
        Parsed::Products(new) => add_products(work, by, &new, valid_from).await?,
        Parsed::Customers(new) => add_customers(work, &new),
    };
    work.audit(
        Some(by),
        None,
        "file_imported",
        contents.as_str().to_owned(),
        format!("{rows} rows"),
    );
    if contents != Contents::Customers {
        work.catalogue_changed();
    }
    Ok(rows)
}

/// Reads a file and holds it against what the database knows.
async fn parse_and_compare(
    conn: &mut Conn,
    catalogue: &Catalogue,
    contents: Contents,
    file: &[u8],
) -> Result<(Parsed, Preview), OfficeError> {
    let people = match contents {
        Contents::Customers => people::of_role(conn, Role::Agent).await?,
        Contents::Cooperatives | Contents::Products => Vec::new(),
    };
    let (parsed, mut preview) = parse(catalogue, &people, contents, file);
    if let Parsed::Customers(new) = &parsed {
        note_known(conn, new, &mut preview).await?;
    }
    Ok((parsed, preview))
}

fn add_customers(work: &mut Work, new: &[NewCustomer]) -> usize {
    for one in new {
        work.put_customer(StoredCustomer {
            customer: Customer {
                id: CustomerId(token::random_id()),
                details: one.details.clone(),
            },
            agent: one.agent,
            created_at: work.now,
        });
    }
    new.len()
}

async fn add_cooperatives(
    work: &mut Work,
    new: &[NewCooperative],
    valid_from: Timestamp,
) -> Result<usize, OfficeError> {
    let (last, _, _) = sql::last_ids(&mut work.conn).await?;
    let (mut rows, mut conventions) = (Vec::with_capacity(new.len()), Vec::new());
    for (one, id) in new.iter().zip(last + 1..) {
        let searched: Vec<&str> = one
            .name
            .0
            .values()
            .chain(one.place.0.values())
            .map(String::as_str)
            .collect();
        rows.push(CooperativeRow {
            id,
            name: write_json(&one.name)?,
            place: write_json(&one.place)?,
            region: write_json(&one.region)?,
            phone: one.phone.as_ref().map(|phone| phone.as_e164().to_owned()),
            search_key: text::search_key(&searched.join(" ")),
            created_at: work.now.0,
        });
        if let Some((regime, days)) = one.convention {
            let convention = Convention {
                valid_from,
                regime,
                delivery_days: days,
                vesting: Vesting::default(),
            };
            conventions.push(convention_row(CooperativeId(id), &convention)?);
        }
    }
    if valid_from < work.now.plus_hours(-1) {
        return Err(invalid("valid_from"));
    }
    sql::put_cooperatives(&mut work.conn, &rows).await?;
    sql::add_conventions(&mut work.conn, &conventions).await?;
    Ok(rows.len())
}

async fn add_products(
    work: &mut Work,
    by: PersonId,
    new: &[NewProduct],
    valid_from: Timestamp,
) -> Result<usize, OfficeError> {
    let catalogue = work.catalogue().await?;
    let (_, _, last) = sql::last_ids(&mut work.conn).await?;
    let list = catalogue.price_lists.last();
    let version = list.map_or(1, |list| list.version.0 + 1);
    let (mut rows, mut rates, mut prices) = (
        Vec::with_capacity(new.len()),
        Vec::with_capacity(new.len()),
        Vec::new(),
    );
    for (one, id) in new.iter().zip(last + 1..) {
        rows.push(ProductRow {
            id,
            cooperative_id: one.cooperative.0,
            category_id: one.category.0,
            name: write_json(&one.name)?,
            unit: write_json(&one.unit)?,
            picture: write_json(&one.picture)?,
            on_sale: true,
            created_at: work.now.0,
        });
        // A door just before the file came in must find its tax: an hour of grace, as for prices.
        rates.push(VatRow {
            product_id: id,
            valid_from: work.now.plus_hours(-1).0,
            rate_ppm: i64::from(one.vat.0),
        });
        if let Some([retail, semi_wholesale, wholesale]) = one.prices {
            prices.push(PriceRow {
                product_id: id,
                version,
                retail_centimes: retail.0,
                semi_wholesale_centimes: semi_wholesale.0,
                wholesale_centimes: wholesale.0,
            });
        }
    }
    sql::put_products(&mut work.conn, &rows).await?;
    sql::add_vat_rates(&mut work.conn, &rates).await?;
    if !prices.is_empty() {
        catalogue::check_future(work.now, valid_from, list.map(|list| list.valid_from))?;
        sql::add_price_list(
            &mut work.conn,
            &PriceListRow {
                version,
                valid_from: valid_from.0,
                published_by: Some(by.0),
                published_at: work.now.0,
            },
        )
        .await?;
        sql::add_prices(&mut work.conn, &prices).await?;
        work.audit(
            Some(by),
            None,
            "prices_published",
            version.to_string(),
            format!("{} products from {}", prices.len(), valid_from.0),
        );
    }
    Ok(rows.len())
}

#[cfg(test)]
mod tests;
