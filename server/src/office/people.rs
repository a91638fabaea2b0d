//! Agents, members of cooperatives, the office itself: how they join and on which devices they are.

use axum::extract::{Form, Path};
use axum::response::Response;
use taswiq_app::office::books;
use taswiq_app::office::desk::Done;
use taswiq_app::office::engagement as terms;
use taswiq_app::office::history::Known;
use taswiq_app::office::people::{self as pages, Sight};
use taswiq_app::office::period::Asked;
use taswiq_app::office::{Problem, Typed};
use taswiq_backend::OfficeError;
use taswiq_backend::figures::Breakdown;
use taswiq_backend::orders::{OrderFilter, OrderPage};
use taswiq_backend::people::{Link, LinkPurpose, Person, managing};
use taswiq_domain::access::{Subject, can};
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::person::Role;

use super::{Posted, Visitor};
use crate::entrance::link_path;
use crate::failure::Failure;

/// An agent's orders on their page.
const LAST_ORDERS: usize = 10;

/// Whoever may not manage somebody finds nothing at the addresses where that is done: the route is
/// theirs, this person is not.
fn not_theirs(error: OfficeError) -> Failure {
    match error {
        OfficeError::NotAllowed => Failure::NotFound,
        error => error.into(),
    }
}

/// The figures of the month so far.
pub fn this_month(visitor: &Visitor) -> Asked {
    Asked::read(&visitor.desk, &Typed::default().with("period", "month"))
}

pub async fn agents(visitor: Visitor) -> Result<Response, Failure> {
    let typed = visitor.asked.get("q");
    let agents = visitor
        .office()
        .people(visitor.actor(), Some(Role::Agent), typed)
        .await?;
    let devices = visitor.office().devices(visitor.actor(), None).await?;
    let month = visitor
        .office()
        .figures_by(
            visitor.actor(),
            &this_month(&visitor).filter,
            Breakdown::Agent,
        )
        .await?;
    Ok(visitor.page(pages::agents(
        &visitor.desk,
        &agents,
        &devices,
        &month,
        typed,
    )))
}

pub async fn team(visitor: Visitor) -> Result<Response, Failure> {
    let typed = visitor.asked.get("q");
    let people = visitor
        .office()
        .people(visitor.actor(), None, typed)
        .await?;
    let catalogue = visitor.office().catalogue().await?;
    Ok(visitor.page(pages::team(&visitor.desk, &people, &catalogue, typed)))
}

/// What moved an agent's commission, entry by entry.
pub async fn ledger(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let person = office.person(actor, id).await?;
    let before = visitor.asked.number("before");
    let entries = office.entries_of_agent(actor, id, before).await?;
    // A page that is not full is the last one.
    let older = entries
        .last()
        .filter(|_| entries.len() == taswiq_backend::ledger::ENTRIES_PER_PAGE)
        .map(|last| last.number);
    let (catalogue, people) = (
        office.catalogue().await?,
        office.people(actor, None, "").await?,
    );
    let known = Known {
        catalogue: &catalogue,
        people: &people,
    };
    Ok(visitor.page(books::page(&visitor.desk, &person, &entries, older, &known)))
}

/// Whether whoever looks may change somebody of that role.
fn may_change(visitor: &Visitor, person: &Person) -> bool {
    can(
        Some(visitor.actor()),
        managing(person.role),
        Subject::Anything,
    )
}

pub async fn one(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let person = office.person(actor, id).await?;
    let (mut devices, mut sessions) = (Vec::new(), Vec::new());
    if id == actor.person || may_change(&visitor, &person) {
        devices = office.devices(actor, Some(id)).await?;
        sessions = office.sessions(actor, id).await?;
    }
    let (mut month, mut orders) = (Default::default(), OrderPage::default());
    let (mut engagements, mut agents) = (Vec::new(), Vec::new());
    if person.role == Role::Agent {
        month = office
            .figures(
                actor,
                &this_month(&visitor)
                    .but(|filter| filter.agent = Some(id))
                    .filter,
            )
            .await?;
        engagements = office.engagements(actor, id).await?;
        agents = office.people(actor, Some(Role::Agent), "").await?;
        orders = office
            .orders(
                actor,
                &OrderFilter {
                    agent: Some(id),
                    ..OrderFilter::default()
                },
                None,
                LAST_ORDERS,
            )
            .await?;
    }
    let catalogue = office.catalogue().await?;
    let sight = Sight {
        person: &person,
        devices: &devices,
        sessions: &sessions,
        month: &month,
        orders: &orders,
        engagements: &engagements,
        agents: &agents,
        catalogue: &catalogue,
        may_change: may_change(&visitor, &person),
    };
    Ok(visitor.page(pages::person(&visitor.desk, &sight)))
}

async fn form(
    visitor: &Visitor,
    typed: &Typed,
    known: Option<PersonId>,
) -> Result<impl FnOnce(&[Problem]) -> String + use<>, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let (desk, typed) = (visitor.desk.clone(), typed.clone());
    Ok(move |problems: &[Problem]| pages::form(&desk, &typed, problems, &catalogue, known))
}

pub async fn show_invite(visitor: Visitor) -> Result<Response, Failure> {
    let form = form(&visitor, &visitor.asked, None).await?;
    Ok(visitor.page(form(&[])))
}

pub async fn invite(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let again = form(&visitor, &typed, None).await?;
    let details = match pages::read(&visitor.desk, &typed) {
        Ok(details) => details,
        Err(problems) => return visitor.again(problems.into(), again),
    };
    match visitor.office().invite(visitor.actor(), details).await {
        Ok(link) => show_link(&visitor, &link).await,
        Err(error) => visitor.again(error.into(), again),
    }
}

/// A link is shown as the answer itself, once: only its hash is kept, so no address could show it.
async fn show_link(visitor: &Visitor, link: &Link) -> Result<Response, Failure> {
    let person = visitor
        .office()
        .person(visitor.actor(), link.person.ok_or(Failure::Bug)?)
        .await?;
    let purpose = if person.has_joined {
        LinkPurpose::NewPassword
    } else {
        LinkPurpose::Invitation
    };
    let address = format!("{}{}", visitor.origin(), link_path(purpose, &link.token));
    Ok(super::preview(
        visitor,
        pages::link(&visitor.desk, &person, link, &address),
    ))
}

pub async fn link(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let link = visitor
        .office()
        .issue_link(visitor.actor(), id)
        .await
        .map_err(not_theirs)?;
    show_link(&visitor, &link).await
}

pub async fn show_change(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let person = visitor.office().person(visitor.actor(), id).await?;
    if !may_change(&visitor, &person) {
        return Err(Failure::NotFound);
    }
    let form = form(&visitor, &pages::typed_of(&person), Some(id)).await?;
    Ok(visitor.page(form(&[])))
}

pub async fn change(
    visitor: Visitor,
    Path(id): Path<PersonId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let again = form(&visitor, &typed, Some(id)).await?;
    let taken = match pages::read(&visitor.desk, &typed) {
        Ok(details) => visitor
            .office()
            .change_person(visitor.actor(), id, details)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Saved, &format!("/office/people/{id}"), again)
}

/// The agent whose terms are asked for, with the terms published so far.
async fn engaged(
    visitor: &Visitor,
    id: PersonId,
) -> Result<(Person, Vec<Engagement>, Vec<Person>), Failure> {
    let (office, actor) = (visitor.office(), visitor.actor());
    let person = office.person(actor, id).await?;
    if person.role != Role::Agent {
        return Err(Failure::NotFound);
    }
    let engagements = office.engagements(actor, id).await?;
    let agents = office.people(actor, Some(Role::Agent), "").await?;
    Ok((person, engagements, agents))
}

pub async fn show_terms(visitor: Visitor, Path(id): Path<PersonId>) -> Result<Response, Failure> {
    let (person, engagements, agents) = engaged(&visitor, id).await?;
    Ok(visitor.page(terms::form(
        &visitor.desk,
        &terms::typed_of(&engagements),
        &[],
        &person,
        &agents,
        engagements.is_empty(),
    )))
}

pub async fn publish_terms(
    visitor: Visitor,
    Path(id): Path<PersonId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let (person, engagements, agents) = engaged(&visitor, id).await?;
    let is_first = engagements.is_empty();
    let taken = match terms::read(&visitor.desk, &typed, id, is_first) {
        Ok(engagement) => visitor
            .office()
            .publish_engagement(visitor.actor(), id, engagement)
            .await
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(
        taken,
        Done::Published,
        &format!("/office/people/{id}"),
        |problems| terms::form(&visitor.desk, &typed, problems, &person, &agents, is_first),
    )
}

pub async fn set_active(
    visitor: Visitor,
    Path(id): Path<PersonId>,
    Form(posted): Posted,
) -> Result<Response, Failure> {
    let active = Typed(posted).get("active") == "yes";
    visitor
        .office()
        .set_active(visitor.actor(), id, active)
        .await
        .map_err(not_theirs)?;
    Ok(visitor.done(Done::Saved, &format!("/office/people/{id}")))
}

/// The page of the person whose session or device it was.
fn page_of(typed: &Typed) -> String {
    typed.number::<PersonId>("person").map_or_else(
        || "/office/team".to_owned(),
        |id| format!("/office/people/{id}"),
    )
}

pub async fn revoke_session(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    visitor
        .office()
        .revoke_session(visitor.actor(), typed.get("session"))
        .await?;
    Ok(visitor.done(Done::Revoked, &page_of(&typed)))
}

pub async fn name_device(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let device = typed
        .number::<DeviceId>("device")
        .ok_or(Failure::Unreadable)?;
    visitor
        .office()
        .name_device(visitor.actor(), device, typed.get("name"))
        .await?;
    Ok(visitor.done(Done::Saved, &page_of(&typed)))
}

pub async fn revoke_device(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let device = typed
        .number::<DeviceId>("device")
        .ok_or(Failure::Unreadable)?;
    visitor
        .office()
        .revoke_device(visitor.actor(), device)
        .await?;
    Ok(visitor.done(Done::Revoked, &page_of(&typed)))
}
