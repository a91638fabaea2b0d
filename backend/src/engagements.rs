//! The terms on which agents sell: contract, grade, team, lead, shares, each from a moment on.
//!
//! A sale is judged by the engagement in force at its door time, so what is published is for the
//! future and stays; only an agent's very first may hold from now on. Who has none sells on the
//! default terms.

pub mod sql;

use crate::Office;
use crate::catalogue::{check_future, write_json};
use crate::db::Conn;
use crate::error::OfficeError;
use crate::feed::{Kind, Scope};
use crate::people;
use crate::work::Work;
use std::collections::BTreeMap;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::engagement::{Engagement, EngagementError, EngagementKind};
use taswiq_domain::ids::PersonId;
use taswiq_domain::person::Role;
use taswiq_domain::text;
use taswiq_domain::time::Timestamp;

/// The engagements of a person, oldest first.
pub(crate) async fn load(
    conn: &mut Conn,
    person: PersonId,
) -> Result<Vec<Engagement>, OfficeError> {
    let rows = sql::of_person(conn, person.0).await?;
    rows.into_iter().map(read).collect()
}

/// Everybody's engagements, by person, oldest first.
pub(crate) async fn load_all(conn: &mut Conn) -> Result<Vec<(PersonId, Engagement)>, OfficeError> {
    let rows = sql::all(conn).await?;
    rows.into_iter()
        .map(|row| Ok((PersonId(row.person_id), read(row)?)))
        .collect()
}

fn read(row: sql::EngagementRow) -> Result<Engagement, OfficeError> {
    let corrupt = || OfficeError::Corrupt {
        what: "an engagement",
    };
    Ok(Engagement {
        valid_from: Timestamp(row.valid_from),
        kind: EngagementKind::from_name(&row.kind).ok_or_else(corrupt)?,
        contract: row.contract,
        territory: row.territory,
        grade: row.grade,
        team: row.team,
        lead: row.lead_id.map(PersonId),
        shares: serde_json::from_str(&row.shares).map_err(|_| corrupt())?,
    })
}

impl Office {
    /// Publishes an agent's terms: for the future; the first may hold from now on.
    pub async fn publish_engagement(
        &self,
        actor: &Actor,
        person: PersonId,
        engagement: Engagement,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        self.write(
            (actor.person, person, engagement),
            |(by, person, engagement), work| {
                Box::pin(publish(work, Some(*by), *person, engagement))
            },
        )
        .await
    }

    /// An agent's terms, oldest first, those to come included.
    pub async fn engagements(
        &self,
        actor: &Actor,
        person: PersonId,
    ) -> Result<Vec<Engagement>, OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        load(&mut self.db.read().await?, person).await
    }

    /// Every agent's terms, oldest first, by agent; who has none is left out.
    pub async fn engagements_of_all(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<PersonId, Vec<Engagement>>, OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        let mut all: BTreeMap<PersonId, Vec<Engagement>> = BTreeMap::new();
        for row in sql::all(&mut self.db.read().await?).await? {
            let person = PersonId(row.person_id);
            all.entry(person).or_default().push(read(row)?);
        }
        Ok(all)
    }
}

pub(crate) async fn publish(
    work: &mut Work,
    by: Option<PersonId>,
    person: PersonId,
    engagement: &Engagement,
) -> Result<(), OfficeError> {
    require_agent(work, person).await?;
    for other in engagement.others(person) {
        require_agent(work, other).await?;
    }
    let known = load(&mut work.conn, person).await?;
    check_future(
        work.now,
        engagement.valid_from,
        known.last().map(|last| last.valid_from),
    )
    .map_err(|_| EngagementError::NotInTheFuture)?;
    add(work, by, person, engagement).await?;
    work.audit(
        by,
        None,
        "engagement_published",
        person.to_string(),
        told(engagement),
    );
    Ok(())
}

/// Writes an engagement down, whatever its date.
pub(crate) async fn add(
    work: &mut Work,
    by: Option<PersonId>,
    person: PersonId,
    engagement: &Engagement,
) -> Result<(), OfficeError> {
    engagement.check(person)?;
    let row = sql::EngagementRow {
        person_id: person.0,
        valid_from: engagement.valid_from.0,
        kind: engagement.kind.as_str().to_owned(),
        contract: text::clean_note("contract", &engagement.contract)?,
        territory: text::clean_note("territory", &engagement.territory)?,
        grade: text::clean_note("grade", &engagement.grade)?,
        team: text::clean_note("team", &engagement.team)?,
        lead_id: engagement.lead.map(|lead| lead.0),
        shares: write_json(&engagement.shares)?,
        published_by: by.map(|by| by.0),
        published_at: work.now.0,
    };
    sql::add(&mut work.conn, &row).await?;
    work.forget_engagements(person);
    work.changed(&Scope::Person(person), Kind::Profile, String::new());
    Ok(())
}

/// Only agents have accounts that commission can be posted to.
async fn require_agent(work: &mut Work, person: PersonId) -> Result<(), OfficeError> {
    match people::load(&mut work.conn, person).await? {
        Some(known) if known.role == Role::Agent => Ok(()),
        _ => Err(EngagementError::NotAnAgent { person }.into()),
    }
}

/// What decides on what an agent earns, for the audit trail.
fn told(engagement: &Engagement) -> String {
    let mut told = format!(
        "{} from {}",
        engagement.kind.as_str(),
        engagement.valid_from.0
    );
    for (name, value) in [("grade", &engagement.grade), ("team", &engagement.team)] {
        if !value.is_empty() {
            told.push_str(&format!(", {name} {value}"));
        }
    }
    if let Some(lead) = engagement.lead {
        told.push_str(&format!(", lead {lead}"));
    }
    for share in &engagement.shares {
        told.push_str(&format!(", {} ppm to {}", share.part.0, share.person));
    }
    told
}
