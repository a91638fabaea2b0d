//! How the screens begin: who holds this phone, what it remembers of them, and which area they are in.

use super::others::Others;
use super::{CatchingUp, Device, Phone, browser, lock, notices};
use crate::route::Route;
use crate::ui::{self, Snackbar};
use crate::words::Words;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use taswiq_domain::device_key::DeviceKey;
use taswiq_domain::ids::{DeviceId, PersonId};
use taswiq_domain::person::Role;
use taswiq_offline::driver::browser::{is_signed_in, keep_trace, trace_of, turn};
use taswiq_offline::engine::POLL_MS;
use taswiq_offline::phone::{self as remembered, Holder};
use taswiq_offline::store::indexed_db::{FREE, TAKEN_OVER};
use taswiq_offline::store::{IndexedDb, PhoneStore, StoreError};
use taswiq_offline::{Changed, OpenError, Phase};

/// The cookie by which the server says who signed in. It proves nothing, and opens only what this
/// phone already holds.
pub const PERSON_COOKIE: &str = "taswiq_person";

/// Permanent: installed phones know no other.
const SYNC_ADDRESS: &str = "/api/v1/sync";

/// How often what depends on the hour is looked at again.
const MINUTE: Duration = Duration::from_secs(60);

/// What this phone holds.
enum Found {
    /// Nobody is signed in on it.
    Nobody,
    /// A store that cannot be read.
    Trouble(StoreError),
    /// Somebody's store that asks for its PIN.
    Locked(PhoneStore, PersonId),
    /// What somebody did, and how it leaves.
    Somebody(Device, CatchingUp),
}

/// What is shown.
#[derive(Clone)]
enum Shown {
    Nobody,
    Trouble(StoreError),
    Locked(Opening),
    Open(
        StoredValue<Device, LocalStorage>,
        StoredValue<CatchingUp, LocalStorage>,
    ),
}

/// A store that is locked, and how it goes on when it is not any more.
#[derive(Clone)]
pub(super) struct Opening {
    store: PhoneStore,
    person: PersonId,
    build: Rc<str>,
    opened: Rc<dyn Fn(Device, CatchingUp)>,
}

impl Opening {
    /// What is locked.
    pub(super) fn store(&self) -> &PhoneStore {
        &self.store
    }

    /// Goes on with what is open now.
    pub(super) async fn go_on(&self) -> Result<(), StoreError> {
        let begun = begin(self.store.clone(), self.person, &self.build).await;
        let (device, syncing) = begun.map_err(store_error)?;
        (self.opened)(device, syncing);
        Ok(())
    }
}

/// Starts the screens with the sentences of the page's language. It is over when the first screen
/// stands; until then the page shows what it showed. Each step is a turn of its own, so that a slow
/// phone hears a finger between them.
///
/// # Errors
/// When the sentences cannot be read; the page then says that it could not open.
pub async fn start(locale: &str) -> Result<(), String> {
    let words = Words::load(locale).map_err(|error| error.to_string())?;
    let shell = browser::shell();
    let asset = |name: &str| shell.assets.get(name).map_or("", String::as_str);
    ui::set_sprites(asset("icons.svg"), asset("drawings.svg"));
    turn().await;
    // When the page that was in the way has let go, this one begins again, by itself.
    browser::on_window(FREE, browser::reload);
    let (found, others) = find(&shell.build).await;
    if !matches!(found, Found::Somebody(..)) {
        browser::tell("taswiq:settled");
    }
    turn().await;
    mount_to_body(move || root(words, found, others, &shell.build));
    Ok(())
}

fn root(words: Words, found: Found, others: Vec<PersonId>, build: &str) -> impl IntoView + use<> {
    let route = RwSignal::new(
        Route::parse(&browser::address()).unwrap_or(Route::Field(crate::route::Field::Today)),
    );
    let language = RwSignal::new(words);
    let (stored, status) = (RwSignal::new(0_u32), RwSignal::new(0_u32));
    let minute = RwSignal::new(0_u32);
    set_interval(
        move || minute.update(|count| *count = count.wrapping_add(1)),
        MINUTE,
    );
    let snackbar = Snackbar::new();
    let left_by_others = RwSignal::new(0);
    let others = Others::new(others, left_by_others, SYNC_ADDRESS, build);
    others.hand_over();
    for event in ["online", "taswiq:sync"] {
        let again = Rc::clone(&others);
        browser::on_window(event, move || again.hand_over());
    }
    browser::follow_links(route);
    let is_taken_over = RwSignal::new(false);
    browser::on_window(TAKEN_OVER, move || is_taken_over.set(true));
    let asked_to_keep = StoredValue::new(false);
    let again = Rc::clone(&others);
    let open = move |device: Device, syncing: CatchingUp| {
        let others = Rc::clone(&others);
        others.all_but(device.person());
        lock::guard(device.store().clone());
        let told_of = device.clone();
        device.on_change(move |changed| match changed {
            Changed::Saved | Changed::Refreshed => {
                stored.update(|count| *count = count.wrapping_add(1))
            }
            Changed::Status => {
                status.update(|count| *count = count.wrapping_add(1));
                others.hand_over_after(told_of.status().phase);
            }
        });
        Shown::Open(
            StoredValue::new_local(device),
            StoredValue::new_local(syncing),
        )
    };
    let shown = match found {
        Found::Somebody(device, syncing) => RwSignal::new_local(open(device, syncing)),
        Found::Nobody => RwSignal::new_local(Shown::Nobody),
        Found::Trouble(error) => RwSignal::new_local(Shown::Trouble(error)),
        Found::Locked(store, person) => {
            let shown = RwSignal::new_local(Shown::Nobody);
            // Nobody's own exchange tells that the server answers: it is tried now and then.
            let minute = Duration::from_millis(POLL_MS);
            let trying = set_interval_with_handle(move || again.hand_over(), minute).ok();
            let opened = Rc::new(move |device, syncing| {
                if let Some(trying) = trying {
                    trying.clear();
                }
                shown.set(open(device, syncing));
            });
            let build = build.into();
            shown.set(Shown::Locked(Opening {
                store,
                person,
                build,
                opened,
            }));
            shown
        }
    };
    move || {
        let words = language.get();
        match shown.get() {
            Shown::Nobody => notices::nobody(words, &route.get(), left_by_others),
            Shown::Trouble(error) => notices::store_broken(words, &error),
            // What was typed lies in the store as a draft.
            Shown::Locked(_) | Shown::Open(..) if is_taken_over.get() => {
                notices::store_broken(words, &StoreError::TakenOver)
            }
            Shown::Locked(opening) => lock::screen(words, opening, left_by_others),
            Shown::Open(device, syncing) => area(Phone {
                words,
                snackbar,
                device,
                syncing,
                stored,
                catalogue: catalogue(device, stored),
                status,
                minute,
                left_by_others,
                route,
                language,
                asked_to_keep,
            }),
        }
    }
}

/// Which catalogue the device has: its revision, and which copy of it. A server that was restored may
/// give the same number twice.
fn catalogue(
    device: StoredValue<Device, LocalStorage>,
    stored: RwSignal<u32>,
) -> Memo<(i64, usize)> {
    Memo::new(move |_| {
        stored.track();
        let catalogue = device.with_value(Device::catalogue);
        (catalogue.revision, Rc::as_ptr(&catalogue) as usize)
    })
}

/// The area the address is in. A person of another area is shown to theirs.
fn area(phone: Phone) -> AnyView {
    let making = crate::field::making(phone);
    let desk = crate::cooperative::desk(phone);
    let role = Memo::new(move |_| phone.device().profile().map(|profile| profile.role));
    Effect::new(move |_| match (role.get(), phone.route()) {
        (Some(Role::Cooperative), Route::Field(_)) => phone.replace(crate::route::Coop::default()),
        (Some(Role::Agent), Route::Coop(_)) => phone.replace(crate::route::Field::Today),
        _ => {}
    });
    let screen = move || {
        let (route, role) = (phone.route(), role.get());
        // A screen is made anew when it is another one. What it shows of the device it follows by itself.
        untrack(|| match (route, role) {
            (_, Some(Role::Manager | Role::Administrator)) => notices::office(phone.words),
            (_, None) => notices::first_contact(phone),
            (Route::Field(field), _) => crate::field::screen(phone, making, field),
            (Route::Coop(coop), _) => crate::cooperative::screen(desk, coop),
        })
    };
    view! { {screen}{ui::snackbar(phone.words, phone.snackbar)} }.into_any()
}

/// Who holds the phone, and who else ever did.
async fn find(build: &str) -> (Found, Vec<PersonId>) {
    let mut others = Vec::new();
    let found = match try_find(build, &mut others).await {
        Ok(found) => found,
        Err(error) => Found::Trouble(store_error(error)),
    };
    (found, others)
}

fn store_error(error: OpenError) -> StoreError {
    match error {
        OpenError::Store(error) => error,
        // A database that is named after one person and kept by another is a broken one.
        OpenError::AnotherPerson(person) => StoreError::Unavailable {
            detail: person.to_string(),
        },
    }
}

async fn try_find(build: &str, others: &mut Vec<PersonId>) -> Result<Found, OpenError> {
    // Where it fails the store opens as well as ever.
    let _ = IndexedDb::begin_new_log().await;
    let own = IndexedDb::open(remembered::DATABASE).await?;
    let phone = remembered::Phone::read(&own).await?;
    let signed_in = browser::cookie(PERSON_COOKIE)
        .and_then(|number| number.parse().ok())
        .map(PersonId);
    others.clone_from(&phone.people);
    // Without a network or a session the last person works on: the server is asked later.
    let Some(person) = signed_in.or(phone.holder.as_ref().map(|holder| holder.person)) else {
        return Ok(Found::Nobody);
    };
    others.retain(|other| *other != person);
    let store = PhoneStore::open_database(&remembered::database_of(person)).await?;
    if store.is_pin_forgotten() {
        let has_session = has_session_of(&store, person, build).await;
        if has_session == Some(true) {
            store.begin_afresh().await?;
        }
    }
    if store.is_locked() {
        // What waits leaves as another's would.
        others.push(person);
        return Ok(Found::Locked(store, person));
    }
    let (device, syncing) = begin(store, person, build).await?;
    Ok(Found::Somebody(device, syncing))
}

/// Whether the server knows a session of whoever's store is locked; nothing when it is not reached.
pub(super) async fn has_session(opening: &Opening) -> Option<bool> {
    has_session_of(&opening.store, opening.person, &opening.build).await
}

async fn has_session_of(store: &PhoneStore, person: PersonId, build: &str) -> Option<bool> {
    let new_device = DeviceId(browser::new_uuid());
    let device = Device::open_after(store.clone(), person, new_device, trace_of(person)).await;
    is_signed_in(device.ok()?, SYNC_ADDRESS, build).await
}

/// What somebody has on this phone, who holds it from here on.
async fn begin(
    store: PhoneStore,
    person: PersonId,
    build: &str,
) -> Result<(Device, CatchingUp), OpenError> {
    let new_device = DeviceId(browser::new_uuid());
    let device = Device::open_after(store, person, new_device, trace_of(person)).await?;
    keep_trace(&device);
    // On a full phone it goes on without one, and takes one when there is room.
    drop(
        device
            .take_key(&DeviceKey::from_random(&browser::random()))
            .await,
    );
    let own = IndexedDb::open(remembered::DATABASE).await?;
    let mut phone = remembered::Phone::read(&own).await?;
    if phone
        .holder
        .as_ref()
        .is_none_or(|holder| holder.person != person)
    {
        let role = device.profile().map_or(Role::Agent, |profile| profile.role);
        phone.taken_by(Holder { person, role });
        phone.write(&own).await?;
    }
    tell_when_settled(&device);
    let syncing = taswiq_offline::driver::browser::start(device.clone(), SYNC_ADDRESS, build);
    Ok((device, syncing))
}

/// Tells the page's first script when the first word with the server is over, one way or another: then
/// what nobody waits for may begin.
fn tell_when_settled(device: &Device) {
    let (told_of, has_asked) = (device.clone(), Cell::new(false));
    device.on_change(move |changed| {
        if changed == Changed::Status {
            match told_of.status().phase {
                Phase::Sending { .. } => has_asked.set(true),
                Phase::Idle if !has_asked.get() => {}
                _ => browser::tell("taswiq:settled"),
            }
        }
    });
}

/// Forgets who holds this phone. What they have not sent stays in their database, sealed, until they
/// sign in again.
pub(super) async fn forget_holder() {
    browser::set_cookie(PERSON_COOKIE, "");
    if let Ok(own) = IndexedDb::open(remembered::DATABASE).await
        && let Ok(mut phone) = remembered::Phone::read(&own).await
    {
        phone.holder = None;
        // If it cannot be written the cookie is gone all the same, and the server asks again.
        drop(phone.write(&own).await);
    }
}
