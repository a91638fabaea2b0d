//! An order as it travels: the command that places it. Taswiq gets it in a sync, the others as a
//! document, so that all carry and keep the same.

use std::sync::LazyLock;

use anyhow::{Context, Result};
use taswiq_domain::catalogue::{Channel, PriceTier};
use taswiq_domain::ids::{CooperativeId, CustomerId, PlanVersion, PriceListVersion, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::basket::{Basket, BasketLine, Promise};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{PlaceOrder, Shown};
use taswiq_domain::time::{CivilDate, Timestamp};
use uuid::Uuid;

/// A short signature by hand, as the pad writes it.
pub const SIGNATURE: &str = "CkDVjgmalcldodnbmYmWkXjZhbgdgfhhjhlgneoc";

/// The same order again and again, each time with an id and a code of its own.
#[derive(Clone, Debug)]
pub struct Template {
    before_code: String,
    after_code: String,
}

impl Template {
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of(order: &PlaceOrder) -> Result<Self> {
        let text = serde_json::to_string(order)?;
        let code = format!("\"{}\"", order.code.as_str());
        let (before, after) = text.split_once(&code).context("an order with a code")?;
        Ok(Self {
            before_code: before.to_owned(),
            after_code: after.to_owned(),
        })
    }

    /// The command, as a device writes it.
    pub fn command(&self, id: Uuid, seq: u64, made_at: Timestamp) -> String {
        let Self {
            before_code,
            after_code,
        } = self;
        let code = SpokenCode::from_random(id.as_u64_pair().1);
        format!(
            "{{\"id\":\"{id}\",\"seq\":{seq},\"made_at\":{},\"kind\":\"place_order\",\"body\":{before_code}\"{}\"{after_code}}}",
            made_at.0,
            code.as_str()
        )
    }
}

/// Any order will do where nobody prices it.
static UNPRICED: LazyLock<Option<Template>> = LazyLock::new(|| {
    let order = PlaceOrder {
        customer: CustomerId(Uuid::now_v7()),
        code: SpokenCode::from_random(0),
        receipt_digits: 4_711,
        channel: Channel::default(),
        basket: Basket {
            tier: PriceTier::Retail,
            price_list: PriceListVersion(3),
            plan: PlanVersion(2),
            terms_from: None,
            lines: [(17, 2), (230, 1), (231, 4)]
                .map(|(product, units)| BasketLine {
                    product: ProductId(product),
                    units,
                })
                .to_vec(),
            promises: [3, 21]
                .map(|cooperative| Promise {
                    cooperative: CooperativeId(cooperative),
                    on: CivilDate::from_days_since_epoch(20_800),
                })
                .to_vec(),
            signature: SIGNATURE.to_owned(),
            substitution_agreed: false,
        },
        place: None,
        shown: Shown {
            total: Centimes(83_400),
            commission: Centimes(6_120),
        },
        from_receipt_of: None,
    };
    Template::of(&order).ok()
});

/// An order for those who price nothing, and its id.
pub fn new() -> (Uuid, String) {
    let id = Uuid::now_v7();
    let made_at = Timestamp(1_795_348_800_000);
    let text = UNPRICED
        .as_ref()
        .map_or_else(String::new, |template| template.command(id, 1, made_at));
    (id, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use taswiq_domain::sync::{Command, CommandBody};

    #[test]
    fn what_is_written_by_hand_is_what_a_device_writes() {
        let (id, text) = new();
        let written: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let body: CommandBody = serde_json::from_value(serde_json::json!({
            "kind": written["kind"],
            "body": written["body"],
        }))
        .expect("a command");
        let command = Command {
            id: taswiq_domain::ids::CommandId(id),
            seq: 1,
            made_at: Timestamp(1_795_348_800_000),
            body,
        };
        assert_eq!(serde_json::to_string(&command).expect("JSON"), text);
        assert_ne!(new().1, text);
    }
}
