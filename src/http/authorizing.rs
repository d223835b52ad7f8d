//! The tokens of one call: which is used, what its refusal leads to, and what there is to record of both.

use super::attempts::micros;
use crate::clock::Clock;
use crate::domain::exchange::{TokenSource, TokenUse};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::event_log::Position;
use crate::net::header::HeaderMap;
use crate::oauth::challenge::refuses_token;
use crate::oauth::{Held, NoToken, TokenProvider, TokenWish};

/// Gets the tokens of one call.
pub(super) struct CallTokens<'a> {
    provider: &'a TokenProvider,
    clock: &'a Clock,
    wish: TokenWish,
    /// Positions of the token events that were written for the call.
    pub positions: Vec<Position>,
    /// Microseconds that were waited for tokens.
    pub token_us: u64,
    /// How many tokens were given out, each for one request.
    requests: u32,
    /// The token that was used last.
    pub used: Option<TokenUse>,
}

impl<'a> CallTokens<'a> {
    pub(super) fn new(provider: &'a TokenProvider, clock: &'a Clock, wish: TokenWish) -> Self {
        Self { provider, clock, wish, positions: Vec::new(), token_us: 0, requests: 0, used: None }
    }

    /// Whether an API's answer means "this token is not accepted".
    pub(super) fn is_refusal(&self, status: u16, headers: &HeaderMap) -> bool {
        refuses_token(status, headers, &self.wish.active.definition.token_policy.expired_status_codes)
    }

    /// A token to try first.
    pub(super) async fn first(&mut self) -> Result<Held, AuthFailure> {
        let before = self.clock.monotonic();
        let held = self.provider.token(self.wish.clone()).await;
        // What the caller insisted on was done; a repetition need not do it again.
        self.wish.force_new = false;
        self.token_us = self.token_us.saturating_add(micros(self.clock.monotonic().saturating_sub(before)));
        self.note(held)
    }

    /// The API refused a token: gives another to try once more, unless that is known not to help.
    pub(super) async fn another(&mut self, refused: &Held, answer: (u16, &str)) -> Result<Held, AuthFailure> {
        let (status, host) = answer;
        if self.provider.is_refused_even_fresh(refused, host) {
            return Err(self.record_refusal(refused, status, true).await);
        }
        self.record_refusal(refused, status, false).await;
        let before = self.clock.monotonic();
        let held = self.provider.replace(refused, self.wish.clone()).await;
        self.token_us = self.token_us.saturating_add(micros(self.clock.monotonic().saturating_sub(before)));
        self.note(held)
    }

    /// The API refused the other token, too.
    pub(super) async fn refused_again(&mut self, refused: &Held, answer: (u16, &str)) -> AuthFailure {
        let (status, host) = answer;
        self.provider.remember_refusal(refused, host);
        self.record_refusal(refused, status, true).await
    }

    /// The API refused a token, and the request can't be made once more: its body is gone. A token from the cache is
    /// dropped, so that the next request gets another; one that was fetched for this very call has had its chance.
    pub(super) async fn refused_once(&mut self, refused: &Held, answer: (u16, &str)) -> AuthFailure {
        let (status, host) = answer;
        if refused.source != TokenSource::Cache {
            return self.refused_again(refused, answer).await;
        }
        if self.provider.is_refused_even_fresh(refused, host) {
            return self.record_refusal(refused, status, true).await;
        }
        self.positions.extend(self.provider.discard(refused, &self.wish, status).await);
        token_rejected(status, self.requests)
    }

    async fn record_refusal(&mut self, held: &Held, status: u16, conclusive: bool) -> AuthFailure {
        self.positions
            .extend(self.provider.record_refusal(&self.wish, held, (status, conclusive, self.requests)).await);
        token_rejected(status, self.requests)
    }

    /// Keeps in mind which token is used and which events were written for it.
    fn note(&mut self, held: Result<Held, NoToken>) -> Result<Held, AuthFailure> {
        match held {
            Ok(held) => {
                self.requests = self.requests.saturating_add(1);
                self.positions.extend(held.position);
                let fingerprint = &held.token.fingerprint;
                // Used again for a repetition it comes from the cache; what counts is where it came from for this call.
                if self.used.as_ref().is_none_or(|used| used.fingerprint != *fingerprint) {
                    self.used = Some(TokenUse { source: held.source, fingerprint: fingerprint.clone() });
                }
                Ok(held)
            }
            Err(NoToken { failure, position }) => {
                self.positions.extend(position);
                Err(failure)
            }
        }
    }
}

fn token_rejected(status: u16, attempts: u32) -> AuthFailure {
    let message = format!("the API refused the token with status {status}");
    AuthFailure {
        http_status: Some(status),
        attempts,
        ..AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_token_says_how_many_requests_were_made() {
        let failure = token_rejected(401, 2);
        assert_eq!((failure.reason, failure.attempts), (AuthFailureReason::TokenRejected, 2));
    }
}
