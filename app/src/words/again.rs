//! A figure computed again before the reader's eyes, in words: the same on the phone and in the office.

use super::{Words, grouped};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::commission::{Pays, Plan};
use taswiq_domain::explain::{self, Books};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Line;

/// A line computed again: the sum written out, and whether it comes out at what stands there.
pub fn again(words: Words, line: &Line, plan: Option<&Plan>) -> AnyView {
    let Ok(again) = explain::line(line, plan) else {
        return ui::strip("trouble", "warning", words.refusal_too_large());
    };
    let base = again.base.figures();
    let sum = match (&line.commission.pays, again.exact) {
        (Pays::Rate { rate }, Some(exact)) => words.again_rate(
            &base,
            &rate.to_string(),
            &explain::exact_figures(exact),
            &again.uncapped.figures(),
        ),
        (Pays::PerUnit { amount }, _) => words.again_units(
            &grouped(line.asked as usize),
            &amount.figures(),
            &again.uncapped.figures(),
        ),
        _ => words.again_nothing().to_owned(),
    };
    let (tone, icon, said) = if !again.agrees {
        (
            "trouble",
            "warning",
            words.again_differs(
                &again.amount.to_string(),
                &line.commission.amount.to_string(),
            ),
        )
    } else if again.rule_agrees == Some(false) {
        ("trouble", "warning", words.again_other_rule().to_owned())
    } else {
        (
            "done",
            "check",
            words.again_agrees(&again.amount.to_string()),
        )
    };
    view! {
        <p class="small again"><bdi class="number">{sum}</bdi></p>
        {ui::strip(tone, icon, said)}
    }
    .into_any()
}

/// The end of a device's id: enough to tell the phones of one company apart.
pub fn short_device(device: DeviceId) -> String {
    let id = device.to_string();
    id.get(id.len().saturating_sub(6)..)
        .unwrap_or_default()
        .to_owned()
}

impl Words {
    /// What the ledger says of a person's part of a line beside what the rules say: tone, icon, words.
    pub fn books(self, books: &Books) -> (&'static str, &'static str, String) {
        if books.agree() {
            let said = self.again_books_agree(
                &books.posted_pending.to_string(),
                &books.posted_earned.to_string(),
            );
            ("done", "check", said)
        } else {
            let of = |pending: Centimes, earned: Centimes| {
                pending.plus(earned).unwrap_or(pending).to_string()
            };
            let said = self.again_books_differ(
                &of(books.posted_pending, books.posted_earned),
                &of(books.pending, books.earned),
            );
            ("trouble", "warning", said)
        }
    }

    /// What happened to an order, by the kind of its event; nothing for one that this build cannot name.
    pub fn event_kind(self, kind: &str) -> Option<&'static str> {
        Some(match kind {
            "amended" => self.act_amend_order(),
            "cancelled" => self.act_cancel_order(),
            "confirmed" => self.act_confirm(),
            "refused" => self.act_refuse(),
            "change_proposed" => self.act_propose_change(),
            "change_answered" => self.act_answer_change(),
            "preparation_started" => self.act_start_preparing(),
            "packed" => self.act_pack(),
            "handed_over" => self.act_hand_over(),
            "delivered" => self.act_deliver(),
            "delivery_failed" => self.act_fail_delivery(),
            "returned" => self.act_return_goods(),
            "collected" => self.act_collect(),
            "declared_early" => self.act_declare_early_payment(),
            "withdrawn" => self.act_withdraw(),
            "supply_failed" => self.act_fail_supply(),
            "withdrawal_closed" => self.history_withdrawal_closed(),
            "placed" => self.history_signed(),
            "expired" => self.history_expired(),
            "deposited" => self.history_deposited(),
            "written_off" => self.history_written_off(),
            _ => return None,
        })
    }
}
