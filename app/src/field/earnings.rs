//! What was earned, from the door to the bank: every rung opens to its entries, every entry explains
//! itself.

use super::wording::{customer_name, product_name};
use super::{disputes, explain, statements, tabs};
use crate::phone::{Phone, badge};
use crate::route::{Field, Rung};
use crate::ui;
use crate::words::{Words, again_month};
use leptos::prelude::*;
use std::collections::BTreeSet;
use taswiq_domain::dispute::Disputed;
use taswiq_domain::ids::PersonId;
use taswiq_domain::ledger::{Account, Cause, Purpose, Transfer};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::Stage;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::live::MonthNow;
use taswiq_domain::sync::{EntrySource, LedgerEntry};
use taswiq_offline::{Checked, Earnings};

/// So many entries are listed at first.
const SHOWN_AT_FIRST: usize = 30;
/// So many stand below the ladder.
const LATEST: usize = 8;
/// Between two things said of an entry: where a line ends, the point stays on it.
const APART: &str = "\u{a0}· ";

/// The ladder.
pub fn screen(phone: Phone) -> AnyView {
    let words = phone.words;
    phone.title(words.earnings_title());
    let content = move || {
        let device = phone.device();
        match device.earnings() {
            Ok(earnings) => ladder(phone, &earnings),
            Err(_) => ui::banner("trouble", "warning", words.refusal_too_large(), ""),
        }
    };
    let latest = move || {
        let entries = phone.device().entries();
        let person = phone.device_now().person();
        let mine: Vec<_> = entries
            .iter()
            .filter(|entry| {
                Rung::LADDER
                    .iter()
                    .any(|rung| effect(person, entry, *rung) != Centimes::ZERO)
            })
            .collect();
        if mine.is_empty() {
            return ui::empty_state(
                "coins",
                words.earnings_empty_title(),
                words.earnings_empty_text(),
                ().into_any(),
            );
        }
        let rows: Vec<AnyView> = mine
            .iter()
            .take(LATEST)
            .map(|entry| self::entry(phone, entry, None))
            .collect();
        ui::part(
            words.earnings_latest(),
            ().into_any(),
            view! { <ul class="list">{rows}</ul> }.into_any(),
        )
    };
    ui::frame(
        ui::app_bar(words.earnings_title(), badge::badge(phone)),
        view! { {move || alarm(phone)}{content}{move || statements::list(phone)}{latest}{books(phone)} }.into_any(),
        tabs(phone, Field::Earnings),
    )
}

/// An entry that came and does not follow those before it is named at once, above everything else.
fn alarm(phone: Phone) -> Option<AnyView> {
    let number = phone.device().followed().broken?;
    Some(broken(phone, number))
}

fn broken(phone: Phone, number: i64) -> AnyView {
    let words = phone.words;
    ui::banner(
        "trouble",
        "warning",
        words.books_broken(&number.to_string()),
        words.books_broken_text(),
    )
}

/// Whoever wants to know goes through all entries once more.
fn books(phone: Phone) -> AnyView {
    let words = phone.words;
    let asked = RwSignal::new(None::<Checked>);
    let told = move || match asked.get() {
        Some(Checked::Broken(number)) => broken(phone, number),
        Some(Checked::Whole(chain)) => ui::banner(
            "done",
            "check",
            words.books_whole(&chain.length.to_string()),
            words.books_seal(&chain.link().to_string()),
        ),
        Some(Checked::NotYet) => ui::banner("", "hourglass", words.books_not_yet(), ""),
        None => ().into_any(),
    };
    let part = move || {
        (phone.device().followed().chain.length > 0).then(|| {
            let check = move |_| asked.set(Some(phone.device_now().check_entries()));
            let content = view! {
                <p class="muted">{words.books_text()}</p>
                <button class="button button-wide" type="button" on:click=check>{ui::icon_small("scales")}{words.books_check()}</button>
            };
            ui::part(words.books_title(), ().into_any(), content.into_any())
        })
    };
    view! { {part}<div role="status">{told}</div> }.into_any()
}

fn ladder(phone: Phone, earnings: &Earnings) -> AnyView {
    let words = phone.words;
    let month = phone.today().first_of_month();
    let rungs: Vec<AnyView> = Rung::LADDER
        .into_iter()
        .map(|rung| {
            let (tone, icon, said, note) = look(phone, rung);
            let href = Field::EarningsOf(rung).to_string();
            view! {
                <li><a href=href>
                    <span class="seal" data-tone=(!tone.is_empty()).then_some(tone) aria-hidden="true">{ui::icon_small(icon)}</span>
                    <span class="list-main"><span>{said}</span><span>{note}</span></span>
                    {ui::amount(of(earnings, rung), "")}
                </a></li>
            }
            .into_any()
        })
        .collect();
    let unsent = (earnings.unsent != Centimes::ZERO).then(|| {
        ui::banner(
            "",
            "device",
            words.earnings_unsent(),
            words.earnings_unsent_text(&ui::amount_text(earnings.unsent)),
        )
    });
    let others: Vec<AnyView> = [Rung::Held, Rung::Carried, Rung::Withheld]
        .into_iter()
        .filter(|rung| of(earnings, *rung) != Centimes::ZERO)
        .map(|rung| {
            let (.., said, _) = look(phone, rung);
            let named = view! { <a href=Field::EarningsOf(rung).to_string()>{said}</a> };
            ui::opening_row(
                "",
                named.into_any(),
                ui::amount(of(earnings, rung), "amount-body"),
            )
        })
        .collect();
    let others = (!others.is_empty()).then(|| view! { <dl class="sums">{others}</dl> });
    let count = phone.device_now().disputes().len();
    let disputes = (count > 0).then(|| {
        view! { <a class="button button-quiet" href=Field::Disputes.to_string()>{ui::icon("scales")}{words.dispute_count(count)}</a> }
    });
    let content = view! { <ol class="money-ladder">{rungs}</ol>{others}{disputes} };
    view! {
        <a class="purse" href=Field::EarningsOf(Rung::Earned).to_string()>
            {ui::ornament("ornament", "0 0 160 160", "o-lattice")}
            <span class="purse-label">{words.earnings_this_month(&words.month_and_year(month))}</span>
            {ui::amount(earned_in(phone, Period::of_date(month)), "amount-hero")}
        </a>
        {if_ended_now(phone, Period::of_date(month))}
        {unsent}
        {ui::part(words.earnings_ladder(), ().into_any(), content.into_any())}
    }
    .into_any()
}

/// What the month adds if it ends now, what is missing to more, and where what is confirmed leads.
fn if_ended_now(phone: Phone, month: Period) -> Option<AnyView> {
    let words = phone.words;
    let device = phone.device_now();
    let catalogue = device.catalogue();
    let title = words.earnings_if_ended(&words.month_and_year(month.first_day()));
    let standing = match device.month_now(month) {
        Ok(standing) => standing?,
        Err(_) => {
            return Some(ui::banner(
                "trouble",
                "warning",
                words.refusal_too_large(),
                "",
            ));
        }
    };
    let MonthNow { now, attained } = &standing;
    let outlook = &now.now;
    let missing = outlook
        .missing()
        .ok()
        .flatten()
        .zip(outlook.next_at)
        .map(|(missing, next)| {
            let said =
                words.earnings_if_ended_missing(&ui::amount_text(missing), &ui::amount_text(next));
            view! { <p class="small muted">{said}</p> }
        });
    let (stands, vested) = (
        attained.now.supplement.turnover,
        outlook.supplement.turnover,
    );
    let confirmed = stands.minus(vested).unwrap_or_default();
    let attained = (confirmed > Centimes::ZERO).then(|| {
        let note = words.earnings_attained_note(&ui::amount_text(confirmed));
        let amount = ui::signed_amount(attained.adds().unwrap_or_default());
        let pending = Field::EarningsOf(Rung::Pending).to_string();
        let named = view! { <a href=pending>{words.earnings_attained()}</a><small>{note}</small> };
        let row = ui::opening_row("", named.into_any(), amount);
        view! { <dl class="explain">{row}</dl> }
    });
    let without_shares = device
        .has_share_pending()
        .then(|| view! { <p class="small muted">{words.earnings_without_shares()}</p> });
    let earned = Field::EarningsOf(Rung::Earned).to_string();
    let explained = again_month(words, now, catalogue.plan(now.plan), Some(earned)).map(|explained| {
        view! {
            <details class="more">
                <summary>{ui::icon("percent")}{words.statement_how()}{ui::icon_flat("chevron-down")}</summary>
                {explained}
            </details>
        }
    });
    let amount = ui::signed_amount(now.adds().unwrap_or_default());
    let content = view! { {missing}{attained}{without_shares}{explained} };
    Some(ui::part(title, amount, content.into_any()))
}

/// What was earned in a month, less what was taken back in it. That a month before was settled takes
/// nothing from it.
pub fn earned_in(phone: Phone, month: Period) -> Centimes {
    let device = phone.device();
    let person = device.person();
    device
        .entries()
        .iter()
        .filter(|entry| entry.transfer.period == month && !entry.transfer.purpose.settles())
        .fold(Centimes::ZERO, |sum, entry| {
            sum.plus(effect(person, entry, Rung::Earned)).unwrap_or(sum)
        })
}

fn look(phone: Phone, rung: Rung) -> (&'static str, &'static str, &'static str, &'static str) {
    let words = phone.words;
    match rung {
        Rung::Estimate => (
            "",
            "question",
            words.earnings_estimate(),
            words.earnings_estimate_note(),
        ),
        Rung::Pending => (
            "waiting",
            "hourglass",
            words.earnings_pending(),
            words.earnings_pending_note(),
        ),
        Rung::Earned => (
            "done",
            "check",
            words.earnings_earned(),
            words.earnings_earned_note(),
        ),
        Rung::Payable => (
            "done",
            "orders",
            words.earnings_payable(),
            words.earnings_payable_note(),
        ),
        Rung::Paid => (
            "done",
            "bank",
            words.earnings_paid(),
            words.earnings_paid_note(),
        ),
        Rung::Held => ("waiting", "scales", words.earnings_held(), ""),
        Rung::Carried => ("", "undo", words.earnings_carried(), ""),
        Rung::Withheld => ("", "bank", words.earnings_withheld(), ""),
    }
}

const fn of(earnings: &Earnings, rung: Rung) -> Centimes {
    match rung {
        Rung::Estimate => earnings.estimate,
        Rung::Pending => earnings.pending,
        Rung::Earned => earnings.earned,
        Rung::Payable => earnings.payable,
        Rung::Paid => earnings.paid,
        Rung::Held => earnings.held,
        Rung::Carried => earnings.carried,
        Rung::Withheld => earnings.withheld,
    }
}

fn is_account(account: Account, person: PersonId, rung: Rung) -> bool {
    match (account, rung) {
        (Account::AgentPending(owner), Rung::Pending)
        | (Account::AgentEarned(owner), Rung::Earned)
        | (Account::AgentPayable(owner), Rung::Payable)
        | (Account::AgentPaid(owner), Rung::Paid)
        | (Account::AgentHeld(owner), Rung::Held)
        | (Account::AgentCarried(owner), Rung::Carried)
        | (Account::AgentWithheld(owner), Rung::Withheld) => owner == person,
        _ => false,
    }
}

/// What an entry adds to a rung, or takes from it.
fn effect(person: PersonId, entry: &LedgerEntry, rung: Rung) -> Centimes {
    let transfer = &entry.transfer;
    match (
        is_account(transfer.credit, person, rung),
        is_account(transfer.debit, person, rung),
    ) {
        (true, false) => transfer.amount,
        (false, true) => Centimes(-transfer.amount.0),
        _ => Centimes::ZERO,
    }
}

/// The entries of one rung.
pub fn rung(phone: Phone, rung: Rung) -> AnyView {
    let words = phone.words;
    let (_, _, said, note) = look(phone, rung);
    phone.title(said);
    let shown = shown_at_first();
    let total = move || {
        phone
            .device()
            .earnings()
            .map(|earnings| of(&earnings, rung))
            .unwrap_or_default()
    };
    let list = move || {
        let rows = if rung == Rung::Estimate {
            estimates(phone)
        } else {
            entries(phone, rung)
        };
        if rows.is_empty() {
            return ui::empty_state("coins", words.earnings_rung_empty(), note, ().into_any());
        }
        first_of(phone, rows, shown)
    };
    ui::frame(
        ui::back_bar(
            Field::Earnings.to_string(),
            words.earnings_title(),
            badge::badge(phone),
        ),
        view! {
            {ui::screen_title(said.into_any(), note.into_any())}
            {move || ui::amount(total(), "amount-hero")}
            {list}
        }
        .into_any(),
        tabs(phone, Field::EarningsOf(rung)),
    )
}

/// A row that is made only when it is shown.
type Row = Box<dyn FnOnce() -> AnyView>;

/// As many rows as are shown, and the way to more.
fn first_of(phone: Phone, rows: Vec<Row>, shown: RwSignal<usize>) -> AnyView {
    let rest = rows.len().saturating_sub(shown.get());
    let rows: Vec<AnyView> = rows
        .into_iter()
        .take(shown.get())
        .map(|row| row())
        .collect();
    let more = (rest > 0).then(|| {
        view! { <button class="button button-wide" type="button" on:click=move |_| shown.update(|shown| *shown += SHOWN_AT_FIRST)>{phone.words.action_show_more(rest)}</button> }
    });
    view! { <ul class="list">{rows}</ul>{more} }.into_any()
}

/// How many rows a list shows so far.
pub fn shown_at_first() -> RwSignal<usize> {
    RwSignal::new(SHOWN_AT_FIRST)
}

/// Entries that were chosen elsewhere, with what each adds to a rung where one is meant.
pub fn list_of(
    phone: Phone,
    numbers: &BTreeSet<i64>,
    rung: Option<Rung>,
    shown: RwSignal<usize>,
) -> AnyView {
    let rows = phone
        .device_now()
        .entries()
        .into_iter()
        .filter(|entry| numbers.contains(&entry.number))
        .map(|entry| Box::new(move || self::entry(phone, &entry, rung)) as Row)
        .collect();
    first_of(phone, rows, shown)
}

/// What entries add to a rung together.
pub fn sum_of(phone: Phone, numbers: &BTreeSet<i64>, rung: Rung) -> Centimes {
    let device = phone.device_now();
    let (person, entries) = (device.person(), device.entries());
    let added = entries
        .iter()
        .filter(|entry| numbers.contains(&entry.number))
        .map(|entry| effect(person, entry, rung));
    Centimes::sum(added).unwrap_or_default()
}

fn entries(phone: Phone, rung: Rung) -> Vec<Row> {
    let person = phone.device_now().person();
    phone
        .device()
        .entries()
        .into_iter()
        .filter(|entry| effect(person, entry, rung) != Centimes::ZERO)
        .map(|entry| Box::new(move || self::entry(phone, &entry, Some(rung))) as Row)
        .collect()
}

/// The orders that a cooperative has not answered: a hope is in no ledger.
fn estimates(phone: Phone) -> Vec<Row> {
    let device = phone.device();
    device
        .orders()
        .iter()
        .filter(|view| view.order.sub_orders.iter().any(|sub_order| matches!(sub_order.stage, Stage::Awaiting | Stage::ChangeProposed)))
        .map(|view| {
            let view = view.clone();
            Box::new(move || {
                let estimate = phone.device_now().earnings_of(view.order.id).map(|earnings| earnings.estimate).unwrap_or_default();
                view! {
                    <li><a class="list-row" href=Field::Order(view.order.id).to_string()>
                        {ui::icon("question")}
                        <span class="list-main"><span><bdi>{customer_name(phone, &view)}</bdi></span><span class="code">{view.order.code.to_string()}</span></span>
                        {ui::amount(estimate, "")}
                    </a></li>
                }
                .into_any()
            }) as Row
        })
        .collect()
}

/// How an entry looks by what it is for: tone and icon.
const fn purpose_look(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::CommissionPending => ("waiting", "hourglass"),
        Purpose::CommissionVested => ("done", "check"),
        Purpose::CommissionReversed | Purpose::PeriodCap | Purpose::WrittenOff => {
            ("trouble", "undo")
        }
        Purpose::CommissionCharged => ("", "scales"),
        Purpose::TierSupplement | Purpose::TargetBonus | Purpose::GuaranteedDraw => {
            ("done", "coins")
        }
        Purpose::Sale
        | Purpose::Payment
        | Purpose::Deposit
        | Purpose::DepositReleased
        | Purpose::Banked
        | Purpose::SupplementCorrection
        | Purpose::Advance => ("", "coins"),
        Purpose::Settled => ("done", "orders"),
        Purpose::CarriedForward | Purpose::Recovered | Purpose::Correction => ("", "undo"),
        Purpose::TaxWithheld => ("", "bank"),
        Purpose::PaidOut => ("done", "bank"),
        Purpose::DisputeHeld => ("waiting", "scales"),
        Purpose::DisputeReleased => ("", "scales"),
        Purpose::DisputeGranted => ("done", "scales"),
    }
}

/// What an entry is to its agent in all: won when it comes in, lost when it goes out or is kept
/// back. What goes from one rung up to the next is shown as won there.
fn felt(transfer: &Transfer) -> Centimes {
    let kept_back = matches!(
        transfer.credit,
        Account::AgentHeld(_) | Account::AgentCarried(_) | Account::AgentWithheld(_)
    ) && transfer.debit.agent().is_some();
    if kept_back || transfer.credit.agent().is_none() {
        Centimes(-transfer.amount.0)
    } else {
        transfer.amount
    }
}

/// One entry, which opens to its explanation: line, rule, version, base, rate, rounding, event, time.
fn entry(phone: Phone, entry: &LedgerEntry, rung: Option<Rung>) -> AnyView {
    let words = phone.words;
    let transfer = &entry.transfer;
    let person = phone.device_now().person();
    let (tone, icon) = purpose_look(transfer.purpose);
    let said = words.purpose(transfer.purpose);
    let moved = match rung {
        Some(rung) => effect(person, entry, rung),
        None => felt(transfer),
    };
    let view = transfer
        .cause
        .order()
        .and_then(|order| phone.device_now().order(order));
    let catalogue = phone.device_now().catalogue();
    let own = view.as_ref().and_then(|view| {
        let line = view
            .order
            .sub_order(transfer.cause.cooperative()?)?
            .line(transfer.cause.line()?)?;
        Some((&view.order.code, view.order.agent, view.order.plan, line))
    });
    // Of another agent's order only the line is here, with the entry.
    let anothers = entry
        .source
        .as_ref()
        .and_then(|source| source.of.as_deref());
    let caused =
        own.or_else(|| anothers.map(|other| (&other.code, other.agent, other.plan, &other.line)));
    let title = caused.map_or_else(
        || said.to_owned(),
        |(.., line)| product_name(phone, &catalogue, line.product),
    );
    let code =
        caused.map(|(code, ..)| view! { <span class="code">{code.to_string()}</span>{APART} });
    // What has no product is called by its purpose already.
    let what = caused.map(|_| [said, APART].concat());
    let explained =
        caused.map(|(_, _, plan, line)| explain::of_line(phone, &catalogue, line, plan));
    let seller = anothers.and_then(|other| other.name.as_ref()).map(|name| {
        view! { <div><dt>{words.entry_order_of()}</dt><dd><bdi>{name.get(words.code()).to_owned()}</bdi></dd></div> }
    });
    // Of a line that is shared, only the own part is anything to compare with.
    let whole =
        caused.and_then(|(_, agent, _, line)| line.commission.of_person(person, agent).ok());
    let part = whole.filter(|whole| *whole != transfer.amount).map(|whole| {
        view! { <div><dt>{words.entry_part_of(&ui::amount_text(whole))}</dt><dd>{ui::amount(transfer.amount, "amount-body")}</dd></div> }
    });
    let event = transfer
        .cause
        .event_number()
        .map(|event| view! { <small>{words.entry_event(&event.to_string())}</small> });
    let told_late = told_late(phone, entry);
    let about = Disputed::of(entry);
    let books = about.line.and_then(|line| explain::books(phone, line));
    let source = source(phone, entry);
    let link = view.as_ref().map(|view| view! { <a class="button button-quiet" href=Field::Order(view.order.id).to_string()>{ui::icon("orders")}{words.entry_open_order()}</a> });
    let statement = match transfer.cause {
        Cause::Settlement { period, .. } | Cause::Payout { period, .. } => Some(
            view! { <a class="button button-quiet" href=Field::Statement(period).to_string()>{ui::icon("bank")}{words.entry_open_statement()}</a> },
        ),
        _ => None,
    };
    let dispute = match transfer.cause {
        Cause::Dispute { dispute, .. } => view! { <a class="button button-quiet" href=Field::Dispute(dispute).to_string()>{ui::icon("scales")}{words.dispute_see()}</a> }.into_any(),
        _ => disputes::way_to(phone, about),
    };
    view! {
        <li><details class="ledger-entry" data-tone=(!tone.is_empty()).then_some(tone)>
            <summary class="list-row">
                {ui::icon(icon)}
                <span class="list-main"><span><bdi>{title}</bdi></span><span>{code}{what}{phone.moment(transfer.at)}</span></span>
                {ui::signed_amount(moved)}
                {ui::icon_flat("chevron-down")}
            </summary>
            {explained}
            <dl class="explain">
                {part}
                {seller}
                <div><dt>{words.entry_number()}</dt><dd><span class="number">{entry.number.to_string()}</span>{event}</dd></div>
                {source}
                <div class="total"><dt>{said}</dt><dd>{ui::signed_amount(moved)}</dd></div>
            </dl>
            {told_late}
            {books}
            <div class="button-group">{link}{statement}{dispute}</div>
        </details></li>
    }
    .into_any()
}

/// What was told late, where the entry was counted again for it.
fn told_late(phone: Phone, entry: &LedgerEntry) -> Option<AnyView> {
    let words = phone.words;
    let number = entry.transfer.cause.told_by()?.to_string();
    let late = entry.source.as_ref().and_then(|source| {
        let late = source.told_by.as_ref()?;
        let what = words.event_kind(&late.event)?;
        let heard = phone.moment(late.received_at);
        Some(words.entry_told_late_by(&heard, what, &by(words, late), &number))
    });
    // An entry that came before phones were told what it was.
    let why = late.unwrap_or_else(|| words.entry_told_late(&number));
    Some(view! { <p class="small muted">{why}</p> }.into_any())
}

/// Who did it, and on which device.
fn by(words: Words, source: &EntrySource) -> String {
    let by = source.by.as_ref().map_or_else(
        || words.entry_by_clock().to_owned(),
        |name| name.get(words.code()).to_owned(),
    );
    match source.device {
        Some(device) => words.entry_person_and_device(&by, &crate::words::short_device(device)),
        None => by,
    }
}

/// Who did what on which device, at the door and at the server.
fn source(phone: Phone, entry: &LedgerEntry) -> AnyView {
    let words = phone.words;
    let said = |term: &'static str, said: String| {
        view! { <div><dt>{term}</dt><dd><bdi>{said}</bdi></dd></div> }
    };
    let at_door = said(words.entry_at_door(), phone.moment(entry.transfer.at));
    let told = entry.source.as_ref().map(|source| {
        let what = words
            .event_kind(&source.event)
            .map(|what| said(words.entry_happened(), what.to_owned()));
        view! {
            {what}
            {said(words.entry_by(), by(words, source))}
            {said(words.entry_at_server(), phone.moment(source.received_at))}
        }
    });
    view! { {at_door}{told} }.into_any()
}
