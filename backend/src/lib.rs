//! What the office remembers: every use-case of the server and all SQL. No HTTP, no screens.
//!
//! # The office at a glance
//!
//! [`Office`] is the whole public face: cheap to clone, one method for each thing somebody can do.
//! Methods that act for a person take an [`Actor`](taswiq_domain::access::Actor) and ask
//! [`can`](taswiq_domain::access::can) themselves; nothing is left to the caller but to find out who
//! is asking ([`Office::session`]).
//!
//! | topic | methods |
//! |---|---|
//! | start | [`Office::open`], [`Office::close`], [`Office::run_background`], [`Office::changes`], [`Office::set_up_token`] |
//! | signing in | [`Office::sign_in`], [`Office::session`], [`Office::session_for_sync`], [`Office::session_of_device`], [`Office::sign_out`], [`Office::sessions`], [`Office::revoke_session`] |
//! | joining | [`Office::invite`], [`Office::issue_link`], [`Office::link`], [`Office::join`], [`Office::set_up`], [`Office::add_person_with_password`] |
//! | people, devices | [`Office::people`], [`Office::person`], [`Office::change_person`], [`Office::set_active`], [`Office::devices`], [`Office::name_device`], [`Office::revoke_device`], [`Office::note_trouble`] |
//! | terms | [`Office::engagements`], [`Office::publish_engagement`] |
//! | catalogue | [`Office::catalogue`], [`Office::cooperatives`], [`Office::add_cooperative`], [`Office::publish_convention`], [`Office::add_category`], [`Office::add_product`], [`Office::publish_prices`], [`Office::publish_vat`], [`Office::publish_plan`], [`Office::save_plan_draft`], … |
//! | customers | [`Office::customers`], [`Office::move_customers`] |
//! | sync | [`Office::sync`], [`Office::hand_over`], [`Office::sealing_key`] |
//! | lost stores | [`Office::lost_stores`], [`Office::count_lost_stores`], [`Office::close_lost_store`] |
//! | parked commands | [`Office::parked`], [`Office::count_parked`], [`Office::settle_parked`] |
//! | orders | [`Office::orders`], [`Office::order_history`], [`Office::order_known_as`], [`Office::orders_by_progress`], [`Office::record_deposit`], [`Office::soon_written_off`] |
//! | disputes | [`Office::disputes_waiting`], [`Office::disputes_answered`], [`Office::count_disputes`], [`Office::dispute`], [`Office::photo_of_dispute`], [`Office::take_dispute`], [`Office::decide_dispute`], [`Office::decide_dispute_beyond_terms`] |
//! | figures | [`Office::figures`], [`Office::figures_by`], [`Office::overview`], [`Office::unanswered`], [`Office::completeness`], [`Office::balances`], [`Office::entries_of_agent`] |
//! | the ledger | [`Office::correct_entry`], [`Office::recount`] |
//! | months | [`Office::months`], [`Office::month_if_closed_now`], [`Office::close_period`], [`Office::closed_month`], [`Office::statement`] |
//! | paying | [`Office::enter_bank_account`], [`Office::give_advance`], [`Office::publish_tax_terms`], [`Office::prepare_payout`], [`Office::approve_payout`], [`Office::record_payment`] |
//! | trying a plan | [`Office::simulate`], [`Office::start_simulation`], [`Office::simulation`], [`Office::simulations`] |
//! | the clock | [`Office::pass_deadlines`], [`Office::forget_expired`] |
//! | audit | [`Office::audit`] |
//! | many at once | [`Office::check_file`], [`Office::import_file`], [`Office::found_company`], [`Office::bulk_load`] |
//! | copies | [`backup::back_up`], [`backup::restore`]: without an office, for it may be running or not be there; [`Office::renew_epoch`] |
//!
//! Below that face: [`db`] is one SQL text for two databases and the one writer with group commit;
//! `work` is what a writing transaction knows; each topic has its statements in a `sql.rs` beside it.

pub mod audit;
pub mod backup;
pub mod bulk;
pub mod catalogue;
pub mod clock;
pub mod customers;
pub mod db;
pub mod deadlines;
pub mod demo;
pub mod deposits;
pub mod devices;
pub mod disputes;
pub mod engagements;
pub mod error;
pub mod feed;
pub mod figures;
pub mod hand_over;
pub mod import;
pub mod ledger;
pub mod lost_stores;
pub mod orders;
pub mod parked;
pub mod patience;
pub mod people;
pub mod recount;
pub mod rollups;
pub mod settlement;
pub mod simulation;
pub mod sync;
#[cfg(test)]
mod testing;
mod work;

pub use error::{OfficeError, OpenError};
pub use patience::Patience;
pub use work::Changed;

use catalogue::CatalogueCache;
use clock::{Casablanca, Clock};
use db::writer::Writer;
use db::{Db, dialect};
use futures_util::future::BoxFuture;
use hand_over::Keys;
use people::Token;
use std::sync::Arc;
use std::time::Duration;
use taswiq_domain::access::{Action, Actor, Subject, can};
use taswiq_domain::time::Timestamp;
use tokio::sync::broadcast;
use work::{Needs, Shared, Work};

/// Everything the server can do. Clones share one database and one writer.
#[derive(Clone)]
pub struct Office {
    db: Db,
    writer: Writer,
    shared: Arc<Shared>,
}

/// How an office is opened.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Connections that only read.
    pub readers_max: u32,
    /// How long a request waits until it is written down that its session was used: so long at most does a disk
    /// that hangs delay a page.
    pub use_noted_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers_max: 4,
            use_noted_within: Duration::from_millis(250),
        }
    }
}

/// Hints that may wait for a slow listener; it is told that it missed some.
const CHANGES_KEPT: usize = 1_024;
/// How often deadlines are looked at.
const DEADLINES_EVERY: Duration = Duration::from_secs(60);
/// How soon a lost connection to the other processes is taken up again.
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// A name for the life of a database from a restore, or its founding, to the next.
pub(crate) fn random_epoch() -> String {
    Token::random().as_str()[..16].to_owned()
}

impl Office {
    /// Opens the database (`sqlite:path`, a plain path, or `postgres://…`), makes or updates its
    /// tables, and starts the writer. Must be called within a tokio runtime.
    pub async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Self, OpenError> {
        let db = dialect::open(url, options.readers_max).await?;
        dialect::migrate(&db).await?;
        let mut conn = db.write().await?;
        let epoch = random_epoch();
        db::sql::found_office(&mut conn, &epoch, clock.now().0)
            .await
            .map_err(OfficeError::from)?;
        let hand_over_keys = Arc::new(Keys::open(&mut conn, clock.now().0).await?);
        drop(conn);
        let office = Self::on(db, clock, hand_over_keys, options.use_noted_within);
        office.chain_old_transfers().await?;
        Ok(office)
    }

    /// With nothing in memory yet.
    fn on(
        db: Db,
        clock: Arc<dyn Clock>,
        hand_over_keys: Arc<Keys>,
        use_noted_within: Duration,
    ) -> Self {
        let (changes, _) = broadcast::channel(CHANGES_KEPT);
        let shared = Arc::new(Shared {
            clock,
            calendar: Casablanca::default(),
            catalogue: CatalogueCache::default(),
            changes,
            hand_over_keys,
            use_noted_within,
        });
        let writer = Writer::start(db.clone(), Arc::clone(&shared));
        Self { db, writer, shared }
    }

    /// The same as after a start, with that clock and nothing in memory of what was read before, on the
    /// connections that are open. For a program that plays many companies one after the other and puts each
    /// below it: between [`Office::come_to_rest`] and this. It must be a company with the same keys.
    pub fn anew(&self, clock: Arc<dyn Clock>) -> Self {
        Self::on(
            self.db.clone(),
            clock,
            Arc::clone(&self.shared.hand_over_keys),
            self.shared.use_noted_within,
        )
    }

    /// Waits until nothing is under way on any connection; what somebody began and did not end is taken
    /// back. This one writes no more.
    pub async fn come_to_rest(&self) -> Result<(), OfficeError> {
        self.writer.stop();
        self.db.come_to_rest().await
    }

    /// Closes every connection. What was answered is durable anyway.
    pub async fn close(&self) {
        self.writer.stop();
        self.db.close().await;
    }

    /// `sqlite` or `postgres`.
    pub const fn database_name(&self) -> &'static str {
        self.db.name()
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        match self.db.read().await {
            Ok(mut conn) => db::sql::office(&mut conn)
                .await
                .is_ok_and(|office| office.is_some()),
            Err(_) => false,
        }
    }

    /// Now, by the server's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The civil calendar of Morocco, with its time zone database bundled.
    pub fn calendar(&self) -> &Casablanca {
        &self.shared.calendar
    }

    /// Hints that something changed, for open pages to pull: who should look, never the data.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.shared.changes.subscribe()
    }

    /// Does for ever what happens without anybody asking: deadlines, clearing up, hints from other
    /// processes. Spawn it once; dropping it stops it.
    pub async fn run_background(&self) {
        let deadlines = async {
            loop {
                if let Err(error) = self.pass_deadlines().await {
                    tracing::error!(%error, "deadlines were not passed");
                }
                if let Err(error) = self.forget_expired().await {
                    tracing::error!(%error, "expired sessions were not forgotten");
                }
                tokio::time::sleep(DEADLINES_EVERY).await;
            }
        };
        let listening = async {
            loop {
                let heard = dialect::listen(&self.db, |scopes| {
                    // An empty list means "anybody": it is said as such.
                    let _ = self.shared.changes.send(Changed {
                        scopes: scopes.into(),
                    });
                });
                match heard.await {
                    Ok(()) => return,
                    Err(error) => {
                        tracing::warn!(%error, "hints from other processes are interrupted")
                    }
                }
                tokio::time::sleep(LISTEN_AGAIN_AFTER).await;
            }
        };
        futures_util::future::join(deadlines, listening).await;
    }

    /// The epoch: devices that see it change offer again what they keep.
    pub async fn epoch(&self) -> Result<String, OfficeError> {
        let mut conn = self.db.read().await?;
        Ok(db::sql::office(&mut conn)
            .await?
            .ok_or(OfficeError::Corrupt {
                what: "the office row",
            })?
            .epoch)
    }

    /// Gives the database a new epoch: for one that was copied by other means than
    /// [`backup::restore`], so that devices offer again what it lacks.
    pub async fn renew_epoch(&self) -> Result<String, OfficeError> {
        let epoch = random_epoch();
        self.write(epoch.clone(), |epoch, work| {
            Box::pin(async move {
                db::sql::begin_epoch(&mut work.conn, epoch, work.now.0).await?;
                Ok(())
            })
        })
        .await?;
        Ok(epoch)
    }

    pub(crate) fn require(&self, actor: &Actor, action: Action) -> Result<(), OfficeError> {
        if can(Some(actor), action, Subject::Anything) {
            Ok(())
        } else {
            Err(OfficeError::NotAllowed)
        }
    }

    /// Runs a job in the writer and waits until it is durable. The job may run more than once; only
    /// its last run counts.
    pub(crate) async fn write<I, T, F>(&self, input: I, act: F) -> Result<T, OfficeError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a I, &'a mut Work) -> BoxFuture<'a, Result<T, OfficeError>>
            + Send
            + Sync
            + 'static,
    {
        self.write_within(Patience::default(), Needs::default(), input, act)
            .await
    }

    /// The same for a job of which it is known what it is going to read, and for somebody who may not wait for
    /// ever: they are told that the office is busy, and the job is done all the same.
    pub(crate) async fn write_within<I, T, F>(
        &self,
        patience: Patience,
        needs: Needs,
        input: I,
        act: F,
    ) -> Result<T, OfficeError>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        F: for<'a> Fn(&'a I, &'a mut Work) -> BoxFuture<'a, Result<T, OfficeError>>
            + Send
            + Sync
            + 'static,
    {
        self.writer.run(patience, needs, input, act).await
    }
}
