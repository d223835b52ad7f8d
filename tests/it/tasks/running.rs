use serde_json::json;

use super::{complaints, created, only, run};
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, open_api, outcome, status};

async fn stage() -> Stage {
    Stage::new(counting_issuer().await, open_api().await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_fills_its_variables_into_url_headers_and_body() {
    let stage = stage().await;
    created(
        &stage,
        "t",
        json!({
            "method": "PUT",
            "url": stage.api.url("/users/{{user}}/orders?own={{own}}"),
            "query": [{ "name": "listed", "value": "<{{listed}}>" }],
            "headers": [{ "name": "x-tenant", "value": "t-{{tenant}}" }],
            "body": { "json": { "name": "{{name}}" } },
        }),
    )
    .await;
    let nasty = "../a?b=c&d#e\"f";
    let variables = json!({ "user": nasty, "own": nasty, "listed": nasty, "tenant": 7, "name": nasty });
    let ran = run(&stage, "t", json!({ "variables": variables })).await;
    assert_eq!((status(&ran), &ran["exchange"]["taskKey"]), (200, &json!("t")));
    let heard = &stage.api.heard()[0];
    assert_eq!((heard.method.as_str(), heard.path.as_str()), ("PUT", "/users/..%2Fa%3Fb%3Dc%26d%23e%22f/orders"));
    let encoded = "..%2Fa%3Fb%3Dc%26d%23e%22f";
    assert_eq!(heard.query, format!("own={encoded}&listed=%3C{encoded}%3E"));
    assert_eq!((heard.header("x-tenant"), heard.header("content-type")), (Some("t-7"), Some("application/json")));
    assert_eq!(heard.body, r#"{"name":"../a?b=c&d#e\"f"}"#);
    assert_eq!(heard.header("authorization"), Some("Bearer token-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_would_break_out_is_refused_by_its_name_and_nothing_is_sent() {
    let stage = stage().await;
    created(
        &stage,
        "t",
        json!({
            "url": stage.api.url("/users/{{user}}"), "headers": [{ "name": "x-tenant", "value": "{{tenant}}" }],
        }),
    )
    .await;
    for (variables, code, path) in [
        (json!({ "user": "..", "tenant": "a" }), "INVALID_VARIABLE", "variables.user"),
        (json!({ "user": "", "tenant": "a" }), "INVALID_VARIABLE", "variables.user"),
        (json!({ "user": "a", "tenant": "a\r\nEvil: 1" }), "CONTROL_CHARACTER", "variables.tenant"),
        (json!({ "user": [1], "tenant": "a" }), "INVALID_VARIABLE", "variables.user"),
        (json!({ "user": "a" }), "MISSING_VARIABLE", "variables.tenant"),
        (json!({ "user": "a", "tenant": "a", "more": 1 }), "UNKNOWN_VARIABLE", "variables.more"),
        (json!([1]), "INVALID_VARIABLES", "variables"),
    ] {
        assert_eq!(complaints(&run(&stage, "t", json!({ "variables": variables })).await), only(code, path));
    }
    assert_eq!((stage.api.count(), stage.issuer.count()), (0, 0));
    assert_eq!(stage.recorded("exchange.started.v1").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_body_is_escaped_by_its_content_type() {
    let stage = stage().await;
    let typed = |content_type: &str, text: &str| {
        json!({
            "method": "POST", "headers": [{ "name": "content-type", "value": content_type }], "body": { "text": text },
        })
    };
    created(&stage, "alone", typed("application/json", r#"{"list": {{v}}}"#)).await;
    created(&stage, "form", typed("application/x-www-form-urlencoded", "a={{v}}")).await;
    created(&stage, "plain", typed("text/plain", "<{{v}}>")).await;
    let sent = async |key: &str, value| {
        assert_eq!(status(&run(&stage, key, json!({ "variables": { "v": value } })).await), 200);
        stage.api.heard().last().unwrap().body.clone()
    };
    assert_eq!(sent("alone", json!(["a", 1, null])).await, r#"{"list": ["a",1,null]}"#);
    assert_eq!(sent("alone", json!("\"}")).await, r#"{"list": "\"}"}"#);
    assert_eq!(sent("form", json!("1&admin=1")).await, "a=1%26admin%3D1");
    assert_eq!(sent("plain", json!("&")).await, "<&>");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_may_override_parameters_of_the_token_request() {
    let issuer = Peer::start(|heard: Heard| {
        let scope = heard.form("scope").unwrap_or_else(|| "none".to_owned());
        std::future::ready(Answer::token(&format!("token-for-{scope}")))
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    let of_task = json!({ "authorization": { "clientConnection": { "key": "client", "parameterOverrides": [{ "name": "scope", "value": "task" }] } } });
    created(&stage, "t", of_task).await;
    created(&stage, "open", json!({ "authorization": { "none": true } })).await;
    let of_run = json!({ "parameterOverrides": [{ "name": "scope", "value": "run" }] });
    let nothing = json!({ "parameterOverrides": [{ "name": "scope", "value": "" }] });
    for more in [json!({}), of_run.clone(), nothing] {
        assert_eq!(status(&run(&stage, "t", more).await), 200);
    }
    let bearers: Vec<_> =
        stage.api.heard().iter().map(|heard| heard.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer token-for-task", "Bearer token-for-run", "Bearer token-for-none"]);
    assert_eq!(complaints(&run(&stage, "open", of_run).await), only("NOT_ALLOWED", "parameterOverrides"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_an_idempotency_key_is_made_once_even_if_the_task_was_edited_since() {
    let stage = stage().await;
    created(&stage, "t", json!({ "headers": [{ "name": "x", "value": "{{v}}" }] })).await;
    let wish = |v: i32| json!({ "variables": { "v": v }, "idempotencyKey": "once" });
    let first = run(&stage, "t", wish(1)).await;
    let edit = "mutation { updateHttpRequestTask(input: { key: \"t\", expectedVersion: 1, displayName: \"New\", headers: null }) { userErrors { code } } }";
    stage.server.data(edit, json!({})).await;
    let again = run(&stage, "t", wish(1)).await;
    assert_eq!((&again["exchange"]["id"], &again["exchange"]["replayed"]), (&first["exchange"]["id"], &json!(true)));
    assert_eq!(again["exchange"]["positions"], first["exchange"]["positions"]);
    assert_eq!(complaints(&run(&stage, "t", wish(2)).await), only("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_wants_it_is_retried() {
    let settings = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_HTTP__RETRY_DELAY", "1ms")];
    let stage = Stage::with(counting_issuer().await, Peer::saying(Answer::text(503, "down")).await, &settings).await;
    let post = |more: serde_json::Value| {
        let mut task = json!({ "method": "POST", "retryOnFailure": true });
        task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    created(&stage, "careful", post(json!({}))).await;
    created(&stage, "insisting", post(json!({ "retryNonIdempotent": true }))).await;
    created(&stage, "get", json!({ "retryOnFailure": true })).await;
    for (key, attempts) in [("careful", 1), ("insisting", 6), ("get", 6)] {
        let ran = run(&stage, key, json!({})).await;
        assert_eq!(outcome(&ran)["status"], 503);
        assert_eq!(ran["exchange"]["attempts"].as_array().unwrap().len(), attempts, "{key}");
    }
}
