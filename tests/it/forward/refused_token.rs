//! What becomes of a token that the API refuses.

use serde_json::{Value, json};

use super::{ask, ended, scripted};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, eventually};

/// Refuses the tokens that are named.
async fn picky(refused: &'static [&'static str]) -> Stage {
    let answer = move |heard: Heard| {
        let is_refused = refused.iter().any(|token| heard.header("authorization") == Some(&format!("Bearer {token}")));
        let answer = if is_refused { Answer::text(401, "refused") } else { Answer::text(200, "fine") };
        std::future::ready(answer)
    };
    scripted(Peer::start(answer).await).await
}

async fn call(stage: &Stage, method: &str, body: &str) -> (u16, Option<String>) {
    let length = if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let mut line = ask(&stage.server, &format!("{method} /forward/api/x HTTP/1.1"), &length).await;
    line.say(body).await;
    let head = line.head().await;
    (head.status(), head.get("latchkey-error").map(str::to_owned))
}

fn tokens(stage: &Stage) -> Vec<String> {
    let heard = stage.api.heard();
    heard.iter().map(|heard| heard.header("authorization").unwrap().replace("Bearer ", "")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_body_is_made_once_more_with_another_token() {
    let stage = picky(&["token-1"]).await;
    assert_eq!(call(&stage, "DELETE", "").await, (200, None));
    assert_eq!(tokens(&stage), ["token-1", "token-2"]);
    let completed = ended(&stage, "exchange.completed.v1").await;
    assert_eq!((&completed["status"], &completed["auth_failure"]), (&json!(200), &Value::Null));
    assert_eq!(completed["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(completed["token"]["source"], "REFRESHED_AFTER_REJECTION");
    assert_eq!(stage.recorded("token.rejected.v1")[0]["conclusive"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_refusal_is_the_callers_and_the_third_call_does_not_double_the_traffic() {
    let stage = picky(&["token-1", "token-2"]).await;
    assert_eq!(call(&stage, "GET", "").await, (401, None), "the API's own answer");
    let completed = ended(&stage, "exchange.completed.v1").await;
    assert_eq!(completed["auth_failure"]["reason"], "TOKEN_REJECTED");
    assert_eq!(call(&stage, "GET", "").await.0, 401);
    assert_eq!(tokens(&stage), ["token-1", "token-2", "token-2"]);
    let conclusive: Vec<Value> =
        stage.recorded("token.rejected.v1").iter().map(|event| event["conclusive"].clone()).collect();
    assert_eq!(conclusive, [false, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_body_is_never_made_twice_but_the_next_one_gets_another_token() {
    let stage = later_refused().await;
    assert_eq!(call(&stage, "GET", "").await.0, 200, "now the token is in the cache");
    assert_eq!(call(&stage, "POST", "once").await, (401, None), "the API's own answer");
    assert_eq!(call(&stage, "POST", "again").await, (200, None));
    assert_eq!(tokens(&stage), ["token-1", "token-1", "token-2"]);
    let rejected = stage.recorded("token.rejected.v1");
    assert_eq!((rejected.len(), &rejected[0]["conclusive"]), (1, &json!(false)));
    eventually("all have ended", async || stage.recorded("exchange.completed.v1").len() == 3).await;
    let ends = stage.recorded("exchange.completed.v1");
    assert_eq!(ends[1]["auth_failure"]["reason"], "TOKEN_REJECTED");
    assert_eq!(ends[1]["attempts"].as_array().unwrap().len(), 1);
}

/// Takes `token-1` without a body only.
async fn later_refused() -> Stage {
    let answer = |heard: Heard| {
        let is_refused = heard.header("authorization") == Some("Bearer token-1") && !heard.body.is_empty();
        std::future::ready(if is_refused { Answer::text(401, "refused") } else { Answer::text(200, "fine") })
    };
    scripted(Peer::start(answer).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_token_that_is_refused_is_not_fetched_anew_for_every_body() {
    let stage = picky(&["token-1", "token-2", "token-3"]).await;
    for _ in 0..3 {
        assert_eq!(call(&stage, "POST", "body").await.0, 401);
    }
    assert_eq!(tokens(&stage), ["token-1", "token-1", "token-1"]);
    assert_eq!(stage.issuer.count(), 1);
    assert!(stage.recorded("token.rejected.v1").iter().all(|event| event["conclusive"] == true));
}
