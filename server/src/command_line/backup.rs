//! `taswiq backup` and `taswiq restore`.

use std::future::Future;

use taswiq_backend::backup::{self, BackupError, Contents, RestoreOptions, in_utc};
use taswiq_backend::clock::{Clock, SystemClock};
use taswiq_domain::limits::ACKNOWLEDGED_KEPT_DAYS;

use super::{Backup, CommandError, Restore, audit, say, serve};

/// Writes a copy of everything, and says what is in it.
///
/// # Errors
/// When it could not be written or is not what it should be; then there is no file of that name.
pub async fn backup(arguments: Backup) -> Result<(), CommandError> {
    let (url, file) = (&arguments.database.database, &arguments.file);
    let taking = backup::back_up(url, file, arguments.overwrite, &SystemClock);
    let contents = match unless_stopped(taking).await? {
        Err(BackupError::Exists { file }) => {
            return Err(CommandError::Argument(format!(
                "there is already a file {}: choose another name, or say --overwrite",
                file.display()
            )));
        }
        outcome => outcome?,
    };
    say(&format!(
        "{} is complete, on the disk and checked",
        file.display()
    ))?;
    tell(&contents)
}

/// Makes a database of a copy, and says what it lacks.
///
/// # Errors
/// When it could not be made; then nothing was changed.
pub async fn restore(arguments: Restore) -> Result<(), CommandError> {
    let file = &arguments.file;
    if arguments.check {
        let contents = unless_stopped(backup::read_through(file)).await??;
        say(&format!("{} is whole", file.display()))?;
        return tell(&contents);
    }
    let options = RestoreOptions {
        accept_unsound: arguments.accept_unsound,
    };
    let url = &arguments.database.database;
    let restored = match unless_stopped(backup::restore(file, url, options, &SystemClock)).await? {
        Err(BackupError::Unsound(differences)) => {
            // It fails, for the books do not fit; what it says is what is wanted here.
            let _ = audit::tell(&differences);
            return Err(CommandError::Argument(
                "nothing was restored: the books in the backup were touched; look for an older backup, or say --accept-unsound"
                    .to_owned(),
            ));
        }
        outcome => outcome?,
    };
    say(&format!("restored {}", file.display()))?;
    tell(&restored.contents)?;
    if restored.contents.schema < restored.schema {
        say(&format!(
            "its tables were brought up to version {}",
            restored.schema
        ))?;
    }
    for line in what_it_lacks(&restored.contents) {
        say(&line)?;
    }
    match audit::tell(&restored.differences) {
        // That was accepted.
        Err(CommandError::Unsound) => Ok(()),
        outcome => outcome,
    }
}

/// Whoever presses Ctrl-C leaves nothing half behind: what is under way is dropped and clears up.
async fn unless_stopped<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    tokio::select! {
        done = work => Ok(done),
        () = serve::asked_to_stop() => Err(CommandError::Stopped),
    }
}

fn tell(contents: &Contents) -> Result<(), CommandError> {
    say(&format!(
        "  taken       {} of {}",
        in_utc(contents.taken_at),
        contents.database
    ))?;
    for (table, what) in [
        ("orders", "orders"),
        ("ledger_transfer", "ledger entries"),
        ("customer", "customers"),
        ("person", "people"),
        ("device", "devices"),
    ] {
        say(&format!("  {what:<15} {:>9}", contents.count(table)))?;
    }
    say(&format!(
        "  tables of version {}, {} bytes",
        contents.schema, contents.bytes
    ))?;
    Ok(say(&format!("  SHA-256 of its lines {}", contents.sha256))?)
}

/// What a person who restores has to know.
fn what_it_lacks(contents: &Contents) -> Vec<String> {
    let taken = in_utc(contents.taken_at);
    let mut lines = vec![
        format!(
            "Every phone will see at its next contact that the server was restored, and hand over again what it did after {taken}. Nobody has to do anything for that, and nothing is counted twice."
        ),
        "A phone that signed in only after that asks to sign in again; what is on it stays on it until then."
            .to_owned(),
        format!("What the office did after {taken} is gone and has to be done again, if it was done:"),
        "  - people, links, passwords, prices, plans, conventions, tax terms, customers given to another agent"
            .to_owned(),
        "  - phones put out, people put out, sessions ended: until you do it again they may read".to_owned(),
        "  - months closed, payouts and payments recorded, advances, deposits: look at the bank before you pay anything again"
            .to_owned(),
        "  - decisions on disputes and on what waited for a person".to_owned(),
        "Links that nobody had used yet open nothing any more: make new ones.".to_owned(),
    ];
    let age_days = (SystemClock.now().0 - contents.taken_at.0) / 86_400_000;
    if age_days >= ACKNOWLEDGED_KEPT_DAYS {
        lines.push(format!(
            "This backup is {age_days} days old and phones keep what was received for {ACKNOWLEDGED_KEPT_DAYS}: what was received earlier than that and after the backup is lost."
        ));
    }
    lines
}
