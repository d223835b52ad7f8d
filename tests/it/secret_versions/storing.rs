//! What is kept of replaced values, and how long.

use latchkey::domain::Key;
use latchkey::event_log::{Database, DatabaseError};
use latchkey::projections::secret_values::{self, NewValue, SecretValueError};
use serde_json::json;

use super::{NEW, rotate, stage};
use crate::log_support::{backend, key, keys, noon};

fn store(database: &Database, secret: &Key, version: u32, overlap_until: Option<chrono::DateTime<chrono::Utc>>) {
    let sealed = secret_values::seal(&keys(), secret, version, &format!("value {version}"));
    let new = NewValue { version, sealed, overlap_until };
    database.write(|conn| Ok::<_, DatabaseError>(secret_values::store(conn, secret, &new)?)).unwrap();
}

/// The current value and the one before, as they may be tried then.
fn tried(database: &Database, secret: &Key, at: chrono::DateTime<chrono::Utc>) -> (String, Option<String>) {
    let read = |conn: &mut latchkey::event_log::Conn<'_>| -> Result<_, SecretValueError> {
        let (_, current) = secret_values::open(conn, &keys(), secret)?;
        let previous = secret_values::open_previous(conn, &keys(), secret, at)?;
        Ok((current.as_str().to_owned(), previous.map(|(_, value)| value.as_str().to_owned())))
    };
    database.read(|conn| Ok(read(conn).unwrap())).unwrap()
}

#[tokio::test]
async fn a_replaced_value_is_kept_to_the_microsecond_of_its_overlap_and_then_swept() {
    let backend = backend();
    let log = backend.log();
    let (database, secret) = (log.log.database(), key("s"));
    store(database, &secret, 1, None);
    store(database, &secret, 2, Some(noon()));
    let before = noon() - chrono::TimeDelta::microseconds(1);
    assert_eq!(tried(database, &secret, before), ("value 2".to_owned(), Some("value 1".to_owned())));
    assert_eq!(tried(database, &secret, noon()), ("value 2".to_owned(), None));
    assert_eq!(database.write(|conn| secret_values::sweep(conn, before)).unwrap(), 0);
    assert!(database.read(|conn| secret_values::has_over(conn, noon())).unwrap());
    assert_eq!(database.write(|conn| secret_values::sweep(conn, noon())).unwrap(), 1);
    assert!(!database.read(|conn| secret_values::has_over(conn, noon())).unwrap());
    assert_eq!(tried(database, &secret, before), ("value 2".to_owned(), None));
}

#[tokio::test]
async fn the_next_rotation_removes_every_value_but_the_one_before() {
    let backend = backend();
    let log = backend.log();
    let (database, secret) = (log.log.database(), key("s"));
    store(database, &secret, 1, None);
    store(database, &secret, 2, Some(noon()));
    store(database, &secret, 3, Some(noon()));
    let before = noon() - chrono::TimeDelta::microseconds(1);
    assert_eq!(tried(database, &secret, before), ("value 3".to_owned(), Some("value 2".to_owned())));
    assert_eq!(database.write(|conn| secret_values::sweep(conn, noon())).unwrap(), 1, "the first is gone already");
    store(database, &secret, 4, None);
    assert_eq!(tried(database, &secret, before), ("value 4".to_owned(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_has_at_most_ninety_days() {
    let (stage, _) = stage(vec![]).await;
    let refused = rotate(&stage.server, 1, NEW, json!({ "overlap": "P90DT1S" })).await;
    assert_eq!(refused["userErrors"], json!([{ "code": "OUT_OF_RANGE", "path": ["overlap"] }]));
    let kept = rotate(&stage.server, 1, NEW, json!({ "overlap": "P90D" })).await;
    assert_eq!((&kept["userErrors"], &kept["secret"]["version"]), (&json!([]), &json!(2)));
    let recorded = &stage.recorded("secret.rotated.v1")[0];
    assert_eq!(recorded["overlap_until"].as_str().unwrap().len(), "2026-03-01T12:00:00.000000Z".len());
}
