//! Personal fields: sealed in the record, opened for who may see them, erased with their key.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use latchkey::event_log::{Append, Conn, Expected, Personal, Provenance, RecordedEvent};

use super::leaves::{leaf, root};
use crate::log_support::{NoModels, TestLog, backend, by, named, secret_stream};

const NAME: &str = "CANARY-NAME Lovelace";
const ADDRESS: &str = "2001:db8::cafe";
const AGENT: &str = "CANARY-AGENT/1.0";

async fn add(test: &TestLog, provenance: Provenance) -> RecordedEvent {
    let append = test.append(&secret_stream("a"), Expected::Any, vec![named("x")]);
    let appended = test.log.append(Append { provenance: Arc::new(provenance), ..append }).await.unwrap();
    appended.events[0].clone()
}

fn canary(id: &str) -> Provenance {
    let person = by(id, NAME);
    Provenance { source_ip: Some(ADDRESS.to_owned()), user_agent: Some(AGENT.to_owned()), ..person }
}

fn erase(test: &TestLog, subject: &str) {
    let delete = format!("DELETE FROM subject_keys WHERE subject = '{subject}'");
    test.log
        .database()
        .write(|conn| match conn {
            Conn::Sqlite(c) => Ok(c.batch_execute(&delete)?),
            Conn::Postgres(c) => Ok(c.batch_execute(&delete)?),
        })
        .unwrap();
}

#[tokio::test]
async fn personal_fields_open_again_and_are_nowhere_in_clear() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let event = add(&test, canary("u-1")).await;
    let opened = test.log.personal(Arc::clone(&event.stored)).await.unwrap();
    let expected = Personal {
        actor_display: NAME.to_owned(),
        source_ip: Some(ADDRESS.to_owned()),
        user_agent: Some(AGENT.to_owned()),
    };
    assert_eq!(opened, Some(expected));
    let record = String::from_utf8(event.stored.record.clone()).unwrap();
    for clear in ["CANARY", "Lovelace", ADDRESS, "Q0FOQVJZ"] {
        assert!(!record.contains(clear), "{record}");
    }
    assert!(record.contains("\"u-1\""), "the pseudonym is there: {record}");
}

#[tokio::test]
async fn personal_fields_of_a_log_that_was_opened_again_still_open() {
    let backend = backend();
    let first = backend.log_with(Arc::new(NoModels));
    let before = add(&first, canary("u-1")).await;
    first.log.close().await;
    let second = backend.log_with(Arc::new(NoModels));
    let after = add(&second, canary("u-1")).await;
    for event in [before, after] {
        assert_eq!(second.log.personal(event.stored).await.unwrap().unwrap().actor_display, NAME);
    }
}

#[tokio::test]
async fn latchkeys_own_events_have_no_personal_fields() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let event = add(&test, Provenance::system(uuid::Uuid::nil())).await;
    assert_eq!(event.stored.personal, None);
    assert_eq!(test.log.personal(event.stored).await.unwrap(), None);
}

#[tokio::test]
async fn an_erased_subject_is_gone_and_every_hash_still_holds() {
    let backend = backend();
    let first = backend.log_with(Arc::new(NoModels));
    let erased = add(&first, canary("u-1")).await;
    let other = add(&first, canary("u-2")).await;
    first.log.close().await;
    erase(&first, "u-1");

    let test = backend.log_with(Arc::new(NoModels));
    assert_eq!(test.log.personal(Arc::clone(&erased.stored)).await.unwrap(), None);
    assert!(test.log.personal(other.stored).await.unwrap().is_some());
    let leaves: Vec<_> = test.everything().iter().map(|event| leaf(&event.record)).collect();
    assert_eq!(test.head().root, root(&leaves));

    // Whoever comes back gets a new key, which does not open what was erased.
    let back = add(&test, canary("u-1")).await;
    assert_eq!(test.log.personal(back.stored).await.unwrap().unwrap().actor_display, NAME);
    assert_eq!(test.log.personal(erased.stored).await.unwrap(), None);
}

#[tokio::test]
async fn a_seal_belongs_to_its_event() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let one = add(&test, canary("u-1")).await;
    let other = add(&test, by("u-1", "Somebody else")).await;
    let mut moved = (*other.stored).clone();
    moved.personal.clone_from(&one.stored.personal);
    assert!(test.log.personal(Arc::new(moved)).await.is_err());
}
