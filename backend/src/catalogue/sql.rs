//! Statements of the catalogue.

use crate::db::{Conn, execute, fetch_all, fetch_one, fetch_optional, insert_rows};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CooperativeRow {
    pub id: i64,
    pub name: String,
    pub place: String,
    pub region: String,
    pub phone: Option<String>,
    pub search_key: String,
    pub created_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ConventionRow {
    pub cooperative_id: i64,
    pub valid_from: i64,
    pub regime: String,
    pub delivery_days: i64,
    pub vesting: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CategoryRow {
    pub id: i64,
    pub name: String,
    pub picture: String,
    pub position: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ProductRow {
    pub id: i64,
    pub cooperative_id: i64,
    pub category_id: i64,
    pub name: String,
    pub unit: String,
    pub picture: String,
    pub on_sale: bool,
    pub created_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VatRow {
    pub product_id: i64,
    pub valid_from: i64,
    pub rate_ppm: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PriceListRow {
    pub version: i64,
    pub valid_from: i64,
    pub published_by: Option<i64>,
    pub published_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PriceRow {
    pub product_id: i64,
    pub version: i64,
    pub retail_centimes: i64,
    pub semi_wholesale_centimes: i64,
    pub wholesale_centimes: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PlanRow {
    pub version: i64,
    pub valid_from: i64,
    pub rules: String,
    pub period: String,
    pub published_by: Option<i64>,
    pub published_at: i64,
}

pub async fn cooperatives(conn: &mut Conn) -> Result<Vec<CooperativeRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CooperativeRow,
        "SELECT id, name, place, region, phone, search_key, created_at FROM cooperative ORDER BY id"
    )
}

pub async fn conventions(conn: &mut Conn) -> Result<Vec<ConventionRow>, sqlx::Error> {
    fetch_all!(
        conn,
        ConventionRow,
        "SELECT cooperative_id, valid_from, regime, delivery_days, vesting FROM convention ORDER BY cooperative_id, valid_from"
    )
}

pub async fn categories(conn: &mut Conn) -> Result<Vec<CategoryRow>, sqlx::Error> {
    fetch_all!(
        conn,
        CategoryRow,
        "SELECT id, name, picture, position FROM category ORDER BY position, id"
    )
}

pub async fn products(conn: &mut Conn) -> Result<Vec<ProductRow>, sqlx::Error> {
    fetch_all!(
        conn,
        ProductRow,
        "SELECT id, cooperative_id, category_id, name, unit, picture, on_sale, created_at FROM product ORDER BY id"
    )
}

pub async fn vat_rates(conn: &mut Conn) -> Result<Vec<VatRow>, sqlx::Error> {
    fetch_all!(
        conn,
        VatRow,
        "SELECT product_id, valid_from, rate_ppm FROM vat_rate ORDER BY product_id, valid_from"
    )
}

pub async fn price_lists(conn: &mut Conn) -> Result<Vec<PriceListRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PriceListRow,
        "SELECT version, valid_from, published_by, published_at FROM price_list ORDER BY version"
    )
}

pub async fn prices(conn: &mut Conn) -> Result<Vec<PriceRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PriceRow,
        "SELECT product_id, version, retail_centimes, semi_wholesale_centimes, wholesale_centimes FROM product_price ORDER BY product_id, version",
    )
}

pub async fn plans(conn: &mut Conn) -> Result<Vec<PlanRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PlanRow,
        "SELECT version, valid_from, rules, period, published_by, published_at FROM plan ORDER BY version"
    )
}

/// The greatest id of cooperatives, categories and products.
pub async fn last_ids(conn: &mut Conn) -> Result<(i64, i64, i64), sqlx::Error> {
    fetch_one!(
        conn,
        (i64, i64, i64),
        "SELECT CAST(COALESCE((SELECT MAX(id) FROM cooperative), 0) AS BIGINT),
             CAST(COALESCE((SELECT MAX(id) FROM category), 0) AS BIGINT),
             CAST(COALESCE((SELECT MAX(id) FROM product), 0) AS BIGINT)",
    )
}

pub async fn put_cooperatives(conn: &mut Conn, rows: &[CooperativeRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO cooperative (id, name, place, region, phone, search_key, created_at)",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, place = excluded.place, region = excluded.region, phone = excluded.phone,
             search_key = excluded.search_key",
        7,
        rows,
        |row| row.id,
        row.name.as_str(),
        row.place.as_str(),
        row.region.as_str(),
        row.phone.as_deref(),
        row.search_key.as_str(),
        row.created_at,
    )
}

pub async fn add_conventions(conn: &mut Conn, rows: &[ConventionRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO convention (cooperative_id, valid_from, regime, delivery_days, vesting)",
        "",
        5,
        rows,
        |row| row.cooperative_id,
        row.valid_from,
        row.regime.as_str(),
        row.delivery_days,
        row.vesting.as_str(),
    )
}

pub async fn put_categories(conn: &mut Conn, rows: &[CategoryRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO category (id, name, picture, position)",
        "ON CONFLICT (id) DO UPDATE SET name = excluded.name, picture = excluded.picture, position = excluded.position",
        4,
        rows,
        |row| row.id,
        row.name.as_str(),
        row.picture.as_str(),
        row.position,
    )
}

pub async fn put_products(conn: &mut Conn, rows: &[ProductRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO product (id, cooperative_id, category_id, name, unit, picture, on_sale, created_at)",
        "ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, name = excluded.name, unit = excluded.unit,
             picture = excluded.picture, on_sale = excluded.on_sale",
        8,
        rows,
        |row| row.id,
        row.cooperative_id,
        row.category_id,
        row.name.as_str(),
        row.unit.as_str(),
        row.picture.as_str(),
        row.on_sale,
        row.created_at,
    )
}

pub async fn add_vat_rates(conn: &mut Conn, rows: &[VatRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO vat_rate (product_id, valid_from, rate_ppm)",
        "",
        3,
        rows,
        |row| row.product_id,
        row.valid_from,
        row.rate_ppm,
    )
}

pub async fn add_price_list(conn: &mut Conn, row: &PriceListRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO price_list (version, valid_from, published_by, published_at) VALUES ($1, $2, $3, $4)",
        row.version,
        row.valid_from,
        row.published_by,
        row.published_at,
    )
}

pub async fn add_prices(conn: &mut Conn, rows: &[PriceRow]) -> Result<(), sqlx::Error> {
    insert_rows!(
        conn,
        "INSERT INTO product_price (product_id, version, retail_centimes, semi_wholesale_centimes, wholesale_centimes)",
        "",
        5,
        rows,
        |row| row.product_id,
        row.version,
        row.retail_centimes,
        row.semi_wholesale_centimes,
        row.wholesale_centimes,
    )
}

pub async fn add_plan(conn: &mut Conn, row: &PlanRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO plan (version, valid_from, rules, period, published_by, published_at) VALUES ($1, $2, $3, $4, $5, $6)",
        row.version,
        row.valid_from,
        row.rules.as_str(),
        row.period.as_str(),
        row.published_by,
        row.published_at,
    )
}

/// A plan under way as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DraftRow {
    pub fields: String,
    pub saved_by: i64,
    pub name: String,
    pub saved_at: i64,
}

/// Who published a version of the plan, and when.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PublishedRow {
    pub version: i64,
    pub name: Option<String>,
    pub published_at: i64,
}

pub async fn plan_draft(conn: &mut Conn) -> Result<Option<DraftRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        DraftRow,
        "SELECT draft.fields, draft.saved_by, person.name, draft.saved_at
         FROM plan_draft AS draft JOIN person ON person.id = draft.saved_by WHERE draft.id = 1"
    )
}

pub async fn put_plan_draft(
    conn: &mut Conn,
    fields: &str,
    by: i64,
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO plan_draft (id, fields, saved_by, saved_at) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET fields = excluded.fields, saved_by = excluded.saved_by, saved_at = excluded.saved_at",
        fields,
        by,
        at,
    )
}

pub async fn remove_plan_draft(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "DELETE FROM plan_draft WHERE id = 1")
}

/// Every version of the plan, the oldest first.
pub async fn published_plans(conn: &mut Conn) -> Result<Vec<PublishedRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PublishedRow,
        "SELECT plan.version, person.name, plan.published_at
         FROM plan LEFT JOIN person ON person.id = plan.published_by ORDER BY plan.version"
    )
}
