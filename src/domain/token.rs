//! What happens to a connection's access tokens, and the arithmetic of their lives. Tokens themselves never come here.

use serde::{Deserialize, Serialize};

use super::failure::AuthFailure;

/// Longest life that is believed, in milliseconds: a day. A token "for ever" is fetched anew every day.
pub const LIFETIME_MS_MAX: u64 = 86_400_000;

/// What happened to the tokens of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenEvent {
    /// `token.issued.v1`
    Issued(Issued),
    /// `token.request_failed.v1`
    RequestFailed(RequestFailed),
    /// `token.rejected.v1`
    Rejected(Rejected),
    /// `token.evicted.v1`
    Evicted(Evicted),
}

/// Payload of `token.issued.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Version of the connection that asked.
    pub connection_version: u32,
    /// Version of the secret that was used.
    pub secret_version: u32,
    /// Keyed fingerprint of the token.
    pub fingerprint: String,
    /// Life from the answer on, in milliseconds, as it is believed.
    pub lifetime_ms: u64,
    /// `scope` of the answer (RFC 6749 §5.1).
    pub scope: Option<String>,
    /// `token_type` of the answer.
    pub token_type: String,
    /// Why a token was asked for.
    pub reason: IssueReason,
    /// How many requests it took.
    pub attempts: u32,
    /// How long it took, in microseconds.
    pub duration_us: u64,
}

/// Payload of `token.request_failed.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFailed {
    /// Version of the connection that asked.
    pub connection_version: u32,
    /// Why a token was asked for.
    pub reason: IssueReason,
    /// What went wrong.
    pub failure: AuthFailure,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// How long after it the next request for the same token is held back, in milliseconds, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff_ms: Option<u64>,
}

/// Payload of `token.rejected.v1`: an API refused the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// Version of the connection.
    pub connection_version: u32,
    /// Keyed fingerprint of the refused token.
    pub fingerprint: String,
    /// Whether a token fetched anew was refused as well, or is known not to help: this is an auth failure. Otherwise
    /// the request went on with a new token.
    pub conclusive: bool,
    /// What went wrong.
    pub failure: AuthFailure,
}

/// Payload of `token.evicted.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evicted {
    /// Keyed fingerprints of the tokens that were dropped.
    pub fingerprints: Vec<String>,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

/// Why a token was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IssueReason {
    /// None was cached.
    First,
    /// The cached one was about to end.
    Refresh,
    /// The cached one was refused by an API.
    Rejected,
    /// The caller insisted.
    Forced,
}

/// Believes `expires_in` (RFC 6749 §5.1) as far as is safe, in milliseconds.
///
/// Absent → `default_ms`. Zero, negative or not a number → 0: good for the request at hand, never kept.
/// More than [`LIFETIME_MS_MAX`] → that.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped right before"
)]
pub fn lifetime_ms(expires_in_s: Option<f64>, default_ms: u64) -> u64 {
    match expires_in_s {
        None => default_ms.min(LIFETIME_MS_MAX),
        Some(seconds) if seconds.is_nan() || seconds <= 0.0 => 0,
        Some(seconds) => (seconds * 1_000.0).min(86_400_000.0) as u64,
    }
}

/// How long a token is handed out, in milliseconds from its issue.
///
/// It is retired `skew_ms` before its end, but never before half its life: otherwise an issuer whose tokens live
/// shorter than the skew would be asked for every single request.
pub fn usable_ms(lifetime_ms: u64, skew_ms: u64) -> u64 {
    lifetime_ms.saturating_sub(skew_ms.min(lifetime_ms / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_lifetime_is_never_for_ever() {
        assert_eq!(lifetime_ms(None, 300_000), 300_000);
        assert_eq!(lifetime_ms(None, u64::MAX), LIFETIME_MS_MAX);
        assert_eq!(lifetime_ms(Some(3_600.0), 1), 3_600_000);
        assert_eq!(lifetime_ms(Some(0.5), 1), 500);
        for nothing in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(lifetime_ms(Some(nothing), 1), 0);
        }
        for absurd in [1e300, f64::INFINITY, 86_401.0] {
            assert_eq!(lifetime_ms(Some(absurd), 1), LIFETIME_MS_MAX);
        }
    }

    #[test]
    fn a_token_is_retired_early_but_not_before_half_its_life() {
        assert_eq!(usable_ms(3_600_000, 60_000), 3_540_000);
        assert_eq!(usable_ms(60_000, 60_000), 30_000);
        assert_eq!(usable_ms(0, 60_000), 0);
    }
}
