//! An issuer that fails is spared, visibly, and a person can insist.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{HELD_BACK, OPEN, connect_once, down, edit, failure, forcing, once, source};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, eventually, open_api, outcome, status};

const RETRY: &str = "mutation { retryTokenRequest(input: { key: \"once\" }) {
    connection { key } failure { reason message } userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn while_an_issuer_fails_callers_are_told_at_once_and_it_is_not_asked() {
    let stage = Stage::with(Peer::saying(down()).await, open_api().await, &HELD_BACK).await;
    connect_once(&stage).await;
    assert_eq!(failure(&stage.call("/", once()).await), "SERVER_ERROR");
    let answers = join_all((0..20).map(async |_| stage.call("/", once()).await)).await;
    let events = stage.server.events();
    let failed: Vec<_> = events.iter().filter(|event| event["type"] == "token.request_failed.v1").collect();
    assert_eq!(failed.len(), 1, "no event for each call beside the one of its own exchange");
    let backoff_ms = failed[0]["payload"]["backoff_ms"].as_i64().unwrap();
    assert!((2_700_000..=3_600_000).contains(&backoff_ms), "{backoff_ms}");
    let recorded_at: DateTime<Utc> = failed[0]["recorded_at"].as_str().unwrap().parse().unwrap();
    let next_attempt_at = recorded_at + TimeDelta::milliseconds(backoff_ms);
    for answer in &answers {
        let told = outcome(answer);
        assert_eq!((&told["failure"], &told["retryable"]), (&json!("CIRCUIT_OPEN"), &json!(true)));
        assert_eq!((&told["httpStatus"], &told["phase"]), (&json!(503), &json!("RESPONSE")));
        assert_eq!(told["oauthError"]["error"], "temporarily_unavailable");
        assert_eq!(told["remedy"]["field"], Value::Null);
        let message = told["message"].as_str().unwrap();
        assert!(message.contains("SERVER_ERROR: the token endpoint answered 503"), "{message}");
        let said: DateTime<Utc> = message.rsplit(' ').next().unwrap().parse().unwrap();
        assert!((next_attempt_at - said).abs() < TimeDelta::seconds(5), "{said} {next_attempt_at}");
    }
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0));
    let ended = stage.recorded("exchange.failed.v1");
    assert_eq!(ended.iter().filter(|end| end["failure"]["reason"] == "CIRCUIT_OPEN").count(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_on_a_failing_issuer_cost_one_request_and_all_are_told() {
    // As slow as an issuer on another continent: nearly everybody comes while its answer is on the way.
    let issuer = Peer::start(async |_| {
        tokio::time::sleep(Duration::from_millis(300)).await;
        down()
    });
    let stage = Stage::with(issuer.await, open_api().await, &HELD_BACK).await;
    connect_once(&stage).await;
    let patient = json!({ "timeout": "PT60S", "authorization": { "clientConnection": { "key": "once" } } });
    let calls = (0..1_000).map(async |_| stage.call("/", patient.clone()).await);
    let answers: Vec<Value> = stream::iter(calls).buffer_unordered(1_000).collect().await;
    let told = |reason: &str| answers.iter().filter(|answer| failure(answer) == reason).count();
    // Whoever came after the answer is told of the same failure by the back-off.
    assert_eq!(told("SERVER_ERROR") + told("CIRCUIT_OPEN"), 1_000);
    assert!(told("SERVER_ERROR") > 1);
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0));
    assert_eq!(stage.recorded("token.request_failed.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_insists_is_not_held_back() {
    let is_well = Arc::new(AtomicBool::new(false));
    let recovered = Arc::clone(&is_well);
    let issuer = Peer::start(move |_| {
        let is_well = recovered.load(Ordering::SeqCst);
        std::future::ready(if is_well { Answer::token("t") } else { down() })
    });
    let stage = Stage::with(issuer.await, open_api().await, &HELD_BACK).await;
    connect_once(&stage).await;
    assert_eq!(failure(&stage.call("/", once()).await), "SERVER_ERROR");
    assert_eq!(failure(&stage.call("/", once()).await), "CIRCUIT_OPEN");
    assert_eq!(failure(&stage.call("/", forcing("once")).await), "SERVER_ERROR");
    let retried = stage.server.data(RETRY, json!({})).await["retryTokenRequest"].take();
    assert_eq!(
        (&retried["failure"]["reason"], &retried["connection"]["key"]),
        (&json!("SERVER_ERROR"), &json!("once"))
    );
    assert_eq!(stage.issuer.count(), 3);

    is_well.store(true, Ordering::SeqCst);
    assert_eq!(failure(&stage.call("/", once()).await), "CIRCUIT_OPEN");
    let retried = stage.server.data(RETRY, json!({})).await["retryTokenRequest"].take();
    assert_eq!(retried, json!({ "connection": { "key": "once" }, "failure": null, "userErrors": [] }));
    let answer = stage.call("/", once()).await;
    assert_eq!((status(&answer), source(&answer)), (200, &json!("CACHE")));
    assert_eq!(stage.issuer.count(), 4);
    let nobody = RETRY.replace("once", "nobody");
    let unknown = stage.server.data(&nobody, json!({})).await["retryTokenRequest"].take();
    assert_eq!(unknown, json!({ "connection": null, "failure": null, "userErrors": [{ "code": "NOT_FOUND" }] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_client_is_held_back_as_well_so_that_it_is_not_locked_out() {
    let refusal = Answer::json(401, &json!({ "error": "invalid_client" }));
    let stage = Stage::new(Peer::saying(refusal).await, open_api().await).await;
    assert_eq!(failure(&stage.call("/", json!({})).await), "INVALID_CLIENT");
    let held = stage.call("/", json!({})).await;
    assert_eq!(
        (failure(&held), &outcome(&held)["oauthError"]["error"]),
        (&json!("CIRCUIT_OPEN"), &json!("invalid_client"))
    );
    assert_eq!(stage.issuer.count(), 1);
    let backoff_ms = stage.recorded("token.request_failed.v1")[0]["backoff_ms"].as_u64().unwrap();
    assert!((7_500..=10_000).contains(&backoff_ms), "{backoff_ms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_off_doubles_with_each_failure_and_ends_by_itself() {
    let asked = AtomicUsize::new(0);
    let issuer = Peer::start(move |_| {
        let number = asked.fetch_add(1, Ordering::SeqCst);
        std::future::ready(if number < 3 { down() } else { Answer::token("t") })
    });
    let short = [OPEN, ("LATCHKEY_TOKEN__BACKOFF_MIN", "400ms")];
    let stage = Stage::with(issuer.await, open_api().await, &short).await;
    connect_once(&stage).await;
    eventually("the issuer has recovered", async || {
        outcome(&stage.call("/", once()).await)["__typename"] == "HttpResponse"
    })
    .await;
    let failed = stage.recorded("token.request_failed.v1");
    let delays: Vec<u64> = failed.iter().map(|failed| failed["backoff_ms"].as_u64().unwrap()).collect();
    assert!(matches!(delays[..], [300..=400, 600..=800, 1_200..=1_600]), "{delays:?}");
    assert_eq!(stage.issuer.count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured_in_seconds_and_as_a_date_up_to_an_hour() {
    let issuer = Peer::start(|heard: Heard| {
        let asked = match heard.form("scope").unwrap().as_str() {
            "seconds" => "1200".to_owned(),
            "date" => "Wed, 31 Dec 2200 23:59:59 GMT".to_owned(),
            other => other.to_owned(),
        };
        std::future::ready(down().with("retry-after", &asked))
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    connect_once(&stage).await;
    for scope in ["seconds", "date", "soon"] {
        let overrides = json!([{ "name": "scope", "value": scope }]);
        let through = json!({ "clientConnection": { "key": "once", "parameterOverrides": overrides } });
        assert_eq!(failure(&stage.call("/", json!({ "authorization": through })).await), "SERVER_ERROR", "{scope}");
    }
    let failed = stage.recorded("token.request_failed.v1");
    let delays: Vec<u64> = failed.iter().map(|failed| failed["backoff_ms"].as_u64().unwrap()).collect();
    assert!(matches!(delays[..], [1_200_000, 3_600_000, 750..=1_000]), "{delays:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_mends_the_connection_is_not_held_back() {
    let stage = Stage::with(Peer::saying(down()).await, open_api().await, &HELD_BACK).await;
    let mended =
        "mutation { updateConnection(input: { key: \"client\", expectedVersion: 1, tokenPolicy: { maxRetries: 0 } }) {
        userErrors { message } } }";
    assert_eq!(stage.server.data(mended, json!({})).await["updateConnection"]["userErrors"], json!([]));
    assert_eq!(failure(&stage.call("/", json!({})).await), "SERVER_ERROR");
    assert_eq!(failure(&stage.call("/", json!({})).await), "CIRCUIT_OPEN");
    edit(&stage, 2).await;
    assert_eq!(failure(&stage.call("/", json!({})).await), "SERVER_ERROR");
    assert_eq!(stage.issuer.count(), 2);
}
