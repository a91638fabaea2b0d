//! The badge that tells, in plain words, how much is still on this phone.

use super::Phone;
use crate::route::{Coop, Field, Route};
use crate::ui;
use crate::words::time;
use leptos::prelude::*;
use taswiq_offline::{Phase, Status};

/// The badge, as a link to the page that tells all.
pub fn badge(phone: Phone) -> AnyView {
    (move || {
        let status = phone.status();
        let (tone, icon, words) = look(phone, &status);
        ui::status_bar(
            tone,
            icon,
            words,
            sync_page(&phone.route.get_untracked()).to_string(),
        )
    })
    .into_any()
}

/// The page of what is on this phone, in the area of `here`.
pub fn sync_page(here: &Route) -> Route {
    match here {
        Route::Field(_) => Field::Sync.into(),
        Route::Coop(_) => Coop::Sync.into(),
    }
}

/// Tone, icon and words of how the device stands.
pub fn look(phone: Phone, status: &Status) -> (&'static str, &'static str, String) {
    let words = phone.words;
    let waiting = status.waiting as usize;
    if status.parked > 0 && !matches!(status.phase, Phase::Sending { total: 1.., .. }) {
        return (
            "trouble",
            "warning",
            words.badge_to_correct(status.parked as usize),
        );
    }
    match status.phase {
        Phase::Sending { done, total } if total > 0 => {
            let sending = (done + 1).min(total);
            (
                "news",
                "sync",
                words.badge_sending(&sending.to_string(), &total.to_string()),
            )
        }
        Phase::SignInAgain => ("trouble", "key", words.badge_sign_in().to_owned()),
        Phase::NotAccepted => ("trouble", "warning", words.badge_not_accepted().to_owned()),
        Phase::StoreTrouble => ("trouble", "warning", words.badge_store_trouble().to_owned()),
        Phase::Offline if waiting > 0 => {
            ("waiting", "cloud-off", words.badge_offline_waiting(waiting))
        }
        Phase::Offline => ("waiting", "cloud-off", words.badge_offline().to_owned()),
        Phase::Busy | Phase::Idle | Phase::Sending { .. } if waiting > 0 => {
            ("waiting", "cloud-up", words.badge_waiting(waiting))
        }
        Phase::Busy => ("waiting", "clock", words.badge_busy().to_owned()),
        Phase::Idle | Phase::Sending { .. } => match status.last_sync {
            Some(at) => (
                "done",
                "cloud-done",
                words.badge_all_sent(&time(at, phone.offset())),
            ),
            None => ("", "cloud", words.badge_never().to_owned()),
        },
    }
}
