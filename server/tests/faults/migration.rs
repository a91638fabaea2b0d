//! Fault 36: a migration is killed, or the power goes in the middle of it. Whoever starts it again has the
//! tables as though nothing had been.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use fastrand::Rng;
use sqlx::{Connection, SqliteConnection};

use crate::contents::check_pages;
use crate::disk::{Disk, KILL, Orders};
use crate::image::{Platter, Syncs};
use crate::{Folder, is_long, runtime, seed};

const FILE: &str = "office.sqlite";
/// So many places to die at; each there is when nobody waits.
const PLACES: usize = 10;
const IMAGES: usize = 10;
const IMAGES_LONG: usize = 300;
const SIGKILL: i32 = 9;

/// A folder whose files are on such a disk, and what is noted beside it.
struct Place {
    folder: Folder,
    disk: Disk,
}

impl Place {
    fn new() -> Self {
        let folder = Folder::new();
        let files = folder.path().join("disk");
        std::fs::create_dir(&files).expect("made");
        let disk = Disk::new(&files, folder.path());
        Self { folder, disk }
    }

    fn migrate(&self) -> ExitStatus {
        let files = self.folder.path().join("disk");
        let mut command = command(&files);
        command.envs(self.disk.variables(true));
        command.status().expect("run")
    }

    fn tables(&self) -> Tables {
        tables(&self.folder.path().join("disk"))
    }
}

fn command(files: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_taswiq"));
    command
        .args(["migrate", "--database"])
        .arg(files.join(FILE))
        .stdout(Stdio::null());
    command
}

/// Everything that makes the database what it is: names and definitions, and each migration that was done.
type Tables = (Vec<(String, Option<String>)>, Vec<(i64, bool)>);

fn tables(files: &Path) -> Tables {
    let url = files.join(FILE).display().to_string();
    runtime().block_on(async {
        assert_eq!(check_pages(&url).await, Ok(()));
        let mut open = SqliteConnection::connect(&url).await.expect("opens");
        let definitions = sqlx::query_as("SELECT name, sql FROM sqlite_master ORDER BY name, sql")
            .fetch_all(&mut open)
            .await
            .expect("definitions");
        let done = sqlx::query_as("SELECT version, success FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut open)
            .await
            .expect("migrations");
        open.close().await.expect("closes");
        (definitions, done)
    })
}

#[test]
fn fault_36_a_migration_killed_at_any_write_is_done_by_the_next_start() {
    let mut random = Rng::with_seed(seed());
    let whole = Place::new();
    assert!(whole.migrate().success());
    let (expected, operations) = (whole.tables(), whole.disk.operations());
    assert!(expected.0.len() > 30 && expected.1.len() >= 15);
    let places: Vec<u64> = if is_long() {
        (1..=operations).collect()
    } else {
        (0..PLACES).map(|_| random.u64(1..=operations)).collect()
    };
    for first in &places {
        let place = Place::new();
        place.disk.order(Orders {
            error: KILL,
            first: *first,
            count: 1,
            only_main: false,
        });
        assert_eq!(place.migrate().signal(), Some(SIGKILL), "at {first}");
        assert!(place.migrate().success(), "after a death at {first}");
        assert_eq!(place.tables(), expected, "after a death at {first}");
    }
    eprintln!("died at {} of {operations} operations", places.len());
}

#[test]
fn fault_36_a_migration_cut_off_from_power_is_done_by_the_next_start() {
    let mut random = Rng::with_seed(seed());
    let whole = Place::new();
    assert!(whole.migrate().success());
    let expected = whole.tables();
    let journal = whole.disk.journal();
    let mut platter = Platter::new(&journal, Syncs::All, &[]);
    let images = if is_long() { IMAGES_LONG } else { IMAGES };
    let mut cuts: Vec<usize> = (0..images)
        .map(|_| random.usize(0..=journal.records.len()))
        .collect();
    cuts.sort_unstable();
    for cut in cuts {
        platter.go_on_to(cut);
        let image = Folder::new();
        platter.put(image.path(), &mut random);
        assert!(
            command(image.path()).status().expect("run").success(),
            "{cut}"
        );
        assert_eq!(tables(image.path()), expected, "cut at {cut}");
    }
    eprintln!("{images} images of {} records", journal.records.len());
}
