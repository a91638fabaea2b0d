//! P7: what our own engine sends and gets when it hands over so many orders at once.
//!
//! The engine runs as it does on a phone, over real HTTP/1.1 with the body compressed as the
//! browser's transport compresses it. Every byte of both directions is counted, heads included; the
//! header lines that a browser adds on its own are taken off again and reported apart.

use anyhow::{Context, Result};

use crate::contender::taswiq;
use crate::figures::Figures;
use crate::setting::Setting;
use crate::wire::{Phone, Wire, of_browser_bytes};

/// How many orders wait when a sync begins.
const ORDERS: [u32; 5] = [0, 1, 5, 30, 100];

/// # Errors
/// When a sync does not take all that waits in one go.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let company = setting.company(setting.sizes()[0], "phone").await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    let (person, token) = company.agents.first().context("an agent")?;
    let wire = Wire::open(process.address, token.as_str()).await?;
    let mut phone = Phone::new(&wire, person).await?;
    phone.meet().await?;
    let first = wire.count();
    phone.take_on_a_customer(&company).await?;
    let (mut requests, mut acknowledged) = (Vec::new(), 0);
    for orders in ORDERS {
        let mut bytes = Vec::new();
        let (mut up, mut down) = (Vec::new(), Vec::new());
        for _ in 0..setting.rounds() {
            phone.take_orders(orders).await?;
            let before = wire.count();
            phone.hand_over().await?;
            let after = wire.count();
            acknowledged += u64::from(orders);
            requests.push(f64::from(after.requests - before.requests));
            let each = f64::from(orders.max(1));
            up.push((after.up - before.up) as f64 / each);
            down.push((after.down - before.down) as f64 / each);
            bytes.push((after.up + after.down - before.up - before.down) as f64 / each);
        }
        let name = match orders {
            0 => "no order, a sync".to_owned(),
            1 => "1 order, an order".to_owned(),
            many => format!("{many} orders, an order"),
        };
        let parts = [("of it up", up), ("down", down)];
        figures.add("P7", &name, "B", &bytes, &parts, "");
    }
    figures.add("P7", "requests", "", &requests, &[], "");
    let first_bytes = [(first.up + first.down) as f64];
    figures.add("P7", "the first contact", "B", &first_bytes, &[], "");
    let browser = [of_browser_bytes(process.address) as f64];
    figures.add("P7", "what a browser adds, a sync", "B", &browser, &[], "");
    process.stop()?;
    company.check(acknowledged).await
}
