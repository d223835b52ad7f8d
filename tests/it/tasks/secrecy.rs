//! What may be secret in a task is in no event, no log line and no file in a form that can be read.

use serde_json::json;

use super::{created, run};
use crate::stage::{Stage, counting_issuer, open_api, status};

/// A query, a header, a body, and the variables for each.
const CANARIES: [&str; 7] = [
    "canary-url-query",
    "canary-listed-query",
    "canary-header-value",
    "canary-body-text",
    "canary-query-variable",
    "canary-header-variable",
    "canary-body-variable",
];

fn assert_absent(place: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for canary in CANARIES {
        assert!(!text.contains(canary) && !text.contains(&hex::encode(canary)), "{canary} is in {place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_task_and_of_its_runs_are_kept_sealed_or_not_at_all() {
    let settings = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_TELEMETRY__LOG__FILTER", "trace")];
    let stage = Stage::with(counting_issuer().await, open_api().await, &settings).await;
    let task = json!({
        "method": "POST", "url": stage.api.url("/kept-path?a=canary-url-query"),
        "query": [{ "name": "b", "value": "canary-listed-query{{query}}" }],
        "headers": [{ "name": "x-kept-name", "value": "canary-header-value{{header}}" }],
        "body": { "json": { "text": "canary-body-text{{body}}" } }, "idempotencyKey": "wish",
    });
    created(&stage, "t", task).await;
    let variables = json!({
        "query": "canary-query-variable", "header": "canary-header-variable", "body": "canary-body-variable",
    });
    let ran = run(&stage, "t", json!({ "variables": variables, "idempotencyKey": "wish" })).await;
    assert_eq!(status(&ran), 200);
    let wrong = run(&stage, "t", json!({ "variables": { "query": ["canary-query-variable"] } })).await;
    assert_absent("a refusal", wrong.to_string().as_bytes());
    let renamed = "mutation { updateHttpRequestTask(input: { key: \"t\", expectedVersion: 1, displayName: \"New\" }) { userErrors { code } } }";
    stage.server.data(renamed, json!({})).await;
    let heard = &stage.api.heard()[0];
    assert!(heard.query.contains("canary-url-query") && heard.body.contains("canary-body-variable"), "it was sent");

    let created = &stage.recorded("task.created.v1")[0]["definition"];
    assert_eq!((&created["header_names"], &created["path"]), (&json!(["x-kept-name"]), &json!("/kept-path")));
    for part in ["query", "headers", "body"] {
        assert_eq!(created["fingerprints"][part].as_str().unwrap().len(), 16, "{part}");
    }
    let events = stage.server.events();
    for event in &events {
        assert_absent("an event", event.to_string().as_bytes());
    }
    let data_dir = stage.server.data_dir.clone();
    let files = || std::fs::read_dir(&data_dir).unwrap().map(|entry| entry.unwrap().path());
    let mut is_kept = false;
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        is_kept |= String::from_utf8_lossy(&bytes).contains("x-kept-name");
        assert_absent(&path.display().to_string(), &bytes);
    }
    assert!(is_kept, "the name of a header is kept, so the search would find what is");
    stage.server.ask_to_stop();
    let Stage { server, .. } = stage;
    let ended = tokio::task::spawn_blocking(|| server.ended()).await.unwrap();
    assert!(ended.stderr.contains("TRACE"), "the log was at its most talkative");
    assert_absent("standard output", ended.stdout.as_bytes());
    assert_absent("standard error", ended.stderr.as_bytes());
}
