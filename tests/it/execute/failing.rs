//! What goes wrong on the way is an outcome with a type, never an error of the whole request.

use serde_json::json;

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, open_api, outcome, status};

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_refuses_the_client_is_an_auth_failure_and_nothing_is_sent() {
    let body = json!({ "error": "invalid_client", "error_description": "unknown client" });
    let stage = Stage::new(Peer::saying(Answer::json(401, &body)).await, open_api().await).await;
    let answer = stage.call("/", json!({})).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("AuthFailure"), &json!("INVALID_CLIENT")));
    assert_eq!(failure["oauthError"], json!({ "error": "invalid_client", "errorDescription": "unknown client" }));
    assert_eq!((&failure["httpStatus"], &failure["phase"]), (&json!(401), &json!("RESPONSE")));
    assert_eq!((&failure["retryable"], &failure["remedy"]["field"]), (&json!(false), &json!("authentication")));
    assert_eq!(answer["exchange"]["attempts"], json!([]));
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0), "a refused client is not asked for again");
    assert_eq!(stage.recorded("token.request_failed.v1").len(), 1);
    assert_eq!(stage.recorded("exchange.failed.v1")[0]["failure"]["reason"], "INVALID_CLIENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_fails_is_asked_again_as_often_as_the_policy_says() {
    let stage = Stage::new(Peer::saying(Answer::text(503, "down")).await, open_api().await).await;
    stage.connect("patient", json!({ "tokenPolicy": { "maxRetries": 1 } })).await;
    let answer = stage.call("/", json!({ "authorization": { "clientConnection": { "key": "patient" } } })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["failure"], &failure["retryable"]), (&json!("SERVER_ERROR"), &json!(true)));
    assert_eq!((stage.issuer.count(), stage.api.count()), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_says_nothing_is_given_up_in_time() {
    let stage = Stage::new(Peer::silent().await, open_api().await).await;
    let policy = json!({ "tokenPolicy": { "maxRetries": 0, "requestTimeout": "PT0.2S" } });
    stage.connect("hasty", policy).await;
    let answer = stage.call("/", json!({ "authorization": { "clientConnection": { "key": "hasty" } } })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("AuthFailure"), &json!("TIMEOUT")));
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_says_nothing_is_given_up_in_time() {
    let stage = Stage::new(counting_issuer().await, Peer::silent().await).await;
    let answer = stage.call("/", json!({ "timeout": "PT0.3S" })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("TransportFailure"), &json!("TIMEOUT")));
    assert_eq!((&failure["phase"], &failure["retryable"]), (&json!("REQUEST"), &json!(true)));
    assert_eq!(stage.api.count(), 1, "never sent twice");
    assert_eq!(stage.recorded("exchange.failed.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_time_covers_the_token_as_well() {
    let stage = Stage::new(Peer::silent().await, open_api().await).await;
    let answer = stage.call("/", json!({ "timeout": "PT0.3S" })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("AuthFailure"), &json!("TIMEOUT")));
    assert_eq!(stage.api.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_nobody_runs_is_a_transport_failure() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = stage.call("/", json!({ "url": format!("http://{closed}/") })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("TransportFailure"), &json!("CONNECT")));
    assert_eq!(answer["exchange"]["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_is_a_malformed_response() {
    let issuer = Peer::start(|heard: Heard| {
        std::future::ready(match heard.form("scope").as_deref() {
            Some("html") => Answer::bytes(200, "text/html", "<h1>Sign in</h1>"),
            Some("empty") => Answer::json(200, &json!({})),
            Some("mac") => Answer::json(200, &json!({ "access_token": "t", "token_type": "mac" })),
            _ => Answer::token("good"),
        })
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    for scope in ["html", "empty", "mac"] {
        let overrides = json!([{ "name": "scope", "value": scope }]);
        let through = json!({ "clientConnection": { "key": "client", "parameterOverrides": overrides } });
        let answer = stage.call("/", json!({ "authorization": through })).await;
        assert_eq!(outcome(&answer)["failure"], "MALFORMED_RESPONSE", "{scope}");
        assert_eq!(outcome(&answer)["remedy"]["field"], "accessTokenUrl");
    }
    assert_eq!(stage.api.count(), 0);
    assert_eq!(
        status(&stage.call("/", json!({})).await),
        200,
        "what failed for one scope does not stand in another's way"
    );
}
