//! A database for a test that has to see the inside of the office: each has one of its own.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// On a new file.
pub async fn on_sqlite(name: &str, test: impl AsyncFnOnce(&str)) {
    let file = format!("taswiq_{name}_{}.sqlite", std::process::id());
    let file = std::env::temp_dir().join(file).display().to_string();
    test(&format!("sqlite:{file}")).await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{file}{suffix}"));
    }
}

/// In a new schema, when there is a PostgreSQL.
pub async fn on_postgres(name: &str, test: impl AsyncFnOnce(&str)) {
    let Ok(admin) = std::env::var("TASWIQ_TEST_POSTGRES_URL") else {
        return;
    };
    let mut connection = PgConnection::connect(&admin).await.expect("answers");
    let mut run = async |statement: String| {
        let statement = AssertSqlSafe(statement);
        connection.execute(statement).await.expect("runs");
    };
    let schema = format!("taswiq_{name}");
    // What an interrupted run may have left is in the way.
    run(format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
    run(format!("CREATE SCHEMA {schema}")).await;
    let separator = if admin.contains('?') { '&' } else { '?' };
    test(&format!("{admin}{separator}options[search_path]={schema}")).await;
    run(format!("DROP SCHEMA {schema} CASCADE")).await;
}
