//! The raw material in `backend/demo`, compiled in so that the binary needs no file beside it.

use super::DemoError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Everything read.
#[derive(Debug)]
pub(super) struct Material {
    pub cooperatives: Vec<CooperativeRow>,
    pub categories: Vec<CategoryRow>,
    pub products: Vec<ProductRow>,
    pub people: Vec<PersonRow>,
    pub places: Vec<PlaceRow>,
    pub first_names: Vec<NameRow>,
    pub family_names: Vec<NameRow>,
    pub streets: Vec<StreetRow>,
    pub trades: Vec<ShopRow>,
    pub signs: Vec<ShopRow>,
    pub plan_rules: Vec<PlanRuleRow>,
    pub plan_months: Vec<PlanMonthRow>,
    pub engagements: Vec<EngagementRow>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CooperativeRow {
    pub key: String,
    pub name_fr: String,
    pub name_ar: String,
    pub place_fr: String,
    pub place_ar: String,
    pub region_fr: String,
    pub region_ar: String,
    pub regime: String,
    pub phone: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct CategoryRow {
    pub key: String,
    pub name_fr: String,
    pub name_ar: String,
    pub shape: String,
    pub tint: String,
    pub motif: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ProductRow {
    pub key: String,
    pub cooperative_key: String,
    pub category: String,
    pub name_fr: String,
    pub name_ar: String,
    pub unit_fr: String,
    pub unit_ar: String,
    pub pack_size: u32,
    pub vat_ppm: u32,
    pub retail_centimes: i64,
    pub semi_wholesale_centimes: i64,
    pub wholesale_centimes: i64,
    pub shape: String,
    pub tint: String,
    pub motif: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct PersonRow {
    pub key: String,
    pub role: String,
    pub first_name_fr: String,
    pub first_name_ar: String,
    pub family_name_fr: String,
    pub family_name_ar: String,
    pub phone: String,
    pub town_fr: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct PlaceRow {
    pub agent_key: String,
    pub name_fr: String,
    pub name_ar: String,
    pub kind: String,
    pub town_fr: String,
    pub town_ar: String,
    pub region_fr: String,
    /// Degrees, as a decimal text: no floating point is needed to keep four decimals.
    pub latitude: String,
    pub longitude: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct NameRow {
    pub kind: String,
    pub gender: String,
    pub name_fr: String,
    pub name_ar: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct StreetRow {
    pub name_fr: String,
    pub name_ar: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ShopRow {
    pub kind: String,
    pub name_fr: String,
    pub name_ar: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct PlanRuleRow {
    pub plan: i64,
    pub number: u16,
    pub agent: String,
    pub product: String,
    pub cooperative: String,
    pub category: String,
    pub grade: String,
    pub customer_kind: String,
    pub channel: String,
    pub rate_ppm: Option<u32>,
    pub per_unit_centimes: Option<i64>,
    pub nothing_reason: String,
    pub cap_centimes: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EngagementRow {
    pub agent: String,
    pub plan: i64,
    pub kind: String,
    pub contract: String,
    pub territory: String,
    pub grade: String,
    pub team: String,
    pub lead: String,
    pub shares: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct PlanMonthRow {
    pub plan: i64,
    pub adds: String,
    pub from_centimes: Option<i64>,
    pub rate_ppm: Option<u32>,
    pub sum_centimes: Option<i64>,
}

macro_rules! rows {
    ($file:literal) => {
        read($file, include_str!(concat!("../../demo/", $file)))
    };
}

impl Material {
    /// Reads the compiled-in files.
    pub fn read() -> Result<Self, DemoError> {
        let names: Vec<NameRow> = rows!("names.csv")?;
        let shops: Vec<ShopRow> = rows!("shops.csv")?;
        let (first_names, family_names) = names.into_iter().partition(|name| name.kind == "first");
        let (trades, signs) = shops.into_iter().partition(|shop| shop.kind == "trade");
        Ok(Self {
            cooperatives: rows!("cooperatives.csv")?,
            categories: rows!("categories.csv")?,
            products: rows!("products.csv")?,
            people: rows!("people.csv")?,
            places: rows!("places.csv")?,
            first_names,
            family_names,
            streets: rows!("streets.csv")?,
            trades,
            signs,
            plan_rules: rows!("plan_rules.csv")?,
            plan_months: rows!("plan_months.csv")?,
            engagements: rows!("engagements.csv")?,
        })
    }
}

fn read<Row: DeserializeOwned>(file: &'static str, text: &str) -> Result<Vec<Row>, DemoError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| DemoError::Material {
            file,
            detail: source.to_string(),
        })
}

/// Ten-thousandths of a degree from decimal degrees.
pub(super) fn degrees_e4(text: &str) -> Option<i32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals: String = decimals.chars().chain("0000".chars()).take(4).collect();
    let whole: i32 = whole.parse().ok()?;
    Some(sign * (whole * 10_000 + decimals.parse::<i32>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_keep_their_sign_and_decimals() {
        assert_eq!(degrees_e4("34.668"), Some(346_680));
        assert_eq!(degrees_e4("-1.908"), Some(-19_080));
        assert_eq!(degrees_e4("-0.5"), Some(-5_000));
        assert_eq!(degrees_e4("7"), Some(70_000));
        assert_eq!(degrees_e4("north"), None);
    }

    #[test]
    fn every_file_can_be_read() {
        let material = Material::read().expect("the raw material");
        assert_eq!(material.cooperatives.len(), 24);
        assert!(material.products.len() > 300);
        assert!(!material.trades.is_empty() && !material.signs.is_empty());
    }
}
