//! `evictAccessToken`.

use serde_json::json;

use crate::world::World;

const EVICT: &str = "mutation($input: EvictAccessTokenInput!) {
    evictAccessToken(input: $input) { connection { key } userErrors { code path } }
}";

#[tokio::test]
async fn an_eviction_is_on_the_record_even_when_there_was_nothing_to_drop() {
    let world = World::new();
    world.create_secret("s", "v").await;
    world.create_connection("c", "s").await;
    let done = world.done(EVICT, json!({"input": {"key": "c", "reason": "leaked"}})).await;
    assert_eq!(done["evictAccessToken"]["connection"]["key"], "c");
    let read = "{ auditEvents(filter: { types: [\"token.evicted.v1\"] }) { nodes { target { key } data } } }";
    let events = world.done(read, json!({})).await;
    let expected = json!([{"target": {"key": "c"}, "data": {"fingerprints": [], "reason": "leaked"}}]);
    assert_eq!(events["auditEvents"]["nodes"], expected);
}

#[tokio::test]
async fn an_eviction_for_no_connection_leaves_no_trace() {
    let world = World::new();
    let answer = world.ask(EVICT, json!({"input": {"key": "nobody"}})).await;
    let payload = &answer["data"]["evictAccessToken"];
    assert_eq!(payload["connection"], json!(null));
    assert_eq!(payload["userErrors"], json!([{"code": "NOT_FOUND", "path": ["key"]}]));
    assert_eq!(world.log.feed().head(), 0);
}
