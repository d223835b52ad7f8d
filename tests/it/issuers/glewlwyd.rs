//! Glewlwyd, an authorization server in C: it does not form-decode Basic, looks for a key by its id, and wants the token
//! endpoint as the audience.

use serde_json::{Value, json};

use super::{P256, RSA, SECRET, Stage, private_key, public, secret_jwt};
use crate::stage::open_api;

fn client(client_id: &str, method: &str, more: Value) -> Value {
    let mut client = json!({ "client_id": client_id, "token_endpoint_auth_method": method, "scope": "orders:read" });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    client.as_object_mut().unwrap().extend(more);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn glewlwyd_takes_every_method_that_it_has() {
    let secret = || json!({ "client_secret": SECRET });
    let keys = json!({ "jwks": { "keys": [public(RSA, "rsa-1"), public(P256, "ec-1")] } });
    let clients = json!([
        client("basic", "client_secret_basic", secret()),
        client("post", "client_secret_post", secret()),
        client("hs256", "client_secret_jwt", secret()),
        client("hs512", "client_secret_jwt", secret()),
        client("rs256", "private_key_jwt", keys.clone()),
        client("ps384", "private_key_jwt", keys.clone()),
        client("es256", "private_key_jwt", keys),
    ]);
    let stage = Stage::set("glewlwyd.mjs", &clients).await;
    let api = open_api().await;
    let by_secret =
        |placement| json!({ "clientSecret": { "secret": "its-own", "placement": placement, "formEncode": false } });
    let endpoint = json!({ "audienceSource": "TOKEN_ENDPOINT" });
    let named = |kid| json!({ "audienceSource": "TOKEN_ENDPOINT", "keyId": kid });
    for (key, value, authentication) in [
        ("basic", SECRET, by_secret("BASIC_HEADER")),
        ("post", SECRET, by_secret("REQUEST_BODY")),
        ("hs256", SECRET, secret_jwt("HS256", endpoint.clone())),
        ("hs512", SECRET, secret_jwt("HS512", endpoint)),
        ("rs256", RSA, private_key("RS256", named("rsa-1"))),
        ("ps384", RSA, private_key("PS384", named("rsa-1"))),
        ("es256", P256, private_key("ES256", named("ec-1"))),
    ] {
        let scope = json!({ "parameters": [{ "name": "scope", "value": "orders:read" }] });
        stage.connect(key, "token_endpoint", (value, authentication, scope)).await;
        let outcome = stage.call(key, &api.url("/")).await;
        assert_eq!(outcome["status"], 200, "{key}: {outcome:#}");
        let heard = api.heard().pop().unwrap();
        let token = heard.header("authorization").unwrap().strip_prefix("Bearer ").unwrap().to_owned();
        let claims = crate::client_authentication::decoded(&token).1;
        assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(key), &json!("orders:read")), "{claims:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn glewlwyd_refuses_a_wrong_secret_in_words_that_arrive() {
    let clients = json!([client("basic", "client_secret_basic", json!({ "client_secret": SECRET }))]);
    let stage = Stage::set("glewlwyd.mjs", &clients).await;
    let secret = json!({ "clientSecret": { "secret": "its-own" } });
    stage.connect("basic", "token_endpoint", ("another", secret, json!({}))).await;
    let api = open_api().await;
    let outcome = stage.call("basic", &api.url("/")).await;
    assert_eq!((&outcome["__typename"], api.count()), (&json!("AuthFailure"), 0), "{outcome:#}");
    assert_eq!((&outcome["phase"], &outcome["retryable"]), (&json!("RESPONSE"), &json!(false)), "{outcome:#}");
}
