//! AireGlu's *Retry external requests on failure*: which outcomes are repeated, and how long is waited before.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::net::header::HeaderMap;
use crate::oauth::RetryPolicy;
use crate::oauth::retry::retry_after;

/// How often a request is repeated.
pub(super) const RETRIES_MAX: u32 = 5;
/// Longest one attempt may take when it may be repeated: one that hangs must leave time for the next.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long is waited unless configured otherwise: 2 s before the first repetition, doubled before each further one.
pub const RETRY_POLICY_DEFAULT: RetryPolicy = RetryPolicy {
    delay_min: Duration::from_secs(2),
    delay_max: Duration::from_mins(1),
    retry_after_max: Duration::from_mins(1),
};

/// Whether the same request may get another answer by itself: the server was too slow (408), asks for patience (429,
/// 503), or stands behind one that could not reach it (502, 504).
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 429 | 502..=504)
}

/// The delays that are left for one call.
pub(super) struct Delays {
    policy: RetryPolicy,
    left: Box<dyn Iterator<Item = Duration> + Send>,
}

impl Delays {
    /// The delays of a call whose request may be repeated, or none.
    pub(super) fn new(policy: RetryPolicy, may_repeat: bool) -> Self {
        Self { policy, left: Box::new(policy.delays(if may_repeat { RETRIES_MAX } else { 0 })) }
    }

    /// How long to wait before the next attempt, as the server asks for it; `None` when there is none.
    pub(super) fn next(&mut self, headers: Option<&HeaderMap>, now: DateTime<Utc>) -> Option<Duration> {
        let delay = self.left.next()?;
        Some(self.policy.lengthened(delay, headers.and_then(|headers| retry_after(headers, now))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::header::RETRY_AFTER;

    #[test]
    fn only_a_status_that_may_pass_by_itself_is_repeated() {
        let repeated: Vec<u16> = (100..600).filter(|status| may_pass(*status)).collect();
        assert_eq!(repeated, [408, 429, 502, 503, 504]);
    }

    #[test]
    fn five_delays_start_at_two_seconds_and_double_up_to_a_minute() {
        let mut delays = Delays::new(RETRY_POLICY_DEFAULT, true);
        let waited: Vec<f64> =
            std::iter::from_fn(|| delays.next(None, DateTime::UNIX_EPOCH)).map(|delay| delay.as_secs_f64()).collect();
        let expected = [2.0..=4.0, 4.0..=8.0, 8.0..=16.0, 16.0..=32.0, 32.0..=64.0];
        assert_eq!(waited.len(), expected.len());
        for (delay, range) in waited.iter().zip(expected) {
            assert!(range.contains(delay), "{waited:?}");
        }
        assert_eq!(Delays::new(RETRY_POLICY_DEFAULT, false).next(None, DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn what_the_server_asks_for_lengthens_the_delay_up_to_the_cap() {
        let policy = RetryPolicy { delay_min: Duration::from_millis(1), ..RETRY_POLICY_DEFAULT };
        let asked = |seconds: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, seconds.parse().unwrap())]);
            Delays::new(policy, true).next(Some(&headers), DateTime::UNIX_EPOCH).unwrap()
        };
        assert_eq!(asked("7"), Duration::from_secs(7));
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:09 GMT"), Duration::from_secs(9));
        assert_eq!(asked("3600"), Duration::from_mins(1));
        assert!(asked("0") < Duration::from_millis(3));
    }
}
