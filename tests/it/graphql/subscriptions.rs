use std::time::Duration;

use latchkey::domain::StreamId;
use serde_json::{Value, json};

use crate::facts::{completed, exchange, invalid_client, key, rejected, request_failed, started};
use crate::world::{Items, World};

const EVENTS: &str =
    "subscription($from: StreamStartInput, $filter: AuditEventFilter) { auditEvents(from: $from, filter: $filter) {
    ... on AuditEventEdge { cursor node { sequence } } ... on StreamBookmark { cursor live } } }";
const FAILURES: &str =
    "subscription($from: StreamStartInput, $filter: AuthFailureFilter) { authFailures(from: $from, filter: $filter) {
    ... on AuthFailureEdge { cursor node { sequence connectionKey } } ... on StreamBookmark { cursor live } } }";

async fn one_more(world: &World, number: u128) {
    let (stream, id) = exchange(number);
    world.append(stream, id, vec![started("a")]).await;
}

/// The sequence of the next event, or `live` for a bookmark that says so.
async fn said(items: &mut Items) -> String {
    let data = items.next_data().await;
    let item = data.as_object().unwrap().values().next().unwrap().clone();
    match (&item["node"]["sequence"], &item["live"]) {
        (Value::String(sequence), Value::Null) => sequence.clone(),
        (Value::Null, Value::Bool(true)) => "live".to_owned(),
        other => panic!("{other:?} in {item}"),
    }
}

#[tokio::test]
async fn what_is_there_comes_first_and_what_comes_follows_without_gap_or_duplicate() {
    let world = World::new();
    for number in 1..=3 {
        one_more(&world, number).await;
    }
    let mut items = world.subscribe(EVENTS, json!({"from": {"earliest": true}}));
    assert_eq!(said(&mut items).await, "1");
    one_more(&world, 4).await;
    // The backfill had been read when the fourth came: it follows, and only then the stream is live.
    for expected in ["2", "3", "4", "live"] {
        assert_eq!(said(&mut items).await, expected);
    }
    one_more(&world, 5).await;
    assert_eq!(said(&mut items).await, "5");
}

#[tokio::test]
async fn without_a_start_only_what_is_new_comes() {
    let world = World::new();
    one_more(&world, 1).await;
    let mut items = world.subscribe(EVENTS, json!({}));
    assert_eq!(said(&mut items).await, "live");
    one_more(&world, 2).await;
    assert_eq!(said(&mut items).await, "2");
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was_made_in_queries_and_subscriptions() {
    let world = World::new();
    for number in 1..=3 {
        one_more(&world, number).await;
    }
    let mut items = world.subscribe(EVENTS, json!({"from": {"sequence": "2"}}));
    let second = items.next_data().await["auditEvents"].clone();
    assert_eq!(second["node"]["sequence"], "2");
    drop(items);
    let mut resumed = world.subscribe(EVENTS, json!({"from": {"after": second["cursor"]}}));
    assert_eq!(said(&mut resumed).await, "3");
    let bookmark = resumed.next_data().await["auditEvents"].clone();
    assert_eq!(bookmark["live"], true);
    one_more(&world, 4).await;
    let mut from_bookmark = world.subscribe(EVENTS, json!({"from": {"after": bookmark["cursor"]}}));
    assert_eq!(said(&mut from_bookmark).await, "4");
    let query = "query($after: String) { auditEvents(after: $after) { edges { cursor node { sequence } } } }";
    let page = world.done(query, json!({"after": second["cursor"]})).await;
    assert_eq!(page["auditEvents"]["edges"][0]["node"]["sequence"], "3");
    let mut from_query = world.subscribe(EVENTS, json!({"from": {"after": page["auditEvents"]["edges"][0]["cursor"]}}));
    assert_eq!(said(&mut from_query).await, "4");
}

#[tokio::test]
async fn a_stream_starts_at_a_moment() {
    let world = World::new();
    one_more(&world, 1).await;
    world.clock.advance(Duration::from_mins(1));
    one_more(&world, 2).await;
    let mut items = world.subscribe(EVENTS, json!({"from": {"time": "2026-03-01T12:00:30Z"}}));
    assert_eq!(said(&mut items).await, "2");
}

#[tokio::test]
async fn a_start_that_the_log_never_had_is_refused() {
    let world = World::new();
    one_more(&world, 1).await;
    let events = world.done("{ auditEvents { edges { cursor } } }", json!({})).await;
    let cursor = &events["auditEvents"]["edges"][0]["cursor"];
    let other = World::new();
    for (from, code) in [
        (json!({"after": cursor}), "INVALID_CURSOR"),
        (json!({"after": "nonsense"}), "INVALID_CURSOR"),
        (json!({"sequence": "2"}), "INVALID_CURSOR"),
        (json!({"sequence": "0"}), "INVALID_ARGUMENT"),
        (json!({"sequence": "-1"}), "INVALID_ARGUMENT"),
        (json!({"earliest": false}), "INVALID_ARGUMENT"),
    ] {
        let refused = other.subscribe(EVENTS, json!({"from": from})).next().await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], code, "{from}: {refused}");
    }
    let mut next = other.subscribe(EVENTS, json!({"from": {"sequence": "1"}}));
    assert_eq!(said(&mut next).await, "live");
}

#[tokio::test]
async fn failures_come_as_they_are_filtered() {
    let world = World::new();
    world.append(StreamId::Token(key("b")), exchange(1).1, vec![request_failed(invalid_client())]).await;
    world.append(StreamId::Token(key("a")), exchange(2).1, vec![rejected(false), rejected(true)]).await;
    let filter = json!({"connections": ["a"]});
    let mut items = world.subscribe(FAILURES, json!({"from": {"earliest": true}, "filter": filter}));
    assert_eq!(said(&mut items).await, "3");
    assert_eq!(said(&mut items).await, "live");
    let (stream, id) = exchange(3);
    world.append(stream, id, vec![started("a"), completed("a", 200)]).await;
    world.append(StreamId::Token(key("b")), id, vec![request_failed(invalid_client())]).await;
    world.append(StreamId::Token(key("a")), id, vec![request_failed(invalid_client())]).await;
    assert_eq!(said(&mut items).await, "7");
}

#[tokio::test]
async fn a_quiet_stream_says_now_and_then_how_far_it_is() {
    let world = World::with_bookmarks_every(Duration::from_millis(5));
    one_more(&world, 1).await;
    let mut items = world.subscribe(FAILURES, json!({}));
    let first = items.next_data().await["authFailures"].clone();
    let second = items.next_data().await["authFailures"].clone();
    assert_eq!((&first["live"], &second), (&json!(true), &first));
}

#[tokio::test]
async fn a_bookmark_moves_over_what_is_not_wanted_and_stays_live() {
    let world = World::with_bookmarks_every(Duration::from_millis(5));
    let mut items = world.subscribe(FAILURES, json!({}));
    let first = items.next_data().await["authFailures"].clone();
    one_more(&world, 1).await;
    // The first may have been due already.
    items.next_data().await;
    let moved = items.next_data().await["authFailures"].clone();
    assert_ne!(moved["cursor"], first["cursor"]);
    assert_eq!(moved["live"], true);
}
