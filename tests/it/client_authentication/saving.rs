//! What can't work is refused when it is saved, at the field that is wrong.

use serde_json::{Value, json};

use crate::stage::{Stage, counting_issuer, open_api};

const RSA: &str = include_str!("../../keys/rsa-2048.pkcs8.pem");
const P256: &str = include_str!("../../keys/p256.pkcs8.pem");
const P256_CERTIFICATE: &str = include_str!("../../keys/p256.certificate.pem");
const OTHER_CERTIFICATE: &str = include_str!("../../keys/ed25519.certificate.pem");

async fn stage() -> Stage {
    Stage::new(counting_issuer().await, open_api().await).await
}

/// Code, path and message of the one thing that is wrong with a connection.
async fn refused(stage: &Stage, value: &str, authentication: Value) -> (String, String, String) {
    let key = format!("s{}", stage.server.events().len());
    stage.server.create_secret(&key, value).await;
    let authentication =
        serde_json::from_str::<Value>(&authentication.to_string().replace("own-secret", &key)).unwrap();
    let create = "mutation($input: CreateConnectionInput!) {
        createConnection(input: $input) { connection { key } userErrors { code path message } } }";
    let input = json!({
        "key": "refused", "displayName": "Refused", "clientId": "c", "accessTokenUrl": stage.issuer.url("/token"),
        "authentication": authentication,
    });
    told(&stage.server.data(create, json!({ "input": input })).await["createConnection"], "connection")
}

fn told(payload: &Value, what: &str) -> (String, String, String) {
    assert!(payload[what].is_null(), "{payload:#}");
    let [error] = payload["userErrors"].as_array().unwrap().as_slice() else { panic!("{payload:#}") };
    let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (text("code"), path.join("."), text("message"))
}

fn by_key(algorithm: &str, x5t: &str) -> Value {
    let mut jwt = json!({ "secret": "own-secret", "signingAlgorithm": algorithm });
    if !x5t.is_empty() {
        jwt[x5t] = json!(true);
    }
    json!({ "privateKeyJwt": jwt })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_algorithm_that_does_not_fit_the_key_is_refused_naming_both() {
    let (code, path, message) = refused(&stage().await, RSA, by_key("ES256", "")).await;
    assert_eq!((code.as_str(), path.as_str()), ("ALGORITHM_MISMATCH", "authentication.privateKeyJwt.signingAlgorithm"));
    assert_eq!(message, "ES256 needs a P-256 key, this is an RSA key of 2048 bits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbprint_without_the_certificate_of_the_key_is_refused() {
    let stage = stage().await;
    for (value, field, expected) in [
        (P256.to_owned(), "x5t", "NO_CERTIFICATE"),
        (P256.to_owned(), "x5tS256", "NO_CERTIFICATE"),
        (format!("{P256}{OTHER_CERTIFICATE}"), "x5t", "CERTIFICATE_MISMATCH"),
        (format!("{P256}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "x5t", "CERTIFICATE_INVALID"),
    ] {
        let (code, path, _) = refused(&stage, &value, by_key("ES256", field)).await;
        assert_eq!((code.as_str(), path), (expected, format!("authentication.privateKeyJwt.{field}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_too_short_for_its_hash_is_refused() {
    let jwt = json!({ "clientSecretJwt": { "secret": "own-secret", "signingAlgorithm": "HS384" } });
    let (code, path, message) = refused(&stage().await, &"x".repeat(47), jwt).await;
    assert_eq!((code.as_str(), path.as_str()), ("SECRET_TOO_SHORT", "authentication.clientSecretJwt.secret"));
    assert_eq!(message, "HS384 needs a secret of at least 48 bytes, this one has fewer (RFC 7518 section 3.2)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_that_can_not_be_shown_is_refused() {
    let stage = stage().await;
    for (value, expected) in [
        (P256.to_owned(), "NO_CERTIFICATE"),
        (P256_CERTIFICATE.to_owned(), "PRIVATE_KEY_INVALID"),
        (format!("{OTHER_CERTIFICATE}{P256}"), "CERTIFICATE_MISMATCH"),
        ("hunter2".to_owned(), "NO_CERTIFICATE"),
    ] {
        let (code, path, message) =
            refused(&stage, &value, json!({ "tlsClientAuth": { "secret": "own-secret" } })).await;
        assert_eq!((code.as_str(), path.as_str()), (expected, "authentication.tlsClientAuth.secret"));
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_to_what_a_connection_can_not_use_is_refused_naming_the_connection() {
    let stage = stage().await;
    let rotate = "mutation($input: RotateSecretInput!) {
        rotateSecret(input: $input) { secret { key } userErrors { code path message } } }";
    let certificate = format!("{P256_CERTIFICATE}{P256}");
    let short = json!({ "clientSecretJwt": { "secret": "hmac" } });
    for (key, good, authentication, bad, expected) in [
        ("tls", certificate.as_str(), json!({ "tlsClientAuth": { "secret": "tls" } }), P256, "NO_CERTIFICATE"),
        ("hmac", &"x".repeat(32), short, "short", "SECRET_TOO_SHORT"),
        ("x5t", &certificate, by_key("ES256", "x5t"), P256, "NO_CERTIFICATE"),
        ("es256", P256, by_key("ES256", ""), RSA, "ALGORITHM_MISMATCH"),
    ] {
        stage.server.create_secret(key, good).await;
        let authentication: Value =
            serde_json::from_str(&authentication.to_string().replace("own-secret", key)).unwrap();
        stage.connect(key, json!({ "authentication": authentication })).await;
        let input = json!({ "key": key, "expectedVersion": 1, "source": { "value": bad } });
        let (code, path, message) =
            told(&stage.server.data(rotate, json!({ "input": input })).await["rotateSecret"], "secret");
        assert_eq!((code.as_str(), path.as_str()), (expected, "source.value"), "{key}");
        assert!(message.starts_with(&format!("connection {key} can't use this value: ")), "{message}");
    }
}
