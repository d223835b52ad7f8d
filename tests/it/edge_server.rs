//! A server with the real GraphQL edge and a tiny schema behind it.
#![expect(clippy::unused_async, reason = "the library takes async resolvers only")]

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use async_graphql::{Context, Object, Schema, SimpleObject, Subscription};
use futures_util::stream::{self, Stream, StreamExt};
use latchkey::clock::Clock;
use latchkey::event_log::{Database, Synchronous};
use latchkey::graphql::caller::{Caller, RequestInfo};
use latchkey::graphql::coercion::CheckInputs;
use latchkey::graphql::limits::{Documents, Limits};
use latchkey::server::auth::Authenticator;
use latchkey::server::graphql::websocket::WebsocketLimits;
use latchkey::server::graphql::{Endpoint, configure};
use latchkey::server::origin::AllowedOrigins;
use latchkey::server::session::{SessionSettings, Sessions};
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// The token that opens the server.
pub(crate) const TOKEN: &str = "the-admin-token";
/// How long a test waits before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What the resolvers tell the test, and the other way round.
#[derive(Default)]
pub(crate) struct Probe {
    /// How many mutations ran to their end.
    pub(crate) mutations: AtomicUsize,
    /// Told when a `gated` field or mutation has begun.
    pub(crate) begun: Notify,
    /// A permit lets one `gated` mutation end.
    pub(crate) gate: ClosedGate,
    /// Told when a mutation has ended.
    pub(crate) ended: Notify,
    /// Told when a `forever` subscription is dropped.
    pub(crate) dropped: Notify,
    /// How many events the `flood` subscription has made.
    pub(crate) flooded: AtomicUsize,
}

/// A semaphore without permits.
pub(crate) struct ClosedGate(pub(crate) Semaphore);

impl Default for ClosedGate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

pub(crate) struct Query;

#[derive(SimpleObject)]
struct Source {
    actor: String,
    request_id: String,
    peer_ip: Option<String>,
    user_agent: Option<String>,
    trace_id: Option<String>,
}

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn echo(&self, n: i32) -> i32 {
        n
    }

    async fn mirror(&self, text: String) -> String {
        text
    }

    async fn itself(&self) -> Query {
        Query
    }

    async fn hard_boom(&self) -> async_graphql::Result<i32> {
        Err(async_graphql::Error::new("boom"))
    }

    async fn panics(&self) -> i32 {
        "the resolver's own mistake".parse().unwrap()
    }

    async fn source(&self, context: &Context<'_>) -> Source {
        let caller = context.data_unchecked::<Caller>();
        let info = context.data_unchecked::<RequestInfo>().clone();
        Source {
            actor: caller.actor.id.clone(),
            request_id: info.request_id.to_string(),
            peer_ip: info.source_ip,
            user_agent: info.user_agent,
            trace_id: info.trace_id,
        }
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, context: &Context<'_>) -> usize {
        context.data_unchecked::<Arc<Probe>>().mutations.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn gated(&self, context: &Context<'_>) -> usize {
        let probe = context.data_unchecked::<Arc<Probe>>();
        probe.begun.notify_one();
        probe.gate.0.acquire().await.unwrap().forget();
        let count = probe.mutations.fetch_add(1, Ordering::SeqCst) + 1;
        probe.ended.notify_one();
        count
    }
}

pub(crate) struct Events;

struct TellsItsEnd(Arc<Probe>);

impl Drop for TellsItsEnd {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

#[Subscription]
impl Events {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn forever(&self, context: &Context<'_>) -> impl Stream<Item = i32> {
        let tells = TellsItsEnd(Arc::clone(context.data_unchecked::<Arc<Probe>>()));
        stream::once(async { 1 }).chain(stream::pending()).map(move |number| {
            let _ = &tells;
            number
        })
    }

    async fn flood(&self, context: &Context<'_>) -> impl Stream<Item = String> {
        let probe = Arc::clone(context.data_unchecked::<Arc<Probe>>());
        stream::repeat_with(move || {
            probe.flooded.fetch_add(1, Ordering::SeqCst);
            "x".repeat(64 * 1024)
        })
    }

    async fn refused(&self) -> async_graphql::Result<stream::Empty<i32>> {
        Err(async_graphql::Error::new("not today"))
    }

    async fn panics(&self) -> impl Stream<Item = i32> {
        stream::once(async { "the stream's own mistake".parse::<i32>().unwrap() })
    }
}

/// A booted server. Dropping it leaves nothing running.
pub(crate) struct EdgeServer {
    /// Host and port.
    pub(crate) address: String,
    pub(crate) probe: Arc<Probe>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) tasks: TaskTracker,
    handle: ServerHandle,
    _directory: tempfile::TempDir,
}

/// Nobody is signed in.
fn sessions(directory: &tempfile::TempDir, authenticator: &Authenticator) -> Sessions {
    Sessions::new(SessionSettings {
        database: Database::open_sqlite(&directory.path().join("latchkey.db"), Synchronous::Normal).unwrap(),
        clock: Clock::system(),
        lifetime: PATIENCE,
        authenticator: authenticator.clone(),
        runtime: tokio::runtime::Handle::current(),
        tasks: TaskTracker::new(),
    })
}

impl EdgeServer {
    pub(crate) fn start() -> Self {
        Self::start_with(WebsocketLimits::default())
    }

    pub(crate) fn start_with(websocket: WebsocketLimits) -> Self {
        let probe = Arc::new(Probe::default());
        let directory = tempfile::tempdir().unwrap();
        let authenticator = Authenticator::new(SecretString::from(TOKEN));
        let (shutdown, tasks) = (CancellationToken::new(), TaskTracker::new());
        let ids = AtomicUsize::new(1);
        let endpoint = web::Data::new(Endpoint {
            executor: Schema::build(Query, Mutation, Events).data(Arc::clone(&probe)).extension(CheckInputs).finish(),
            documents: Documents::new(Limits::default()),
            sessions: sessions(&directory, &authenticator),
            authenticator,
            origins: AllowedOrigins::new(&["https://app.example"]).unwrap(),
            ids: Arc::new(move || Uuid::from_u128(ids.fetch_add(1, Ordering::SeqCst) as u128)),
            runtime: tokio::runtime::Handle::current(),
            tasks: tasks.clone(),
            shutdown: shutdown.clone(),
            body_timeout: Duration::from_secs(2),
            websocket,
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = HttpServer::new(move || App::new().configure(|config| configure(config, endpoint.clone())))
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, probe, shutdown, tasks, handle, _directory: directory }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub(crate) fn websocket_url(&self) -> String {
        format!("ws://{}/graphql", self.address)
    }

    /// Stops the workers at once, as a process does that ends.
    pub(crate) async fn stop(&self) {
        self.handle.stop(false).await;
    }
}
