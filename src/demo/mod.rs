//! A demonstration issuer and a protected API, inside the process and on loopback only (`latchkey serve --demo`).
//!
//! It shows Latchkey at work with nothing else installed, and it is the scripted issuer of the integration tests: it counts
//! what it is asked, and it can be told to refuse. It keeps the rules of RFC 6749, 6750, 7523, 8414 and 9068 as a real issuer
//! would, so that a connection that works here works elsewhere.
//!
//! Deliberately absent: every other part of Latchkey (it is a stranger whom Latchkey talks to over a socket), users, consent,
//! refresh tokens, and storage: keys and tokens end with the process.

mod api;
mod assertion;
mod client;
mod control;
mod issuer;
mod keys;
mod refusal;
mod state;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tokio::task::JoinHandle;

pub use keys::{ClientKey, ClientKeyError};
pub use state::{CLIENT_KEYS_MAX, DELAY_MS_MAX, Mode, Stats};

use state::State;

/// The port that the demo listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 4010;
/// The `client_id` that the issuer knows.
pub const CLIENT_ID: &str = "demo-client";
/// Every scope that the issuer grants, and what it grants when none is asked for.
pub const SCOPES: [&str; 2] = ["demo:read", "demo:write"];
/// Longest life of an access token in seconds.
pub const TOKEN_LIFETIME_SECONDS_MAX: u64 = 3_600;
/// Largest request body in bytes, at the issuer and at the API.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// Tells the time. The caller's own clock, so that a test can move it.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a [`Demo`] needs to start.
pub struct Settings {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The secret of [`CLIENT_ID`], for `client_secret_basic` and `client_secret_post`.
    pub client_secret: SecretString,
    /// Public keys of [`CLIENT_ID`], for `private_key_jwt`.
    pub client_keys: Vec<ClientKey>,
    /// How long an access token lives: whole seconds, 1 to [`TOKEN_LIFETIME_SECONDS_MAX`].
    pub token_lifetime: Duration,
    /// The clock by which tokens are issued and expire.
    pub now: Now,
}

impl Settings {
    /// The settings of `latchkey serve --demo`: port [`DEFAULT_PORT`], tokens that live one minute, no public key yet.
    pub fn new(client_secret: SecretString, now: Now) -> Self {
        Self { port: DEFAULT_PORT, client_secret, client_keys: Vec::new(), token_lifetime: Duration::from_mins(1), now }
    }
}

/// A running demonstration issuer and API. Dropping it stops it.
pub struct Demo {
    state: Arc<State>,
    address: SocketAddr,
    server: ServerHandle,
    task: Option<JoinHandle<io::Result<()>>>,
}

impl Demo {
    /// Starts to listen on 127.0.0.1. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// The port is taken, the token lifetime or the number of keys is out of bounds (`InvalidInput`), there is no runtime, or
    /// the system gives no randomness for the signing key.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let seconds = settings.token_lifetime.as_secs();
        if !(1..=TOKEN_LIFETIME_SECONDS_MAX).contains(&seconds) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a demo token lives 1 to 3600 seconds"));
        }
        if settings.client_keys.len() > CLIENT_KEYS_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many client keys"));
        }
        let lifetime = TimeDelta::from_std(Duration::from_secs(seconds)).map_err(io::Error::other)?;

        // Bound here and not by actix: the issuer's own URL contains the port, which is known only now.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::new(format!("http://{address}"), lifetime, settings)?);

        let shared = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(BODY_BYTES_MAX))
                .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX))
                .configure(issuer::configure)
                .configure(api::configure)
                .configure(control::configure)
        })
        .workers(1)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
        let handle = server.handle();
        Ok(Self { state, address, server: handle, task: Some(runtime.spawn(server)) })
    }

    /// The socket address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer identifier, for discovery: `http://127.0.0.1:4010`.
    pub fn issuer_url(&self) -> &str {
        &self.state.issuer
    }

    /// The secret of [`CLIENT_ID`]. It opens nothing but this demo, so it may be shown to whoever starts it.
    pub fn client_secret(&self) -> &SecretString {
        &self.state.client_secret
    }

    /// The Access Token URL: `http://127.0.0.1:4010/token`.
    pub fn token_url(&self) -> String {
        self.state.token_endpoint()
    }

    /// The base of the protected API and the audience of its tokens: `http://127.0.0.1:4010/api`.
    pub fn api_url(&self) -> String {
        self.state.audience()
    }

    /// Decides how requests are answered from now on.
    pub fn switch(&self, mode: Mode) {
        self.state.switch(mode);
    }

    /// Makes every token answer wait from now on: at most [`DELAY_MS_MAX`] milliseconds, more is cut to that.
    pub fn delay_tokens(&self, delay: Duration) {
        self.state.delay_tokens(delay);
    }

    /// Withdraws all tokens issued so far: the API accepts none of them any more.
    pub fn revoke(&self) {
        self.state.revoke();
    }

    /// Registers one more public key of [`CLIENT_ID`].
    ///
    /// # Errors
    /// [`ClientKeyError::TooMany`] when [`CLIENT_KEYS_MAX`] are registered.
    pub fn register(&self, key: ClientKey) -> Result<(), ClientKeyError> {
        self.state.register(key)
    }

    /// What has been asked and answered since the start.
    pub fn stats(&self) -> Stats {
        self.state.stats()
    }

    /// Stops at once, without waiting for open connections, and frees the port.
    ///
    /// # Errors
    /// The server ended with an error of its own.
    pub async fn stop(mut self) -> io::Result<()> {
        self.server.stop(false).await;
        match self.task.take() {
            Some(task) => task.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // The command is sent by the call itself; the future would only wait for its end.
        drop(self.server.stop(false));
    }
}
