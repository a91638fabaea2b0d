//! The program as people get it, under faults of the machine it runs on. Real processes, real files, real
//! HTTP; what is made up is the moment at which something fails.
//!
//! - [`bad_road`]: connections break off anywhere.
//! - [`killed`]: `kill -9` in the middle of load, on either database.
//! - [`lost_database`]: PostgreSQL is restarted underneath.
//! - [`power_cut`]: the power goes. To kill a process is blind to a missing sync, for the system keeps what
//!   was written; so what the program writes and syncs is journalled, and disks are put together as they may
//!   be found afterwards: all that was synced, and of the rest any sectors.
//! - [`full_disk`]: each write, cut and sync fails in its turn, for want of room or altogether.
//! - [`slow_disk`]: each of them hangs in its turn.
//! - [`migration`]: the tables are brought up to date, and that is killed or cut off from power.
//!
//! The last four stand on `taswiq-disk`, a library preloaded under the program. A few repetitions are made
//! every day, a thousand by `cargo xtask test --long` (it sets `TASWIQ_TEST_LONG=yes`). A failure tells its
//! seed.

#![cfg(target_os = "linux")]

mod bad_road;
mod company;
mod contents;
mod disk;
mod full_disk;
mod image;
mod killed;
mod lost_database;
mod migration;
mod patient;
mod phone;
mod postgres;
mod power_cut;
mod program;
#[path = "../promises/site.rs"]
mod site;
mod slow_disk;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Whether nobody waits for the end.
fn is_long() -> bool {
    std::env::var("TASWIQ_TEST_LONG").is_ok_and(|said| said == "yes")
}

/// A seed that nobody has seen before, printed: a failing test shows it. `TASWIQ_TEST_SEED` brings one back.
fn seed() -> u64 {
    let given = std::env::var("TASWIQ_TEST_SEED").ok();
    let seed = match given.and_then(|seed| seed.parse().ok()) {
        Some(seed) => seed,
        None => RandomState::new().build_hasher().finish(),
    };
    eprintln!("seed {seed}");
    seed
}

/// A folder of one's own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("taswiq-faults-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("made");
        // Without links: it is compared with the paths that SQLite opens.
        Self(folder.canonicalize().expect("there"))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}
