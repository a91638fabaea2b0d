//! Devices: one browser profile of one person, known from its first sync.

pub mod sql;

use crate::Office;
use crate::error::{OfficeError, hidden};
use crate::people::Session;
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::sync::Waiting;
use taswiq_domain::text;
use taswiq_domain::time::Timestamp;

/// A device as the office knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub person: PersonId,
    /// What people call it; empty when nobody has named it.
    pub name: String,
    /// The build of the app it last ran.
    pub build: String,
    /// Its first contact.
    pub created_at: Timestamp,
    /// Its last contact.
    pub last_contact_at: Timestamp,
    /// The greatest command number decided.
    pub last_seq: u64,
    /// What it had not handed over at its last contact.
    pub waiting: Waiting,
    /// How far its clock is ahead of the server's (negative: behind).
    pub clock_skew_ms: i64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Whether it hands over by a key of its own when nobody is signed in on it.
    pub has_key: bool,
    /// What was wrong with its last contact, and when: nothing could be decided then.
    pub trouble: Option<(Trouble, Timestamp)>,
}

/// Why nothing of what a device sent could be decided. It is kept on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It could not be read.
    Unreadable,
    /// It speaks another protocol: its build is too old, or younger than the server.
    WrongProtocol,
    /// It was more than is taken at once. The device tries again with less.
    TooLarge,
}

impl Trouble {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::WrongProtocol => "wrong_protocol",
            Self::TooLarge => "too_large",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Unreadable, Self::WrongProtocol, Self::TooLarge]
            .into_iter()
            .find(|trouble| trouble.as_str() == name)
    }
}

/// A name of a device is no longer than that.
pub const NAME_CHARACTERS: usize = 40;

impl Device {
    /// Whether its clock is so wrong that its owner is told.
    pub const fn is_clock_wrong(&self) -> bool {
        self.clock_skew_ms.unsigned_abs() > limits::CLOCK_SKEW_FLAGGED_MS.unsigned_abs()
    }

    fn from_row(row: sql::DeviceRow) -> Self {
        Self {
            id: DeviceId(row.id),
            person: PersonId(row.person_id),
            name: row.name,
            build: row.build,
            created_at: Timestamp(row.created_at),
            last_contact_at: Timestamp(row.last_contact_at),
            last_seq: u64::try_from(row.last_seq).unwrap_or_default(),
            waiting: Waiting {
                commands: u32::try_from(row.waiting_commands).unwrap_or(u32::MAX),
                orders: u32::try_from(row.waiting_orders).unwrap_or(u32::MAX),
                oldest_made_at: row.waiting_oldest_made_at.map(Timestamp),
                digest: row.waiting_digest,
            },
            clock_skew_ms: row.clock_skew_ms,
            revoked_at: row.revoked_at.map(Timestamp),
            has_key: row.key_hash.is_some(),
            trouble: row
                .trouble
                .as_deref()
                .and_then(Trouble::from_name)
                .zip(row.trouble_at.map(Timestamp)),
        }
    }
}

impl Office {
    /// The devices of everybody whom the actor manages, or those of one person: one's own, or
    /// anybody's for those who manage them. The last seen first.
    pub async fn devices(
        &self,
        actor: &Actor,
        person: Option<PersonId>,
    ) -> Result<Vec<Device>, OfficeError> {
        match person {
            Some(person) => self.require_self_or_manager(actor, person).await?,
            None => self.require(actor, Action::ManagePeople)?,
        }
        let everybodys = can(Some(actor), Action::ManageOffice, Subject::Anything);
        let mut conn = self.db.read().await?;
        let rows = match person {
            Some(person) => sql::of_person(&mut conn, person.0).await?,
            None if everybodys => sql::all(&mut conn).await?,
            None => sql::of_agents_and_cooperatives(&mut conn).await?,
        };
        Ok(rows.into_iter().map(Device::from_row).collect())
    }

    /// Revokes a lost device: what it still uploads is kept for a person to look at, and it is given
    /// nothing more to read. Its sessions end with it. A device of somebody whom the actor does not
    /// manage is not even there.
    pub async fn revoke_device(&self, actor: &Actor, device: DeviceId) -> Result<(), OfficeError> {
        self.require_hand_on(actor, device).await?;
        self.write((actor.person, device), |(by, device), work| {
            Box::pin(async move {
                let now = work.now.0;
                let row = work
                    .device(*device)
                    .await?
                    .cloned()
                    .ok_or(OfficeError::NotFound)?;
                work.put_device(sql::DeviceRow {
                    revoked_at: row.revoked_at.or(Some(now)),
                    ..row
                });
                crate::people::sql::revoke_sessions_of_device(&mut work.conn, device.0, now)
                    .await?;
                work.audit(
                    Some(*by),
                    Some(*device),
                    "device_revoked",
                    device.to_string(),
                    String::new(),
                );
                Ok(())
            })
        })
        .await
    }

    /// Names a device, so that people know which one is meant; an empty name takes the name away.
    ///
    /// # Errors
    /// [`OfficeError::Invalid`] for a name that is too long, [`OfficeError::NotFound`] for a device of
    /// somebody whom the actor does not manage.
    pub async fn name_device(
        &self,
        actor: &Actor,
        device: DeviceId,
        name: &str,
    ) -> Result<(), OfficeError> {
        let name = match name.trim() {
            "" => String::new(),
            name => text::clean("name", name, NAME_CHARACTERS)?.replace('\n', " "),
        };
        self.require_hand_on(actor, device).await?;
        self.write((device, name), |(device, name), work| {
            Box::pin(async move {
                let row = work
                    .device(*device)
                    .await?
                    .cloned()
                    .ok_or(OfficeError::NotFound)?;
                work.put_device(sql::DeviceRow {
                    name: name.clone(),
                    ..row
                });
                Ok(())
            })
        })
        .await
    }

    /// Notes a contact of which nothing could be decided: what the device says of itself counts all the
    /// same. A device that is not known, or another's, changes nothing.
    pub async fn note_trouble(
        &self,
        session: &Session,
        device: DeviceId,
        waiting: Option<Waiting>,
        trouble: Trouble,
    ) -> Result<(), OfficeError> {
        let person = session.person.id;
        self.write(
            (person, device, waiting, trouble),
            |(person, device, waiting, trouble), work| {
                Box::pin(async move {
                    let now = work.now.0;
                    let known = work.device(*device).await?.cloned();
                    let Some(mut row) = known.filter(|row| row.person_id == person.0) else {
                        return Ok(());
                    };
                    row.trouble = Some(trouble.as_str().to_owned());
                    row.trouble_at = Some(now);
                    if let Some(waiting) = waiting {
                        row.tell(waiting.clone());
                    }
                    work.put_device(row);
                    Ok(())
                })
            },
        )
        .await
    }

    /// Lets through who manages the person whose device it is, or is them; for anybody else it is not
    /// there.
    async fn require_hand_on(&self, actor: &Actor, device: DeviceId) -> Result<(), OfficeError> {
        let mut conn = self.db.read().await?;
        let row = sql::by_id(&mut conn, device.0)
            .await?
            .ok_or(OfficeError::NotFound)?;
        drop(conn);
        self.require_self_or_manager(actor, PersonId(row.person_id))
            .await
            .map_err(hidden)
    }
}
