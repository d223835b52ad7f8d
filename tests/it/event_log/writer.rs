//! The writer when callers go away, come in crowds, or the database fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::connection::SimpleConnection;
use latchkey::event_log::{AppendError, Conn, DatabaseError, Expected, Projector, RecordedEvent};

use super::batches::{Gate, queue};
use crate::log_support::{backend, by, named, secret_stream};

/// Appends that may wait, as the writer has it.
const QUEUE_MAX: usize = 8_192;

#[tokio::test]
async fn an_append_whose_caller_went_away_is_carried_out() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    drop(queue(&test, test.append(&secret_stream("a"), Expected::Any, vec![named("abandoned")])).await);
    let last = queue(&test, test.append(&secret_stream("b"), Expected::Any, vec![named("last")])).await;
    gate.open();
    held.await.unwrap();
    assert_eq!(last.await.unwrap().positions(), [3]);
    assert_eq!(test.everything()[1].event().unwrap(), named("abandoned"));
}

#[tokio::test]
async fn one_append_more_than_may_wait_is_refused_as_busy_and_the_others_are_kept() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    let mut waiting = Vec::with_capacity(QUEUE_MAX);
    for _ in 0..QUEUE_MAX {
        waiting.push(queue(&test, test.append(&secret_stream("a"), Expected::Any, vec![named("a")])).await);
    }
    let surplus = test.log.append(test.append(&secret_stream("a"), Expected::Any, vec![named("b")])).await;
    assert!(matches!(surplus, Err(AppendError::Busy)), "{surplus:?}");
    gate.open();
    held.await.unwrap();
    for (version, answer) in (1_u32..).zip(waiting) {
        assert_eq!(answer.await.unwrap().version(), version);
    }
    assert_eq!(test.head().size, 1 + 8_192);
    let batches = gate.batches();
    assert!(batches.iter().all(|events| *events <= 512), "a transaction is bounded: {batches:?}");
}

/// Fails in the way of a database while told to.
struct Failing {
    now: AtomicBool,
    how: fn(&mut Conn<'_>) -> Result<(), DatabaseError>,
}

impl Projector for Failing {
    fn project(&self, conn: &mut Conn<'_>, _: &[RecordedEvent]) -> Result<(), DatabaseError> {
        if self.now.load(Ordering::SeqCst) { (self.how)(conn) } else { Ok(()) }
    }

    fn committed(&self, _: &[RecordedEvent]) {}
}

/// Appends before, during and after a failure; what failed left nothing, and writing goes on.
async fn fails_closed_and_recovers(how: fn(&mut Conn<'_>) -> Result<(), DatabaseError>) {
    let backend = backend();
    let failing = Arc::new(Failing { now: AtomicBool::new(false), how });
    let test = backend.log_with(Arc::<Failing>::clone(&failing));
    let stream = secret_stream("a");
    test.add(&stream, vec![named("before")]).await;
    let before = test.head();

    failing.now.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        // Somebody new, so that the failed transaction has made a key for their personal fields.
        let mut append = test.append(&stream, Expected::Version(1), vec![named("lost")]);
        append.provenance = Arc::new(by("u-1", "Ada"));
        let failed = test.log.append(append).await;
        assert!(matches!(failed, Err(AppendError::Unavailable(_))), "{failed:?}");
    }
    assert_eq!(test.head(), before, "reads go on, and see nothing of it");
    assert_eq!(test.everything().len(), 1);

    failing.now.store(false, Ordering::SeqCst);
    let mut append = test.append(&stream, Expected::Version(1), vec![named("after")]);
    append.provenance = Arc::new(by("u-1", "Ada"));
    let appended = test.log.append(append).await.unwrap();
    assert_eq!((appended.positions(), appended.version()), (vec![2], 2));
    let personal = test.log.personal(Arc::clone(&appended.events[0].stored)).await.unwrap().unwrap();
    assert_eq!(personal.actor_display, "Ada");
}

#[tokio::test]
async fn a_failure_of_a_read_model_leaves_nothing_and_writing_goes_on() {
    fails_closed_and_recovers(|_| Err(DatabaseError::Corrupt("a test".to_owned()))).await;
}

#[tokio::test]
async fn a_full_disk_leaves_nothing_and_writing_goes_on_when_space_returns() {
    // The limit belongs to the connection, so it ends when the writer opens another.
    fails_closed_and_recovers(|conn| {
        run(conn, "PRAGMA max_page_count = 1")?;
        run(conn, "INSERT INTO secret_values (secret, version, sealed) VALUES ('a', 1, zeroblob(10000000))")
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_broke_is_replaced() {
    // Stands for a connection to a server that is gone: it can't write any more, whatever the transaction does.
    fails_closed_and_recovers(|conn| {
        run(conn, "PRAGMA query_only = ON")?;
        Err(DatabaseError::Corrupt("a test".to_owned()))
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_the_database_rolled_back_itself_leaves_nothing_and_writing_goes_on() {
    // SQLite does so after some I/O errors and when the disk is full.
    fails_closed_and_recovers(|conn| {
        run(conn, "ROLLBACK")?;
        Err(DatabaseError::Corrupt("a test".to_owned()))
    })
    .await;
}

fn run(conn: &mut Conn<'_>, sql: &str) -> Result<(), DatabaseError> {
    match conn {
        Conn::Sqlite(c) => Ok(c.batch_execute(sql)?),
        Conn::Postgres(c) => Ok(c.batch_execute(sql)?),
    }
}
