//! The check is not blind: every change behind its back is found.

use std::path::Path;

use diesel::connection::SimpleConnection;
use latchkey::event_log::{Conn, Database, Synchronous};
use latchkey::projections::rebuild::check;

use crate::log_support::{Backend, backend, samples};

/// A log in which every read model has rows.
async fn full_log() -> Backend {
    let backend = backend();
    let test = backend.log();
    let history = samples::one_of_each();
    // Without the deletes at the end.
    let kept = history.len() - 3;
    for (stream, event) in history.into_iter().take(kept) {
        test.add(&stream, vec![event]).await;
        test.clock.advance(std::time::Duration::from_secs(7));
    }
    test.log.close().await;
    backend
}

fn execute(database: &Database, sql: &str) {
    database
        .write(|conn| match conn {
            Conn::Sqlite(c) => Ok(c.batch_execute(sql)?),
            Conn::Postgres(c) => Ok(c.batch_execute(sql)?),
        })
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Copies the log, changes the copy, and says whether the check notices.
fn is_found(backend: &Backend, change: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(sqlite_file(backend), &copy).unwrap();
    let database = Database::open_sqlite(&copy, Synchronous::Normal).unwrap();
    for trigger in ["replaced", "updated", "deleted"] {
        execute(&database, &format!("DROP TRIGGER events_are_never_{trigger}"));
    }
    execute(&database, change);
    match check(&database, &folder.path().join("scratch.db")) {
        Ok(report) => !report.findings.is_empty(),
        Err(_) => true,
    }
}

/// The database's file with everything in it, nothing left in its write-ahead log.
fn sqlite_file(backend: &Backend) -> &Path {
    let Database::Sqlite { path, .. } = &backend.database else { panic!("not SQLite") };
    backend
        .database
        .read(|conn| match conn {
            Conn::Sqlite(c) => Ok(c.batch_execute("PRAGMA query_only = OFF; PRAGMA wal_checkpoint(TRUNCATE)")?),
            Conn::Postgres(_) => Ok(()),
        })
        .unwrap();
    path
}

fn assert_found(backend: &Backend, changes: &[&str]) {
    assert!(!is_found(backend, "SELECT 1"), "found something in a log that nobody touched");
    for change in changes {
        assert!(is_found(backend, change), "not found: {change}");
    }
}

#[tokio::test]
async fn a_change_to_any_column_of_an_event_is_found() {
    let backend = full_log().await;
    assert_found(
        &backend,
        &[
            "UPDATE events SET stream = 'connection/other' WHERE position = 3",
            "UPDATE events SET version = 9 WHERE position = 3",
            "UPDATE events SET type = 'connection.deleted.v1' WHERE position = 3",
            "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 3",
            "UPDATE events SET correlation_id = zeroblob(15) || X'01' WHERE position = 3",
            "UPDATE events SET actor_type = 'USER' WHERE position = 3",
            "UPDATE events SET actor_id = 'other' WHERE position = 3",
            "UPDATE events SET leaf_hash = zeroblob(32) WHERE position = 3",
            "UPDATE events SET record = CAST(replace(CAST(record AS TEXT), 'to a key', 'to b key') AS BLOB)",
            "UPDATE events SET record = CAST(replace(CAST(record AS TEXT), '\"format\":1', '\"format\":2') AS BLOB)",
            "UPDATE events SET record = record || X'20' WHERE position = 1",
            "UPDATE events SET position = 1000 WHERE position = 3",
        ],
    );
}

#[tokio::test]
async fn an_event_taken_out_put_in_or_put_elsewhere_is_found() {
    let backend = full_log().await;
    let swap = |column: &str| {
        format!("UPDATE events SET {column} = (SELECT {column} FROM events WHERE position = 2) WHERE position = 3")
    };
    assert_found(
        &backend,
        &[
            "DELETE FROM events WHERE position = 5",
            "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
            "DELETE FROM events",
            "INSERT INTO events SELECT 1000, stream, version + 1000, type, recorded_at, correlation_id, record, leaf_hash, \
             actor_type, actor_id FROM events WHERE position = 1",
            &swap("record"),
            &format!("{}; {}", swap("record"), swap("leaf_hash")),
        ],
    );
}

#[tokio::test]
async fn a_change_to_the_head_is_found() {
    let backend = full_log().await;
    assert_found(
        &backend,
        &[
            "UPDATE log_head SET size = size - 1",
            "UPDATE log_head SET root = zeroblob(32)",
            "UPDATE log_head SET frontier = zeroblob(length(frontier))",
            "UPDATE log_head SET frontier = X''",
            "DELETE FROM log_head",
        ],
    );
}

#[tokio::test]
async fn a_change_to_a_connection_or_a_secret_is_found() {
    let backend = full_log().await;
    assert_found(
        &backend,
        &[
            "UPDATE connections SET key = 'other'",
            "UPDATE connections SET version = version + 1",
            "UPDATE connections SET enabled = NOT enabled",
            "UPDATE connections SET secret = 'other'",
            "UPDATE connections SET definition = replace(definition, 'idp.example.com', 'evil.example.com')",
            "UPDATE connections SET search = ''",
            "UPDATE connections SET created_at = created_at - 1",
            "UPDATE connections SET updated_at = updated_at - 1",
            "UPDATE connections SET updated_by = replace(updated_by, 'system', 'other')",
            "DELETE FROM connections",
            "UPDATE connection_states SET key = 'other'",
            "UPDATE connection_states SET position = position + 1",
            "UPDATE connection_states SET secret = 'other'",
            "UPDATE connection_states SET state = 'FAILING'",
            "UPDATE connection_states SET turns_at = turns_at - 1",
            "UPDATE connection_states SET standing = replace(standing, '\"consecutive_failures\":0', '\"consecutive_failures\":1')",
            "DELETE FROM connection_states",
            "UPDATE connection_uses SET connection = 'other'",
            "UPDATE connection_uses SET last_used_at = last_used_at - 1",
            "DELETE FROM connection_uses",
            "UPDATE connection_tests SET position = position + 1000",
            "UPDATE connection_tests SET connection = NULL",
            "UPDATE connection_tests SET started_at = started_at + 1",
            "UPDATE connection_tests SET started = replace(started, 'idp.example.com', 'evil.example.com')",
            "UPDATE connection_tests SET end_position = NULL",
            "UPDATE connection_tests SET ended_at = ended_at + 1",
            "UPDATE connection_tests SET tested = replace(tested, '\"ok\":false', '\"ok\":true')",
            "DELETE FROM connection_tests",
            "INSERT INTO connections SELECT 'more', version, enabled, secret, definition, search, created_at, \
             updated_at, updated_by FROM connections",
            "UPDATE metadata_changes SET connection = 'other'",
            "UPDATE metadata_changes SET position = position + 1",
            "UPDATE metadata_changes SET detected_at = detected_at + 1",
            "UPDATE metadata_changes SET change = replace(change, 'login.example.com', 'evil.example.com')",
            "DELETE FROM metadata_changes",
            "UPDATE secrets SET key = 'other'",
            "UPDATE secrets SET version = version + 1",
            "UPDATE secrets SET display_name = 'Other'",
            "UPDATE secrets SET provider = '\"VAULT\"'",
            "UPDATE secrets SET fingerprint = 'other'",
            "UPDATE secrets SET created_at = created_at - 1",
            "UPDATE secrets SET rotated_at = NULL",
            "DELETE FROM secrets",
            "UPDATE secrets SET expires_at = 1",
            "UPDATE secrets SET previous_version = 1, previous_until = 1",
            "INSERT INTO secrets SELECT 'more', version, display_name, provider, fingerprint, created_at, rotated_at, \
             expires_at, previous_version, previous_until FROM secrets",
            "UPDATE secret_uses SET version = version + 1",
            "DELETE FROM secret_uses",
        ],
    );
}

#[tokio::test]
async fn a_change_to_a_task_is_found() {
    let backend = full_log().await;
    let columns = [
        "key = 'other'",
        "version = version + 1",
        "endpoint = 'other'",
        "connection = NULL",
        "certificate = NULL",
        "password = 'other'",
        "definition = replace(definition, 'api.example.com', 'evil.example.com')",
        "search = ''",
        "created_at = created_at - 1",
        "updated_at = updated_at - 1",
    ];
    let mut changes: Vec<String> = columns.iter().map(|set| format!("UPDATE tasks SET {set}")).collect();
    changes.push("DELETE FROM tasks".to_owned());
    assert_found(&backend, &changes.iter().map(String::as_str).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_change_to_an_exchange_is_found() {
    let backend = full_log().await;
    let one = "WHERE position = (SELECT min(position) FROM exchanges)";
    let columns = [
        "id = '00000000-0000-7000-8000-000000000009'",
        "position = 1",
        "connection = NULL",
        "task = 'other'",
        "started_at = started_at + 1",
        "started = replace(started, 'POST', 'GET')",
        "end_position = end_position + 1",
        "ended_at = ended_at + 1",
        "end_type = 'exchange.failed.v1'",
        "end_payload = replace(end_payload, '201', '200')",
        "end_position = NULL, ended_at = NULL, end_type = NULL, end_payload = NULL",
    ];
    let changes: Vec<String> = columns.iter().map(|set| format!("UPDATE exchanges SET {set} {one}")).collect();
    let mut changes: Vec<&str> = changes.iter().map(String::as_str).collect();
    let delete = format!("DELETE FROM exchanges {one}");
    changes.push(&delete);
    assert_found(&backend, &changes);
}

#[tokio::test]
async fn a_change_to_failures_or_usage_is_found() {
    let backend = full_log().await;
    let failures = [
        "position = 99",
        "connection = 'other'",
        "exchange = NULL",
        "task = 'other'",
        "occurred_at = occurred_at + 1",
        "phase = 'DNS'",
        "reason = 'TIMEOUT'",
        "trace_id = 'x'",
        "failure = replace(failure, '401', '400')",
    ];
    let one = "WHERE position = (SELECT min(position) FROM auth_failures)";
    let mut changes: Vec<String> = failures.iter().map(|set| format!("UPDATE auth_failures SET {set} {one}")).collect();
    for column in [
        "minute",
        "requests",
        "succeeded",
        "auth_failures",
        "transport_failures",
        "unknown",
        "token_requests",
        "cache_hits",
        "retries",
    ] {
        changes.push(format!(
            "UPDATE usage_minutes SET {column} = {column} + 1 WHERE minute = (SELECT max(minute) FROM usage_minutes)"
        ));
    }
    changes.push("UPDATE usage_minutes SET connection = 'other'".to_owned());
    changes.push("UPDATE usage_minutes SET task = 'other' WHERE task = ''".to_owned());
    changes.push("UPDATE usage_reasons SET task = 'other'".to_owned());
    changes.push(
        "UPDATE usage_minutes SET latency = (SELECT latency FROM usage_minutes ORDER BY requests LIMIT 1)".to_owned(),
    );
    changes.push("UPDATE usage_reasons SET failures = failures + 1".to_owned());
    changes.push("UPDATE usage_reasons SET reason = 'TIMEOUT'".to_owned());
    changes.push("UPDATE usage_reasons SET connection = 'other'".to_owned());
    for table in ["auth_failures", "usage_minutes", "usage_reasons"] {
        changes.push(format!("DELETE FROM {table}"));
    }
    assert_found(&backend, &changes.iter().map(String::as_str).collect::<Vec<_>>());
}
