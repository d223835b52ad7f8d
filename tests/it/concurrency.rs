//! Many at once on the real binary: one token request, one winner, one story.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Barrier, Notify};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{EXECUTE, Stage, counting_issuer, eventually, open_api, outcome, status, through};

/// Calls through `client`, all at once; their payloads.
async fn all_at_once(stage: &Stage, count: usize, more: Value) -> Vec<Value> {
    let calls = (0..count).map(async |number| stage.call(&format!("/{number}"), more.clone()).await);
    stream::iter(calls).buffer_unordered(count).collect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_on_a_cold_cache_cost_one_token_request() {
    // As slow as an issuer on another continent: everybody comes while its answer is on the way.
    let issuer = Peer::start(async |_| {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Answer::token("the-token")
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    let answers = all_at_once(&stage, 1_000, json!({ "timeout": "PT60S" })).await;
    assert!(answers.iter().all(|answer| status(answer) == 200));
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 1_000));
    let bearers: HashSet<_> =
        stage.api.heard().iter().map(|heard| heard.header("authorization").map(str::to_owned)).collect();
    assert_eq!(bearers, HashSet::from([Some("Bearer the-token".to_owned())]));
    let paths: HashSet<_> = stage.api.heard().into_iter().map(|heard| heard.path).collect();
    assert_eq!(paths.len(), 1_000, "each call was sent once");
    let fetched = answers.iter().filter(|answer| answer["exchange"]["token"]["source"] == "FETCHED").count();
    assert_eq!(fetched, 1, "one call says that it fetched the token, the others that they shared or found it");
    assert_eq!(stage.recorded("token.issued.v1").len(), 1);
    assert_eq!(stage.recorded("exchange.completed.v1").len(), 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_refusals_of_one_token_at_once_cost_one_refresh() {
    let everybody = Arc::new(Barrier::new(10));
    let is_revoked = Arc::new(AtomicBool::new(false));
    let (barrier, revoked) = (Arc::clone(&everybody), Arc::clone(&is_revoked));
    let api = Peer::start(move |heard: Heard| {
        let (barrier, revoked) = (Arc::clone(&barrier), Arc::clone(&revoked));
        async move {
            let is_first = heard.header("authorization") == Some("Bearer token-1");
            if !revoked.load(Ordering::SeqCst) || !is_first {
                return Answer::text(200, "ok");
            }
            // Nobody is refused before everybody has come with the old token.
            barrier.wait().await;
            Answer::text(401, "revoked")
        }
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    assert_eq!(status(&stage.call("/prime", json!({})).await), 200);
    is_revoked.store(true, Ordering::SeqCst);
    let answers = all_at_once(&stage, 10, json!({})).await;
    for answer in &answers {
        assert_eq!(
            (status(answer), &answer["exchange"]["token"]["source"]),
            (200, &json!("REFRESHED_AFTER_REJECTION"))
        );
    }
    assert_eq!((stage.issuer.count(), stage.api.count()), (2, 21));
    assert_eq!(stage.recorded("token.issued.v1").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_for_a_failing_issuer_fail_together_and_the_next_one_starts_anew() {
    let gate = Arc::new(Notify::new());
    let asked = Arc::new(AtomicUsize::new(0));
    let opened = Arc::clone(&gate);
    let issuer = Peer::start(move |_| {
        let (opened, number) = (Arc::clone(&opened), asked.fetch_add(1, Ordering::SeqCst));
        async move {
            if number > 0 {
                return Answer::token("recovered");
            }
            opened.notified().await;
            // The last one to be recorded needs a moment to join.
            tokio::time::sleep(Duration::from_millis(500)).await;
            Answer::json(503, &json!({ "error": "temporarily_unavailable" }))
        }
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    stage.connect("once", json!({ "tokenPolicy": { "maxRetries": 0 } })).await;
    let through_once = json!({ "timeout": "PT60S", "authorization": { "clientConnection": { "key": "once" } } });
    let (failures, ()) = tokio::join!(all_at_once(&stage, 200, through_once.clone()), async {
        eventually("200 calls wait", async || stage.recorded("exchange.started.v1").len() == 200).await;
        gate.notify_one();
    });
    for failure in &failures {
        let told = outcome(failure);
        assert_eq!((&told["__typename"], &told["failure"]), (&json!("AuthFailure"), &json!("SERVER_ERROR")));
        assert_eq!(told, outcome(&failures[0]));
    }
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 0));
    assert_eq!(stage.recorded("token.request_failed.v1").len(), 1);
    assert_eq!(stage.recorded("exchange.failed.v1").len(), 200);

    // For a second after a failure nobody is asked; whoever comes then is told so at once.
    eventually("the next one starts anew", async || {
        let answer = stage.call("/", through_once.clone()).await;
        outcome(&answer)["failure"] != "CIRCUIT_OPEN" && status(&answer) == 200
    })
    .await;
    assert_eq!((stage.issuer.count(), stage.api.count()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_does_not_take_the_end_of_its_exchange_along() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let api = Peer::start(move |_| {
        let opened = Arc::clone(&opened);
        async move {
            opened.notified().await;
            Answer::text(200, "too late for you")
        }
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let body =
        json!({ "query": EXECUTE, "variables": { "input": through("client", &stage.api.url("/left"), json!({})) } });
    let body = body.to_string();
    let host = stage.server.url.strip_prefix("http://").unwrap();
    let mut caller = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        stage.server.token,
        body.len()
    );
    caller.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stage.api.has_heard(1).await;
    drop(caller);
    // The server has noticed by the time that it has served somebody else on a new connection.
    assert_eq!(stage.server.data("{ __typename }", json!({})).await["__typename"], "Query");
    assert_eq!(stage.recorded("exchange.completed.v1"), Vec::<Value>::new());
    gate.notify_one();
    eventually("the end is recorded", async || stage.recorded("exchange.completed.v1").len() == 1).await;
    assert_eq!(stage.recorded("exchange.started.v1")[0]["path"], "/left");
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_changes_to_one_version_one_wins_and_the_others_are_told() {
    const WRITERS: usize = 64;
    const ROUNDS: usize = 4;
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let update = "mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) {
        connection { version displayName }
        userErrors { __typename code path ... on VersionConflict { currentVersion current { version } } } } }";
    let mut winners = Vec::new();
    for version in 1..=ROUNDS {
        let answers = join_all((0..WRITERS).map(async |writer| {
            let name = format!("writer {writer} of round {version}");
            let input = json!({ "key": "client", "expectedVersion": version, "displayName": name });
            stage.server.data(update, json!({ "input": input })).await["updateConnection"].take()
        }))
        .await;
        let won: Vec<_> = answers.iter().filter(|answer| !answer["connection"].is_null()).collect();
        assert_eq!(won.len(), 1, "{won:?}");
        assert_eq!(won[0]["connection"]["version"], version + 1);
        winners.push(won[0]["connection"]["displayName"].clone());
        for lost in answers.iter().filter(|answer| answer["connection"].is_null()) {
            let [error] = lost["userErrors"].as_array().unwrap().as_slice() else { panic!("{lost}") };
            assert_eq!(error["__typename"], "VersionConflict", "{error}");
            let told = (&error["code"], &error["path"], &error["currentVersion"]);
            assert_eq!(told, (&json!("VERSION_CONFLICT"), &json!(["expectedVersion"]), &json!(version + 1)));
        }
    }
    let events = stage.server.events();
    let positions: Vec<_> = events.iter().map(|event| event["position"].as_u64().unwrap()).collect();
    assert_eq!(positions, (1..).take(events.len()).collect::<Vec<_>>());
    let changes: Vec<_> = events.iter().filter(|event| event["stream"] == "connection/client").collect();
    let versions: Vec<_> = changes.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
    let names: Vec<_> =
        changes[1..].iter().map(|event| event["payload"]["definition"]["display_name"].clone()).collect();
    assert_eq!(names, winners);
}
