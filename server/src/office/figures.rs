//! The first page, its tables, and the audit trail.

use axum::response::Response;
use taswiq_app::office::dashboard::{self, Names};
use taswiq_app::office::period::{Asked, BREAKDOWNS};
use taswiq_app::office::{Typed, audit as trail};
use taswiq_backend::figures::Breakdown;
use taswiq_domain::person::Role;

use super::{Visitor, file};
use crate::failure::Failure;

/// Entries of the trail on one page, at least, when there are as many.
const AUDIT_ENTRIES_SHOWN: usize = 50;
/// How far one page looks for entries that are rare: some thousands.
const AUDIT_PAGES_READ_MAX: usize = 30;

pub async fn today(visitor: Visitor) -> Result<Response, Failure> {
    let asked = Asked::read(&visitor.desk, &visitor.asked);
    let overview = visitor
        .office()
        .overview(visitor.actor(), &asked.filter)
        .await?;
    let (catalogue, agents) = (
        visitor.office().catalogue().await?,
        visitor
            .office()
            .people(visitor.actor(), Some(Role::Agent), "")
            .await?,
    );
    let names = Names {
        catalogue: &catalogue,
        agents: &agents,
    };
    Ok(visitor.page(dashboard::page(&visitor.desk, &asked, &overview, &names)))
}

/// What the figures are broken down by; by day where the address does not say.
fn breakdown(asked: &Typed) -> (&'static str, Breakdown) {
    BREAKDOWNS
        .into_iter()
        .find(|(name, _)| *name == asked.get("by"))
        .unwrap_or(("day", Breakdown::Day))
}

pub async fn table(visitor: Visitor) -> Result<Response, Failure> {
    let asked = Asked::read(&visitor.desk, &visitor.asked);
    let (by, breakdown) = breakdown(&visitor.asked);
    let rows = visitor
        .office()
        .figures_by(visitor.actor(), &asked.filter, breakdown)
        .await?;
    let (catalogue, agents) = (
        visitor.office().catalogue().await?,
        visitor
            .office()
            .people(visitor.actor(), Some(Role::Agent), "")
            .await?,
    );
    let names = Names {
        catalogue: &catalogue,
        agents: &agents,
    };
    Ok(visitor.page(dashboard::table_page(
        &visitor.desk,
        &asked,
        by,
        &rows,
        &names,
    )))
}

pub async fn export(visitor: Visitor) -> Result<Response, Failure> {
    let asked = Asked::read(&visitor.desk, &visitor.asked);
    let (by, breakdown) = breakdown(&visitor.asked);
    let rows = visitor
        .office()
        .figures_by(visitor.actor(), &asked.filter, breakdown)
        .await?;
    let (catalogue, agents) = (
        visitor.office().catalogue().await?,
        visitor
            .office()
            .people(visitor.actor(), Some(Role::Agent), "")
            .await?,
    );
    let names = Names {
        catalogue: &catalogue,
        agents: &agents,
    };
    Ok(file(
        &format!("taswiq-{by}.csv"),
        dashboard::export(&visitor.desk, by, &rows, &names),
    ))
}

pub async fn audit(visitor: Visitor) -> Result<Response, Failure> {
    let asked = trail::Asked::read(visitor.asked.clone());
    let (mut entries, mut older) = (Vec::new(), asked.before());
    for _ in 0..AUDIT_PAGES_READ_MAX {
        let page = visitor.office().audit(visitor.actor(), older).await?;
        older = page.last().map(|last| last.id);
        entries.extend(page.into_iter().filter(|entry| asked.keeps(entry)));
        if older.is_none() || entries.len() >= AUDIT_ENTRIES_SHOWN {
            break;
        }
    }
    let people = visitor.office().people(visitor.actor(), None, "").await?;
    Ok(visitor.page(trail::page(&visitor.desk, &asked, &entries, older, &people)))
}
