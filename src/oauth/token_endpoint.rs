//! Asks a token endpoint for a token: one exchange, repeated where that can help, bounded in time.
//!
//! The only place of this module that sends a credential. Deliberately absent: the cache, the event log, and following redirects.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;

use super::binding::Binding;
use super::client_authentication::{TokenBindingProof, TokenRequestInput, TokenRequestParts, token_endpoint};
use super::dpop_nonce::{DpopNonces, demanded_by_token_endpoint};
use super::retry::{self, RetryPolicy};
use super::token_response::{self, AccessToken, Answer, LIFETIME_MS_DEFAULT};
use crate::clock::{Clock, Ids};
use crate::domain::definition::{ConnectionDefinition, Parameter};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::net::{
    BodyOverflow, Bytes, ClientIdentity, DnsFailure, HttpClient, Method, OutboundRequest, SendError, TimeoutPhase,
};

/// Longest answer in bytes, after decompression.
pub const RESPONSE_BYTES_MAX: usize = 1_048_576;

/// Sends token requests.
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    client: HttpClient,
    clock: Clock,
    ids: Ids,
    retries: RetryPolicy,
    default_lifetime_ms: u64,
    nonces: DpopNonces,
}

/// What a token is asked for with.
#[derive(Clone, Copy)]
pub struct TokenRequest<'a> {
    /// The connection.
    pub definition: &'a ConnectionDefinition,
    /// Value of its secret: a client secret or a private key.
    pub secret: &'a SecretString,
    /// The connection's parameters with the request's overrides merged in.
    pub parameters: &'a [Parameter],
    /// When all attempts must have ended, on [`Clock::monotonic`].
    pub deadline: Duration,
}

/// A token, and what it took to get it.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The token.
    pub token: AccessToken,
    /// What it is bound to.
    pub binding: Binding,
    /// How many requests it took.
    pub attempts: u32,
    /// From the first request to the last answer, the waits between included.
    pub duration: Duration,
}

/// An attempt that brought no token.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Why.
    pub failure: AuthFailure,
    /// When the issuer wants to be asked again, from its answer on.
    pub retry_after: Option<Duration>,
    /// Whether the issuer demands a DPoP nonce, and gave one (RFC 9449 §8).
    pub offers_nonce: bool,
}

impl From<AuthFailure> for Refusal {
    fn from(failure: AuthFailure) -> Self {
        Self { failure, retry_after: None, offers_nonce: false }
    }
}

impl TokenEndpoint {
    /// Waits between attempts as [`RetryPolicy::default`] says.
    pub fn new(client: HttpClient, clock: Clock, ids: Ids) -> Self {
        let (retries, nonces) = (RetryPolicy::default(), DpopNonces::default());
        Self { client, clock, ids, retries, default_lifetime_ms: LIFETIME_MS_DEFAULT, nonces }
    }

    /// Believes in another life of tokens whose answer does not say it.
    #[must_use]
    pub fn with_default_lifetime(self, lifetime: Duration) -> Self {
        Self { default_lifetime_ms: u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX), ..self }
    }

    /// Waits otherwise between attempts.
    #[must_use]
    pub fn with_retries(self, retries: RetryPolicy) -> Self {
        Self { retries, ..self }
    }

    /// Asks for a token, at most `max_retries` + 1 times (RFC 6749 §4.4). An issuer that wants to see its DPoP nonce is
    /// asked once more each time, at once: it never looked at the request.
    ///
    /// # Errors
    /// The last attempt's failure, with the number of requests that were sent, and its `Retry-After`.
    pub async fn request(&self, request: TokenRequest<'_>) -> Result<Granted, Refusal> {
        let started = self.clock.monotonic();
        let mut delays = self.retries.delays(request.definition.token_policy.max_retries);
        let binding = Binding::of(request.definition, request.secret)?;
        let (mut attempts, mut has_followed_nonce) = (0, false);
        loop {
            let outbound = self.outbound(request, &binding).map_err(|failure| AuthFailure { attempts, ..failure })?;
            attempts += 1;
            let refusal = match self.attempt(outbound, request.definition).await {
                Ok(token) => {
                    let duration = self.clock.monotonic().saturating_sub(started);
                    return Ok(Granted { token, binding, attempts, duration });
                }
                Err(refusal) => refusal,
            };
            let refusal = Refusal { failure: AuthFailure { attempts, ..refusal.failure }, ..refusal };
            if refusal.offers_nonce && !has_followed_nonce {
                has_followed_nonce = true;
                continue;
            }
            // An issuer that is asked again before its time only refuses again: the back-off honours it in full.
            if !retry::may_repeat(&refusal.failure) || self.retries.is_asked_too_long(refusal.retry_after) {
                return Err(refusal);
            }
            let Some(delay) = delays.next() else { return Err(refusal) };
            let delay = self.retries.lengthened(delay, refusal.retry_after);
            // Waiting past the deadline would only hide the reason behind a time-out.
            if self.clock.monotonic().saturating_add(delay) >= request.deadline {
                return Err(refusal);
            }
            sleep(delay).await;
            has_followed_nonce = false;
        }
    }

    /// Builds one attempt, with an assertion and a proof that were never used before.
    fn outbound(&self, request: TokenRequest<'_>, binding: &Binding) -> Result<Outbound, AuthFailure> {
        let remaining = request.deadline.saturating_sub(self.clock.monotonic());
        if remaining.is_zero() {
            let message = "no time was left to ask for a token";
            return Err(AuthFailure::new(AuthPhase::Request, AuthFailureReason::Timeout, message));
        }
        let TokenRequest { definition, secret, parameters, .. } = request;
        let jti = self.ids.next().to_string();
        let (nonce, proof_jti) = (self.nonces.latest(token_endpoint(definition)), self.ids.next().to_string());
        let proof = |key| TokenBindingProof { key, nonce: nonce.as_ref(), jti: &proof_jti };
        let dpop = binding.dpop.as_deref().map(proof);
        let input = TokenRequestInput { definition, secret, parameters, now: self.clock.now(), jti: &jti, dpop };
        let timeout = remaining.min(Duration::from_millis(definition.token_policy.request_timeout_ms));
        Ok(Outbound { parts: TokenRequestParts::build(input)?, identity: binding.identity.clone(), timeout })
    }

    async fn attempt(&self, outbound: Outbound, definition: &ConnectionDefinition) -> Result<AccessToken, Refusal> {
        let Outbound { parts, identity, timeout } = outbound;
        let request = OutboundRequest {
            method: Method::POST,
            url: parts.url,
            headers: parts.headers,
            body: Some(Bytes::copy_from_slice(parts.body.expose_secret().as_bytes())),
            timeout,
            response_bytes_max: RESPONSE_BYTES_MAX,
            overflow: BodyOverflow::Fail,
            identity,
        };
        let response = match self.client.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(of_send_error(&error).into()),
        };
        if definition.dpop.is_some() {
            self.nonces.remember(token_endpoint(definition), &response.headers);
        }
        let answer = Answer {
            status: response.status,
            headers: &response.headers,
            body: &response.body.bytes,
            default_lifetime_ms: definition.token_policy.default_lifetime_ms.unwrap_or(self.default_lifetime_ms),
            mapping: definition.response_mapping.as_ref(),
            is_dpop_wanted: definition.dpop.is_some(),
        };
        token_response::parse(answer, &parts.redactions).map_err(|failure| {
            let retry_after = retry::retry_after(&response.headers, self.clock.now());
            let error = failure.oauth_error.as_ref().map(|error| error.error.as_str());
            let nonce = demanded_by_token_endpoint(error, &response.headers).filter(|_| definition.dpop.is_some());
            Refusal { failure, retry_after, offers_nonce: nonce.is_some() }
        })
    }
}

struct Outbound {
    parts: TokenRequestParts,
    identity: Option<ClientIdentity>,
    timeout: Duration,
}

/// Puts a failure to get any answer into the words of the domain.
fn of_send_error(error: &SendError) -> AuthFailure {
    let (phase, reason) = classify(error);
    AuthFailure::new(phase, reason, format!("the token request failed: {error}"))
}

/// Says where and why a request got no answer; for requests to APIs as well.
pub fn classify(error: &SendError) -> (AuthPhase, AuthFailureReason) {
    match error {
        SendError::EgressDenied(_) | SendError::PeerDenied(_) => (AuthPhase::Dns, AuthFailureReason::EgressDenied),
        SendError::Dns(DnsFailure::TimedOut) => (AuthPhase::Dns, AuthFailureReason::Timeout),
        SendError::Dns(DnsFailure::NotResolved { .. } | DnsFailure::OutsideRequest) => {
            (AuthPhase::Dns, AuthFailureReason::Dns)
        }
        SendError::Connect(_) => (AuthPhase::Connect, AuthFailureReason::Connect),
        SendError::Timeout { phase: TimeoutPhase::Connect } => (AuthPhase::Connect, AuthFailureReason::Timeout),
        SendError::Tls(_) => (AuthPhase::Tls, AuthFailureReason::Tls),
        SendError::Timeout { phase: TimeoutPhase::Total | TimeoutPhase::Head | TimeoutPhase::Idle } => {
            (AuthPhase::Request, AuthFailureReason::Timeout)
        }
        SendError::Interrupted(_) => (AuthPhase::Request, AuthFailureReason::Connect),
        SendError::Unsendable(_) | SendError::RequestBody(_) => (AuthPhase::Request, AuthFailureReason::InvalidRequest),
        SendError::HeadersTooLarge | SendError::BodyTooLarge { .. } | SendError::BodyUndecodable(_) => {
            (AuthPhase::Response, AuthFailureReason::MalformedResponse)
        }
    }
}
