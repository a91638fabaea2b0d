//! What may go wrong in the office, by what the caller can do about it.

use crate::db::dialect;
use crate::settlement::SettlementRefusal;
use crate::simulation::SimulationRefusal;
use taswiq_domain::Refusal;
use taswiq_domain::bank::RibError;
use taswiq_domain::commission::PlanError;
use taswiq_domain::dispute::LineGrants;
use taswiq_domain::engagement::EngagementError;
use taswiq_domain::scenario::ScenarioError;
use taswiq_domain::settlement::tax::TaxTermsError;

/// Why a use-case did nothing.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The person may not do this. Where the existence of a thing must not be told, it is
    /// [`OfficeError::NotFound`] instead.
    #[error("not allowed")]
    NotAllowed,
    /// There is no such thing, or not for this person.
    #[error("not found")]
    NotFound,
    /// What was given breaks a rule.
    #[error("not valid")]
    Invalid(#[from] Refusal),
    /// The commission plan breaks a rule.
    #[error("the plan is not valid")]
    InvalidPlan(#[from] PlanError),
    /// The terms of an agent break a rule.
    #[error("the engagement is not valid")]
    InvalidEngagement(#[from] EngagementError),
    /// A month cannot be closed or paid like that.
    #[error("not settled")]
    Settlement(#[from] SettlementRefusal),
    /// A plan cannot be tried like that.
    #[error("not simulated")]
    Simulation(#[from] SimulationRefusal),
    /// A scenario that cannot be played.
    #[error("the scenario is not valid")]
    Scenario(#[from] ScenarioError),
    /// What was typed is no bank account number.
    #[error("the bank account number is not valid")]
    InvalidRib(#[from] RibError),
    /// The tax terms break a rule.
    #[error("the tax terms are not valid")]
    InvalidTaxTerms(#[from] TaxTermsError),
    /// More would be granted for a line than its terms could have brought, by somebody who did not say
    /// that they know.
    #[error("beyond what the terms of the line could have brought")]
    BeyondTerms(LineGrants),
    /// Somebody else already uses this value.
    #[error("{field} is already taken")]
    Conflict {
        /// Which field.
        field: &'static str,
    },
    /// The database is busy or full for the moment: nothing was done, try again.
    #[error("busy, try again")]
    Busy,
    /// A bug or a broken database.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// What is stored cannot be read: a bug.
    #[error("stored data cannot be read: {what}")]
    Corrupt {
        /// What.
        what: &'static str,
    },
}

impl From<sqlx::Error> for OfficeError {
    fn from(error: sqlx::Error) -> Self {
        if dialect::is_transient(&error) {
            return Self::Busy;
        }
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                Self::Conflict { field: "key" }
            }
            _ => Self::Database(error),
        }
    }
}

impl From<taswiq_domain::money::Overflow> for OfficeError {
    fn from(overflow: taswiq_domain::money::Overflow) -> Self {
        Self::Invalid(overflow.into())
    }
}

/// A field of a form that cannot be taken.
pub(crate) fn invalid(field: &str) -> OfficeError {
    OfficeError::Invalid(Refusal::FieldInvalid {
        field: field.to_owned(),
    })
}

/// Somebody else's thing, told as though there were none: a refusal would tell that it exists.
pub(crate) fn hidden(error: OfficeError) -> OfficeError {
    match error {
        OfficeError::NotAllowed => OfficeError::NotFound,
        error => error,
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be reached or is not a database.
    #[error("the database cannot be opened")]
    Database(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date, or are newer than this program.
    #[error("the tables of the database cannot be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// It opened and failed at once.
    #[error("the database does not work")]
    Office(#[from] OfficeError),
}
