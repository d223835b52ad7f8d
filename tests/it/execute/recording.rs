//! What is on the record, and when.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::booted;
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, status};

/// The log as another process reads it right now.
fn events_of(data_dir: &Path) -> Vec<Value> {
    let output = booted::run(data_dir, &["events"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_and_the_token_are_on_the_log_before_the_api_is_called() {
    let seen: Arc<OnceLock<PathBuf>> = Arc::default();
    let data_dir = Arc::clone(&seen);
    let api = Peer::start(move |heard: Heard| {
        let data_dir = data_dir.get().unwrap().clone();
        async move {
            let log = tokio::task::spawn_blocking(move || events_of(&data_dir)).await.unwrap();
            let is_start =
                |event: &&Value| event["type"] == "exchange.started.v1" && event["payload"]["path"] == heard.path;
            let started = log.iter().find(is_start).is_some();
            let issued = log.iter().any(|event| event["type"] == "token.issued.v1");
            let ended = log.iter().any(|event| event["type"] == "exchange.completed.v1");
            Answer::json(200, &json!({ "started": started, "issued": issued, "ended": ended }))
        }
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    seen.set(stage.server.data_dir.clone()).unwrap();
    let answer = stage.call("/only-this-one", json!({})).await;
    assert_eq!(status(&answer), 200);
    let told: Value = serde_json::from_str(answer["exchange"]["outcome"]["body"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(told, json!({ "started": true, "issued": true, "ended": false }));
    assert_eq!(stage.recorded("exchange.completed.v1").len(), 1, "the end is there before the caller hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_exchange_tell_one_story() {
    let api = Peer::start(|heard: Heard| {
        let status = if heard.header("authorization") == Some("Bearer token-1") { 401 } else { 200 };
        std::future::ready(Answer::text(status, ""))
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let answer = stage.call("/story?secret=1", json!({ "headers": [{ "name": "X-Trace", "value": "v" }] })).await;
    let exchange = &answer["exchange"];
    let mut story = stage.server.events();
    story.retain(|event| event["correlation_id"] == exchange["correlationId"]);
    let types: Vec<_> = story.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected =
        ["exchange.started.v1", "token.issued.v1", "token.rejected.v1", "token.issued.v1", "exchange.completed.v1"];
    assert_eq!(types, expected);
    let positions: Vec<_> = story.iter().map(|event| json!(event["position"].to_string())).collect();
    assert_eq!(exchange["positions"], json!(positions));
    let started = &story[0]["payload"];
    assert_eq!((&started["path"], &started["header_names"]), (&json!("/story"), &json!(["x-trace"])));
    assert_eq!((&started["connection"], &started["connection_version"]), (&json!("client"), &json!(1)));
    let cause = &story[0]["id"];
    assert!(story[1..].iter().all(|event| event["causation_id"] == *cause), "{story:#?}");
}
