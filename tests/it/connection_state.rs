//! How connections stand, asked and followed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use latchkey::domain::StreamId;
use latchkey::domain::token::{IssueReason, Issued, TokenEvent};
use serde_json::{Value, json};

use crate::edge_socket::Socket;
use crate::facts::{exchange, invalid_client, key, request_failed};
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, eventually, open_api};
use crate::world::{Items, World};

const STATES: &str =
    "subscription($from: StreamStartInput, $keys: [Key!]) { connectionStates(from: $from, keys: $keys) {
    ... on ConnectionProfileEdge { cursor node { key state stateSince } } ... on StreamBookmark { cursor live } } }";

/// An issuer that gives tokens of three seconds, or refuses.
async fn switched_issuer() -> (Peer, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&refuses);
    let issuer = Peer::start(move |_| {
        let answer = if switch.load(Ordering::SeqCst) {
            Answer::json(401, &json!({ "error": "invalid_client", "error_description": "who is this" }))
        } else {
            Answer::json(200, &json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 3 }))
        };
        std::future::ready(answer)
    });
    (issuer.await, refuses)
}

async fn state(stage: &Stage) -> Value {
    let query = "{ connection(key: \"client\") { state stateReason consecutiveFailures }
        degraded: connections(filter: {states: [DEGRADED]}) { totalCount }
        failing: connections(filter: {states: [FAILING]}) { totalCount nodes { key } } }";
    stage.server.data(query, json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lives_through_its_states_and_whoever_follows_sees_exactly_these() {
    let (issuer, refuses) = switched_issuer().await;
    let stage = Stage::new(issuer, open_api().await).await;
    let mut socket = Socket::initialised(&stage.server.websocket_url(), &stage.server.token).await;
    let watch = "subscription { connectionStates(from: {earliest: true}, keys: [\"client\"]) {
        ... on ConnectionProfileEdge { node { state } } } }";
    socket.subscribe("watch", watch).await;
    let forced = json!({ "authorization": { "clientConnection": { "key": "client", "forceNewToken": true } } });

    stage.call("/", json!({})).await;
    assert_eq!(state(&stage).await["connection"]["state"], "AUTHORIZED");
    refuses.store(true, Ordering::SeqCst);
    stage.call("/", forced.clone()).await;
    let degraded = state(&stage).await;
    assert_eq!(degraded["connection"]["state"], "DEGRADED", "{degraded:#}");
    assert!(degraded["connection"]["stateReason"].as_str().unwrap().contains("who is this"));
    assert_eq!((&degraded["degraded"]["totalCount"], &degraded["failing"]["totalCount"]), (&json!(1), &json!(0)));
    eventually("the last good token ends", async || state(&stage).await["connection"]["state"] == "FAILING").await;
    let failing = state(&stage).await;
    assert_eq!(
        (&failing["degraded"]["totalCount"], &failing["failing"]["nodes"][0]["key"]),
        (&json!(0), &json!("client"))
    );
    refuses.store(false, Ordering::SeqCst);
    stage.call("/", forced).await;
    let disable = "mutation { updateConnection(input: {key: \"client\", expectedVersion: 1, enabled: false}) {
        userErrors { code } } }";
    stage.server.data(disable, json!({})).await;

    for expected in ["UNTESTED", "AUTHORIZED", "DEGRADED", "FAILING", "AUTHORIZED", "DISABLED"] {
        let mut heard = Value::Null;
        // Bookmarks have no node.
        while heard.is_null() {
            heard = socket.hear().await["payload"]["data"]["connectionStates"]["node"]["state"].take();
        }
        assert_eq!(heard, expected);
    }
}

fn issued(lifetime_ms: u64) -> latchkey::domain::Event {
    latchkey::domain::Event::Token(TokenEvent::Issued(Issued {
        connection_version: 1,
        secret_version: 1,
        fingerprint: "0123456789abcdef".to_owned(),
        lifetime_ms,
        scope: None,
        token_type: "Bearer".to_owned(),
        reason: IssueReason::First,
        attempts: 1,
        duration_us: 1,
    }))
}

/// A connection `a` that had a token of a minute at noon, and ten seconds later no other.
async fn degraded_world() -> World {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("a", "s").await;
    world.create_connection("b", "s").await;
    world.append(StreamId::Token(key("a")), exchange(1).1, vec![issued(60_000)]).await;
    world.clock.advance(Duration::from_secs(10));
    world.append(StreamId::Token(key("a")), exchange(2).1, vec![request_failed(invalid_client())]).await;
    world
}

/// Key, state and cursor of the next change.
async fn change(items: &mut Items) -> (String, Value) {
    let item = items.next_data().await["connectionStates"].clone();
    let (node, cursor) = (&item["node"], item["cursor"].clone());
    (format!("{} {}", node["key"].as_str().unwrap(), node["state"].as_str().unwrap()), cursor)
}

#[tokio::test]
async fn what_was_is_said_as_it_was_and_time_turns_a_state_where_it_did() {
    let world = degraded_world().await;
    world.clock.advance(Duration::from_mins(5));
    let rotate = "mutation { rotateSecret(input: {key: \"s\", expectedVersion: 1, source: {value: \"hunter3\"}}) {
        userErrors { code } } }";
    world.done(rotate, json!({})).await;
    let mut items = world.subscribe(STATES, json!({ "from": { "earliest": true } }));
    let mut cursors = Vec::new();
    for expected in ["a UNTESTED", "b UNTESTED", "a AUTHORIZED", "a DEGRADED", "a FAILING", "a UNTESTED"] {
        let (said, cursor) = change(&mut items).await;
        assert_eq!(said, expected);
        cursors.push(cursor);
    }
    assert_eq!(items.next_data().await["connectionStates"]["live"], true);
    // From each place on, nothing is missing; only what time has changed is said again.
    let mut after_authorized = world.subscribe(STATES, json!({ "from": { "after": cursors[2] } }));
    assert_eq!(change(&mut after_authorized).await.0, "a DEGRADED");
    let mut after_turn = world.subscribe(STATES, json!({ "from": { "after": cursors[4] }, "keys": ["a"] }));
    assert_eq!(change(&mut after_turn).await.0, "a FAILING");
    assert_eq!(change(&mut after_turn).await.0, "a UNTESTED");
    let mut after_all = world.subscribe(STATES, json!({ "from": { "after": cursors[5] } }));
    assert_eq!(after_all.next_data().await["connectionStates"]["live"], true);
}

#[tokio::test]
async fn without_a_start_only_what_changes_from_now_on_is_said() {
    let world = degraded_world().await;
    let mut items = world.subscribe(STATES, json!({}));
    assert_eq!(items.next_data().await["connectionStates"]["live"], true);
    world.append(StreamId::Token(key("a")), exchange(3).1, vec![request_failed(invalid_client())]).await;
    world.append(StreamId::Token(key("b")), exchange(4).1, vec![issued(60_000)]).await;
    assert_eq!(change(&mut items).await.0, "b AUTHORIZED");
}

#[tokio::test]
async fn connections_are_filtered_by_the_state_that_they_are_in_by_now() {
    let world = degraded_world().await;
    let query = "query($states: [ConnectionState!]) { connections(filter: {states: $states}) {
        totalCount nodes { key state stateSince } } }";
    let found = async |states: Value| {
        let page = world.done(query, json!({ "states": states })).await["connections"].clone();
        let nodes = page["nodes"].as_array().unwrap().clone();
        assert_eq!(page["totalCount"], nodes.len());
        nodes.iter().map(|node| format!("{} {}", node["key"], node["state"]).replace('"', "")).collect::<Vec<_>>()
    };
    world.clock.advance(Duration::from_secs(49));
    assert_eq!(found(json!(["DEGRADED"])).await, ["a DEGRADED"]);
    assert!(found(json!(["FAILING"])).await.is_empty());
    world.clock.advance(Duration::from_secs(1));
    assert!(found(json!(["DEGRADED", "AUTHORIZED"])).await.is_empty());
    assert_eq!(found(json!(["FAILING"])).await, ["a FAILING"]);
    assert_eq!(found(json!(["FAILING", "UNTESTED"])).await, ["a FAILING", "b UNTESTED"]);
    assert_eq!(found(json!([])).await.len(), 2);
    let page = world.done(query, json!({ "states": ["FAILING"] })).await;
    assert_eq!(page["connections"]["nodes"][0]["stateSince"], "2026-03-01T12:01:00+00:00");
}
