//! Scenarios in the office: played by the rules of the product and kept nowhere.

use crate::error::OfficeError;
use crate::{Office, settlement};
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::person::Role;
use taswiq_domain::scenario::{self, Bounds, Engaged, Outcome};
use tokio::sync::Semaphore;

/// One at a time: it takes a processor for up to a second, and nobody plays two at once.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

impl Office {
    /// Plays a scenario, off the threads that answer others.
    ///
    /// # Errors
    /// [`OfficeError::Scenario`] says what is wrong with it and where.
    pub async fn play_scenario(&self, actor: &Actor, text: String) -> Result<Outcome, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let _turn = AT_ONCE.acquire().await.map_err(|_| OfficeError::Busy)?;
        let calendar = self.calendar().clone();
        let played =
            tokio::task::spawn_blocking(move || scenario::play(&text, &calendar, Bounds::SHARED));
        // Only a panic of the rules ends it otherwise.
        let played = played.await.map_err(|_| OfficeError::Corrupt {
            what: "a scenario that was played",
        })?;
        Ok(played?)
    }

    /// The company's own plans, cooperatives, products and agents as a scenario with one order, names
    /// in that language.
    pub async fn own_scenario(&self, actor: &Actor, language: &str) -> Result<String, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let catalogue = self.catalogue().await?;
        let mut terms = self.engagements_of_all(actor).await?;
        let agents = self.people(actor, Some(Role::Agent), "").await?;
        let engaged: Vec<Engaged> = agents
            .into_iter()
            .map(|agent| Engaged {
                id: agent.id,
                name: agent.name.get(language).to_owned(),
                engagements: terms.remove(&agent.id).unwrap_or_default(),
            })
            .collect();
        let tax = settlement::tax::load(&mut self.db.read().await?).await?;
        let now = self.now();
        scenario::written(&catalogue, &engaged, &tax, now, self.calendar(), language).map_err(
            |_| OfficeError::Corrupt {
                what: "the catalogue, which cannot be written down",
            },
        )
    }
}
