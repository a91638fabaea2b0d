//! What can be sold: cooperatives and their conventions, categories, products, tax, prices, plans.
//!
//! Nothing is changed in the past: a convention, tax rate, price list or plan is published for the
//! future, and only the very first may hold from now on. Every change raises the catalogue's
//! revision; each process keeps one parsed copy and reads it anew when the revision has moved, also
//! when another process moved it.

pub mod drafts;
pub mod sql;

use crate::Office;
use crate::db::Conn;
use crate::error::{OfficeError, invalid};
use crate::people::{self, local_text};
use crate::work::Work;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::catalogue::{
    Catalogue, Category, Convention, Cooperative, Picture, PriceList, Product, ProductPrice,
    VatRate,
};
use taswiq_domain::commission::{Plan, PlanError, Rule};
use taswiq_domain::ids::{
    CategoryId, CooperativeId, PersonId, PlanVersion, PriceListVersion, ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::limits;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::settlement::rules::PeriodRules;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::Timestamp;

/// A plan before it has a version and a date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanDraft {
    /// What lines earn.
    pub rules: Vec<Rule>,
    /// What it adds that looks at a whole month.
    pub period: PeriodRules,
}

impl From<Vec<Rule>> for PlanDraft {
    fn from(rules: Vec<Rule>) -> Self {
        Self {
            rules,
            period: PeriodRules::default(),
        }
    }
}

impl PlanDraft {
    /// The plan it becomes.
    pub fn at(self, version: PlanVersion, valid_from: Timestamp) -> Plan {
        Plan {
            version,
            valid_from,
            rules: self.rules,
            period: self.period,
        }
    }
}

/// The parsed catalogue of this process.
#[derive(Debug, Default)]
pub struct CatalogueCache {
    latest: RwLock<Arc<Catalogue>>,
}

impl CatalogueCache {
    /// The catalogue at `revision`, read from the database when the copy is another one.
    pub(crate) async fn at(
        &self,
        conn: &mut Conn,
        revision: i64,
    ) -> Result<Arc<Catalogue>, OfficeError> {
        let latest = Arc::clone(&self.latest.read().unwrap_or_else(PoisonError::into_inner));
        if latest.revision == revision {
            return Ok(latest);
        }
        let loaded = Arc::new(load(conn, revision).await?);
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have read a later one meanwhile.
        if latest.revision < revision {
            *latest = Arc::clone(&loaded);
        }
        Ok(loaded)
    }
}

/// Reads the whole catalogue.
pub(crate) async fn load(conn: &mut Conn, revision: i64) -> Result<Catalogue, OfficeError> {
    let corrupt = || OfficeError::Corrupt {
        what: "the catalogue",
    };
    let mut conventions: BTreeMap<i64, Vec<Convention>> = BTreeMap::new();
    for row in sql::conventions(conn).await? {
        conventions
            .entry(row.cooperative_id)
            .or_default()
            .push(Convention {
                valid_from: Timestamp(row.valid_from),
                regime: Regime::from_name(&row.regime).ok_or_else(corrupt)?,
                delivery_days: u16::try_from(row.delivery_days).map_err(|_| corrupt())?,
                vesting: read(&row.vesting)?,
            });
    }
    let mut cooperatives = Vec::new();
    for row in sql::cooperatives(conn).await? {
        cooperatives.push(Cooperative {
            id: CooperativeId(row.id),
            name: local_text(&row.name)?,
            place: local_text(&row.place)?,
            conventions: conventions.remove(&row.id).unwrap_or_default(),
        });
    }
    let mut categories = Vec::new();
    for row in sql::categories(conn).await? {
        categories.push(Category {
            id: CategoryId(row.id),
            name: local_text(&row.name)?,
            picture: read(&row.picture)?,
        });
    }
    let mut vat: BTreeMap<i64, Vec<VatRate>> = BTreeMap::new();
    for row in sql::vat_rates(conn).await? {
        let rate = Ppm(u32::try_from(row.rate_ppm).map_err(|_| corrupt())?);
        vat.entry(row.product_id).or_default().push(VatRate {
            valid_from: Timestamp(row.valid_from),
            rate,
        });
    }
    let mut prices: BTreeMap<i64, Vec<ProductPrice>> = BTreeMap::new();
    for row in sql::prices(conn).await? {
        prices
            .entry(row.product_id)
            .or_default()
            .push(ProductPrice {
                version: PriceListVersion(row.version),
                retail: Centimes(row.retail_centimes),
                semi_wholesale: Centimes(row.semi_wholesale_centimes),
                wholesale: Centimes(row.wholesale_centimes),
            });
    }
    let mut products = Vec::new();
    for row in sql::products(conn).await? {
        products.push(Product {
            id: ProductId(row.id),
            cooperative: CooperativeId(row.cooperative_id),
            category: CategoryId(row.category_id),
            name: local_text(&row.name)?,
            unit: local_text(&row.unit)?,
            picture: read(&row.picture)?,
            vat: vat.remove(&row.id).unwrap_or_default(),
            prices: prices.remove(&row.id).unwrap_or_default(),
            on_sale: row.on_sale,
        });
    }
    let price_lists = sql::price_lists(conn)
        .await?
        .iter()
        .map(|row| PriceList {
            version: PriceListVersion(row.version),
            valid_from: Timestamp(row.valid_from),
        })
        .collect();
    let mut plans = Vec::new();
    for row in sql::plans(conn).await? {
        plans.push(Plan {
            version: PlanVersion(row.version),
            valid_from: Timestamp(row.valid_from),
            rules: read(&row.rules)?,
            period: read(&row.period)?,
        });
    }
    Ok(Catalogue {
        revision,
        cooperatives,
        categories,
        products,
        price_lists,
        plans,
    })
}

fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, OfficeError> {
    serde_json::from_str(json).map_err(|_| OfficeError::Corrupt {
        what: "the catalogue",
    })
}

pub(crate) fn write_json<T: serde::Serialize>(value: &T) -> Result<String, OfficeError> {
    serde_json::to_string(value).map_err(|_| OfficeError::Corrupt {
        what: "a value to store",
    })
}

/// What the office writes down about a cooperative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CooperativeDetails {
    /// Its name, in French and Arabic.
    pub name: LocalText,
    /// Its town or village.
    pub place: LocalText,
    /// Its region; may be empty.
    pub region: LocalText,
    /// Its telephone.
    pub phone: Option<PhoneNumber>,
}

/// A cooperative with what devices are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CooperativeRecord {
    /// What devices know too.
    pub cooperative: Cooperative,
    /// Its region.
    pub region: LocalText,
    /// Its telephone.
    pub phone: Option<PhoneNumber>,
    /// Since when.
    pub created_at: Timestamp,
}

/// What the office writes down about a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductDetails {
    /// Who makes it; never changed afterwards.
    pub cooperative: CooperativeId,
    /// Where agents look for it.
    pub category: CategoryId,
    /// Its name, in French and Arabic.
    pub name: LocalText,
    /// What one unit is.
    pub unit: LocalText,
    /// Its drawing.
    pub picture: Picture,
    /// Whether it is offered.
    pub on_sale: bool,
}

/// The three prices of a product, in centimes for one unit, value added tax included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPrice {
    /// Which product.
    pub product: ProductId,
    /// For households.
    pub retail: Centimes,
    /// For small shops; never dearer than retail.
    pub semi_wholesale: Centimes,
    /// For dealers; never dearer than semi-wholesale.
    pub wholesale: Centimes,
}

impl Office {
    /// What can be sold now, from the copy of this process unless something has changed.
    pub async fn catalogue(&self) -> Result<Arc<Catalogue>, OfficeError> {
        let mut conn = self.db.read().await?;
        let revision = crate::db::sql::office(&mut conn)
            .await?
            .map_or(0, |office| office.catalogue_revision);
        self.shared.catalogue.at(&mut conn, revision).await
    }

    /// Every cooperative with what devices are not told.
    pub async fn cooperatives(&self, actor: &Actor) -> Result<Vec<CooperativeRecord>, OfficeError> {
        self.require(actor, Action::UseOffice)?;
        let catalogue = self.catalogue().await?;
        let mut conn = self.db.read().await?;
        let mut records = Vec::new();
        for row in sql::cooperatives(&mut conn).await? {
            let Some(cooperative) = catalogue.cooperative(CooperativeId(row.id)) else {
                continue;
            };
            records.push(CooperativeRecord {
                cooperative: cooperative.clone(),
                region: local_text(&row.region)?,
                phone: row.phone.as_deref().and_then(|phone| phone.parse().ok()),
                created_at: Timestamp(row.created_at),
            });
        }
        Ok(records)
    }

    /// Takes in a cooperative. It sells nothing before it has a convention.
    pub async fn add_cooperative(
        &self,
        actor: &Actor,
        details: CooperativeDetails,
    ) -> Result<CooperativeId, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write((actor.person, details), |(by, details), work| {
            Box::pin(add_cooperative(work, Some(*by), details))
        })
        .await
    }

    /// Corrects a cooperative's details.
    pub async fn change_cooperative(
        &self,
        actor: &Actor,
        id: CooperativeId,
        details: CooperativeDetails,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write((actor.person, id, details), |(by, id, details), work| {
            Box::pin(async move {
                let catalogue = work.catalogue().await?;
                catalogue.cooperative(*id).ok_or(OfficeError::NotFound)?;
                put_cooperative(work, *id, details).await?;
                work.audit(
                    Some(*by),
                    None,
                    "cooperative_changed",
                    id.to_string(),
                    String::new(),
                );
                Ok(())
            })
        })
        .await
    }

    /// Publishes a convention of a cooperative: for the future, the first from now on if wanted.
    pub async fn publish_convention(
        &self,
        actor: &Actor,
        cooperative: CooperativeId,
        convention: Convention,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(
            (actor.person, cooperative, convention),
            |(by, cooperative, convention), work| {
                Box::pin(publish_convention(
                    work,
                    Some(*by),
                    *cooperative,
                    convention,
                ))
            },
        )
        .await
    }

    /// Adds a category, after the others.
    pub async fn add_category(
        &self,
        actor: &Actor,
        name: LocalText,
        picture: Picture,
    ) -> Result<CategoryId, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(
            (actor.person, name, picture),
            |(by, name, picture), work| Box::pin(add_category(work, Some(*by), name, picture)),
        )
        .await
    }

    /// Renames or redraws a category.
    pub async fn change_category(
        &self,
        actor: &Actor,
        id: CategoryId,
        name: LocalText,
        picture: Picture,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(
            (actor.person, id, name, picture),
            |(by, id, name, picture), work| {
                Box::pin(async move {
                    let catalogue = work.catalogue().await?;
                    let position = catalogue
                        .categories
                        .iter()
                        .position(|category| category.id == *id)
                        .ok_or(OfficeError::NotFound)?;
                    put_category(work, *id, name, picture, position as i64 + 1).await?;
                    work.audit(
                        Some(*by),
                        None,
                        "category_changed",
                        id.to_string(),
                        String::new(),
                    );
                    Ok(())
                })
            },
        )
        .await
    }

    /// Takes in a product with its tax. It is sold once a price list names it.
    pub async fn add_product(
        &self,
        actor: &Actor,
        details: ProductDetails,
        vat: Ppm,
    ) -> Result<ProductId, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write((actor.person, details, vat), |(by, details, vat), work| {
            Box::pin(add_product(work, Some(*by), details, *vat, None))
        })
        .await
    }

    /// Corrects a product's details, takes it off sale or puts it on sale again.
    pub async fn change_product(
        &self,
        actor: &Actor,
        id: ProductId,
        details: ProductDetails,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write((actor.person, id, details), |(by, id, details), work| {
            Box::pin(async move {
                let catalogue = work.catalogue().await?;
                let known = catalogue.product(*id).ok_or(OfficeError::NotFound)?;
                if known.cooperative != details.cooperative {
                    return Err(invalid("cooperative"));
                }
                put_product(work, *id, details).await?;
                work.audit(
                    Some(*by),
                    None,
                    "product_changed",
                    id.to_string(),
                    String::new(),
                );
                Ok(())
            })
        })
        .await
    }

    /// Publishes another rate of value added tax for a product, for the future.
    pub async fn publish_vat(
        &self,
        actor: &Actor,
        product: ProductId,
        vat: VatRate,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write((actor.person, product, vat), |(by, product, vat), work| {
            Box::pin(async move {
                let catalogue = work.catalogue().await?;
                let known = catalogue.product(*product).ok_or(OfficeError::NotFound)?;
                check_rate(vat.rate)?;
                check_future(
                    work.now,
                    vat.valid_from,
                    known.vat.last().map(|last| last.valid_from),
                )?;
                sql::add_vat_rates(
                    &mut work.conn,
                    &[sql::VatRow {
                        product_id: product.0,
                        valid_from: vat.valid_from.0,
                        rate_ppm: i64::from(vat.rate.0),
                    }],
                )
                .await?;
                work.audit(
                    Some(*by),
                    None,
                    "vat_published",
                    product.to_string(),
                    format!("{} from {}", vat.rate.0, vat.valid_from.0),
                );
                work.catalogue_changed();
                Ok(())
            })
        })
        .await
    }

    /// Publishes a version of the price list: prices named replace those of these products, all
    /// others stay. For the future; the first may hold from now on.
    pub async fn publish_prices(
        &self,
        actor: &Actor,
        valid_from: Timestamp,
        prices: Vec<NewPrice>,
    ) -> Result<PriceListVersion, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(
            (actor.person, valid_from, prices),
            |(by, valid_from, prices), work| {
                Box::pin(publish_prices(work, Some(*by), *valid_from, prices))
            },
        )
        .await
    }

    /// Publishes a version of the commission plan: for the future; the first may hold from now on. The
    /// draft is gone with it.
    pub async fn publish_plan(
        &self,
        actor: &Actor,
        valid_from: Timestamp,
        draft: impl Into<PlanDraft>,
    ) -> Result<PlanVersion, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.write(
            (actor.person, valid_from, draft.into()),
            |(by, valid_from, draft), work| {
                Box::pin(async move {
                    let version = publish_plan(work, Some(*by), *valid_from, draft).await?;
                    // What was under way is in force, or will be.
                    sql::remove_plan_draft(&mut work.conn).await?;
                    Ok(version)
                })
            },
        )
        .await
    }
}

/// Nothing is published for the past, nor before what it follows. Only the first of its kind may
/// hold from now on.
pub(crate) fn check_future(
    now: Timestamp,
    valid_from: Timestamp,
    last: Option<Timestamp>,
) -> Result<(), OfficeError> {
    match last {
        Some(last) if valid_from <= last || valid_from <= now => Err(invalid("valid_from")),
        // A form filled in a minute ago means now.
        None if valid_from < now.plus_ms(-60 * 60 * 1000) => Err(invalid("valid_from")),
        _ => Ok(()),
    }
}

fn check_rate(rate: Ppm) -> Result<(), OfficeError> {
    if rate.0 > limits::RATE_PPM {
        Err(invalid("vat"))
    } else {
        Ok(())
    }
}

fn checked_name(field: &'static str, name: &LocalText) -> Result<String, OfficeError> {
    let mut cleaned = BTreeMap::new();
    for (language, text) in &name.0 {
        cleaned.insert(language.clone(), text::clean_name(field, text)?);
    }
    if cleaned.is_empty() {
        return Err(taswiq_domain::Refusal::FieldMissing {
            field: field.to_owned(),
        }
        .into());
    }
    write_json(&LocalText(cleaned))
}

pub(crate) async fn add_cooperative(
    work: &mut Work,
    by: Option<PersonId>,
    details: &CooperativeDetails,
) -> Result<CooperativeId, OfficeError> {
    let (last, _, _) = sql::last_ids(&mut work.conn).await?;
    let id = CooperativeId(last + 1);
    put_cooperative(work, id, details).await?;
    work.audit(by, None, "cooperative_added", id.to_string(), String::new());
    Ok(id)
}

async fn put_cooperative(
    work: &mut Work,
    id: CooperativeId,
    details: &CooperativeDetails,
) -> Result<(), OfficeError> {
    let region = if details.region.0.is_empty() {
        "{}".to_owned()
    } else {
        checked_name("region", &details.region)?
    };
    let searched: Vec<&str> = details
        .name
        .0
        .values()
        .chain(details.place.0.values())
        .map(String::as_str)
        .collect();
    let row = sql::CooperativeRow {
        id: id.0,
        name: checked_name("name", &details.name)?,
        place: checked_name("place", &details.place)?,
        region,
        phone: details
            .phone
            .as_ref()
            .map(|phone| phone.as_e164().to_owned()),
        search_key: text::search_key(&searched.join(" ")),
        created_at: work.now.0,
    };
    sql::put_cooperatives(&mut work.conn, &[row]).await?;
    work.catalogue_changed();
    Ok(())
}

/// A convention as stored.
pub(crate) fn convention_row(
    id: CooperativeId,
    convention: &Convention,
) -> Result<sql::ConventionRow, OfficeError> {
    Ok(sql::ConventionRow {
        cooperative_id: id.0,
        valid_from: convention.valid_from.0,
        regime: convention.regime.as_str().to_owned(),
        delivery_days: i64::from(convention.delivery_days),
        vesting: write_json(&convention.vesting)?,
    })
}

pub(crate) async fn publish_convention(
    work: &mut Work,
    by: Option<PersonId>,
    id: CooperativeId,
    convention: &Convention,
) -> Result<(), OfficeError> {
    let catalogue = work.catalogue().await?;
    let cooperative = catalogue.cooperative(id).ok_or(OfficeError::NotFound)?;
    if !Regime::OF_CONVENTIONS.contains(&convention.regime) {
        return Err(invalid("regime"));
    }
    if i32::from(convention.delivery_days) > limits::PROMISE_DAYS {
        return Err(invalid("delivery_days"));
    }
    check_future(
        work.now,
        convention.valid_from,
        cooperative.conventions.last().map(|last| last.valid_from),
    )?;
    if convention.vesting.check().is_err() {
        return Err(invalid("vesting"));
    }
    sql::add_conventions(&mut work.conn, &[convention_row(id, convention)?]).await?;
    work.audit(
        by,
        None,
        "convention_published",
        id.to_string(),
        format!(
            "{} from {}",
            convention.regime.as_str(),
            convention.valid_from.0
        ),
    );
    work.catalogue_changed();
    Ok(())
}

pub(crate) async fn add_category(
    work: &mut Work,
    by: Option<PersonId>,
    name: &LocalText,
    picture: &Picture,
) -> Result<CategoryId, OfficeError> {
    let (_, last, _) = sql::last_ids(&mut work.conn).await?;
    let id = CategoryId(last + 1);
    put_category(work, id, name, picture, id.0).await?;
    work.audit(by, None, "category_added", id.to_string(), String::new());
    Ok(id)
}

async fn put_category(
    work: &mut Work,
    id: CategoryId,
    name: &LocalText,
    picture: &Picture,
    position: i64,
) -> Result<(), OfficeError> {
    let row = sql::CategoryRow {
        id: id.0,
        name: checked_name("name", name)?,
        picture: write_json(picture)?,
        position,
    };
    sql::put_categories(&mut work.conn, &[row]).await?;
    work.catalogue_changed();
    Ok(())
}

/// Adds a product. Its tax holds from `vat_from`, or from now on.
pub(crate) async fn add_product(
    work: &mut Work,
    by: Option<PersonId>,
    details: &ProductDetails,
    vat: Ppm,
    vat_from: Option<Timestamp>,
) -> Result<ProductId, OfficeError> {
    check_rate(vat)?;
    let (_, _, last) = sql::last_ids(&mut work.conn).await?;
    let id = ProductId(last + 1);
    put_product(work, id, details).await?;
    // A door just before the product was typed in must find its tax: an hour of grace, as for prices.
    let valid_from = vat_from.unwrap_or(work.now.plus_hours(-1)).0;
    sql::add_vat_rates(
        &mut work.conn,
        &[sql::VatRow {
            product_id: id.0,
            valid_from,
            rate_ppm: i64::from(vat.0),
        }],
    )
    .await?;
    work.audit(by, None, "product_added", id.to_string(), String::new());
    Ok(id)
}

async fn put_product(
    work: &mut Work,
    id: ProductId,
    details: &ProductDetails,
) -> Result<(), OfficeError> {
    let catalogue = work.catalogue().await?;
    catalogue
        .cooperative(details.cooperative)
        .ok_or_else(|| invalid("cooperative"))?;
    catalogue
        .category(details.category)
        .ok_or_else(|| invalid("category"))?;
    let row = sql::ProductRow {
        id: id.0,
        cooperative_id: details.cooperative.0,
        category_id: details.category.0,
        name: checked_name("name", &details.name)?,
        unit: checked_name("unit", &details.unit)?,
        picture: write_json(&details.picture)?,
        on_sale: details.on_sale,
        created_at: work.now.0,
    };
    sql::put_products(&mut work.conn, &[row]).await?;
    work.catalogue_changed();
    Ok(())
}

pub(crate) async fn publish_prices(
    work: &mut Work,
    by: Option<PersonId>,
    valid_from: Timestamp,
    prices: &[NewPrice],
) -> Result<PriceListVersion, OfficeError> {
    let catalogue = work.catalogue().await?;
    let last = catalogue.price_lists.last();
    check_future(work.now, valid_from, last.map(|last| last.valid_from))?;
    let version = last.map_or(1, |last| last.version.0 + 1);
    if prices.is_empty() {
        return Err(taswiq_domain::Refusal::FieldMissing {
            field: "prices".to_owned(),
        }
        .into());
    }
    let mut rows = Vec::with_capacity(prices.len());
    for price in prices {
        catalogue
            .product(price.product)
            .ok_or(taswiq_domain::Refusal::UnknownProduct {
                product: price.product,
            })?;
        let ordered = Centimes::ZERO < price.wholesale
            && price.wholesale <= price.semi_wholesale
            && price.semi_wholesale <= price.retail;
        if !ordered || price.retail.0 > limits::UNIT_PRICE_CENTIMES {
            return Err(invalid("price"));
        }
        rows.push(sql::PriceRow {
            product_id: price.product.0,
            version,
            retail_centimes: price.retail.0,
            semi_wholesale_centimes: price.semi_wholesale.0,
            wholesale_centimes: price.wholesale.0,
        });
    }
    rows.sort_by_key(|row| row.product_id);
    if rows
        .windows(2)
        .any(|pair| pair[0].product_id == pair[1].product_id)
    {
        return Err(invalid("product"));
    }
    sql::add_price_list(
        &mut work.conn,
        &sql::PriceListRow {
            version,
            valid_from: valid_from.0,
            published_by: by.map(|by| by.0),
            published_at: work.now.0,
        },
    )
    .await?;
    sql::add_prices(&mut work.conn, &rows).await?;
    work.audit(
        by,
        None,
        "prices_published",
        version.to_string(),
        format!("{} products from {}", rows.len(), valid_from.0),
    );
    work.catalogue_changed();
    Ok(PriceListVersion(version))
}

pub(crate) async fn publish_plan(
    work: &mut Work,
    by: Option<PersonId>,
    valid_from: Timestamp,
    draft: &PlanDraft,
) -> Result<PlanVersion, OfficeError> {
    let catalogue = work.catalogue().await?;
    let last = catalogue.plans.last();
    check_future(work.now, valid_from, last.map(|last| last.valid_from))
        .map_err(|_| OfficeError::InvalidPlan(PlanError::NotInTheFuture))?;
    let version = PlanVersion(last.map_or(1, |last| last.version.0 + 1));
    let plan = draft.clone().at(version, valid_from);
    plan.check()?;
    let agents = people::of_role(&mut work.conn, Role::Agent).await?;
    let agents = agents.into_iter().map(|agent| agent.id).collect();
    plan.check_names(&catalogue, &agents)?;
    let row = sql::PlanRow {
        version: plan.version.0,
        valid_from: valid_from.0,
        rules: write_json(&plan.rules)?,
        period: write_json(&plan.period)?,
        published_by: by.map(|by| by.0),
        published_at: work.now.0,
    };
    sql::add_plan(&mut work.conn, &row).await?;
    work.audit(
        by,
        None,
        "plan_published",
        plan.version.to_string(),
        format!("{} rules from {}", plan.rules.len(), valid_from.0),
    );
    work.catalogue_changed();
    Ok(plan.version)
}
