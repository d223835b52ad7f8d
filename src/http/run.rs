//! What happens between the recorded start of an exchange and its recorded end.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Bounds, Sender, micros};
use super::authorizing::CallTokens;
use super::execution::HttpAnswer;
use super::executor::Authorizing;
use super::retries::{Delays, may_pass};
use crate::clock::Clock;
use crate::domain::exchange::{Completed, ExchangeEnd, ExchangeFailure, Failed, Timings, TransportFailure};
use crate::domain::failure::AuthFailure;
use crate::domain::request::{Authorization, Header, HttpRequest};
use crate::event_log::{Position, Provenance};
use crate::net::{ClientIdentity, HttpClient, OutboundResponse};
use crate::oauth::{RetryPolicy, TokenProvider, TokenWish};

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
    /// `None` for a request that travels as it is.
    tokens: Option<CallTokens<'a>>,
    clock: &'a Clock,
    plan: Plan,
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
        let tokens = plan.wish().map(|wish| CallTokens::new(tokens, clock, wish));
        Self { sender, tokens, clock, plan }
    }

    /// Gets a token if one is wanted, sends the request, and sums up.
    pub(super) async fn finish(mut self, queued: Duration) -> Finished {
        let outcome = self.repeat().await;
        let (token_us, token, positions) =
            self.tokens.map_or((0, None, Vec::new()), |tokens| (tokens.token_us, tokens.used, tokens.positions));
        let timings = Timings {
            queued_us: micros(queued),
            token_us,
            dns_us: self.sender.dns_us,
            first_byte_us: self.sender.first_byte_us,
            total_us: self.sender.since_call(),
        };
        let connection = self.plan.authorizing.map(|authorizing| authorizing.key);
        let task = self.plan.request.task;
        let attempts = self.sender.attempts;
        let failed = |failure| {
            let end = Failed {
                connection: connection.clone(),
                failure,
                attempts: attempts.clone(),
                timings: timings.clone(),
                token: token.clone(),
                task: task.clone(),
                streamed: false,
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
                    streamed: false,
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
        let Self { sender, tokens, plan, .. } = self;
        let (request, host) = (&plan.request, plan.request.url.host());
        let Some(tokens) = tokens else {
            return match sender.send(request, None).await {
                Ok(arrived) => Outcome::Answered(arrived.response, None),
                Err(failure) => Outcome::Unreachable(failure),
            };
        };
        let held = match tokens.first().await {
            Ok(held) => held,
            Err(failure) => return Outcome::NoToken(failure),
        };
        let first = match sender.send(request, Some(&held)).await {
            Err(failure) => return Outcome::Unreachable(failure),
            Ok(arrived) if !arrived.refuses_token(tokens) => return Outcome::Answered(arrived.response, None),
            Ok(arrived) => arrived.response,
        };
        let held = match tokens.another(&held, (first.status, host)).await {
            Ok(held) => held,
            // The first answer is the API's own; why there is no second is in the failure beside it.
            Err(failure) => return Outcome::Answered(first, Some(failure)),
        };
        match sender.send(request, Some(&held)).await {
            Err(failure) => Outcome::Unreachable(failure),
            Ok(second) if !second.refuses_token(tokens) => Outcome::Answered(second.response, None),
            Ok(second) => {
                let failure = tokens.refused_again(&held, (second.response.status, host)).await;
                Outcome::Answered(second.response, Some(failure))
            }
        }
    }
}

impl Plan {
    /// The token that is wanted, if any.
    fn wish(&self) -> Option<TokenWish> {
        let authorizing = self.authorizing.as_ref()?;
        let (overrides, force_new) = match &self.request.authorization {
            Authorization::ClientConnection { parameter_overrides, force_new_token, .. } => {
                (parameter_overrides.clone(), *force_new_token)
            }
            Authorization::None => (Vec::new(), false),
        };
        Some(TokenWish {
            connection: authorizing.key.clone(),
            active: Arc::clone(&authorizing.active),
            overrides,
            force_new,
            deadline: self.bounds.deadline,
            provenance: Arc::clone(&self.provenance),
        })
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
