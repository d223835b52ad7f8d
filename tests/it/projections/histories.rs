//! Whatever happened, the read models say what a replay from zero says.

use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use latchkey::command::{self, CommandError, Execution};
use latchkey::domain::connection::{Connection, ConnectionCommand};
use latchkey::domain::connection_test::{
    ConnectionTest, ConnectionTestCommand, TestEnd, TestOutcomeUnknown, TestStarted, Tested,
};
use latchkey::domain::exchange::{Exchange, ExchangeCommand, ExchangeEnd, OutcomeUnknown, Started, Timings};
use latchkey::domain::failure::AuthFailureReason;
use latchkey::domain::metadata::{MetadataChange, MetadataChanged, MetadataEvent, MetadataSettled, PinnedMember};
use latchkey::domain::secret::{Secret, SecretCommand, SecretUsers};
use latchkey::domain::token::{IssueReason, Issued, Rejected, RequestFailed, TokenEvent};
use latchkey::domain::{Decider, Event, Key, StreamId};
use latchkey::event_log::{Append, Conn, DatabaseError, Expected, Filter, Page, Provenance, read};
use latchkey::projections::rebuild::check;
use latchkey::projections::standings::Standings;
use latchkey::projections::{Directory, connection_states, connection_uses, connections, tasks};
use proptest::prelude::*;
use uuid::Uuid;

use crate::log_support::{Backend, TestLog, backend, by, definition, key, noon, samples};

/// Few Keys, so that histories meet.
const KEYS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    CreateSecret(usize),
    RotateSecret(usize),
    DeleteSecret(usize),
    CreateConnection { key: usize, secret: usize },
    UpdateConnection { key: usize, secret: usize, enabled: Option<bool> },
    DeleteConnection(usize),
    Token { connection: usize, kind: u8 },
    Metadata { connection: usize, place: Option<u8> },
    Exchange { connection: Option<usize>, kind: u8, total_us: u64 },
    Test { connection: Option<usize>, kind: u8 },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let a_key = || 0..KEYS.len();
    prop_oneof![
        2 => a_key().prop_map(Step::CreateSecret),
        2 => a_key().prop_map(Step::RotateSecret),
        1 => a_key().prop_map(Step::DeleteSecret),
        3 => (a_key(), a_key()).prop_map(|(key, secret)| Step::CreateConnection { key, secret }),
        3 => (a_key(), a_key(), any::<Option<bool>>())
            .prop_map(|(key, secret, enabled)| Step::UpdateConnection { key, secret, enabled }),
        1 => a_key().prop_map(Step::DeleteConnection),
        3 => (a_key(), 0..4_u8).prop_map(|(connection, kind)| Step::Token { connection, kind }),
        3 => (a_key(), proptest::option::of(0..2_u8))
            .prop_map(|(connection, place)| Step::Metadata { connection, place }),
        5 => (proptest::option::of(a_key()), 0..6_u8, prop_oneof![0..2_000_000_u64, Just(u64::MAX)])
            .prop_map(|(connection, kind, total_us)| Step::Exchange { connection, kind, total_us }),
        3 => (proptest::option::of(a_key()), 0..4_u8).prop_map(|(connection, kind)| Step::Test { connection, kind }),
        2 => (0..200_u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn at(index: usize) -> Key {
    key(KEYS[index])
}

async fn execute<D: Decider>(test: &TestLog, stream: StreamId, command: D::Command)
where
    D::Event: Into<Event> + TryFrom<Event>,
    D::Rejection: Send + Sync,
{
    let provenance = Arc::new(by("u-1", "Ada"));
    let execution = Execution::<D> { stream, command, provenance, alongside: None };
    match command::execute(&test.log, &test.ids, execution).await {
        Ok(_) | Err(CommandError::Rejected(_)) => {}
        Err(other) => panic!("{other}"),
    }
}

async fn take(test: &TestLog, step: Step) {
    let secret_version = |index| test.directory.secret_version(&at(index)).unwrap_or_default();
    let version = |index| test.directory.connection(&at(index)).map_or(0, |active| active.version);
    match step {
        Step::CreateSecret(index) => {
            let command =
                SecretCommand::Create { display_name: "A".to_owned(), fingerprint: "f".to_owned(), expires_at: None };
            execute::<Secret>(test, StreamId::Secret(at(index)), command).await;
        }
        Step::RotateSecret(index) => {
            let expected_version = secret_version(index);
            let command = SecretCommand::Rotate {
                expected_version,
                fingerprint: "g".to_owned(),
                expires_at: (index > 0).then(noon),
                overlap_until: (index > 1).then(noon),
                reason: None,
            };
            execute::<Secret>(test, StreamId::Secret(at(index)), command).await;
        }
        Step::DeleteSecret(index) => {
            let connections = test.log.database().read(|conn| connections::using_secret(conn, &at(index))).unwrap();
            let tasks = test.log.database().read(|conn| tasks::using_secret(conn, &at(index))).unwrap();
            let used_by = SecretUsers { connections, tasks };
            let command = SecretCommand::Delete { expected_version: secret_version(index), used_by, reason: None };
            execute::<Secret>(test, StreamId::Secret(at(index)), command).await;
        }
        Step::CreateConnection { key, secret } => {
            let definition = Box::new(definition("A", KEYS[secret]));
            let command = ConnectionCommand::Create { definition };
            execute::<Connection>(test, StreamId::Connection(at(key)), command).await;
        }
        Step::UpdateConnection { key, secret, enabled } => {
            let definition = Some(Box::new(definition("B", KEYS[secret])));
            let command =
                ConnectionCommand::Update { expected_version: version(key), definition, enabled, reason: None };
            execute::<Connection>(test, StreamId::Connection(at(key)), command).await;
        }
        Step::DeleteConnection(index) => {
            let command = ConnectionCommand::Delete { expected_version: version(index), reason: None };
            execute::<Connection>(test, StreamId::Connection(at(index)), command).await;
        }
        Step::Token { connection, kind } => {
            test.add(&StreamId::Token(at(connection)), vec![token_event(kind).into()]).await;
        }
        Step::Metadata { connection, place } => {
            test.add(&StreamId::Token(at(connection)), vec![metadata_event(place).into()]).await;
        }
        Step::Exchange { connection, kind, total_us } => exchange(test, connection.map(at), kind, total_us).await,
        Step::Test { connection, kind } => connection_test(test, connection.map(at), kind).await,
        Step::Wait { seconds } => test.clock.advance(Duration::from_secs(seconds)),
    }
}

fn metadata_event(place: Option<u8>) -> MetadataEvent {
    let (connection_version, issuer) = (1, "https://idp.example.com".to_owned());
    let Some(place) = place else {
        return MetadataEvent::Settled(MetadataSettled { connection_version, issuer });
    };
    let found = Some(format!("https://idp.example.com/{place}"));
    let changes = vec![MetadataChange { field: PinnedMember::TokenEndpoint, pinned: None, found }];
    MetadataEvent::Changed(MetadataChanged { connection_version, issuer, changes })
}

fn token_event(kind: u8) -> TokenEvent {
    let failure = samples::auth_failure(AuthFailureReason::InvalidScope);
    match kind {
        0 => TokenEvent::Issued(Issued {
            connection_version: 1,
            secret_version: 1,
            fingerprint: "f".to_owned(),
            lifetime_ms: 100_000,
            scope: None,
            token_type: "Bearer".to_owned(),
            reason: IssueReason::First,
            attempts: 1,
            duration_us: 1,
        }),
        1 => TokenEvent::RequestFailed(RequestFailed {
            connection_version: 1,
            reason: IssueReason::First,
            failure,
            duration_us: 1,
            backoff_ms: None,
        }),
        _ => TokenEvent::Rejected(Rejected {
            connection_version: 1,
            fingerprint: "f".to_owned(),
            conclusive: kind == 2,
            failure,
        }),
    }
}

async fn connection_test(test: &TestLog, connection: Option<Key>, kind: u8) {
    let stream = StreamId::Test(test.ids.next());
    let version = connection.as_ref().and_then(|key| test.directory.connection(key)).map(|active| active.version);
    let started =
        TestStarted { connection: connection.clone(), connection_version: version, ..samples::test_started() };
    execute::<ConnectionTest>(test, stream.clone(), ConnectionTestCommand::Start(started)).await;
    let tested = if kind == 0 { samples::tested() } else { samples::tested_in_vain() };
    let end = match kind {
        0 | 1 => TestEnd::Tested(Tested { connection, connection_version: version, ..tested }),
        2 => TestEnd::OutcomeUnknown(TestOutcomeUnknown { connection, reason: "stopped".to_owned() }),
        // Under way.
        _ => return,
    };
    execute::<ConnectionTest>(test, stream, ConnectionTestCommand::End(end)).await;
}

async fn exchange(test: &TestLog, connection: Option<Key>, kind: u8, total_us: u64) {
    let id = test.ids.next();
    let stream = StreamId::Exchange(id);
    let fingerprint = Some(id.to_string()).filter(|_| kind.is_multiple_of(2));
    let started =
        Started { connection: connection.clone(), idempotency_fingerprint: fingerprint, ..samples::started() };
    execute::<Exchange>(test, stream.clone(), ExchangeCommand::Start(started)).await;
    let timings = Timings { total_us, ..Timings::default() };
    let mut completed = samples::completed();
    (completed.connection, completed.timings) = (connection.clone(), timings.clone());
    let mut failed = if kind == 2 { samples::failed() } else { samples::failed_transport() };
    (failed.connection, failed.timings) = (connection.clone(), timings);
    let end = match kind {
        0 => ExchangeEnd::Completed(completed),
        1 => {
            completed.auth_failure = Some(samples::auth_failure(AuthFailureReason::TokenRejected));
            ExchangeEnd::Completed(completed)
        }
        2 | 3 => ExchangeEnd::Failed(failed),
        4 => ExchangeEnd::OutcomeUnknown(OutcomeUnknown { connection, reason: "stopped".to_owned(), task: None }),
        // Under way.
        _ => return,
    };
    execute::<Exchange>(test, stream, ExchangeCommand::End(end)).await;
}

/// The connections as they stood behind a position, with every event up to another applied.
fn followed(conn: &mut Conn<'_>, behind: u64, up_to: u64) -> Result<Standings, DatabaseError> {
    let mut standings = Standings::load(conn, behind, vec![])?;
    let page = Page { before: Some(up_to + 1), ..Page::after(behind, 1_000) };
    for stored in read::page(conn, page, &Filter::default())? {
        standings.apply(&stored, &stored.event().unwrap())?;
    }
    Ok(standings)
}

fn assert_sound(backend: &Backend, test: &TestLog) {
    let report = check(&backend.database, &backend.scratch()).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.events, test.head().size);
    let loaded = backend.database.read(Directory::load).unwrap();
    let head = test.head().size;
    let [folded, stored] = [0, head].map(|behind| backend.database.read(|conn| followed(conn, behind, head)).unwrap());
    assert_eq!(folded, stored, "following from the start leads to what is in the tables");
    for name in KEYS {
        assert_eq!(test.directory.connection(&key(name)), loaded.connection(&key(name)), "{name}");
        assert_eq!(test.directory.secret_version(&key(name)), loaded.secret_version(&key(name)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn after_any_history_the_read_models_equal_a_replay_and_the_directory_equals_the_tables(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let backend = backend();
            let test = backend.log();
            for step in steps {
                take(&test, step).await;
            }
            assert_sound(&backend, &test);
        });
    }
}

#[tokio::test]
async fn a_history_with_every_event_type_is_sound() {
    let backend = backend();
    let test = backend.log();
    for (stream, event) in samples::one_of_each() {
        test.add(&stream, vec![event]).await;
    }
    assert_sound(&backend, &test);
}

#[tokio::test]
async fn events_that_share_a_batch_and_a_minute_are_summed_as_in_a_replay() {
    let backend = backend();
    let test = backend.log();
    let mut appends = Vec::new();
    for number in 0..300_u32 {
        let stream = StreamId::Exchange(Uuid::from_u128(number.into()));
        let started = ExchangeEventPair::of(number);
        let append = test.append(&stream, Expected::Version(0), started.into());
        let provenance = Arc::new(Provenance::system(Uuid::from_u128(number.into())));
        appends.push(test.log.append(Append { provenance, ..append }));
    }
    for result in futures_util::future::join_all(appends).await {
        result.unwrap();
    }
    assert_eq!(test.head().size, 600);
    assert_sound(&backend, &test);
}

/// The start and the end of one exchange.
struct ExchangeEventPair([Event; 2]);

impl ExchangeEventPair {
    fn of(number: u32) -> Self {
        use latchkey::domain::exchange::ExchangeEvent;
        let mut completed = samples::completed();
        completed.timings.total_us = u64::from(number) * 997;
        Self([ExchangeEvent::Started(samples::started()).into(), ExchangeEvent::Completed(completed).into()])
    }
}

impl From<ExchangeEventPair> for Vec<Event> {
    fn from(pair: ExchangeEventPair) -> Self {
        pair.0.into()
    }
}

#[tokio::test]
async fn a_database_from_before_the_table_of_states_is_filled_from_the_log() {
    let backend = backend();
    let test = backend.log();
    for (stream, event) in samples::one_of_each().into_iter().take(18) {
        test.add(&stream, vec![event]).await;
    }
    let emptied = backend.database.write(|conn| match conn {
        Conn::Sqlite(c) => Ok(c.batch_execute("DELETE FROM connection_states")?),
        Conn::Postgres(c) => Ok(c.batch_execute("DELETE FROM connection_states")?),
    });
    emptied.unwrap();
    assert_eq!(backend.database.read(connections::all).unwrap(), []);
    backend.database.write(connection_states::fill).unwrap();
    assert_sound(&backend, &test);
}

#[tokio::test]
async fn a_database_from_before_the_table_of_uses_is_filled_from_the_exchanges() {
    let backend = backend();
    let test = backend.log();
    for (stream, event) in samples::one_of_each() {
        test.add(&stream, vec![event]).await;
    }
    let uses = |conn: &mut Conn<'_>| connection_uses::last_uses(conn, &["billing".to_owned()]);
    let before = backend.database.read(uses).unwrap();
    assert_eq!(before.len(), 1);
    let undo = include_str!("../../../migrations/sqlite/2026-11-23-000010_connection_uses/down.sql");
    let undone = backend.database.write(|conn| match conn {
        Conn::Sqlite(c) => {
            c.batch_execute(undo)?;
            Ok(c.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261123000010'")?)
        }
        Conn::Postgres(_) => panic!("the test runs on SQLite"),
    });
    undone.unwrap();
    assert_eq!(backend.database.migrate().unwrap(), ["20261123000010"]);
    assert_eq!(backend.database.read(uses).unwrap(), before);
    assert_sound(&backend, &test);
}
