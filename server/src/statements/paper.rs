//! An agent's statement on paper: the same words and figures as on the page.

use std::collections::BTreeMap;
use taswiq_app::words::Words as Sentences;
use taswiq_backend::settlement::{Rated, StatementSight};
use taswiq_documents::Direction;
use taswiq_documents::statement::{Awaited, Entry, Statement, Total, Words};
use taswiq_domain::commission::Pays;
use taswiq_domain::ids::OrderId;
use taswiq_domain::money::Centimes;
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset};

/// The paper of a statement. `rates` says by the number of an entry what its rule pays; `link` is where the
/// agent finds it on their phone.
pub fn of(
    words: Sentences,
    offset: FixedOffset,
    sight: &StatementSight,
    rates: &BTreeMap<i64, Rated>,
    link: String,
) -> Statement {
    let statement = &sight.document.statement;
    let text = str::to_owned;
    let total = |label: &str, amount: Centimes, is_result: bool| Total {
        label: label.to_owned(),
        amount,
        is_result,
    };
    let mut totals = vec![total(words.statement_opening(), statement.opening, false)];
    totals.extend(words.steps(statement).into_iter().map(|step| {
        let label = if step.note.is_empty() {
            step.label
        } else {
            format!("{} ({})", step.label, step.note)
        };
        total(&label, step.amount, step.is_sum)
    }));
    totals.push(total(
        words.statement_carried(),
        statement.carried_forward,
        false,
    ));
    let date = |date: CivilDate| {
        let (year, month, day) = date.year_month_day();
        format!("{day:02}/{month:02}/{year}")
    };
    let code = |order: Option<OrderId>| {
        order
            .and_then(|order| sight.orders.get(&order))
            .map(|(code, _)| code.to_string())
            .unwrap_or_default()
    };
    let entries = sight.entries.iter().map(|entry| Entry {
        date: date(offset.date_at(entry.at)),
        order_code: code(entry.order),
        what: {
            let what = text(words.purpose(entry.purpose));
            match rates.get(&entry.number).and_then(|rated| rated.cap) {
                Some(cap) => format!(
                    "{what} · {}",
                    words.statement_paper_capped(&cap.to_string())
                ),
                None => what,
            }
        },
        base: (entry.base != Centimes::ZERO).then_some(entry.base),
        rate: rates
            .get(&entry.number)
            .map(|rated| rate(words, &rated.pays))
            .unwrap_or_default(),
        amount: entry.amount,
    });
    let awaited = statement.not_yet_in.iter().map(|part| Awaited {
        date: sight
            .orders
            .get(&part.order)
            .map(|(_, placed_at)| date(offset.date_at(*placed_at)))
            .unwrap_or_default(),
        order_code: code(Some(part.order)),
        why: words.not_yet_in(&part.why, &offset),
        amount: Some(part.amount),
    });
    Statement {
        language: text(words.code()),
        direction: direction(words),
        title: text(words.statement_paper()),
        programme: text(words.app_name()),
        agent: text(sight.agent_name.get(words.code())),
        period: words.month_and_year(statement.period.first_day()),
        number: statement.number.to_string(),
        issued_on: words.date_full(offset.date_at(statement.closed_at)),
        totals,
        entries: entries.collect(),
        awaited: awaited.collect(),
        link,
        chain_head: bytes(&statement.chain_head),
        words: Words {
            agent: text(words.statement_agent()),
            period: text(words.office_settlement_month()),
            number: text(words.statement_paper_number()),
            issued_on: text(words.statement_closed_at()),
            totals: text(words.statement_how()),
            entries: text(words.statement_all_entries()),
            no_entries: text(words.statement_no_entries()),
            date: text(words.statement_date()),
            order: text(words.office_column_order()),
            what: text(words.statement_what()),
            base: text(words.statement_base()),
            rate: text(words.office_tax_rate()),
            amount: text(words.office_payout_amount_column()),
            awaited: text(words.statement_not_yet_in()),
            nothing_awaited: text(words.statement_all_in()),
            why: text(words.office_settlement_why()),
            link: text(words.statement_scan()),
            chain_head: text(words.statement_chain()),
            chain_head_meaning: text(words.statement_chain_text()),
        },
    }
}

/// What a rule pays, as it stands in a narrow column.
fn rate(words: Sentences, pays: &Pays) -> String {
    match pays {
        Pays::Rate { rate } => rate.to_string(),
        Pays::PerUnit { amount } => words.statement_paper_per_unit(&amount.figures()),
        Pays::Nothing { .. } => String::new(),
    }
}

/// Where a reader of these words begins.
pub fn direction(words: Sentences) -> Direction {
    if words.direction() == "rtl" {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    }
}

/// The bytes that hexadecimal digits stand for; zero where there are none.
fn bytes(digits: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..digits.len()).step_by(2)) {
        *byte = digits
            .get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .unwrap_or_default();
    }
    bytes
}
