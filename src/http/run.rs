//! What happens between the recorded start of an exchange and its recorded end.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Bounds, Sender, micros};
use super::execution::HttpAnswer;
use super::executor::Authorizing;
use super::retries::{Delays, may_pass};
use crate::clock::Clock;
use crate::domain::exchange::{Completed, ExchangeEnd, ExchangeFailure, Failed, Timings, TokenUse, TransportFailure};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::request::{Authorization, Header, HttpRequest};
use crate::event_log::{Position, Provenance};
use crate::net::{ClientIdentity, HttpClient, OutboundResponse};
use crate::oauth::{Held, NoToken, RetryPolicy, TokenProvider, TokenWish};

/// Everything that is known before the first byte is sent.
pub(super) struct Plan {
    pub request: HttpRequest,
    pub authorizing: Option<Authorizing>,
    pub provenance: Arc<Provenance>,
    pub bounds: Bounds,
    /// Shown to an API that asks for a client certificate.
    pub identity: Option<ClientIdentity>,
    pub retry_policy: RetryPolicy,
}

/// What came of it.
pub(super) struct Finished {
    pub end: ExchangeEnd,
    pub answer: Option<HttpAnswer>,
    /// Positions of the token events that were written for this exchange.
    pub positions: Vec<Position>,
}

/// A request under way.
pub(super) struct Run<'a> {
    sender: Sender<'a>,
    tokens: &'a TokenProvider,
    clock: &'a Clock,
    plan: Plan,
    positions: Vec<Position>,
    timings: Timings,
    token: Option<TokenUse>,
}

/// How the sending ended.
enum Outcome {
    Answered(OutboundResponse, Option<AuthFailure>),
    NoToken(AuthFailure),
    Unreachable(TransportFailure),
}

impl<'a> Run<'a> {
    pub(super) fn new(client: &'a HttpClient, tokens: &'a TokenProvider, clock: &'a Clock, plan: Plan) -> Self {
        let sender = Sender::new(client, tokens, clock, plan.bounds).showing(plan.identity.clone());
        Self { sender, tokens, clock, plan, positions: Vec::new(), timings: Timings::default(), token: None }
    }

    /// Gets a token if one is wanted, sends the request, and sums up.
    pub(super) async fn finish(mut self, queued: Duration) -> Finished {
        self.timings.queued_us = micros(queued);
        let outcome = self.repeat().await;
        self.timings.total_us = self.sender.since_call();
        (self.timings.dns_us, self.timings.first_byte_us) = (self.sender.dns_us, self.sender.first_byte_us);
        let connection = self.plan.authorizing.map(|authorizing| authorizing.key);
        let task = self.plan.request.task;
        let (attempts, timings, token, positions) = (self.sender.attempts, self.timings, self.token, self.positions);
        let failed = |failure| {
            let end = Failed {
                connection: connection.clone(),
                failure,
                attempts: attempts.clone(),
                timings: timings.clone(),
                token: token.clone(),
                task: task.clone(),
            };
            ExchangeEnd::Failed(end)
        };
        match outcome {
            Outcome::NoToken(failure) => {
                Finished { end: failed(ExchangeFailure::Auth(failure)), answer: None, positions }
            }
            Outcome::Unreachable(failure) => {
                Finished { end: failed(ExchangeFailure::Transport(failure)), answer: None, positions }
            }
            Outcome::Answered(response, auth_failure) => {
                let answer = answer(&response);
                let end = ExchangeEnd::Completed(Completed {
                    connection,
                    status: answer.status,
                    body_bytes: u64::try_from(answer.body.len()).unwrap_or(u64::MAX),
                    truncated: answer.truncated,
                    attempts,
                    timings,
                    token,
                    auth_failure,
                    task,
                });
                Finished { end, answer: Some(answer), positions }
            }
        }
    }

    /// Authorises and sends, again and again while a failure may pass by itself and the deadline leaves room. A token
    /// that was refused or can't be had is no such failure.
    async fn repeat(&mut self) -> Outcome {
        let mut delays = Delays::new(self.plan.retry_policy, self.plan.request.may_be_repeated());
        loop {
            let outcome = self.authorize_and_send().await;
            let headers = match &outcome {
                Outcome::Answered(response, None) if may_pass(response.status) => Some(&response.headers),
                Outcome::Unreachable(failure) if failure.reason.retryable() => None,
                Outcome::Answered(..) | Outcome::NoToken(_) | Outcome::Unreachable(_) => return outcome,
            };
            let Some(delay) = delays.next(headers, self.clock.now()) else { return outcome };
            if self.clock.monotonic().saturating_add(delay) >= self.plan.bounds.deadline {
                return outcome;
            }
            self.sender.note_repetition(delay);
            sleep(delay).await;
        }
    }

    async fn authorize_and_send(&mut self) -> Outcome {
        let Some(authorizing) = &self.plan.authorizing else {
            return match self.sender.send(&self.plan.request, None).await {
                Ok(arrived) => Outcome::Answered(arrived.response, None),
                Err(failure) => Outcome::Unreachable(failure),
            };
        };
        let expired = authorizing.active.definition.token_policy.expired_status_codes.clone();
        let before = self.clock.monotonic();
        let held = self.tokens.token(self.wish(authorizing)).await;
        self.took_for_token(before);
        let held = match self.note(held) {
            Ok(held) => held,
            Err(failure) => return Outcome::NoToken(failure),
        };
        match self.sender.send(&self.plan.request, Some(&held)).await {
            Err(failure) => Outcome::Unreachable(failure),
            Ok(arrived) if !arrived.refuses_token(&expired) => Outcome::Answered(arrived.response, None),
            Ok(arrived) => self.refused(held, arrived.response, &expired).await,
        }
    }

    /// The API refused the token: try once more with another, unless that is known not to help.
    async fn refused(&mut self, held: Held, response: OutboundResponse, expired: &[u16]) -> Outcome {
        let status = response.status;
        if self.tokens.is_refused_even_fresh(&held, self.plan.request.url.host()) {
            let failure = self.record_refusal(&held, status, true).await;
            return Outcome::Answered(response, Some(failure));
        }
        self.record_refusal(&held, status, false).await;
        let Some(authorizing) = &self.plan.authorizing else { return Outcome::Answered(response, None) };
        let before = self.clock.monotonic();
        let next = self.tokens.replace(&held, self.wish(authorizing)).await;
        self.took_for_token(before);
        let held = match self.note(next) {
            Ok(held) => held,
            // The first answer is the API's own; why there is no second is in the failure beside it.
            Err(failure) => return Outcome::Answered(response, Some(failure)),
        };
        match self.sender.send(&self.plan.request, Some(&held)).await {
            Err(failure) => Outcome::Unreachable(failure),
            Ok(second) if !second.refuses_token(expired) => Outcome::Answered(second.response, None),
            Ok(second) => {
                self.tokens.remember_refusal(&held, self.plan.request.url.host());
                let failure = self.record_refusal(&held, second.response.status, true).await;
                Outcome::Answered(second.response, Some(failure))
            }
        }
    }

    async fn record_refusal(&mut self, held: &Held, status: u16, conclusive: bool) -> AuthFailure {
        if let Some(authorizing) = &self.plan.authorizing {
            let wish = self.wish(authorizing);
            self.positions.extend(self.tokens.record_refusal(&wish, held, (status, conclusive)).await);
        }
        let message = format!("the API refused the token with status {status}");
        AuthFailure {
            http_status: Some(status),
            ..AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, message)
        }
    }

    fn wish(&self, authorizing: &Authorizing) -> TokenWish {
        let (overrides, force_new) = match &self.plan.request.authorization {
            Authorization::ClientConnection { parameter_overrides, force_new_token, .. } => {
                // The first round fetched a new one; a repetition need not.
                (parameter_overrides.clone(), *force_new_token && self.token.is_none())
            }
            Authorization::None => (Vec::new(), false),
        };
        TokenWish {
            connection: authorizing.key.clone(),
            active: Arc::clone(&authorizing.active),
            overrides,
            force_new,
            deadline: self.plan.bounds.deadline,
            provenance: Arc::clone(&self.plan.provenance),
        }
    }

    fn took_for_token(&mut self, since: Duration) {
        let took = micros(self.clock.monotonic().saturating_sub(since));
        self.timings.token_us = self.timings.token_us.saturating_add(took);
    }

    /// Keeps in mind which token is used and which events were written for it.
    fn note(&mut self, held: Result<Held, NoToken>) -> Result<Held, AuthFailure> {
        match held {
            Ok(held) => {
                self.positions.extend(held.position);
                let fingerprint = &held.token.fingerprint;
                // Used again for a repetition it comes from the cache; what counts is where it came from for this call.
                if self.token.as_ref().is_none_or(|token| token.fingerprint != *fingerprint) {
                    self.token = Some(TokenUse { source: held.source, fingerprint: fingerprint.clone() });
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

fn answer(response: &OutboundResponse) -> HttpAnswer {
    let headers = response.headers.iter().map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    });
    let body = (Arc::from(response.body.bytes.as_ref()), response.body.truncated);
    HttpAnswer::new(response.status, headers.collect(), body)
}
