//! Months: looked at, closed, paid.

use axum::extract::{Form, Path};
use axum::response::Response;
use std::collections::BTreeMap;
use taswiq_app::office::desk::Done;
use taswiq_app::office::settlement::{self as pages, agent, month, payout, statement, tax};
use taswiq_app::office::{Problem, Typed};
use taswiq_app::route::Behind;
use taswiq_backend::OfficeError;
use taswiq_backend::settlement::payouts::{Payout, PayoutStage};
use taswiq_backend::settlement::{Month, MonthState, Totals, by_reason};
use taswiq_documents::bank_list::{BankList, Transfer, Words};
use taswiq_domain::access::{Action, Subject, can};
use taswiq_domain::ids::PersonId;
use taswiq_domain::period::Period;
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;

use super::{Posted, Untaken, Visitor};
use crate::failure::Failure;
use crate::secret;
use crate::statements::paper::direction;
use crate::statements::{self, download};

pub async fn months(visitor: Visitor) -> Result<Response, Failure> {
    let months = visitor.office().months(visitor.actor()).await?;
    Ok(visitor.page(pages::months(&visitor.desk, &months)))
}

pub async fn one(visitor: Visitor, Path(period): Path<Period>) -> Result<Response, Failure> {
    let html = month_page(&visitor, period, &[]).await?;
    Ok(visitor.page(html))
}

async fn month_page(
    visitor: &Visitor,
    period: Period,
    problems: &[Problem],
) -> Result<String, Failure> {
    let (office, actor, desk) = (visitor.office(), visitor.actor(), &visitor.desk);
    let months = office.months(actor).await?;
    let found = months.iter().find(|month| month.period == period);
    let found = *found.ok_or(Failure::NotFound)?;
    if let MonthState::Closed { .. } = found.state {
        let closed = office.closed_month(actor, period).await?;
        let payable = office.payable(actor, period).await?;
        return Ok(month::closed(desk, &closed, &payable, problems));
    }
    let oldest = oldest_open(&months).unwrap_or(found);
    if oldest.period != period {
        return Ok(month::waiting(desk, &found, &oldest));
    }
    let statements = office.month_if_closed_now(actor, period).await?;
    let only: Vec<_> = statements
        .iter()
        .map(|(_, statement)| statement.clone())
        .collect();
    let (totals, reasons) = (Totals::of(&only)?, by_reason(&only)?);
    Ok(month::open(
        desk,
        &found,
        &statements,
        &totals,
        &reasons,
        problems,
    ))
}

fn oldest_open(months: &[Month]) -> Option<Month> {
    months
        .iter()
        .rev()
        .find(|month| !matches!(month.state, MonthState::Closed { .. }))
        .copied()
}

/// Answers an act on a month: with the month when it was done, and with the month and the reason when
/// it was not.
async fn month_again<T>(
    visitor: &Visitor,
    period: Period,
    done: Done,
    taken: Result<T, OfficeError>,
) -> Result<Response, Failure> {
    match taken {
        Ok(_) => Ok(visitor.done(done, &pages::address(period))),
        Err(OfficeError::Settlement(refusal)) => {
            let problem = Problem::at("form", pages::trouble(&visitor.desk, &refusal));
            let html = month_page(visitor, period, &[problem]).await?;
            visitor.again(Untaken::Typed(Vec::new()), |_| html)
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn close(visitor: Visitor, Path(period): Path<Period>) -> Result<Response, Failure> {
    let taken = visitor.office().close_period(visitor.actor(), period).await;
    month_again(&visitor, period, Done::Closed, taken).await
}

pub async fn prepare(visitor: Visitor, Path(period): Path<Period>) -> Result<Response, Failure> {
    let taken = visitor
        .office()
        .prepare_payout(visitor.actor(), period)
        .await;
    match taken {
        Ok(id) => Ok(visitor.done(Done::Saved, &format!("/office/payouts/{id}"))),
        taken => month_again(&visitor, period, Done::Saved, taken).await,
    }
}

pub async fn one_statement(
    visitor: Visitor,
    Path((period, id)): Path<(Period, PersonId)>,
) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let catalogue = office.catalogue().await?;
    let link = statements::phone_link(&visitor.server, period);
    let concerns = Some(visitor.asked.get("concerns")).filter(|concerns| !concerns.is_empty());
    let asked = Behind::read(visitor.asked.get("of"), concerns);
    let html = match office.statement(actor, id, period).await {
        Ok(sight) => statement::page(
            &visitor.desk,
            &statement::Sight {
                agent_name: &sight.agent_name,
                statement: &sight.document.statement,
                payment: Some(&sight.document.payment),
                payout: sight.payout,
                entries: &sight.entries,
                settling: &sight.settling,
                asked,
                orders: &sight.orders,
                catalogue: &catalogue,
                link,
            },
        ),
        // The month is open: what it would be now.
        Err(OfficeError::NotFound) => {
            let statements = match office.month_if_closed_now(actor, period).await {
                Err(OfficeError::Settlement(_)) => return Err(Failure::NotFound),
                statements => statements?,
            };
            let (agent_name, statement) = statements
                .into_iter()
                .find(|(_, statement)| statement.agent == id)
                .ok_or(Failure::NotFound)?;
            let orders = office.orders_named(actor, &statement).await?;
            statement::page(
                &visitor.desk,
                &statement::Sight {
                    agent_name: &agent_name,
                    statement: &statement,
                    payment: None,
                    payout: None,
                    entries: &[],
                    settling: &[],
                    asked: None,
                    orders: &orders,
                    catalogue: &catalogue,
                    link,
                },
            )
        }
        Err(error) => return Err(error.into()),
    };
    Ok(visitor.page(html))
}

/// A closed month's statement on paper, in the reader's language.
pub async fn pdf(
    visitor: Visitor,
    Path((period, id)): Path<(Period, PersonId)>,
) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let sight = office.statement(actor, id, period).await?;
    statements::pdf(&visitor.server, visitor.desk.words(), sight).await
}

/// The names of the people who work in the office.
async fn names(visitor: &Visitor) -> Result<BTreeMap<PersonId, LocalText>, Failure> {
    let people = visitor.office().people(visitor.actor(), None, "").await?;
    Ok(people
        .into_iter()
        .filter(|person| person.role != Role::Agent)
        .map(|person| (person.id, person.name))
        .collect())
}

async fn payout_page(
    visitor: &Visitor,
    id: i64,
    typed: &Typed,
    problems: &[Problem],
) -> Result<String, Failure> {
    let payout = visitor.office().payout(visitor.actor(), id).await?;
    let names = names(visitor).await?;
    let looking = payout::Looking {
        person: visitor.actor().person,
        names: &names,
    };
    Ok(payout::page(
        &visitor.desk,
        &payout,
        &looking,
        typed,
        problems,
    ))
}

pub async fn show_payout(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let html = payout_page(&visitor, id, &Typed::default(), &[]).await?;
    Ok(visitor.page(html))
}

/// Answers an act on a payout.
async fn payout_again(
    visitor: &Visitor,
    id: i64,
    typed: &Typed,
    taken: Result<(), Untaken>,
) -> Result<Response, Failure> {
    let untaken = match taken {
        Ok(()) => return Ok(visitor.done(Done::Saved, &format!("/office/payouts/{id}"))),
        Err(Untaken::Office(OfficeError::Settlement(refusal))) => {
            Untaken::Typed(vec![Problem::at(
                pages::field(&refusal).to_owned(),
                pages::trouble(&visitor.desk, &refusal),
            )])
        }
        Err(untaken) => untaken,
    };
    let payout = visitor.office().payout(visitor.actor(), id).await?;
    let names = names(visitor).await?;
    visitor.again(untaken, |problems| {
        let looking = payout::Looking {
            person: visitor.actor().person,
            names: &names,
        };
        payout::page(&visitor.desk, &payout, &looking, typed, problems)
    })
}

pub async fn approve(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let payout = visitor.office().payout(visitor.actor(), id).await?;
    let subject = Subject::Payout {
        prepared_by: payout.prepared.by,
    };
    let taken = if can(Some(visitor.actor()), Action::ApprovePayout, subject) {
        visitor.office().approve_payout(visitor.actor(), id).await
    } else {
        Err(taswiq_backend::settlement::SettlementRefusal::OwnPayout.into())
    };
    payout_again(&visitor, id, &Typed::default(), taken.map_err(Into::into)).await
}

pub async fn cancel(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let taken = visitor.office().cancel_payout(visitor.actor(), id).await;
    payout_again(&visitor, id, &Typed::default(), taken.map_err(Into::into)).await
}

pub async fn paid(
    visitor: Visitor,
    Path(id): Path<i64>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let taken = match payout::read_payment(&visitor.desk, &typed) {
        Ok((paid_on, reference)) => visitor
            .office()
            .record_payment(visitor.actor(), id, paid_on, &reference)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    payout_again(&visitor, id, &typed, taken).await
}

pub async fn returned(
    visitor: Visitor,
    Path(id): Path<i64>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let agent = Typed(posted)
        .number::<PersonId>("agent")
        .ok_or(Failure::Unreadable)?;
    let taken = visitor
        .office()
        .record_returned(visitor.actor(), id, agent)
        .await;
    payout_again(&visitor, id, &Typed::default(), taken.map_err(Into::into)).await
}

/// The list for the bank: of what was approved, and nothing before.
async fn bank_list(visitor: &Visitor, id: i64) -> Result<(Payout, BankList), Failure> {
    let payout = visitor.office().payout(visitor.actor(), id).await?;
    if !matches!(payout.stage, PayoutStage::Approved | PayoutStage::Paid) {
        return Err(Failure::NotFound);
    }
    let words = visitor.desk.words();
    let transfers = payout
        .lines
        .iter()
        .filter(|line| line.returned_at.is_none())
        .map(|line| Transfer {
            name: visitor.desk.text(&line.agent_name),
            rib: line.rib.as_str().to_owned(),
            amount: line.amount,
            reference: words.statement_transfer_reference(&payout.period.to_string()),
            statement_number: format!("{}-{}-{}", payout.period, line.agent, line.statement_number),
        })
        .collect();
    let text = str::to_owned;
    let headings = Words {
        title: text(words.office_payout_list()),
        name: text(words.office_settlement_agent()),
        rib: text(words.office_account_rib()),
        amount: text(words.office_payout_amount_column()),
        reference: text(words.office_payout_reference()),
        statement_number: text(words.statement_number_label()),
        total: text(words.office_settlement_total()),
    };
    // Every account was checked when it was entered and when the payout was prepared.
    let made_at = payout.approved.unwrap_or(payout.prepared).at;
    let list =
        BankList::check(direction(words), headings, made_at, transfers).map_err(|error| {
            tracing::error!(%error, payout = id, "the list of a payout cannot be made");
            Failure::Bug
        })?;
    Ok((payout, list))
}

pub async fn csv(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let (payout, list) = bank_list(&visitor, id).await?;
    let name = format!("taswiq-{}-{id}.csv", payout.period);
    Ok(download(&name, "text/csv; charset=utf-8", list.csv()))
}

pub async fn xlsx(visitor: Visitor, Path(id): Path<i64>) -> Result<Response, Failure> {
    let (payout, list) = bank_list(&visitor, id).await?;
    let name = format!("taswiq-{}-{id}.xlsx", payout.period);
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let workbook = list.workbook().map_err(|error| {
        tracing::error!(%error, payout = id, "the list of a payout cannot be written");
        Failure::Bug
    })?;
    Ok(download(&name, kind, workbook))
}

/// The page with an agent's account, advances and statements.
async fn money_page(
    visitor: &Visitor,
    id: PersonId,
    typed: &Typed,
) -> Result<impl FnOnce(&[Problem]) -> String + use<>, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let person = office.person(actor, id).await?;
    if person.role != Role::Agent {
        return Err(Failure::NotFound);
    }
    let account = office.bank_account(actor, id).await?;
    let advances = office.advances(actor, id).await?;
    let statements = office.statements_of(actor, id).await?;
    let advance = match typed.get("advance") {
        "" => secret::random_hex(16),
        known => known.to_owned(),
    };
    let (desk, typed) = (visitor.desk.clone(), typed.clone());
    Ok(move |problems: &[Problem]| {
        let sight = agent::Sight {
            person: &person,
            account: account.as_ref(),
            advances: &advances,
            statements: &statements,
            advance,
        };
        agent::page(&desk, &sight, &typed, problems)
    })
}

pub async fn money(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let page = money_page(&visitor, id, &Typed::default()).await?;
    Ok(visitor.page(page(&[])))
}

pub async fn enter_account(
    visitor: Visitor,
    Path(id): Path<PersonId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let again = money_page(&visitor, id, &typed).await?;
    let taken = visitor
        .office()
        .enter_bank_account(visitor.actor(), id, typed.get("rib"))
        .await;
    let address = format!("/office/people/{id}/money");
    visitor.answer(taken.map_err(Into::into), Done::Saved, &address, again)
}

pub async fn give_advance(
    visitor: Visitor,
    Path(id): Path<PersonId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let again = money_page(&visitor, id, &typed).await?;
    let advance = typed.number("advance").ok_or(Failure::Unreadable)?;
    let address = format!("/office/people/{id}/money");
    let (amount, reference) = match agent::read_advance(&visitor.desk, &typed) {
        Ok(read) => read,
        Err(problems) => {
            return visitor.answer(Err(problems.into()), Done::Saved, &address, again);
        }
    };
    let taken = visitor
        .office()
        .give_advance(visitor.actor(), advance, id, amount, &reference)
        .await;
    // Sent twice: it was given, once.
    let taken = match taken {
        Err(OfficeError::Conflict { field: "advance" }) => Ok(()),
        taken => taken.map_err(Into::into),
    };
    visitor.answer(taken, Done::Saved, &address, again)
}

async fn tax_page(
    visitor: &Visitor,
    typed: Option<Typed>,
) -> Result<impl FnOnce(&[Problem]) -> String + use<>, Failure> {
    let terms = visitor.office().tax_terms(visitor.actor()).await?;
    let may_publish = can(
        Some(visitor.actor()),
        Action::ManageOffice,
        Subject::Anything,
    );
    let desk = visitor.desk.clone();
    let typed = typed.unwrap_or_else(|| terms.last().map(tax::typed_of).unwrap_or_default());
    Ok(move |problems: &[Problem]| tax::page(&desk, &terms, may_publish, &typed, problems))
}

pub async fn show_tax(visitor: Visitor) -> Result<Response, Failure> {
    let page = tax_page(&visitor, None).await?;
    Ok(visitor.page(page(&[])))
}

pub async fn publish_tax(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let again = tax_page(&visitor, Some(typed.clone())).await?;
    let taken = match tax::read(&visitor.desk, &typed) {
        Ok(terms) => visitor
            .office()
            .publish_tax_terms(visitor.actor(), terms)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Published, "/office/tax", again)
}
