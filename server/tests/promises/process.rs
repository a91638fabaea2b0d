//! The program itself: what it prints, and that it stops when told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sqlx::{Connection, Executor};

use crate::world;

/// A server started as an operator would.
pub struct Running {
    child: Child,
    console: BufReader<std::process::ChildStdout>,
    pub address: String,
}

impl Running {
    fn start(folder: &Path) -> Self {
        Self::start_on(folder, &folder.join("office.sqlite").display().to_string())
    }

    /// The same on a database that may be anywhere.
    pub fn start_on(folder: &Path, database: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_taswiq"))
            .arg("serve")
            .arg("--database")
            .arg(database)
            .arg("--site")
            .arg(folder.join("site"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut console = BufReader::new(child.stdout.take().expect("a console"));
        let mut line = String::new();
        console.read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .rsplit("http://")
            .next()
            .expect("an address")
            .to_owned();
        Self {
            child,
            console,
            address,
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.console.read_line(&mut line).expect("a line");
        line
    }

    fn ask(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("connected");
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    /// As when the power fails, as far as a process can tell.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }

    fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let told = Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .expect("told");
        assert!(told.success());
        self.child.wait().expect("ended").code()
    }
}

#[test]
fn fault_34_an_empty_server_prints_a_set_up_address_that_works_and_stops_when_told() {
    let folder = world::folder();
    world::write_site(&folder);
    let mut first = Running::start(&folder);
    assert!(first.line().contains("no administrator yet"));
    let line = first.line();
    let path = line
        .trim()
        .split_once(&first.address)
        .expect("our address")
        .1
        .to_owned();
    assert!(path.starts_with("/setup?token="), "{line}");
    assert!(first.ask("/healthz").starts_with("HTTP/1.1 200"));
    assert!(first.ask("/readyz").starts_with("HTTP/1.1 200"));
    assert!(first.ask(&path).starts_with("HTTP/1.1 200"));
    assert_eq!(first.stop(), Some(0));
    // Another start makes another address, and the one before is worthless.
    let mut second = Running::start(&folder);
    second.line();
    assert!(!second.line().contains(&path));
    assert!(second.ask(&path).starts_with("HTTP/1.1 410"));
    assert_eq!(second.stop(), Some(0));
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn the_demo_company_is_not_served_to_other_machines() {
    let folder = world::folder();
    world::write_site(&folder);
    let database = folder.join("demo.sqlite");
    let made = Command::new(env!("CARGO_BIN_EXE_taswiq"))
        .args([
            "demo",
            "--seed",
            "1",
            "--as-of",
            "2026-11-22",
            "--orders",
            "50",
            "--database",
        ])
        .arg(&database)
        .output()
        .expect("run");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    for more in [
        &["--listen", "0.0.0.0:0"][..],
        &[
            "--listen",
            "127.0.0.1:0",
            "--public-origin",
            "https://taswiq.example",
        ],
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_taswiq"))
            .arg("serve")
            .arg("--database")
            .arg(&database)
            .arg("--site")
            .arg(folder.join("site"))
            .args(more)
            .output()
            .expect("run");
        assert!(!refused.status.success());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("demo company"), "{said}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// What `taswiq audit` says of a database, and how it ends.
fn audit(database: &std::path::Path) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_taswiq"))
        .args(["audit", "--database"])
        .arg(database)
        .output()
        .expect("run");
    let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (done.status.code(), said.concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_passes_sound_books_and_names_the_first_entry_that_was_touched() {
    let folder = world::folder();
    std::fs::create_dir_all(&folder).expect("made");
    let database = folder.join("demo.sqlite");
    let (code, said) = audit(&database);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("there is no file"), "{said}");
    let made = Command::new(env!("CARGO_BIN_EXE_taswiq"))
        .args(["demo", "--as-of", "2026-11-22", "--orders", "50"])
        .arg("--database")
        .arg(&database)
        .output()
        .expect("run");
    assert!(made.status.success());
    let (code, said) = audit(&database);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("looked at 50 orders"), "{said}");
    // Somebody with the file in hand.
    let url = format!("sqlite:{}", database.display());
    let mut file = sqlx::SqliteConnection::connect(&url).await.expect("opens");
    file.execute("DROP TRIGGER ledger_transfer_is_never_changed")
        .await
        .expect("dropped");
    let (number,): (i64,) = sqlx::query_as(
        "SELECT number FROM ledger_transfer WHERE purpose = 'commission_vested' ORDER BY number LIMIT 1",
    )
    .fetch_one(&mut file)
    .await
    .expect("one");
    sqlx::query(
        "UPDATE ledger_transfer SET amount_centimes = amount_centimes + 1 WHERE number >= $1",
    )
    .bind(number)
    .execute(&mut file)
    .await
    .expect("changed");
    file.close().await.expect("closes");
    let (code, said) = audit(&database);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains(&format!("first broken entry: {number} of agent")),
        "{said}"
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[test]
fn a_scenario_is_played_without_a_database_and_a_bad_one_names_its_field() {
    let scenario =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/scenarios/a_season.json");
    let simulate = |file: &Path| {
        Command::new(env!("CARGO_BIN_EXE_taswiq"))
            .arg("simulate")
            .arg(file)
            .output()
            .expect("run")
    };
    let played = simulate(&scenario);
    assert!(played.status.success());
    let outcome: serde_json::Value = serde_json::from_slice(&played.stdout).expect("JSON");
    assert_eq!(outcome["statements"][0]["net"], 22_300);
    assert_eq!(outcome["entries"][0]["number"], 1);

    let folder = world::folder();
    std::fs::create_dir_all(&folder).expect("made");
    let bad = folder.join("bad.json");
    let text = std::fs::read_to_string(&scenario).expect("read");
    std::fs::write(&bad, text.replace("\"below\": 100000", "\"below\": 90000")).expect("written");
    let missing = folder.join("missing.json");
    for (file, says) in [
        (&bad, "plans[0].period: between tier 1"),
        (&missing, "cannot read"),
    ] {
        let refused = simulate(file);
        assert!(!refused.status.success() && refused.stdout.is_empty());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(says), "{said}");
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
