//! Keeps access tokens in memory for as long as they may be used.
//!
//! A plain bounded map behind a lock, because its time must be [`Clock`]'s: a token ends by the monotonic or by the wall
//! clock, whichever says so first. Deliberately absent: fetching (that is [`super::token_endpoint`]) and fingerprinting.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::token_response::AccessToken;
use crate::clock::Clock;
use crate::crypto::sha256;
use crate::domain::Key;
use crate::domain::definition::{Parameter, ParameterPlacement};
use crate::domain::token::usable_ms;

/// Most tokens that are kept; the one that ends first makes room.
pub const TOKENS_MAX: usize = 10_000;
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
    /// Its keyed fingerprint.
    pub fingerprint: String,
    retires: Moment,
    ends: Moment,
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
    /// One entry for each connection whose tokens were ever dropped by hand.
    evictions: HashMap<Key, u64>,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(clock: Clock) -> Self {
        Self { clock, store: Arc::default() }
    }

    /// The token for the key, unless it is due for a refresh.
    pub fn get(&self, key: &TokenKey) -> Option<Arc<CachedToken>> {
        let found = self.lock().tokens.get(key).cloned();
        found.filter(|cached| !cached.retires.has_passed(&self.clock))
    }

    /// The token for the key even when it is due for a refresh, but never past its end: for when the refresh fails.
    pub fn get_due(&self, key: &TokenKey) -> Option<Arc<CachedToken>> {
        let found = self.lock().tokens.get(key).cloned();
        found.filter(|cached| !cached.ends.has_passed(&self.clock))
    }

    /// Keeps a token in place of the key's former one. One with no life is handed back only, for the request at hand.
    pub fn insert(&self, key: TokenKey, new: NewToken) -> Arc<CachedToken> {
        let lifetime_ms = new.token.lifetime_ms;
        let cached = self.without_keeping(new);
        let mut store = self.lock();
        if lifetime_ms == 0 {
            store.tokens.remove(&key);
            return cached;
        }
        if store.tokens.len() >= TOKENS_MAX && !store.tokens.contains_key(&key) {
            store.make_room(&self.clock);
        }
        store.tokens.insert(key, Arc::clone(&cached));
        cached
    }

    /// A token for the request at hand only, for connections that keep none.
    pub fn without_keeping(&self, new: NewToken) -> Arc<CachedToken> {
        let lifetime_ms = new.token.lifetime_ms;
        Arc::new(CachedToken {
            retires: Moment::after(&self.clock, usable_ms(lifetime_ms, new.refresh_skew_ms)),
            ends: Moment::after(&self.clock, lifetime_ms),
            token: new.token,
            fingerprint: new.fingerprint,
        })
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

    /// Keeps a token, unless the connection's tokens were dropped since `evictions` were counted: it may have been asked
    /// for with what has changed since. Then it is handed back only, for the request at hand.
    pub fn insert_unless_evicted(&self, key: TokenKey, new: NewToken, evictions: u64) -> Arc<CachedToken> {
        if self.evictions(&key.connection) == evictions { self.insert(key, new) } else { self.without_keeping(new) }
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
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn cache() -> (TokenCache, Clock) {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        (TokenCache::new(clock.clone()), clock)
    }

    fn key(connection: &str, version: u32) -> TokenKey {
        let connection = &Key::parse(connection).unwrap();
        TokenKey::new(TokenKeyParts { connection, connection_version: version, secret_version: 1, parameters: &[] })
    }

    fn with_parameters(parameters: &[(&str, &str, ParameterPlacement)]) -> TokenKey {
        let own = |(name, value, placement): &(&str, &str, ParameterPlacement)| Parameter {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            placement: *placement,
        };
        let parameters: Vec<Parameter> = parameters.iter().map(own).collect();
        TokenKey::new(TokenKeyParts {
            connection: &Key::parse("a").unwrap(),
            connection_version: 1,
            secret_version: 1,
            parameters: &parameters,
        })
    }

    fn token(fingerprint: &str, lifetime_ms: u64) -> NewToken {
        let token =
            AccessToken { value: SecretString::from("t"), token_type: "Bearer".to_owned(), lifetime_ms, scope: None };
        NewToken { token, fingerprint: fingerprint.to_owned(), refresh_skew_ms: 60_000 }
    }

    fn fingerprint(found: Option<Arc<CachedToken>>) -> Option<String> {
        found.map(|cached| cached.fingerprint.clone())
    }

    #[test]
    fn a_key_names_everything_that_changes_the_token() {
        let connection = &Key::parse("a").unwrap();
        let parts = TokenKeyParts { connection, connection_version: 1, secret_version: 1, parameters: &[] };
        let base = TokenKey::new(parts);
        assert_eq!(base, key("a", 1));
        assert_ne!(base, key("b", 1));
        assert_ne!(base, key("a", 2));
        assert_ne!(base, TokenKey::new(TokenKeyParts { secret_version: 2, ..parts }));
        assert_ne!(base, with_parameters(&[("scope", "x", ParameterPlacement::Body)]));
    }

    #[test]
    fn the_order_of_parameters_means_nothing_but_repeats_and_places_do() {
        let (body, query) = (ParameterPlacement::Body, ParameterPlacement::Query);
        let (a, b) = (("resource", "a", body), ("resource", "b", body));
        assert_eq!(with_parameters(&[a, b]), with_parameters(&[b, a]));
        assert_ne!(with_parameters(&[a, a]), with_parameters(&[a]));
        assert_ne!(with_parameters(&[a]), with_parameters(&[("resource", "a", query)]));
        assert_ne!(with_parameters(&[("ab", "c", body)]), with_parameters(&[("a", "bc", body)]));
    }

    #[test]
    fn a_token_is_due_before_its_end_and_gone_at_its_end() {
        let (cache, clock) = cache();
        cache.insert(key("a", 1), token("f1", 300_000));
        clock.advance(Duration::from_millis(239_999));
        assert_eq!(fingerprint(cache.get(&key("a", 1))).as_deref(), Some("f1"));
        clock.advance(Duration::from_millis(1));
        assert!(cache.get(&key("a", 1)).is_none());
        clock.advance(Duration::from_millis(59_999));
        assert_eq!(fingerprint(cache.get_due(&key("a", 1))).as_deref(), Some("f1"));
        clock.advance(Duration::from_millis(1));
        assert!(cache.get_due(&key("a", 1)).is_none());
    }

    #[test]
    fn the_earlier_of_the_two_clocks_ends_a_token() {
        let (cache, clock) = cache();
        cache.insert(key("a", 1), token("f1", 300_000));
        clock.jump_wall(TimeDelta::hours(-1));
        assert!(cache.get(&key("a", 1)).is_some());
        clock.advance(Duration::from_mins(4));
        assert!(cache.get(&key("a", 1)).is_none(), "the monotonic clock ends it");
        cache.insert(key("a", 1), token("f2", 300_000));
        clock.jump_wall(TimeDelta::hours(1));
        assert!(cache.get(&key("a", 1)).is_none(), "the wall clock ends it");
    }

    #[test]
    fn a_token_without_a_life_is_never_kept_and_replaces_the_old_one() {
        let (cache, _) = cache();
        cache.insert(key("a", 1), token("f1", 300_000));
        assert_eq!(cache.insert(key("a", 1), token("f2", 0)).fingerprint, "f2");
        assert!(cache.get_due(&key("a", 1)).is_none());
    }

    #[test]
    fn only_the_rejected_token_itself_is_dropped() {
        let (cache, _) = cache();
        cache.insert(key("a", 1), token("f2", 300_000));
        assert!(!cache.invalidate_if(&key("a", 1), "f1"));
        assert!(cache.get(&key("a", 1)).is_some());
        assert!(cache.invalidate_if(&key("a", 1), "f2"));
        assert!(!cache.invalidate_if(&key("a", 1), "f2"));
        assert!(cache.get(&key("a", 1)).is_none());
    }

    #[test]
    fn dropping_a_connection_leaves_the_others() {
        let (cache, _) = cache();
        cache.insert(key("a", 1), token("f2", 300_000));
        cache.insert(key("a", 2), token("f1", 300_000));
        cache.insert(key("b", 1), token("f3", 300_000));
        assert_eq!(cache.drop_connection(&Key::parse("a").unwrap()), ["f1", "f2"]);
        assert!(cache.get(&key("b", 1)).is_some());
    }

    #[test]
    fn a_token_that_was_asked_for_before_an_eviction_is_not_kept() {
        let (cache, _) = cache();
        let before = cache.evictions(&Key::parse("a").unwrap());
        cache.drop_connection(&Key::parse("a").unwrap());
        assert_eq!(cache.insert_unless_evicted(key("a", 1), token("f1", 300_000), before).fingerprint, "f1");
        assert!(cache.get(&key("a", 1)).is_none());
        cache.insert_unless_evicted(key("a", 1), token("f2", 300_000), before + 1);
        assert!(cache.get(&key("a", 1)).is_some());
    }

    #[test]
    fn a_full_cache_drops_the_token_that_ends_first() {
        let (cache, _) = cache();
        cache.insert(key("first", 1), token("f", 100_000));
        for version in 1..=u32::try_from(TOKENS_MAX - 1).unwrap() {
            cache.insert(key("a", version), token("f", 300_000));
        }
        assert!(cache.get(&key("first", 1)).is_some());
        cache.insert(key("a", 1), token("f", 300_000));
        assert!(cache.get(&key("first", 1)).is_some(), "replacing needs no room");
        cache.insert(key("last", 1), token("f", 300_000));
        assert!(cache.get(&key("first", 1)).is_none());
        assert!(cache.get(&key("a", 1)).is_some() && cache.get(&key("last", 1)).is_some());
    }
}
