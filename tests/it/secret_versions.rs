//! Two live secrets and their ends, through the booted binary: what is tried, in which order, and what the operator sees.

mod expiring;
mod storing;

use std::future::ready;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::booted::Booted;
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{SECRET, Stage, open_api, outcome, status};

/// The value after the rotation.
const NEW: &str = "correct-horse";

/// What the issuer answers for each value, to be changed while it runs.
type Script = Arc<Mutex<Vec<(&'static str, Answer)>>>;

/// A server with a connection `posting` that sends its secret in the body, and an issuer that answers by it.
async fn stage(answers: Vec<(&'static str, Answer)>) -> (Stage, Script) {
    let script: Script = Arc::new(Mutex::new(answers));
    let read = Arc::clone(&script);
    let issuer = Peer::start(move |heard: Heard| {
        let value = heard.form("client_secret").unwrap_or_default();
        let script = read.lock().unwrap();
        let answer = script.iter().find(|(known, _)| *known == value).map(|(_, answer)| answer.clone());
        ready(answer.unwrap_or_else(|| refusal("unknown")))
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    stage
        .connect(
            "posting",
            json!({
                "authentication": { "clientSecret": { "secret": "secret", "placement": "REQUEST_BODY" } },
                "tokenPolicy": { "maxRetries": 0 },
            }),
        )
        .await;
    (stage, script)
}

fn refusal(description: &str) -> Answer {
    Answer::json(401, &json!({ "error": "invalid_client", "error_description": description }))
}

/// Rotates the secret; the mutation's payload.
async fn rotate(server: &Booted, expected_version: u32, value: &str, more: Value) -> Value {
    let mut input = json!({ "key": "secret", "expectedVersion": expected_version, "source": { "value": value } });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let rotate = "mutation($input: RotateSecretInput!) { rotateSecret(input: $input) {
        secret { version expiresAt previous { version until } } userErrors { code path } } }";
    server.data(rotate, json!({ "input": input })).await["rotateSecret"].take()
}

/// Has a new token fetched for `posting`.
async fn call(stage: &Stage) -> Value {
    let through = json!({ "clientConnection": { "key": "posting", "forceNewToken": true } });
    stage.call("/", json!({ "authorization": through })).await
}

/// The values that the issuer was shown so far, in order.
fn shown(stage: &Stage) -> Vec<String> {
    stage.issuer.heard().iter().map(|heard| heard.form("client_secret").unwrap_or_default()).collect()
}

/// The codes of the warnings at the connection and at its secret.
async fn warnings(server: &Booted) -> (Value, Value) {
    let asked =
        r#"{ connection(key: "posting") { warnings { code secretKey } } secret(key: "secret") { warnings { code } } }"#;
    let data = server.data(asked, json!({})).await;
    let codes = |of: &str| {
        data[of]["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].clone()).collect::<Value>()
    };
    (codes("connection"), codes("secret"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_value_is_tried_first_and_the_previous_one_when_the_issuer_refuses_it() {
    let (stage, script) = stage(vec![(SECRET, Answer::token("by-old"))]).await;
    let rotated = rotate(&stage.server, 1, NEW, json!({ "overlap": "P7D" })).await;
    assert_eq!((&rotated["secret"]["version"], &rotated["secret"]["previous"]["version"]), (&json!(2), &json!(1)));

    assert_eq!(status(&call(&stage).await), 200);
    assert_eq!(shown(&stage), [NEW, SECRET]);
    let issued = &stage.recorded("token.issued.v1")[0];
    assert_eq!((&issued["secret_version"], &issued["attempts"]), (&json!(1), &json!(2)));
    let in_use = json!(["PREVIOUS_SECRET_IN_USE"]);
    assert_eq!(warnings(&stage.server).await, (in_use.clone(), in_use));

    script.lock().unwrap().push((NEW, Answer::token("by-new")));
    assert_eq!(status(&call(&stage).await), 200);
    assert_eq!(shown(&stage), [NEW, SECRET, NEW], "the one before is not shown when it is not needed");
    let issued = &stage.recorded("token.issued.v1")[1];
    assert_eq!((&issued["secret_version"], &issued["attempts"]), (&json!(2), &json!(1)));
    assert_eq!(warnings(&stage.server).await, (json!([]), json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previous_value_is_tried_on_nothing_but_a_refused_client() {
    let error = |status, error: &str| Answer::json(status, &json!({ "error": error }));
    let (stage, script) = stage(vec![]).await;
    rotate(&stage.server, 1, NEW, json!({ "overlap": "P7D" })).await;
    let no_sign = [
        (Answer::text(503, "down"), "SERVER_ERROR"),
        (error(500, "invalid_client"), "INVALID_CLIENT"),
        (error(429, "slow_down"), "RATE_LIMITED"),
        (error(400, "invalid_scope"), "INVALID_SCOPE"),
        (error(400, "unauthorized_client"), "UNAUTHORIZED_CLIENT"),
        (Answer::text(403, "forbidden"), "INVALID_REQUEST"),
        (Answer::text(200, "hello"), "MALFORMED_RESPONSE"),
    ];
    for (asked, (answer, reason)) in (1..).zip(no_sign) {
        *script.lock().unwrap() = vec![(NEW, answer), (SECRET, Answer::token("by-old"))];
        assert_eq!(outcome(&call(&stage).await)["failure"], reason);
        assert_eq!(shown(&stage), vec![NEW; asked]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_previous_value_is_not_tried_after_a_time_out() {
    let silent = Stage::new(Peer::silent().await, open_api().await).await;
    silent
        .connect(
            "posting",
            json!({
                "authentication": { "clientSecret": { "secret": "secret", "placement": "REQUEST_BODY" } },
                "tokenPolicy": { "maxRetries": 0, "requestTimeout": "PT0.2S" },
            }),
        )
        .await;
    rotate(&silent.server, 1, NEW, json!({ "overlap": "P7D" })).await;
    assert_eq!(outcome(&call(&silent).await)["failure"], "TIMEOUT");
    assert_eq!(shown(&silent), [NEW]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_both_are_refused_the_failure_is_that_of_the_current_value_and_both_are_counted() {
    let (stage, _) = stage(vec![(NEW, refusal("no such secret")), (SECRET, refusal("locked"))]).await;
    rotate(&stage.server, 1, NEW, json!({ "overlap": "P7D" })).await;
    let answer = call(&stage).await;
    assert_eq!(outcome(&answer)["oauthError"]["errorDescription"], "no such secret");
    assert_eq!(shown(&stage), [NEW, SECRET]);
    let failures = stage.recorded("token.request_failed.v1");
    assert_eq!((failures.len(), &failures[0]["failure"]["attempts"]), (1, &json!(2)));
    assert_eq!(warnings(&stage.server).await, (json!([]), json!([])), "it is not in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_overlap_the_value_before_is_dropped_at_once() {
    let (stage, _) = stage(vec![(SECRET, Answer::token("by-old"))]).await;
    let rotated = rotate(&stage.server, 1, NEW, json!({})).await;
    assert_eq!(rotated["secret"]["previous"], Value::Null);
    assert_eq!(outcome(&call(&stage).await)["failure"], "INVALID_CLIENT");
    assert_eq!(shown(&stage), [NEW]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_rotations_only_the_last_value_before_is_tried() {
    let (stage, _) = stage(vec![(SECRET, Answer::token("by-first"))]).await;
    rotate(&stage.server, 1, "second", json!({ "overlap": "P7D" })).await;
    rotate(&stage.server, 2, NEW, json!({ "overlap": "P7D" })).await;
    assert_eq!(outcome(&call(&stage).await)["failure"], "INVALID_CLIENT");
    assert_eq!(shown(&stage), [NEW, "second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overlap_that_is_over_is_over_and_its_value_is_removed_at_the_next_start() {
    let (mut stage, _) = stage(vec![(SECRET, Answer::token("by-old"))]).await;
    let rotated = rotate(&stage.server, 1, NEW, json!({ "overlap": "PT0.001S" })).await;
    assert_eq!(rotated["userErrors"], json!([]));
    assert_eq!(outcome(&call(&stage).await)["failure"], "INVALID_CLIENT");
    assert_eq!(shown(&stage), [NEW]);

    stage.server.kill();
    let again = Booted::start(&stage.server.data_dir, &[]);
    again.ask_to_stop();
    let said = again.ended().stderr;
    assert!(said.contains("removed previous values of secrets whose overlap is over"), "{said}");
}
