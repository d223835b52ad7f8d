//! Lists that say much of each row, and read it for all rows at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use latchkey::domain::exchange::{Completed, ExchangeEvent};
use latchkey::domain::{Event, StreamId};
use serde_json::{Value, json};

use crate::facts::{completed, exchange, failed, invalid_client, issued, key, started};
use crate::world::World;

/// What the Connections page asks for.
const CONNECTIONS: &str = "{ connections(first: 50) { totalCount nodes {
    key state lastUsedAt token { expiresAt }
    usageData(range: { from: \"2026-02-28T12:00:00Z\" }, granularity: HOUR) {
        totals { requests authFailures } series { at totals { requests authFailures } } } } } }";

/// Statements that name one of this file's connections, in whichever test of the process.
static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// To write every statement of every test down would slow them all.
static LISTENS: AtomicBool = AtomicBool::new(false);

/// The statements of a query about a table.
async fn statements(world: &World, query: &str, table: &str) -> usize {
    LISTENS.store(true, Ordering::SeqCst);
    world.done(query, json!({})).await;
    LISTENS.store(false, Ordering::SeqCst);
    let statements = std::mem::take(&mut *STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner));
    statements.iter().filter(|statement| statement.contains(table)).count()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape is diesel's")]
fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && LISTENS.load(Ordering::SeqCst)
        {
            let text = query.to_string();
            if text.contains("listed-") {
                STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
        }
    }))
}

/// `count` connections with one good request and one that failed an hour later.
async fn world_of(count: u128) -> World {
    let world = World::new();
    world.create_secret("s", "v").await;
    let name = |number: u128| format!("listed-{number:02}");
    for number in 0..count {
        world.create_connection(&name(number), "s").await;
        let (stream, id) = exchange(number);
        world.append(stream, id, vec![started(&name(number)), completed(&name(number), 200)]).await;
    }
    world.clock.advance(Duration::from_hours(1));
    for number in 0..count {
        let (stream, id) = exchange(1_000 + number);
        world.append(StreamId::Token(key(&name(number))), id, vec![issued()]).await;
        world.append(stream, id, vec![started(&name(number)), failed(&name(number), invalid_client())]).await;
    }
    world.clock.advance(Duration::from_mins(1));
    world
}

#[tokio::test]
async fn a_list_of_fifty_connections_reads_their_usage_and_last_uses_once() {
    // Before the first connection to the database is opened.
    set_default_instrumentation(recorder).unwrap();
    let world = world_of(50).await;
    let answer = world.done(CONNECTIONS, json!({})).await;
    let nodes = answer["connections"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 50);
    for (number, node) in nodes.iter().enumerate() {
        let totals = |requests: i32, failures: i32| json!({"requests": requests, "authFailures": failures});
        assert_eq!(node["key"], format!("listed-{number:02}"));
        assert_eq!(node["lastUsedAt"], "2026-03-01T12:00:00+00:00");
        assert_eq!(node["token"], json!({"expiresAt": "2026-03-01T14:00:00+00:00"}));
        assert_eq!(node["usageData"]["totals"], totals(2, 1));
        let series = json!([
            {"at": "2026-03-01T12:00:00+00:00", "totals": totals(1, 0)},
            {"at": "2026-03-01T13:00:00+00:00", "totals": totals(1, 1)},
        ]);
        assert_eq!(node["usageData"]["series"], series);
    }
    assert_eq!(statements(&world, CONNECTIONS, "usage_minutes").await, 1);
    assert_eq!(statements(&world, CONNECTIONS, "connection_uses").await, 1);
    // The same query where every field is asked for by itself, so that the one above can't be a counter that counts nothing.
    let alone = CONNECTIONS.replace("totals { requests authFailures } series", "totals { latency { p50Ms } } series");
    assert_eq!(statements(&world, &alone, "usage_minutes").await, 50);
}

#[tokio::test]
async fn usage_says_the_same_alone_and_with_latencies() {
    let world = world_of(2).await;
    let fields = "totals { requests succeeded authFailures transportFailures unknown tokenRequests cacheHits retries }";
    let range = "range: { from: \"2026-03-01T11:00:00Z\" }, granularity: DAY";
    let ask = async |more: &str| {
        let selected = format!("usageData({range}) {{ {fields} series {{ at {fields} }} {more} }}");
        let answer = world.done(&format!("{{ connection(key: \"listed-01\") {{ {selected} }} }}"), json!({})).await;
        answer["connection"]["usageData"].clone()
    };
    let alone = ask("").await;
    let mut whole = ask("topReasons { reason count } more: totals { latency { p50Ms } }").await;
    assert_eq!(whole["topReasons"].take(), json!([{"reason": "INVALID_CLIENT", "count": 1}]));
    assert!(whole["more"].take()["latency"]["p50Ms"].is_number());
    whole.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    assert_eq!(alone, whole);
    assert_eq!(alone["totals"]["tokenRequests"], 1);
    assert_eq!(alone["series"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_was_used_when_a_request_went_out_with_a_token_that_was_taken() {
    let world = World::new();
    world.create_secret("s", "v").await;
    world.create_connection("a", "s").await;
    let used = async || {
        let answer = world.done("{ connection(key: \"a\") { lastUsedAt } }", json!({})).await;
        answer["connection"]["lastUsedAt"].clone()
    };
    let later = |minutes| world.clock.advance(Duration::from_mins(minutes));
    assert_eq!(used().await, Value::Null);
    let (stream, id) = exchange(1);
    world.append(stream, id, vec![started("a"), failed("a", invalid_client())]).await;
    assert_eq!(used().await, Value::Null, "it had no token");
    let (stream, id) = exchange(2);
    world.append(stream, id, vec![started("a"), refused("a")]).await;
    assert_eq!(used().await, Value::Null, "the API refused the token");
    later(1);
    let (stream, id) = exchange(3);
    world.append(stream, id, vec![started("a"), completed("a", 500)]).await;
    assert_eq!(used().await, "2026-03-01T12:01:00+00:00", "what the API thinks of the rest does not matter");
    later(1);
    let (stream, id) = exchange(4);
    world.append(stream, id, vec![started("a"), completed("a", 200)]).await;
    assert_eq!(used().await, "2026-03-01T12:02:00+00:00");
    world.clock.jump_wall(chrono::TimeDelta::hours(-1));
    let (stream, id) = exchange(5);
    world.append(stream, id, vec![started("a"), completed("a", 200)]).await;
    assert_eq!(used().await, "2026-03-01T12:02:00+00:00", "a clock that went back makes nothing earlier");
}

/// A request whose token was refused for good.
fn refused(connection: &str) -> Event {
    let Event::Exchange(ExchangeEvent::Completed(end)) = completed(connection, 401) else { panic!("not completed") };
    Event::Exchange(ExchangeEvent::Completed(Completed { auth_failure: Some(invalid_client()), ..end }))
}
