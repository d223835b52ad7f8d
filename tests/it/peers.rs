//! The clients that others wrote, against the binary as it is shipped.

use serde_json::json;

use crate::booted::{Booted, EXECUTE};
use crate::peer::run_peer;

#[tokio::test(flavor = "multi_thread")]
async fn graphql_http_finds_no_fault_with_the_binary() {
    let directory = tempfile::tempdir().unwrap();
    let server = Booted::start(&directory.path().join("data"), &[]);
    let url = format!("{}/graphql", server.url);
    let report = run_peer("graphql_http_audit.mjs", &[&url, &server.token]).await;
    let report = report.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("61 audits: 61 ok"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_and_ws_find_no_fault_with_the_binary() {
    let directory = tempfile::tempdir().unwrap();
    let server = Booted::start(&directory.path().join("data"), &[]);
    let operation = json!({ "query": "subscription { auditEvents { __typename } }" }).to_string();
    let trigger = json!({
        "query": "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } } }",
        "variables": { "input": { "key": "trigger", "displayName": "Trigger", "source": { "value": "a secret" } } },
    });
    let (url, trigger) = (server.websocket_url(), trigger.to_string());
    let report = run_peer("graphql_ws_client.mjs", &[&url, &server.token, &operation, &trigger]).await;
    let report = report.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("all expectations hold"), "{report}");
    assert_eq!(server.events().last().unwrap()["type"], "secret.created.v1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_cut_again_and_again_misses_nothing_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = Booted::demo(&directory.path().join("data"));
    server.switch_demo("invalid_client").await;
    let failing = json!({ "query": EXECUTE, "variables": { "input": {
        "url": format!("{}/api/hello", server.demo),
        "authorization": { "clientConnection": { "key": "demo" } },
    } } });
    let url = format!("{}/graphql", server.url);
    let report = run_peer("graphql_ws_resume.mjs", &[&url, &server.token, &failing.to_string()]).await;
    let report = report.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("all expectations hold"), "{report}");
    // Two of the seed, sixty secrets, and the three of the failing call.
    assert_eq!(server.events().len(), 65, "{report}");
}
