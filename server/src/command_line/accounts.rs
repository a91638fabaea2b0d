//! `taswiq migrate | user … | device …`: what whoever holds the database may do without a browser.

use std::io::Read;
use std::sync::Arc;

use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_backend::people::{LinkPurpose, Person, PersonDetails};
use taswiq_backend::{Office, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::ids::{CooperativeId, PersonId};
use taswiq_domain::person::Role;

use super::{CommandError, Database, Device, SealingKey, User, say};
use crate::entrance::{details, link_path};

/// Opens the database and brings its tables up to date.
///
/// # Errors
/// When it cannot be opened or is newer than this program.
pub async fn open(database: &Database, clock: Arc<dyn Clock>) -> Result<Office, CommandError> {
    Ok(Office::open(&database.database, clock, Options::default()).await?)
}

/// `taswiq migrate`: opening is all it takes.
///
/// # Errors
/// When it cannot be opened or is newer than this program.
pub async fn migrate(database: Database) -> Result<(), CommandError> {
    let office = open(&database, Arc::new(SystemClock)).await?;
    office.close().await;
    Ok(say("the tables are up to date")?)
}

/// `taswiq user …`
///
/// # Errors
/// When the office refuses.
pub async fn user(command: User) -> Result<(), CommandError> {
    match command {
        User::Create {
            database,
            role,
            name,
            login,
            cooperative,
            password_from_stdin,
            origin,
        } => {
            let role = Role::from_name(&role).ok_or_else(|| {
                CommandError::Argument(format!(
                    "{role} is no role: administrator, manager, agent or cooperative"
                ))
            })?;
            let details = PersonDetails {
                cooperatives: cooperative.into_iter().map(CooperativeId).collect(),
                ..details(role, "fr", &name, &login)
            };
            let office = open(&database, Arc::new(SystemClock)).await?;
            create(&office, details, password_from_stdin, &origin).await?;
            office.close().await;
        }
        User::List { database } => {
            let office = open(&database, Arc::new(SystemClock)).await?;
            for person in office.people(&console(), None, "").await? {
                let state = match (person.deactivated_at, person.has_joined) {
                    (Some(_), _) => "out",
                    (None, true) => "in",
                    (None, false) => "invited",
                };
                let name = person.name.get("fr");
                say(&format!(
                    "{:<14} {:<8} {:<28} {name}",
                    person.role.as_str(),
                    state,
                    login_of(&person)
                ))?;
            }
            office.close().await;
        }
        User::ResetPassword {
            database,
            login,
            origin,
        } => {
            let office = open(&database, Arc::new(SystemClock)).await?;
            let by = administrator(&office).await?;
            let wanted = details(Role::Agent, "fr", "", &login);
            let person = office
                .people(&console(), None, "")
                .await?
                .into_iter()
                .find(|person| {
                    let same_login = wanted.login.as_deref().map(str::to_lowercase) == person.login;
                    (wanted.phone.is_some() && wanted.phone == person.phone)
                        || (wanted.login.is_some() && same_login)
                })
                .ok_or_else(|| CommandError::Argument(format!("nobody signs in with {login}")))?;
            let link = office.issue_link(&by, person.id).await?;
            let purpose = if person.has_joined {
                LinkPurpose::NewPassword
            } else {
                LinkPurpose::Invitation
            };
            say(&format!("{origin}{}", link_path(purpose, &link.token)))?;
            office.close().await;
        }
    }
    Ok(())
}

async fn create(
    office: &Office,
    details: PersonDetails,
    password_from_stdin: bool,
    origin: &str,
) -> Result<(), CommandError> {
    if password_from_stdin {
        let mut password = String::new();
        std::io::stdin().lock().read_to_string(&mut password)?;
        let password = password.trim_end_matches(['\r', '\n']);
        let id = office.add_person_with_password(details, password).await?;
        return Ok(say(&format!("person {id} may sign in"))?);
    }
    let by = administrator(office).await?;
    let link = office.invite(&by, details).await?;
    say(&format!(
        "{origin}{}",
        link_path(LinkPurpose::Invitation, &link.token)
    ))?;
    Ok(())
}

/// `taswiq device …`
///
/// # Errors
/// When the office refuses.
pub async fn device(command: Device) -> Result<(), CommandError> {
    match command {
        Device::List { database } => {
            let office = open(&database, Arc::new(SystemClock)).await?;
            for device in office.devices(&console(), None).await? {
                let state = if device.revoked_at.is_some() {
                    "revoked"
                } else {
                    ""
                };
                let (waiting, minutes) = (
                    device.waiting.commands,
                    ago_minutes(device.last_contact_at.0),
                );
                say(&format!(
                    "{}  person {:<6} {waiting:>4} waiting  heard of {minutes} min ago  {state}",
                    device.id, device.person
                ))?;
            }
            office.close().await;
        }
        Device::Revoke { database, device } => {
            let office = open(&database, Arc::new(SystemClock)).await?;
            let by = administrator(&office).await?;
            office.revoke_device(&by, device).await?;
            say("revoked: what it still holds may be handed over, it reads nothing any more")?;
            office.close().await;
        }
    }
    Ok(())
}

/// `taswiq sealing-key …`
///
/// # Errors
/// When the office refuses.
pub async fn sealing_key(command: SealingKey) -> Result<(), CommandError> {
    let SealingKey::Renew(database) = command;
    let office = open(&database, Arc::new(SystemClock)).await?;
    let by = administrator(&office).await?;
    office.renew_sealing_key(&by).await?;
    office.close().await;
    Ok(say(
        "renewed: start the server again, and each phone hears of it when it syncs",
    )?)
}

fn ago_minutes(at_ms: i64) -> i64 {
    (SystemClock.now().0 - at_ms) / 60_000
}

/// Whoever holds the database may read it.
pub fn console() -> Actor {
    Actor {
        person: PersonId(0),
        role: Role::Administrator,
        cooperatives: Vec::new(),
    }
}

/// In whose name the console changes something: the audit trail names a person.
async fn administrator(office: &Office) -> Result<Actor, CommandError> {
    office
        .people(&console(), Some(Role::Administrator), "")
        .await?
        .into_iter()
        .find(|person| person.deactivated_at.is_none())
        .map(|person| person.actor())
        .ok_or_else(|| {
            CommandError::Argument(
                "there is no administrator yet: start `taswiq serve` and open the address it prints"
                    .to_owned(),
            )
        })
}

fn login_of(person: &Person) -> String {
    let phone = person
        .phone
        .as_ref()
        .map(|phone| phone.as_e164().to_owned());
    person.login.clone().or(phone).unwrap_or_default()
}
