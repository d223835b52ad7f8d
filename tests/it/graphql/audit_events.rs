use latchkey::domain::StreamId;
use serde_json::{Value, json};

use crate::facts::{completed, exchange, invalid_client, key, request_failed, started};
use crate::world::{Items, World};

#[tokio::test]
async fn an_event_says_who_what_and_from_where() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let query = "{ auditEvents { totalCount nodes { id sequence type occurredAt recordedAt outcome data sourceIp userAgent requestId
        correlationId causationId hash actor { type id display } target { type id key version } } } }";
    let data = world.done(query, json!({})).await;
    let mut event = data["auditEvents"]["nodes"][0].clone();
    assert_eq!(data["auditEvents"]["totalCount"], Value::Null);
    assert_eq!(event["data"]["display_name"], "s");
    assert_eq!(event["hash"].as_str().map(str::len), Some(64));
    for derived in ["id", "data", "hash", "correlationId"] {
        event[derived].take();
    }
    assert_eq!(
        event,
        json!({
            "id": null, "sequence": "1", "type": "secret.created.v1", "occurredAt": "2026-03-01T12:00:00+00:00",
            "recordedAt": "2026-03-01T12:00:00+00:00", "outcome": "SUCCESS", "data": null, "sourceIp": "192.0.2.7",
            "userAgent": "test", "requestId": "00000000-0000-0000-0000-000000000009", "correlationId": null,
            "causationId": null, "hash": null, "actor": {"type": "USER", "id": "u-1", "display": "Ada"},
            "target": {"type": "secret", "id": "s", "key": "s", "version": 1},
        })
    );
}

#[tokio::test]
async fn events_are_filtered() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("a", "s").await;
    world.create_connection("b", "s").await;
    let query = "query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { sequence } } }";
    let story = world.done("{ auditEvents(last: 1) { nodes { correlationId } } }", json!({})).await;
    let story = &story["auditEvents"]["nodes"][0]["correlationId"];
    for (filter, sequences) in [
        (json!({"types": ["connection.created.v1"]}), vec!["2", "3"]),
        (json!({"targets": ["a", "s"]}), vec!["1", "2"]),
        (json!({"correlationId": story}), vec!["3"]),
        (json!({"range": {"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T12:00:00Z"}}), vec![]),
    ] {
        let data = world.done(query, json!({"filter": filter})).await;
        let wanted: Vec<_> = sequences.iter().map(|sequence| json!({"sequence": sequence})).collect();
        assert_eq!(data["auditEvents"]["nodes"], json!(wanted), "{filter}");
    }
    let answer = world.ask(query, json!({"filter": {"correlationId": "x"}})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT");
    let history = world.done(r#"{ connection(key: "a") { history { nodes { sequence } } } }"#, json!({})).await;
    assert_eq!(history["connection"]["history"]["nodes"], json!([{"sequence": "2"}]));
}

const SEARCH: &str = "query($filter: AuditEventFilter, $first: Int, $last: Int, $after: String, $before: String) {
    auditEvents(filter: $filter, first: $first, last: $last, after: $after, before: $before) {
        nodes { sequence } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

/// Ada creates 1 and 2 and another person 3; Latchkey itself makes 4 to 6, of which 5 is a failure.
async fn searched() -> World {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("a", "s").await;
    let another = "mutation { createSecret(input: { key: \"t\", displayName: \"T\", source: { value: \"v\" } }) { secret { key } } }";
    world.ask_as_another("u-2", another, json!({})).await;
    let (stream, id) = exchange(1);
    world.append(stream.clone(), id, vec![started("a")]).await;
    world.append(StreamId::Token(key("a")), id, vec![request_failed(invalid_client())]).await;
    world.append(stream, id, vec![completed("a", 200)]).await;
    world
}

async fn found(world: &World, variables: Value) -> Vec<String> {
    let data = world.done(SEARCH, variables).await;
    let nodes = data["auditEvents"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["sequence"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn events_are_found_by_actor_outcome_and_what_they_are_about() {
    let world = searched().await;
    for (filter, sequences) in [
        (json!({"actors": ["u-1"]}), &["1", "2"][..]),
        (json!({"actors": ["u-2", "system"]}), &["3", "4", "5", "6"]),
        (json!({"actorTypes": ["SYSTEM"]}), &["4", "5", "6"]),
        (json!({"actorTypes": ["USER", "CLI"], "actors": []}), &["1", "2", "3"]),
        (json!({"outcomes": ["FAILURE"]}), &["5"]),
        (json!({"outcomes": ["SUCCESS"]}), &["1", "2", "3", "4", "6"]),
        (json!({"outcomes": ["UNKNOWN"]}), &[]),
        (json!({"targetTypes": ["secret", "token"]}), &["1", "3", "5"]),
        (json!({"targetTypes": ["exchange"], "types": ["exchange.started.v1", "token.issued.v1"]}), &["4"]),
        (json!({"targetTypes": ["secret"], "types": ["exchange.started.v1"]}), &[]),
        (
            json!({"targetTypes": ["secret"], "actors": ["u-2"], "actorTypes": ["USER"], "outcomes": ["SUCCESS"]}),
            &["3"],
        ),
        (json!({"targets": ["a"], "actorTypes": ["SYSTEM"]}), &["5"]),
    ] {
        assert_eq!(found(&world, json!({"filter": filter})).await, sequences, "{filter}");
    }
}

#[tokio::test]
async fn what_is_searched_for_comes_in_pages_from_both_ends() {
    let world = searched().await;
    let filter = json!({"actorTypes": ["USER", "SYSTEM"], "outcomes": ["SUCCESS"]});
    let last = world.done(SEARCH, json!({"filter": filter, "last": 2})).await["auditEvents"].clone();
    assert_eq!(last["nodes"], json!([{"sequence": "4"}, {"sequence": "6"}]));
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
    let before = &last["pageInfo"]["startCursor"];
    assert_eq!(found(&world, json!({"filter": filter, "last": 2, "before": before})).await, ["2", "3"]);
    let first = world.done(SEARCH, json!({"filter": filter, "first": 2})).await["auditEvents"].clone();
    assert_eq!(first["nodes"], json!([{"sequence": "1"}, {"sequence": "2"}]));
    let after = &first["pageInfo"]["endCursor"];
    assert_eq!(found(&world, json!({"filter": filter, "first": 2, "after": after})).await, ["3", "4"]);
}

#[tokio::test]
async fn a_search_that_can_find_nothing_names_its_field() {
    let world = World::new();
    let many = vec!["u-1"; 101];
    for (filter, message) in [
        (json!({"targetTypes": ["secrets"]}), "`filter.targetTypes` has an entry that is no type of target."),
        (json!({"actors": many}), "`filter.actors` must have at most 100 entries."),
        (json!({"correlationId": "x"}), "`filter.correlationId` is not a UUID."),
    ] {
        let answer = world.ask(SEARCH, json!({"filter": filter})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT");
        assert_eq!(answer["errors"][0]["message"], message);
    }
}

#[tokio::test]
async fn a_subscription_says_what_the_same_search_finds_and_then_what_comes() {
    async fn next(items: &mut Items) -> Value {
        items.next_data().await["auditEvents"].take()
    }
    let world = searched().await;
    let filter = json!({"actorTypes": ["SYSTEM"], "outcomes": ["FAILURE"], "targetTypes": ["token", "exchange"]});
    let subscription = "subscription($filter: AuditEventFilter) { auditEvents(from: { earliest: true }, filter: $filter) {
        ... on AuditEventEdge { node { sequence outcome actor { type } target { type } } } ... on StreamBookmark { live } } }";
    let mut items = world.subscribe(subscription, json!({"filter": filter}));
    assert_eq!(next(&mut items).await["node"]["sequence"], "5");
    assert_eq!(next(&mut items).await, json!({"live": true}));
    world.create_secret("u", "v").await;
    let (stream, id) = exchange(2);
    world.append(stream, id, vec![started("a")]).await;
    world.append(StreamId::Token(key("a")), id, vec![request_failed(invalid_client())]).await;
    let event =
        json!({"sequence": "9", "outcome": "FAILURE", "actor": {"type": "SYSTEM"}, "target": {"type": "token"}});
    assert_eq!(next(&mut items).await["node"], event);
}
