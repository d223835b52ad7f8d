//! The tree over the stored bytes, computed from scratch by the words of RFC 9162 §2.1.1.

use std::sync::Arc;

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Binary, Text};
use diesel::{QueryableByName, sql_query};
use latchkey::crypto::sha256;
use latchkey::event_log::{Append, Conn, Expected};
use serde_json::Value;

use crate::log_support::{NoModels, backend, by, named, samples, secret_stream};

pub(crate) fn leaf(bytes: &[u8]) -> [u8; 32] {
    sha256(&[&[0], bytes])
}

/// The root by the RFC's definition: split at the largest power of two below n.
pub(crate) fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

#[tokio::test]
async fn an_empty_log_has_the_root_of_the_empty_tree() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    assert_eq!((test.head().size, test.head().root), (0, root(&[])));
}

#[tokio::test]
async fn the_stored_root_is_the_root_of_the_stored_bytes_at_every_size() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    for size in 1..=70 {
        test.add(&secret_stream(&format!("s{}", size % 3)), vec![named(&size.to_string())]).await;
        let leaves: Vec<_> = test.everything().iter().map(|event| leaf(&event.record)).collect();
        assert_eq!((leaves.len(), test.head().root), (size, root(&leaves)));
    }
    // And where one append, and one transaction, adds many.
    test.add(&secret_stream("many"), (0..1_000).map(|_| named("x")).collect()).await;
    let leaves: Vec<_> = test.everything().iter().map(|event| leaf(&event.record)).collect();
    assert_eq!((leaves.len(), test.head().root), (1_070, root(&leaves)));
}

#[derive(QueryableByName)]
struct Columns {
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Text)]
    stream: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text, column_name = "type")]
    event_type: String,
    #[diesel(sql_type = BigInt)]
    recorded_at: i64,
    #[diesel(sql_type = Binary)]
    correlation_id: Vec<u8>,
    #[diesel(sql_type = Binary)]
    record: Vec<u8>,
    #[diesel(sql_type = Binary)]
    leaf_hash: Vec<u8>,
}

#[tokio::test]
async fn the_columns_are_copies_of_what_the_record_says() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    for (stream, event) in samples::one_of_each() {
        let append = test.append(&stream, Expected::Any, vec![event]);
        test.log.append(Append { provenance: Arc::new(by("u-1", "Ada")), ..append }).await.unwrap();
        test.clock.advance(std::time::Duration::from_micros(1_000_001));
    }
    let query = "SELECT position, stream, version, type, recorded_at, correlation_id, record, leaf_hash \
                 FROM events ORDER BY position";
    let rows: Vec<Columns> = test
        .log
        .database()
        .read(|conn| {
            Ok(match conn {
                Conn::Sqlite(c) => sql_query(query).load(*c)?,
                Conn::Postgres(c) => sql_query(query).load(*c)?,
            })
        })
        .unwrap();
    assert_eq!(rows.len(), samples::one_of_each().len());
    for row in rows {
        let record: Value = serde_json::from_slice(&row.record).unwrap();
        assert_eq!(record["format"], 1);
        assert_eq!(record["position"], row.position);
        assert_eq!(record["stream"], row.stream);
        assert_eq!(record["version"], row.version);
        assert_eq!(record["type"], row.event_type);
        let recorded_at: chrono::DateTime<chrono::Utc> = record["recorded_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(recorded_at.timestamp_micros(), row.recorded_at);
        let correlation: uuid::Uuid = record["correlation_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(correlation.as_bytes().as_slice(), row.correlation_id);
        assert_eq!(leaf(&row.record).as_slice(), row.leaf_hash);
    }
}
