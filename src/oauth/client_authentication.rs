//! What is sent to the token endpoint, as a pure function: how the client proves who it is (RFC 6749 §2.3.1,
//! RFC 7523 §2.2), and the additional parameters in their places.
//!
//! The method is the one that the connection names; it is never guessed and never falls back to another.

use std::fmt;

use crate::net::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::private_key::SigningKey;
use super::redactions::Redactions;
use crate::domain::definition::{
    ClientAuthentication, ConnectionDefinition, CredentialPlacement, Parameter, ParameterPlacement, RESERVED_PARAMETERS,
};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::domain::{HttpUrl, request};

/// How far `iat` of an assertion is dated back, in seconds, for issuers whose clock is a little slow.
pub const ASSERTION_BACKDATED_S: i64 = 5;

/// `client_assertion_type` of a JWT (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Headers that a parameter can't set: they belong to the client's authentication and to the form.
const OWN_HEADERS: [&str; 2] = ["authorization", "content-type"];

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
}

/// One token request, ready to be sent once by POST.
pub struct TokenRequestParts {
    /// Access Token URL with the query parameters.
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

/// Claims of a client assertion (RFC 7523 §3). No `nbf`: it is optional, and only ever refused for a clock's sake.
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: &'a str,
}

impl TokenRequestParts {
    /// Builds one client credentials request (RFC 6749 §4.4.2). Each attempt needs its own, with a new `jti`.
    ///
    /// # Errors
    /// `KEY_INVALID` when the stored key can't sign, `INVALID_REQUEST` when a parameter can't travel in its place.
    pub fn build(input: TokenRequestInput<'_>) -> Result<Self, AuthFailure> {
        let mut request = Draft::new(input.parameters)?;
        let client_id = &input.definition.client_id;
        match &input.definition.authentication {
            ClientAuthentication::ClientSecret { placement, .. } => {
                request.authenticate_by_secret(*placement, client_id, input.secret)?;
            }
            ClientAuthentication::PrivateKeyJwt { .. } => {
                let assertion = assertion(input)?;
                request.redactions.add_exactly(&assertion);
                // RFC 7521 §4.2 makes it optional; Entra ID insists.
                request.form.append_pair("client_id", client_id);
                request.form.append_pair("client_assertion_type", ASSERTION_TYPE);
                request.form.append_pair("client_assertion", &assertion);
            }
        }
        let query = placed(input.parameters, ParameterPlacement::Query);
        Ok(Self {
            url: input.definition.access_token_url.with_query(query),
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
        Ok(Self { headers, form, redactions: Redactions::default() })
    }

    fn authenticate_by_secret(
        &mut self,
        placement: CredentialPlacement,
        client_id: &str,
        secret: &SecretString,
    ) -> Result<(), AuthFailure> {
        let secret = secret.expose_secret();
        self.redactions.add(secret);
        match placement {
            CredentialPlacement::RequestBody => {
                self.form.append_pair("client_id", client_id);
                self.form.append_pair("client_secret", secret);
            }
            CredentialPlacement::BasicHeader => {
                // RFC 6749 §2.3.1: form-encoded first, so that a colon in the id can't be taken for the separator.
                let pair = Zeroizing::new([form_encoded(client_id).as_str(), ":", &form_encoded(secret)].concat());
                let credentials = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                self.redactions.add_exactly(&credentials);
                let value = Zeroizing::new(format!("Basic {}", credentials.as_str()));
                let value = sensitive(&value).ok_or_else(|| unsendable("the client's credentials"))?;
                self.headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(())
    }
}

fn assertion(input: TokenRequestInput<'_>) -> Result<Zeroizing<String>, AuthFailure> {
    let definition = input.definition;
    let ClientAuthentication::PrivateKeyJwt { key_id, key_format, signing_algorithm, audience, lifetime_ms, .. } =
        &definition.authentication
    else {
        return Err(AuthFailure::new(AuthPhase::Assertion, AuthFailureReason::KeyInvalid, "no key is configured"));
    };
    let endpoint = definition.access_token_url.to_string();
    let now_s = input.now.timestamp();
    let lifetime_s = i64::try_from(lifetime_ms / 1_000).unwrap_or_default();
    let claims = Assertion {
        iss: &definition.client_id,
        sub: &definition.client_id,
        aud: audience.as_deref().unwrap_or(&endpoint),
        iat: now_s.saturating_sub(ASSERTION_BACKDATED_S),
        exp: now_s.saturating_add(lifetime_s),
        jti: input.jti,
    };
    // Some issuers look an empty `kid` up and refuse the assertion.
    let key_id = key_id.as_deref().filter(|key_id| !key_id.is_empty());
    SigningKey::parse(input.secret.expose_secret(), *key_format, *signing_algorithm)
        .and_then(|key| key.sign(&claims, super::private_key::KeyNames { key_id, ..Default::default() }))
        .map(Zeroizing::new)
        .map_err(|problem| AuthFailure::new(AuthPhase::Assertion, AuthFailureReason::KeyInvalid, problem.to_string()))
}

/// Names are checked when a connection or a request is accepted; this is the last gate before the credentials.
fn refuse_reserved(parameters: &[Parameter]) -> Result<(), AuthFailure> {
    for parameter in parameters {
        let name = parameter.name.to_ascii_lowercase();
        let is_header = parameter.placement == ParameterPlacement::Header;
        let is_reserved = RESERVED_PARAMETERS.contains(&name.as_str())
            || (is_header && (OWN_HEADERS.contains(&name.as_str()) || request::header_name("", &name).is_err()));
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

fn form_encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Key;
    use crate::domain::definition::{KeyFormat, SigningAlgorithm, TokenPolicy};

    const PRIVATE_KEY: &str = include_str!("../../tests/keys/p256.sec1.pem");
    const PUBLIC_KEY: &str = include_str!("../../tests/keys/p256.public.pem");

    fn definition(authentication: ClientAuthentication) -> ConnectionDefinition {
        ConnectionDefinition {
            display_name: "Test".to_owned(),
            description: None,
            labels: vec![],
            client_id: "my:client".to_owned(),
            access_token_url: HttpUrl::parse("https://idp.example/token?v=1").unwrap(),
            authentication,
            parameters: vec![],
            token_policy: TokenPolicy::default(),
            allowed_hosts: vec![],
        }
    }

    fn by_secret(placement: CredentialPlacement) -> ConnectionDefinition {
        definition(ClientAuthentication::ClientSecret { secret: Key::parse("s").unwrap(), placement })
    }

    fn by_key(key_id: Option<&str>, audience: Option<&str>) -> ConnectionDefinition {
        definition(ClientAuthentication::PrivateKeyJwt {
            secret: Key::parse("s").unwrap(),
            key_id: key_id.map(str::to_owned),
            key_format: KeyFormat::Auto,
            signing_algorithm: SigningAlgorithm::Es256,
            audience: audience.map(str::to_owned),
            lifetime_ms: 60_000,
        })
    }

    fn build(
        definition: &ConnectionDefinition,
        secret: &str,
        parameters: &[Parameter],
    ) -> Result<TokenRequestParts, AuthFailure> {
        let (now, secret) = (DateTime::from_timestamp(1_000_000, 0).unwrap(), SecretString::from(secret));
        TokenRequestParts::build(TokenRequestInput { definition, secret: &secret, parameters, now, jti: "jti-1" })
    }

    fn form(parts: &TokenRequestParts) -> Vec<(String, String)> {
        url::form_urlencoded::parse(parts.body.expose_secret().as_bytes()).into_owned().collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn parameter(name: &str, value: &str, placement: ParameterPlacement) -> Parameter {
        Parameter { name: name.to_owned(), value: value.to_owned(), placement }
    }

    /// The assertion's header, and its claims when the signature is right.
    fn verified(parts: &TokenRequestParts) -> (jsonwebtoken::Header, Value) {
        let form: HashMap<String, String> = form(parts).into_iter().collect();
        let mut validation = Validation::new(Algorithm::ES256);
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let key = DecodingKey::from_ec_pem(PUBLIC_KEY.as_bytes()).unwrap();
        let token = jsonwebtoken::decode(form["client_assertion"].as_bytes(), &key, &validation).unwrap();
        (token.header, token.claims)
    }

    #[test]
    fn client_secret_basic_form_encodes_both_parts_and_keeps_the_client_id_out_of_the_body() {
        let parts = build(&by_secret(CredentialPlacement::BasicHeader), "s3 cr:et/ü", &[]).unwrap();
        let authorization = &parts.headers[AUTHORIZATION];
        assert!(authorization.is_sensitive());
        let expected = STANDARD.encode("my%3Aclient:s3+cr%3Aet%2F%C3%BC");
        assert_eq!(authorization.to_str().unwrap(), format!("Basic {expected}"));
        assert_eq!(form(&parts), pairs(&[("grant_type", "client_credentials")]));
        assert_eq!(parts.headers[ACCEPT], "application/json");
        assert_eq!(parts.headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(parts.redactions.apply(&format!("got {expected}, s3 cr:et/ü")), "got ••••, ••••");
    }

    #[test]
    fn client_secret_post_sends_both_parts_in_the_body_and_no_authorization() {
        let parts = build(&by_secret(CredentialPlacement::RequestBody), "s3 cr&et", &[]).unwrap();
        assert!(!parts.headers.contains_key(AUTHORIZATION));
        let expected =
            [("grant_type", "client_credentials"), ("client_id", "my:client"), ("client_secret", "s3 cr&et")];
        assert_eq!(form(&parts), pairs(&expected));
    }

    #[test]
    fn an_assertion_has_the_claims_of_rfc_7523_and_nothing_else() {
        let parts = build(&by_key(None, None), PRIVATE_KEY, &[]).unwrap();
        let (header, claims) = verified(&parts);
        let expected = json!({
            "iss": "my:client", "sub": "my:client", "aud": "https://idp.example/token?v=1",
            "iat": 999_995, "exp": 1_000_060, "jti": "jti-1",
        });
        assert_eq!(claims, expected);
        assert_eq!((header.typ.as_deref(), header.kid), (Some("JWT"), None));
        let names: Vec<String> = form(&parts).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["grant_type", "client_id", "client_assertion_type", "client_assertion"]);
        assert!(!parts.headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn the_key_id_and_the_audience_of_the_connection_are_used() {
        let (header, claims) = verified(&build(&by_key(Some("k1"), Some("urn:x")), PRIVATE_KEY, &[]).unwrap());
        assert_eq!((header.kid.as_deref(), &claims["aud"]), (Some("k1"), &json!("urn:x")));
        let (header, _) = verified(&build(&by_key(Some(""), None), PRIVATE_KEY, &[]).unwrap());
        assert_eq!(header.kid, None);
    }

    #[test]
    fn a_key_that_can_not_sign_is_a_failure_before_anything_is_sent() {
        let failure = build(&by_key(None, None), "hunter2", &[]).unwrap_err();
        assert_eq!((failure.phase, failure.reason), (AuthPhase::Assertion, AuthFailureReason::KeyInvalid));
        assert!(!failure.message.contains("hunter2"));
    }

    #[test]
    fn parameters_travel_in_their_places_with_repeats_and_without_empty_ones() {
        let parameters = [
            parameter("resource", "a", ParameterPlacement::Body),
            parameter("resource", "b c", ParameterPlacement::Body),
            parameter("scope", "", ParameterPlacement::Body),
            parameter("tenant", "x&y", ParameterPlacement::Query),
            parameter("X-Api-Key", "k", ParameterPlacement::Header),
            parameter("Accept", "text/plain", ParameterPlacement::Header),
        ];
        let parts = build(&by_secret(CredentialPlacement::BasicHeader), "s", &parameters).unwrap();
        let expected = [("grant_type", "client_credentials"), ("resource", "a"), ("resource", "b c")];
        assert_eq!(form(&parts), pairs(&expected));
        assert_eq!(parts.url.to_string(), "https://idp.example/token?v=1&tenant=x%26y");
        assert!(parts.headers["x-api-key"].is_sensitive());
        assert_eq!(parts.headers.get_all(ACCEPT).iter().collect::<Vec<_>>(), ["text/plain"]);
    }

    #[test]
    fn no_parameter_replaces_what_authenticates_the_client() {
        let refused = |name, value, placement| {
            let parameters = [parameter(name, value, placement)];
            build(&by_secret(CredentialPlacement::BasicHeader), "s", &parameters)
                .map_err(|failure| failure.reason)
                .err()
        };
        let reserved = Some(AuthFailureReason::InvalidRequest);
        for name in RESERVED_PARAMETERS {
            assert_eq!(refused(name, "x", ParameterPlacement::Body), reserved, "{name}");
        }
        assert_eq!(refused("Grant_Type", "x", ParameterPlacement::Query), reserved);
        for name in ["Authorization", "Content-Type", "Host", "Transfer-Encoding", "a b"] {
            assert_eq!(refused(name, "x", ParameterPlacement::Header), reserved, "{name}");
        }
        assert_eq!(refused("x-a", "a\r\nb: c", ParameterPlacement::Header), reserved);
        assert_eq!(refused("authorization", "x", ParameterPlacement::Body), None);
    }

    #[test]
    fn debug_shows_no_credentials() {
        let parts = build(&by_secret(CredentialPlacement::RequestBody), "hunter2", &[]).unwrap();
        assert_eq!(format!("{parts:?}"), r#"TokenRequestParts { authority: "idp.example", .. }"#);
    }
}
