use serde_json::{Value, json};

use crate::world::World;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String) {
    connections(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { key } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn world() -> World {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    for key in ["a", "b", "c", "d", "e"] {
        world.create_connection(key, "s").await;
    }
    world
}

fn keys(page: &Value) -> String {
    let edges = page["connections"]["edges"].as_array().unwrap();
    edges.iter().filter_map(|edge| edge["node"]["key"].as_str()).collect()
}

#[tokio::test]
async fn pages_go_forwards_to_the_end() {
    let world = world().await;
    let first = world.done(PAGE, json!({"first": 2})).await;
    assert_eq!(keys(&first), "ab");
    let info = &first["connections"]["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
    let second = world.done(PAGE, json!({"first": 3, "after": info["endCursor"]})).await;
    assert_eq!(keys(&second), "cde");
    let info = &second["connections"]["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
}

#[tokio::test]
async fn pages_go_backwards_to_the_start() {
    let world = world().await;
    let last = world.done(PAGE, json!({"last": 2})).await;
    assert_eq!(keys(&last), "de");
    let info = &last["connections"]["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(false), &json!(true)));
    let before = world.done(PAGE, json!({"last": 3, "before": info["startCursor"]})).await;
    assert_eq!(keys(&before), "abc");
    let info = &before["connections"]["pageInfo"];
    assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn the_events_of_the_log_are_paged_both_ways() {
    let world = world().await;
    let page = "query($first: Int, $after: String, $last: Int, $before: String) {
        auditEvents(first: $first, after: $after, last: $last, before: $before) {
            nodes { sequence } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }";
    let first = world.done(page, json!({"first": 2})).await;
    assert_eq!(first["auditEvents"]["nodes"], json!([{"sequence": "1"}, {"sequence": "2"}]));
    let end = first["auditEvents"]["pageInfo"]["endCursor"].clone();
    let next = world.done(page, json!({"first": 1, "after": end})).await;
    assert_eq!(next["auditEvents"]["nodes"], json!([{"sequence": "3"}]));
    let last = world.done(page, json!({"last": 2})).await;
    assert_eq!(last["auditEvents"]["nodes"], json!([{"sequence": "5"}, {"sequence": "6"}]));
    let start = last["auditEvents"]["pageInfo"]["startCursor"].clone();
    let before = world.done(page, json!({"last": 2, "before": start})).await;
    assert_eq!(before["auditEvents"]["nodes"], json!([{"sequence": "3"}, {"sequence": "4"}]));
    assert_eq!(before["auditEvents"]["pageInfo"]["hasPreviousPage"], true);
}

#[tokio::test]
async fn misuse_of_a_page_is_an_error_of_its_field() {
    let world = world().await;
    let events = world.done("{ auditEvents(first: 1) { pageInfo { endCursor } } }", json!({})).await;
    let foreign = events["auditEvents"]["pageInfo"]["endCursor"].clone();
    for (arguments, code) in [
        (json!({"first": 101}), "INVALID_ARGUMENT"),
        (json!({"first": -1}), "INVALID_ARGUMENT"),
        (json!({"first": 1, "last": 1}), "INVALID_ARGUMENT"),
        (json!({"after": foreign}), "INVALID_CURSOR"),
        (json!({"before": "nonsense"}), "INVALID_CURSOR"),
    ] {
        let answer = world.ask(PAGE, arguments.clone()).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{arguments}");
        assert_eq!(answer["errors"][0]["path"], json!(["connections"]), "{arguments}");
        assert_eq!(answer["data"], json!({"connections": null}), "{arguments}");
    }
}

#[tokio::test]
async fn a_cursor_of_one_list_is_refused_by_the_others() {
    let world = world().await;
    let made = world
        .done("{ connections { pageInfo { startCursor } } auditEvents { pageInfo { startCursor } } }", json!({}))
        .await;
    let refused =
        |list: &str, cursor: &Value| (format!("{{ {list}(after: {cursor}) {{ nodes {{ id }} }} }}"), list.to_owned());
    let by_key = &made["connections"]["pageInfo"]["startCursor"];
    let by_position = &made["auditEvents"]["pageInfo"]["startCursor"];
    for (query, list) in
        [refused("secrets", by_key), refused("httpExchanges", by_position), refused("authFailures", by_position)]
    {
        let answer = world.ask(&query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_CURSOR", "{list} {answer}");
    }
    let mut items = world.subscribe(
        "subscription($from: StreamStartInput) { authFailures(from: $from) { __typename } }",
        json!({"from": {"after": by_position}}),
    );
    assert_eq!(items.next().await["errors"][0]["extensions"]["code"], "INVALID_CURSOR");
}

#[tokio::test]
async fn a_list_in_a_filter_has_a_bound() {
    let world = World::new();
    for (field, kind, entry, name) in [
        ("auditEvents(filter: {types: $list}) { nodes { id } }", "String", "x", "filter.types"),
        ("auditEvents(filter: {targets: $list}) { nodes { id } }", "Key", "x", "filter.targets"),
        ("authFailures(filter: {connections: $list}) { nodes { id } }", "Key", "x", "filter.connections"),
        ("authFailures(filter: {reasons: $list}) { nodes { id } }", "AuthFailureReason", "DNS", "filter.reasons"),
        ("authFailures(filter: {phases: $list}) { nodes { id } }", "AuthPhase", "DNS", "filter.phases"),
        ("httpExchanges(filter: {connections: $list}) { nodes { id } }", "Key", "x", "filter.connections"),
        (
            "usageData(range: {from: \"2026-03-01T11:00:00Z\"}, filter: {connections: $list}) { computedAt }",
            "Key",
            "x",
            "filter.connections",
        ),
    ] {
        let query = format!("query($list: [{kind}!]) {{ {field} }}");
        world.done(&query, json!({"list": vec![entry; 100]})).await;
        let answer = world.ask(&query, json!({"list": vec![entry; 101]})).await;
        let message = format!("`{name}` must have at most 100 entries.");
        let error = &answer["errors"][0];
        assert_eq!((&error["message"], &error["extensions"]["code"]), (&json!(message), &json!("INVALID_ARGUMENT")));
    }
    let nodes = world.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({"ids": vec!["x"; 101]})).await;
    assert_eq!(nodes["errors"][0]["message"], "`ids` must have at most 100 entries.");
    let mut items = world.subscribe(
        "subscription($list: [String!]) { auditEvents(filter: {types: $list}) { __typename } }",
        json!({"list": vec!["x"; 101]}),
    );
    assert_eq!(items.next().await["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT");
}
