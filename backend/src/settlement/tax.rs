//! What is withheld for tax, from a date on. A month is closed by the terms in force when it is closed,
//! for tax is withheld when money becomes payable.

pub mod sql;

use crate::Office;
use crate::catalogue::{check_future, write_json};
use crate::db::Conn;
use crate::error::{OfficeError, invalid};
use crate::work::Work;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::ids::PersonId;
use taswiq_domain::settlement::tax::TaxTerms;
use taswiq_domain::time::Timestamp;

/// The terms, oldest first: those the product comes with hold until others do.
pub(crate) async fn load(conn: &mut Conn) -> Result<Vec<TaxTerms>, OfficeError> {
    let mut terms = vec![TaxTerms::default()];
    for row in sql::all(conn).await? {
        terms.push(TaxTerms {
            valid_from: Timestamp(row.valid_from),
            rates: serde_json::from_str(&row.rates)
                .map_err(|_| OfficeError::Corrupt { what: "tax terms" })?,
        });
    }
    Ok(terms)
}

impl Office {
    /// What is withheld for tax: the terms of then, now and later, oldest first.
    pub async fn tax_terms(&self, actor: &Actor) -> Result<Vec<TaxTerms>, OfficeError> {
        self.require(actor, Action::PayAgents)?;
        load(&mut self.db.read().await?).await
    }

    /// Publishes other terms, for the future.
    ///
    /// # Errors
    /// [`OfficeError::InvalidTaxTerms`] names the kind; [`OfficeError::Invalid`] the date.
    pub async fn publish_tax_terms(
        &self,
        actor: &Actor,
        terms: TaxTerms,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageOffice)?;
        terms.check()?;
        self.write((actor.person, terms), |(by, terms), work| {
            Box::pin(publish(work, *by, terms))
        })
        .await
    }
}

async fn publish(work: &mut Work, by: PersonId, terms: &TaxTerms) -> Result<(), OfficeError> {
    let known = load(&mut work.conn).await?;
    check_future(
        work.now,
        terms.valid_from,
        known.last().map(|last| last.valid_from),
    )
    .map_err(|_| invalid("valid_from"))?;
    let row = sql::TermsRow {
        valid_from: terms.valid_from.0,
        rates: write_json(&terms.rates)?,
        published_by: by.0,
        published_at: work.now.0,
    };
    sql::add(&mut work.conn, &row).await?;
    work.audit(
        Some(by),
        None,
        "tax_terms_published",
        terms.valid_from.0.to_string(),
        row.rates,
    );
    Ok(())
}
