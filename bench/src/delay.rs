//! P8: from a saved order to its acknowledgement, over bad roads.
//!
//! The phone's connection is open, as it is while the app is: what an agent who has just saved an order waits
//! for. A connection that has to be opened first is reported beside it.

use std::time::Instant;

use anyhow::{Context, Result};

use crate::contender::taswiq;
use crate::figures::{Figures, percentile};
use crate::road::{self, Way};
use crate::setting::Setting;
use crate::wire::{Phone, Wire};

/// Orders on each road.
const ORDERS: usize = 200;
const ORDERS_QUICK: usize = 10;

/// # Errors
/// When an order is not taken.
pub async fn measure(setting: &Setting, figures: &mut Figures) -> Result<()> {
    let orders = if setting.is_quick {
        ORDERS_QUICK
    } else {
        ORDERS
    };
    let company = setting.company(setting.sizes()[0], "delay").await?;
    let process = taswiq::serve(&setting.server, &company).await?;
    let (person, token) = company.agents.first().context("an agent")?;
    let mut acknowledged = 0;
    for (name, way) in [
        ("300 ms round trip", Way::FAR),
        ("1 Mb/s, 10 % lost", Way::LOSING),
    ] {
        let address = road::open(process.address, way, 1).await?;
        let wire = Wire::open(address, token.as_str()).await?;
        let mut phone = Phone::new(&wire, person).await?;
        phone.meet().await?;
        phone.take_on_a_customer(&company).await?;
        let (mut kept, mut opened) = (Vec::new(), Vec::new());
        for number in 0..2 * orders {
            let is_kept = number < orders;
            let seconds = if is_kept { &mut kept } else { &mut opened };
            phone.take_orders(1).await?;
            let saved = Instant::now();
            if !is_kept {
                wire.reconnect().await?;
            }
            phone.hand_over().await?;
            seconds.push(saved.elapsed().as_secs_f64());
        }
        acknowledged += 2 * orders as u64;
        let others = [("a new connection", opened.clone())];
        figures.add("P8", name, "s", &kept, &others, "");
        let others = [("a new connection", vec![percentile(&opened, 0.95)])];
        let p95 = [percentile(&kept, 0.95)];
        figures.add("P8", &format!("{name}: p95"), "s", &p95, &others, "");
    }
    process.stop()?;
    company.check(acknowledged).await
}
