//! The commission plan, and the steps to a server that can sell.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::Form;
use axum::response::Response;
use taswiq_app::office::desk::Done;
use taswiq_app::office::{Problem, Typed, plan as pages, start as steps};
use taswiq_backend::people::Person;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;

use super::{Posted, Visitor, preview};
use crate::failure::Failure;

pub async fn page(visitor: Visitor) -> Result<Response, Failure> {
    let known = Known::ask(&visitor).await?;
    let (office, actor) = (visitor.office(), visitor.actor());
    let draft = office.plan_draft(actor).await?;
    let published = office.plans_published(actor).await?;
    Ok(visitor.page(pages::page(
        &visitor.desk,
        &known.told(),
        draft.as_ref(),
        &published,
    )))
}

/// What a plan is read against: what is sold, the agents and their terms.
pub(super) struct Known {
    pub(super) catalogue: Arc<Catalogue>,
    people: Vec<Person>,
    engagements: BTreeMap<PersonId, Vec<Engagement>>,
}

impl Known {
    pub(super) async fn ask(visitor: &Visitor) -> Result<Self, Failure> {
        let (office, actor) = (visitor.office(), visitor.actor());
        Ok(Self {
            catalogue: office.catalogue().await?,
            people: office.people(actor, Some(Role::Agent), "").await?,
            engagements: office.engagements_of_all(actor).await?,
        })
    }

    pub(super) fn told(&self) -> pages::Known<'_> {
        pages::Known {
            catalogue: &self.catalogue,
            people: &self.people,
            engagements: &self.engagements,
        }
    }
}

/// The form goes on with the draft, where there is one, and says at once what is wrong with it.
pub async fn show_new(visitor: Visitor) -> Result<Response, Failure> {
    let known = Known::ask(&visitor).await?;
    let desk = &visitor.desk;
    let saved = visitor.office().plan_draft(visitor.actor()).await?;
    let page = match &saved {
        Some(saved) => {
            let typed = Typed(saved.fields.clone());
            let problems = pages::problems_of_draft(desk, &typed, &known.told());
            pages::form(desk, &typed, &problems, &known.told(), Some(saved))
        }
        None => {
            let typed = pages::typed_of(desk, &known.catalogue);
            pages::form(desk, &typed, &[], &known.told(), None)
        }
    };
    Ok(visitor.page(page))
}

pub async fn publish(visitor: Visitor, Form(posted): Posted) -> Result<Response, Failure> {
    let typed = Typed(posted);
    let known = Known::ask(&visitor).await?;
    let desk = &visitor.desk;
    let saved = visitor.office().plan_draft(visitor.actor()).await?;
    let again = |typed: &Typed, problems: &[Problem]| {
        pages::form(desk, typed, problems, &known.told(), saved.as_ref())
    };
    if !typed.get("more").is_empty() {
        return Ok(preview(&visitor, again(&pages::with_more(&typed), &[])));
    }
    if !typed.get("try").is_empty() {
        let problems = pages::problems_of_draft(desk, &typed, &known.told());
        return Ok(preview(&visitor, again(&typed, &problems)));
    }
    if !typed.get("keep").is_empty() {
        let kept = visitor
            .office()
            .save_plan_draft(visitor.actor(), pages::kept(&typed))
            .await
            .map_err(Into::into);
        return visitor.answer(kept, Done::Saved, "/office/plan/new", |problems| {
            again(&typed, problems)
        });
    }
    let taken = match pages::read(desk, &typed, &known.told()) {
        Ok((valid_from, draft)) => visitor
            .office()
            .publish_plan(visitor.actor(), valid_from, draft)
            .await
            .map(|_| ())
            .map_err(Into::into),
        Err(problems) => Err(problems.into()),
    };
    visitor.answer(taken, Done::Published, "/office/plan", |problems| {
        again(&typed, problems)
    })
}

/// Throws the draft away.
pub async fn discard(visitor: Visitor) -> Result<Response, Failure> {
    visitor.office().discard_plan_draft(visitor.actor()).await?;
    Ok(visitor.done(Done::Discarded, "/office/plan"))
}

pub async fn start(visitor: Visitor) -> Result<Response, Failure> {
    let catalogue = visitor.office().catalogue().await?;
    let people = visitor.office().people(visitor.actor(), None, "").await?;
    Ok(visitor.page(steps::page(&visitor.desk, &catalogue, &people)))
}
