//! A token that is due serves on, and is refreshed beside that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{HELD_BACK, OPEN, bearers, connect_once, down, failure, once, source, token_for};
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, eventually, open_api, outcome, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_due_serves_on_while_one_flight_refreshes_it() {
    let (gate, asked) = (Arc::new(Notify::new()), AtomicUsize::new(0));
    let opened = Arc::clone(&gate);
    let issuer = Peer::start(move |_| {
        let (opened, number) = (Arc::clone(&opened), asked.fetch_add(1, Ordering::SeqCst));
        async move {
            if number == 0 {
                return token_for("old", 8.0);
            }
            opened.notified().await;
            Answer::token("new")
        }
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    eventually("half its life is over", async || {
        assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
        stage.issuer.count() == 2
    })
    .await;
    for answer in join_all((0..10).map(async |_| stage.call("/", json!({})).await)).await {
        assert_eq!((status(&answer), source(&answer)), (200, &json!("CACHE")));
    }
    assert_eq!(stage.issuer.count(), 2, "one flight for all");
    assert!(bearers(&stage.api).iter().all(|bearer| bearer == "Bearer old"));
    gate.notify_one();
    eventually("the new token is used", async || {
        assert_eq!(source(&stage.call("/", json!({})).await), "CACHE", "nobody waits for a refresh");
        bearers(&stage.api).last().unwrap() == "Bearer new"
    })
    .await;
    assert_eq!(stage.issuer.count(), 2);

    let events = stage.server.events();
    let granted: Vec<_> = events.iter().filter(|event| event["type"] == "token.issued.v1").collect();
    assert_eq!(
        (&granted[0]["payload"]["reason"], &granted[1]["payload"]["reason"]),
        (&json!("FIRST"), &json!("REFRESH"))
    );
    assert_eq!(granted[1]["actor"]["type"], "SYSTEM", "nobody asked for it");
    let story = events.iter().find(|event| event["correlation_id"] == granted[1]["correlation_id"]).unwrap();
    assert_eq!(story["type"], "exchange.started.v1", "but it tells which call led to it");
    assert_eq!(granted[1]["causation_id"], story["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_refresh_keeps_a_valid_token_and_an_expired_one_is_never_sent() {
    let asked = AtomicUsize::new(0);
    let issuer = Peer::start(move |_| {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        std::future::ready(if is_first { token_for("only", 4.0) } else { down() })
    });
    let stage = Stage::with(issuer.await, open_api().await, &HELD_BACK).await;
    connect_once(&stage).await;
    assert_eq!(status(&stage.call("/", once()).await), 200);
    eventually("a refresh has failed", async || {
        assert_eq!(source(&stage.call("/", once()).await), "CACHE");
        !stage.recorded("token.request_failed.v1").is_empty()
    })
    .await;
    assert_eq!(status(&stage.call("/", once()).await), 200, "the token serves on");
    eventually("the token has ended", async || {
        let before = stage.api.count();
        let answer = stage.call("/", once()).await;
        let is_over = outcome(&answer)["__typename"] == "AuthFailure";
        assert_eq!(stage.api.count() - before, usize::from(!is_over), "sent only while it is valid");
        assert!(!is_over || failure(&answer) == "CIRCUIT_OPEN");
        is_over
    })
    .await;
    let failed = stage.recorded("token.request_failed.v1");
    assert_eq!((failed.len(), &failed[0]["reason"]), (1, &json!("REFRESH")));
    assert_eq!(stage.issuer.count(), 2, "a failing issuer is not asked for each call");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_hands_out_one_token_until_it_ends_is_not_asked_in_a_loop() {
    let ends = Instant::now() + std::time::Duration::from_secs(6);
    let issuer = Peer::start(move |_| {
        let left = ends.saturating_duration_since(Instant::now()).as_secs_f64();
        std::future::ready(if left > 0.0 { token_for("same", left) } else { Answer::token("next") })
    });
    let stage = Stage::with(issuer.await, open_api().await, &[OPEN]).await;
    eventually("the next token is used", async || {
        assert_eq!(status(&stage.call("/", json!({})).await), 200);
        bearers(&stage.api).last().unwrap() == "Bearer next"
    })
    .await;
    assert_eq!(stage.issuer.count(), 3, "first, one refresh that brought nothing new, next");
}
