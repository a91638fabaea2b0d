//! The power of the server: a database as it is found after a crash, and the crash itself.
//!
//! A server that dies leaves the bytes of its files and nothing else. To die between two statements,
//! the statements are counted where SQLite carries them out: sqlx tells each one to the log, on the
//! thread that did it, before that thread takes the next one. There it is held, the files are copied,
//! and the server with everything it had in memory is dropped. Where a statement ends does not depend
//! on how threads take turns, so a seed crashes at the same place every time.
//!
//! Starting a process (connections, tables, statements) costs more than most schedules. So a [`Machine`] is
//! kept switched on: its files are put back as a server shall find them, its connections find their
//! way in them as SQLite does after a crash, and the office on them begins with nothing in memory.
//! Schedules that start their servers from nothing are among the others, and may tell no other story.

use anyhow::{Context, Result};
use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use taswiq_backend::clock::Clock;
use taswiq_backend::{Office, Options};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// A runtime on this thread.
pub fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .context("making a runtime")
}

/// The files of a database, as bytes.
#[derive(Clone, Debug, Default)]
pub struct Image {
    database: Vec<u8>,
    log: Vec<u8>,
}

fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

impl Image {
    /// As they lie there now.
    pub fn of(path: &Path) -> Result<Self> {
        Ok(Self {
            database: std::fs::read(path).context("reading the database")?,
            log: std::fs::read(log_of(path)).unwrap_or_default(),
        })
    }

    /// Puts them under another name.
    pub fn put(&self, path: &Path) -> Result<()> {
        std::fs::write(path, &self.database).context("writing the database")?;
        if !self.log.is_empty() {
            std::fs::write(log_of(path), &self.log).context("writing its log")?;
        }
        Ok(())
    }
}

/// Where the databases of one run lie: in memory, where there is such a place.
pub struct Folder {
    path: PathBuf,
    files: Cell<u64>,
}

impl Folder {
    pub fn new() -> Result<Self> {
        static COUNT: Mutex<u64> = Mutex::new(0);
        let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        };
        let path = parent.join(format!("taswiq-faults-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        Ok(Self {
            path,
            files: Cell::new(0),
        })
    }

    /// The name of a database that is not there yet.
    pub fn next(&self) -> PathBuf {
        self.files.set(self.files.get() + 1);
        self.path.join(format!("{}.sqlite", self.files.get()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A database with the connections to it and all that runs there.
pub struct Machine {
    /// Before the runtime: what it holds is given back there.
    first: Office,
    runtime: Runtime,
    path: PathBuf,
    /// Last: the files lie there.
    _folder: Folder,
}

/// The two copies of the header of SQLite's index of its log, which say what is in that.
const INDEX_HEADER_BYTES: usize = 96;

impl Machine {
    /// Switches one on, with a database as a server shall find it.
    pub fn on(image: &Image, clock: Arc<dyn Clock>) -> Result<(Self, Office)> {
        let folder = Folder::new()?;
        let path = folder.next();
        image.put(&path)?;
        let runtime = runtime()?;
        // One reads while another that reads is held.
        let options = Options {
            readers_max: 2,
            ..Options::default()
        };
        let opened = runtime.block_on(Office::open(&path.display().to_string(), clock, options));
        let first = opened.context("the server does not start")?;
        let machine = Self {
            first: first.clone(),
            runtime,
            path,
            _folder: folder,
        };
        Ok((machine, first))
    }

    /// Puts a database in the place of the one that is there, and starts a server on it.
    pub fn anew(&self, image: &Image, clock: Arc<dyn Clock>) -> Result<Office> {
        self.runtime
            .block_on(self.first.come_to_rest())
            .context("the machine does not come to rest")?;
        std::fs::write(&self.path, &image.database).context("writing the database")?;
        std::fs::write(log_of(&self.path), &image.log).context("writing its log")?;
        // An index that says nothing is made again from the log, as after a crash.
        let mut index = std::fs::OpenOptions::new()
            .write(true)
            .open(beside(&self.path, "-shm"))
            .context("opening the index of the log")?;
        index
            .write_all(&[0; INDEX_HEADER_BYTES])
            .context("clearing the index of the log")?;
        Ok(self.runtime.block_on(async { self.first.anew(clock) }))
    }

    /// The files as they are.
    pub fn image(&self) -> Result<Image> {
        Image::of(&self.path)
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Carries something out there. Each statement is carried out by a thread of its connection, for
    /// microseconds: who waits for it gives way and looks again instead of falling asleep, which takes
    /// longer.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        self.runtime.block_on(std::future::poll_fn(|context| {
            let polled = future.as_mut().poll(context);
            if polled.is_pending() {
                context.waker().wake_by_ref();
                std::thread::yield_now();
            }
            polled
        }))
    }
}

/// Where a server died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Died {
    /// Within a transaction, after so many of its statements.
    Within(u32),
    /// After a commit; nobody was answered.
    AfterCommit,
}

/// Counts the statements of writing transactions, or those that only read, and holds the thread that
/// did the last one.
#[derive(Default)]
pub struct Fuse {
    state: Mutex<FuseState>,
    changed: Condvar,
    blown: Notify,
}

#[derive(Default)]
struct FuseState {
    /// Counts how often it was armed.
    number: u64,
    /// How many more statements are carried out; nothing when all are.
    left: Option<u32>,
    counts_reading: bool,
    within: u32,
    transactions: u32,
    begun: u32,
    ended: u32,
    died: Option<Died>,
    held: bool,
}

thread_local! {
    /// Since which arming the thread carries out a writing transaction.
    static WRITES: Cell<Option<u64>> = const { Cell::new(None) };
}

impl FuseState {
    fn begin(&mut self, statements: u32, counts_reading: bool) {
        *self = Self {
            number: self.number + 1,
            left: Some(statements.max(1)),
            counts_reading,
            ..Self::default()
        };
    }

    fn end(&mut self) {
        *self = Self {
            number: self.number,
            ..Self::default()
        };
    }
}

static FUSE: OnceLock<Arc<Fuse>> = OnceLock::new();

impl Fuse {
    /// The one of this process.
    pub fn get() -> Arc<Self> {
        Arc::clone(FUSE.get_or_init(|| {
            let fuse = Arc::new(Self::default());
            // A test that listens to the log itself has no servers that crash.
            let _ = tracing::subscriber::set_global_default(Listener(Arc::clone(&fuse)));
            fuse
        }))
    }

    fn state(&self) -> MutexGuard<'_, FuseState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blows after so many statements of writing transactions.
    pub fn arm(&self, statements: u32) {
        self.state().begin(statements, false);
    }

    /// Blows after so many statements that only read.
    pub fn arm_reading(&self, statements: u32) {
        self.state().begin(statements, true);
    }

    /// Waits until it blows.
    pub async fn blown(&self) {
        loop {
            let notified = self.blown.notified();
            if self.state().died.is_some() {
                return;
            }
            notified.await;
        }
    }

    /// Where the server died, once every statement that was sent is carried out.
    pub fn died(&self) -> Option<Died> {
        let mut state = self.state();
        while state.died.is_none() && state.begun != state.ended {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.died
    }

    /// Lets the thread go, to find that nobody wants anything of it any more.
    pub fn release(&self) {
        self.state().end();
        self.changed.notify_all();
    }

    fn hear(&self, statement: &str) {
        let mut state = self.state();
        let begins = statement.starts_with("BEGIN IMMEDIATE");
        let ends = statement.starts_with("COMMIT") || statement.starts_with("ROLLBACK");
        if begins {
            WRITES.set(Some(state.number));
            state.begun += 1;
            state.within = 0;
            state.transactions += 1;
        }
        let writes = WRITES.get() == Some(state.number);
        if writes {
            state.within += 1;
        }
        if ends && writes {
            WRITES.set(None);
            state.ended += 1;
            self.changed.notify_all();
        }
        if writes == state.counts_reading {
            return;
        }
        let Some(left) = &mut state.left else { return };
        *left -= 1;
        if *left > 0 {
            return;
        }
        state.left = None;
        state.died = Some(if ends {
            Died::AfterCommit
        } else {
            Died::Within(state.within)
        });
        state.held = true;
        self.blown.notify_one();
        self.changed.notify_all();
        while state.held {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Hears what sqlx tells of each statement.
struct Listener(Arc<Fuse>);

const TARGET: &str = "sqlx::query";

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == TARGET {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && self.0.state().left.is_some()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut summary = Summary::default();
        event.record(&mut summary);
        if let Some(statement) = summary.0 {
            self.0.hear(&statement);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Summary(Option<String>);

impl Visit for Summary {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.0 = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "summary" && self.0.is_none() {
            self.0 = Some(format!("{value:?}").trim_matches('"').to_owned());
        }
    }
}
