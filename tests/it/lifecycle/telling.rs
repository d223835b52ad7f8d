//! `ConnectionProfile.token`: what is known of the token that a connection has.

use serde_json::{Value, json};

use super::{edit, evict, forcing};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, open_api, status};

async fn token(stage: &Stage) -> Value {
    let ask = "{ connection(key: \"client\") { token { fetchedAt expiresAt scope tokenType fingerprint } } }";
    stage.server.data(ask, json!({})).await["connection"]["token"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_tells_of_the_token_that_it_has_and_never_the_token() {
    let granted = json!({ "access_token": "canary", "token_type": "bearer", "expires_in": 3_600, "scope": "read" });
    let stage = Stage::new(Peer::saying(Answer::json(200, &granted)).await, open_api().await).await;
    assert_eq!(token(&stage).await, Value::Null);
    assert_eq!(status(&stage.call("/", json!({})).await), 200);
    let told = token(&stage).await;
    let issued = &stage.recorded("token.issued.v1")[0];
    assert_eq!((&told["fingerprint"], &told["scope"]), (&issued["fingerprint"], &json!("read")));
    assert_eq!(told["tokenType"], issued["token_type"]);
    let at = |name: &str| told[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!(at("expiresAt") - at("fetchedAt"), chrono::TimeDelta::hours(1));
    assert!(!told.to_string().contains("canary"));

    evict(&stage).await;
    assert_eq!(token(&stage).await, Value::Null);
    stage.call("/", json!({})).await;
    assert_eq!(token(&stage).await["scope"], "read");
    edit(&stage, 1).await;
    assert_eq!(token(&stage).await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_refused_for_good_or_has_ended_is_not_told_of() {
    let issuer = Peer::start(|heard: Heard| {
        let lives = if heard.form("scope").is_some() { 0.001 } else { 3_600.0 };
        std::future::ready(super::token_for("t", lives))
    });
    let stage = Stage::new(issuer.await, Peer::saying(Answer::text(401, "no")).await).await;
    let brief = json!({ "authorization": { "clientConnection": {
        "key": "client", "parameterOverrides": [{ "name": "scope", "value": "brief" }],
    } } });
    stage.call("/", brief).await;
    assert_eq!(token(&stage).await, Value::Null);
    stage.call("/", forcing("client")).await;
    assert_eq!(token(&stage).await, Value::Null);
}
