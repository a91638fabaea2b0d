//! Passwords: argon2id, off the async threads, a few at a time.
//!
//! Checking one takes 19 MB and tens of milliseconds on purpose, so only as many run at once as the
//! machine can bear; a crowd at the door waits instead of filling the memory.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use std::sync::LazyLock;
use taswiq_domain::Refusal;
use tokio::sync::Semaphore;

/// The shortest password, in characters.
pub const PASSWORD_CHARACTERS_MIN: usize = 8;
/// The longest, so that nobody makes the server hash a book.
pub const PASSWORD_CHARACTERS_MAX: usize = 200;

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// The hash of a password that nobody has: compared with when there is no account, so that it takes
/// as long to be told "no" as with one.
static NOBODYS: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// Refuses a password that is too short or absurdly long.
pub fn check(password: &str) -> Result<(), Refusal> {
    match password.chars().count() {
        0..PASSWORD_CHARACTERS_MIN => Err(Refusal::FieldInvalid {
            field: "password".to_owned(),
        }),
        PASSWORD_CHARACTERS_MIN..=PASSWORD_CHARACTERS_MAX => Ok(()),
        _ => Err(Refusal::FieldTooLong {
            field: "password".to_owned(),
            characters_max: PASSWORD_CHARACTERS_MAX,
        }),
    }
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .ok()
        .map(|hash| hash.to_string())
}

/// The hash to store, salted. Nothing when the machine failed to make it.
pub async fn hash(password: &str) -> Option<String> {
    let password = password.to_owned();
    let _turn = AT_ONCE.acquire().await.ok()?;
    tokio::task::spawn_blocking(move || hash_now(&password))
        .await
        .ok()
        .flatten()
}

/// Whether the password fits the hash. Takes as long when there is no hash.
pub async fn fits(password: &str, hash: Option<&str>) -> bool {
    let password: String = password.chars().take(PASSWORD_CHARACTERS_MAX + 1).collect();
    let given = hash.map(str::to_owned);
    let Ok(_turn) = AT_ONCE.acquire().await else {
        return false;
    };
    let compared = tokio::task::spawn_blocking(move || {
        let stored = given.as_deref().unwrap_or(&NOBODYS);
        let same = PasswordHash::new(stored).is_ok_and(|stored| {
            Argon2::default()
                .verify_password(password.as_bytes(), &stored)
                .is_ok()
        });
        same && given.is_some()
    });
    compared.await.unwrap_or(false)
}
