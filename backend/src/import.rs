//! CSV import: cooperatives, products with prices, customers, from the files that people already have.
//!
//! A file is taken whole or not at all. First it is only read ([`Office::preview_import`]), which
//! tells every error of every row at once; then it is applied ([`Office::import`]), which reads it
//! again and writes nothing while there is an error.

use crate::Office;
use crate::catalogue::{self, CooperativeDetails, NewPrice, ProductDetails};
use crate::customers::StoredCustomer;
use crate::error::OfficeError;
use crate::people;
use crate::work::Work;
use std::collections::{BTreeMap, BTreeSet};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::catalogue::{Catalogue, Convention, Picture};
use taswiq_domain::customer::{Customer, CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CategoryId, CooperativeId, CustomerId, PersonId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::Timestamp;
use uuid::Uuid;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportKind {
    /// `name_fr,name_ar,place_fr,place_ar,region_fr,region_ar,phone,regime,delivery_days`
    Cooperatives,
    /// `cooperative,category,name_fr,name_ar,unit_fr,unit_ar,vat,retail,semi_wholesale,wholesale,shape,tint,motif`
    ///
    /// Cooperative and category by their name in any language; a new category is made. The tax is a
    /// percentage, the prices are dirhams. A product that the cooperative already has gets the new
    /// prices.
    Products,
    /// `agent,first_name,family_name,phone,place,address,kind`
    ///
    /// The agent by login or telephone number; the kind is `household` or `professional`.
    Customers,
}

impl ImportKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Cooperatives, Self::Products, Self::Customers];

    /// The name in addresses and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cooperatives => "cooperatives",
            Self::Products => "products",
            Self::Customers => "customers",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The columns that a file must have, in any order. Others are not looked at.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Cooperatives => &["name_fr", "name_ar", "place_fr", "place_ar", "region_fr", "region_ar", "phone", "regime", "delivery_days"],
            Self::Products => {
                &["cooperative", "category", "name_fr", "name_ar", "unit_fr", "unit_ar", "vat", "retail", "semi_wholesale", "wholesale", "shape", "tint", "motif"]
            }
            Self::Customers => &["agent", "first_name", "family_name", "phone", "place", "address", "kind"],
        }
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The line of the file, from 1; the header is line 1.
    pub line: u64,
    /// The column; empty for the whole line.
    pub field: String,
    /// What.
    pub problem: RowProblem,
}

/// What may be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// The file lacks this column.
    ColumnMissing,
    /// The line is not CSV, or is not UTF-8.
    NotCsv,
    /// The file has too many lines.
    TooManyLines,
    /// It must not be empty.
    Empty,
    /// It is too long.
    TooLong,
    /// It cannot be understood.
    NotValid,
    /// It names nothing that is known.
    Unknown,
    /// It stands in the file twice, or is already there.
    Twice,
    /// Semi-wholesale must not be above retail, nor wholesale above semi-wholesale.
    PricesNotFalling,
}

/// What a file would do, or did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows that are new.
    pub added: usize,
    /// Rows that change something known.
    pub changed: usize,
    /// What is wrong. Nothing is written while there is anything.
    pub errors: Vec<RowError>,
}

/// Lines of one file.
pub const IMPORT_LINES_MAX: usize = 20_000;
/// Errors told at once: a file with more has one cause.
const ERRORS_TOLD_MAX: usize = 200;

impl Office {
    /// Reads a file and tells what it would do, without doing it. Prices and conventions would hold
    /// from `valid_from` on.
    pub async fn preview_import(&self, actor: &Actor, kind: ImportKind, file: &[u8], valid_from: Timestamp) -> Result<ImportReport, OfficeError> {
        self.run_import(actor, kind, file, valid_from, false).await
    }

    /// Applies a file, whole or not at all.
    pub async fn import(&self, actor: &Actor, kind: ImportKind, file: &[u8], valid_from: Timestamp) -> Result<ImportReport, OfficeError> {
        self.run_import(actor, kind, file, valid_from, true).await
    }

    async fn run_import(&self, actor: &Actor, kind: ImportKind, file: &[u8], valid_from: Timestamp, apply: bool) -> Result<ImportReport, OfficeError> {
        self.require(actor, if kind == ImportKind::Customers { Action::ManagePeople } else { Action::ManageCatalogue })?;
        let table = match Table::read(kind, file) {
            Ok(table) => table,
            Err(errors) => return Ok(ImportReport { errors, ..ImportReport::default() }),
        };
        self.write((actor.person, kind, table, valid_from, apply), |(by, kind, table, valid_from, apply), work| {
            Box::pin(async move {
                let mut report = ImportReport::default();
                match kind {
                    ImportKind::Cooperatives => {
                        let plan = plan_cooperatives(&*work.catalogue().await?, table, *valid_from, &mut report);
                        if *apply && report.errors.is_empty() {
                            apply_cooperatives(work, *by, &plan).await?;
                        }
                    }
                    ImportKind::Products => {
                        let plan = plan_products(&*work.catalogue().await?, table, &mut report);
                        if *apply && report.errors.is_empty() {
                            apply_products(work, *by, &plan, *valid_from).await?;
                        }
                    }
                    ImportKind::Customers => {
                        let plan = plan_customers(work, table, &mut report).await?;
                        if *apply && report.errors.is_empty() {
                            for (agent, details) in plan {
                                let now = work.now;
                                let customer = Customer { id: CustomerId(Uuid::now_v7()), details };
                                work.put_customer(StoredCustomer { customer, agent, created_at: now });
                            }
                        }
                    }
                }
                report.errors.truncate(ERRORS_TOLD_MAX);
                if *apply && report.errors.is_empty() {
                    work.audit(Some(*by), None, "imported", kind.as_str().to_owned(), format!("{} added, {} changed", report.added, report.changed));
                }
                Ok(report)
            })
        })
        .await
    }
}

/// A file, read.
struct Table {
    columns: BTreeMap<&'static str, usize>,
    rows: Vec<(u64, csv::StringRecord)>,
}

impl Table {
    fn read(kind: ImportKind, file: &[u8]) -> Result<Self, Vec<RowError>> {
        // Spreadsheets put a mark before UTF-8 and, in French, semicolons between fields.
        let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let header = file.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let delimiter = if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(file);
        let whole = |line: u64, problem: RowProblem| vec![RowError { line, field: String::new(), problem }];
        let header = reader.headers().map_err(|_| whole(1, RowProblem::NotCsv))?.clone();
        let mut columns = BTreeMap::new();
        let mut errors = Vec::new();
        for column in kind.columns() {
            match header.iter().position(|name| name.eq_ignore_ascii_case(column)) {
                Some(index) => {
                    columns.insert(*column, index);
                }
                None => errors.push(RowError { line: 1, field: (*column).to_owned(), problem: RowProblem::ColumnMissing }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            match record {
                Ok(record) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    if rows.len() == IMPORT_LINES_MAX {
                        return Err(whole(line, RowProblem::TooManyLines));
                    }
                    if record.iter().any(|field| !field.is_empty()) {
                        rows.push((line, record));
                    }
                }
                Err(error) => errors.extend(whole(error.position().map_or(0, csv::Position::line), RowProblem::NotCsv)),
            }
        }
        if errors.is_empty() { Ok(Self { columns, rows }) } else { Err(errors) }
    }
}

/// One row being read: collects what is wrong with it.
struct Row<'a> {
    table: &'a Table,
    line: u64,
    record: &'a csv::StringRecord,
    errors: &'a mut Vec<RowError>,
}

impl Row<'_> {
    fn text(&self, field: &str) -> &str {
        self.table.columns.get(field).and_then(|index| self.record.get(*index)).unwrap_or_default()
    }

    fn wrong(&mut self, field: &str, problem: RowProblem) {
        self.errors.push(RowError { line: self.line, field: field.to_owned(), problem });
    }

    fn name(&mut self, field: &'static str) -> Option<String> {
        match text::clean_name(field, self.text(field)) {
            Ok(name) => Some(name),
            Err(taswiq_domain::Refusal::FieldMissing { .. }) => {
                self.wrong(field, RowProblem::Empty);
                None
            }
            Err(_) => {
                self.wrong(field, RowProblem::TooLong);
                None
            }
        }
    }

    fn both(&mut self, french: &'static str, arabic: &'static str) -> Option<LocalText> {
        let (french, arabic) = (self.name(french), self.name(arabic));
        Some(LocalText::new(&french?, &arabic?))
    }

    /// In both languages or in neither.
    fn both_or_none(&mut self, french: &'static str, arabic: &'static str) -> Option<LocalText> {
        if self.text(french).is_empty() && self.text(arabic).is_empty() { Some(LocalText::default()) } else { self.both(french, arabic) }
    }

    fn phone(&mut self) -> Option<Option<PhoneNumber>> {
        match self.text("phone") {
            "" => Some(None),
            typed => match typed.parse() {
                Ok(phone) => Some(Some(phone)),
                Err(_) => {
                    self.wrong("phone", RowProblem::NotValid);
                    None
                }
            },
        }
    }

    fn read<T>(&mut self, field: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let value = read(self.text(field));
        if value.is_none() {
            let problem = if self.text(field).is_empty() { RowProblem::Empty } else { RowProblem::NotValid };
            self.wrong(field, problem);
        }
        value
    }
}

fn names(name: &LocalText) -> Vec<String> {
    name.0.values().map(|name| text::search_key(name)).collect()
}

fn each_row(table: &Table, report: &mut ImportReport, mut read: impl FnMut(&mut Row<'_>) -> Option<bool>) {
    for (line, record) in &table.rows {
        let mut row = Row { table, line: *line, record, errors: &mut report.errors };
        match read(&mut row) {
            Some(true) => report.added += 1,
            Some(false) => report.changed += 1,
            None => {}
        }
    }
}

fn plan_cooperatives(catalogue: &Catalogue, table: &Table, valid_from: Timestamp, report: &mut ImportReport) -> Vec<(CooperativeDetails, Convention)> {
    let mut taken: BTreeSet<String> = catalogue.cooperatives.iter().flat_map(|cooperative| names(&cooperative.name)).collect();
    let mut plan = Vec::new();
    each_row(table, report, |row| {
        let name = row.both("name_fr", "name_ar");
        let place = row.both("place_fr", "place_ar");
        let region = row.both_or_none("region_fr", "region_ar");
        let phone = row.phone();
        let regime = row.read("regime", |typed| Regime::from_name(typed).filter(|regime| Regime::OF_CONVENTIONS.contains(regime)));
        let delivery_days = row.read("delivery_days", |typed| typed.parse::<u16>().ok().filter(|days| i32::from(*days) <= limits::PROMISE_DAYS));
        let name = name?;
        if names(&name).into_iter().any(|name| !taken.insert(name)) {
            row.wrong("name_fr", RowProblem::Twice);
            return None;
        }
        let details = CooperativeDetails { name, place: place?, region: region?, phone: phone? };
        plan.push((details, Convention { valid_from, regime: regime?, delivery_days: delivery_days? }));
        Some(true)
    });
    plan
}

async fn apply_cooperatives(work: &mut Work, by: PersonId, plan: &[(CooperativeDetails, Convention)]) -> Result<(), OfficeError> {
    for (details, convention) in plan {
        let id = catalogue::add_cooperative(work, Some(by), details).await?;
        catalogue::publish_convention(work, Some(by), id, convention).await?;
    }
    Ok(())
}

struct PlannedProduct {
    known: Option<ProductId>,
    /// A category to be made has no number yet.
    category: Result<CategoryId, String>,
    details: ProductDetails,
    vat: Ppm,
    price: NewPrice,
}

fn plan_products(catalogue: &Catalogue, table: &Table, report: &mut ImportReport) -> Vec<PlannedProduct> {
    let mut cooperatives: BTreeMap<String, CooperativeId> = BTreeMap::new();
    for cooperative in &catalogue.cooperatives {
        cooperatives.extend(names(&cooperative.name).into_iter().map(|name| (name, cooperative.id)));
    }
    let mut categories: BTreeMap<String, CategoryId> = BTreeMap::new();
    for category in &catalogue.categories {
        categories.extend(names(&category.name).into_iter().map(|name| (name, category.id)));
    }
    let mut known: BTreeMap<(CooperativeId, String, String), ProductId> = BTreeMap::new();
    for product in &catalogue.products {
        known.insert((product.cooperative, text::search_key(product.name.get("fr")), text::search_key(product.unit.get("fr"))), product.id);
    }
    let mut seen = BTreeSet::new();
    let mut plan = Vec::new();
    each_row(table, report, |row| {
        let cooperative = cooperatives.get(&text::search_key(row.text("cooperative"))).copied();
        if cooperative.is_none() {
            row.wrong("cooperative", RowProblem::Unknown);
        }
        let category = row.name("category");
        let name = row.both("name_fr", "name_ar");
        let unit = row.both("unit_fr", "unit_ar");
        let vat = row.read("vat", Ppm::parse_percent);
        let mut price = |field| row.read(field, |typed| Centimes::parse(typed).filter(|price| (1..=limits::UNIT_PRICE_CENTIMES).contains(&price.0)));
        let (retail, semi_wholesale, wholesale) = (price("retail"), price("semi_wholesale"), price("wholesale"));
        let picture = Picture { shape: row.text("shape").to_owned(), tint: row.text("tint").to_owned(), motif: row.text("motif").to_owned() };
        if [&picture.shape, &picture.tint, &picture.motif].into_iter().any(|part| part.len() > 40 || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
            row.wrong("shape", RowProblem::NotValid);
        }
        let (cooperative, category, name, unit, vat) = (cooperative?, category?, name?, unit?, vat?);
        let (retail, semi_wholesale, wholesale) = (retail?, semi_wholesale?, wholesale?);
        if wholesale > semi_wholesale || semi_wholesale > retail {
            row.wrong("wholesale", RowProblem::PricesNotFalling);
            return None;
        }
        let key = (cooperative, text::search_key(name.get("fr")), text::search_key(unit.get("fr")));
        if !seen.insert(key.clone()) {
            row.wrong("name_fr", RowProblem::Twice);
            return None;
        }
        let known = known.get(&key).copied();
        let category = categories.get(&text::search_key(&category)).copied().ok_or(category);
        plan.push(PlannedProduct {
            known,
            details: ProductDetails { cooperative, category: category.clone().unwrap_or(CategoryId(0)), name, unit, picture, on_sale: true },
            category,
            vat,
            price: NewPrice { product: known.unwrap_or(ProductId(0)), retail, semi_wholesale, wholesale },
        });
        Some(known.is_none())
    });
    plan
}

async fn apply_products(work: &mut Work, by: PersonId, plan: &[PlannedProduct], valid_from: Timestamp) -> Result<(), OfficeError> {
    let mut made: BTreeMap<String, CategoryId> = BTreeMap::new();
    let mut prices = Vec::with_capacity(plan.len());
    for planned in plan {
        let product = match planned.known {
            Some(product) => product,
            None => {
                let category = match &planned.category {
                    Ok(category) => *category,
                    Err(name) => match made.get(&text::search_key(name)) {
                        Some(category) => *category,
                        None => {
                            let category = catalogue::add_category(work, Some(by), &LocalText::new(name, name), &planned.details.picture).await?;
                            made.insert(text::search_key(name), category);
                            category
                        }
                    },
                };
                let details = ProductDetails { category, ..planned.details.clone() };
                catalogue::add_product(work, Some(by), &details, planned.vat, None).await?
            }
        };
        prices.push(NewPrice { product, ..planned.price });
    }
    if !prices.is_empty() {
        catalogue::publish_prices(work, Some(by), valid_from, &prices).await?;
    }
    Ok(())
}

async fn plan_customers(work: &mut Work, table: &Table, report: &mut ImportReport) -> Result<Vec<(PersonId, CustomerDetails)>, OfficeError> {
    let mut agents: BTreeMap<String, PersonId> = BTreeMap::new();
    for row in people::sql::list(&mut work.conn, Some(Role::Agent.as_str()), None).await? {
        agents.extend([row.login, row.phone].into_iter().flatten().map(|name| (name, PersonId(row.id))));
    }
    let mut plan = Vec::new();
    each_row(table, report, |row| {
        let typed = row.text("agent");
        let account = typed.parse::<PhoneNumber>().map_or_else(|_| typed.to_lowercase(), |phone| phone.as_e164().to_owned());
        let agent = agents.get(&account).copied();
        if agent.is_none() {
            row.wrong("agent", RowProblem::Unknown);
        }
        let phone = row.phone();
        let kind = match row.text("kind") {
            "" | "household" => Some(CustomerKind::Household),
            "professional" => Some(CustomerKind::Professional),
            _ => {
                row.wrong("kind", RowProblem::NotValid);
                None
            }
        };
        let (first_name, place) = (row.name("first_name"), row.name("place"));
        let details = CustomerDetails {
            first_name: first_name?,
            family_name: row.text("family_name").to_owned(),
            phone: phone?,
            place: place?,
            address: row.text("address").to_owned(),
            kind: kind?,
        };
        match details.cleaned() {
            Ok(details) => {
                plan.push((agent?, details));
                Some(true)
            }
            Err(_) => {
                row.wrong("address", RowProblem::TooLong);
                None
            }
        }
    });
    Ok(plan)
}
