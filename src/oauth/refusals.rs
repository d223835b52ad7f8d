//! Remembers which fresh tokens a host refused, so that a wrong audience does not cost a token request for each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// Most refusals that are remembered; beyond it none is added.
pub const REFUSALS_MAX: usize = 10_000;
/// How long a refusal is remembered.
pub const REMEMBERED_FOR: Duration = Duration::from_mins(1);

/// Refused tokens by host. Cheap to clone; clones share one memory.
#[derive(Clone)]
pub struct Refusals {
    clock: Clock,
    // A std lock: held for a look-up, never across an await.
    until: Arc<Mutex<HashMap<Refusal, Duration>>>,
}

/// A host and the fingerprint of the token that it refused. Another host, and another token, are not judged by it.
type Refusal = (String, String);

impl Refusals {
    /// An empty memory.
    pub fn new(clock: Clock) -> Self {
        Self { clock, until: Arc::default() }
    }

    /// Remembers that a host refused a token although it was fetched anew for it.
    pub fn remember(&self, host: &str, fingerprint: &str) {
        let now = self.clock.monotonic();
        let refusal = (host.to_owned(), fingerprint.to_owned());
        let mut until = self.lock();
        if until.len() >= REFUSALS_MAX {
            until.retain(|_, until| *until > now);
        }
        if until.len() < REFUSALS_MAX || until.contains_key(&refusal) {
            until.insert(refusal, now.saturating_add(REMEMBERED_FOR));
        }
    }

    /// Whether the host refused this very token a short while ago.
    pub fn remembers(&self, host: &str, fingerprint: &str) -> bool {
        let now = self.clock.monotonic();
        self.lock().get(&(host.to_owned(), fingerprint.to_owned())).is_some_and(|until| *until > now)
    }

    /// A panic elsewhere can't leave the map half written, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<Refusal, Duration>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusals() -> (Refusals, Clock) {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        (Refusals::new(clock.clone()), clock)
    }

    #[test]
    fn a_refusal_is_remembered_for_a_while_and_judges_no_other_host_or_token() {
        let (refusals, clock) = refusals();
        refusals.remember("a.example", "f1");
        assert!(!refusals.remembers("a.example", "f2") && !refusals.remembers("b.example", "f1"));
        clock.advance(REMEMBERED_FOR.checked_sub(Duration::from_millis(1)).unwrap());
        assert!(refusals.remembers("a.example", "f1"));
        clock.advance(Duration::from_millis(1));
        assert!(!refusals.remembers("a.example", "f1"));
    }

    #[test]
    fn the_memory_has_a_limit_and_makes_room_with_time() {
        let (refusals, clock) = refusals();
        for number in 0..REFUSALS_MAX {
            refusals.remember("a.example", &number.to_string());
        }
        refusals.remember("b.example", "f");
        assert!(refusals.remembers("a.example", "9999") && !refusals.remembers("b.example", "f"));
        clock.advance(REMEMBERED_FOR);
        refusals.remember("b.example", "f");
        assert!(refusals.remembers("b.example", "f"));
    }
}
