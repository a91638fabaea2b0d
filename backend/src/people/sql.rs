//! Statements of people, their sessions, links and failed sign-ins.

use crate::db::{Conn, execute, fetch_all, fetch_one, fetch_optional};
use uuid::Uuid;

/// A person as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonRow {
    pub id: i64,
    pub role: String,
    pub name: String,
    pub search_key: String,
    pub login: Option<String>,
    pub phone: Option<String>,
    pub language: String,
    pub password_hash: Option<String>,
    pub deactivated_at: Option<i64>,
    pub created_at: i64,
}

/// A session with whom it belongs to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    pub token_hash: Vec<u8>,
    pub person_id: i64,
    pub device_id: Option<Uuid>,
    pub label: String,
    pub created_at: i64,
    pub last_used_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
}

/// Whose a session is, and what is asked of it at each request.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionOfRow {
    #[sqlx(flatten)]
    pub person: PersonRow,
    pub device_id: Option<Uuid>,
    pub last_used_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
}

/// A link as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct LinkRow {
    pub token_hash: Vec<u8>,
    pub purpose: String,
    pub person_id: Option<i64>,
    pub issued_by: Option<i64>,
    pub issued_at: i64,
    pub expires_at: i64,
    pub used_at: Option<i64>,
}

macro_rules! select_people {
    ($tail:literal) => {
        concat!("SELECT id, role, name, search_key, login, phone, language, password_hash, deactivated_at, created_at FROM person ", $tail)
    };
}

pub async fn by_id(conn: &mut Conn, id: i64) -> Result<Option<PersonRow>, sqlx::Error> {
    fetch_optional!(conn, PersonRow, select_people!("WHERE id = $1"), id)
}

pub async fn by_login(conn: &mut Conn, login: &str) -> Result<Option<PersonRow>, sqlx::Error> {
    fetch_optional!(conn, PersonRow, select_people!("WHERE login = $1"), login)
}

pub async fn by_phone(conn: &mut Conn, phone: &str) -> Result<Option<PersonRow>, sqlx::Error> {
    fetch_optional!(conn, PersonRow, select_people!("WHERE phone = $1"), phone)
}

pub async fn list(
    conn: &mut Conn,
    role: Option<&str>,
    pattern: Option<&str>,
) -> Result<Vec<PersonRow>, sqlx::Error> {
    fetch_all!(
        conn,
        PersonRow,
        select_people!(
            "WHERE (CAST($1 AS TEXT) IS NULL OR role = $1) AND (CAST($2 AS TEXT) IS NULL OR search_key LIKE $2 ESCAPE '!')
             ORDER BY role, search_key, id LIMIT 5000"
        ),
        role,
        pattern,
    )
}

pub async fn last_id(conn: &mut Conn) -> Result<i64, sqlx::Error> {
    let (id,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COALESCE(MAX(id), 0) AS BIGINT) FROM person"
    )?;
    Ok(id)
}

pub async fn count_of_role(conn: &mut Conn, role: &str) -> Result<i64, sqlx::Error> {
    let (count,) = fetch_one!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM person WHERE role = $1 AND password_hash IS NOT NULL AND deactivated_at IS NULL",
        role,
    )?;
    Ok(count)
}

pub async fn put(conn: &mut Conn, row: &PersonRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO person (id, role, name, search_key, login, phone, language, password_hash, deactivated_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (id) DO UPDATE SET role = excluded.role, name = excluded.name, search_key = excluded.search_key,
             login = excluded.login, phone = excluded.phone, language = excluded.language,
             password_hash = excluded.password_hash, deactivated_at = excluded.deactivated_at",
        row.id,
        row.role.as_str(),
        row.name.as_str(),
        row.search_key.as_str(),
        row.login.as_deref(),
        row.phone.as_deref(),
        row.language.as_str(),
        row.password_hash.as_deref(),
        row.deactivated_at,
        row.created_at,
    )
}

pub async fn set_password(
    conn: &mut Conn,
    id: i64,
    password_hash: &str,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE person SET password_hash = $2 WHERE id = $1",
        id,
        password_hash
    )
}

pub async fn cooperatives_of(conn: &mut Conn, person: i64) -> Result<Vec<(i64,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64,),
        "SELECT cooperative_id FROM person_cooperative WHERE person_id = $1 ORDER BY cooperative_id",
        person
    )
}

pub async fn all_cooperatives(conn: &mut Conn) -> Result<Vec<(i64, i64)>, sqlx::Error> {
    fetch_all!(
        conn,
        (i64, i64),
        "SELECT person_id, cooperative_id FROM person_cooperative ORDER BY person_id, cooperative_id"
    )
}

pub async fn add_cooperative(
    conn: &mut Conn,
    person: i64,
    cooperative: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO person_cooperative (person_id, cooperative_id) VALUES ($1, $2) ON CONFLICT (person_id, cooperative_id) DO NOTHING",
        person,
        cooperative,
    )
}

pub async fn remove_cooperative(
    conn: &mut Conn,
    person: i64,
    cooperative: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM person_cooperative WHERE person_id = $1 AND cooperative_id = $2",
        person,
        cooperative
    )
}

/// The orders that have something of a cooperative.
pub async fn orders_of_cooperative(
    conn: &mut Conn,
    cooperative: i64,
) -> Result<Vec<(Uuid,)>, sqlx::Error> {
    fetch_all!(
        conn,
        (Uuid,),
        "SELECT order_id FROM sub_order WHERE cooperative_id = $1 ORDER BY placed_at, order_id",
        cooperative
    )
}

macro_rules! select_sessions {
    ($tail:literal) => {
        concat!("SELECT token_hash, person_id, device_id, label, created_at, last_used_at, expires_at, revoked_at FROM session ", $tail)
    };
}

pub async fn session(
    conn: &mut Conn,
    token_hash: &[u8],
) -> Result<Option<SessionRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        SessionRow,
        select_sessions!("WHERE token_hash = $1"),
        token_hash
    )
}

/// The same with the person, as one statement: every request asks it.
pub async fn session_of(
    conn: &mut Conn,
    token_hash: &[u8],
) -> Result<Option<SessionOfRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        SessionOfRow,
        "SELECT p.id, p.role, p.name, p.search_key, p.login, p.phone, p.language, p.password_hash, p.deactivated_at,
             p.created_at, s.device_id, s.last_used_at, s.expires_at, s.revoked_at
         FROM session s JOIN person p ON p.id = s.person_id WHERE s.token_hash = $1",
        token_hash
    )
}

pub async fn sessions_of(conn: &mut Conn, person: i64) -> Result<Vec<SessionRow>, sqlx::Error> {
    fetch_all!(
        conn,
        SessionRow,
        select_sessions!("WHERE person_id = $1 AND revoked_at IS NULL ORDER BY last_used_at DESC"),
        person
    )
}

pub async fn add_session(conn: &mut Conn, row: &SessionRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO session (token_hash, person_id, device_id, label, created_at, last_used_at, expires_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.token_hash.as_slice(),
        row.person_id,
        row.device_id,
        row.label.as_str(),
        row.created_at,
        row.last_used_at,
        row.expires_at,
        row.revoked_at,
    )
}

pub async fn use_session(
    conn: &mut Conn,
    token_hash: &[u8],
    at: i64,
    expires_at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE session SET last_used_at = $2, expires_at = $3 WHERE token_hash = $1",
        token_hash,
        at,
        expires_at
    )
}

pub async fn bind_session(
    conn: &mut Conn,
    token_hash: &[u8],
    device: Uuid,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE session SET device_id = $2 WHERE token_hash = $1",
        token_hash,
        device
    )
}

pub async fn end_session(conn: &mut Conn, token_hash: &[u8]) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM session WHERE token_hash = $1",
        token_hash
    )
}

pub async fn revoke_session(
    conn: &mut Conn,
    token_hash: &[u8],
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE session SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash,
        at
    )
}

pub async fn revoke_sessions_of(conn: &mut Conn, person: i64, at: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE session SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL",
        person,
        at
    )
}

pub async fn revoke_sessions_of_device(
    conn: &mut Conn,
    device: Uuid,
    at: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE session SET revoked_at = $2 WHERE device_id = $1 AND revoked_at IS NULL",
        device,
        at
    )
}

pub async fn forget_expired_sessions(conn: &mut Conn, before: i64) -> Result<u64, sqlx::Error> {
    execute!(conn, "DELETE FROM session WHERE expires_at < $1", before)
}

pub async fn link(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<LinkRow>, sqlx::Error> {
    fetch_optional!(
        conn,
        LinkRow,
        "SELECT token_hash, purpose, person_id, issued_by, issued_at, expires_at, used_at FROM link WHERE token_hash = $1",
        token_hash,
    )
}

pub async fn add_link(conn: &mut Conn, row: &LinkRow) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO link (token_hash, purpose, person_id, issued_by, issued_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        row.token_hash.as_slice(),
        row.purpose.as_str(),
        row.person_id,
        row.issued_by,
        row.issued_at,
        row.expires_at,
        row.used_at,
    )
}

pub async fn use_link(conn: &mut Conn, token_hash: &[u8], at: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "UPDATE link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
        token_hash,
        at
    )
}

/// A new link makes those before it worthless.
pub async fn forget_links_of(conn: &mut Conn, person: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM link WHERE person_id = $1 AND used_at IS NULL",
        person
    )
}

pub async fn forget_set_up_links(conn: &mut Conn) -> Result<u64, sqlx::Error> {
    execute!(conn, "DELETE FROM link WHERE person_id IS NULL")
}

pub async fn failure(
    conn: &mut Conn,
    account: &str,
) -> Result<Option<(i64, i64, i64)>, sqlx::Error> {
    fetch_optional!(
        conn,
        (i64, i64, i64),
        "SELECT failures, first_at, locked_until FROM sign_in_failure WHERE account = $1",
        account
    )
}

pub async fn put_failure(
    conn: &mut Conn,
    account: &str,
    failures: i64,
    first_at: i64,
    locked_until: i64,
) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "INSERT INTO sign_in_failure (account, failures, first_at, locked_until) VALUES ($1, $2, $3, $4)
         ON CONFLICT (account) DO UPDATE SET failures = excluded.failures, first_at = excluded.first_at, locked_until = excluded.locked_until",
        account,
        failures,
        first_at,
        locked_until,
    )
}

pub async fn forget_failure(conn: &mut Conn, account: &str) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM sign_in_failure WHERE account = $1",
        account
    )
}

pub async fn forget_old_failures(conn: &mut Conn, before: i64) -> Result<u64, sqlx::Error> {
    execute!(
        conn,
        "DELETE FROM sign_in_failure WHERE first_at < $1 AND locked_until < $1",
        before
    )
}
