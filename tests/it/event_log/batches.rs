//! Appends that share a transaction: each stands or falls by itself.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use futures_util::poll;
use latchkey::domain::StreamId;
use latchkey::event_log::append::Refusal;
use latchkey::event_log::{
    Alongside, Append, AppendError, Appended, Conn, DatabaseError, Expected, Projector, RecordedEvent,
};

use crate::log_support::{Backend, PATIENCE, TestLog, backend, named, secret_stream};

/// Holds the writer inside a transaction, so that a test decides which appends share the next one.
pub(crate) struct Gate {
    entered: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
    batches: Arc<Mutex<Vec<usize>>>,
}

struct GateKeeper {
    entered: mpsc::Sender<()>,
    opened: Mutex<mpsc::Receiver<()>>,
    batches: Arc<Mutex<Vec<usize>>>,
}

impl Projector for GateKeeper {
    fn project(&self, _: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
        if events.iter().any(|event| event.stored.stream == gate()) {
            self.entered.send(()).unwrap();
            self.opened.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        }
        Ok(())
    }

    fn committed(&self, events: &[RecordedEvent]) {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).push(events.len());
    }
}

fn gate() -> StreamId {
    secret_stream("gate")
}

pub(crate) type Waiting<'a> = Pin<Box<dyn Future<Output = Result<Appended, AppendError>> + Send + 'a>>;

impl Gate {
    pub(crate) fn of(backend: &Backend) -> (TestLog, Self) {
        let (entered_sender, entered) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let batches = Arc::default();
        let keeper = GateKeeper { entered: entered_sender, opened: Mutex::new(opened), batches: Arc::clone(&batches) };
        (backend.log_with(Arc::new(keeper)), Self { entered, open, batches })
    }

    /// Makes the writer wait inside a transaction of its own.
    pub(crate) async fn close<'a>(&self, test: &'a TestLog) -> Waiting<'a> {
        let held = queue(test, test.append(&gate(), Expected::Any, vec![named("held")])).await;
        self.entered.recv_timeout(PATIENCE).unwrap();
        held
    }

    /// Lets the writer go on.
    pub(crate) fn open(&self) {
        self.open.send(()).unwrap();
    }

    /// Events of each transaction so far.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().clone()
    }
}

/// Puts an append into the writer's queue and does not wait for it.
pub(crate) async fn queue(test: &TestLog, append: Append) -> Waiting<'_> {
    let mut waiting: Waiting<'_> = Box::pin(test.log.append(append));
    assert!(matches!(poll!(&mut waiting), Poll::Pending), "answered at once");
    waiting
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(conn: &mut Conn<'_>, stream: &StreamId) -> i64 {
    let query = "SELECT count(*) AS count FROM events WHERE stream = ";
    let stream = stream.to_string();
    match conn {
        Conn::Sqlite(c) => {
            sql_query(format!("{query} ?")).bind::<Text, _>(stream).get_result::<Count>(*c).unwrap().count
        }
        Conn::Postgres(c) => {
            sql_query(format!("{query} $1")).bind::<Text, _>(stream).get_result::<Count>(*c).unwrap().count
        }
    }
}

fn mark(conn: &mut Conn<'_>, key: &str) {
    let insert = format!("INSERT INTO idempotency_keys (fingerprint, input, stream) VALUES ('{key}', '', '')");
    match conn {
        Conn::Sqlite(c) => sql_query(insert).execute(*c).unwrap(),
        Conn::Postgres(c) => sql_query(insert).execute(*c).unwrap(),
    };
}

fn marks(test: &TestLog) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Mark {
        #[diesel(sql_type = Text)]
        fingerprint: String,
    }
    let query = "SELECT fingerprint FROM idempotency_keys ORDER BY fingerprint";
    let marks: Vec<Mark> = test
        .log
        .database()
        .read(|conn| {
            Ok(match conn {
                Conn::Sqlite(c) => sql_query(query).load(*c)?,
                Conn::Postgres(c) => sql_query(query).load(*c)?,
            })
        })
        .unwrap();
    marks.into_iter().map(|mark| mark.fingerprint).collect()
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("rule {0}")]
struct Rule(u8);

fn marking(key: &'static str, then: Result<(), Rule>) -> Alongside {
    Box::new(move |conn| {
        mark(conn, key);
        then.map_err(|rule| Refusal::Rule(Box::new(rule)))
    })
}

#[tokio::test]
async fn appends_that_wait_share_one_transaction_and_keep_their_order() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    let mut waiting = Vec::new();
    for number in 0..10 {
        let append = test.append(&secret_stream("a"), Expected::Version(number), vec![named(&number.to_string())]);
        waiting.push(queue(&test, append).await);
    }
    gate.open();
    assert_eq!(held.await.unwrap().positions(), [1]);
    for (position, answer) in (2_u64..).zip(waiting) {
        assert_eq!(answer.await.unwrap().positions(), [position]);
    }
    assert_eq!(gate.batches(), [1, 10]);
}

#[tokio::test]
async fn a_race_lost_inside_a_batch_harms_nobody_else() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    let stream = secret_stream("a");
    let first = queue(&test, test.append(&stream, Expected::Version(0), vec![named("first"), named("more")])).await;
    let loser = queue(&test, test.append(&stream, Expected::Version(0), vec![named("loser")])).await;
    let fact = queue(&test, test.append(&stream, Expected::Any, vec![named("fact")])).await;
    let next = queue(&test, test.append(&stream, Expected::Version(3), vec![named("next")])).await;
    let other = queue(&test, test.append(&secret_stream("b"), Expected::Version(0), vec![named("other")])).await;
    gate.open();
    held.await.unwrap();
    assert_eq!(first.await.unwrap().positions(), [2, 3]);
    assert!(matches!(loser.await, Err(AppendError::Conflict { current: 2 })));
    let fact = fact.await.unwrap();
    assert_eq!((fact.positions(), fact.version()), (vec![4], 3));
    let next = next.await.unwrap();
    assert_eq!((next.positions(), next.version()), (vec![5], 4));
    assert_eq!(other.await.unwrap().positions(), [6]);
    assert_eq!(gate.batches(), [1, 5]);
    assert_eq!(test.head().size, 6);
}

#[tokio::test]
async fn a_refusal_undoes_its_own_writes_only() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    let append = |stream: &str, alongside| {
        let append = test.append(&secret_stream(stream), Expected::Version(0), vec![named(stream)]);
        Append { alongside: Some(alongside), ..append }
    };
    let before = queue(&test, append("before", marking("before", Ok(())))).await;
    let refused = queue(&test, append("refused", marking("refused", Err(Rule(7))))).await;
    let after = queue(&test, append("after", marking("after", Ok(())))).await;
    // The stream of the refused append is as free as before.
    let again = queue(&test, append("refused", marking("again", Ok(())))).await;
    gate.open();
    held.await.unwrap();
    assert_eq!(before.await.unwrap().positions(), [2]);
    let Err(AppendError::Refused(rule)) = refused.await else { panic!("not refused") };
    assert_eq!(*rule.downcast::<Rule>().unwrap(), Rule(7));
    assert_eq!(after.await.unwrap().positions(), [3]);
    assert_eq!(again.await.unwrap().positions(), [4]);
    assert_eq!(marks(&test), ["after", "again", "before"]);
    assert_eq!(gate.batches(), [1, 3]);
}

#[tokio::test]
async fn a_check_alongside_sees_what_came_before_it_in_the_batch() {
    let backend = backend();
    let (test, gate) = Gate::of(&backend);
    let held = gate.close(&test).await;
    let earlier = queue(&test, test.append(&secret_stream("a"), Expected::Any, vec![named("1"), named("2")])).await;
    let (seen, was_seen) = mpsc::channel();
    let alongside: Alongside = Box::new(move |conn| {
        seen.send((count(conn, &secret_stream("a")), count(conn, &secret_stream("b")))).unwrap();
        Ok(())
    });
    let append = test.append(&secret_stream("b"), Expected::Any, vec![named("3")]);
    let checked = queue(&test, Append { alongside: Some(alongside), ..append }).await;
    gate.open();
    held.await.unwrap();
    earlier.await.unwrap();
    checked.await.unwrap();
    assert_eq!(was_seen.recv_timeout(PATIENCE).unwrap(), (2, 0), "the earlier events, and not yet its own");
    assert_eq!(gate.batches(), [1, 3]);
}

#[tokio::test]
async fn a_lost_race_does_not_run_its_check() {
    let backend = backend();
    let (test, _gate) = Gate::of(&backend);
    let append = test.append(&secret_stream("a"), Expected::Version(9), vec![named("a")]);
    let lost = test.log.append(Append { alongside: Some(marking("never", Ok(()))), ..append }).await;
    assert!(matches!(lost, Err(AppendError::Conflict { current: 0 })));
    assert_eq!(marks(&test), Vec::<String>::new());
}
