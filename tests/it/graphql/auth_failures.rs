use latchkey::domain::StreamId;
use latchkey::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use serde_json::json;

use crate::facts::{exchange, invalid_client, key, rejected, request_failed};
use crate::world::World;

async fn world() -> World {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("a", "s").await;
    let timeout = AuthFailure::new(AuthPhase::Request, AuthFailureReason::Timeout, "no answer in time");
    world.append(StreamId::Token(key("a")), exchange(1).1, vec![request_failed(invalid_client())]).await;
    world.append(StreamId::Token(key("b")), exchange(2).1, vec![request_failed(timeout)]).await;
    world.append(StreamId::Token(key("a")), exchange(3).1, vec![rejected(false), rejected(true)]).await;
    world
}

#[tokio::test]
async fn a_failure_says_what_to_do_about_it() {
    let world = world().await;
    let query = "{ authFailures(last: 1) { totalCount nodes { sequence occurredAt connectionKey connection { key } exchange { id }
        phase reason message oauthError { error } httpStatus attempt retryable remedy { summary field } traceId } } }";
    let data = world.done(query, json!({})).await;
    assert_eq!(data["authFailures"]["totalCount"], 3);
    assert_eq!(
        data["authFailures"]["nodes"][0],
        json!({
            "sequence": "3", "occurredAt": "2026-03-01T12:00:00+00:00", "connectionKey": "a", "connection": {"key": "a"},
            "exchange": null, "phase": "RESPONSE", "reason": "INVALID_CLIENT", "message": "the issuer says invalid_client",
            "oauthError": {"error": "invalid_client"}, "httpStatus": 401, "attempt": 1, "retryable": false,
            "remedy": {"summary": "Check Client ID and Secret Configuration: the issuer does not accept this client with this secret.",
                "field": "authentication"},
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
        })
    );
}

#[tokio::test]
async fn failures_are_filtered() {
    let world = world().await;
    let query = "query($filter: AuthFailureFilter) { authFailures(filter: $filter) { nodes { sequence } } }";
    for (filter, sequences) in [
        (json!({}), vec!["6", "4", "3"]),
        (json!({"connections": ["a"]}), vec!["6", "3"]),
        (json!({"reasons": ["TIMEOUT", "TOKEN_REJECTED"]}), vec!["6", "4"]),
        (json!({"phases": ["RESPONSE"]}), vec!["3"]),
        (json!({"range": {"from": "2026-03-01T12:00:01Z"}}), vec![]),
        (json!({"connections": ["NO KEY"]}), vec![]),
    ] {
        let data = world.done(query, json!({"filter": filter})).await;
        let wanted: Vec<_> = sequences.iter().map(|sequence| json!({"sequence": sequence})).collect();
        assert_eq!(data["authFailures"]["nodes"], json!(wanted), "{filter}");
    }
    let of_one = r#"{ connection(key: "a") { authFailures(filter: {connections: ["b"]}) { nodes { sequence } } } }"#;
    let data = world.done(of_one, json!({})).await;
    assert_eq!(data["connection"]["authFailures"]["nodes"], json!([{"sequence": "6"}, {"sequence": "3"}]));
}
