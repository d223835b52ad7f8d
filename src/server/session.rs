//! Browsers that are signed in: pasting the admin token begins a session, and a cookie carries it.
//!
//! A cookie is a credential that a browser sends by itself, also when another site makes it send. So it speaks only where
//! two things come with it that another site can't forge: the `Origin` of this very host and port, and, but for a
//! WebSocket, the header [`MARK`], which a page can send to another site only after a preflight that is never granted. `GET`
//! and the forward route never look at it. A script can't read it (`HttpOnly`), so nothing is there to steal from a page.
//!
//! The database keeps digests alone. They are made with the admin token's digest, so another admin token ends every session.

mod cookie;
mod route;

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use self::cookie::SessionCookie;
use super::auth::Authenticator;
use super::origin::{self, Scheme};
use crate::clock::Clock;
use crate::crypto::{random_token, sha256};
use crate::domain::Actor;
use crate::event_log::{Conn, Database, DatabaseError};
use crate::graphql::caller::Caller;
use crate::projections::sessions::{self, Session};

pub use self::route::{BODY_BYTES_MAX, PATH, SessionEndpoint, configure};

/// The header that says that a request was made by a script of our own, and its value.
pub const MARK: (HeaderName, &str) = (HeaderName::from_static("latchkey-request"), "1");

/// What sessions are made of.
#[derive(Clone)]
pub struct SessionSettings {
    /// Where they are kept.
    pub database: Database,
    /// Tells when they end.
    pub clock: Clock,
    /// How long they last.
    pub lifetime: Duration,
    /// Knows the admin token that begins them, and that they end with.
    pub authenticator: Authenticator,
    /// The application's runtime: writes run here, because a worker's own runtime may end before them.
    pub runtime: Handle,
    /// Every write is in it, so that a shutdown can wait for them.
    pub tasks: TaskTracker,
}

/// Begins, finds and ends sessions. Cheap to clone; clones tell each other of ends.
#[derive(Clone)]
pub struct Sessions {
    settings: SessionSettings,
    ended: watch::Sender<()>,
}

/// Names a session, and is no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionId(String);

impl Sessions {
    /// Sessions in a database that is migrated.
    pub fn new(settings: SessionSettings) -> Self {
        Self { settings, ended: watch::Sender::new(()) }
    }

    /// Begins a session of an actor; what the cookie is to carry.
    ///
    /// # Errors
    /// The database failed; there is no session.
    async fn begin(&self, actor: &Actor) -> Result<SecretString, DatabaseError> {
        let value = random_token();
        let created_at = self.settings.clock.now();
        let lifetime = TimeDelta::from_std(self.settings.lifetime).unwrap_or(TimeDelta::MAX);
        let session = Session {
            id: self.id(value.expose_secret()).0,
            actor: actor.id.clone(),
            created_at,
            expires_at: created_at.checked_add_signed(lifetime).unwrap_or(created_at),
        };
        self.write(move |conn| sessions::add(conn, &session)).await?;
        Ok(value)
    }

    /// Ends a session here and now; sockets that it opened are closed.
    ///
    /// # Errors
    /// The database failed; the session goes on.
    async fn end(&self, SessionId(id): SessionId) -> Result<(), DatabaseError> {
        self.write(move |conn| sessions::remove(conn, &id)).await?;
        self.ended.send_replace(());
        Ok(())
    }

    /// Who speaks by a session, as long as it lasts.
    ///
    /// # Errors
    /// The database failed: nobody is known.
    pub async fn caller(&self, SessionId(id): &SessionId) -> Result<Option<Caller>, DatabaseError> {
        let (id, now) = (id.clone(), self.settings.clock.now());
        let actor = self.settings.database.run(move |conn| sessions::actor(conn, &id, now)).await?;
        // Only the admin token begins sessions.
        let admin = Actor::admin();
        Ok(actor.filter(|id| *id == admin.id).map(|_| Caller::with_all_permissions(admin)))
    }

    /// The session that a request shows, if it comes from a page of our own.
    ///
    /// Only the cookie of the scheme is looked at by which the browser reaches us: one that was set without TLS, by whoever
    /// answered for this host there, must not speak over TLS.
    pub fn shown(&self, request: &HttpRequest) -> Option<SessionId> {
        let value = SessionCookie::of(origin::own(request)?).value(request.headers())?;
        Some(self.id(value))
    }

    /// Tells when some session was ended by this process.
    pub fn ends(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// The admin token's digest has one length, so the parts need no delimiter.
    fn id(&self, value: &str) -> SessionId {
        SessionId(hex::encode(sha256(&[self.settings.authenticator.digest(), value.as_bytes()])))
    }

    /// What the browser is told to keep.
    fn cookie(&self, scheme: Scheme, value: &SecretString) -> String {
        // A cookie of no seconds would be dropped at once; the end of the session is the server's to tell.
        SessionCookie::of(scheme).keep(value, self.settings.lifetime.as_secs().max(1))
    }

    /// Writes to the end even when the request's own future is dropped.
    async fn write(
        &self,
        write: impl FnOnce(&mut Conn<'_>) -> Result<(), DatabaseError> + Send + 'static,
    ) -> Result<(), DatabaseError> {
        let database = self.settings.database.clone();
        let writing = self.settings.tasks.spawn_blocking_on(move || database.write(write), &self.settings.runtime);
        writing.await.map_err(|error| DatabaseError::Open(error.to_string()))?
    }
}

/// Whether a request has the header that another site's page can't send.
pub fn is_marked(headers: &HeaderMap) -> bool {
    let (name, value) = MARK;
    let mut sent = headers.get_all(name);
    sent.next().is_some_and(|mark| mark.as_bytes() == value.as_bytes()) && sent.next().is_none()
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}
