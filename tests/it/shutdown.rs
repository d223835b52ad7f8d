//! How the real process starts, stops and refuses to start.

mod command_line;
mod refusing;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::booted::{Booted, Ended};
use crate::edge_socket::Socket;
use crate::scripted::{Answer, Peer};
use crate::stage::{EXECUTE, Stage, counting_issuer, eventually, through};

/// Waits for a server's end without holding up the peers of this process.
async fn end_of(server: Booted) -> Ended {
    tokio::task::spawn_blocking(|| server.ended()).await.unwrap()
}

/// A subscriber that follows the log, and has seen that it does.
async fn subscriber(server: &Booted) -> Socket {
    let url = format!("{}/graphql", server.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let mut socket = Socket(connect_async(request).await.unwrap().0);
    let authorization = format!("Bearer {}", server.token);
    socket.say(json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    let query = "subscription { auditEvents(from: { earliest: true }) { ... on AuditEventEdge { node { type } } } }";
    socket.subscribe("log", query).await;
    assert_eq!(socket.hear().await["payload"]["data"]["auditEvents"]["node"]["type"], "secret.created.v1");
    socket
}

/// Starts calls that stay under way until the API answers.
fn calls(stage: &Stage, count: usize, more: &Value) -> Vec<tokio::task::JoinHandle<reqwest::Result<Value>>> {
    let requests = (0..count).map(|number| {
        let input = through("client", &stage.api.url(&format!("/{number}")), more.clone());
        let body = json!({ "query": EXECUTE, "variables": { "input": input } }).to_string();
        let request = stage.server.client.post(format!("{}/graphql", stage.server.url));
        request.bearer_auth(&stage.server.token).header("content-type", "application/json").body(body)
    });
    let send = |request: reqwest::RequestBuilder| async {
        let text = request.send().await?.text().await?;
        Ok(serde_json::from_str(&text).unwrap())
    };
    requests.map(|request| tokio::spawn(send(request))).collect()
}

/// The types of the last events of all exchanges.
fn ends(events: &[Value]) -> Vec<String> {
    let mut ends = std::collections::BTreeMap::new();
    for event in events {
        let stream = event["stream"].as_str().unwrap();
        if stream.starts_with("exchange/") {
            ends.insert(stream.to_owned(), event["type"].as_str().unwrap().to_owned());
        }
    }
    ends.into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_what_is_under_way_finish_and_tells_subscribers() {
    let gate = Arc::new(Semaphore::new(0));
    let opened = Arc::clone(&gate);
    let api = Peer::start(move |_| {
        let opened = Arc::clone(&opened);
        async move {
            opened.acquire().await.unwrap().forget();
            Answer::text(200, "at last")
        }
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let mut socket = subscriber(&stage.server).await;
    let under_way = calls(&stage, 8, &json!({}));
    stage.api.has_heard(8).await;

    let asked = Instant::now();
    stage.server.ask_to_stop();
    assert_eq!(socket.closed().await.0, 1001, "going away: come back and go on");
    drop(socket);
    let ready = format!("{}/readyz", stage.server.url);
    eventually("it is not ready any more", async || match stage.server.client.get(&ready).send().await {
        Ok(answer) => answer.status().as_u16() == 503,
        Err(_) => true,
    })
    .await;
    assert_eq!(ends(&stage.server.events()), ["exchange.started.v1"; 8], "it waits for them");
    gate.add_permits(8);
    for answer in join_all(under_way).await {
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer["data"]["executeHttpRequest"]["exchange"]["outcome"]["status"], 200, "{answer}");
    }
    let data_dir = stage.server.data_dir.clone();
    let ended = end_of(stage.server).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(asked.elapsed() < Duration::from_secs(10), "idle connections don't hold it up: {:?}", asked.elapsed());
    let events = crate::booted::run(&data_dir, &["events"]).stdout;
    let events: Vec<Value> =
        String::from_utf8(events).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ends(&events), ["exchange.completed.v1"; 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_finish_by_the_deadline_has_an_end_on_the_log_all_the_same() {
    let settings = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_SERVER__SHUTDOWN_TIMEOUT", "1s")];
    let stage = Stage::with(counting_issuer().await, Peer::silent().await, &settings).await;
    let under_way = calls(&stage, 4, &json!({ "timeout": "PT60S" }));
    stage.api.has_heard(4).await;
    let asked = Instant::now();
    stage.server.ask_to_stop();
    let data_dir = stage.server.data_dir.clone();
    let ended = end_of(stage.server).await;
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for answer in join_all(under_way).await {
        assert!(answer.unwrap().is_err(), "nobody is told an outcome that nobody knows");
    }
    let log = || String::from_utf8(crate::booted::run(&data_dir, &["events"]).stdout).unwrap();
    let before = log();
    let events: Vec<Value> = before.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ends(&events), ["exchange.outcome_unknown.v1"; 4]);
    let again = Booted::start(&data_dir, &settings);
    assert_eq!(again.terminate(), Some(0));
    assert_eq!(log(), before, "nothing is left for the next start");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_with_nothing_to_do_is_over_at_once() {
    let scratch = tempfile::tempdir().unwrap();
    let server = Booted::start(&scratch.path().join("data"), &[]);
    // Leaves an idle connection open.
    server.data("{ __typename }", json!({})).await;
    let asked = Instant::now();
    server.ask_to_stop();
    let ended = end_of(server).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
}
