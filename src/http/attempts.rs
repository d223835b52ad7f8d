//! Sends one request, with or without a token: every hop of its redirects passes the guard and is an attempt on the record.
//!
//! Deliberately absent: getting tokens, what a refused one leads to, and repeating the request.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::authorizing::CallTokens;
use super::echo;
use crate::clock::Clock;
use crate::domain::HttpUrl;
use crate::domain::exchange::{Attempt, TransportFailure};
use crate::domain::failure::{AuthFailureReason, AuthPhase};
use crate::domain::request::HttpRequest;
use crate::net::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use crate::net::redirect::next_hop;
use crate::net::{
    BodyOverflow, Bytes, ClientIdentity, HttpClient, Method, OutboundRequest, OutboundResponse, SendError,
};
use crate::oauth::token_endpoint::classify;
use crate::oauth::{DpopProblem, Held, TokenProvider};

/// Redirects that are followed for one attempt.
const REDIRECTS_MAX: usize = 5;

/// What bounds everything that is sent for one call. Times are on the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub called_at: Duration,
    pub deadline: Duration,
    /// For each attempt alone.
    pub attempt_timeout: Duration,
    pub response_bytes_max: usize,
}

/// Sends requests and keeps what there is to record of it.
pub(super) struct Sender<'a> {
    client: &'a HttpClient,
    tokens: &'a TokenProvider,
    clock: &'a Clock,
    bounds: Bounds,
    /// Shown to the origin that the caller named, and to no other.
    identity: Option<ClientIdentity>,
    pub attempts: Vec<Attempt>,
    /// Of the last attempt that was answered.
    pub dns_us: Option<u64>,
    /// Of the last attempt that was answered.
    pub first_byte_us: Option<u64>,
}

/// The answer at the end of all redirects.
pub(super) struct Arrived {
    pub response: OutboundResponse,
    /// Whether it comes from the origin that was given the token.
    is_own: bool,
}

impl Arrived {
    /// Whether the token was refused; an origin that was not given it can't refuse it.
    pub(super) fn refuses_token(&self, tokens: &CallTokens<'_>) -> bool {
        self.is_own && tokens.is_refusal(self.response.status, &self.response.headers)
    }
}

/// One request as it travels.
struct Hop<'a> {
    request: &'a HttpRequest,
    held: Option<&'a Held>,
    url: HttpUrl,
    method: Method,
    keep_body: bool,
    /// Whether it goes to the origin that the caller named, and went nowhere else before.
    is_own: bool,
}

impl Hop<'_> {
    /// The token that goes along: with its proof and its certificate it is shown to one origin only.
    fn own_token(&self) -> Option<&Held> {
        self.held.filter(|_| self.is_own)
    }
}

impl<'a> Sender<'a> {
    pub(super) fn new(client: &'a HttpClient, tokens: &'a TokenProvider, clock: &'a Clock, bounds: Bounds) -> Self {
        Self { client, tokens, clock, bounds, identity: None, attempts: Vec::new(), dns_us: None, first_byte_us: None }
    }

    /// With a certificate for an API that asks for one.
    pub(super) fn showing(self, identity: Option<ClientIdentity>) -> Self {
        Self { identity, ..self }
    }

    /// Sends the request, and follows redirects when the caller wants that; each hop passes the guard and is recorded.
    pub(super) async fn send(
        &mut self,
        request: &HttpRequest,
        held: Option<&Held>,
    ) -> Result<Arrived, TransportFailure> {
        let method = Method::from_bytes(request.method.name().as_bytes()).unwrap_or(Method::GET);
        let mut hop = Hop { request, held, url: request.url.clone(), method, keep_body: true, is_own: true };
        for _ in 0..=REDIRECTS_MAX {
            let mut response = self.attempt(&hop).await?;
            if let Some(held) = held {
                echo::blot_out(&mut response, held.token.token.value.expose_secret());
            }
            if !request.follow_redirects {
                return Ok(Arrived { response, is_own: hop.is_own });
            }
            let next = next_hop(&hop.url, response.status, response.headers.get(LOCATION), &hop.method);
            let Some(next) = next.map_err(|error| give_up(error.to_string()))? else {
                return Ok(Arrived { response, is_own: hop.is_own });
            };
            // Once the way led elsewhere, a redirect back does not bring token, headers and body back.
            let is_own = hop.is_own && next.keep_authorization;
            let keep_body = hop.keep_body && next.keep_body;
            if keep_body && !is_own && request.body.is_some() {
                return Err(give_up("a redirect asks to send the body to another origin".to_owned()));
            }
            hop = Hop { url: next.url, method: next.method, keep_body, is_own, ..hop };
        }
        Err(give_up(format!("more than {REDIRECTS_MAX} redirects")))
    }

    /// Goes to one place, and once more when the server there wants to see its DPoP nonce: it never looked at the
    /// request.
    async fn attempt(&mut self, hop: &Hop<'_>) -> Result<OutboundResponse, TransportFailure> {
        let first = self.attempt_once(hop).await?;
        if !self.demands_nonce(hop, &first) {
            return Ok(first);
        }
        let second = self.attempt_once(hop).await?;
        // Asked for what it says of the next request; a second demand is an answer like any other.
        self.demands_nonce(hop, &second);
        Ok(second)
    }

    fn demands_nonce(&self, hop: &Hop<'_>, answer: &OutboundResponse) -> bool {
        hop.own_token().is_some_and(|held| self.tokens.demands_nonce(held, &hop.url, (answer.status, &answer.headers)))
    }

    async fn attempt_once(&mut self, hop: &Hop<'_>) -> Result<OutboundResponse, TransportFailure> {
        let outbound = self.outbound(hop)?;
        let offset_us = self.since_call();
        let sent = self.client.send(outbound).await;
        let duration_us = self.since_call().saturating_sub(offset_us);
        match sent {
            Ok(response) => {
                self.attempts.push(Attempt { offset_us, status: Some(response.status), reason: None, duration_us });
                self.dns_us = response.timings.dns.map(micros);
                self.first_byte_us = Some(micros(response.timings.first_byte));
                Ok(response)
            }
            Err(error) => {
                let reason = Some(error.to_string());
                self.attempts.push(Attempt { offset_us, status: None, reason, duration_us });
                Err(unreachable(&error))
            }
        }
    }

    fn outbound(&self, hop: &Hop<'_>) -> Result<OutboundRequest, TransportFailure> {
        let mut headers = HeaderMap::new();
        for header in &hop.request.headers {
            // Checked when the request was validated; a name that is no header name can't be here.
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_bytes(header.value.as_bytes())) else { continue };
            if !hop.is_own && !is_harmless(&name) {
                continue;
            }
            value.set_sensitive(true);
            headers.append(name, value);
        }
        if let Some(held) = hop.own_token() {
            let own = self.tokens.authorization(held, (&hop.method, &hop.url)).map_err(unproven)?;
            for (name, value) in &own {
                headers.insert(name, value.clone());
            }
        }
        let body = hop.request.body.as_ref().filter(|_| hop.keep_body).map(|body| Bytes::copy_from_slice(body));
        Ok(OutboundRequest {
            method: hop.method.clone(),
            url: hop.url.clone(),
            headers,
            body,
            timeout: self.bounds.deadline.saturating_sub(self.clock.monotonic()).min(self.bounds.attempt_timeout),
            response_bytes_max: self.bounds.response_bytes_max,
            overflow: BodyOverflow::Truncate,
            identity: self.identity_for(hop),
        })
    }

    /// The certificate that a token is bound to goes with the token; else the one that the caller wants shown.
    fn identity_for(&self, hop: &Hop<'_>) -> Option<ClientIdentity> {
        let bound = hop.own_token().and_then(Held::identity);
        bound.or(self.identity.as_ref().filter(|_| hop.is_own)).cloned()
    }

    /// Says of the last attempt that it is repeated, and when.
    pub(super) fn note_repetition(&mut self, delay: Duration) {
        if let Some(last) = self.attempts.last_mut() {
            let why = last.reason.take().map(|reason| format!("{reason}; ")).unwrap_or_default();
            last.reason = Some(format!("{why}repeated after {} ms", delay.as_millis()));
        }
    }

    /// Microseconds since the call.
    pub(super) fn since_call(&self) -> u64 {
        micros(self.clock.monotonic().saturating_sub(self.bounds.called_at))
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

pub(super) fn unproven(problem: DpopProblem) -> TransportFailure {
    let (phase, reason) = (AuthPhase::Assertion, AuthFailureReason::KeyInvalid);
    TransportFailure { phase, reason, message: problem.to_string() }
}

pub(super) fn unreachable(error: &SendError) -> TransportFailure {
    let (phase, reason) = classify(error);
    TransportFailure { phase, reason, message: error.to_string() }
}

/// A duration in whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
