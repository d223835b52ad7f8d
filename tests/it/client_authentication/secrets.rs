//! A client secret in the header and in the body, and a client that has none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::heard;
use crate::scripted::Heard;

const CLIENT_ID: &str = "my client:1";
const SECRET: &str = "s+cr/t: ü%&=";
const FORM_ENCODED: &str = "my+client%3A1:s%2Bcr%2Ft%3A+%C3%BC%25%26%3D";

async fn by_secret(more: Value) -> Heard {
    let mut secret = json!({ "secret": "own-secret" });
    secret.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    heard(SECRET, json!({ "clientId": CLIENT_ID, "authentication": { "clientSecret": secret } })).await
}

fn basic(heard: &Heard) -> String {
    let credentials = heard.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
    String::from_utf8(STANDARD.decode(credentials).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn basic_form_encodes_id_and_secret_and_leaves_both_out_of_the_body() {
    let heard = by_secret(json!({})).await;
    assert_eq!(basic(&heard), FORM_ENCODED);
    assert_eq!(heard.body, "grant_type=client_credentials");
    assert_eq!((heard.method.as_str(), heard.path.as_str()), ("POST", "/token"));
    assert_eq!(heard.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(heard.header("accept"), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_form_decode_is_sent_both_as_they_are() {
    // RFC 7617 section 2: the id has no colon then.
    let secret = json!({ "secret": "own-secret", "formEncode": false });
    let heard = heard(SECRET, json!({ "clientId": "my client", "authentication": { "clientSecret": secret } })).await;
    assert_eq!(basic(&heard), format!("my client:{SECRET}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_id_is_in_the_body_beside_basic_only_when_that_is_asked_for() {
    let heard = by_secret(json!({ "clientIdInBody": true })).await;
    assert_eq!(basic(&heard), FORM_ENCODED);
    assert_eq!(heard.body, "grant_type=client_credentials&client_id=my+client%3A1");
}

#[tokio::test(flavor = "multi_thread")]
async fn post_sends_id_and_secret_in_the_body_and_no_authorization() {
    let heard = by_secret(json!({ "placement": "REQUEST_BODY" })).await;
    assert_eq!(
        (heard.form("client_id").unwrap(), heard.form("client_secret").unwrap()),
        (CLIENT_ID.into(), SECRET.into())
    );
    assert_eq!(heard.header("authorization"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_only_says_who_it_is() {
    let heard = heard("unused", json!({ "clientId": CLIENT_ID, "authentication": { "none": true } })).await;
    assert_eq!(heard.body, "grant_type=client_credentials&client_id=my+client%3A1");
    assert_eq!(heard.header("authorization"), None);
}
