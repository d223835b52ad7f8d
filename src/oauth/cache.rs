//! Keeps access tokens in memory for as long as they may be used.
//!
//! A plain bounded map behind a lock, because its time must be [`Clock`]'s: a token ends by the monotonic or by the wall
//! clock, whichever says so first. Deliberately absent: fetching (that is [`super::token_endpoint`]) and fingerprinting.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::binding::Binding;
use super::token_response::AccessToken;
use crate::clock::Clock;
use crate::crypto::sha256;
use crate::domain::Key;
use crate::domain::definition::{Parameter, ParameterPlacement};
use crate::domain::token::usable_ms;

/// Most tokens that are kept; the one that ends first makes room.
pub const TOKENS_MAX: usize = 10_000;
/// How long a token serves when its issuer hands out the very one that it replaces, in milliseconds, unless it ends
/// before. Some issuers give out one token until it ends: asked again at half of what is left each time, they would be
/// asked without end.
pub const SAME_TOKEN_MS_MIN: u64 = 30_000;

/// Names everything that changes the token: two requests with equal keys may share one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TokenKey {
    connection: Key,
    digest: [u8; 32],
}

/// What a [`TokenKey`] is made of.
#[derive(Debug, Clone, Copy)]
pub struct TokenKeyParts<'a> {
    /// Key of the connection.
    pub connection: &'a Key,
    /// Version of the connection.
    pub connection_version: u32,
    /// Version of its secret.
    pub secret_version: u32,
    /// The connection's parameters with the request's overrides merged in; their order means nothing.
    pub parameters: &'a [Parameter],
}

impl TokenKey {
    /// Digests the parts.
    pub fn new(parts: TokenKeyParts<'_>) -> Self {
        let mut parameters: Vec<&Parameter> = parts.parameters.iter().collect();
        parameters.sort();
        let mut bytes = Vec::new();
        bytes.extend(parts.connection_version.to_be_bytes());
        bytes.extend(parts.secret_version.to_be_bytes());
        for Parameter { name, value, placement } in parameters {
            let place = match placement {
                ParameterPlacement::Body => 'b',
                ParameterPlacement::Query => 'q',
                ParameterPlacement::Header => 'h',
            };
            // With the lengths, no two lists of parameters give the same bytes.
            bytes.extend(format!("{place}{},{},{name}{value}", name.len(), value.len()).into_bytes());
        }
        Self {
            connection: parts.connection.clone(),
            digest: sha256(&[parts.connection.as_str().as_bytes(), b"\0", &bytes]),
        }
    }

    /// Key of the connection.
    pub fn connection(&self) -> &Key {
        &self.connection
    }

    /// SHA-256 over everything that changes the token. Of parameters that are easy to guess it would confirm a guess: it
    /// is not to be stored as it is.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({} {})", self.connection, hex::encode(self.digest))
    }
}

/// A token to keep.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The token.
    pub token: AccessToken,
    /// What it is bound to.
    pub binding: Binding,
    /// Its keyed fingerprint.
    pub fingerprint: String,
    /// How long before its end it is no longer handed out, in milliseconds.
    pub refresh_skew_ms: u64,
}

/// A token that was fetched.
#[derive(Debug)]
pub struct CachedToken {
    /// The token.
    pub token: AccessToken,
    /// What it is bound to.
    pub binding: Binding,
    /// Its keyed fingerprint.
    pub fingerprint: String,
    /// When it was fetched.
    pub issued_at: DateTime<Utc>,
    retires: Moment,
    ends: Moment,
}

impl CachedToken {
    /// Whether it should be refreshed although it can still be used.
    pub fn is_due(&self, clock: &Clock) -> bool {
        self.retires.has_passed(clock)
    }

    /// From when on it should be refreshed, by the wall clock.
    pub fn refresh_at(&self) -> DateTime<Utc> {
        self.retires.wall
    }

    /// When it ends, by the wall clock.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.ends.wall
    }
}

/// A token that was kept beyond a restart, with its times by the wall clock: there is no other across processes.
#[derive(Debug, Clone)]
pub struct KeptToken {
    /// The token; its life is that of its issue.
    pub token: AccessToken,
    /// What it is bound to.
    pub binding: Binding,
    /// Its keyed fingerprint.
    pub fingerprint: String,
    /// When it was fetched.
    pub issued_at: DateTime<Utc>,
    /// From when on it should be refreshed.
    pub refresh_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// A moment on both clocks; it has passed as soon as one of them says so.
#[derive(Debug, Clone, Copy)]
struct Moment {
    monotonic: Duration,
    wall: DateTime<Utc>,
}

impl Moment {
    fn after(clock: &Clock, ms: u64) -> Self {
        let (now, delta) = (clock.now(), TimeDelta::milliseconds(i64::try_from(ms).unwrap_or_default()));
        Self {
            monotonic: clock.monotonic().saturating_add(Duration::from_millis(ms)),
            // At the end of the calendar a token is over at once.
            wall: now.checked_add_signed(delta).unwrap_or(now),
        }
    }

    /// The moment when the wall clock will show `at`, but no further away than `most_ms`: a wall clock that was set back
    /// lengthens no life.
    fn at(clock: &Clock, at: DateTime<Utc>, most_ms: u64) -> Self {
        let ms = u64::try_from((at - clock.now()).num_milliseconds()).unwrap_or_default();
        Self::after(clock, ms.min(most_ms))
    }

    fn has_passed(self, clock: &Clock) -> bool {
        clock.monotonic() >= self.monotonic || clock.now() >= self.wall
    }
}

/// Keeps tokens. Cheap to clone; clones share one store.
#[derive(Clone)]
pub struct TokenCache {
    clock: Clock,
    // A std lock: held for a look-up or a scan of the bounded map, never across an await.
    store: Arc<Mutex<Store>>,
}

#[derive(Default)]
struct Store {
    tokens: HashMap<TokenKey, Arc<CachedToken>>,
    /// One entry for each connection whose tokens were ever dropped: by hand, or because it changed.
    evictions: HashMap<Key, u64>,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(clock: Clock) -> Self {
        Self { clock, store: Arc::default() }
    }

    /// The token for the key, unless it is due for a refresh.
    pub fn get(&self, key: &TokenKey) -> Option<Arc<CachedToken>> {
        self.get_due(key).filter(|cached| !cached.is_due(&self.clock))
    }

    /// The token for the key even when it is due for a refresh, but never past its end.
    pub fn get_due(&self, key: &TokenKey) -> Option<Arc<CachedToken>> {
        let found = self.lock().tokens.get(key).cloned();
        found.filter(|cached| !cached.ends.has_passed(&self.clock))
    }

    /// Dates a token that came just now, without keeping it.
    pub fn date(&self, key: &TokenKey, new: NewToken) -> Arc<CachedToken> {
        let lifetime_ms = new.token.lifetime_ms;
        let is_same = self.lock().tokens.get(key).is_some_and(|cached| cached.fingerprint == new.fingerprint);
        let least_ms = if is_same { SAME_TOKEN_MS_MIN.min(lifetime_ms) } else { 0 };
        Arc::new(CachedToken {
            issued_at: self.clock.now(),
            retires: Moment::after(&self.clock, usable_ms(lifetime_ms, new.refresh_skew_ms).max(least_ms)),
            ends: Moment::after(&self.clock, lifetime_ms),
            token: new.token,
            binding: new.binding,
            fingerprint: new.fingerprint,
        })
    }

    /// Dates a token that was kept beyond a restart; `None` when it has ended.
    pub fn date_kept(&self, kept: KeptToken) -> Option<Arc<CachedToken>> {
        let lifetime_ms = kept.token.lifetime_ms;
        let cached = CachedToken {
            issued_at: kept.issued_at,
            retires: Moment::at(&self.clock, kept.refresh_at, lifetime_ms),
            ends: Moment::at(&self.clock, kept.expires_at, lifetime_ms),
            token: kept.token,
            binding: kept.binding,
            fingerprint: kept.fingerprint,
        };
        (!cached.ends.has_passed(&self.clock)).then(|| Arc::new(cached))
    }

    /// Keeps a token in place of the key's former one, unless the connection's tokens were dropped since `evictions` were
    /// counted: it may have been asked for with what has changed since. One with no life only drops the former one.
    pub fn insert_unless_evicted(&self, key: TokenKey, cached: &Arc<CachedToken>, evictions: u64) {
        let mut store = self.lock();
        if store.evictions.get(&key.connection).copied().unwrap_or_default() != evictions {
            return;
        }
        if cached.token.lifetime_ms == 0 {
            store.tokens.remove(&key);
            return;
        }
        if store.tokens.len() >= TOKENS_MAX && !store.tokens.contains_key(&key) {
            store.make_room(&self.clock);
        }
        store.tokens.insert(key, Arc::clone(cached));
    }

    /// Drops the key's token if it is still the one with this fingerprint, and says whether it was.
    ///
    /// Of many requests whose token was rejected together, one drops it; the others find the next token in its place.
    pub fn invalidate_if(&self, key: &TokenKey, fingerprint: &str) -> bool {
        let mut store = self.lock();
        let is_same = store.tokens.get(key).is_some_and(|cached| cached.fingerprint == fingerprint);
        is_same && store.tokens.remove(key).is_some()
    }

    /// Drops all tokens of a connection; returns the fingerprints, sorted.
    pub fn drop_connection(&self, connection: &Key) -> Vec<String> {
        let mut store = self.lock();
        let evictions = store.evictions.entry(connection.clone()).or_default();
        *evictions = evictions.wrapping_add(1);
        let dropped = store.tokens.extract_if(|key, _| key.connection == *connection);
        let mut fingerprints: Vec<String> = dropped.map(|(_, cached)| cached.fingerprint.clone()).collect();
        fingerprints.sort();
        fingerprints
    }

    /// Counts the evictions of a connection: to be asked before a token is fetched, see [`Self::insert_unless_evicted`].
    pub fn evictions(&self, connection: &Key) -> u64 {
        self.lock().evictions.get(connection).copied().unwrap_or_default()
    }

    /// A panic elsewhere can't leave the maps half written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Drops what has ended; when nothing has, the token that ends first.
    fn make_room(&mut self, clock: &Clock) {
        self.tokens.retain(|_, cached| !cached.ends.has_passed(clock));
        if self.tokens.len() < TOKENS_MAX {
            return;
        }
        let first = self.tokens.iter().min_by_key(|(_, cached)| cached.ends.monotonic).map(|(key, _)| key.clone());
        if let Some(key) = first {
            self.tokens.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
