//! Holds token requests back after failures, so that an issuer in trouble is not hammered and a refused client is not
//! locked out there.
//!
//! In memory and per process on purpose: after a restart, one request for each token finds out anew. What was decided is
//! on the log as `backoff_ms` of `token.request_failed`, from which anybody can tell when the next request may go out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::cache::TokenKey;
use crate::clock::Clock;
use crate::crypto::random_bytes;
use crate::domain::Key;
use crate::domain::failure::{AuthFailure, AuthFailureReason};

/// Most tokens whose requests are held back; beyond it none is added.
pub const HOLDS_MAX: usize = 10_000;
/// Longest `Retry-After` that is honoured. A person can always ask at once.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// How much longer than after a fault of the moment it starts after an answer that a person must do something about.
const REFUSED_FACTOR: u32 = 10;

/// How long requests are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackoffPolicy {
    /// After the first failure; ten times as long when the issuer refused the client or gave no usable answer. Doubled
    /// with each further failure.
    pub delay_min: Duration,
    /// Longest, unless the issuer asks for more by `Retry-After`.
    pub delay_max: Duration,
}

impl Default for BackoffPolicy {
    fn default() -> Self {
        Self { delay_min: Duration::from_secs(1), delay_max: Duration::from_mins(5) }
    }
}

/// Which token requests are held back. Cheap to clone; clones share one memory.
#[derive(Clone)]
pub struct Backoffs {
    clock: Clock,
    policy: BackoffPolicy,
    // A std lock: held for a look-up or a scan of the bounded map, never across an await.
    holds: Arc<Mutex<HashMap<TokenKey, Hold>>>,
}

struct Hold {
    /// Failures in a row.
    failures: u32,
    /// On the monotonic clock.
    until: Duration,
    /// The same for people.
    next_attempt_at: DateTime<Utc>,
    failure: AuthFailure,
}

impl Backoffs {
    /// Holds nothing back yet.
    pub fn new(clock: Clock, policy: BackoffPolicy) -> Self {
        Self { clock, policy, holds: Arc::default() }
    }

    /// Notes a failed token request; returns how long the next one is held back, if it is.
    ///
    /// What fails while requests are held back already (a person insisted, or several had gone out together) does not
    /// count as one more failure in a row.
    pub fn failed(&self, key: &TokenKey, failure: &AuthFailure, retry_after: Option<Duration>) -> Option<Duration> {
        let first = self.first_delay(failure)?;
        let now = self.clock.monotonic();
        let mut holds = self.lock();
        if holds.len() >= HOLDS_MAX && !holds.contains_key(key) {
            holds.retain(|_, hold| hold.until > now);
            if holds.len() >= HOLDS_MAX {
                return None;
            }
        }
        let earlier = holds.get(key).filter(|hold| !self.is_forgotten(hold, now));
        let failures = earlier.map_or(1, |hold| if hold.until > now { hold.failures } else { hold.failures + 1 });
        let held_until = earlier.map_or(Duration::ZERO, |hold| hold.until);
        let doubled = first.saturating_mul(1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX));
        let delay =
            jittered(doubled.min(self.policy.delay_max)).max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX));
        let until = now.saturating_add(delay).max(held_until);
        let delay = until.saturating_sub(now);
        let next_attempt_at = later(self.clock.now(), delay);
        holds.insert(key.clone(), Hold { failures, until, next_attempt_at, failure: failure.clone() });
        Some(delay)
    }

    /// The failure to answer with instead of asking, while requests for the key are held back.
    pub fn held(&self, key: &TokenKey) -> Option<AuthFailure> {
        let now = self.clock.monotonic();
        let holds = self.lock();
        let hold = holds.get(key).filter(|hold| hold.until > now)?;
        let message = format!(
            "no token was asked for, because the last token request failed ({}: {}); the next one may go out at {}",
            hold.failure.reason.name(),
            hold.failure.message,
            hold.next_attempt_at.to_rfc3339_opts(SecondsFormat::Millis, true)
        );
        Some(AuthFailure { reason: AuthFailureReason::CircuitOpen, message, attempts: 0, ..hold.failure.clone() })
    }

    /// Notes that a token request succeeded.
    pub fn succeeded(&self, key: &TokenKey) {
        self.lock().remove(key);
    }

    /// Forgets a connection's failures: what they were about has changed.
    pub fn forget(&self, connection: &Key) {
        self.lock().retain(|key, _| key.connection() != connection);
    }

    /// The delay after a first failure; `None` where nobody was asked, so that nobody needs to be spared.
    fn first_delay(&self, failure: &AuthFailure) -> Option<Duration> {
        if failure.attempts == 0 {
            return None;
        }
        let delay = self.policy.delay_min;
        match failure.reason {
            AuthFailureReason::ServerError
            | AuthFailureReason::RateLimited
            | AuthFailureReason::Timeout
            | AuthFailureReason::Dns
            | AuthFailureReason::Connect => Some(delay),
            AuthFailureReason::InvalidClient
            | AuthFailureReason::InvalidScope
            | AuthFailureReason::InvalidGrant
            | AuthFailureReason::InvalidRequest
            | AuthFailureReason::UnauthorizedClient
            | AuthFailureReason::UnsupportedGrantType
            | AuthFailureReason::MalformedResponse
            | AuthFailureReason::Tls => Some(delay.saturating_mul(REFUSED_FACTOR)),
            AuthFailureReason::SecretUnavailable
            | AuthFailureReason::KeyInvalid
            | AuthFailureReason::EgressDenied
            | AuthFailureReason::TokenRejected
            | AuthFailureReason::ConnectionDisabled
            | AuthFailureReason::CircuitOpen
            | AuthFailureReason::CallerGone => None,
        }
    }

    /// Whether so much time has passed since the hold that a new failure says nothing about the old ones.
    fn is_forgotten(&self, hold: &Hold, now: Duration) -> bool {
        now > hold.until.saturating_add(self.policy.delay_max)
    }

    /// A panic elsewhere can't leave the map half written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<TokenKey, Hold>> {
        self.holds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shortens a delay by up to a quarter, by chance, so that many that failed together don't come back together.
fn jittered(delay: Duration) -> Duration {
    let chance = f64::from(u16::from_be_bytes(random_bytes())) / f64::from(u16::MAX);
    delay.mul_f64(1.0 - chance / 4.0)
}

fn later(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(delay).ok().and_then(|delay| now.checked_add_signed(delay)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::AuthPhase;
    use crate::oauth::cache::TokenKeyParts;

    const SECOND: Duration = Duration::from_secs(1);

    fn backoffs() -> (Backoffs, Clock) {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        (Backoffs::new(clock.clone(), BackoffPolicy::default()), clock)
    }

    fn key(connection: &str, version: u32) -> TokenKey {
        let connection = &Key::parse(connection).unwrap();
        TokenKey::new(TokenKeyParts { connection, connection_version: version, secret_version: 1, parameters: &[] })
    }

    fn failure(reason: AuthFailureReason) -> AuthFailure {
        AuthFailure { attempts: 1, ..AuthFailure::new(AuthPhase::Response, reason, "it went wrong") }
    }

    fn down() -> AuthFailure {
        failure(AuthFailureReason::ServerError)
    }

    #[test]
    fn a_hold_names_the_failure_and_the_next_attempt_and_ends_by_itself() {
        let (backoffs, clock) = backoffs();
        assert_eq!(backoffs.held(&key("a", 1)), None);
        let asked = Duration::from_millis(1_500);
        assert_eq!(backoffs.failed(&key("a", 1), &down(), Some(asked)), Some(asked));
        let held = backoffs.held(&key("a", 1)).unwrap();
        assert_eq!((held.reason, held.attempts, held.phase), (AuthFailureReason::CircuitOpen, 0, AuthPhase::Response));
        let expected = "no token was asked for, because the last token request failed (SERVER_ERROR: it went wrong); \
                        the next one may go out at 2026-03-01T12:00:01.500Z";
        assert_eq!(held.message, expected);
        assert_eq!(backoffs.held(&key("a", 2)), None, "a changed connection is asked for at once");
        clock.advance(asked);
        assert_eq!(backoffs.held(&key("a", 1)), None);
    }

    #[test]
    fn delays_double_with_a_part_by_chance_up_to_the_longest() {
        let (backoffs, clock) = backoffs();
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            let delay = backoffs.failed(&key("a", 1), &down(), None).unwrap();
            let full = SECOND * expected;
            assert!((full.mul_f64(0.75)..=full).contains(&delay), "{delay:?} of {full:?}");
            clock.advance(delay);
        }
    }

    #[test]
    fn a_refused_client_is_held_back_ten_times_as_long() {
        let (backoffs, _) = backoffs();
        let delay = backoffs.failed(&key("a", 1), &failure(AuthFailureReason::InvalidClient), None).unwrap();
        assert!((SECOND * 7..=SECOND * 10).contains(&delay), "{delay:?}");
    }

    #[test]
    fn what_never_reached_an_issuer_holds_nothing_back() {
        let (backoffs, _) = backoffs();
        let unsent = AuthFailure { attempts: 0, ..down() };
        for failure in [unsent, failure(AuthFailureReason::EgressDenied), failure(AuthFailureReason::SecretUnavailable)]
        {
            assert_eq!(backoffs.failed(&key("a", 1), &failure, None), None);
        }
        assert_eq!(backoffs.held(&key("a", 1)), None);
    }

    #[test]
    fn retry_after_is_honoured_beyond_the_longest_delay_and_has_a_limit_of_its_own() {
        let (backoffs, _) = backoffs();
        let failed = |asked| backoffs.failed(&key("a", 1), &down(), Some(asked));
        assert_eq!(failed(SECOND * 900), Some(SECOND * 900));
        assert_eq!(failed(RETRY_AFTER_MAX), Some(RETRY_AFTER_MAX));
        assert_eq!(failed(RETRY_AFTER_MAX + SECOND), Some(RETRY_AFTER_MAX));
        assert_eq!(failed(SECOND), Some(RETRY_AFTER_MAX), "what was asked for first still holds");
    }

    #[test]
    fn a_success_and_a_long_silence_start_anew() {
        let (backoffs, clock) = backoffs();
        let failed = || backoffs.failed(&key("a", 1), &down(), None).unwrap();
        for _ in 0..5 {
            clock.advance(failed());
        }
        backoffs.succeeded(&key("a", 1));
        assert!(failed() <= SECOND);
        clock.advance(SECOND);
        assert!(failed() > SECOND);
        clock.advance(SECOND * 2 + Duration::from_mins(5) + SECOND);
        assert!(failed() <= SECOND);
    }

    #[test]
    fn failures_while_it_holds_do_not_lengthen_the_next_delay() {
        let (backoffs, clock) = backoffs();
        for _ in 0..100 {
            assert!(backoffs.failed(&key("a", 1), &down(), None).unwrap() <= SECOND);
        }
        clock.advance(SECOND);
        assert!(backoffs.failed(&key("a", 1), &down(), None).unwrap() <= SECOND * 2);
    }

    #[test]
    fn forgetting_a_connection_leaves_the_others() {
        let (backoffs, _) = backoffs();
        backoffs.failed(&key("a", 1), &down(), None).unwrap();
        backoffs.failed(&key("b", 1), &down(), None).unwrap();
        backoffs.forget(&Key::parse("a").unwrap());
        assert!(backoffs.held(&key("a", 1)).is_none() && backoffs.held(&key("b", 1)).is_some());
    }

    #[test]
    fn the_memory_has_a_limit_and_makes_room_with_time() {
        let (backoffs, clock) = backoffs();
        for version in 0..u32::try_from(HOLDS_MAX).unwrap() {
            backoffs.failed(&key("a", version), &down(), None).unwrap();
        }
        assert_eq!(backoffs.failed(&key("b", 1), &down(), None), None);
        assert!(backoffs.failed(&key("a", 1), &down(), None).is_some(), "renewing needs no room");
        clock.advance(SECOND);
        assert!(backoffs.failed(&key("b", 1), &down(), None).is_some());
    }
}
