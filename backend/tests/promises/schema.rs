//! The two databases have the same tables, and each writing transaction is whole.

use super::world::*;
use sqlx::Row;
use std::collections::BTreeMap;
use taswiq_backend::db::Db;
use taswiq_backend::db::dialect;

/// A table: its columns with nullability, and its unique keys.
type Table = (BTreeMap<String, bool>, Vec<Vec<String>>);

async fn sqlite_tables(pool: &sqlx::SqlitePool) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let names = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'").fetch_all(pool).await.expect("read");
    for name in names {
        let name: String = name.get(0);
        let strict: i64 = sqlx::query("SELECT strict FROM pragma_table_list WHERE name = $1")
            .bind(&name)
            .fetch_one(pool)
            .await
            .expect("read")
            .get(0);
        assert_eq!(strict, 1, "{name} is not STRICT");
        let mut columns = BTreeMap::new();
        for column in sqlx::query("SELECT name, \"notnull\" FROM pragma_table_info($1)")
            .bind(&name)
            .fetch_all(pool)
            .await
            .expect("read")
        {
            columns.insert(column.get::<String, _>(0), column.get::<i64, _>(1) == 0);
        }
        let mut keys = Vec::new();
        let primary =
            sqlx::query("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk")
                .bind(&name)
                .fetch_all(pool)
                .await
                .expect("read");
        keys.push(
            primary
                .into_iter()
                .map(|row| row.get(0))
                .collect::<Vec<String>>(),
        );
        for index in sqlx::query(
            "SELECT name FROM pragma_index_list($1) WHERE \"unique\" = 1 AND origin <> 'pk'",
        )
        .bind(&name)
        .fetch_all(pool)
        .await
        .expect("read")
        {
            let index: String = index.get(0);
            let columns = sqlx::query("SELECT name FROM pragma_index_info($1) ORDER BY seqno")
                .bind(&index)
                .fetch_all(pool)
                .await
                .expect("read");
            keys.push(columns.into_iter().map(|row| row.get(0)).collect());
        }
        keys.sort();
        tables.insert(name, (columns, keys));
    }
    tables
}

async fn postgres_tables(pool: &sqlx::PgPool) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = sqlx::query(
        "SELECT table_name::text, column_name::text, is_nullable::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_sqlx%'",
    );
    for row in columns.fetch_all(pool).await.expect("read") {
        tables
            .entry(row.get(0))
            .or_default()
            .0
            .insert(row.get(1), row.get::<String, _>(2) == "YES");
    }
    let keys = sqlx::query(
        "SELECT i.indrelid::regclass::text, string_agg(a.attname::text, ',' ORDER BY k.place)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (column_number, place)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.column_number
         WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace GROUP BY i.indexrelid, i.indrelid",
    );
    for row in keys.fetch_all(pool).await.expect("read") {
        let (table, columns): (String, String) = (row.get(0), row.get(1));
        if let Some(table) = tables.get_mut(&table) {
            table
                .1
                .push(columns.split(',').map(str::to_owned).collect());
        }
    }
    tables.values_mut().for_each(|(_, keys)| keys.sort());
    tables
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_tables_columns_and_keys() {
    let Some(postgres) = World::empty_on_postgres().await else {
        return;
    };
    let sqlite = World::empty_on_sqlite().await;
    let Db::Sqlite { readers, .. } = dialect::open(&sqlite.url, 1).await.expect("opens") else {
        panic!("a file")
    };
    let Db::Postgres(pool) = dialect::open(&postgres.url, 1).await.expect("opens") else {
        panic!("a server")
    };
    let (sqlite, postgres) = (sqlite_tables(&readers).await, postgres_tables(&pool).await);
    assert!(sqlite.len() > 20);
    assert_eq!(sqlite, postgres);
}

/// Where a key or a trigger holds only for some rows, or what it does, is compared by name: the two
/// write it differently.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_protect_the_same_history() {
    let Some(postgres) = World::empty_on_postgres().await else {
        return;
    };
    let sqlite = World::empty_on_sqlite().await;
    let Db::Sqlite { readers, .. } = dialect::open(&sqlite.url, 1).await.expect("opens") else {
        panic!("a file")
    };
    let Db::Postgres(pool) = dialect::open(&postgres.url, 1).await.expect("opens") else {
        panic!("a server")
    };
    let names =
        |rows: Vec<(String,)>| -> Vec<String> { rows.into_iter().map(|(name,)| name).collect() };
    let in_file = |kind: &'static str| {
        let query =
            "SELECT name FROM sqlite_master WHERE type = $1 AND sql IS NOT NULL ORDER BY name";
        sqlx::query_as::<_, (String,)>(query)
            .bind(kind)
            .fetch_all(&readers)
    };
    let triggers = "SELECT tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT tgisinternal AND c.relnamespace = current_schema()::regnamespace AND tgname NOT LIKE '%emptied' ORDER BY 1";
    let triggers: Vec<(String,)> = sqlx::query_as(triggers)
        .fetch_all(&pool)
        .await
        .expect("read");
    let triggers = names(triggers);
    assert_eq!(names(in_file("trigger").await.expect("read")), triggers);
    assert_eq!(triggers.len(), 6);
    let indexes = "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema()
         AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' AND tablename NOT LIKE '\\_sqlx%' ORDER BY 1";
    let indexes: Vec<(String,)> = sqlx::query_as(indexes)
        .fetch_all(&pool)
        .await
        .expect("read");
    assert_eq!(names(in_file("index").await.expect("read")), names(indexes));
}

#[test]
fn both_folders_hold_the_same_migrations() {
    let names = |folder: &str| {
        let path = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let mut names: Vec<_> = std::fs::read_dir(path)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

promise! {
    async fn a_database_is_opened_twice_and_keeps_its_epoch(world) {
        let second = world.second_process().await;
        assert_eq!(world.office.epoch().await.expect("one"), second.epoch().await.expect("one"));
        assert!(second.is_ready().await);
        second.close().await;
        assert!(!second.is_ready().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_file_has_everything_in_it() {
    for _ in 0..8 {
        let world = World::on_sqlite().await;
        // Many connections go at once.
        let manager = world.manager();
        let reads = (0..8).map(|_| {
            let (office, manager) = (world.office.clone(), manager.clone());
            tokio::spawn(async move { office.completeness(&manager).await.is_ok() })
        });
        for read in reads.collect::<Vec<_>>() {
            assert!(read.await.expect("reads"));
        }
        world.office.close().await;
        let file = world
            .url
            .trim_start_matches("sqlite:")
            .trim_start_matches("//");
        let left = std::fs::metadata(format!("{file}-wal")).map_or(0, |log| log.len());
        assert_eq!(left, 0);
    }
}

promise! {
    async fn one_bad_job_spoils_no_other_of_its_transaction(world) {
        // Many jobs at once share transactions; those that fail do so alone.
        let taken = |login: &str| taswiq_backend::people::PersonDetails {
            role: taswiq_domain::person::Role::Agent, name: name(login), login: Some(login.to_owned()), phone: None, language: "fr".to_owned(), cooperatives: Vec::new(),
        };
        let jobs: Vec<_> = (0..40)
            .map(|n| {
                let (office, actor) = (world.office.clone(), world.manager());
                let details = taken(&if n % 4 == 0 { "agent".to_owned() } else { format!("agent-{n}") });
                tokio::spawn(async move { office.invite(&actor, details).await.is_ok() })
            })
            .collect();
        let mut invited = 0;
        for (n, job) in jobs.into_iter().enumerate() {
            let done = job.await.expect("no panic");
            assert_eq!(done, n % 4 != 0);
            invited += usize::from(done);
        }
        let people = world.office.people(&world.manager(), Some(taswiq_domain::person::Role::Agent), "").await.expect("listed");
        assert_eq!(people.len(), 2 + invited);
    }
}

promise! {
    async fn open_pages_are_told_who_should_look(world) {
        let mut changes = world.office.changes();
        let mut agent = world.phone(AGENT).await;
        agent.place(&[(1, 1)]).await;
        let mut scopes = std::collections::BTreeSet::new();
        while let Ok(changed) = changes.try_recv() {
            scopes.extend(changed.scopes.iter().cloned());
        }
        assert!(scopes.contains("agent:3") && scopes.contains("cooperative:1"), "{scopes:?}");
        assert!(!scopes.contains("cooperative:2"));
    }
}

/// The text of a query, as it stands in the program.
fn query_of(function: &str) -> &'static str {
    let source = include_str!("../../src/settlement/sql.rs");
    let (_, body) = source
        .split_once(&format!("pub async fn {function}("))
        .expect("a function");
    let (_, text) = body.split_once('"').expect("a query");
    text.split_once('"').expect("its end").0
}

/// A close of a million orders costs what a sum costs as long as the database reads nothing else: were
/// a column of the query not in the index, each row would be looked up besides.
#[tokio::test]
async fn a_close_adds_up_from_an_index_and_reads_no_row_of_what_was_earned() {
    let sqlite = World::empty_on_sqlite().await;
    let Db::Sqlite { readers, .. } = dialect::open(&sqlite.url, 1).await.expect("opens") else {
        panic!("a file")
    };
    for (function, way) in [
        (
            "earned",
            "USING COVERING INDEX ledger_transfer_earned (period=?)",
        ),
        (
            "earned_late",
            "USING INDEX ledger_transfer_earned (period=?)",
        ),
        ("taken", "USING PRIMARY KEY (period=?)"),
        (
            "awaited",
            "USING INDEX sub_order_waits (placed_at>? AND placed_at<?)",
        ),
    ] {
        let query = format!("EXPLAIN QUERY PLAN {}", query_of(function));
        let steps = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(1_i64)
            .bind(1_i64)
            .fetch_all(&readers)
            .await
            .expect("a plan");
        let first: String = steps[0].get("detail");
        assert!(
            first.starts_with("SEARCH") && first.ends_with(way),
            "{function}: {first}"
        );
    }
}
