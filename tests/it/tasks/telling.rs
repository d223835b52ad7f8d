//! What is said of the runs of a task: Usage Data, auth failures, exchanges.

use serde_json::{Value, json};

use super::{created, run};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, open_api};

/// Refuses the scope `bad`.
async fn picky_issuer() -> Peer {
    Peer::start(|heard: Heard| {
        std::future::ready(match heard.form("scope").as_deref() {
            Some("bad") => Answer::json(400, &json!({ "error": "invalid_scope" })),
            _ => Answer::token("token"),
        })
    })
    .await
}

#[expect(clippy::disallowed_methods, reason = "a range that holds the test's own time")]
fn yesterday() -> String {
    (chrono::Utc::now() - chrono::TimeDelta::hours(20)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_task_has_usage_data_and_auth_failures_of_its_own() {
    let stage = Stage::new(picky_issuer().await, open_api().await).await;
    let bad =
        json!({ "clientConnection": { "key": "client", "parameterOverrides": [{ "name": "scope", "value": "bad" }] } });
    created(&stage, "good", json!({})).await;
    created(&stage, "bad", json!({ "authorization": bad })).await;
    created(&stage, "open", json!({ "authorization": { "none": true } })).await;
    for key in ["good", "good", "bad", "open"] {
        run(&stage, key, json!({})).await;
    }
    stage.call("/v1", json!({})).await;

    let query = "query($from: DateTime!) {
        good: httpRequestTask(key: \"good\") { ...Told } bad: httpRequestTask(key: \"bad\") { ...Told }
        open: httpRequestTask(key: \"open\") { ...Told }
        all: usageData(range: { from: $from }) { totals { requests } }
        two: usageData(range: { from: $from }, filter: { tasks: [\"good\", \"bad\"] }) { totals { requests authFailures } }
        both: usageData(range: { from: $from }, filter: { tasks: [\"good\", \"open\"], connections: [\"client\"] }) { totals { requests } }
        failures: authFailures(filter: { tasks: [\"bad\"] }) { totalCount }
        none: authFailures(filter: { tasks: [\"good\"] }) { totalCount }
        exchanges: httpExchanges(filter: { tasks: [\"good\"] }) { nodes { taskKey task { key } } }
        connection(key: \"client\") { usageData(range: { from: $from }) { totals { requests } } }
    }
    fragment Told on HttpRequestTask {
        usageData(range: { from: $from }) { totals { requests succeeded authFailures tokenRequests } topReasons { reason count } }
        authFailures { nodes { taskKey reason connectionKey } }
    }";
    let told = stage.server.data(query, json!({ "from": yesterday() })).await;
    let totals = |requests: u8, succeeded: u8, failures: u8, tokens: u8| json!({ "requests": requests, "succeeded": succeeded, "authFailures": failures, "tokenRequests": tokens });
    assert_eq!(told["good"]["usageData"], json!({ "totals": totals(2, 2, 0, 1), "topReasons": [] }));
    let reasons = json!([{ "reason": "INVALID_SCOPE", "count": 1 }]);
    assert_eq!(told["bad"]["usageData"], json!({ "totals": totals(1, 0, 1, 1), "topReasons": reasons }));
    assert_eq!(told["open"]["usageData"]["totals"], totals(1, 1, 0, 0));
    let failure = json!([{ "taskKey": "bad", "reason": "INVALID_SCOPE", "connectionKey": "client" }]);
    assert_eq!(told["bad"]["authFailures"]["nodes"], failure);
    assert_eq!(told["good"]["authFailures"]["nodes"], json!([]));
    let requests = |name: &str| told[name]["totals"]["requests"].clone();
    assert_eq!((requests("all"), requests("two"), requests("both")), (json!(4), json!(3), json!(2)));
    assert_eq!(told["two"]["totals"]["authFailures"], 1);
    assert_eq!(told["connection"]["usageData"]["totals"]["requests"], 4);
    assert_eq!((&told["failures"]["totalCount"], &told["none"]["totalCount"]), (&json!(1), &json!(0)));
    let runs =
        json!([{ "taskKey": "good", "task": { "key": "good" } }, { "taskKey": "good", "task": { "key": "good" } }]);
    assert_eq!(told["exchanges"]["nodes"], runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_of_a_run_names_its_task_and_that_of_a_plain_request_does_not() {
    let stage = Stage::new(picky_issuer().await, open_api().await).await;
    created(&stage, "t", json!({})).await;
    run(&stage, "t", json!({})).await;
    stage.call("/v1", json!({})).await;
    for event_type in ["exchange.started.v1", "exchange.completed.v1"] {
        let tasks: Vec<Option<Value>> =
            stage.recorded(event_type).iter().map(|event| event.get("task").cloned()).collect();
        assert_eq!(tasks, [Some(json!("t")), None], "{event_type}");
    }
}
