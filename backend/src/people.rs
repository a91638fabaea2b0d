//! People: who they are, how they join, how they sign in, and on which devices.
//!
//! Nobody is given a password: a person joins by a single-use link that is good for 24 hours and
//! chooses one. A forgotten password is mended the same way by the office; what a phone holds is
//! sealed by a key of its own and survives it. The first administrator of a fresh server joins by a
//! token printed on the server's console.

pub mod password;
pub mod sql;
pub mod token;

use crate::Office;
use crate::db::Conn;
use crate::devices::sql::DeviceRow;
use crate::engagements;
use crate::error::{OfficeError, hidden, invalid};
use crate::feed::{Kind, Scope};
use crate::patience::Patience;
use crate::work::{Needs, Work};
use sql::{LinkRow, PersonRow, SessionRow};
use std::collections::{BTreeMap, BTreeSet};
use taswiq_domain::Refusal;
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::engagement::{self, Engagement};
use taswiq_domain::ids::{CooperativeId, DeviceId, PersonId};
use taswiq_domain::person::{Profile, Role};
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text::{self, LocalText};
use taswiq_domain::time::Timestamp;
pub use token::Token;
use tokio::time::Instant;

/// A link is good for this long.
pub const LINK_HOURS: i64 = 24;
/// A session ends this long after its last use: longer than a season without network.
pub const SESSION_DAYS: i64 = 120;
/// Wrong passwords in a row, within [`FAILURE_WINDOW_MS`], before an account rests.
pub const FAILURES_MAX: i64 = 8;
/// See [`FAILURES_MAX`].
pub const FAILURE_WINDOW_MS: i64 = 15 * 60 * 1000;
/// A session's last use is written down at most this often.
const USE_NOTED_EVERY_MS: i64 = 10 * 60 * 1000;

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What they are.
    pub role: Role,
    /// Their name.
    pub name: LocalText,
    /// What they sign in with, besides their telephone number.
    pub login: Option<String>,
    /// Their telephone number.
    pub phone: Option<PhoneNumber>,
    /// The language they read.
    pub language: String,
    /// The cooperatives they act for.
    pub cooperatives: Vec<CooperativeId>,
    /// Whether they have joined, that is, chosen a password.
    pub has_joined: bool,
    /// Since when they are out.
    pub deactivated_at: Option<Timestamp>,
    /// Since when they are in.
    pub created_at: Timestamp,
}

impl Person {
    /// The person as [`can`] knows them.
    pub fn actor(&self) -> Actor {
        Actor {
            person: self.id,
            role: self.role,
            cooperatives: self.cooperatives.clone(),
        }
    }

    /// The person as their devices know them, with the terms on which they sell.
    pub fn profile(&self, engagements: Vec<Engagement>, now: Timestamp) -> Profile {
        Profile {
            person: self.id,
            name: self.name.clone(),
            role: self.role,
            cooperatives: self.cooperatives.clone(),
            grade: engagement::in_force(&engagements, now)
                .map(|engagement| engagement.grade.clone())
                .unwrap_or_default(),
            engagements,
        }
    }
}

/// What the office writes down about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonDetails {
    /// What they are.
    pub role: Role,
    /// Their name, in French and Arabic or whichever is known.
    pub name: LocalText,
    /// What they sign in with, besides their telephone number. Lower case, without spaces.
    pub login: Option<String>,
    /// Their telephone number. One of the two is needed.
    pub phone: Option<PhoneNumber>,
    /// The language they read, as a code.
    pub language: String,
    /// The cooperatives they act for; for cooperative members only.
    pub cooperatives: Vec<CooperativeId>,
}

/// Somebody signed in, on some device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// The device that this session has synced, once it has.
    pub device: Option<DeviceId>,
    /// Whether it may still read. A revoked session, or one of somebody who was deactivated, may
    /// only hand over what its device holds.
    pub may_read: bool,
    /// Whether what it hands over is decided by the rules. Otherwise a person looks at it first.
    pub(crate) may_act: bool,
    /// Of the token that was shown; none when it was a device's own key, which opens nothing.
    pub(crate) token_hash: Option<Vec<u8>>,
}

impl Session {
    /// The person as [`can`] knows them.
    pub fn actor(&self) -> Actor {
        self.person.actor()
    }
}

/// A session in the list that a person may revoke from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// Names it; opens nothing.
    pub id: String,
    /// What the browser calls itself.
    pub label: String,
    /// The device it has synced.
    pub device: Option<DeviceId>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within ten minutes.
    pub last_used_at: Timestamp,
}

/// A session just opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// For the cookie. Never stored, never shown again.
    pub token: Token,
    /// Until when, if it is not used.
    pub expires_at: Timestamp,
    /// Who.
    pub person: Person,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such account, wrong password, not joined yet, or deactivated: which one is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many wrong passwords for this name, whether or not such an account exists.
    #[error("too many attempts")]
    TooMany {
        /// When to try again.
        again_at: Timestamp,
    },
    /// The office failed.
    #[error("the office failed")]
    Office(#[from] OfficeError),
}

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Somebody invited joins.
    Invitation,
    /// Somebody known chooses a new password.
    NewPassword,
    /// The first administrator of a fresh server.
    SetUp,
}

impl LinkPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::NewPassword => "new_password",
            Self::SetUp => "set_up",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Invitation, Self::NewPassword, Self::SetUp]
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }
}

/// A single-use link just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What goes into the address.
    pub token: Token,
    /// Whom it is for; nobody yet at set-up.
    pub person: Option<PersonId>,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What a link opens, for whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Whom it is for; nobody yet at set-up.
    pub person: Option<Person>,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A stored text in several languages.
pub(crate) fn local_text(json: &str) -> Result<LocalText, OfficeError> {
    serde_json::from_str(json).map_err(|_| OfficeError::Corrupt { what: "a name" })
}

/// A person by id.
pub(crate) async fn load(conn: &mut Conn, id: PersonId) -> Result<Option<Person>, OfficeError> {
    match sql::by_id(conn, id.0).await? {
        Some(row) => Ok(Some(person_from(conn, row).await?)),
        None => Ok(None),
    }
}

/// The people of a role, by name.
pub(crate) async fn of_role(conn: &mut Conn, role: Role) -> Result<Vec<Person>, OfficeError> {
    let rows = sql::list(conn, Some(role.as_str()), None).await?;
    rows.into_iter()
        .map(|row| read_person(row, Vec::new()))
        .collect()
}

/// What the devices of a person are told about them.
pub(crate) async fn profile(
    conn: &mut Conn,
    id: PersonId,
    now: Timestamp,
) -> Result<Option<Profile>, OfficeError> {
    let Some(person) = load(conn, id).await? else {
        return Ok(None);
    };
    let engagements = if person.role == Role::Agent {
        engagements::load(conn, id).await?
    } else {
        Vec::new()
    };
    Ok(Some(person.profile(engagements, now)))
}

async fn person_from(conn: &mut Conn, row: PersonRow) -> Result<Person, OfficeError> {
    let cooperatives = if row.role == Role::Cooperative.as_str() {
        sql::cooperatives_of(conn, row.id).await?
    } else {
        Vec::new()
    };
    read_person(
        row,
        cooperatives
            .into_iter()
            .map(|(id,)| CooperativeId(id))
            .collect(),
    )
}

fn read_person(row: PersonRow, cooperatives: Vec<CooperativeId>) -> Result<Person, OfficeError> {
    Ok(Person {
        id: PersonId(row.id),
        role: Role::from_name(&row.role).ok_or(OfficeError::Corrupt { what: "a role" })?,
        name: local_text(&row.name)?,
        login: row.login,
        phone: row.phone.as_deref().and_then(|phone| phone.parse().ok()),
        language: row.language,
        cooperatives,
        has_joined: row.password_hash.is_some(),
        deactivated_at: row.deactivated_at.map(Timestamp),
        created_at: Timestamp(row.created_at),
    })
}

/// The action needed to manage somebody of that role.
pub const fn managing(role: Role) -> Action {
    match role {
        Role::Agent | Role::Cooperative => Action::ManagePeople,
        Role::Manager | Role::Administrator => Action::ManageOffice,
    }
}

/// What people type to name their account, folded to one form.
fn account_key(typed: &str) -> String {
    match typed.parse::<PhoneNumber>() {
        Ok(phone) => phone.as_e164().to_owned(),
        Err(_) => typed.trim().to_lowercase(),
    }
}

impl Office {
    /// Who a session token belongs to, if the session is open and the person active: what every
    /// route but sync asks.
    pub async fn session(&self, token: &Token) -> Result<Option<Session>, OfficeError> {
        Ok(self
            .session_for_sync(token)
            .await?
            .filter(|session| session.may_read))
    }

    /// Who a session token belongs to, also when it was revoked: a device may always hand over what
    /// it holds ([`Session::may_read`] tells whether it may be given anything).
    pub async fn session_for_sync(&self, token: &Token) -> Result<Option<Session>, OfficeError> {
        let hash = token.hash();
        let now = self.now();
        let mut conn = self.db.read().await?;
        let Some(row) = sql::session_of(&mut conn, &hash)
            .await?
            .filter(|row| row.expires_at > now.0)
        else {
            return Ok(None);
        };
        let person = person_from(&mut conn, row.person).await?;
        drop(conn);
        let may_read = row.revoked_at.is_none() && person.deactivated_at.is_none();
        if may_read && now.0 - row.last_used_at >= USE_NOTED_EVERY_MS {
            let noted = self.write_within(
                Patience::until(Instant::now() + self.shared.use_noted_within),
                Needs::default(),
                (hash.clone(), now),
                |(hash, now), work| {
                    Box::pin(async move {
                        let expires_at = now.plus_days(SESSION_DAYS).0;
                        sql::use_session(&mut work.conn, hash, now.0, expires_at).await?;
                        Ok(())
                    })
                },
            );
            match noted.await {
                // Who only reads is not kept from it by a disk that is full or slow: the next request notes it.
                Ok(()) | Err(OfficeError::Busy) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(Session {
            person,
            device: row.device_id.map(DeviceId),
            may_read,
            may_act: may_read,
            token_hash: Some(hash),
        }))
    }

    /// Who a device belongs to that shows its own key, for as long as the key is known: it may hand over
    /// what it holds, and is given nothing to read.
    pub async fn session_of_device(
        &self,
        device: DeviceId,
        key: &DeviceKey,
    ) -> Result<Option<Session>, OfficeError> {
        let mut conn = self.db.read().await?;
        let shown = key.hash();
        let Some(row) = crate::devices::sql::by_id(&mut conn, device.0)
            .await?
            // Hashes of random texts: how soon two of them differ tells nothing.
            .filter(|row| row.key_hash.as_deref() == Some(&shown))
        else {
            return Ok(None);
        };
        let Some(person) = load(&mut conn, PersonId(row.person_id)).await? else {
            return Ok(None);
        };
        Ok(Some(Session {
            may_act: person.deactivated_at.is_none(),
            person,
            device: Some(device),
            may_read: false,
            token_hash: None,
        }))
    }

    /// Opens a session for a name (or telephone number) and password. `label` is what the browser
    /// calls itself.
    ///
    /// A wrong name, a wrong password and a deactivated account are told in the same words and take
    /// the same time; wrong attempts are counted by what was typed, whether or not it names anybody.
    pub async fn sign_in(
        &self,
        typed: &str,
        password: &str,
        label: &str,
    ) -> Result<Opened, SignInError> {
        let account = account_key(&typed.chars().take(200).collect::<String>());
        let now = self.now();
        self.count_attempt(&account, now).await?;
        let mut conn = self.db.read().await.map_err(SignInError::Office)?;
        let row = match typed.parse::<PhoneNumber>() {
            Ok(phone) => sql::by_phone(&mut conn, phone.as_e164()).await,
            Err(_) => sql::by_login(&mut conn, &account).await,
        };
        let row = row
            .map_err(OfficeError::from)?
            .filter(|row| row.deactivated_at.is_none());
        drop(conn);
        let hash = row.as_ref().and_then(|row| row.password_hash.as_deref());
        let fits = password::fits(password, hash).await;
        match row {
            Some(row) if fits => {
                let opened = self
                    .write(
                        (row.id, account, label.to_owned()),
                        |(person, account, label), work| {
                            Box::pin(async move {
                                sql::forget_failure(&mut work.conn, account).await?;
                                open_session(work, PersonId(*person), label).await
                            })
                        },
                    )
                    .await?;
                Ok(opened)
            }
            _ => Err(SignInError::Wrong),
        }
    }

    /// Counts an attempt before it is looked at, so that many at once cannot slip through together.
    async fn count_attempt(&self, account: &str, now: Timestamp) -> Result<(), SignInError> {
        let again_at = self
            .write((account.to_owned(), now), |(account, now), work| {
                Box::pin(async move {
                    let (failures, first_at, locked_until) = sql::failure(&mut work.conn, account)
                        .await?
                        .unwrap_or((0, now.0, 0));
                    if locked_until > now.0 {
                        return Ok(Some(Timestamp(locked_until)));
                    }
                    let (failures, first_at) = if now.0 - first_at > FAILURE_WINDOW_MS {
                        (0, now.0)
                    } else {
                        (failures, first_at)
                    };
                    let failures = failures + 1;
                    let locked_until = if failures >= FAILURES_MAX {
                        now.0 + FAILURE_WINDOW_MS
                    } else {
                        0
                    };
                    // The window begins anew when the rest is over.
                    let failures = if locked_until > 0 { 0 } else { failures };
                    sql::put_failure(&mut work.conn, account, failures, first_at, locked_until)
                        .await?;
                    Ok(None)
                })
            })
            .await?;
        again_at.map_or(Ok(()), |again_at| Err(SignInError::TooMany { again_at }))
    }

    /// Opens a session without a password: for the command line, simulations and tests. Whoever can
    /// call this holds the database.
    pub async fn open_session(&self, person: PersonId, label: &str) -> Result<Opened, OfficeError> {
        self.write((person, label.to_owned()), |(person, label), work| {
            Box::pin(open_session(work, *person, label))
        })
        .await
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &Token) -> Result<(), OfficeError> {
        self.write(token.hash(), |hash, work| {
            Box::pin(async move {
                sql::end_session(&mut work.conn, hash).await?;
                Ok(())
            })
        })
        .await
    }

    /// A person's open sessions: one's own, or anybody's for those who manage them.
    pub async fn sessions(
        &self,
        actor: &Actor,
        person: PersonId,
    ) -> Result<Vec<SessionSummary>, OfficeError> {
        self.require_self_or_manager(actor, person).await?;
        let mut conn = self.db.read().await?;
        let rows = sql::sessions_of(&mut conn, person.0).await?;
        Ok(rows
            .into_iter()
            .map(|row| SessionSummary {
                id: token::hex(&row.token_hash),
                label: row.label,
                device: row.device_id.map(DeviceId),
                created_at: Timestamp(row.created_at),
                last_used_at: Timestamp(row.last_used_at),
            })
            .collect())
    }

    /// Revokes a session by the id that [`Office::sessions`] lists.
    pub async fn revoke_session(&self, actor: &Actor, id: &str) -> Result<(), OfficeError> {
        let hash = token::unhex(id).ok_or(OfficeError::NotFound)?;
        let mut conn = self.db.read().await?;
        let row = sql::session(&mut conn, &hash)
            .await?
            .ok_or(OfficeError::NotFound)?;
        drop(conn);
        self.require_self_or_manager(actor, PersonId(row.person_id))
            .await
            .map_err(hidden)?;
        self.write(
            (
                actor.person,
                hash,
                row.person_id,
                row.device_id.map(DeviceId),
            ),
            |(by, hash, person, device), work| {
                Box::pin(async move {
                    let now = work.now.0;
                    sql::revoke_session(&mut work.conn, hash, now).await?;
                    if let Some(device) = device {
                        forget_key(work, *device).await?;
                    }
                    work.audit(
                        Some(*by),
                        None,
                        "session_revoked",
                        person.to_string(),
                        String::new(),
                    );
                    Ok(())
                })
            },
        )
        .await
    }

    /// People, all or of one role, by part of a name or telephone number.
    pub async fn people(
        &self,
        actor: &Actor,
        role: Option<Role>,
        typed: &str,
    ) -> Result<Vec<Person>, OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        let mut conn = self.db.read().await?;
        let folded = text::search_key(typed);
        let pattern = (!folded.is_empty()).then(|| crate::customers::like_pattern(&folded));
        let rows = sql::list(&mut conn, role.map(Role::as_str), pattern.as_deref()).await?;
        let mut cooperatives: BTreeMap<i64, Vec<CooperativeId>> = BTreeMap::new();
        for (person, cooperative) in sql::all_cooperatives(&mut conn).await? {
            cooperatives
                .entry(person)
                .or_default()
                .push(CooperativeId(cooperative));
        }
        rows.into_iter()
            .map(|row| {
                let of_person = cooperatives.remove(&row.id).unwrap_or_default();
                read_person(row, of_person)
            })
            .collect()
    }

    /// One person: oneself, or anybody for those who manage people.
    pub async fn person(&self, actor: &Actor, id: PersonId) -> Result<Person, OfficeError> {
        if id != actor.person {
            self.require(actor, Action::ManagePeople)?;
        }
        let mut conn = self.db.read().await?;
        load(&mut conn, id).await?.ok_or(OfficeError::NotFound)
    }

    /// Invites somebody: makes their account and a link by which they choose a password.
    pub async fn invite(&self, actor: &Actor, details: PersonDetails) -> Result<Link, OfficeError> {
        self.require(actor, managing(details.role))?;
        self.write((actor.person, details), |(by, details), work| {
            Box::pin(async move {
                let id = add_person(work, Some(*by), details, None).await?;
                issue_link(work, Some(*by), LinkPurpose::Invitation, Some(id)).await
            })
        })
        .await
    }

    /// Makes a new link for somebody: an invitation again when they have not joined, else one by
    /// which they choose a new password. Links made before become worthless. What their phone holds
    /// is not touched.
    pub async fn issue_link(&self, actor: &Actor, person: PersonId) -> Result<Link, OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        self.write((actor.clone(), person), |(actor, person), work| {
            Box::pin(async move {
                let known = managed(work, actor, *person).await?;
                let purpose = if known.password_hash.is_some() {
                    LinkPurpose::NewPassword
                } else {
                    LinkPurpose::Invitation
                };
                issue_link(work, Some(actor.person), purpose, Some(*person)).await
            })
        })
        .await
    }

    /// What a link opens: nothing when it was used, is too old or never was.
    pub async fn link(&self, token: &Token) -> Result<LinkView, OfficeError> {
        let now = self.now();
        let mut conn = self.db.read().await?;
        let row = sql::link(&mut conn, &token.hash())
            .await?
            .filter(|row| row.used_at.is_none() && row.expires_at > now.0)
            .ok_or(OfficeError::NotFound)?;
        let purpose =
            LinkPurpose::from_name(&row.purpose).ok_or(OfficeError::Corrupt { what: "a link" })?;
        let person = match row.person_id {
            Some(id) => Some(
                load(&mut conn, PersonId(id))
                    .await?
                    .filter(|person| person.deactivated_at.is_none())
                    .ok_or(OfficeError::NotFound)?,
            ),
            None => None,
        };
        Ok(LinkView {
            purpose,
            person,
            expires_at: Timestamp(row.expires_at),
        })
    }

    /// Joins, or chooses a new password, by a link: uses it up, ends every other session of the
    /// person and opens one.
    pub async fn join(
        &self,
        token: &Token,
        password: &str,
        label: &str,
    ) -> Result<Opened, OfficeError> {
        password::check(password)?;
        let view = self.link(token).await?;
        if view.person.is_none() {
            return Err(OfficeError::NotFound);
        }
        let hash = password::hash(password).await.ok_or(OfficeError::Busy)?;
        self.write(
            (token.hash(), hash, label.to_owned()),
            |(token_hash, password_hash, label), work| {
                Box::pin(async move {
                    let person = use_up_link(work, token_hash)
                        .await?
                        .ok_or(OfficeError::NotFound)?;
                    sql::set_password(&mut work.conn, person.0, password_hash).await?;
                    lock_out(work, person).await?;
                    work.audit(
                        Some(person),
                        None,
                        "password_chosen",
                        person.to_string(),
                        String::new(),
                    );
                    open_session(work, person, label).await
                })
            },
        )
        .await
    }

    /// A one-time token for the first administrator, while there is none; it replaces those before.
    pub async fn set_up_token(&self) -> Result<Option<Token>, OfficeError> {
        self.write((), |(), work| {
            Box::pin(async move {
                if sql::count_of_role(&mut work.conn, Role::Administrator.as_str()).await? > 0 {
                    return Ok(None);
                }
                sql::forget_set_up_links(&mut work.conn).await?;
                Ok(Some(
                    issue_link(work, None, LinkPurpose::SetUp, None)
                        .await?
                        .token,
                ))
            })
        })
        .await
    }

    /// Makes the first administrator by the token of [`Office::set_up_token`].
    pub async fn set_up(
        &self,
        token: &Token,
        details: PersonDetails,
        password: &str,
        label: &str,
    ) -> Result<Opened, OfficeError> {
        password::check(password)?;
        let view = self.link(token).await?;
        if view.purpose != LinkPurpose::SetUp {
            return Err(OfficeError::NotFound);
        }
        let hash = password::hash(password).await.ok_or(OfficeError::Busy)?;
        let details = PersonDetails {
            role: Role::Administrator,
            cooperatives: Vec::new(),
            ..details
        };
        self.write(
            (token.hash(), details, hash, label.to_owned()),
            |(token_hash, details, password_hash, label), work| {
                Box::pin(async move {
                    use_up_link(work, token_hash).await?;
                    // Somebody may have been made administrator from the command line meanwhile.
                    if sql::count_of_role(&mut work.conn, Role::Administrator.as_str()).await? > 0 {
                        return Err(OfficeError::NotFound);
                    }
                    let person = add_person(work, None, details, Some(password_hash)).await?;
                    open_session(work, person, label).await
                })
            },
        )
        .await
    }

    /// Makes a person with a password at once: for the command line and the demo company. Whoever
    /// can call this holds the database.
    pub async fn add_person_with_password(
        &self,
        details: PersonDetails,
        password: &str,
    ) -> Result<PersonId, OfficeError> {
        password::check(password)?;
        let hash = password::hash(password).await.ok_or(OfficeError::Busy)?;
        self.write((details, hash), |(details, hash), work| {
            Box::pin(add_person(work, None, details, Some(hash)))
        })
        .await
    }

    /// Corrects a person's details. Nobody changes their own role, nor one they may not manage. With
    /// another role their sessions and links end: whoever holds an old one must not rise with it.
    pub async fn change_person(
        &self,
        actor: &Actor,
        id: PersonId,
        details: PersonDetails,
    ) -> Result<(), OfficeError> {
        self.require(actor, managing(details.role))?;
        self.write(
            (actor.clone(), id, details),
            |(actor, id, details), work| Box::pin(change_person(work, actor, *id, details)),
        )
        .await
    }

    /// Puts a person out, or in again. Their sessions end; what their phones still hold may be handed
    /// over and waits for a person to look at it.
    pub async fn set_active(
        &self,
        actor: &Actor,
        id: PersonId,
        active: bool,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        if id == actor.person {
            return Err(OfficeError::NotAllowed);
        }
        self.write((actor.clone(), id, active), |(actor, id, active), work| {
            Box::pin(async move {
                let row = managed(work, actor, *id).await?;
                let now = work.now.0;
                let deactivated_at = if *active {
                    None
                } else {
                    row.deactivated_at.or(Some(now))
                };
                sql::put(
                    &mut work.conn,
                    &PersonRow {
                        deactivated_at,
                        ..row
                    },
                )
                .await?;
                if !active {
                    sql::revoke_sessions_of(&mut work.conn, id.0, now).await?;
                    sql::forget_links_of(&mut work.conn, id.0).await?;
                }
                let action = if *active {
                    "person_activated"
                } else {
                    "person_deactivated"
                };
                work.audit(
                    Some(actor.person),
                    None,
                    action,
                    id.to_string(),
                    String::new(),
                );
                Ok(())
            })
        })
        .await
    }

    /// Forgets sessions and failed sign-ins that have run out: run it now and then.
    pub async fn forget_expired(&self) -> Result<(), OfficeError> {
        self.write((), |(), work| {
            Box::pin(async move {
                let now = work.now;
                // Kept a while after they end, so that a phone found again can still hand over.
                sql::forget_expired_sessions(&mut work.conn, now.plus_days(-SESSION_DAYS).0)
                    .await?;
                sql::forget_old_failures(&mut work.conn, now.0 - FAILURE_WINDOW_MS).await?;
                Ok(())
            })
        })
        .await
    }

    pub(crate) async fn require_self_or_manager(
        &self,
        actor: &Actor,
        person: PersonId,
    ) -> Result<(), OfficeError> {
        if person == actor.person {
            return Ok(());
        }
        let mut conn = self.db.read().await?;
        let known = load(&mut conn, person)
            .await?
            .ok_or(OfficeError::NotFound)?;
        self.require(actor, managing(known.role))
    }
}

/// Ties a session to the device that syncs by it, so that revoking the device ends the session.
pub(crate) async fn bind_session(
    work: &mut Work,
    token_hash: &[u8],
    device: DeviceId,
) -> Result<(), OfficeError> {
    sql::bind_session(&mut work.conn, token_hash, device.0).await?;
    Ok(())
}

/// Ends what was opened for a person, by whomever: their sessions, and the keys of their devices.
async fn lock_out(work: &mut Work, person: PersonId) -> Result<(), OfficeError> {
    sql::revoke_sessions_of(&mut work.conn, person.0, work.now.0).await?;
    for device in crate::devices::sql::of_person(&mut work.conn, person.0).await? {
        forget_key(work, DeviceId(device.id)).await?;
    }
    Ok(())
}

/// From now on the device hands over in a session of its person alone, which tells its key anew.
async fn forget_key(work: &mut Work, device: DeviceId) -> Result<(), OfficeError> {
    if let Some(row) = work.device(device).await?.cloned() {
        work.put_device(DeviceRow {
            key_hash: None,
            ..row
        });
    }
    Ok(())
}

async fn open_session(
    work: &mut Work,
    person: PersonId,
    label: &str,
) -> Result<Opened, OfficeError> {
    let person = load(&mut work.conn, person)
        .await?
        .ok_or(OfficeError::NotFound)?;
    let token = Token::random();
    let now = work.now;
    let expires_at = now.plus_days(SESSION_DAYS);
    let row = SessionRow {
        token_hash: token.hash(),
        person_id: person.id.0,
        device_id: None,
        label: label
            .chars()
            .filter(|letter| !letter.is_control())
            .take(120)
            .collect(),
        created_at: now.0,
        last_used_at: now.0,
        expires_at: expires_at.0,
        revoked_at: None,
    };
    sql::add_session(&mut work.conn, &row).await?;
    Ok(Opened {
        token,
        expires_at,
        person,
    })
}

async fn issue_link(
    work: &mut Work,
    by: Option<PersonId>,
    purpose: LinkPurpose,
    person: Option<PersonId>,
) -> Result<Link, OfficeError> {
    if let Some(person) = person {
        sql::forget_links_of(&mut work.conn, person.0).await?;
    }
    let token = Token::random();
    let expires_at = work.now.plus_hours(LINK_HOURS);
    let row = LinkRow {
        token_hash: token.hash(),
        purpose: purpose.as_str().to_owned(),
        person_id: person.map(|person| person.0),
        issued_by: by.map(|by| by.0),
        issued_at: work.now.0,
        expires_at: expires_at.0,
        used_at: None,
    };
    sql::add_link(&mut work.conn, &row).await?;
    let subject = person.map_or_else(String::new, |person| person.to_string());
    work.audit(
        by,
        None,
        "link_issued",
        subject,
        purpose.as_str().to_owned(),
    );
    Ok(Link {
        token,
        person,
        expires_at,
    })
}

/// Uses a link up: fails when it was used, is too old or never was, also when two use it at once.
async fn use_up_link(work: &mut Work, token_hash: &[u8]) -> Result<Option<PersonId>, OfficeError> {
    let now = work.now.0;
    let row = sql::link(&mut work.conn, token_hash)
        .await?
        .filter(|row| row.used_at.is_none() && row.expires_at > now)
        .ok_or(OfficeError::NotFound)?;
    sql::use_link(&mut work.conn, token_hash, now).await?;
    Ok(row.person_id.map(PersonId))
}

/// Makes a person.
pub(crate) async fn add_person(
    work: &mut Work,
    by: Option<PersonId>,
    details: &PersonDetails,
    password_hash: Option<&str>,
) -> Result<PersonId, OfficeError> {
    let id = PersonId(sql::last_id(&mut work.conn).await? + 1);
    put_person(
        work,
        id,
        details,
        password_hash.map(str::to_owned),
        None,
        work.now,
    )
    .await?;
    work.audit(by, None, "person_added", id.to_string(), powers(details));
    Ok(id)
}

async fn put_person(
    work: &mut Work,
    id: PersonId,
    details: &PersonDetails,
    password_hash: Option<String>,
    deactivated_at: Option<i64>,
    created_at: Timestamp,
) -> Result<(), OfficeError> {
    let mut name = BTreeMap::new();
    for (language, text) in &details.name.0 {
        name.insert(language.clone(), text::clean_name("name", text)?);
    }
    if name.is_empty() {
        return Err(Refusal::FieldMissing {
            field: "name".to_owned(),
        }
        .into());
    }
    let login = details
        .login
        .as_deref()
        .map(str::trim)
        .filter(|login| !login.is_empty())
        .map(str::to_lowercase);
    if login.as_deref().is_some_and(|login| {
        login.chars().count() > 120
            || login.contains(char::is_whitespace)
            || login.parse::<PhoneNumber>().is_ok()
    }) {
        return Err(invalid("login"));
    }
    if login.is_none() && details.phone.is_none() {
        return Err(Refusal::FieldMissing {
            field: "phone".to_owned(),
        }
        .into());
    }
    if details.role == Role::Cooperative && details.cooperatives.is_empty() {
        return Err(Refusal::FieldMissing {
            field: "cooperatives".to_owned(),
        }
        .into());
    }
    let phone = details
        .phone
        .as_ref()
        .map(|phone| phone.as_e164().to_owned());
    if let Some(login) = &login
        && sql::by_login(&mut work.conn, login)
            .await?
            .is_some_and(|taken| taken.id != id.0)
    {
        return Err(OfficeError::Conflict { field: "login" });
    }
    if let Some(phone) = &phone
        && sql::by_phone(&mut work.conn, phone)
            .await?
            .is_some_and(|taken| taken.id != id.0)
    {
        return Err(OfficeError::Conflict { field: "phone" });
    }
    let searched: Vec<&str> = name
        .values()
        .map(String::as_str)
        .chain(login.as_deref())
        .chain(phone.as_deref())
        .collect();
    let row = PersonRow {
        id: id.0,
        role: details.role.as_str().to_owned(),
        search_key: text::search_key(&searched.join(" ")),
        name: crate::catalogue::write_json(&LocalText(name))?,
        login,
        phone,
        language: details.language.clone(),
        password_hash,
        deactivated_at,
        created_at: created_at.0,
    };
    sql::put(&mut work.conn, &row).await?;
    set_cooperatives(work, id, details).await?;
    work.changed(&Scope::Person(id), Kind::Profile, String::new());
    Ok(())
}

/// Gives and takes cooperatives. Orders that come into or leave the person's sight are told to their
/// devices: a cursor alone would never look back at them.
async fn set_cooperatives(
    work: &mut Work,
    id: PersonId,
    details: &PersonDetails,
) -> Result<(), OfficeError> {
    let wanted: BTreeSet<i64> = if details.role == Role::Cooperative {
        details
            .cooperatives
            .iter()
            .map(|cooperative| cooperative.0)
            .collect()
    } else {
        BTreeSet::new()
    };
    let had: BTreeSet<i64> = sql::cooperatives_of(&mut work.conn, id.0)
        .await?
        .into_iter()
        .map(|(cooperative,)| cooperative)
        .collect();
    let catalogue = work.catalogue().await?;
    for cooperative in had.difference(&wanted) {
        sql::remove_cooperative(&mut work.conn, id.0, *cooperative).await?;
        for (order,) in sql::orders_of_cooperative(&mut work.conn, *cooperative).await? {
            work.removed(&Scope::Person(id), Kind::Order, order.to_string());
        }
    }
    for cooperative in wanted.difference(&had) {
        catalogue
            .cooperative(CooperativeId(*cooperative))
            .ok_or_else(|| invalid("cooperatives"))?;
        sql::add_cooperative(&mut work.conn, id.0, *cooperative).await?;
    }
    // An order of a cooperative that was lost may be one of another that stays.
    for cooperative in &wanted {
        if wanted == had {
            break;
        }
        for (order,) in sql::orders_of_cooperative(&mut work.conn, *cooperative).await? {
            work.changed(&Scope::Person(id), Kind::Order, order.to_string());
        }
    }
    Ok(())
}

async fn change_person(
    work: &mut Work,
    actor: &Actor,
    id: PersonId,
    details: &PersonDetails,
) -> Result<(), OfficeError> {
    let row = managed(work, actor, id).await?;
    let has_new_role = row.role != details.role.as_str();
    if id == actor.person && has_new_role {
        return Err(OfficeError::NotAllowed);
    }
    put_person(
        work,
        id,
        details,
        row.password_hash,
        row.deactivated_at,
        Timestamp(row.created_at),
    )
    .await?;
    if has_new_role {
        sql::forget_links_of(&mut work.conn, id.0).await?;
        lock_out(work, id).await?;
    }
    work.audit(
        Some(actor.person),
        None,
        "person_changed",
        id.to_string(),
        powers(details),
    );
    Ok(())
}

/// Somebody whom the actor may manage, as this transaction sees them.
async fn managed(work: &mut Work, actor: &Actor, id: PersonId) -> Result<PersonRow, OfficeError> {
    let row = sql::by_id(&mut work.conn, id.0)
        .await?
        .ok_or(OfficeError::NotFound)?;
    let role = Role::from_name(&row.role).ok_or(OfficeError::Corrupt { what: "a role" })?;
    if can(Some(actor), managing(role), Subject::Anything) {
        Ok(row)
    } else {
        Err(OfficeError::NotAllowed)
    }
}

/// What decides on what somebody may see, do and earn, for the audit trail.
fn powers(details: &PersonDetails) -> String {
    let mut powers = details.role.as_str().to_owned();
    if details.role == Role::Cooperative {
        for cooperative in &details.cooperatives {
            powers.push_str(&format!(", cooperative {cooperative}"));
        }
    }
    powers
}
