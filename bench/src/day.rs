//! P16: what a whole day of an agent takes of their data: the app is started six times and handed over by six
//! times, thirty orders are taken, and in the afternoon prices change.
//!
//! Counted is what our own engine sends and gets, heads included: a start asks for what changed, a hand-over
//! brings five orders. The app itself lies on the phone.

use anyhow::{Context, Result, bail};
use taswiq_backend::catalogue::NewPrice;
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::money::Centimes;

use crate::company::{self, Company};
use crate::contender::taswiq;
use crate::figures::Figures;
use crate::setting::Setting;
use crate::wire::{Count, Phone, Wire};

const STARTS: u32 = 6;
const ORDERS: u32 = 30;
/// The start before which prices change.
const PRICES_BEFORE: u32 = 4;
/// Prices that change.
const PRICES: usize = 50;

/// # Errors
/// When an order is not taken or the prices do not arrive.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let company = setting.company(setting.sizes()[0], "day").await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    let (person, token) = company.agents.first().context("an agent")?;
    let mut wire = Wire::open(process.address, token.as_str()).await?;
    let mut yesterday = Phone::new(&wire, person).await?;
    yesterday.meet().await?;
    yesterday.take_on_a_customer(&company).await?;
    let mut store = yesterday.put_away();
    let (mut day, mut of_starts, mut of_prices) = (Count::default(), 0, 0);
    for start in 1..=STARTS {
        if start == PRICES_BEFORE {
            change_prices(&company).await?;
        }
        wire = Wire::open(process.address, token.as_str()).await?;
        let phone = Phone::started(&wire, store).await?;
        let revision = phone.device().catalogue().revision;
        phone.meet().await?;
        let started = wire.count();
        let has_new_prices = phone.device().catalogue().revision > revision;
        if has_new_prices != (start == PRICES_BEFORE) {
            bail!("prices came, or did not, with start {start}");
        }
        if has_new_prices {
            of_prices = started.up + started.down;
        } else {
            of_starts += started.up + started.down;
        }
        phone.take_orders(ORDERS / STARTS).await?;
        phone.hand_over().await?;
        day = day.and(wire.count());
        store = phone.put_away();
    }
    let kilobytes = |bytes: u64| [bytes as f64 / 1_000.0];
    let total = day.up + day.down;
    let mut add = |name: &str, unit: &str, value: [f64; 1]| {
        figures.add("P16", name, unit, &value, &[], "");
    };
    add("the day", "kB", kilobytes(total));
    add("of it the price list", "kB", kilobytes(of_prices));
    add("of it the other starts", "kB", kilobytes(of_starts));
    add(
        "of it the hand-overs",
        "kB",
        kilobytes(total - of_prices - of_starts),
    );
    add("requests", "", [f64::from(day.requests)]);
    process.stop()?;
    company.check(u64::from(ORDERS)).await
}

/// Another process publishes a price list, while the server serves.
async fn change_prices(company: &Company) -> Result<()> {
    let catalogue: &Catalogue = &company.catalogue;
    let prices = catalogue.products.iter().filter_map(|product| {
        let last = product.prices.last()?;
        Some(NewPrice {
            product: product.id,
            retail: Centimes(last.retail.0 + 100),
            semi_wholesale: last.semi_wholesale,
            wholesale: last.wholesale,
        })
    });
    let office = company::open(&company.database).await?;
    let from = SystemClock.now().plus_days(1);
    let administrator = company::administrator();
    office
        .publish_prices(&administrator, from, prices.take(PRICES).collect())
        .await?;
    office.close().await;
    Ok(())
}
