//! One Latchkey in process, on a database of its own: what the tests of the schema ask.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use futures_util::{Stream, StreamExt};
use latchkey::clock::{Clock, Ids};
use latchkey::crypto::{EncryptionKey, KeyRing};
use latchkey::domain::definition::TokenPolicy;
use latchkey::domain::{Actor, ActorType, Event, StreamId};
use latchkey::event_log::{Append, Database, EventLog, Expected, LogSettings, NewEvent, Provenance, Synchronous};
use latchkey::graphql::caller::{Caller, RequestInfo};
use latchkey::graphql::{LatchkeySchema, Permission, Services, build};
use latchkey::http::{Executor, ExecutorSettings, RETRY_POLICY_DEFAULT};
use latchkey::net::{ClientTimeouts, EgressPolicy, HttpClient};
use latchkey::oauth::{BackoffPolicy, ConnectionTester, Discovery, ProviderSettings, TesterSettings, TokenProvider};
use latchkey::projections::{Directory, ReadModels};
use latchkey::registry::{Registry, RegistrySettings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// A private key that signs RS256.
pub(crate) const RSA_KEY: &str = include_str!("../keys/rsa-2048.pkcs8.pem");

pub(crate) struct World {
    pub(crate) schema: LatchkeySchema,
    pub(crate) log: EventLog,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) keys: Arc<KeyRing>,
    _directory: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_bookmarks_every(Duration::from_hours(1))
    }

    pub(crate) fn with_bookmarks_every(bookmark_interval: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&directory.path().join("latchkey.db"), Synchronous::Normal).unwrap();
        database.migrate().unwrap();
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let ids = Ids::sequential();
        let keys = Arc::new(KeyRing::new(&EncryptionKey::generate(), &[]));
        let connections = Arc::new(database.read(Directory::load).unwrap());
        let log = EventLog::open(LogSettings {
            database,
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            projector: Arc::new(ReadModels::new(Arc::clone(&connections))),
        })
        .unwrap();
        let client = HttpClient::new(EgressPolicy::default(), ClientTimeouts::default()).unwrap();
        let tasks = TaskTracker::new();
        let tokens = TokenProvider::new(ProviderSettings {
            log: log.clone(),
            directory: Arc::clone(&connections),
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            ids: ids.clone(),
            client: client.clone(),
            tasks: tasks.clone(),
            default_lifetime: Duration::from_mins(5),
            backoff: BackoffPolicy::default(),
            keep_sealed: true,
        });
        let discovery = Discovery::new(client.clone());
        let tester = tester(&log, &keys, (&clock, &ids), &client);
        let executor = Executor::new(ExecutorSettings {
            log: log.clone(),
            directory: connections,
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            ids: ids.clone(),
            client,
            tokens: tokens.clone(),
            tasks,
            response_bytes_max: 1_048_576,
            keep_answers: Duration::from_hours(24),
            retry_policy: RETRY_POLICY_DEFAULT,
        });
        let settings = RegistrySettings {
            log: log.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            keys: Arc::clone(&keys),
            egress: EgressPolicy::default(),
            discovery,
        };
        let services = Services {
            log: log.clone(),
            registry: Registry::new(settings),
            executor,
            tokens,
            tester,
            token_policy: TokenPolicy::default(),
            ids: ids.clone(),
            clock: clock.clone(),
            expiry_warning: Duration::from_hours(30 * 24),
            bookmark_interval,
        };
        Self { schema: build(services, true), log, clock, ids, keys, _directory: directory }
    }

    /// Runs an operation as somebody who may do everything.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Value {
        self.ask_as(&Permission::ALL, query, variables).await
    }

    /// Runs an operation as somebody with these permissions only.
    pub(crate) async fn ask_as(&self, permissions: &[Permission], query: &str, variables: Value) -> Value {
        serde_json::to_value(self.schema.execute(request(permissions, query, variables)).await).unwrap()
    }

    /// Runs an operation as another person who may do everything.
    pub(crate) async fn ask_as_another(&self, id: &str, query: &str, variables: Value) -> Value {
        let actor = Actor { r#type: ActorType::User, id: id.to_owned(), display: "Another".to_owned() };
        let request = Request::new(query).variables(Variables::from_json(variables));
        serde_json::to_value(self.schema.execute(request.data(Caller::with_all_permissions(actor))).await).unwrap()
    }

    /// Runs an operation that must have no errors, user errors included, and gives its `data`.
    pub(crate) async fn done(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        let text = answer["data"].to_string();
        assert!(!text.contains("userErrors") || text.contains(r#""userErrors":[]"#), "{answer}");
        answer["data"].clone()
    }

    /// Subscribes as somebody who may do everything.
    pub(crate) fn subscribe(&self, query: &str, variables: Value) -> Items {
        self.subscribe_as(&Permission::ALL, query, variables)
    }

    /// Subscribes as somebody with these permissions only.
    pub(crate) fn subscribe_as(&self, permissions: &[Permission], query: &str, variables: Value) -> Items {
        Items(Box::pin(self.schema.execute_stream(request(permissions, query, variables))))
    }

    pub(crate) async fn create_secret(&self, key: &str, value: &str) {
        let input = json!({"key": key, "displayName": key, "source": {"value": value}});
        self.done(
            "mutation($input: CreateSecretInput!) { createSecret(input: $input) { userErrors { code } } }",
            json!({"input": input}),
        )
        .await;
    }

    pub(crate) async fn create_connection(&self, key: &str, secret: &str) {
        let input = connection_input(key, secret);
        self.done(
            "mutation($input: CreateConnectionInput!) { createConnection(input: $input) { userErrors { code } } }",
            json!({"input": input}),
        )
        .await;
    }

    /// Appends facts that nothing decided upon, and gives their positions.
    pub(crate) async fn append(&self, stream: StreamId, correlation_id: Uuid, events: Vec<Event>) -> Vec<u64> {
        let events = events.into_iter().map(|event| NewEvent { id: self.ids.next(), event }).collect();
        let provenance = Provenance {
            trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()),
            ..Provenance::system(correlation_id)
        };
        let append =
            Append { stream, expected: Expected::Any, events, provenance: Arc::new(provenance), alongside: None };
        self.log.append(append).await.unwrap().positions()
    }
}

fn tester(log: &EventLog, keys: &Arc<KeyRing>, (clock, ids): (&Clock, &Ids), client: &HttpClient) -> ConnectionTester {
    ConnectionTester::new(TesterSettings {
        log: log.clone(),
        keys: Arc::clone(keys),
        clock: clock.clone(),
        ids: ids.clone(),
        client: client.clone(),
        tasks: TaskTracker::new(),
        default_lifetime: Duration::from_mins(5),
    })
}

/// A connection that every check lets pass.
pub(crate) fn connection_input(key: &str, secret: &str) -> Value {
    json!({
        "key": key,
        "displayName": "My client",
        "clientId": "client-1",
        "accessTokenUrl": "https://idp.example.com/token",
        "authentication": {"clientSecret": {"secret": secret}},
    })
}

fn request(permissions: &[Permission], query: &str, variables: Value) -> Request {
    let actor = Actor { r#type: ActorType::User, id: "u-1".to_owned(), display: "Ada".to_owned() };
    let info = RequestInfo {
        request_id: Uuid::from_u128(9),
        source_ip: Some("192.0.2.7".to_owned()),
        user_agent: Some("test".to_owned()),
        trace_id: None,
    };
    Request::new(query)
        .variables(Variables::from_json(variables))
        .data(Caller { actor, permissions: permissions.to_vec() })
        .data(info)
}

/// What a subscription says, one answer after the other.
pub(crate) struct Items(std::pin::Pin<Box<dyn Stream<Item = Response> + Send>>);

impl Items {
    /// The next answer, waited for ten seconds at most.
    pub(crate) async fn next(&mut self) -> Value {
        let next = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await;
        serde_json::to_value(next.expect("an item within ten seconds").expect("the stream goes on")).unwrap()
    }

    /// The `data` of the next answer.
    pub(crate) async fn next_data(&mut self) -> Value {
        let answer = self.next().await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].clone()
    }
}
