//! What is sent to the token endpoint, as a pure function: how the client proves who it is (RFC 6749 §2.3.1,
//! RFC 7523 §2.2), and the additional parameters in their places.
//!
//! The method is the one that the connection names; it is never guessed and never falls back to another.

use std::fmt;

use crate::net::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::assertion::{Assertion, AssertionSigner};
use super::client_secret::{SecretTransport, basic_credentials};
use super::client_secret_jwt::SecretKey;
use super::dpop::{DPOP, DpopKey, Proof};
use super::dpop_nonce::DpopNonce;
use super::excerpt::is_sensitive;
use super::key_problem::KeyProblem;
use super::private_key::{KeyNames, SigningKey};
use super::redactions::Redactions;
use crate::domain::definition::{
    AudienceSource, ClientAuthentication, ClientSecret, ClientSecretJwt, ConnectionDefinition, CredentialPlacement,
    Parameter, ParameterPlacement, PrivateKeyJwt, RESERVED_HEADERS, RESERVED_PARAMETERS,
};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::{HttpUrl, request};
use crate::net::Method;

/// `client_assertion_type` of a JWT (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// From how many characters on a parameter's value is kept out of answers. Shorter ones are no secrets, and without them
/// no text would stay readable.
const SECRET_PARAMETER_LENGTH_MIN: usize = 4;

/// Everything that one token request is made of.
#[derive(Clone, Copy)]
pub struct TokenRequestInput<'a> {
    /// The connection.
    pub definition: &'a ConnectionDefinition,
    /// Value of its secret: a client secret or a private key.
    pub secret: &'a SecretString,
    /// The connection's parameters with the request's overrides merged in.
    pub parameters: &'a [Parameter],
    /// The time now.
    pub now: DateTime<Utc>,
    /// `jti` of the assertion: never used before.
    pub jti: &'a str,
    /// Set when the token is to be bound to a key.
    pub dpop: Option<TokenBindingProof<'a>>,
}

/// What the proof of a token request is made of (RFC 9449 §5).
#[derive(Debug, Clone, Copy)]
pub struct TokenBindingProof<'a> {
    /// The key that the token is to be bound to.
    pub key: &'a DpopKey,
    /// The token endpoint's last nonce.
    pub nonce: Option<&'a DpopNonce>,
    /// `jti` of the proof: never used before, and not the assertion's.
    pub jti: &'a str,
}

/// One token request, ready to be sent once by POST.
pub struct TokenRequestParts {
    /// The token endpoint with the query parameters.
    pub url: HttpUrl,
    /// The credentials among them are marked as sensitive.
    pub headers: HeaderMap,
    /// A form (`application/x-www-form-urlencoded`).
    pub body: SecretString,
    /// What an answer must not be allowed to quote.
    pub redactions: Redactions,
}

impl fmt::Debug for TokenRequestParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequestParts").field("authority", &self.url.authority()).finish_non_exhaustive()
    }
}

impl TokenRequestParts {
    /// Builds one client credentials request (RFC 6749 §4.4.2). Each attempt needs its own, with a new `jti`.
    ///
    /// # Errors
    /// `KEY_INVALID` when the stored key can't sign, `INVALID_REQUEST` when a parameter can't travel in its place.
    pub fn build(input: TokenRequestInput<'_>) -> Result<Self, AuthFailure> {
        let mut request = Draft::new(input.parameters)?;
        for (name, value) in token_endpoint(input.definition).as_url().query_pairs() {
            request.keep_unquoted(&name, &value);
        }
        let client_id = &input.definition.client_id;
        match &input.definition.authentication {
            ClientAuthentication::ClientSecret(ClientSecret { placement, form_encode, client_id_in_body, .. }) => {
                let (placement, form_encode, client_id_in_body) = (*placement, *form_encode, *client_id_in_body);
                let transport = SecretTransport { placement, form_encode, client_id_in_body };
                request.authenticate_by_secret(transport, client_id, input.secret)?;
            }
            ClientAuthentication::None | ClientAuthentication::TlsClientAuth(_) => {
                request.form.append_pair("client_id", client_id);
            }
            ClientAuthentication::PrivateKeyJwt(jwt) => {
                let assertion = signed_by_key(input, jwt).map_err(|problem| unsigned(&problem))?;
                request.authenticate_by_assertion(client_id, &assertion);
            }
            ClientAuthentication::ClientSecretJwt(jwt) => {
                request.redactions.add(input.secret.expose_secret());
                let assertion = signed_by_secret(input, jwt).map_err(|problem| unsigned(&problem))?;
                request.authenticate_by_assertion(client_id, &assertion);
            }
        }
        let url = token_endpoint(input.definition).with_query(placed(input.parameters, ParameterPlacement::Query));
        if let Some(dpop) = input.dpop {
            request.prove((dpop, &url), input.now)?;
        }
        Ok(Self {
            url,
            headers: request.headers,
            body: SecretString::from(request.form.finish()),
            redactions: request.redactions,
        })
    }
}

struct Draft {
    headers: HeaderMap,
    form: Serializer<'static, String>,
    redactions: Redactions,
}

impl Draft {
    fn new(parameters: &[Parameter]) -> Result<Self, AuthFailure> {
        refuse_reserved(parameters)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        for (name, value) in placed(parameters, ParameterPlacement::Header) {
            let name = HeaderName::try_from(name).map_err(|_| unsendable("a header parameter's name"))?;
            let value = sensitive(value).ok_or_else(|| unsendable("a header parameter's value"))?;
            if name == ACCEPT {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.extend_pairs(placed(parameters, ParameterPlacement::Body));
        let mut draft = Self { headers, form, redactions: Redactions::default() };
        for parameter in parameters {
            draft.keep_unquoted(&parameter.name, &parameter.value);
        }
        Ok(draft)
    }

    /// Keeps a parameter's value out of answers when its name promises a secret.
    fn keep_unquoted(&mut self, name: &str, value: &str) {
        let is_secret = is_sensitive(name) || name.to_ascii_lowercase().contains("key");
        if is_secret && value.chars().count() >= SECRET_PARAMETER_LENGTH_MIN {
            self.redactions.add(value);
        }
    }

    fn authenticate_by_secret(
        &mut self,
        transport: SecretTransport,
        client_id: &str,
        secret: &SecretString,
    ) -> Result<(), AuthFailure> {
        let secret = secret.expose_secret();
        self.redactions.add(secret);
        match transport.placement {
            CredentialPlacement::RequestBody => {
                self.form.append_pair("client_id", client_id);
                self.form.append_pair("client_secret", secret);
            }
            CredentialPlacement::BasicHeader => {
                let credentials = basic_credentials(client_id, secret, transport.form_encode).map_err(|problem| {
                    AuthFailure::new(AuthPhase::Request, AuthFailureReason::InvalidRequest, problem.to_string())
                })?;
                self.redactions.add_exactly(&credentials);
                let value = Zeroizing::new(format!("Basic {}", credentials.as_str()));
                let value = sensitive(&value).ok_or_else(|| unsendable("the client's credentials"))?;
                self.headers.insert(AUTHORIZATION, value);
                if transport.client_id_in_body {
                    self.form.append_pair("client_id", client_id);
                }
            }
        }
        Ok(())
    }

    fn authenticate_by_assertion(&mut self, client_id: &str, assertion: &str) {
        self.redactions.add_exactly(assertion);
        // RFC 7521 §4.2 makes it optional; Entra ID insists.
        self.form.append_pair("client_id", client_id);
        self.form.append_pair("client_assertion_type", ASSERTION_TYPE);
        self.form.append_pair("client_assertion", assertion);
    }

    fn prove(&mut self, (dpop, url): (TokenBindingProof<'_>, &HttpUrl), now: DateTime<Utc>) -> Result<(), AuthFailure> {
        let TokenBindingProof { key, nonce, jti } = dpop;
        let proof = Proof { method: &Method::POST, url, nonce, access_token: None, jti, issued_at: now };
        let proof = key.proof(proof).map_err(|problem| {
            AuthFailure::new(AuthPhase::Assertion, AuthFailureReason::KeyInvalid, problem.to_string())
        })?;
        self.redactions.add_exactly(&proof);
        let value = sensitive(&proof).ok_or_else(|| unsendable("the DPoP proof"))?;
        self.headers.insert(&DPOP, value);
        Ok(())
    }
}

/// Where the request goes: a client that authenticates itself in the TLS handshake goes where the issuer asks for
/// certificates (RFC 8705 §5).
pub(super) fn token_endpoint(definition: &ConnectionDefinition) -> &HttpUrl {
    let usual = &definition.access_token_url;
    match &definition.authentication {
        ClientAuthentication::TlsClientAuth(_) => {
            definition.discovery.as_ref().and_then(|pinned| pinned.mtls_token_endpoint.as_ref()).unwrap_or(usual)
        }
        ClientAuthentication::ClientSecret(_)
        | ClientAuthentication::ClientSecretJwt(_)
        | ClientAuthentication::PrivateKeyJwt(_)
        | ClientAuthentication::None => usual,
    }
}

fn signed_by_key(input: TokenRequestInput<'_>, jwt: &PrivateKeyJwt) -> Result<Zeroizing<String>, KeyProblem> {
    let key = SigningKey::parse(input.secret.expose_secret(), jwt.key_format, jwt.signing_algorithm)?;
    let thumbprints = if jwt.x5t || jwt.x5t_s256 { Some(key.thumbprints()?) } else { None };
    let names = KeyNames {
        key_id: jwt.key_id.as_deref(),
        x5t: thumbprints.as_ref().filter(|_| jwt.x5t).map(|prints| prints.x5t.as_str()),
        x5t_s256: thumbprints.as_ref().filter(|_| jwt.x5t_s256).map(|prints| prints.x5t_s256.as_str()),
    };
    let audience = audience(input.definition, (jwt.audience.as_deref(), jwt.audience_source));
    assertion(input, (&audience, jwt.lifetime_ms)).sign(AssertionSigner::PrivateKey(&key, names))
}

fn signed_by_secret(input: TokenRequestInput<'_>, jwt: &ClientSecretJwt) -> Result<Zeroizing<String>, KeyProblem> {
    let key = SecretKey::new(input.secret.expose_secret(), jwt.signing_algorithm)?;
    let audience = audience(input.definition, (jwt.audience.as_deref(), jwt.audience_source));
    assertion(input, (&audience, jwt.lifetime_ms)).sign(AssertionSigner::Secret(&key))
}

fn assertion<'a>(input: TokenRequestInput<'a>, (audience, lifetime_ms): (&'a str, u64)) -> Assertion<'a> {
    Assertion { client_id: &input.definition.client_id, audience, lifetime_ms, now: input.now, jti: input.jti }
}

/// One value, never a list: draft-ietf-oauth-rfc7523bis wants the issuer alone, many servers know their token endpoint
/// only, and one that is meant for two servers could be played by one to the other.
fn audience(definition: &ConnectionDefinition, (own, source): (Option<&str>, AudienceSource)) -> String {
    let issuer = definition.discovery.as_ref().map(|pinned| pinned.issuer.as_str());
    let usual = match source {
        AudienceSource::Automatic | AudienceSource::Issuer => issuer,
        AudienceSource::TokenEndpoint => None,
    };
    own.or(usual).map_or_else(|| definition.access_token_url.to_string(), str::to_owned)
}

fn unsigned(problem: &KeyProblem) -> AuthFailure {
    AuthFailure::new(AuthPhase::Assertion, AuthFailureReason::KeyInvalid, problem.to_string())
}

/// Names are checked when a connection or a request is accepted; this is the last gate before the credentials.
fn refuse_reserved(parameters: &[Parameter]) -> Result<(), AuthFailure> {
    for parameter in parameters {
        let name = parameter.name.to_ascii_lowercase();
        let is_header = parameter.placement == ParameterPlacement::Header;
        let is_reserved = RESERVED_PARAMETERS.contains(&name.as_str())
            || (is_header && (RESERVED_HEADERS.contains(&name.as_str()) || request::header_name("", &name).is_err()));
        if is_reserved {
            let message = "a parameter of the token request has a name that Latchkey sets itself or that can't travel";
            return Err(AuthFailure::new(AuthPhase::Request, AuthFailureReason::InvalidRequest, message));
        }
    }
    Ok(())
}

/// The parameters of one place, in order. RFC 6749 §3.2: one without a value counts as left out, so it is left out.
fn placed(parameters: &[Parameter], placement: ParameterPlacement) -> impl Iterator<Item = (&str, &str)> {
    let here =
        parameters.iter().filter(move |parameter| parameter.placement == placement && !parameter.value.is_empty());
    here.map(|parameter| (parameter.name.as_str(), parameter.value.as_str()))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn unsendable(what: &str) -> AuthFailure {
    let message = format!("{what} has characters that can't travel in a header");
    AuthFailure::new(AuthPhase::Request, AuthFailureReason::InvalidRequest, message)
}

#[cfg(test)]
mod tests;
