//! What a phone knows before it knows who holds it: whose database to open and in which language to
//! greet. Kept in a small database of its own, `taswiq`.

use crate::store::{Batch, LocalStore, StoreError, Table};
use serde::{Deserialize, Serialize};
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;
use taswiq_domain::reading::read;

/// The name of the database that belongs to the phone itself.
pub const DATABASE: &str = "taswiq";

const KEY: &str = "phone";

/// The name of a person's database. What one person has not sent stays in theirs, out of sight of the
/// next.
pub fn database_of(person: PersonId) -> String {
    format!("taswiq-{person}")
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// Who used the phone last, and so may work on without a network.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// Everybody who ever did: their outboxes may still hold something.
    #[serde(default)]
    pub people: Vec<PersonId>,
    /// The language chosen; empty when none.
    #[serde(default)]
    pub language: String,
}

/// See [`Phone::holder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who.
    pub person: PersonId,
    /// What they are, which decides the area to open.
    pub role: Role,
}

impl Phone {
    /// Reads it; an unknown phone knows nothing.
    pub async fn read(store: &impl LocalStore) -> Result<Self, StoreError> {
        // A hint that cannot be read is worth nothing, but not a phone that does not start.
        Ok(store
            .get(Table::Meta, KEY)
            .await?
            .and_then(|json| read(&json).ok())
            .unwrap_or_default())
    }

    /// Writes it.
    pub async fn write(&self, store: &impl LocalStore) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put(
            Table::Meta,
            KEY,
            serde_json::to_string(self).unwrap_or_default(),
        );
        store.commit(batch).await
    }

    /// Notes who holds the phone now.
    pub fn taken_by(&mut self, holder: Holder) {
        if !self.people.contains(&holder.person) {
            self.people.push(holder.person);
        }
        self.holder = Some(holder);
    }
}
