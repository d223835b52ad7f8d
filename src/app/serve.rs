//! Serving: the listener, the routes, and the order in which things end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App as ActixApp, HttpServer, web};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{App, CLOSE_TIMEOUT};
use crate::clock::Ids;
use crate::demo::Demo;
use crate::event_log::EventLog;
use crate::http::{FinishError, finish_abandoned, prune_answers};
use crate::registry::MetadataWatch;
use crate::server::body::BODY_TIMEOUT;
use crate::server::forward::{self, ForwardEndpoint};
use crate::server::graphql::websocket::WebsocketLimits;
use crate::server::graphql::{self, Endpoint, IdSource};
use crate::server::health::{self, Health};
use crate::server::session::{self, SessionEndpoint, SessionSettings, Sessions};
use crate::server::{assets, headers};

/// Connections that one worker serves at once; more wait in the kernel's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Why serving can't start or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener.
    #[error("can't serve")]
    Io(#[from] io::Error),
    /// The disk failed to flush, or the log's writer broke.
    #[error("the event log can't be written any more; start again when the disk is well")]
    LogEnded,
    /// Requests that were cut off at the deadline have no end on the log; the next start gives them one.
    #[error("requests that were cut off have no end on the log yet")]
    Unfinished(#[from] FinishError),
}

/// A server at work.
pub struct Running {
    address: SocketAddr,
    server: JoinHandle<io::Result<()>>,
    handle: ServerHandle,
    health: Health,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    shutdown_timeout: Duration,
    log: EventLog,
    ids: Ids,
    demo: Option<Demo>,
    // Last, so that it is given up last.
    _lock: super::DatabaseLock,
}

impl App {
    /// Starts to serve on a listener.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn start(self, listener: TcpListener) -> Result<Running, ServeError> {
        let address = listener.local_addr()?;
        self.egress.forbid_listener(address);
        let health = Health::new(self.log.clone());
        let ids = self.ids.clone();
        self.tasks.spawn(prune_answers(self.log.clone(), self.clock.clone(), self.shutdown.clone()));
        self.watch_issuers();
        let sessions = self.sessions();
        let ids: IdSource = Arc::new(move || ids.next());
        let forward = web::Data::new(ForwardEndpoint {
            forwarder: self.forwarder,
            authenticator: self.authenticator.clone(),
            origins: self.origins.clone(),
            ids: Arc::clone(&ids),
        });
        let session = web::Data::new(SessionEndpoint {
            sessions: sessions.clone(),
            authenticator: self.authenticator.clone(),
            ids: Arc::clone(&ids),
            body_timeout: BODY_TIMEOUT,
        });
        let endpoint = web::Data::new(Endpoint {
            executor: self.schema,
            documents: self.documents,
            authenticator: self.authenticator,
            sessions,
            origins: self.origins,
            ids,
            runtime: tokio::runtime::Handle::current(),
            tasks: self.tasks.clone(),
            shutdown: self.shutdown.clone(),
            body_timeout: BODY_TIMEOUT,
            websocket: WebsocketLimits::default(),
        });
        let probe = web::Data::new(health.clone());
        let server = HttpServer::new(move || {
            ActixApp::new()
                .wrap(headers::secure())
                .configure(|config| forward::configure(config, forward.clone()))
                .configure(|config| graphql::configure(config, endpoint.clone()))
                .configure(|config| session::configure(config, session.clone()))
                .configure(|config| health::configure(config, probe.clone()))
                .configure(assets::configure)
        })
        .max_connections(CONNECTIONS_MAX)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        // Who closes has gone. A client that only ends its half (RFC 9112 section 9.6 lets none expect more) is not worth
        // that one who went away while an API is silent is noticed with the next byte only, if ever.
        .h1_allow_half_closed(false)
        .shutdown_timeout(self.config.server.shutdown_timeout.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
        let handle = server.handle();
        Ok(Running {
            address,
            server: tokio::spawn(server),
            handle,
            health,
            tasks: self.tasks,
            shutdown: self.shutdown,
            shutdown_timeout: self.config.server.shutdown_timeout,
            log: self.log,
            ids: self.ids,
            demo: self.demo,
            _lock: self.lock,
        })
    }
}

impl App {
    fn sessions(&self) -> Sessions {
        Sessions::new(SessionSettings {
            database: self.log.database().clone(),
            clock: self.clock.clone(),
            lifetime: self.config.session.lifetime,
            authenticator: self.authenticator.clone(),
            runtime: tokio::runtime::Handle::current(),
            tasks: self.tasks.clone(),
        })
    }

    fn watch_issuers(&self) {
        let interval = self.config.discovery.check_interval;
        if interval.is_zero() {
            return;
        }
        let (registry, directory) = (self.registry.clone(), Arc::clone(&self.directory));
        let (watch, shutdown) = (MetadataWatch { registry, directory, interval }, self.shutdown.clone());
        self.tasks.spawn(async move { shutdown.run_until_cancelled(watch.run()).await });
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The demo beside it.
    pub fn demo(&self) -> Option<&Demo> {
        self.demo.as_ref()
    }

    /// The log, for whoever runs in the same process.
    pub fn log(&self) -> &EventLog {
        &self.log
    }

    /// Serves until `until` resolves, then ends in order: not ready, no new connections, sockets told, requests finished
    /// or cut off at the deadline and on the record either way, log closed.
    ///
    /// # Errors
    /// The server broke, or the log could not be written or closed.
    pub async fn run(mut self, until: impl Future<Output = ()>) -> Result<(), ServeError> {
        let log = self.log.clone();
        let well = tokio::select! {
            () = until => true,
            () = log.ended() => false,
            broken = &mut self.server => return broken.map_err(io::Error::other)?.map_err(ServeError::Io),
        };
        if !well {
            tracing::error!("the event log ended by itself: stopping, because nothing can be put on the record");
        }
        let stopped = self.stop().await;
        if well { stopped } else { Err(ServeError::LogEnded) }
    }

    /// Ends in order; see [`Running::run`].
    ///
    /// # Errors
    /// As [`Running::run`].
    pub async fn stop(self) -> Result<(), ServeError> {
        tracing::info!("stopping: finishing what is under way");
        self.health.not_ready();
        self.shutdown.cancel();
        self.tasks.close();
        let ending = async {
            tokio::join!(self.handle.stop(true), self.tasks.wait());
        };
        let in_time = tokio::time::timeout(self.shutdown_timeout, ending).await.is_ok();
        if !in_time {
            self.handle.stop(false).await;
        }
        if let Some(demo) = self.demo {
            demo.stop().await?;
        }
        let close = async {
            if !in_time {
                let exchanges = finish_abandoned(&self.log, &self.ids).await?;
                tracing::warn!(exchanges, "cut off what was still under way at the deadline; its outcome is unknown");
            }
            self.log.close().await;
            Ok::<(), FinishError>(())
        };
        // What the log has accepted is written in a moment; a disk that hangs must not hang the stop.
        let Ok(closed) = tokio::time::timeout(CLOSE_TIMEOUT, close).await else {
            let message = "the event log could not be closed in time";
            return Err(ServeError::Io(io::Error::new(io::ErrorKind::TimedOut, message)));
        };
        closed?;
        tracing::info!("stopped");
        Ok(())
    }
}
