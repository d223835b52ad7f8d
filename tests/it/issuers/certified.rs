//! `oidc-provider`, a certified OpenID provider, and an API beside it that verifies tokens, proofs and certificates.

use serde_json::{Value, json};

use super::{ED25519, P256, P384, P521, RSA, SECRET, Stage, private_key, public, secret_jwt};

const AUTHORITY_SIGNED: &str =
    concat!(include_str!("../../keys/mtls/client.certificate.pem"), include_str!("../../keys/mtls/client.key.pem"));
const CHAINED: &str = concat!(
    include_str!("../../keys/mtls/client-chain.key.pem"),
    include_str!("../../keys/mtls/client-chain.certificate.pem")
);
const STRANGER: &str = concat!(
    include_str!("../../keys/mtls/client-stranger.certificate.pem"),
    include_str!("../../keys/mtls/client-stranger.key.pem")
);
const SELF_SIGNED_CERTIFICATE: &str = include_str!("../../keys/mtls/client-self-signed.certificate.pem");
const SELF_SIGNED: &str = concat!(
    include_str!("../../keys/mtls/client-self-signed.certificate.pem"),
    include_str!("../../keys/mtls/client-self-signed.key.pem")
);

/// Each algorithm with a key that fits it.
const SIGNING: [(&str, &str); 10] = [
    ("RS256", RSA),
    ("RS384", RSA),
    ("RS512", RSA),
    ("PS256", RSA),
    ("PS384", RSA),
    ("PS512", RSA),
    ("ES256", P256),
    ("ES384", P384),
    ("ES512", P521),
    ("EdDSA", ED25519),
];

fn client(client_id: &str, method: &str, more: Value) -> Value {
    let mut client = json!({ "client_id": client_id, "token_endpoint_auth_method": method, "scope": "orders:read" });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    client.as_object_mut().unwrap().extend(more);
    client
}

/// What the API found out about a token of the connection.
async fn found(stage: &Stage, key: &str, api: &str) -> Value {
    let outcome = stage.call(key, stage.at(api)).await;
    assert_eq!(outcome["status"], 200, "{key}: {outcome:#}");
    let found: Value = serde_json::from_str(outcome["body"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(found["client_id"], key, "{found:#}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certified_provider_takes_a_client_secret_in_all_its_ways() {
    let mut clients = vec![
        client("basic", "client_secret_basic", json!({ "client_secret": SECRET })),
        client("post", "client_secret_post", json!({ "client_secret": SECRET })),
    ];
    let algorithms = ["HS256", "HS384", "HS512"];
    clients.extend(algorithms.map(|name| {
        let more = json!({ "client_secret": SECRET, "token_endpoint_auth_signing_alg": name });
        client(&name.to_lowercase(), "client_secret_jwt", more)
    }));
    let stage = Stage::set("oidc_provider.mjs", &json!(clients)).await;
    for placement in ["BASIC_HEADER", "REQUEST_BODY"] {
        let key = if placement == "BASIC_HEADER" { "basic" } else { "post" };
        let secret = json!({ "clientSecret": { "secret": "its-own", "placement": placement } });
        stage.connect(key, "token_endpoint", (SECRET, secret, json!({}))).await;
        assert_eq!(found(&stage, key, "resource").await["bound_to"], "nothing");
    }
    for name in algorithms {
        let key = name.to_lowercase();
        stage.connect(&key, "token_endpoint", (SECRET, secret_jwt(name, json!({})), json!({}))).await;
        assert_eq!(found(&stage, &key, "resource").await["scheme"], "Bearer");
        // It takes each assertion once only.
        assert_eq!(found(&stage, &key, "resource").await["scheme"], "Bearer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certified_provider_takes_every_signing_algorithm() {
    let clients = SIGNING.map(|(name, jwk)| {
        let more = json!({ "token_endpoint_auth_signing_alg": name, "jwks": { "keys": [public(jwk, "k-1")] } });
        client(&name.to_lowercase(), "private_key_jwt", more)
    });
    let stage = Stage::set("oidc_provider.mjs", &json!(clients)).await;
    for (name, jwk) in SIGNING {
        let key = name.to_lowercase();
        let named = private_key(name, json!({ "keyId": "k-1", "audience": stage.at("issuer") }));
        stage.connect(&key, "token_endpoint", (jwk, named, json!({}))).await;
        assert_eq!(found(&stage, &key, "resource").await["scheme"], "Bearer", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certified_provider_takes_certificates_and_binds_tokens_to_them() {
    let bound = json!({ "tls_client_certificate_bound_access_tokens": true });
    let by_name = |client_id: &str, name: &str| {
        let mut more = bound.clone();
        more["tls_client_auth_subject_dn"] = format!("CN={name},O=Latchkey tests").into();
        client(client_id, "tls_client_auth", more)
    };
    let mut registered = bound.clone();
    registered["certificate"] = SELF_SIGNED_CERTIFICATE.into();
    let clients = json!([
        by_name("signed", "client"),
        by_name("chained", "client-chain"),
        by_name("stranger", "client"),
        client("self-signed", "self_signed_tls_client_auth", registered.clone()),
        client("not-registered", "self_signed_tls_client_auth", registered),
    ]);
    let stage = Stage::set("oidc_provider.mjs", &clients).await;
    for (key, value, self_signed) in [
        ("signed", AUTHORITY_SIGNED, false),
        ("chained", CHAINED, false),
        ("stranger", STRANGER, false),
        ("self-signed", SELF_SIGNED, true),
        ("not-registered", AUTHORITY_SIGNED, true),
    ] {
        let tls = json!({ "tlsClientAuth": { "secret": "its-own", "selfSigned": self_signed } });
        stage.connect(key, "mtls_token_endpoint", (value, tls, json!({}))).await;
    }
    for key in ["signed", "chained", "self-signed"] {
        let found = found(&stage, key, "mtls_resource").await;
        assert_eq!((&found["bound_to"], &found["scheme"]), (&json!("certificate"), &json!("Bearer")), "{key}");
    }
    for key in ["stranger", "not-registered"] {
        let outcome = stage.call(key, stage.at("mtls_resource")).await;
        assert_eq!(
            (&outcome["failure"], &outcome["httpStatus"]),
            (&json!("INVALID_CLIENT"), &json!(401)),
            "{outcome:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certified_provider_and_its_api_take_proofs_with_their_nonces() {
    let algorithms = ["ES256", "ES384", "EDDSA"];
    let clients = algorithms.map(|name| {
        let more = json!({ "client_secret": SECRET, "dpop_bound_access_tokens": true });
        client(&name.to_lowercase(), "client_secret_basic", more)
    });
    let options = json!({ "clients": clients, "require_nonce": true, "one_use_api_nonces": true });
    let mut stage = Stage::set("oidc_provider.mjs", &options).await;
    let secret = json!({ "clientSecret": { "secret": "its-own" } });
    for name in algorithms {
        let key = name.to_lowercase();
        stage.connect(&key, "token_endpoint", (SECRET, secret.clone(), json!({ "dpop": name }))).await;
        let found = found(&stage, &key, "resource").await;
        assert_eq!((&found["bound_to"], &found["scheme"]), (&json!("key"), &json!("DPoP")), "{name}");
    }
    // Those that are remembered are refused now, at both places.
    stage.peer.say(&json!({ "do": "rotate_nonces" })).await;
    assert_eq!(found(&stage, "es256", "resource").await["bound_to"], "key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_bound_to_a_key_by_a_client_that_signs_its_assertions() {
    let more = json!({
        "token_endpoint_auth_signing_alg": "PS256", "jwks": { "keys": [public(RSA, "k-1")] },
        "dpop_bound_access_tokens": true,
    });
    let stage = Stage::set("oidc_provider.mjs", &json!([client("both", "private_key_jwt", more)])).await;
    let dpop = json!({ "dpop": "ES256" });
    stage.connect("both", "token_endpoint", (RSA, private_key("PS256", json!({})), dpop)).await;
    // The provider takes a `jti` once: the assertion of the request with the nonce is a new one.
    assert_eq!(found(&stage, "both", "resource").await["bound_to"], "key");
}
