use latchkey::domain::StreamId;
use serde_json::json;

use crate::facts::{completed, exchange, failed, invalid_client, key, request_failed, started};
use crate::world::World;

const EXCHANGE: &str =
    "fragment E on HttpExchange { connectionKey connection { key } startedAt traceId positions replayed curl
    request { method url headers { name value } bodySize }
    attempts { number startedAt status durationMs } token { source fingerprint } timings { totalMs dnsMs }
    outcome { __typename ... on HttpResponse { status headers { name } body { text } bodySize }
        ... on AuthFailure { id reason exchange { correlationId } remedy { field } } } }";

#[tokio::test]
async fn a_recorded_exchange_shows_what_the_log_keeps() {
    let world = World::new();
    let (stream, id) = exchange(5);
    world.append(stream, id, vec![started("my-client"), completed("my-client", 201)]).await;
    let query = format!("{{ httpExchanges {{ totalCount nodes {{ id correlationId ...E }} }} }} {EXCHANGE}");
    let listed = world.done(&query, json!({})).await["httpExchanges"]["nodes"][0].clone();
    assert_eq!(listed["correlationId"], id.to_string());
    let by_id = format!("query($id: ID!) {{ httpExchange(id: $id) {{ ...E }} node(id: $id) {{ ...E }} }} {EXCHANGE}");
    let found = world.done(&by_id, json!({"id": listed["id"]})).await;
    assert_eq!(found["httpExchange"], found["node"]);
    assert_eq!(
        found["httpExchange"],
        json!({
            "connectionKey": "my-client", "connection": null, "startedAt": "2026-03-01T12:00:00+00:00",
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "positions": ["1", "2"], "replayed": false,
            "curl": r#"curl --globoff --request POST 'https://api.example.com/orders' --header "Authorization: Bearer $TOKEN" --data-binary @body"#,
            "request": {"method": "POST", "url": "https://api.example.com/orders",
                "headers": [{"name": "x-tenant", "value": null}], "bodySize": 7},
            "attempts": [{"number": 1, "startedAt": "2026-03-01T12:00:00.002+00:00", "status": 201, "durationMs": 1.5}],
            "token": {"source": "FETCHED", "fingerprint": "0123456789abcdef"},
            "timings": {"totalMs": 4.0, "dnsMs": null},
            "outcome": {"__typename": "HttpResponse", "status": 201, "headers": null, "body": null, "bodySize": 12},
        })
    );
}

#[tokio::test]
async fn an_exchange_under_way_has_no_outcome_yet() {
    let world = World::new();
    let (stream, id) = exchange(5);
    world.append(stream, id, vec![started("my-client")]).await;
    let query = "{ httpExchanges { nodes { outcome { __typename } timings { totalMs } attempts { number } } } }";
    let data = world.done(query, json!({})).await;
    assert_eq!(data["httpExchanges"]["nodes"], json!([{"outcome": null, "timings": null, "attempts": []}]));
}

#[tokio::test]
async fn an_exchange_without_a_token_ends_in_an_auth_failure() {
    let world = World::new();
    let (stream, id) = exchange(5);
    world.append(stream.clone(), id, vec![started("my-client")]).await;
    world.append(StreamId::Token(key("my-client")), id, vec![request_failed(invalid_client())]).await;
    world.append(stream, id, vec![failed("my-client", invalid_client())]).await;
    let query = format!("{{ httpExchanges {{ nodes {{ ...E }} }} }} {EXCHANGE}");
    let found = world.done(&query, json!({})).await["httpExchanges"]["nodes"][0].clone();
    assert_eq!(found["positions"], json!(["1", "2", "3"]));
    let outcome = &found["outcome"];
    assert_eq!((&outcome["__typename"], &outcome["reason"]), (&json!("AuthFailure"), &json!("INVALID_CLIENT")));
    assert_eq!(outcome["remedy"]["field"], "authentication");
    assert_eq!(outcome["exchange"]["correlationId"], id.to_string());
    let node = world
        .done("query($id: ID!) { node(id: $id) { id ... on AuthFailure { sequence } } }", json!({"id": outcome["id"]}))
        .await;
    assert_eq!(node["node"], json!({"id": outcome["id"], "sequence": "3"}));
}

#[tokio::test]
async fn exchanges_are_filtered_by_connection_and_counted_in_usage() {
    let world = World::new();
    for (number, connection) in [(5, "a"), (6, "b"), (7, "a")] {
        let (stream, id) = exchange(number);
        world.append(stream, id, vec![started(connection), completed(connection, 200)]).await;
    }
    let query = r#"{ httpExchanges(filter: {connections: ["a"]}) { nodes { correlationId } }
        usageData(range: {from: "2026-03-01T12:00:00Z", to: "2026-03-01T13:00:00Z"}, filter: {connections: ["a"]}) {
            totals { requests succeeded } series { at totals { requests } } } }"#;
    let data = world.done(query, json!({})).await;
    let ids = [exchange(7).1.to_string(), exchange(5).1.to_string()];
    assert_eq!(data["httpExchanges"]["nodes"], json!([{"correlationId": ids[0]}, {"correlationId": ids[1]}]));
    assert_eq!(
        data["usageData"],
        json!({"totals": {"requests": 2, "succeeded": 2}, "series": [{"at": "2026-03-01T12:00:00+00:00", "totals": {"requests": 2}}]})
    );
}
