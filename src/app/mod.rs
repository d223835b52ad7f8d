//! The composition root: makes every part, hands each what it needs, and starts and stops them in the right order.
//! Tests build the same application.

pub mod data_dir;
pub mod database_file;
mod demo;
mod secret_watch;
mod serve;
pub mod storage;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::data_dir::DataDirError;
use self::database_file::DatabaseLock;
use self::storage::{Storage, StorageError};
use crate::clock::{Clock, Ids};
use crate::config::Config;
use crate::crypto::KeyRing;
use crate::demo::Demo;
use crate::domain::definition::TokenPolicy;
use crate::event_log::{Database, DatabaseError, EventLog, LogSettings};
use crate::graphql::limits::{Documents, Limits};
use crate::graphql::schema::{self, LatchkeySchema};
use crate::graphql::services::{BOOKMARK_INTERVAL_DEFAULT, Services};
use crate::http::forward::{ForwardLimits, Forwarder, ForwarderSettings};
use crate::http::{Executor, ExecutorSettings, FinishError, finish_abandoned};
use crate::net::{
    AllowRuleError, ClientBuildError, ClientTimeouts, EgressPolicy, HttpClient, TrustError, TrustedCertificates,
};
use crate::oauth::{
    BackoffPolicy, ConnectionTester, Discovery, ProviderSettings, RetryPolicy, TesterSettings, TokenProvider,
};
use crate::projections::{Directory, ReadModels, sealed_tokens};
use crate::registry::{Registry, RegistrySettings};
use crate::server::auth::Authenticator;
use crate::server::origin::{AllowedOrigins, NotAnOrigin};

pub use serve::{Running, ServeError};

/// An application that is ready to serve.
pub struct App {
    config: Config,
    clock: Clock,
    ids: Ids,
    keys: Arc<KeyRing>,
    log: EventLog,
    egress: EgressPolicy,
    registry: Registry,
    directory: Arc<Directory>,
    forwarder: Forwarder,
    schema: LatchkeySchema,
    documents: Documents,
    authenticator: Authenticator,
    origins: AllowedOrigins,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    new_admin_token: Option<SecretString>,
    demo: Option<Demo>,
    lock: DatabaseLock,
}

/// Why the application can't be built. Nothing was left half done.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Directory, key or database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The admin token.
    #[error(transparent)]
    AdminToken(#[from] DataDirError),
    /// The configured admin token could not travel in a header.
    #[error("admin_token must be 1 to 4,096 visible ASCII characters without spaces")]
    UnusableAdminToken,
    /// The log or the read models.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What a crash left behind can't be finished.
    #[error("exchanges or connection tests without an end can't be finished")]
    Recovery(#[from] FinishError),
    /// A rule of `egress.allow`.
    #[error("egress.allow")]
    Egress(#[from] AllowRuleError),
    /// The file of `egress.trusted_certificates`.
    #[error("egress.trusted_certificates")]
    TrustedCertificates(#[from] TrustError),
    /// The HTTP client.
    #[error(transparent)]
    Client(#[from] ClientBuildError),
    /// An entry of `server.allowed_origins`.
    #[error("server.allowed_origins")]
    Origin(#[from] NotAnOrigin),
    /// The demo's listener.
    #[error("the demo can't listen")]
    Demo(#[source] std::io::Error),
    /// The demo's own secret and connection.
    #[error("the demo can't be set up: {0}")]
    DemoSeed(String),
    /// The thread that opens the database broke.
    #[error("opening the database was broken off")]
    Broken,
}

impl App {
    /// Opens the database, brings it up to date, finishes what a crash left behind, and makes every part.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(config: Config, clock: Clock, ids: Ids) -> Result<Self, BuildError> {
        // What can be wrong in the configuration is found before anything is made.
        let egress = EgressPolicy::default().allowing(&config.egress.allow)?;
        let trusted = trusted_certificates(&config)?;
        let origins = AllowedOrigins::new(&config.server.allowed_origins)?;
        let settings = config.clone();
        let opened = tokio::task::spawn_blocking(move || storage::open(&settings));
        let Storage { database, keys, directory, lock } = opened.await.map_err(|_| BuildError::Broken)??;
        let (admin_token, new_admin_token) = admin_token(&config, &directory)?;
        let loaded = Arc::new(database.run(Directory::load).await?);
        if !config.token.keep_sealed {
            forget_tokens(database.clone()).await?;
        }
        let log = EventLog::open(LogSettings {
            database,
            keys: Arc::clone(&keys),
            clock: clock.clone(),
            projector: Arc::new(ReadModels::new(Arc::clone(&loaded))),
        })?;
        let abandoned = finish_abandoned(&log, &ids).await?;
        if abandoned > 0 {
            tracing::warn!(abandoned, "finished what a stopped process had left without an end");
        }
        let demo =
            if config.demo { Some(demo::start(&config, &keys, &clock).map_err(BuildError::Demo)?) } else { None };
        let demo_address = demo.as_ref().map(|demo| demo.address().to_string());
        let egress = egress.allowing(demo_address.as_slice())?;
        let tasks = TaskTracker::new();
        let parts = Parts { config: &config, clock: &clock, ids: &ids, keys: &keys, log: &log, tasks: &tasks };
        let client = HttpClient::trusting(&trusted, egress.clone(), timeouts(&config))?;
        let (registry, tokens, executor) = parts.assemble(client.clone(), Arc::clone(&loaded));
        let forwarder = parts.forwarder(client.clone(), Arc::clone(&loaded), tokens.clone());
        let services = Services {
            log: log.clone(),
            registry: registry.clone(),
            executor,
            tokens,
            tester: parts.tester(client),
            token_policy: token_policy(&config),
            expiry_warning: config.secrets.expiry_warning,
            ids: ids.clone(),
            clock: clock.clone(),
            bookmark_interval: BOOKMARK_INTERVAL_DEFAULT,
        };
        let mut app = Self {
            forwarder,
            schema: schema::build(services, config.graphql.introspection),
            documents: Documents::new(limits(&config)),
            authenticator: Authenticator::new(admin_token),
            origins,
            shutdown: CancellationToken::new(),
            config,
            clock: clock.clone(),
            ids,
            keys,
            log,
            egress,
            registry,
            directory: loaded,
            tasks,
            new_admin_token,
            demo: None,
            lock,
        };
        app.watch_secrets();
        if let Some(demo) = demo {
            app.seed_demo(&demo).await.map_err(BuildError::DemoSeed)?;
            app.demo = Some(demo);
        }
        Ok(app)
    }

    /// The admin token, if it was made just now: to be shown once.
    pub fn new_admin_token(&self) -> Option<&SecretString> {
        self.new_admin_token.as_ref()
    }

    /// The demo beside it.
    pub fn demo(&self) -> Option<&Demo> {
        self.demo.as_ref()
    }

    /// The log, for whoever runs in the same process.
    pub fn log(&self) -> &EventLog {
        &self.log
    }
}

/// Removes the tokens that an earlier process kept, because this one is to keep none.
async fn forget_tokens(database: Database) -> Result<(), BuildError> {
    let removed = tokio::task::spawn_blocking(move || database.write(sealed_tokens::remove_all));
    removed.await.map_err(|_| BuildError::Broken)??;
    Ok(())
}

/// What the request-making parts have in common.
struct Parts<'a> {
    config: &'a Config,
    clock: &'a Clock,
    ids: &'a Ids,
    keys: &'a Arc<KeyRing>,
    log: &'a EventLog,
    tasks: &'a TaskTracker,
}

impl Parts<'_> {
    fn tester(&self, client: HttpClient) -> ConnectionTester {
        ConnectionTester::new(TesterSettings {
            log: self.log.clone(),
            keys: Arc::clone(self.keys),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            client,
            tasks: self.tasks.clone(),
            default_lifetime: self.config.token.default_lifetime,
        })
    }

    fn assemble(&self, client: HttpClient, directory: Arc<Directory>) -> (Registry, TokenProvider, Executor) {
        let tokens = TokenProvider::new(ProviderSettings {
            log: self.log.clone(),
            directory: Arc::clone(&directory),
            keys: Arc::clone(self.keys),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            client: client.clone(),
            tasks: self.tasks.clone(),
            default_lifetime: self.config.token.default_lifetime,
            backoff: BackoffPolicy {
                delay_min: self.config.token.backoff_min,
                delay_max: self.config.token.backoff_max,
            },
            keep_sealed: self.config.token.keep_sealed,
        });
        let registry = Registry::new(RegistrySettings {
            log: self.log.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            keys: Arc::clone(self.keys),
            egress: client.policy().clone(),
            discovery: Discovery::new(client.clone()),
        });
        let executor = Executor::new(ExecutorSettings {
            log: self.log.clone(),
            directory,
            keys: Arc::clone(self.keys),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            client,
            tokens: tokens.clone(),
            tasks: self.tasks.clone(),
            response_bytes_max: usize::try_from(self.config.egress.max_response.as_u64()).unwrap_or(usize::MAX),
            keep_answers: self.config.idempotency.keep_answers,
            retry_policy: RetryPolicy {
                delay_min: self.config.http.retry_delay,
                delay_max: self.config.http.retry_delay_max,
                retry_after_max: self.config.http.retry_after_max,
            },
        });
        (registry, tokens, executor)
    }

    fn forwarder(&self, client: HttpClient, directory: Arc<Directory>, tokens: TokenProvider) -> Forwarder {
        let config = &self.config.forward;
        Forwarder::new(ForwarderSettings {
            log: self.log.clone(),
            directory,
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            client,
            tokens,
            tasks: self.tasks.clone(),
            runtime: tokio::runtime::Handle::current(),
            limits: ForwardLimits {
                concurrent_max: config.max_concurrent,
                response_timeout: config.response_timeout,
                idle_timeout: config.idle_timeout,
            },
        })
    }
}

fn timeouts(config: &Config) -> ClientTimeouts {
    ClientTimeouts { dns: config.egress.dns_timeout, connect: config.egress.connect_timeout }
}

fn trusted_certificates(config: &Config) -> Result<TrustedCertificates, TrustError> {
    config
        .egress
        .trusted_certificates
        .as_deref()
        .map_or_else(|| Ok(TrustedCertificates::default()), TrustedCertificates::read)
}

fn admin_token(
    config: &Config,
    directory: &data_dir::DataDir,
) -> Result<(SecretString, Option<SecretString>), BuildError> {
    if let Some(token) = &config.admin_token {
        return if data_dir::can_travel(token.expose_secret()) {
            Ok((token.clone(), None))
        } else {
            Err(BuildError::UnusableAdminToken)
        };
    }
    let (token, is_new) = directory.admin_token()?;
    Ok((token.clone(), is_new.then_some(token)))
}

fn limits(config: &Config) -> Limits {
    Limits { depth_max: config.graphql.max_depth, selections_max: config.graphql.max_fields, ..Limits::default() }
}

fn token_policy(config: &Config) -> TokenPolicy {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    TokenPolicy {
        refresh_skew_ms: millis(config.token.refresh_skew),
        max_retries: config.token.max_retries,
        request_timeout_ms: millis(config.token.request_timeout),
        ..TokenPolicy::default()
    }
}

/// How long the log may take to write what it has accepted, once everything else has ended.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
