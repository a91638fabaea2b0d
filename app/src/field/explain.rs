//! Every commission opens to its explanation: base, rule and version, rate, rounding.

use super::wording::product_name;
use crate::phone::Phone;
use crate::ui;
use crate::words::{again, grouped};
use leptos::prelude::*;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::{Conditions, Pays};
use taswiq_domain::dispute::DisputedLine;
use taswiq_domain::explain;
use taswiq_domain::ids::PlanVersion;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Line, SubOrder};

/// The commission of several sub-orders, line by line, and their sum.
pub fn of_sub_orders(
    phone: Phone,
    catalogue: &Catalogue,
    sub_orders: &[SubOrder],
    plan: PlanVersion,
    total: Centimes,
) -> AnyView {
    let words = phone.words;
    let person = phone.device_now().person();
    let lines: Vec<AnyView> = sub_orders
        .iter()
        .flat_map(|sub_order| &sub_order.lines)
        .map(|line| {
            let name = product_name(phone, catalogue, line.product);
            let mine = line.commission.of_person(person, person).unwrap_or_default();
            view! {
                <li><details class="ledger-entry">
                    <summary class="list-row">
                        <span class="list-main"><span><bdi>{name}</bdi></span><span><bdi>{rate_words(phone, line)}</bdi></span></span>
                        {ui::amount(mine, "")}
                        {ui::icon_flat("chevron-down")}
                    </summary>
                    {of_line(phone, catalogue, line, plan)}
                </details></li>
            }
            .into_any()
        })
        .collect();
    view! {
        <ul class="list">{lines}</ul>
        <dl class="sums"><div class="total"><dt>{words.commission_title()}</dt><dd>{ui::amount(total, "")}</dd></div></dl>
        <p class="small muted">{words.commission_estimate_note()}</p>
    }
    .into_any()
}

/// How a line's commission came about.
pub fn of_line(phone: Phone, catalogue: &Catalogue, line: &Line, plan: PlanVersion) -> AnyView {
    let words = phone.words;
    let commission = &line.commission;
    let asked = words.commission_units(&grouped(line.asked as usize), &line.unit_price.to_string());
    let rule = words.commission_rule(&commission.rule.to_string(), &plan.to_string());
    let scope = catalogue
        .plan(plan)
        .and_then(|plan| plan.rule(commission.rule))
        .map(|rule| scope(phone, &rule.when));
    let cap = words.cap(commission, line.asked).map(|(said, cap)| {
        view! { <div><dt>{said}</dt><dd>{ui::amount(cap, "amount-body")}</dd></div> }
    });
    let gross = line.gross(line.asked).unwrap_or_default();
    let person = phone.device_now().person();
    let mine = commission.shares.iter().find(|share| share.person == person).map(|share| {
        view! { <div class="total"><dt>{words.commission_my_part(&share.part.to_string())}</dt><dd>{ui::amount(share.amount, "")}</dd></div> }
    });
    let lead = commission.lead.filter(|lead| lead.person == person).map(|lead| {
        view! { <div class="total"><dt>{words.commission_lead_part(&lead.rate.to_string())}</dt><dd>{ui::amount(lead.amount, "")}</dd></div> }
    });
    view! {
        <dl class="explain">
            <div><dt>{asked}</dt><dd>{ui::amount(gross, "amount-body")}</dd></div>
            <div><dt>{words.commission_without_vat(&line.vat.to_string())}</dt><dd>{ui::amount(commission.base, "amount-body")}</dd></div>
            <div><dt>{rule}</dt><dd><bdi>{rate_words(phone, line)}</bdi><small>{scope}</small></dd></div>
            {cap}
            <div class="total"><dt>{words.commission_rounded()}</dt><dd>{ui::amount(commission.amount, "")}</dd></div>
            {mine}
            {lead}
        </dl>
        {again(words, line, catalogue.plan(plan))}
    }
    .into_any()
}

/// A person's part of a line by the rules, held against the entries on this phone.
pub fn books(phone: Phone, about: DisputedLine) -> Option<AnyView> {
    let words = phone.words;
    let device = phone.device_now();
    let order = device.order_in_the_books(about.order)?;
    let entries = device.entries_of(about.order);
    let entries = entries.iter().map(|entry| &entry.transfer);
    let person = device.person();
    let books = explain::books(&order, about.cooperative, about.line, person, entries);
    let (tone, icon, said) = words.books(books.ok().flatten().as_ref()?);
    Some(ui::strip(tone, icon, said))
}

/// What a line's rule pays.
pub fn rate_words(phone: Phone, line: &Line) -> String {
    match &line.commission.pays {
        Pays::Rate { rate } => rate.to_string(),
        Pays::PerUnit { amount } => phone.words.commission_per_unit(&amount.to_string()),
        Pays::Nothing { reason } => phone.words.commission_nothing(reason),
    }
}

/// What a rule looks at, the weightiest condition first.
fn scope(phone: Phone, when: &Conditions) -> &'static str {
    let words = phone.words;
    match when {
        Conditions { agent: Some(_), .. } => words.scope_agent(),
        Conditions {
            product: Some(_), ..
        } => words.scope_product(),
        Conditions {
            cooperative: Some(_),
            ..
        } => words.scope_cooperative(),
        Conditions {
            category: Some(_), ..
        } => words.scope_category(),
        Conditions { team: Some(_), .. } => words.scope_team(),
        Conditions { grade: Some(_), .. } => words.scope_grade(),
        Conditions {
            customer_kind: Some(_),
            ..
        } => words.scope_customer_kind(),
        Conditions {
            channel: Some(_), ..
        } => words.scope_channel(),
        Conditions {
            discount: Some(_), ..
        } => words.scope_discount(),
        _ => words.scope_default(),
    }
}
