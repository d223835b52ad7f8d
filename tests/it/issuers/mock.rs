//! `oauth2-mock-server`, which verifies nothing, tells what it heard, and misbehaves when it is told to.

use serde_json::{Value, json};

use super::{P256, Stage, private_key};
use crate::stage::open_api;

#[tokio::test(flavor = "multi_thread")]
async fn a_mock_issuer_that_fails_once_hears_a_new_assertion() {
    let mut stage = Stage::set("oauth2_mock_server.mjs", &json!({})).await;
    stage.connect("mock", "token_endpoint", (P256, private_key("ES256", json!({})), json!({}))).await;
    stage.peer.say(&json!({ "do": "misbehave", "times": 1, "status": 503, "body": {} })).await;
    let api = open_api().await;
    assert_eq!(stage.call("mock", &api.url("/")).await["status"], 200);
    let said = stage.peer.say(&json!({ "do": "requests" })).await;
    let requests = said["requests"].as_array().unwrap();
    let assertion = |request: &Value| request["form"]["client_assertion"].as_str().unwrap().to_owned();
    assert_eq!(requests.len(), 2, "{said:#}");
    assert_ne!(assertion(&requests[0]), assertion(&requests[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mock_issuer_that_gives_an_unbound_token_where_a_bound_one_is_wanted_gives_nothing() {
    let mut stage = Stage::set("oauth2_mock_server.mjs", &json!({})).await;
    let dpop = json!({ "dpop": "EDDSA" });
    stage.connect("mock", "token_endpoint", (P256, private_key("ES256", json!({})), dpop)).await;
    let api = open_api().await;
    let outcome = stage.call("mock", &api.url("/")).await;
    let expected = "the token is of type \"Bearer\"; this connection takes only DPoP";
    assert_eq!((&outcome["message"], api.count()), (&json!(expected), 0), "{outcome:#}");
    stage.peer.say(&json!({ "do": "misbehave", "times": 1, "merge": { "token_type": "dpop" } })).await;
    assert_eq!(stage.call("mock", &api.url("/")).await["status"], 200);
    assert!(api.heard()[0].header("authorization").unwrap().starts_with("DPoP "));
}
