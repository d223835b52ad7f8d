//! What changes, or is evicted, takes its tokens along.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::Notify;

use super::{OPEN, bearers, edit, evict, source, token_for};
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, counting_issuer, eventually, open_api, status, user_error};

async fn rotate(stage: &Stage) {
    let rotate =
        "mutation { rotateSecret(input: { key: \"secret\", expectedVersion: 1, source: { value: \"other\" } }) {
        userErrors { message } } }";
    assert_eq!(stage.server.data(rotate, json!({})).await["rotateSecret"]["userErrors"], json!([]));
}

async fn delete(stage: &Stage, expected_version: u32) {
    let input = json!({ "key": "client", "expectedVersion": expected_version });
    let delete = "mutation($input: DeleteConnectionInput!) {
        deleteConnection(input: $input) { deletedKey userErrors { message } } }";
    let deleted = stage.server.data(delete, json!({ "input": input })).await;
    assert_eq!(deleted["deleteConnection"]["deletedKey"], "client", "{deleted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_edit_a_rotation_an_eviction_or_a_delete_the_old_token_is_never_sent() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.call("/", json!({})).await;
    edit(&stage, 1).await;
    stage.call("/", json!({})).await;
    rotate(&stage).await;
    stage.call("/", json!({})).await;
    evict(&stage).await;
    stage.call("/", json!({})).await;
    assert_eq!(bearers(&stage.api), ["Bearer token-1", "Bearer token-2", "Bearer token-3", "Bearer token-4"]);
    delete(&stage, 2).await;
    assert_eq!(user_error(&stage.call("/", json!({})).await).1, "NOT_FOUND");
    assert_eq!((stage.issuer.count(), stage.api.count()), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_refresh_under_way_brings_after_an_edit_is_not_used() {
    let (gate, asked) = (Arc::new(Notify::new()), AtomicUsize::new(0));
    let opened = Arc::clone(&gate);
    let issuer = Peer::start(move |_| {
        let (opened, number) = (Arc::clone(&opened), asked.fetch_add(1, Ordering::SeqCst));
        async move {
            match number {
                0 => token_for("old", 3.0),
                1 => {
                    opened.notified().await;
                    Answer::token("of-the-refresh")
                }
                _ => Answer::token("of-the-edit"),
            }
        }
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    stage.call("/", json!({})).await;
    eventually("a refresh is under way", async || {
        stage.call("/", json!({})).await;
        stage.issuer.count() == 2
    })
    .await;
    let with_the_old_one = stage.api.count();
    edit(&stage, 1).await;
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED", "it does not wait for the refresh either");
    gate.notify_one();
    eventually("the refresh has ended", async || stage.recorded("token.issued.v1").len() == 3).await;
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    assert_eq!(bearers(&stage.api)[with_the_old_one..], ["Bearer of-the-edit", "Bearer of-the-edit"]);
    // Nor is it among what is kept.
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    assert_eq!(bearers(&stage.api).last().unwrap(), "Bearer of-the-edit");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_under_way_brings_after_an_eviction_or_a_rotation_is_not_kept() {
    let (gate, asked) = (Arc::new(Notify::new()), AtomicUsize::new(0));
    let opened = Arc::clone(&gate);
    let issuer = Peer::start(move |_| {
        let (opened, number) = (Arc::clone(&opened), asked.fetch_add(1, Ordering::SeqCst) + 1);
        async move {
            if number % 2 == 1 {
                opened.notified().await;
            }
            Answer::token(&format!("token-{number}"))
        }
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    let (first, ()) = tokio::join!(stage.call("/", json!({})), async {
        stage.issuer.has_heard(1).await;
        evict(&stage).await;
        gate.notify_one();
    });
    assert_eq!((status(&first), source(&first)), (200, &json!("FETCHED")), "who waits may have it");
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    evict(&stage).await;
    let (third, ()) = tokio::join!(stage.call("/", json!({})), async {
        stage.issuer.has_heard(3).await;
        rotate(&stage).await;
        gate.notify_one();
    });
    assert_eq!(status(&third), 200);
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    assert_eq!(stage.issuer.count(), 4);
}
