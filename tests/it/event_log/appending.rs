//! Positions, versions and races.

use std::sync::Arc;

use diesel::RunQueryDsl;
use latchkey::command::{self, CommandError, Execution};
use latchkey::domain::secret::{Rotated, SecretEvent};
use latchkey::domain::{Decider, StreamId};
use latchkey::event_log::{AppendError, Conn, DatabaseError, Expected, Provenance};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::log_support::{NoModels, TestLog, backend, named, secret_stream};

const WRITERS: u32 = 64;

fn positions(test: &TestLog) -> Vec<u64> {
    test.everything().iter().map(|event| event.position).collect()
}

fn versions(test: &TestLog, stream: &StreamId) -> Vec<u32> {
    test.everything().iter().filter(|event| event.stream == *stream).map(|event| event.version).collect()
}

#[tokio::test]
async fn positions_have_no_hole_and_versions_count_per_stream() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let (one, other) = (secret_stream("one"), secret_stream("other"));
    test.add(&one, vec![named("a"), named("b")]).await;
    test.add(&other, vec![named("c")]).await;
    test.add(&one, vec![named("d")]).await;
    assert_eq!(positions(&test), [1, 2, 3, 4]);
    assert_eq!(versions(&test, &one), [1, 2, 3]);
    assert_eq!(versions(&test, &other), [1]);
    assert_eq!(test.head().size, 4);
    assert_eq!(test.log.feed().head(), 4);
}

#[tokio::test]
async fn an_append_says_what_became_of_it() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let stream = secret_stream("one");
    test.add(&stream, vec![named("a")]).await;
    let append = test.append(&stream, Expected::Version(1), vec![named("b"), named("c")]);
    let ids: Vec<Uuid> = append.events.iter().map(|event| event.id).collect();
    let appended = test.log.append(append).await.unwrap();
    assert_eq!((appended.positions(), appended.version()), (vec![2, 3], 3));
    assert_eq!(appended.events.iter().map(|event| event.stored.id).collect::<Vec<_>>(), ids);
    let stored = test.everything();
    for event in &appended.events {
        let read = &stored[usize::try_from(event.stored.position).unwrap() - 1];
        assert_eq!((&read.record, read.leaf_hash), (&event.stored.record, event.stored.leaf_hash));
        assert_eq!(read.event().unwrap(), event.event);
    }
}

#[tokio::test]
async fn a_conflict_is_typed_and_leaves_nothing() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    let stream = secret_stream("one");
    test.add(&stream, vec![named("a"), named("b")]).await;
    let before = test.head();
    for wrong in [0, 1, 3, u32::MAX] {
        let lost = test.log.append(test.append(&stream, Expected::Version(wrong), vec![named("c")])).await;
        assert!(matches!(lost, Err(AppendError::Conflict { current: 2 })), "{wrong}: {lost:?}");
    }
    let unborn = test.append(&secret_stream("other"), Expected::Version(1), vec![named("c")]);
    assert!(matches!(test.log.append(unborn).await, Err(AppendError::Conflict { current: 0 })));
    assert_eq!(test.head(), before);
    assert_eq!(positions(&test), [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_exactly_one_wins_each_version() {
    let backend = backend();
    let test = Arc::new(backend.log_with(Arc::new(NoModels)));
    let stream = secret_stream("contended");
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (test, stream) = (Arc::clone(&test), stream.clone());
        // Every writer tries every version once, so each version has 64 takers and one winner.
        writers.spawn(async move {
            let mut won = Vec::new();
            for version in 0..WRITERS {
                let wish = test.append(&stream, Expected::Version(version), vec![named(&writer.to_string())]);
                match test.log.append(wish).await {
                    Ok(appended) => won.push(appended.version()),
                    Err(AppendError::Conflict { current }) => assert_ne!(current, version),
                    Err(other) => panic!("{other}"),
                }
            }
            won
        });
    }
    let mut won: Vec<u32> = writers.join_all().await.concat();
    won.sort_unstable();
    let size = u32::try_from(won.len()).unwrap();
    assert!(size > 0);
    assert_eq!(won, (1..=size).collect::<Vec<_>>(), "no version has two winners, none is left out");
    assert_eq!(versions(&test, &stream), won);
    assert_eq!(positions(&test), (1..=u64::from(size)).collect::<Vec<_>>());
}

/// A rule that always wants one more event: whoever loses a race has to decide again.
#[derive(Default)]
struct Tally(u32);

#[derive(Debug, thiserror::Error)]
#[error("no more")]
struct NoMore;

impl Decider for Tally {
    type Command = u32;
    type Event = SecretEvent;
    type Rejection = NoMore;

    fn decide(&self, max: u32) -> Result<Vec<SecretEvent>, NoMore> {
        if self.0 >= max {
            return Err(NoMore);
        }
        Ok(vec![SecretEvent::Rotated(Rotated {
            fingerprint: (self.0 + 1).to_string(),
            reason: None,
            expires_at: None,
            overlap_until: None,
        })])
    }

    fn evolve(self, _: &SecretEvent) -> Self {
        Self(self.0 + 1)
    }
}

async fn tally(test: &TestLog, stream: StreamId, max: u32) -> Result<u32, CommandError<NoMore>> {
    let provenance = Arc::new(Provenance::system(Uuid::nil()));
    let execution = Execution::<Tally> { stream, command: max, provenance, alongside: None };
    command::execute(&test.log, &test.ids, execution).await.map(|done| done.state.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_lose_a_race_decide_again_on_what_the_winner_did() {
    let backend = backend();
    let test = Arc::new(backend.log_with(Arc::new(NoModels)));
    let stream = secret_stream("tally");
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (test, stream) = (Arc::clone(&test), stream.clone());
        writers.spawn(async move { tally(&test, stream, 20).await });
    }
    let (mut done, mut refused) = (Vec::new(), 0);
    for result in writers.join_all().await {
        match result {
            Ok(state) => done.push(state),
            Err(CommandError::Rejected(NoMore)) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    done.sort_unstable();
    assert_eq!(done, (1..=20).collect::<Vec<_>>(), "each decided upon another state");
    assert_eq!(refused, WRITERS - 20);
    assert_eq!(versions(&test, &stream), (1..=20).collect::<Vec<_>>());
    assert_eq!(positions(&test), (1..=20).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_an_event() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    test.add(&secret_stream("one"), vec![named("a"), named("b")]).await;
    let before: Vec<Vec<u8>> = test.everything().into_iter().map(|event| event.record).collect();
    for attempt in [
        "UPDATE events SET record = X'00' WHERE position = 1",
        "UPDATE events SET leaf_hash = leaf_hash",
        "DELETE FROM events WHERE position = 2",
        "DELETE FROM events",
        "REPLACE INTO events SELECT position, stream, version, type, 0, correlation_id, X'00', X'00', '', '' FROM events",
        "REPLACE INTO events SELECT 9, stream, version, type, 0, correlation_id, X'00', X'00', '', '' FROM events LIMIT 1",
    ] {
        let refused = execute(&test, attempt).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{attempt}: {refused}");
    }
    let after: Vec<Vec<u8>> = test.everything().into_iter().map(|event| event.record).collect();
    assert_eq!(after, before);
}

fn execute(test: &TestLog, sql: &str) -> Result<(), DatabaseError> {
    test.log.database().write(|conn| match conn {
        Conn::Sqlite(c) => Ok(diesel::sql_query(sql).execute(*c).map(drop)?),
        Conn::Postgres(c) => Ok(diesel::sql_query(sql).execute(*c).map(drop)?),
    })
}

#[tokio::test]
async fn a_log_that_is_opened_again_goes_on_where_it_ended() {
    let backend = backend();
    let stream = secret_stream("one");
    let first = backend.log_with(Arc::new(NoModels));
    first.add(&stream, vec![named("a"), named("b"), named("c")]).await;
    let before = first.head();
    first.log.close().await;
    let refused = first.log.append(first.append(&stream, Expected::Any, vec![named("late")])).await;
    assert!(matches!(refused, Err(AppendError::Closed)));

    let second = backend.log_with(Arc::new(NoModels));
    assert_eq!(second.head(), before);
    assert_eq!(second.log.feed().head(), 3);
    let appended = second.log.append(second.append(&stream, Expected::Version(3), vec![named("d")])).await.unwrap();
    assert_eq!((appended.positions(), appended.version()), (vec![4], 4));
    let mut frontier = before.frontier;
    frontier.push(appended.events[0].stored.leaf_hash);
    assert_eq!(second.head().frontier, frontier);
    assert_eq!(second.head().root, frontier.root());
}
