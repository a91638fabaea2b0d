//! The web server of Taswiq: routes, rendered pages, security headers, command line.
//!
//! Read [`routes`] first: it lists every address and who may use it. [`frame`] is what stands around
//! them all, [`failure`] is how anything that goes wrong becomes an answer. What is decided and
//! remembered is `taswiq_backend`'s, what a person sees is `taswiq_app`'s; here is HTTP and nothing
//! else.

pub mod api;
pub mod command_line;
pub mod entrance;
pub mod failure;
pub mod files;
pub mod frame;
pub mod guesses;
pub mod hand_over;
pub mod headers;
pub mod listen;
pub mod office;
pub mod openapi;
pub mod origin;
pub mod routes;
pub mod secret;
pub mod session;
pub mod settings;
pub mod site;
pub mod statements;
pub mod test_clock;
pub mod turns;
pub mod visit;

use std::sync::Arc;

use taswiq_backend::Office;
use taswiq_backend::clock::{Clock, ShiftedClock};
use taswiq_domain::time::Timestamp;
use tokio::sync::{Semaphore, watch};

use api::answers::Answers;
use guesses::Guesses;
use settings::Settings;
use site::Site;
use turns::Turns;

/// Open pages that are told when something changed. Each costs a few kilobytes.
const LIVE_PLACES: usize = 4_096;
/// What every request needs.
pub struct Server {
    /// What is decided and remembered.
    pub office: Office,
    /// What the build made.
    pub site: Site,
    /// How this server is reached.
    pub settings: Settings,
    /// The clock a test may move.
    pub test_clock: Option<Arc<ShiftedClock>>,
    /// Turns true when the server stops.
    pub stop: watch::Receiver<bool>,
    /// Who guessed how often.
    pub guesses: Guesses,
    /// Whose turn it is to sync.
    pub turns: Arc<Turns>,
    /// What syncs are answered with.
    pub answers: Answers,
    /// Open pages that may still be told of changes.
    pub live_places: Arc<Semaphore>,
    /// Hand-over files that may still be opened.
    pub hand_over_places: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

impl Server {
    /// Puts the parts together. `clock` is the office's own; `test_clock` is the same when a test may
    /// move it.
    pub fn new(
        office: Office,
        site: Site,
        settings: Settings,
        clock: Arc<dyn Clock>,
        test_clock: Option<Arc<ShiftedClock>>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let assets = site.assets();
        taswiq_app::ui::set_sprites(&assets.url("icons.svg"), &assets.url("drawings.svg"));
        Self {
            office,
            site,
            settings,
            test_clock,
            stop,
            guesses: Guesses::default(),
            turns: Arc::default(),
            answers: Answers::default(),
            live_places: Arc::new(Semaphore::new(LIVE_PLACES)),
            hand_over_places: Arc::new(Semaphore::new(hand_over::PLACES)),
            clock,
        }
    }

    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
