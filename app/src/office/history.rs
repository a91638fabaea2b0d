//! One order with everything that happened to it, every centime explained.

use leptos::prelude::*;
use taswiq_backend::orders::OrderHistory;
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::{self, Band, Conditions, Pays};
use taswiq_domain::ids::{CooperativeId, PersonId, PlanVersion, ProductId};
use taswiq_domain::ledger::{Account, Purpose, Transfer};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Line, Order, OrderEvent, Stage, SubOrder, Withdrawal};
use taswiq_domain::sync::LedgerEntry;
use taswiq_domain::time::Calendar;

use super::desk::{Desk, Room};
use super::form::{Form, Line as Field, Problem, Reader, Script, Typed};
use super::orders::progress_look;
use super::widgets::{self, Row, facts, figures, number, said, with_small, words};
use crate::ui;
use crate::words::{Words, again, grouped, stage_look};

/// What the page needs besides the order itself.
pub struct Known<'a> {
    /// Names, plans.
    pub catalogue: &'a Catalogue,
    /// Everybody who may have done something.
    pub people: &'a [Person],
}

impl Known<'_> {
    pub(super) fn person(&self, desk: &Desk, id: PersonId) -> String {
        self.people
            .iter()
            .find(|person| person.id == id)
            .map_or_else(|| id.to_string(), |person| desk.text(&person.name))
    }

    fn product(&self, desk: &Desk, id: ProductId) -> String {
        self.catalogue.product(id).map_or_else(
            || id.to_string(),
            |product| {
                format!(
                    "{} · {}",
                    desk.text(&product.name),
                    desk.text(&product.unit)
                )
            },
        )
    }

    fn cooperative(&self, desk: &Desk, id: CooperativeId) -> String {
        self.catalogue
            .cooperative(id)
            .map_or_else(|| id.to_string(), |one| desk.text(&one.name))
    }
}

/// The page of one order.
///
/// What was typed into one of its forms, and what is wrong with that, stands in it again.
pub fn page(
    desk: &Desk,
    history: &OrderHistory,
    known: &Known<'_>,
    typed: &Typed,
    problems: &[Problem],
) -> String {
    let form = Form {
        desk,
        typed,
        problems,
    };
    let sentences = desk.words();
    let order = &history.order;
    let code = order.code.to_string();
    let title = sentences.office_order_title(&code);
    let customer = &history.customer.details;
    let about =
        view! { <bdi>{customer.full_name()}</bdi> ", " <bdi>{customer.place.clone()}</bdi> }
            .into_any();
    let head = desk.title(&title, about);
    let progress = order
        .progress()
        .unwrap_or(taswiq_domain::order::Progress::Dead);
    let (tone, icon) = progress_look(progress);
    let (asked, commission) = (
        order.gross_asked().unwrap_or_default(),
        order.commission_asked().unwrap_or_default(),
    );
    let phone = customer.phone.as_ref().map_or_else(
        || ().into_any(),
        |phone| view! { <bdi class="number" dir="ltr">{phone.to_string()}</bdi> }.into_any(),
    );
    let mut summary = vec![
        (
            sentences.office_column_state(),
            ui::chip(tone, icon, sentences.progress(progress)),
        ),
        (
            sentences.role_agent(),
            widgets::link(
                format!("/office/people/{}", order.agent),
                known.person(desk, order.agent),
            ),
        ),
        (
            sentences.office_column_customer(),
            widgets::link(
                format!("/office/orders?customer={}", order.customer),
                customer.full_name(),
            ),
        ),
        (sentences.customer_phone(), phone),
        (
            sentences.office_order_kind(),
            said(format!(
                "{} · {} · {}",
                sentences.customer_kind(order.customer_kind),
                sentences.tier(order.tier),
                sentences.channel(order.channel)
            )),
        ),
        (
            sentences.office_column_placed(),
            said(match order.from_receipt_of {
                Some(taken_on) => sentences.date_full(taken_on),
                None => desk.moment(order.placed_at),
            }),
        ),
        (
            sentences.office_column_received(),
            said(desk.moment(history.received_at)),
        ),
        (
            sentences.office_order_versions(),
            said(sentences.office_order_versions_said(
                &order.price_list.to_string(),
                &order.plan.to_string(),
            )),
        ),
        (sentences.office_column_total(), ui::amount(asked, "")),
        (
            sentences.office_column_commission(),
            ui::amount(commission, ""),
        ),
    ];
    if let Some(on) = order.from_receipt_of {
        let read = said(sentences.receipt_from(&sentences.date_full(on)));
        summary.push((sentences.receipt_title(), read));
    }
    let summary = facts(summary);
    let parts: Vec<AnyView> = order
        .sub_orders
        .iter()
        .map(|sub_order| part(&form, order, sub_order, known))
        .collect();
    let body = view! {
        {form.summary()}
        {summary}
        {parts}
        {widgets::part(sentences.office_order_history(), ().into_any(), timeline(desk, &history.events, known))}
        {widgets::part(sentences.office_order_ledger(), ().into_any(), ledger(desk, history, known))}
    };
    desk.page(Room::Orders, &title, head, body.into_any())
}

fn part(form: &Form<'_>, order: &Order, sub_order: &SubOrder, known: &Known<'_>) -> AnyView {
    let desk = form.desk;
    let sentences = desk.words();
    let (tone, icon) = stage_look(sub_order.stage);
    let partly = sub_order.is_partly_confirmed();
    let tone = if partly && tone == "done" {
        "waiting"
    } else {
        tone
    };
    let stage = if partly && sub_order.stage != Stage::Delivered {
        sentences.stage_confirmed_partly()
    } else {
        sentences.stage(sub_order.stage)
    };
    let stage = match sub_order.reason {
        Some(reason) => sentences.stage_because(stage, sentences.reason(reason)),
        None => stage.to_owned(),
    };
    let columns = [
        words(sentences.office_field_product()),
        figures(sentences.office_order_unit_price()),
        figures(sentences.office_order_asked()),
        figures(sentences.office_order_confirmed()),
        figures(sentences.office_order_kept()),
        figures(sentences.office_column_total()),
        figures(sentences.office_column_commission()),
    ];
    let units = |n: u32| number(i64::from(n));
    let rows = sub_order
        .lines
        .iter()
        .map(|line| {
            let lot = if line.lot.is_empty() {
                String::new()
            } else {
                sentences.office_order_lot(&line.lot)
            };
            Row::plain(vec![
                with_small(said(known.product(desk, line.product)), lot),
                ui::amount(line.unit_price, ""),
                units(line.asked),
                units(line.confirmed),
                units(line.kept()),
                ui::amount(line.gross(line.asked).unwrap_or_default(), ""),
                ui::amount(line.commission.amount, ""),
            ])
        })
        .collect();
    let explained: Vec<AnyView> = sub_order
        .lines
        .iter()
        .map(|line| explain(desk, order.plan, sub_order, line, known))
        .collect();
    let withdrawal = match sub_order.withdrawal {
        Withdrawal::None => sentences.office_order_withdrawal_none().to_owned(),
        Withdrawal::Open { closes_at } => sentences.office_order_withdrawal_open(
            &sentences.date_full(desk.calendar.date_at(closes_at.plus_ms(-1))),
        ),
        Withdrawal::Exercised { at } => sentences.office_order_withdrawal_used(&desk.moment(at)),
        Withdrawal::Closed { closes_at } => sentences.office_order_withdrawal_closed(
            &sentences.date_full(desk.calendar.date_at(closes_at.plus_ms(-1))),
        ),
    };
    let owed = sub_order.owed_to_customer().unwrap_or_default();
    let kept = sub_order.held.minus(owed).unwrap_or_default();
    let held = (kept > Centimes::ZERO).then(|| {
        ui::banner(
            "waiting",
            "warning",
            sentences.office_order_held(&kept.to_string()),
            sentences.office_order_held_text(),
        )
    });
    let owed = (owed > Centimes::ZERO).then(|| {
        ui::banner(
            "waiting",
            "undo",
            sentences.office_order_owed(&owed.to_string()),
            sentences.office_order_owed_text(),
        )
    });
    let inside = view! {
        {facts(vec![
            (sentences.office_field_regime(), said(sentences.regime(sub_order.regime))),
            (sentences.office_order_promised(), said(sentences.date_full(sub_order.promised_on))),
            (sentences.office_order_withdrawal(), said(withdrawal)),
            (sentences.office_order_due(), ui::amount(sub_order.due().unwrap_or_default(), "")),
            (sentences.office_order_collected(), ui::amount(sub_order.collected, "")),
        ])}
        {held}
        {owed}
        {deposit(form, order, sub_order)}
        {widgets::table(&known.cooperative(desk, sub_order.cooperative), "", &columns, rows, None)}
        <details class="more"><summary>{ui::icon("percent")}{sentences.office_order_explain()}{ui::icon_flat("chevron-down")}</summary>{explained}</details>
    };
    let chip = ui::chip(tone, icon, stage);
    widgets::part(
        &known.cooperative(desk, sub_order.cooperative),
        chip,
        inside.into_any(),
    )
}

/// The field of the cash that reached the bank, for a cooperative's part.
fn deposit_field(cooperative: CooperativeId) -> String {
    format!("deposit_{cooperative}")
}

/// The form that records that cash reached the bank, while some has not.
fn deposit(form: &Form<'_>, order: &Order, sub_order: &SubOrder) -> Option<AnyView> {
    let words = form.desk.words();
    (sub_order.in_hand > Centimes::ZERO).then(|| {
        let cooperative = sub_order.cooperative;
        let look = Field {
            inputmode: Some("decimal"),
            script: Script::Figures,
            unit: "DH",
            required: true,
            hint: words.office_order_in_hand(&sub_order.in_hand.to_string()),
            ..Field::default()
        };
        let field = form.line(&deposit_field(cooperative), words.office_order_deposit(), look);
        view! {
            <form class="row" method="post" action=format!("/office/orders/{}/deposit", order.id)>
                <input type="hidden" name="cooperative" value=cooperative.to_string() />
                {field}
                <button class="button" type="submit">{ui::icon("bank")}{words.office_order_deposit_submit()}</button>
            </form>
        }
        .into_any()
    })
}

/// What was typed about cash that reached the bank.
///
/// # Errors
/// What is wrong with it.
pub fn read_deposit(desk: &Desk, typed: &Typed) -> Result<(CooperativeId, Centimes), Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let cooperative = reader
        .choice("cooperative", words.role_cooperative())
        .unwrap_or(CooperativeId(0));
    let field = deposit_field(cooperative);
    let amount = Centimes::parse(typed.get(&field)).filter(|amount| *amount > Centimes::ZERO);
    if amount.is_none() {
        reader.wrong(
            &field,
            words.office_problem_amount(words.office_order_deposit()),
        );
    }
    reader.done((cooperative, amount.unwrap_or_default()))
}

/// How a line's commission came about and where it stands.
pub(super) fn explain(
    desk: &Desk,
    plan: PlanVersion,
    sub_order: &SubOrder,
    line: &Line,
    known: &Known<'_>,
) -> AnyView {
    let sentences = desk.words();
    let paid = &line.commission;
    let scope = known
        .catalogue
        .plan(plan)
        .and_then(|plan| plan.rule(paid.rule))
        .map(|rule| conditions(desk, &rule.when, known.catalogue, known.people));
    let cap = sentences.cap(paid, line.asked).map(|(said, cap)| {
        view! { <div><dt>{said}</dt><dd>{ui::amount(cap, "amount-body")}</dd></div> }
    });
    let name = |id| {
        let mut people = known.people.iter();
        let person = people.find(|person| person.id == id);
        person.map_or_else(|| id.to_string(), |person| desk.text(&person.name))
    };
    let shares = paid.shares.iter().map(|share| {
        let said = sentences.office_terms_share_said(&name(share.person), &share.part.to_string());
        (said, share.amount)
    });
    let lead = paid.lead.iter().map(|lead| {
        let said = sentences.commission_lead_part(&lead.rate.to_string());
        (format!("{said} · {}", name(lead.person)), lead.amount)
    });
    let earners: Vec<AnyView> = shares
        .chain(lead)
        .map(|(said, amount)| {
            view! { <div><dt>{said}</dt><dd>{ui::amount(amount, "amount-body")}</dd></div> }
                .into_any()
        })
        .collect();
    let vesting = (!sub_order.vesting.is_usual()).then(|| view! { <div><dt>{sentences.office_field_vesting()}</dt><dd>{sentences.vesting(&sub_order.vesting)}</dd></div> });
    let standing = commission::standing(sub_order, line).unwrap_or_default();
    let stands: Vec<AnyView> = [
        (sentences.office_figures_estimate(), standing.estimate),
        (sentences.office_figures_pending(), standing.pending),
        (sentences.office_figures_earned(), standing.earned),
        (sentences.office_order_charged(), standing.charged),
    ]
    .into_iter()
    .filter(|(_, amount)| amount.0 != 0)
    .map(|(word, amount)| {
        view! { <div><dt>{word}</dt><dd>{ui::amount(amount, "amount-body")}</dd></div> }.into_any()
    })
    .collect();
    view! {
        <h3>{said(known.product(desk, line.product))}</h3>
        <dl class="explain">
            <div><dt>{sentences.commission_units(&grouped(line.asked as usize), &line.unit_price.to_string())}</dt><dd>{ui::amount(line.gross(line.asked).unwrap_or_default(), "amount-body")}</dd></div>
            <div><dt>{sentences.commission_without_vat(&line.vat.to_string())}</dt><dd>{ui::amount(paid.base, "amount-body")}</dd></div>
            <div><dt>{sentences.commission_rule(&paid.rule.to_string(), &plan.to_string())}</dt><dd><span class="number">{pays(sentences, &paid.pays)}</span><small>{scope}</small></dd></div>
            {cap}
            {vesting}
            <div class="total"><dt>{sentences.commission_rounded()}</dt><dd>{ui::amount(paid.amount, "")}</dd></div>
            {earners}
            {stands}
        </dl>
        {again(sentences, line, known.catalogue.plan(plan))}
    }
    .into_any()
}

/// What a rule pays.
pub fn pays(words: Words, pays: &Pays) -> String {
    match pays {
        Pays::Rate { rate } => rate.to_string(),
        Pays::PerUnit { amount } => words.commission_per_unit(&amount.to_string()),
        Pays::Nothing { reason } => words.commission_nothing(reason),
    }
}

/// What a rule looks at, in words.
pub fn conditions(
    desk: &Desk,
    when: &Conditions,
    catalogue: &Catalogue,
    people: &[Person],
) -> String {
    let sentences = desk.words();
    let mut said: Vec<String> = Vec::new();
    if let Some(id) = when.agent {
        said.push(
            people
                .iter()
                .find(|person| person.id == id)
                .map_or_else(|| id.to_string(), |person| desk.text(&person.name)),
        );
    }
    if let Some(id) = when.product {
        said.push(catalogue.product(id).map_or_else(
            || id.to_string(),
            |product| {
                format!(
                    "{} · {}",
                    desk.text(&product.name),
                    desk.text(&product.unit)
                )
            },
        ));
    }
    if let Some(id) = when.cooperative {
        said.push(
            catalogue
                .cooperative(id)
                .map_or_else(|| id.to_string(), |one| desk.text(&one.name)),
        );
    }
    if let Some(id) = when.category {
        said.push(
            catalogue
                .category(id)
                .map_or_else(|| id.to_string(), |one| desk.text(&one.name)),
        );
    }
    if let Some(team) = &when.team {
        said.push(sentences.office_plan_team(team));
    }
    if let Some(grade) = &when.grade {
        said.push(sentences.office_plan_grade(grade));
    }
    if let Some(kind) = when.customer_kind {
        said.push(sentences.customer_kind(kind).to_owned());
    }
    if let Some(channel) = when.channel {
        said.push(sentences.channel(channel).to_owned());
    }
    if let Some(Band { from, below }) = when.discount {
        said.push(match below {
            Some(below) => {
                sentences.office_plan_discount_between(&from.to_string(), &below.to_string())
            }
            None => sentences.office_plan_discount_from(&from.to_string()),
        });
    }
    if said.is_empty() {
        sentences.office_plan_default().to_owned()
    } else {
        said.join(" + ")
    }
}

fn timeline(desk: &Desk, events: &[RecordedEvent], known: &Known<'_>) -> AnyView {
    let sentences = desk.words();
    let items: Vec<AnyView> = events
        .iter()
        .rev()
        .map(|recorded| {
            let (tone, what) = happened(desk, &recorded.event, known);
            let tone = (!tone.is_empty()).then_some(tone);
            let who = recorded.actor.map_or_else(|| sentences.office_history_server().to_owned(), |id| known.person(desk, id));
            let device = recorded.device.map(|device| {
                let short: String = device.to_string().chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
                view! { <span class="small muted">{sentences.office_history_device()} " " <bdi class="number">{short}</bdi></span> }
            });
            let whose = recorded.event.cooperative().map(|id| view! { <span><bdi>{known.cooperative(desk, id)}</bdi></span> });
            view! {
                <li data-tone=tone>
                    <strong>{what}</strong>
                    {whose}
                    <span><bdi>{who}</bdi></span>
                    <span class="small">{sentences.office_history_times(&desk.moment(recorded.made_at), &desk.moment(recorded.received_at))}</span>
                    {device}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol class="timeline">{items}</ol> }.into_any()
}

/// What happened, and the tone of it.
pub(super) fn happened(
    desk: &Desk,
    event: &OrderEvent,
    known: &Known<'_>,
) -> (&'static str, String) {
    let sentences = desk.words();
    let total =
        |units: &mut dyn Iterator<Item = u32>| grouped(units.map(|units| units as usize).sum());
    match event {
        OrderEvent::Placed { order } => (
            "news",
            sentences.office_event_placed(&order.gross_asked().unwrap_or_default().to_string()),
        ),
        OrderEvent::Amended { order } => (
            "news",
            sentences.office_event_amended(&order.gross_asked().unwrap_or_default().to_string()),
        ),
        OrderEvent::FoundAgain { order } => (
            "news",
            match order.from_receipt_of {
                Some(on) => sentences.office_event_found_on_receipt(&sentences.date_full(on)),
                None => sentences.office_event_found_original().to_owned(),
            },
        ),
        OrderEvent::Cancelled { by, reason } => (
            "trouble",
            sentences
                .office_event_cancelled(sentences.cancelled_by(*by), sentences.reason(*reason)),
        ),
        OrderEvent::Confirmed { lines, .. } => (
            "done",
            sentences.office_event_confirmed(&total(&mut lines.iter().map(|line| line.units))),
        ),
        OrderEvent::Refused { reason, .. } => (
            "trouble",
            sentences.office_event_refused(sentences.reason(*reason)),
        ),
        OrderEvent::DecisionSeen { .. } => ("", sentences.office_event_decision_seen().to_owned()),
        OrderEvent::Expired { .. } => ("waiting", sentences.office_event_expired().to_owned()),
        OrderEvent::ChangeProposed { proposal, .. } => (
            "waiting",
            sentences.office_event_change_proposed(sentences.reason(proposal.reason)),
        ),
        OrderEvent::ChangeAnswered { accepted: true, .. } => {
            ("done", sentences.office_event_change_accepted().to_owned())
        }
        OrderEvent::ChangeAnswered {
            accepted: false, ..
        } => (
            "trouble",
            sentences.office_event_change_declined().to_owned(),
        ),
        OrderEvent::PreparationStarted { .. } => {
            ("", sentences.office_event_preparation().to_owned())
        }
        OrderEvent::Packed { lines, .. } => (
            "",
            sentences.office_event_packed(&total(&mut lines.iter().map(|line| line.units))),
        ),
        OrderEvent::HandedOver { to, .. } if to.is_empty() => {
            ("", sentences.office_event_handed_over().to_owned())
        }
        OrderEvent::HandedOver { to, .. } => ("", sentences.office_event_handed_over_to(to)),
        OrderEvent::Delivered { lines, .. } => (
            "done",
            sentences.office_event_delivered(&total(&mut lines.iter().map(|line| line.units))),
        ),
        OrderEvent::DeliveryFailed { reason, .. } => (
            "waiting",
            sentences.office_event_failed(sentences.reason(*reason)),
        ),
        OrderEvent::Returned { lines, fault, .. } => (
            "trouble",
            sentences.office_event_returned(
                &total(&mut lines.iter().map(|line| line.units)),
                sentences.fault(*fault),
            ),
        ),
        OrderEvent::Collected { amount, method, .. } => (
            "done",
            sentences
                .office_event_collected(&amount.to_string(), sentences.payment_method(*method)),
        ),
        OrderEvent::DeclaredEarly { amount, method, .. } => (
            "waiting",
            sentences.office_event_declared_early(
                &amount.to_string(),
                sentences.payment_method(*method),
            ),
        ),
        OrderEvent::Withdrawn { cooperative } => (
            "trouble",
            sentences.office_event_withdrawn(&known.cooperative(desk, *cooperative)),
        ),
        OrderEvent::WithdrawalClosed { .. } => {
            ("", sentences.office_event_withdrawal_closed().to_owned())
        }
        OrderEvent::SupplyFailed { fault, .. } => (
            "trouble",
            sentences.office_event_supply_failed(sentences.supply_fault(*fault)),
        ),
        OrderEvent::Deposited { amount, .. } => (
            "done",
            sentences.office_event_deposited(&amount.to_string()),
        ),
        OrderEvent::WrittenOff { .. } => (
            "trouble",
            sentences.office_event_written_off(limits::WRITE_OFF_DAYS as usize),
        ),
    }
}

/// What an order moved, each entry held against what its events give when they are replayed.
pub(super) fn ledger(desk: &Desk, history: &OrderHistory, known: &Known<'_>) -> AnyView {
    let sentences = desk.words();
    if history.entries.is_empty() {
        return view! { <p class="muted">{sentences.office_ledger_none()}</p> }.into_any();
    }
    let columns = [
        words(sentences.office_ledger_what()),
        words(sentences.office_ledger_from()),
        words(sentences.office_ledger_to()),
        words(sentences.office_ledger_cause()),
        figures(sentences.office_ledger_amount()),
        words(sentences.office_ledger_again()),
    ];
    let replayed = history.again.as_deref().unwrap_or_default();
    let of_event = |transfer: &Transfer| {
        let key = transfer.cause_key();
        replayed.iter().find(|other| other.cause_key() == key)
    };
    let mut all_agree = true;
    let missing: Vec<AnyView> = replayed
        .iter()
        .filter(|transfer| {
            let key = transfer.cause_key();
            !history
                .entries
                .iter()
                .any(|entry| entry.transfer.cause_key() == key)
        })
        .map(|transfer| {
            let what = purpose(sentences, transfer.purpose);
            ui::strip(
                "trouble",
                "warning",
                sentences.office_ledger_missing(what, &transfer.amount.to_string()),
            )
        })
        .collect();
    all_agree &= missing.is_empty();
    let rows = history
        .entries
        .iter()
        .map(|entry: &LedgerEntry| {
            let transfer = &entry.transfer;
            let event = |number| {
                let of_number = |event: &&RecordedEvent| Some(event.number) == number;
                let event = history.events.iter().find(of_number)?;
                Some(happened(desk, &event.event, known).1)
            };
            let cause = event(transfer.cause.event_number()).unwrap_or_default();
            let told_late = transfer.cause.told_by().and_then(|late| {
                let what = event(Some(late))?;
                Some(view! { <small>{sentences.office_ledger_recounted(&what)}</small> })
            });
            let cause = with_small(said(cause), desk.moment(transfer.at));
            let line = history
                .order
                .sub_orders
                .iter()
                .flat_map(|sub_order| &sub_order.lines)
                .find(|line| Some(line.number) == transfer.cause.line());
            let about = line.map_or_else(
                || {
                    let cooperative = transfer.cause.cooperative();
                    cooperative.map_or_else(String::new, |id| known.cooperative(desk, id))
                },
                |line| known.product(desk, line.product),
            );
            let same = of_event(transfer).filter(|other| {
                (other.debit, other.credit, other.amount, other.base)
                    == (
                        transfer.debit,
                        transfer.credit,
                        transfer.amount,
                        transfer.base,
                    )
            });
            let recomputed = match (same, of_event(transfer)) {
                (Some(_), _) => ui::chip("done", "check", sentences.office_ledger_again_yes()),
                (None, other) => {
                    all_agree = false;
                    let amount = other.map_or(Centimes::ZERO, |other| other.amount);
                    ui::chip(
                        "trouble",
                        "warning",
                        sentences.office_ledger_again_no(&amount.to_string()),
                    )
                }
            };
            Row::plain(vec![
                with_small(said(purpose(sentences, transfer.purpose)), about),
                said(account(desk, transfer.debit, known)),
                said(account(desk, transfer.credit, known)),
                view! { {cause}{told_late} }.into_any(),
                ui::amount(transfer.amount, ""),
                recomputed,
            ])
        })
        .collect();
    let table = widgets::table(
        sentences.office_order_ledger(),
        sentences.office_ledger_about(),
        &columns,
        rows,
        None,
    );
    let verdict = if all_agree {
        ui::strip("done", "check", sentences.office_ledger_all_agree())
    } else {
        ui::strip("trouble", "warning", sentences.office_ledger_disagree())
    };
    view! { {table}{missing}{verdict} }.into_any()
}

/// What an entry is for.
pub(super) fn purpose(words: Words, purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::CommissionPending => words.office_ledger_commission_pending(),
        Purpose::CommissionVested => words.office_ledger_commission_vested(),
        Purpose::CommissionReversed => words.office_ledger_commission_reversed(),
        Purpose::CommissionCharged => words.office_ledger_commission_charged(),
        Purpose::Sale => words.office_ledger_sale(),
        Purpose::Payment => words.office_ledger_payment(),
        Purpose::Deposit => words.office_ledger_deposit(),
        Purpose::DepositReleased => words.office_ledger_deposit_released(),
        Purpose::Banked => words.office_ledger_banked(),
        Purpose::TierSupplement => words.office_ledger_tier_supplement(),
        Purpose::SupplementCorrection => words.office_ledger_supplement_correction(),
        Purpose::TargetBonus => words.office_ledger_target_bonus(),
        Purpose::GuaranteedDraw => words.office_ledger_guaranteed_draw(),
        Purpose::PeriodCap => words.office_ledger_period_cap(),
        Purpose::Settled => words.office_ledger_settled(),
        Purpose::CarriedForward => words.office_ledger_carried_forward(),
        Purpose::Recovered => words.office_ledger_recovered(),
        Purpose::TaxWithheld => words.office_ledger_tax_withheld(),
        Purpose::Advance => words.office_ledger_advance(),
        Purpose::PaidOut => words.office_ledger_paid_out(),
        Purpose::DisputeHeld => words.office_ledger_dispute_held(),
        Purpose::DisputeReleased => words.office_ledger_dispute_released(),
        Purpose::DisputeGranted => words.office_ledger_dispute_granted(),
        Purpose::WrittenOff => words.office_ledger_written_off(),
        Purpose::Correction => words.office_ledger_correction(),
    }
}

/// An account and whose it is.
pub(super) fn account(desk: &Desk, account: Account, known: &Known<'_>) -> String {
    let words = desk.words();
    let person = |id| known.person(desk, id);
    let cooperative = |id| known.cooperative(desk, id);
    match account {
        Account::AgentPending(id) => words.office_account_pending(&person(id)),
        Account::AgentEarned(id) => words.office_account_earned(&person(id)),
        Account::AgentPayable(id) => words.office_account_payable(&person(id)),
        Account::AgentHeld(id) => words.office_account_held(&person(id)),
        Account::AgentCarried(id) => words.office_account_carried(&person(id)),
        Account::AgentPaid(id) => words.office_account_paid(&person(id)),
        Account::AgentWithheld(id) => words.office_account_withheld(&person(id)),
        Account::CommissionExpense => words.office_account_expense().to_owned(),
        Account::CooperativeSales(id) => words.office_account_sales(&cooperative(id)),
        Account::CooperativePayable(id) => {
            words.office_account_cooperative_payable(&cooperative(id))
        }
        Account::CooperativePaid(id) => words.office_account_cooperative_paid(&cooperative(id)),
        Account::Cash(id) => words.office_account_cash(&person(id)),
        Account::Bank => words.office_account_bank().to_owned(),
        Account::Deposits => words.office_account_deposits().to_owned(),
        Account::CustomerDue => words.office_account_customer_due().to_owned(),
        Account::Logistics => words.office_account_logistics().to_owned(),
    }
}
