use serde_json::{Value, json};

use crate::world::World;

const EXECUTE: &str = "mutation($input: ExecuteHttpRequestInput!) { executeHttpRequest(input: $input) {
    exchange { id } userErrors { __typename code path } } }";

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said_by_field() {
    let world = World::new();
    for (changes, code, path) in [
        (json!({"url": "api.example.com"}), "INVALID_URL", vec!["url"]),
        (json!({"query": [{"name": "q", "value": "x".repeat(8_192)}]}), "TOO_LONG", vec!["query"]),
        (json!({"timeout": "soon"}), "INVALID_DURATION", vec!["timeout"]),
        (json!({"timeout": "PT301S"}), "OUT_OF_RANGE", vec!["timeout"]),
        (json!({"headers": [{"name": "Host", "value": "a"}]}), "RESERVED", vec!["headers", "0", "name"]),
        (json!({"body": {"base64": "%"}}), "INVALID_BASE64", vec!["body", "base64"]),
        (json!({"method": "TRACE", "body": {"text": "a"}}), "NOT_ALLOWED", vec!["body"]),
        (json!({"authorization": {"none": false}}), "INVALID_AUTHORIZATION", vec!["authorization", "none"]),
        (
            json!({"authorization": {"clientConnection": {"key": "A"}}}),
            "INVALID_KEY",
            vec!["authorization", "clientConnection", "key"],
        ),
        (
            json!({"authorization": {"clientConnection": {"key": "a"}}, "headers": [{"name": "Authorization", "value": "x"}]}),
            "AUTHORIZATION_CONFLICT",
            vec!["headers", "0", "name"],
        ),
    ] {
        let mut input = json!({"url": "https://api.example.com/", "authorization": {"none": true}});
        for (name, value) in changes.as_object().unwrap() {
            input[name] = value.clone();
        }
        let answer = world.ask(EXECUTE, json!({"input": input})).await;
        let refused = json!({"exchange": Value::Null, "userErrors": [{"__typename": "InvalidInput", "code": code, "path": path}]});
        assert_eq!(answer["data"]["executeHttpRequest"], refused, "{answer}");
    }
}
