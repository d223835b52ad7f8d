use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::*;
use crate::domain::Key;
use crate::domain::definition::SigningAlgorithm;

const PRIVATE_KEY: &str = include_str!("../../../tests/keys/p256.sec1.pem");
const PUBLIC_KEY: &str = include_str!("../../../tests/keys/p256.public.pem");

fn definition(authentication: ClientAuthentication) -> ConnectionDefinition {
    let url = HttpUrl::parse("https://idp.example/token?v=1").unwrap();
    ConnectionDefinition::new("Test", "my:client", url, authentication)
}

fn by_secret(placement: CredentialPlacement) -> ConnectionDefinition {
    definition(ClientAuthentication::ClientSecret(ClientSecret::new(Key::parse("s").unwrap(), placement)))
}

fn by_key(key_id: Option<&str>, audience: Option<&str>) -> ConnectionDefinition {
    definition(ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt {
        key_id: key_id.map(str::to_owned),
        audience: audience.map(str::to_owned),
        ..PrivateKeyJwt::new(Key::parse("s").unwrap(), SigningAlgorithm::Es256)
    }))
}

fn build(
    definition: &ConnectionDefinition,
    secret: &str,
    parameters: &[Parameter],
) -> Result<TokenRequestParts, AuthFailure> {
    let (now, secret) = (DateTime::from_timestamp(1_000_000, 0).unwrap(), SecretString::from(secret));
    TokenRequestParts::build(TokenRequestInput {
        definition,
        secret: &secret,
        parameters,
        now,
        jti: "jti-1",
        dpop: None,
    })
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
fn a_server_that_does_not_decode_and_looks_for_the_client_id_in_the_body_is_served() {
    let sent = |form_encode, client_id_in_body| {
        let transport = SecretTransport {
            form_encode,
            client_id_in_body,
            ..SecretTransport::standard(CredentialPlacement::BasicHeader)
        };
        let mut draft = Draft::new(&[]).unwrap();
        draft.authenticate_by_secret(transport, "my client", &SecretString::from("a/b")).unwrap();
        let credentials = draft.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
        (String::from_utf8(STANDARD.decode(credentials).unwrap()).unwrap(), draft.form.finish())
    };
    let grant = "grant_type=client_credentials".to_owned();
    assert_eq!(sent(true, false), ("my+client:a%2Fb".to_owned(), grant.clone()));
    assert_eq!(sent(false, true), ("my client:a/b".to_owned(), format!("{grant}&client_id=my+client")));
}

#[test]
fn client_secret_post_sends_both_parts_in_the_body_and_no_authorization() {
    let parts = build(&by_secret(CredentialPlacement::RequestBody), "s3 cr&et", &[]).unwrap();
    assert!(!parts.headers.contains_key(AUTHORIZATION));
    let expected = [("grant_type", "client_credentials"), ("client_id", "my:client"), ("client_secret", "s3 cr&et")];
    assert_eq!(form(&parts), pairs(&expected));
}

#[test]
fn an_assertion_has_the_claims_of_rfc_7523_and_nothing_else() {
    let parts = build(&by_key(None, None), PRIVATE_KEY, &[]).unwrap();
    let (header, claims) = verified(&parts);
    let expected = json!({
        "iss": "my:client", "sub": "my:client", "aud": "https://idp.example/token?v=1",
        "iat": 999_995, "exp": 1_000_055, "jti": "jti-1",
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
        build(&by_secret(CredentialPlacement::BasicHeader), "s", &parameters).map_err(|failure| failure.reason).err()
    };
    let reserved = Some(AuthFailureReason::InvalidRequest);
    for name in RESERVED_PARAMETERS {
        assert_eq!(refused(name, "x", ParameterPlacement::Body), reserved, "{name}");
    }
    assert_eq!(refused("Grant_Type", "x", ParameterPlacement::Query), reserved);
    for name in ["Authorization", "Content-Type", "DPoP", "Host", "Transfer-Encoding", "a b"] {
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

#[test]
fn parameters_with_telling_names_may_not_be_quoted_by_an_answer() {
    let (body, query) = (ParameterPlacement::Body, ParameterPlacement::Query);
    let parameters = [
        parameter("Password", "hunter22", body),
        parameter("api-key", "k3y-value", query),
        parameter("scope", "read-all", body),
        parameter("token_n", "abc", body),
    ];
    let parts = build(&by_secret(CredentialPlacement::RequestBody), "s3cret", &parameters).unwrap();
    assert_eq!(parts.redactions.apply("hunter22 k3y-value read-all abc 733363726574"), "•••• •••• read-all abc ••••");
}
