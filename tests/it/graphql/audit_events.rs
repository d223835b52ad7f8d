use serde_json::{Value, json};

use crate::world::World;

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
