//! *Retry external requests on failure*: what is sent again, and what never.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, open_api, outcome, status, user_error};

/// Delays so short that five of them are no wait.
const QUICK: [(&str, &str); 3] = [
    ("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"),
    ("LATCHKEY_HTTP__RETRY_DELAY", "1ms"),
    ("LATCHKEY_HTTP__RETRY_AFTER_MAX", "50ms"),
];

/// An API that fails so for so many times, then says `ok`.
async fn failing(times: usize, failure: Answer) -> Peer {
    let asked = Arc::new(AtomicUsize::new(0));
    Peer::start(move |_| {
        let is_early = asked.fetch_add(1, Ordering::SeqCst) < times;
        std::future::ready(if is_early { failure.clone() } else { Answer::text(200, "ok") })
    })
    .await
}

async fn stage(api: Peer) -> Stage {
    Stage::with(counting_issuer().await, api, &QUICK).await
}

fn retried(mut more: Value) -> Value {
    more["retryOnFailure"] = json!(true);
    more
}

fn statuses(payload: &Value) -> Vec<u64> {
    let attempts = payload["exchange"]["attempts"].as_array().unwrap();
    attempts.iter().map(|attempt| attempt["status"].as_u64().unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_status_that_may_pass_is_retried_until_it_has_passed() {
    for passing in [408, 429, 502, 503, 504] {
        let stage = stage(failing(2, Answer::text(passing, "not now")).await).await;
        let answer = stage.call("/", retried(json!({}))).await;
        assert_eq!(status(&answer), 200, "{passing}");
        assert_eq!(statuses(&answer), [u64::from(passing), u64::from(passing), 200]);
        let attempts = &answer["exchange"]["attempts"];
        assert!(attempts[0]["reason"].as_str().unwrap().starts_with("repeated after "), "{attempts}");
        assert_eq!(attempts[2]["reason"], Value::Null);
        assert_eq!(answer["exchange"]["token"]["source"], "FETCHED", "a repetition does not change where it came from");
        assert_eq!(stage.issuer.count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_status_is_the_answer() {
    for lasting in [400, 403, 404, 409, 422, 500, 501] {
        let stage = stage(failing(1, Answer::text(lasting, "no")).await).await;
        assert_eq!(statuses(&stage.call("/", retried(json!({}))).await), [u64::from(lasting)], "{lasting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_retries_the_last_answer_counts_and_usage_tells_of_them() {
    let stage = stage(Peer::saying(Answer::text(503, "down")).await).await;
    let answer = stage.call("/", retried(json!({}))).await;
    assert_eq!((status(&answer), &outcome(&answer)["body"]["text"]), (503, &json!("down")));
    assert_eq!((statuses(&answer), stage.api.count()), (vec![503; 6], 6));
    let usage = "query($from: DateTime!) { usageData(range: { from: $from }) { totals { requests retries } } }";
    let totals = stage.server.data(usage, json!({ "from": yesterday() })).await["usageData"]["totals"].clone();
    assert_eq!(totals, json!({ "requests": 1, "retries": 5 }));
}

#[expect(clippy::disallowed_methods, reason = "a range that holds the test's own time")]
fn yesterday() -> String {
    (chrono::Utc::now() - chrono::TimeDelta::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_retried_unless_it_is_asked_for() {
    let stage = stage(failing(1, Answer::text(503, "down")).await).await;
    assert_eq!(statuses(&stage.call("/", json!({})).await), [503]);
    assert_eq!(status(&stage.call("/", json!({ "retryNonIdempotent": true })).await), 200);
    assert_eq!(stage.api.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_failure_is_retried() {
    // Nobody listens there, five times over.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let stage = stage(open_api().await).await;
    let answer = stage.call("/", retried(json!({ "url": format!("http://{closed}/") }))).await;
    assert_eq!((&outcome(&answer)["failure"], statuses(&answer)), (&json!("CONNECT"), vec![0; 6]));
    let reason = answer["exchange"]["attempts"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("could not connect") && reason.contains("; repeated after "), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_address_is_not_retried() {
    let stage = stage(open_api().await).await;
    let refused =
        stage.call("/", retried(json!({ "url": "http://10.0.0.1/", "authorization": { "none": true } }))).await;
    assert_eq!(user_error(&refused).1, "EGRESS_DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn post_and_patch_are_retried_only_with_an_idempotency_key_or_when_the_caller_insists() {
    for method in ["POST", "PATCH"] {
        let stage = stage(Peer::saying(Answer::text(503, "down")).await).await;
        let body = json!({ "method": method, "body": { "text": "pay" } });
        let plain = stage.call("/", retried(body.clone())).await;
        assert_eq!(statuses(&plain).len(), 1, "{method}");
        let mut named = retried(body.clone());
        named["headers"] = json!([{ "name": "Idempotency-Key", "value": "payment-1" }]);
        assert_eq!(statuses(&stage.call("/", named).await).len(), 6, "{method}");
        let mut insisting = retried(body);
        insisting["retryNonIdempotent"] = json!(true);
        assert_eq!(statuses(&stage.call("/", insisting).await).len(), 6, "{method}");
        let heard = stage.api.heard();
        assert!(heard.iter().all(|one| one.body == "pay" && one.method == method));
        assert_eq!(heard[1..7].iter().filter(|one| one.header("idempotency-key") == Some("payment-1")).count(), 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authentication_failure_is_not_retried() {
    let refusing = Peer::saying(Answer::json(401, &json!({ "error": "invalid_client" }))).await;
    let stage = Stage::with(refusing, open_api().await, &QUICK).await;
    let answer = stage.call("/", retried(json!({}))).await;
    assert_eq!(outcome(&answer)["failure"], "INVALID_CLIENT");
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0));

    let stage = Stage::with(counting_issuer().await, Peer::saying(Answer::text(401, "no")).await, &QUICK).await;
    let answer = stage.call("/", retried(json!({}))).await;
    assert_eq!(statuses(&answer), [401, 401], "once more with another token, and that is all");
    assert_eq!(outcome(&answer)["authFailure"]["failure"], "TOKEN_REJECTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_on_a_retry_is_replaced_and_the_retries_go_on() {
    let asked = Arc::new(AtomicUsize::new(0));
    let api = Peer::start(move |heard: Heard| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        let is_old = heard.header("authorization") == Some("Bearer token-1");
        std::future::ready(match (number, is_old) {
            (0 | 2, _) => Answer::text(503, "busy"),
            (_, true) => Answer::text(401, "expired"),
            (_, false) => Answer::text(200, "ok"),
        })
    });
    let stage = stage(api.await).await;
    let answer = stage.call("/", retried(json!({}))).await;
    assert_eq!(statuses(&answer), [503, 401, 503, 200]);
    assert_eq!(answer["exchange"]["token"]["source"], "REFRESHED_AFTER_REJECTION");
    assert_eq!(stage.issuer.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_bounds_the_waiting() {
    let settings = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_HTTP__RETRY_DELAY", "5m")];
    let stage = Stage::with(counting_issuer().await, Peer::saying(Answer::text(503, "down")).await, &settings).await;
    // A wait beyond the deadline is not begun: the answer is there at once.
    let answer = tokio::time::timeout(Duration::from_secs(20), stage.call("/", retried(json!({})))).await.unwrap();
    assert_eq!((status(&answer), stage.api.count()), (503, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_waited_for_up_to_the_cap() {
    let busy = Answer::text(429, "slow down").with("retry-after", "86400");
    let stage = stage(failing(1, busy).await).await;
    let answer = stage.call("/", retried(json!({}))).await;
    assert_eq!(statuses(&answer), [429, 200]);
    assert_eq!(answer["exchange"]["attempts"][0]["reason"], "repeated after 50 ms");

    let soon = Answer::text(503, "soon").with("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT");
    let stage = self::stage(failing(1, soon).await).await;
    assert_eq!(statuses(&stage.call("/", retried(json!({}))).await), [503, 200]);
}
