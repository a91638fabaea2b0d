//! How often somebody may guess: by account, by address and in all.
//!
//! Ten wrong passwords a minute for one account are more than a thumb needs and far too few for a
//! machine. The count is kept before the password is looked at, so that guesses sent at once are
//! counted at once, and given back when it was right. Memory is bounded: when the table is full of
//! fresh guesses everybody waits, which is what the limit for all says anyway.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use taswiq_domain::time::Timestamp;

/// Guesses at one account in a minute.
const PER_ACCOUNT: u32 = 10;
/// Guesses from one address in a minute: an office or a whole mobile network may share one.
const PER_ADDRESS: u32 = 60;
/// Guesses in all in a minute: each costs tens of milliseconds of hashing.
const IN_ALL: u32 = 600;
const WINDOW_MS: i64 = 60_000;
/// Accounts and addresses remembered at once.
const KEPT_MAX: usize = 20_000;

/// What a guess is counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(String),
    All,
}

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    guesses: u32,
}

/// The guesses of the last minute.
#[derive(Default)]
pub struct Guesses {
    windows: Mutex<HashMap<Key, Window>>,
}

impl Guesses {
    /// Counts a guess at `account` (folded, so that case and spaces make no new account) from
    /// `address`.
    ///
    /// # Errors
    /// The seconds to wait, when there were too many. Such a guess is not evaluated.
    pub fn count(&self, account: &str, address: &str, now: Timestamp) -> Result<(), u32> {
        let keys = keys(account, address);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() + keys.len() > KEPT_MAX {
            windows.retain(|_, window| !is_over(window, now));
            if windows.len() + keys.len() > KEPT_MAX {
                return Err(60);
            }
        }
        for (key, most) in &keys {
            if let Some(window) = windows.get(key)
                && !is_over(window, now)
                && window.guesses >= *most
            {
                let left_ms = window.began.plus_ms(WINDOW_MS).0 - now.0;
                return Err(u32::try_from(left_ms / 1000 + 1).unwrap_or(60));
            }
        }
        for (key, _) in keys {
            let window = windows.entry(key).or_insert(Window {
                began: now,
                guesses: 0,
            });
            if is_over(window, now) {
                *window = Window {
                    began: now,
                    guesses: 0,
                };
            }
            window.guesses += 1;
        }
        Ok(())
    }

    /// Gives back the guess that was right.
    pub fn was_right(&self, account: &str, address: &str) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in keys(account, address) {
            if let Some(window) = windows.get_mut(&key) {
                window.guesses = window.guesses.saturating_sub(1);
            }
        }
    }
}

fn keys(account: &str, address: &str) -> [(Key, u32); 3] {
    let folded: String = account
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .flat_map(char::to_lowercase)
        .take(120)
        .collect();
    [
        (Key::Account(folded), PER_ACCOUNT),
        (Key::Address(address.to_owned()), PER_ADDRESS),
        (Key::All, IN_ALL),
    ]
}

fn is_over(window: &Window, now: Timestamp) -> bool {
    now.0 - window.began.0 >= WINDOW_MS || now < window.began
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_348_800_000);

    #[test]
    fn fault_26_of_ten_thousand_guesses_at_an_account_ten_a_minute_are_evaluated() {
        let guesses = Guesses::default();
        let evaluated = (0..10_000)
            .filter(|number| {
                let address = format!("10.0.{}.{}", number / 250, number % 250);
                let written = ["fatima", "Fatima ", "FATIMA"][number % 3];
                guesses.count(written, &address, NOON).is_ok()
            })
            .count();
        assert_eq!(evaluated, 10);
        assert!(guesses.count("fatima", "x", NOON.plus_ms(59_999)).is_err());
        assert!(guesses.count("fatima", "x", NOON.plus_ms(60_000)).is_ok());
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let guesses = Guesses::default();
        let evaluated = (0..1_000)
            .filter(|number| guesses.count(&format!("agent{number}"), "a", NOON).is_ok())
            .count();
        assert_eq!(evaluated, 60);
    }

    #[test]
    fn many_addresses_cannot_try_every_account_either() {
        let guesses = Guesses::default();
        let evaluated = (0..30_000)
            .filter(|number| {
                guesses
                    .count(&format!("agent{number}"), &format!("a{number}"), NOON)
                    .is_ok()
            })
            .count();
        assert_eq!(evaluated, 600);
    }

    #[test]
    fn who_knows_the_password_is_never_made_to_wait() {
        let guesses = Guesses::default();
        for _ in 0..1_000 {
            assert_eq!(guesses.count("nadia", "a", NOON), Ok(()));
            guesses.was_right("nadia", "a");
        }
    }
}
