//! `client_secret_jwt` and `private_key_jwt`: every algorithm and every form of a key, verified by the peer with another
//! library, and what the assertion says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use latchkey::clock::{Clock, Ids};
use latchkey::domain::definition::{
    ClientAuthentication, ConnectionDefinition, PinnedMetadata, PrivateKeyJwt, SigningAlgorithm,
};
use latchkey::domain::{HttpUrl, Key};
use latchkey::net::{ClientTimeouts, EgressPolicy, HttpClient};
use latchkey::oauth::{TokenEndpoint, TokenRequest};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{decoded, heard, staged};
use crate::scripted::{Answer, Heard, PATIENCE, Peer};
use crate::stage::{Stage, counting_issuer, execute, open_api, status, through};

const LONG_SECRET: &str = "a secret of at least sixty-four bytes, so that HS512 may sign with it: 0123456789";
const RSA_PUBLIC: &str = include_str!("../../keys/rsa-2048.public.pem");
const P256_PKCS8: &str = include_str!("../../keys/p256.pkcs8.pem");
const P256_PUBLIC: &str = include_str!("../../keys/p256.public.pem");

/// Input of a connection whose key is `own-secret`; `more` is merged over it.
fn by_key(algorithm: &str, more: Value) -> Value {
    let mut jwt = json!({ "secret": "own-secret", "signingAlgorithm": algorithm });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    jwt.as_object_mut().unwrap().extend(more);
    json!({ "clientId": "my-client", "authentication": { "privateKeyJwt": jwt } })
}

fn assertion(heard: &Heard) -> String {
    let kind = heard.form("client_assertion_type").unwrap();
    assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!((heard.header("authorization"), heard.form("client_secret")), (None, None));
    assert_eq!(heard.form("client_id").unwrap(), "my-client");
    heard.form("client_assertion").unwrap()
}

/// The claims, when another library finds the signature right now.
fn verified(jwt: &str, key: &DecodingKey, algorithm: Algorithm) -> Value {
    let mut validation = Validation::new(algorithm);
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    decode::<Value>(jwt, key, &validation).unwrap_or_else(|error| panic!("{algorithm:?}: {error}")).claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_signs_with_each_hmac() {
    for (name, algorithm) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let jwt = json!({ "clientSecretJwt": { "secret": "own-secret", "signingAlgorithm": name } });
        let heard = heard(LONG_SECRET, json!({ "clientId": "my-client", "authentication": jwt })).await;
        let assertion = assertion(&heard);
        let claims = verified(&assertion, &DecodingKey::from_secret(LONG_SECRET.as_bytes()), algorithm);
        assert_eq!(claims["sub"], "my-client", "{name}");
        assert_eq!(decoded(&assertion).0, json!({ "typ": "JWT", "alg": name }));
        assert!(!heard.body.contains("0123456789"), "the secret itself stays here");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_key_signs_with_each_algorithm_that_fits_it() {
    let rsa = include_str!("../../keys/rsa-2048.pkcs8.pem");
    let p384 = include_str!("../../keys/p384.sec1.pem");
    let ed25519 = include_str!("../../keys/ed25519.pkcs8.pem");
    let rsa_public = DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()).unwrap();
    let p256_public = DecodingKey::from_ec_pem(P256_PUBLIC.as_bytes()).unwrap();
    let p384_public = DecodingKey::from_ec_pem(include_bytes!("../../keys/p384.public.pem")).unwrap();
    let ed25519_public = DecodingKey::from_ed_pem(include_bytes!("../../keys/ed25519.public.pem")).unwrap();
    for (name, key, public, algorithm) in [
        ("RS256", rsa, &rsa_public, Algorithm::RS256),
        ("RS384", rsa, &rsa_public, Algorithm::RS384),
        ("RS512", rsa, &rsa_public, Algorithm::RS512),
        ("PS256", rsa, &rsa_public, Algorithm::PS256),
        ("PS384", rsa, &rsa_public, Algorithm::PS384),
        ("PS512", rsa, &rsa_public, Algorithm::PS512),
        ("ES256", P256_PKCS8, &p256_public, Algorithm::ES256),
        ("ES384", p384, &p384_public, Algorithm::ES384),
        ("EDDSA", ed25519, &ed25519_public, Algorithm::EdDSA),
    ] {
        let assertion = assertion(&heard(key, by_key(name, json!({}))).await);
        assert_eq!(verified(&assertion, public, algorithm)["iss"], "my-client", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_p521_key_signs_with_es512() {
    let assertion = assertion(&heard(include_str!("../../keys/p521.sec1.pem"), by_key("ES512", json!({}))).await);
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let pem = include_str!("../../keys/p521.public.pem");
    let public: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let public = STANDARD.decode(public).unwrap();
    // The uncompressed point (SEC 1 section 2.3.3) is the end of the SubjectPublicKeyInfo.
    let point = &public[public.len() - 133..];
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point).verify(signed.as_bytes(), &signature).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_in_every_form_that_it_is_stored_in() {
    let escaped = P256_PKCS8.trim_end().replace('\n', "\\n");
    let rsa_public = DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()).unwrap();
    let p256_public = DecodingKey::from_ec_pem(P256_PUBLIC.as_bytes()).unwrap();
    for (form, format, value, algorithm, public) in [
        ("PKCS#8", "PKCS8_PEM", P256_PKCS8, Algorithm::ES256, &p256_public),
        ("SEC1", "SEC1_PEM", include_str!("../../keys/p256.sec1.pem"), Algorithm::ES256, &p256_public),
        ("PKCS#1", "PKCS1_PEM", include_str!("../../keys/rsa-2048.pkcs1.pem"), Algorithm::RS256, &rsa_public),
        ("with escaped line ends", "AUTO", &escaped, Algorithm::ES256, &p256_public),
        ("JWK", "JWK", include_str!("../../keys/p256.jwk.json"), Algorithm::ES256, &p256_public),
        ("JWK with p and q", "AUTO", include_str!("../../keys/rsa-2048.jwk.json"), Algorithm::RS256, &rsa_public),
        (
            "JWK without p and q",
            "AUTO",
            include_str!("../../keys/rsa-2048-without-factors.jwk.json"),
            Algorithm::RS256,
            &rsa_public,
        ),
    ] {
        let name = format!("{algorithm:?}");
        let assertion = assertion(&heard(value, by_key(&name, json!({ "keyFormat": format }))).await);
        assert_eq!(verified(&assertion, public, algorithm)["sub"], "my-client", "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_names_the_key_only_as_far_as_that_is_asked_for() {
    let value = format!("{P256_PKCS8}{}", include_str!("../../keys/p256.certificate.pem"));
    let header = async |more| decoded(&assertion(&heard(&value, by_key("ES256", more)).await)).0;
    assert_eq!(header(json!({})).await, json!({ "typ": "JWT", "alg": "ES256" }));
    assert_eq!(header(json!({ "keyId": "k-1" })).await["kid"], "k-1");

    let der = der_of(include_str!("../../keys/p256.certificate.pem"));
    let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
    let sha256 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der);
    let (x5t, x5t_s256) = (URL_SAFE_NO_PAD.encode(sha1), URL_SAFE_NO_PAD.encode(sha256));
    assert_eq!(header(json!({ "x5t": true })).await, json!({ "typ": "JWT", "alg": "ES256", "x5t": x5t }));
    let both = header(json!({ "x5t": true, "x5tS256": true })).await;
    assert_eq!(both, json!({ "typ": "JWT", "alg": "ES256", "x5t": x5t, "x5t#S256": x5t_s256 }));
}

fn der_of(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claims_are_those_of_rfc_7523_short_lived_and_dated_back_a_little() {
    let stage = staged(P256_PKCS8, by_key("ES256", json!({}))).await;
    let before = Clock::system().now().timestamp();
    assert_eq!(status(&execute(&stage.server, through("own", &stage.api.url("/"), json!({}))).await), 200);
    let after = Clock::system().now().timestamp();
    let claims = decoded(&assertion(&stage.issuer.heard()[0])).1;
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "jti", "sub"], "no nbf, nothing else");
    let iat = claims["iat"].as_i64().unwrap();
    assert!((before - 5..=after - 5).contains(&iat), "{iat} is not five seconds before {before}");
    assert_eq!(claims["exp"], iat + 60);
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("my-client"), &json!("my-client")));
    assert_eq!(claims["aud"], stage.issuer.url("/token"), "one text, the Access Token URL");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_can_be_any_other_value_for_both_kinds_of_assertion() {
    let claims = decoded(&assertion(&heard(P256_PKCS8, by_key("ES256", json!({ "audience": "urn:x" }))).await)).1;
    assert_eq!(claims["aud"], "urn:x");
    let jwt = json!({ "clientSecretJwt": { "secret": "own-secret", "audience": "urn:y", "lifetime": "PT30S" } });
    let claims =
        decoded(&assertion(&heard(LONG_SECRET, json!({ "clientId": "my-client", "authentication": jwt })).await)).1;
    assert_eq!(claims["aud"], "urn:y");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 30);
}

/// The audience of an assertion for a connection whose issuer was discovered.
async fn audience_with_issuer(change: impl FnOnce(&mut PrivateKeyJwt)) -> (String, Peer) {
    let issuer = counting_issuer().await;
    let mut jwt = PrivateKeyJwt::new(Key::parse("s").unwrap(), SigningAlgorithm::Es256);
    change(&mut jwt);
    let url = HttpUrl::parse(&issuer.url("/token")).unwrap();
    let plain = ConnectionDefinition::new("Test", "my-client", url, ClientAuthentication::PrivateKeyJwt(jwt));
    let pinned = PinnedMetadata { issuer: "https://issuer.example/a".to_owned(), mtls_token_endpoint: None };
    let definition = ConnectionDefinition { discovery: Some(pinned), ..plain };
    let client = HttpClient::new(EgressPolicy::parse(&["127.0.0.1"]).unwrap(), ClientTimeouts::default()).unwrap();
    let clock = Clock::system();
    let request = TokenRequest {
        definition: &definition,
        secret: &SecretString::from(P256_PKCS8),
        parameters: &[],
        deadline: clock.monotonic() + PATIENCE,
    };
    TokenEndpoint::new(client, clock, Ids::random()).request(request).await.unwrap();
    let claims = decoded(&assertion(&issuer.heard()[0])).1;
    (claims["aud"].as_str().unwrap().to_owned(), issuer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audience_is_the_issuer_where_it_is_known_unless_the_token_endpoint_is_asked_for() {
    use latchkey::domain::definition::AudienceSource;
    let (audience, _) = audience_with_issuer(|_| {}).await;
    assert_eq!(audience, "https://issuer.example/a");
    let (audience, _) = audience_with_issuer(|jwt| jwt.audience_source = AudienceSource::Issuer).await;
    assert_eq!(audience, "https://issuer.example/a");
    let (audience, issuer) = audience_with_issuer(|jwt| jwt.audience_source = AudienceSource::TokenEndpoint).await;
    assert_eq!(audience, issuer.url("/token"));
    let (audience, _) = audience_with_issuer(|jwt| jwt.audience = Some("urn:x".to_owned())).await;
    assert_eq!(audience, "urn:x");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_has_a_jti_of_its_own_retries_included() {
    let asked = Arc::new(AtomicUsize::new(0));
    let issuer = Peer::start(move |_| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        std::future::ready(if number < 2 { Answer::text(503, "later") } else { Answer::token("t") })
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    stage.server.create_secret("own-secret", P256_PKCS8).await;
    stage.connect("own", by_key("ES256", json!({}))).await;
    assert_eq!(status(&execute(&stage.server, through("own", &stage.api.url("/"), json!({}))).await), 200);
    let jti = |heard: &Heard| decoded(&assertion(heard)).1["jti"].as_str().unwrap().to_owned();
    let [first, second, third] = stage.issuer.heard().iter().map(jti).collect::<Vec<_>>().try_into().unwrap();
    assert!(first != second && second != third && first != third);
}
