//! What happens between the recorded start of an exchange and its recorded end.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::execution::HttpAnswer;
use super::executor::Authorizing;
use crate::clock::Clock;
use crate::domain::HttpUrl;
use crate::domain::exchange::{
    Attempt, Completed, ExchangeEnd, ExchangeFailure, Failed, Timings, TokenUse, TransportFailure,
};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::request::{Authorization, Header, HttpRequest};
use crate::event_log::{Position, Provenance};
use crate::net::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION};
use crate::net::redirect::next_hop;
use crate::net::{BodyOverflow, Bytes, HttpClient, Method, OutboundRequest, OutboundResponse, SendError};
use crate::oauth::token_endpoint::classify;
use crate::oauth::{Held, NoToken, TokenProvider, TokenWish};

/// Redirects that are followed for one attempt.
const REDIRECTS_MAX: usize = 5;

/// Everything that is known before the first byte is sent.
pub(super) struct Plan {
    pub request: HttpRequest,
    pub authorizing: Option<Authorizing>,
    pub provenance: Arc<Provenance>,
    /// On the monotonic clock.
    pub called_at: Duration,
    /// On the monotonic clock.
    pub deadline: Duration,
    pub response_bytes_max: usize,
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
    client: &'a HttpClient,
    tokens: &'a TokenProvider,
    clock: &'a Clock,
    plan: Plan,
    attempts: Vec<Attempt>,
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

/// The answer at the end of all redirects.
struct Arrived {
    response: OutboundResponse,
    /// Whether it comes from the origin that was given the token.
    is_own: bool,
}

impl Arrived {
    /// Whether the token was refused; an origin that was not given it can't refuse it.
    fn refuses_token(&self, expired: &[u16]) -> bool {
        self.is_own && expired.contains(&self.response.status)
    }
}

/// One request as it travels.
struct Hop {
    url: HttpUrl,
    method: Method,
    keep_body: bool,
    /// Whether it goes to the origin that the caller named, and went nowhere else before.
    is_own: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(client: &'a HttpClient, tokens: &'a TokenProvider, clock: &'a Clock, plan: Plan) -> Self {
        let (attempts, positions, timings) = (Vec::new(), Vec::new(), Timings::default());
        Self { client, tokens, clock, plan, attempts, positions, timings, token: None }
    }

    /// Gets a token if one is wanted, sends the request, and sums up.
    pub(super) async fn finish(mut self, queued: Duration) -> Finished {
        self.timings.queued_us = micros(queued);
        let outcome = self.authorize_and_send().await;
        self.timings.total_us = self.since_call();
        let connection = self.plan.authorizing.map(|authorizing| authorizing.key);
        let (attempts, timings, token, positions) = (self.attempts, self.timings, self.token, self.positions);
        let failed = |failure| {
            let end = Failed {
                connection: connection.clone(),
                failure,
                attempts: attempts.clone(),
                timings: timings.clone(),
                token: token.clone(),
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
                });
                Finished { end, answer: Some(answer), positions }
            }
        }
    }

    async fn authorize_and_send(&mut self) -> Outcome {
        let Some(authorizing) = &self.plan.authorizing else {
            return match self.send(None).await {
                Ok(arrived) => Outcome::Answered(arrived.response, None),
                Err(failure) => Outcome::Unreachable(failure),
            };
        };
        let expired = authorizing.active.definition.token_policy.expired_status_codes.clone();
        let before = self.clock.monotonic();
        let held = self.tokens.token(self.wish(authorizing)).await;
        self.timings.token_us = micros(self.clock.monotonic().saturating_sub(before));
        let held = match self.note(held) {
            Ok(held) => held,
            Err(failure) => return Outcome::NoToken(failure),
        };
        match self.send(Some(&held)).await {
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
        let took = micros(self.clock.monotonic().saturating_sub(before));
        self.timings.token_us = self.timings.token_us.saturating_add(took);
        let held = match self.note(next) {
            Ok(held) => held,
            // The first answer is the API's own; why there is no second is in the failure beside it.
            Err(failure) => return Outcome::Answered(response, Some(failure)),
        };
        match self.send(Some(&held)).await {
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
                (parameter_overrides.clone(), *force_new_token)
            }
            Authorization::None => (Vec::new(), false),
        };
        TokenWish {
            connection: authorizing.key.clone(),
            active: Arc::clone(&authorizing.active),
            overrides,
            force_new,
            deadline: self.plan.deadline,
            provenance: Arc::clone(&self.plan.provenance),
        }
    }

    /// Keeps in mind which token is used and which events were written for it.
    fn note(&mut self, held: Result<Held, NoToken>) -> Result<Held, AuthFailure> {
        match held {
            Ok(held) => {
                self.positions.extend(held.position);
                self.token = Some(TokenUse { source: held.source, fingerprint: held.token.fingerprint.clone() });
                Ok(held)
            }
            Err(NoToken { failure, position }) => {
                self.positions.extend(position);
                Err(failure)
            }
        }
    }

    /// Sends the request, and follows redirects when the caller wants that; each hop passes the guard and is recorded.
    async fn send(&mut self, held: Option<&Held>) -> Result<Arrived, TransportFailure> {
        let url = self.plan.request.url.clone();
        let method = Method::from_bytes(self.plan.request.method.name().as_bytes()).unwrap_or(Method::GET);
        let mut hop = Hop { url, method, keep_body: true, is_own: true };
        for _ in 0..=REDIRECTS_MAX {
            let response = self.attempt(&hop, held).await?;
            if !self.plan.request.follow_redirects {
                return Ok(Arrived { response, is_own: hop.is_own });
            }
            let next = next_hop(&hop.url, response.status, response.headers.get(LOCATION), &hop.method);
            let Some(next) = next.map_err(|error| give_up(error.to_string()))? else {
                return Ok(Arrived { response, is_own: hop.is_own });
            };
            // Once the way led elsewhere, a redirect back does not bring token, headers and body back.
            let is_own = hop.is_own && next.keep_authorization;
            let keep_body = hop.keep_body && next.keep_body;
            if keep_body && !is_own && self.plan.request.body.is_some() {
                return Err(give_up("a redirect asks to send the body to another origin".to_owned()));
            }
            hop = Hop { url: next.url, method: next.method, keep_body, is_own };
        }
        Err(give_up(format!("more than {REDIRECTS_MAX} redirects")))
    }

    async fn attempt(&mut self, hop: &Hop, held: Option<&Held>) -> Result<OutboundResponse, TransportFailure> {
        let offset_us = self.since_call();
        let request = self.outbound(hop, held);
        let sent = self.client.send(request).await;
        let duration_us = self.since_call().saturating_sub(offset_us);
        match sent {
            Ok(response) => {
                self.attempts.push(Attempt { offset_us, status: Some(response.status), reason: None, duration_us });
                self.timings.dns_us = response.timings.dns.map(micros);
                self.timings.first_byte_us = Some(micros(response.timings.first_byte));
                Ok(response)
            }
            Err(error) => {
                let reason = Some(error.to_string());
                self.attempts.push(Attempt { offset_us, status: None, reason, duration_us });
                Err(unreachable(&error))
            }
        }
    }

    fn outbound(&self, hop: &Hop, held: Option<&Held>) -> OutboundRequest {
        let mut headers = HeaderMap::new();
        for header in &self.plan.request.headers {
            // Checked when the request was validated; a name that is no header name can't be here.
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_bytes(header.value.as_bytes())) else { continue };
            if !hop.is_own && !is_harmless(&name) {
                continue;
            }
            value.set_sensitive(true);
            headers.append(name, value);
        }
        if let Some(held) = held.filter(|_| hop.is_own) {
            let bearer = format!("Bearer {}", held.token.token.value.expose_secret());
            if let Ok(mut value) = HeaderValue::from_str(&bearer) {
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        let body = self.plan.request.body.as_ref().filter(|_| hop.keep_body).map(|body| Bytes::copy_from_slice(body));
        OutboundRequest {
            method: hop.method.clone(),
            url: hop.url.clone(),
            headers,
            body,
            timeout: self.plan.deadline.saturating_sub(self.clock.monotonic()),
            response_bytes_max: self.plan.response_bytes_max,
            overflow: BodyOverflow::Truncate,
            identity: None,
        }
    }

    fn since_call(&self) -> u64 {
        micros(self.clock.monotonic().saturating_sub(self.plan.called_at))
    }
}

/// The caller's headers that say nothing but what kind of answer is wanted: all that may follow a redirect to another
/// origin. Any other may be a key under a name that nobody here knows.
fn is_harmless(name: &HeaderName) -> bool {
    matches!(name.as_str(), "accept" | "accept-encoding" | "accept-language" | "user-agent")
}

fn give_up(message: String) -> TransportFailure {
    TransportFailure { phase: AuthPhase::Response, reason: AuthFailureReason::MalformedResponse, message }
}

fn unreachable(error: &SendError) -> TransportFailure {
    let (phase, reason) = classify(error);
    TransportFailure { phase, reason, message: error.to_string() }
}

fn answer(response: &OutboundResponse) -> HttpAnswer {
    let headers = response.headers.iter().map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    });
    let headers: Vec<Header> = headers.collect();
    let content_type = headers.iter().find(|header| header.name == "content-type").map(|header| header.value.clone());
    HttpAnswer {
        status: response.status,
        content_type,
        headers,
        body: Arc::from(response.body.bytes.as_ref()),
        truncated: response.body.truncated,
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
