//! What the screens of the phone's areas stand on: the device, the language, the address, and the
//! one way in which a person's act is saved.
//!
//! Screens read the device within a closure that [`Phone::device`] makes depend on it, so they show
//! what is stored and nothing else; no screen ever waits for the network.
//!
//! Something is stored whenever the server has answered. What a person types into is therefore never
//! made within such a closure, or what was typed would be gone: it is read once by
//! [`Phone::device_now`], or made anew only when what it is about has changed.

pub mod badge;
pub mod browser;
mod hand_over;
mod lock;
pub mod notices;
mod opening;
mod others;
pub mod payment;
pub mod pin;
pub mod settings;
pub mod sync_page;

use crate::route::Route;
use crate::ui::{Snackbar, Undo};
use crate::words::Words;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use std::sync::Arc;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::ids::CommandId;
use taswiq_domain::sync::CommandBody;
use taswiq_domain::time::{Calendar, CivilDate, FixedOffset, Timestamp};
use taswiq_offline::driver::browser::{Sync as CatchingUp, ask_to_keep};
use taswiq_offline::store::PhoneStore;
use taswiq_offline::{ActError, Status, UndoError};

/// The device as screens hold it.
pub type Device = taswiq_offline::Device<PhoneStore>;

pub use opening::start;

/// How acts leave the phone.
enum Saving {
    /// When they can no longer be taken back.
    Held,
    /// At once; the draft that led to them is over.
    EndOf(&'static str),
}

/// A handle to everything a screen needs. Copied freely into closures.
#[derive(Clone, Copy)]
pub struct Phone {
    /// The sentences. A screen is made anew when the language changes.
    pub words: Words,
    /// Says what was just done.
    pub snackbar: Snackbar,
    device: StoredValue<Device, LocalStorage>,
    syncing: StoredValue<CatchingUp, LocalStorage>,
    stored: RwSignal<u32>,
    /// Which catalogue is stored: a closure that prints a product's name has nothing to do with the rest.
    catalogue: Memo<(i64, usize)>,
    status: RwSignal<u32>,
    minute: RwSignal<u32>,
    /// How many acts of others wait on this phone.
    left_by_others: RwSignal<u32>,
    route: RwSignal<Route>,
    language: RwSignal<Words>,
    /// Whether the browser was asked to keep what is stored.
    asked_to_keep: StoredValue<bool>,
}

impl Phone {
    /// The device, for a closure that is to run again whenever something was stored.
    pub fn device(self) -> Device {
        self.stored.track();
        self.device.get_value()
    }

    /// The device, for something that is done once.
    pub fn device_now(self) -> Device {
        self.device.get_value()
    }

    /// What can be sold, for a closure that is to run again when it changes, and at nothing else: what
    /// is typed meanwhile outlives whatever is stored.
    pub fn catalogue(self) -> Rc<Catalogue> {
        self.catalogue.track();
        self.device.with_value(Device::catalogue)
    }

    /// How the device stands, for a closure that is to run again when it changes.
    pub fn status(self) -> Status {
        self.status.track();
        self.stored.track();
        self.device.with_value(Device::status)
    }

    /// How many acts wait on this phone that other people have left on it.
    pub fn left_by_others(self) -> u32 {
        self.left_by_others.get()
    }

    /// Where the person is.
    pub fn route(self) -> Route {
        self.route.get()
    }

    /// Goes to another screen.
    pub fn go(self, route: impl Into<Route>) {
        browser::push(&route.into(), self.route);
    }

    /// Goes to another screen that takes the place of this one: coming back does not lead here.
    pub fn replace(self, route: impl Into<Route>) {
        browser::replace(&route.into(), self.route);
    }

    /// What to print times with.
    pub fn offset(self) -> FixedOffset {
        self.device.with_value(Device::calendar)
    }

    /// The moment, by the phone's clock corrected by the server's.
    pub fn now(self) -> Timestamp {
        self.device
            .with_value(|device| device.corrected(browser::now()))
    }

    /// The moment, for a closure that is to run again every minute: a page stays open over midnight, and
    /// a clock that was wrong is put right.
    pub fn this_minute(self) -> Timestamp {
        self.minute.track();
        self.now()
    }

    /// Lets everything that goes by the minute run again now.
    pub fn look_at_the_clock(self) {
        self.minute.update(|count| *count = count.wrapping_add(1));
    }

    /// The civil date, by the corrected clock.
    pub fn today(self) -> CivilDate {
        self.offset().date_at(self.now())
    }

    /// Names the page for the browser and for those who listen.
    pub fn title(self, title: &str) {
        browser::set_title(title);
    }

    /// Asks the server now.
    pub fn sync_now(self) {
        self.syncing.with_value(CatchingUp::request);
    }

    /// Locks every page of this phone.
    pub fn lock(self) {
        self.syncing.with_value(CatchingUp::lock_others);
        browser::begin_again();
    }

    /// Does something that can be taken back, and goes on with `done` once it is safe. What a rule
    /// says no to is said aloud, and nothing has happened then.
    pub fn act(self, body: CommandBody, done: impl FnOnce(CommandId) + 'static) {
        let id = browser::new_command_id();
        self.act_together(vec![(id, body)], move || done(id));
    }

    /// Several such acts as one.
    pub fn act_together(self, acts: Vec<(CommandId, CommandBody)>, done: impl FnOnce() + 'static) {
        // Boxed, so that saving is compiled once and not for every act.
        let over = move |is_saved| {
            if is_saved {
                done();
            }
        };
        self.save(acts, Saving::Held, Box::new(over));
    }

    /// What ends a draft: several acts as one, which leave at once. `over` hears whether it is saved.
    pub fn act_all(
        self,
        acts: Vec<(CommandId, CommandBody)>,
        draft: &'static str,
        over: impl FnOnce(bool) + 'static,
    ) {
        self.save(acts, Saving::EndOf(draft), Box::new(over));
    }

    fn save(
        self,
        acts: Vec<(CommandId, CommandBody)>,
        saving: Saving,
        over: Box<dyn FnOnce(bool)>,
    ) {
        let device = self.device_now();
        spawn_local(async move {
            let now = browser::now();
            let saved = match saving {
                Saving::Held => device.act_all_held(acts, now).await,
                Saving::EndOf(draft) => device.act_all(acts, now, Some(draft)).await,
            };
            match saved {
                Ok(()) => {
                    self.ask_to_keep();
                    over(true);
                }
                Err(error) => {
                    self.say_refused(&error);
                    over(false);
                }
            }
        });
    }

    /// Once something is saved there is something to keep: only now is the browser asked to, and once.
    fn ask_to_keep(self) {
        if !self.asked_to_keep.get_value() {
            self.asked_to_keep.set_value(true);
            spawn_local(async {
                ask_to_keep().await;
            });
        }
    }

    /// Keeps what `read` gives as the draft of that key, for as long as the page lives: saved after
    /// every change of what it reads, gone where it gives nothing. While one save is on its way the
    /// next ones are one.
    pub fn keep(self, key: &'static str, read: impl Fn() -> Option<String> + 'static) {
        let is_saving = StoredValue::new(false);
        let next = StoredValue::new(None::<Option<String>>);
        Effect::new(move |before: Option<()>| {
            let now = read();
            // The first run only sees what was just read.
            if before.is_none() {
                return;
            }
            next.set_value(Some(now));
            if !is_saving.get_value() {
                is_saving.set_value(true);
                spawn_local(async move {
                    while let Some(draft) = next.try_update_value(Option::take).flatten() {
                        self.save_draft(key, draft).await;
                    }
                    is_saving.set_value(false);
                });
            }
        });
    }

    async fn save_draft(self, key: &'static str, draft: Option<String>) {
        let device = self.device_now();
        let saved = match draft {
            Some(draft) => device.save_draft(key, draft, browser::now()).await,
            None => device.discard_draft(key).await,
        };
        if let Err(error) = saved {
            self.snackbar
                .say(notices::store_trouble(self.words, &error));
        }
    }

    /// Does a parked command again, mended. `over` hears whether it is saved.
    pub fn reissue(
        self,
        parked: CommandId,
        body: CommandBody,
        id: CommandId,
        over: impl FnOnce(bool) + 'static,
    ) {
        let device = self.device_now();
        spawn_local(async move {
            let done = device.reissue(parked, body, id, browser::now()).await;
            if let Err(error) = &done {
                self.say_refused(error);
            }
            over(done.is_ok());
        });
    }

    /// Takes a command off the "to correct" list.
    pub fn discard_parked(self, id: CommandId) {
        let device = self.device_now();
        spawn_local(async move {
            if let Err(error) = device.discard_parked(id).await {
                self.say_refused(&error);
            }
        });
    }

    /// Says that something is saved, and offers to take it back. Meanwhile it is kept on the phone, so
    /// that it really can be.
    pub fn say_done(self, said: impl Into<String>, id: CommandId) {
        self.say_all_done(said, vec![id], || {});
    }

    /// The same of several acts; `back` is called when all were taken back.
    pub fn say_all_done(
        self,
        said: impl Into<String>,
        ids: Vec<CommandId>,
        back: impl Fn() + Send + Sync + 'static,
    ) {
        let Some(first) = ids.first().copied() else {
            return;
        };
        let back: Arc<dyn Fn() + Send + Sync> = Arc::new(back);
        let undo = Undo {
            works: Arc::new(move || self.device().is_held(first)),
            back: Arc::new(move || self.take_back(ids.clone(), Arc::clone(&back))),
            lapsed: Arc::new(move || {
                let device = self.device_now();
                // Unless the next act has taken its place.
                if device.is_held(first) {
                    device.let_go();
                }
            }),
        };
        self.snackbar.say_with_undo(said, undo);
    }

    fn take_back(self, ids: Vec<CommandId>, back: Arc<dyn Fn() + Send + Sync>) {
        let device = self.device_now();
        spawn_local(async move {
            // Only the last command can be taken back, so the last one goes first.
            for id in ids.iter().rev() {
                if let Err(error) = device.undo(*id).await {
                    // It is still done, and so it goes its way.
                    device.let_go();
                    return self.snackbar.say(match &error {
                        UndoError::Store(error) => notices::store_trouble(self.words, error),
                        UndoError::AlreadySent | UndoError::NotTheLast => {
                            self.words.phone_undo_too_late()
                        }
                    });
                }
            }
            back();
            self.snackbar.say(self.words.phone_undone());
        });
    }

    /// Says why something was not done.
    pub fn say_refused(self, error: &ActError) {
        self.snackbar.say(self.refused(error));
    }

    /// Why something was not done, in words.
    pub fn refused(self, error: &ActError) -> String {
        match error {
            ActError::Refused(refusal) => {
                let catalogue = self.device.with_value(Device::catalogue);
                self.words.refusal(refusal, &catalogue, &self.offset())
            }
            ActError::NotReady => self.words.phone_not_ready().to_owned(),
            ActError::NotParked => self.words.phone_not_parked().to_owned(),
            ActError::Store(error) => notices::store_trouble(self.words, error).to_owned(),
        }
    }
}

/// Sentences, dates and the like in the language of the page.
impl Phone {
    /// `22 novembre, 10:41`
    pub fn moment(self, moment: Timestamp) -> String {
        self.words.moment(moment, self.offset())
    }

    /// `aujourd’hui`, `hier` or the date.
    pub fn day(self, date: CivilDate) -> String {
        self.words.date_from(date, self.today())
    }
}
