//! What two requests share, and what they don't.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::{bearers, source};
use crate::scripted::{Answer, Peer};
use crate::stage::{EXECUTE, Stage, counting_issuer, eventually, open_api, status, through};

fn overriding(parameters: &[(&str, &str)]) -> Value {
    let overrides: Vec<Value> =
        parameters.iter().map(|(name, value)| json!({ "name": name, "value": value, "placement": "BODY" })).collect();
    json!({ "authorization": { "clientConnection": { "key": "client", "parameterOverrides": overrides } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_parameters_does_not_matter_to_the_cache_and_their_values_do() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let (a, b, c) = (("audience", "a"), ("scope", "b"), ("scope", "c"));
    let sources: Vec<Value> = [
        stage.call("/", overriding(&[a, b])).await,
        stage.call("/", overriding(&[b, a])).await,
        stage.call("/", overriding(&[a, c])).await,
        stage.call("/", overriding(&[a])).await,
    ]
    .iter()
    .map(|answer| source(answer).clone())
    .collect();
    assert_eq!(sources, ["FETCHED", "CACHE", "FETCHED", "FETCHED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_takes_no_token_from_those_who_wait_with_it() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let issuer = Peer::start(move |_| {
        let opened = Arc::clone(&opened);
        async move {
            opened.notified().await;
            Answer::token("shared")
        }
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    let input = through("client", &stage.api.url("/first"), json!({}));
    let body = json!({ "query": EXECUTE, "variables": { "input": input } }).to_string();
    let host = stage.server.url.strip_prefix("http://").unwrap();
    let mut leader = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        stage.server.token,
        body.len()
    );
    leader.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stage.issuer.has_heard(1).await;
    let (second, ()) = tokio::join!(stage.call("/second", json!({})), async {
        eventually("the second one waits", async || stage.recorded("exchange.started.v1").len() == 2).await;
        drop(leader);
        assert_eq!(stage.server.data("{ __typename }", json!({})).await["__typename"], "Query");
        gate.notify_one();
    });
    assert_eq!(status(&second), 200);
    assert_eq!((stage.issuer.count(), source(&stage.call("/", json!({})).await)), (1, &json!("CACHE")));
    assert!(bearers(&stage.api).iter().all(|bearer| bearer == "Bearer shared"));
}
