//! Tokens outlive a restart, sealed. That no file holds one is found by `execute/secrecy.rs`, whose tokens are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use latchkey::event_log::{Conn, Database, Synchronous};
use serde_json::json;

use super::{OPEN, bearers, edit, evict, source, token_for};
use crate::booted::{Booted, run};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, eventually, open_api, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_costs_no_token_request() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    assert_eq!(stage.issuer.count(), 1);
    assert_eq!(bearers(&stage.api), ["Bearer token-1"; 3]);
    assert_eq!(stage.recorded("token.issued.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_seen_is_kept_even_when_the_process_is_killed() {
    let mut stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.call("/", json!({})).await;
    stage.server.kill();
    stage.server = Booted::start(&stage.server.data_dir.clone(), &[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    assert_eq!(stage.issuer.count(), 1);
    let check = run(&stage.server.data_dir, &["replay", "--check"]);
    assert!(check.status.success(), "kept tokens are no read model: {}", String::from_utf8_lossy(&check.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_not_kept_where_that_is_switched_off() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.call("/", json!({})).await;
    let off = [OPEN, ("LATCHKEY_TOKEN__KEEP_SEALED", "false")];
    let stage = stage.restart(&off);
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED", "those that were kept before are gone");
    assert_eq!(stage.issuer.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_edited_evicted_or_refused_does_not_come_back_with_a_restart() {
    let api = Peer::start(|heard: Heard| {
        let is_refused = heard.header("authorization") == Some("Bearer token-3");
        std::future::ready(Answer::text(if is_refused { 401 } else { 200 }, ""))
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    stage.call("/", json!({})).await;
    edit(&stage, 1).await;
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    evict(&stage).await;
    let stage = stage.restart(&[OPEN]);
    let replaced = stage.call("/", json!({})).await;
    assert_eq!((status(&replaced), source(&replaced)), (200, &json!("REFRESHED_AFTER_REJECTION")));
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE");
    let sent = ["Bearer token-1", "Bearer token-2", "Bearer token-3", "Bearer token-4", "Bearer token-4"];
    assert_eq!(bearers(&stage.api), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_token_that_can_not_be_opened_is_fetched_anew() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.call("/", json!({})).await;
    let stage = stage.restart(&[OPEN]);
    let database = Database::open_sqlite(&stage.server.data_dir.join("latchkey.db"), Synchronous::Full).unwrap();
    let changed = database.write(|conn| {
        let Conn::Sqlite(connection) = conn else { panic!("not SQLite") };
        connection.batch_execute("UPDATE sealed_tokens SET sealed = x'0102'")?;
        Ok(())
    });
    changed.unwrap();
    assert_eq!(source(&stage.call("/", json!({})).await), "FETCHED");
    let stage = stage.restart(&[OPEN]);
    assert_eq!(source(&stage.call("/", json!({})).await), "CACHE", "the new token took its place");
    assert_eq!(stage.issuer.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_token_ends_and_is_refreshed_as_if_there_had_been_no_restart() {
    let asked = AtomicUsize::new(0);
    let issuer = Peer::start(move |_| {
        let number = asked.fetch_add(1, Ordering::SeqCst) + 1;
        std::future::ready(token_for(&format!("token-{number}"), if number == 1 { 20.0 } else { 3_600.0 }))
    });
    let stage = Arc::new(Stage::new(issuer.await, open_api().await).await);
    stage.call("/", json!({})).await;
    let stage = Arc::into_inner(stage).unwrap().restart(&[OPEN]);
    eventually("half its life is over", async || {
        assert_eq!(source(&stage.call("/", json!({})).await), "CACHE", "nobody waits for the refresh");
        stage.issuer.count() == 2
    })
    .await;
    eventually("the new token is used", async || {
        stage.call("/", json!({})).await;
        bearers(&stage.api).last().unwrap() == "Bearer token-2"
    })
    .await;
    assert_eq!(stage.recorded("token.issued.v1")[1]["reason"], "REFRESH");
}
