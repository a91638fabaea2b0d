//! What can be asked of `taswiq` on the command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod demo;
pub mod serve;
pub mod simulate;

/// Orders taken at the door, confirmed by cooperatives, and the commission everyone sees.
#[derive(Debug, Parser)]
#[command(name = "taswiq", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the office and the phones
    Serve(Serve),
    /// Bring the tables of a database up to date
    Migrate(Database),
    /// Check the books against the events and every agent's chain; fails when anything was touched
    Audit(Database),
    /// Write one consistent copy of everything to a file, while the server runs
    Backup(Backup),
    /// Make a new database from a backup; phones then hand over again what it lacks
    Restore(Restore),
    /// Make the demo company in an empty database
    Demo(Demo),
    /// People with an account
    #[command(subcommand)]
    User(User),
    /// Phones and browsers that sync
    #[command(subcommand)]
    Device(Device),
    /// The key that phones seal hand-over files to
    #[command(subcommand)]
    SealingKey(SealingKey),
    /// Play a scenario and print its entries, balances and statements as JSON
    Simulate(Simulate),
}

#[derive(Clone, Debug, Args)]
pub struct Database {
    /// The file of an SQLite database, `sqlite://…` or `postgres://…`
    #[arg(
        long,
        env = "DATABASE_URL",
        default_value = "taswiq.sqlite",
        hide_env_values = true
    )]
    pub database: String,
}

#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    pub database: Database,
    /// The folder that `cargo xtask build` makes
    #[arg(long, env = "TASWIQ_SITE", default_value = "target/site")]
    pub site: PathBuf,
    /// Where to listen
    #[arg(long, env = "TASWIQ_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// How people reach it when that is another address, for instance https://taswiq.example
    #[arg(long, env = "TASWIQ_PUBLIC_ORIGIN")]
    pub public_origin: Option<String>,
    /// A proxy of yours stands in front and writes X-Forwarded-For
    #[arg(long, env = "TASWIQ_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Write the log as JSON
    #[arg(long, env = "TASWIQ_LOG_JSON")]
    pub log_json: bool,
    /// Let `POST /test/clock` move the clock
    #[cfg(any(debug_assertions, feature = "test-clock"))]
    #[arg(long)]
    pub test_clock: bool,
}

/// The copy is one file that makes a database of either kind again. Everything is in it: customers, the
/// hashes of passwords and of sessions. Only its owner may read it; keep it where only you can.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub database: Database,
    /// The file to write, for instance taswiq-2026-11-29.backup
    pub file: PathBuf,
    /// Let it take the place of an older file, once the new one is complete
    #[arg(long)]
    pub overwrite: bool,
}

/// Restores to a file that is not there yet or to a PostgreSQL database (or schema) without tables of
/// Taswiq, whichever of the two the backup was made of. Nothing is ever written over.
///
/// Every phone sees at its next contact that the server was restored, and hands over again what it did in
/// the last 30 days. What only the office did after the backup has to be done again.
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub database: Database,
    /// The backup
    pub file: PathBuf,
    /// Only read the backup through and say what it holds
    #[arg(long)]
    pub check: bool,
    /// Restore although the audit finds that the books in the backup were touched
    #[arg(long)]
    pub accept_unsound: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    #[command(flatten)]
    pub database: Database,
    /// The same seed makes the same company
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The last day of its history, as 2026-11-22; today when not given
    #[arg(long)]
    pub as_of: Option<taswiq_domain::time::CivilDate>,
    /// How many orders it has taken
    #[arg(long, default_value_t = 30_000)]
    pub orders: u32,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Make an account and print a link with which its owner chooses a password
    Create {
        #[command(flatten)]
        database: Database,
        /// administrator, manager, agent or cooperative
        #[arg(long)]
        role: String,
        /// Their name
        #[arg(long)]
        name: String,
        /// The phone number or e-mail address they sign in with
        #[arg(long)]
        login: String,
        /// The cooperative they act for, by its number; repeat for several
        #[arg(long)]
        cooperative: Vec<i64>,
        /// Take the password from standard input instead of printing a link
        #[arg(long)]
        password_from_stdin: bool,
        /// How people reach the server
        #[arg(
            long,
            env = "TASWIQ_PUBLIC_ORIGIN",
            default_value = "http://127.0.0.1:3000"
        )]
        origin: String,
    },
    /// Everybody with an account
    List {
        #[command(flatten)]
        database: Database,
    },
    /// Print a link with which somebody chooses a new password; the old one stays until then
    ResetPassword {
        #[command(flatten)]
        database: Database,
        /// The phone number or e-mail address they sign in with
        login: String,
        /// How people reach the server
        #[arg(
            long,
            env = "TASWIQ_PUBLIC_ORIGIN",
            default_value = "http://127.0.0.1:3000"
        )]
        origin: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Device {
    /// Every device, and when it was last heard of
    List {
        #[command(flatten)]
        database: Database,
    },
    /// A lost phone: it may still hand over what it holds, and reads nothing any more
    Revoke {
        #[command(flatten)]
        database: Database,
        /// Its id, from the list
        device: taswiq_domain::ids::DeviceId,
    },
}

#[derive(Debug, Subcommand)]
pub enum SealingKey {
    /// Make another one, after a backup was lost or stolen: the key is in it. Files of before are still opened
    Renew(Database),
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// The scenario: JSON, in the form that domain/scenario.schema.json describes
    pub file: PathBuf,
}

/// Why a command did not do its work. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database.
    #[error(transparent)]
    Open(#[from] taswiq_backend::error::OpenError),
    /// The office said no.
    #[error(transparent)]
    Office(#[from] taswiq_backend::error::OfficeError),
    /// The demo company.
    #[error(transparent)]
    Demo(#[from] taswiq_backend::demo::FillError),
    /// The folder with the site.
    #[error(transparent)]
    Site(#[from] crate::site::SiteError),
    /// The way it is to be served.
    #[error(transparent)]
    Settings(#[from] crate::settings::SettingsError),
    /// The address is in use or not ours.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No copy was made, or nothing of one.
    #[error(transparent)]
    Backup(#[from] taswiq_backend::backup::BackupError),
    /// Somebody pressed Ctrl-C.
    #[error("stopped; nothing was made")]
    Stopped,
    /// Somebody touched the books.
    #[error("the books are not what they should be: see above")]
    Unsound,
    /// A file that cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A scenario that the rules do not allow.
    #[error("{}", file.display())]
    Scenario {
        /// Its file.
        file: PathBuf,
        /// What is wrong, and where.
        source: taswiq_domain::scenario::ScenarioError,
    },
    /// An argument that makes no sense.
    #[error("{0}")]
    Argument(String),
    /// The console is gone.
    #[error("cannot write to the console")]
    Console(#[from] io::Error),
}

/// Does what was asked.
///
/// # Errors
/// When it could not be done.
pub async fn run(line: CommandLine) -> Result<(), CommandError> {
    match line.command {
        Command::Serve(arguments) => serve::serve(arguments).await,
        Command::Migrate(arguments) => accounts::migrate(arguments).await,
        Command::Audit(arguments) => audit::audit(arguments).await,
        Command::Backup(arguments) => backup::backup(arguments).await,
        Command::Restore(arguments) => backup::restore(arguments).await,
        Command::Demo(arguments) => demo::demo(arguments).await,
        Command::User(command) => accounts::user(command).await,
        Command::Device(command) => accounts::device(command).await,
        Command::SealingKey(command) => accounts::sealing_key(command).await,
        Command::Simulate(arguments) => simulate::simulate(arguments),
    }
}

/// Writes a line for the person at the console: the log is for machines.
pub fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}
