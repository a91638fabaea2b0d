//! A figure computed again before the reader's eyes, in words: the same on the phone and in the office.

use super::{Words, grouped};
use crate::ui;
use leptos::prelude::*;
use taswiq_domain::commission::{Pays, Plan};
use taswiq_domain::explain::{self, Books};
use taswiq_domain::ids::DeviceId;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Line;
use taswiq_domain::settlement::SettledMonth;
use taswiq_domain::settlement::supplement::Outlook;

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
        <p class="small again"><bdi>{sum}</bdi></p>
        {ui::strip(tone, icon, said)}
    }
    .into_any()
}

/// What a month adds, computed again: the plan, every slice exactly, the one rounding at the end, the
/// bonus, what its limits take off, what an earlier statement had settled of it, and whether it all comes
/// out at what stands there. `behind` is where the entries of its turnover are. Nothing where the month
/// adds nothing.
pub fn again_month(
    words: Words,
    month: &SettledMonth,
    plan: Option<&Plan>,
    behind: Option<String>,
) -> Option<AnyView> {
    let (before, now) = (&month.before, &month.now);
    let is_nothing =
        |outlook: &Outlook| outlook.supplement.slices.is_empty() && outlook.target.is_none();
    if is_nothing(now) && is_nothing(before) && month.capped.is_empty() {
        return None;
    }
    let capped: Vec<AnyView> = month
        .capped
        .iter()
        .map(|capped| {
            let over = capped.over().unwrap_or_default();
            let rule = words.statement_capped(
                &capped.rule.rule.to_string(),
                &capped.rule.cap.to_string(),
                &capped.earned.to_string(),
            );
            let off = Centimes(over.0.saturating_neg());
            row(rule, String::new(), ui::signed_amount(off))
        })
        .collect();
    let settled = month.added_before().unwrap_or_default();
    let in_all = month.adds().unwrap_or_default();
    let correction = (settled != Centimes::ZERO).then(|| {
        let difference = in_all.minus(settled).unwrap_or_default();
        let before = words.again_before_turnover(&before.supplement.turnover.to_string());
        view! {
            {row(words.again_before().to_owned(), before, ui::signed_amount(Centimes(settled.0.saturating_neg())))}
            <div class="total"><dt>{words.again_difference()}</dt><dd>{ui::signed_amount(difference)}</dd></div>
        }
    });
    let view = view! {
        <dl class="explain">
            {outlook_rows(words, now, behind)}
            {capped}
            <div class="total"><dt>{words.statement_supplement_in_all()}</dt><dd>{ui::amount(in_all, "")}</dd></div>
            {correction}
        </dl>
        {month_verdict(words, month, plan)}
    };
    Some(view.into_any())
}

/// The turnover, each slice with every digit, the one rounding, the target.
fn outlook_rows(words: Words, outlook: &Outlook, behind: Option<String>) -> AnyView {
    let turnover = outlook.supplement.turnover;
    let slices: Vec<AnyView> = outlook
        .supplement
        .slices
        .iter()
        .map(|slice| {
            let exact = explain::exact_figures(explain::exact_slice(slice));
            let figure = view! { <bdi class="number">{exact}</bdi> };
            row(words.slice(slice), String::new(), figure.into_any())
        })
        .collect();
    let rounded = (!slices.is_empty()).then(|| {
        let exact = outlook
            .supplement
            .slices
            .iter()
            .map(explain::exact_slice)
            .sum();
        let exact = words.again_month_exact(&explain::exact_figures(exact));
        let amount = ui::amount(outlook.supplement.amount, "amount-body");
        row(words.again_month_rounded().to_owned(), exact, amount)
    });
    let target = outlook.target.map(|target| {
        let said = words.statement_target(&target.reach.to_string());
        row(said, String::new(), ui::amount(target.bonus, "amount-body"))
    });
    view! {
        {figure(words.statement_base(), behind, ui::amount(turnover, "amount-body"))}
        {slices}
        {rounded}
        {target}
    }
    .into_any()
}

/// A figure that opens to what stands behind it.
fn figure(label: &'static str, behind: Option<String>, figure: AnyView) -> AnyView {
    match behind {
        Some(href) => ui::opening_row("", view! { <a href=href>{label}</a> }.into_any(), figure),
        None => row(label.to_owned(), String::new(), figure),
    }
}

fn row(label: String, note: String, figure: AnyView) -> AnyView {
    let note = (!note.is_empty()).then(|| view! { <small>{note}</small> });
    view! { <div><dt>{label}{note}</dt><dd>{figure}</dd></div> }.into_any()
}

/// Whether what a month adds comes out when its plan is put to its turnover once more.
fn month_verdict(words: Words, month: &SettledMonth, plan: Option<&Plan>) -> AnyView {
    let Ok(again) = explain::month(month, plan) else {
        return ui::strip("trouble", "warning", words.refusal_too_large());
    };
    let (amount, plan) = (again.amount.to_string(), month.plan.to_string());
    if !again.agrees || again.plan_agrees == Some(false) {
        let written = month.adds().unwrap_or_default().to_string();
        ui::strip(
            "trouble",
            "warning",
            words.again_month_differs(&plan, &amount, &written),
        )
    } else if again.plan_agrees.is_none() {
        ui::strip("", "info", words.again_month_without_plan(&plan, &amount))
    } else {
        ui::strip("done", "check", words.again_month_agrees(&plan, &amount))
    }
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
