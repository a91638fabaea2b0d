//! A copy is of one moment, whole or refused, and makes the same database again on either.

use super::world::*;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use taswiq_backend::backup::{self, BackupError, Contents, RestoreOptions};
use taswiq_backend::clock::SettableClock;
use taswiq_domain::sync::Answer;

/// A folder for copies, gone at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let name = format!("taswiq_backup_{}", uuid::Uuid::now_v7());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("made");
        Self(path)
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(&self.0).expect("read");
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("one").file_name();
        entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl World {
    pub async fn back_up(&self, file: &Path) -> Contents {
        backup::back_up(&self.url, file, false, &*self.clock)
            .await
            .expect("copied")
    }
}

fn clock() -> SettableClock {
    SettableClock::new(START.plus_ms(86_400_000))
}

pub async fn restore(file: &Path, place: &Place) -> Result<backup::Restored, BackupError> {
    backup::restore(file, &place.url, RestoreOptions::default(), &clock()).await
}

/// A place of each kind there is.
pub async fn places() -> Vec<Place> {
    let mut places = vec![Place::on_sqlite()];
    places.extend(Place::on_postgres().await);
    places
}

fn lines(file: &Path) -> Vec<String> {
    let mut text = String::new();
    let file = std::fs::File::open(file).expect("opens");
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("text");
    text.lines().map(str::to_owned).collect()
}

/// Writes a copy by hand, with the checksum that its lines have.
fn write(file: &Path, lines: &[String]) {
    use sha2::{Digest, Sha256};
    let (last, body) = lines.split_last().expect("lines");
    let mut text: String = body.iter().map(|line| format!("{line}\n")).collect();
    let mut end: Value = serde_json::from_str(last).expect("JSON");
    let digest = Sha256::digest(text.as_bytes());
    end["sha256"] = json!(
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    );
    text.push_str(&format!("{end}\n"));
    write_text(file, &text);
}

fn write_text(file: &Path, text: &str) {
    let file = std::fs::File::create(file).expect("created");
    let mut gzip = GzEncoder::new(file, flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).expect("written");
    gzip.finish().expect("finished");
}

/// The rows of each table, in no order, without what a restore changes.
fn tables(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut table = String::new();
    let lines = lines(file);
    for line in &lines[1..lines.len() - 1] {
        if line.starts_with('[') {
            assert!(
                tables
                    .entry(table.clone())
                    .or_default()
                    .insert(line.clone()),
                "{line}"
            );
        } else {
            let head: Value = serde_json::from_str(line).expect("JSON");
            table = head["table"].as_str().expect("a name").to_owned();
            tables.entry(table.clone()).or_default();
        }
    }
    for changed in ["office", "audit", "link"] {
        assert!(tables.remove(changed).is_some());
    }
    tables
}

/// Orders in every stage: placed, confirmed, delivered and paid, with a command that is parked.
async fn live(world: &World) {
    let mut agent = world.phone(AGENT).await;
    let mut beekeeper = world.phone(BEEKEEPER).await;
    agent.place(&[(1, 2), (3, 1)]).await;
    let id = agent.place(&[(1, 2), (2, 5)]).await;
    let order = world.order(id).await;
    beekeeper.act_ok(&confirm(&order, HONEY)).await;
    beekeeper.act_ok(&pack(&order, HONEY)).await;
    beekeeper.act_ok(&deliver(&order, HONEY)).await;
    agent.act_ok(&collect(&order, HONEY)).await;
    let unknown = agent.command(&register());
    let mut unknown = unknown;
    unknown["kind"] = json!("from_the_future");
    let answer = agent.sync(vec![unknown]).await.results.remove(0).answer;
    assert!(matches!(answer, Answer::Parked { .. }), "{answer:?}");
}

promise! {
    async fn a_copy_makes_the_same_database_on_either(world) {
        live(&world).await;
        let folder = Folder::new();
        let file = folder.file("first");
        let contents = world.back_up(&file).await;
        assert_eq!(contents.database, world.office.database_name());
        assert_eq!((contents.count("orders"), contents.count("person")), (2, 6));
        assert!(contents.count("ledger_transfer") > 2);
        for place in places().await {
            let restored = restore(&file, &place).await.expect("restored");
            assert_eq!(restored.contents, contents);
            assert!(restored.differences.is_empty());
            let there = World::open(place).await;
            there.assert_sound().await;
            let again = folder.file(there.office.database_name());
            there.back_up(&again).await;
            assert_eq!(tables(&file), tables(&again));
            // Everybody goes on: the same sessions, the next numbers.
            live(&there).await;
            there.assert_sound().await;
        }
        world.assert_sound().await;
    }
}

promise! {
    async fn a_restore_renews_the_epoch_ends_open_links_and_is_in_the_trail(world) {
        let phone = world.phone(AGENT).await;
        let link = world.office.issue_link(&world.administrator(), AGENT).await.expect("a link");
        let folder = Folder::new();
        let file = folder.file("copy");
        let contents = world.back_up(&file).await;
        assert_eq!(contents.epoch, world.office.epoch().await.expect("one"));
        for place in places().await {
            restore(&file, &place).await.expect("restored");
            let there = World::open(place).await;
            assert_ne!(there.office.epoch().await.expect("one"), contents.epoch);
            there.clock.set(clock_now());
            assert!(there.office.link(&link.token).await.is_err());
            let session = there.office.session_for_sync(&phone.token).await.expect("looked up");
            assert_eq!(session.expect("the session of before").person.id, AGENT);
            assert_eq!(there.audit_actions().await[0], "restored");
        }
        assert!(world.office.link(&link.token).await.is_ok());
    }
}

fn clock_now() -> taswiq_domain::time::Timestamp {
    use taswiq_backend::clock::Clock;
    clock().now()
}

// Tables are read one after the other: what comes in between is in none of them or in all.
promise! {
    async fn fault_18_a_copy_taken_while_orders_arrive_is_of_one_moment(world) {
        let folder = Folder::new();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut writers = Vec::new();
        for (agent, cooperative) in [(AGENT, HONEY), (OTHER_AGENT, RUGS)] {
            let mut agent = world.phone(agent).await;
            let mut decider = world.phone(if cooperative == HONEY { BEEKEEPER } else { WEAVER }).await;
            let (office, stopped) = (world.office.clone(), stopped.clone());
            let manager = world.manager();
            writers.push(tokio::spawn(async move {
                let mut placed = 0_u64;
                while !*stopped.borrow() {
                    let id = agent.place(&[(1, 2), (3, 1)]).await;
                    let order = office.order_history(&manager, id).await.expect("known").order;
                    decider.act_ok(&confirm(&order, cooperative)).await;
                    placed += 1;
                }
                placed
            }));
        }
        let mut counts = Vec::new();
        for copy in 0..4 {
            let file = folder.file(&format!("{copy}"));
            let mut before = world.office.changes();
            // Something is under way.
            before.recv().await.expect("a change");
            let contents = world.back_up(&file).await;
            counts.push(contents.count("orders"));
        }
        stop.send(true).expect("heard");
        let mut placed = 0;
        for writer in writers {
            placed += writer.await.expect("no panic");
        }
        for (copy, count) in counts.iter().enumerate() {
            let file = folder.file(&format!("{copy}"));
            for place in places().await {
                let restored = restore(&file, &place).await.expect("restored");
                assert!(restored.differences.is_empty(), "{:?}", restored.differences);
                assert_eq!(restored.differences.orders_checked as u64, *count);
            }
        }
        assert!(counts.is_sorted() && counts[3] <= placed, "{counts:?} of {placed}");
    }
}

/// A copy is refused with these words, and neither a file nor a server has anything of it.
async fn says(file: &Path, expected: &str) {
    let place = Place::on_sqlite();
    let refused = restore(file, &place).await.expect_err("refused");
    let told = refused.to_string();
    assert!(told.contains(expected), "{told}, not {expected}");
    assert!(
        told.contains(&file.display().to_string()) || expected.contains("books"),
        "{told}"
    );
    assert!(!place.file.as_ref().expect("a file").exists());
    if let Some(place) = Place::on_postgres().await {
        let refused = restore(file, &place).await.expect_err("refused");
        assert_eq!(refused.to_string(), told);
        // As empty as before.
        World::open(place).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_18_a_torn_or_touched_copy_is_refused_and_named_and_nothing_is_made() {
    let world = World::on_sqlite().await;
    live(&world).await;
    let folder = Folder::new();
    let (file, spoiled) = (folder.file("copy"), folder.file("spoiled"));
    let contents = world.back_up(&file).await;
    let bytes = std::fs::read(&file).expect("read");
    for kept in [10, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        std::fs::write(&spoiled, &bytes[..kept]).expect("written");
        says(&spoiled, "breaks off").await;
    }
    std::fs::write(&spoiled, b"").expect("written");
    says(&spoiled, "breaks off").await;
    std::fs::write(&spoiled, b"Dear diary").expect("written");
    says(&spoiled, "no backup of Taswiq").await;
    std::fs::write(&spoiled, [&bytes[..], b"more"].concat()).expect("written");
    says(&spoiled, "what comes after its end").await;
    // One bit anywhere: refused, or not of what was written (the head of the compression says when and by
    // which system, and its last bits fill up a byte).
    let ends = (0..16).chain(bytes.len() - 16..bytes.len());
    for place in ends.chain((16..bytes.len()).step_by(67)) {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1 << (place % 8);
        std::fs::write(&spoiled, &bytes).expect("written");
        match backup::read_through(&spoiled).await {
            Ok(read) => assert_eq!(read, contents, "byte {place}"),
            Err(error) => assert!(error.to_string().contains("spoiled"), "{error}"),
        }
    }
    // Written by somebody who knows how to compress, and not that there is a checksum.
    let text: String = lines(&file)
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    let dearer = text.replacen("24000", "24001", 1);
    assert_ne!(dearer, text);
    write_text(&spoiled, &dearer);
    says(&spoiled, "its checksum").await;
    // And by somebody who does: what is missing or strange is found all the same.
    let whole = lines(&file);
    let without = |unwanted: &str| -> Vec<String> {
        whole
            .iter()
            .filter(|line| !line.contains(unwanted))
            .cloned()
            .collect()
    };
    write(&spoiled, &without("Thym"));
    says(&spoiled, "the count of its rows").await;
    let mut strange = whole.clone();
    strange[1] = strange[1].replace("\"table\":\"", "\"table\":\"my_");
    write(&spoiled, &strange);
    says(&spoiled, "a table that is none of ours").await;
}

promise! {
    async fn books_that_were_touched_are_not_restored_unless_somebody_accepts_it(world) {
        live(&world).await;
        world.tamper("UPDATE ledger_transfer SET base_centimes = base_centimes + 1 WHERE number = 1").await;
        let folder = Folder::new();
        let file = folder.file("copy");
        world.back_up(&file).await;
        says(&file, "books").await;
        for place in places().await {
            let options = RestoreOptions { accept_unsound: true };
            let restored = backup::restore(&file, &place.url, options, &clock()).await.expect("restored");
            assert!(!restored.differences.is_empty());
            World::open(place).await;
        }
    }
}

/// Whoever installs a newer program makes a copy with it first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_were_not_brought_up_yet_are_copied_as_they_are() {
    use taswiq_backend::db::dialect;
    let (place, target) = (Place::on_sqlite(), Place::on_sqlite());
    let db = dialect::open_to_fill(&place.url).await.expect("opens");
    let mut conn = db.read().await.expect("a connection");
    dialect::migrate_within(&mut conn, Some(14))
        .await
        .expect("made");
    drop(conn);
    db.close().await;
    let run = async |statement: &'static str| {
        let opened = <sqlx::SqliteConnection as sqlx::Connection>::connect(&place.url).await;
        let done = sqlx::query(statement)
            .execute(&mut opened.expect("opens"))
            .await;
        done.expect("runs");
    };
    run("INSERT INTO office (id, epoch, feed_number, ledger_number, catalogue_revision, created_at) VALUES (1, 'e', 0, 0, 0, 0)").await;
    let folder = Folder::new();
    let file = folder.file("copy");
    // The ledger of the oldest is still where the program that opens it finds it.
    let refused = backup::back_up(&place.url, &file, false, &clock()).await;
    assert!(
        matches!(refused, Err(BackupError::OldTables { schema: 14 })),
        "{refused:?}"
    );
    run("DROP TABLE ledger_transfer_unchained").await;
    let contents = backup::back_up(&place.url, &file, false, &clock())
        .await
        .expect("copied");
    assert_eq!(contents.schema, 14);
    let restored = restore(&file, &target).await.expect("restored");
    assert!(restored.schema > 14);
    World::open(target).await;
}

promise! {
    async fn fault_18_what_phones_hand_over_again_in_any_order_ends_as_it_was(world) {
        let mut agent = world.phone(AGENT).await;
        let mut beekeeper = world.phone(BEEKEEPER).await;
        let customer = agent.register().await;
        beekeeper.pull().await;
        let folder = Folder::new();
        let file = folder.file("copy");
        world.back_up(&file).await;
        // All of this is acknowledged, and the copy lacks it.
        let (id, body) = (uuid::Uuid::now_v7(), agent.order_body(customer, &[(1, 2)]).await);
        let mut of_agent = vec![agent.command_with(id, &body)];
        agent.sync(of_agent.clone()).await;
        let id = taswiq_domain::ids::OrderId(id);
        let order = world.order(id).await;
        let mut of_beekeeper = Vec::new();
        for body in [confirm(&order, HONEY), pack(&order, HONEY), deliver(&order, HONEY)] {
            let command = beekeeper.command(&body);
            of_beekeeper.push(command.clone());
            assert_eq!(beekeeper.sync(vec![command]).await.results[0].answer, Answer::Applied);
        }
        let collected = agent.command(&collect(&order, HONEY));
        of_agent.push(collected.clone());
        assert_eq!(agent.sync(vec![collected]).await.results[0].answer, Answer::Applied);
        let was = world.order(id).await;
        for place in places().await {
            restore(&file, &place).await.expect("restored");
            let there = World::open(place).await;
            there.clock.set(clock_now().plus_ms(60_000));
            for phone in [&mut agent, &mut beekeeper] {
                phone.office = there.office.clone();
                phone.clock = there.clock.clone();
                phone.sync(Vec::new()).await;
            }
            let told = beekeeper.sync(of_beekeeper.clone()).await;
            let unknown = Answer::Parked { refusal: taswiq_domain::Refusal::UnknownOrder };
            assert_eq!(told.results.iter().map(|result| &result.answer).collect::<Vec<_>>(), [&unknown; 3]);
            for result in agent.sync(of_agent.clone()).await.results {
                assert_eq!(result.answer, Answer::Applied);
            }
            let is = there.order(id).await;
            assert_eq!(is.sub_orders[0].stage, was.sub_orders[0].stage);
            assert_eq!(is.sub_orders[0].lines, was.sub_orders[0].lines);
            assert_eq!(there.office.count_parked(&there.manager()).await.expect("counted"), 0);
            let settled = beekeeper.pull().await;
            let settled = settled.iter().filter(|change| matches!(change, taswiq_domain::sync::Change::ParkedSettled(_)));
            assert_eq!(settled.count(), 3);
            // Whoever asks again hears that it has happened.
            for result in beekeeper.sync(of_beekeeper.clone()).await.results {
                assert_eq!(result.answer, Answer::AlreadyApplied);
            }
            let balances = |office: taswiq_backend::Office, manager| async move { office.balances(&manager).await.expect("balances") };
            assert_eq!(balances(there.office.clone(), there.manager()).await, balances(world.office.clone(), world.manager()).await);
            there.assert_sound().await;
        }
    }
}

/// What devices have since the tables of version 18.
const LATER: [&str; 6] = [
    "name",
    "key_hash",
    "waiting_digest",
    "trouble",
    "trouble_at",
    "heard_seq",
];

/// The tables since then.
const LATER_TABLES: [&str; 4] = ["hand_over_key", "lost_store", "lost_order", "order_alias"];

promise! {
    async fn older_tables_are_brought_up_to_date_and_newer_ones_are_refused_by_name(world) {
        live(&world).await;
        let folder = Folder::new();
        let (file, other) = (folder.file("copy"), folder.file("other"));
        let contents = world.back_up(&file).await;
        let mut lines = lines(&file);
        let head = lines[0].clone();
        let versioned = |version: i64| head.replace(&format!("\"schema\":{}", contents.schema), &format!("\"schema\":{version}"));
        let place = lines.iter().position(|line| line.starts_with("{\"table\":\"device\"")).expect("devices");
        let mut table: serde_json::Value = serde_json::from_str(&lines[place]).expect("JSON");
        let columns = table["columns"].as_array_mut().expect("columns");
        let is_later = |column: &serde_json::Value| LATER.iter().any(|later| column[0] == *later);
        let later: Vec<usize> = (0..columns.len()).filter(|index| is_later(&columns[*index])).collect();
        assert_eq!(later.len(), LATER.len());
        columns.retain(|column| !is_later(column));
        lines[place] = table.to_string();
        for line in lines[place + 1..].iter_mut().take_while(|line| line.starts_with('[')) {
            let mut row: Vec<serde_json::Value> = serde_json::from_str(line).expect("a row");
            for index in later.iter().rev() {
                row.remove(*index);
            }
            *line = serde_json::Value::from(row).to_string();
        }
        for table in LATER_TABLES {
            let begin = format!("{{\"table\":\"{table}\"");
            let place = lines.iter().position(|line| line.starts_with(&begin)).expect("the table");
            let rows = lines[place + 1..].iter().take_while(|line| line.starts_with('[')).count();
            lines.drain(place..=place + rows);
            let end = lines.last_mut().expect("an end");
            *end = end.replace(&format!("\"{table}\":{rows},"), "");
        }
        let (older, newer) = (versioned(16), versioned(9_999));
        lines[0] = newer;
        write(&other, &lines);
        says(&other, "9999").await;
        lines[0] = older;
        write(&other, &lines);
        for place in places().await {
            let restored = restore(&other, &place).await.expect("restored");
            assert_eq!((restored.contents.schema, restored.schema), (16, contents.schema));
            let there = World::open(place).await;
            there.assert_sound().await;
            live(&there).await;
        }
        lines[0] = lines[0].replace("\"taswiq_backup\":1", "\"taswiq_backup\":2");
        write(&other, &lines);
        says(&other, "newer Taswiq").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_over_and_nothing_is_left_half() {
    let world = World::on_sqlite().await;
    let folder = Folder::new();
    let file = folder.file("copy");
    world.back_up(&file).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let first = std::fs::read(&file).expect("read");
    live(&world).await;
    let again = backup::back_up(&world.url, &file, false, &*world.clock).await;
    assert!(matches!(again, Err(BackupError::Exists { .. })));
    assert_eq!(std::fs::read(&file).expect("read"), first);
    let later = backup::back_up(&world.url, &file, true, &*world.clock)
        .await
        .expect("copied");
    assert_eq!(later.count("orders"), 2);
    // The database of somebody who is at work, and one that its log was left behind of.
    let place = Place::on_sqlite();
    let there = place.file.clone().expect("a file");
    std::fs::write(format!("{}-wal", there.display()), b"frames").expect("written");
    let refused = restore(&file, &place).await.expect_err("refused");
    assert!(
        refused.to_string().contains("-wal is already there"),
        "{refused}"
    );
    let refused = backup::restore(&file, &world.url, RestoreOptions::default(), &clock()).await;
    assert!(matches!(refused, Err(BackupError::Occupied { .. })));
    world.assert_sound().await;
    if let Some(other) = World::empty_on_postgres().await {
        let refused = backup::restore(&file, &other.url, RestoreOptions::default(), &clock()).await;
        assert!(
            matches!(refused, Err(BackupError::Occupied { .. })),
            "{refused:?}"
        );
    }
    // No database, no folder, no room for a name.
    let nowhere = folder.file("nowhere.sqlite");
    let none = backup::back_up(
        &nowhere.display().to_string(),
        &folder.file("x"),
        false,
        &*world.clock,
    )
    .await;
    assert!(
        matches!(none, Err(BackupError::NoDatabase { .. })),
        "{none:?}"
    );
    let no_folder = folder.file("no").join("copy");
    let none = backup::back_up(&world.url, &no_folder, false, &*world.clock).await;
    assert!(matches!(none, Err(BackupError::Write { .. })), "{none:?}");
    let foreign = folder.file("foreign.sqlite");
    std::fs::write(&foreign, b"").expect("written");
    let none = backup::back_up(
        &foreign.display().to_string(),
        &folder.file("x"),
        false,
        &*world.clock,
    )
    .await;
    assert!(
        matches!(none, Err(BackupError::NoDatabase { .. })),
        "{none:?}"
    );
    assert_eq!(
        folder.names(),
        BTreeSet::from(["copy".to_owned(), "foreign.sqlite".to_owned()])
    );
}
