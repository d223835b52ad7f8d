//! What the demo remembers while it runs: its signing key, its one client, its switches and its counters.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::keys::{ClientKey, ClientKeyError, SigningKey};
use super::{Now, Settings};

/// Most public keys that one client may register.
pub const CLIENT_KEYS_MAX: usize = 16;
/// Most client assertions remembered as used. An unexpired one is never forgotten: when full, new ones are refused.
pub(super) const ASSERTIONS_REMEMBERED_MAX: usize = 10_000;
/// Longest artificial delay in milliseconds.
pub const DELAY_MS_MAX: u64 = 60_000;

/// How the demo answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As a healthy issuer and API would.
    #[default]
    None,
    /// The token endpoint refuses every client: `invalid_client`, 401.
    InvalidClient,
    /// The token endpoint is broken: 500.
    ServerError,
    /// Tokens are issued, and the API refuses every one: 401 `invalid_token`.
    RejectTokens,
}

/// What has been asked and answered since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Requests that reached the token endpoint, whatever the answer.
    pub token_requests: u64,
    /// Access tokens issued.
    pub tokens_issued: u64,
    /// Requests that reached the API, whatever the answer.
    pub api_calls: u64,
    /// API requests refused for their token: 401 and 403.
    pub api_refusals: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) token_requests: AtomicU64,
    pub(super) tokens_issued: AtomicU64,
    pub(super) api_calls: AtomicU64,
    pub(super) api_refusals: AtomicU64,
}

#[derive(Default)]
struct Switches {
    mode: Mode,
    delay: Duration,
    /// Tokens with a serial number up to this one are withdrawn.
    revoked_up_to: u64,
    client_keys: Vec<ClientKey>,
    /// `jti` of used assertions, with the second from which they are refused as expired anyway.
    used_assertions: HashMap<String, i64>,
}

pub(super) struct State {
    pub(super) issuer: String,
    pub(super) signing_key: SigningKey,
    pub(super) client_secret: SecretString,
    pub(super) lifetime: TimeDelta,
    pub(super) counters: Counters,
    now: Now,
    /// A std mutex: it is held for a few instructions and never across an await.
    switches: Mutex<Switches>,
}

/// Whether an assertion may be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Use {
    First,
    Again,
    /// The memory is full of assertions that have not expired.
    NoRoom,
}

impl State {
    pub(super) fn new(issuer: String, lifetime: TimeDelta, settings: Settings) -> io::Result<Self> {
        let switches = Switches { client_keys: settings.client_keys, ..Switches::default() };
        Ok(Self {
            issuer,
            signing_key: SigningKey::generate()?,
            client_secret: settings.client_secret,
            lifetime,
            counters: Counters::default(),
            now: settings.now,
            switches: Mutex::new(switches),
        })
    }

    pub(super) fn token_endpoint(&self) -> String {
        format!("{}/token", self.issuer)
    }

    pub(super) fn audience(&self) -> String {
        format!("{}/api", self.issuer)
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    pub(super) fn mode(&self) -> Mode {
        self.switches().mode
    }

    pub(super) fn switch(&self, mode: Mode) {
        self.switches().mode = mode;
    }

    pub(super) fn delay(&self) -> Duration {
        self.switches().delay
    }

    pub(super) fn delay_tokens(&self, delay: Duration) {
        self.switches().delay = delay.min(Duration::from_millis(DELAY_MS_MAX));
    }

    pub(super) fn revoke(&self) {
        // Read under the lock: a token issued meanwhile has a higher number and stays good.
        let mut switches = self.switches();
        switches.revoked_up_to = self.counters.tokens_issued.load(Ordering::SeqCst);
    }

    pub(super) fn is_revoked(&self, serial: u64) -> bool {
        serial <= self.switches().revoked_up_to
    }

    pub(super) fn register(&self, key: ClientKey) -> Result<(), ClientKeyError> {
        let mut switches = self.switches();
        if switches.client_keys.len() >= CLIENT_KEYS_MAX {
            return Err(ClientKeyError::TooMany);
        }
        switches.client_keys.push(key);
        Ok(())
    }

    pub(super) fn client_keys(&self) -> Vec<ClientKey> {
        self.switches().client_keys.clone()
    }

    /// Remembers the `jti` of an assertion that is refused as expired from the second `until` on.
    pub(super) fn use_assertion(&self, jti: &str, until: i64) -> Use {
        let now = self.now().timestamp();
        let used = &mut self.switches().used_assertions;
        if used.len() >= ASSERTIONS_REMEMBERED_MAX {
            used.retain(|_, until| *until > now);
        }
        if used.contains_key(jti) {
            return Use::Again;
        }
        if used.len() >= ASSERTIONS_REMEMBERED_MAX {
            return Use::NoRoom;
        }
        used.insert(jti.to_owned(), until);
        Use::First
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            token_requests: self.counters.token_requests.load(Ordering::SeqCst),
            tokens_issued: self.counters.tokens_issued.load(Ordering::SeqCst),
            api_calls: self.counters.api_calls.load(Ordering::SeqCst),
            api_refusals: self.counters.api_refusals.load(Ordering::SeqCst),
        }
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        // No code panics while it holds the lock, and every field stays meaningful by itself.
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use super::*;

    fn state(clock: &Arc<AtomicI64>) -> State {
        let clock = Arc::clone(clock);
        let now: Now = Arc::new(move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap());
        State::new("http://issuer".to_owned(), TimeDelta::seconds(60), Settings::new("s".into(), now)).unwrap()
    }

    #[test]
    fn the_memory_of_used_assertions_is_bounded_and_forgets_only_expired_ones() {
        let clock = Arc::new(AtomicI64::new(1_000));
        let state = state(&clock);
        for n in 0..ASSERTIONS_REMEMBERED_MAX {
            assert_eq!(state.use_assertion(&format!("jti-{n}"), 1_100), Use::First);
        }
        assert_eq!(state.use_assertion("one-more", 1_100), Use::NoRoom);
        assert_eq!(state.use_assertion("jti-0", 1_100), Use::Again);

        clock.store(1_100, Ordering::SeqCst);
        assert_eq!(state.use_assertion("one-more", 1_200), Use::First);
        assert_eq!(state.use_assertion("one-more", 1_200), Use::Again);
    }

    #[test]
    fn a_client_registers_at_most_sixteen_keys() {
        let state = state(&Arc::new(AtomicI64::new(0)));
        let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        for _ in 0..CLIENT_KEYS_MAX {
            state.register(ClientKey::from_jwk(jwk).unwrap()).unwrap();
        }
        assert!(matches!(state.register(ClientKey::from_jwk(jwk).unwrap()), Err(ClientKeyError::TooMany)));
    }

    #[test]
    fn a_delay_is_cut_at_its_limit() {
        let state = state(&Arc::new(AtomicI64::new(0)));
        state.delay_tokens(Duration::from_millis(DELAY_MS_MAX + 1));
        assert_eq!(state.delay(), Duration::from_millis(DELAY_MS_MAX));
    }
}
