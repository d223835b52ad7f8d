//! What token endpoints answer in the wild, and what becomes of it: each over a real socket, through the booted binary.

mod limits;
mod refusing;

use std::collections::HashMap;
use std::future::ready;

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, open_api, outcome, status};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A server whose issuer gives the answer that the scope names.
async fn answering(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Stage {
    let answers: HashMap<&str, Answer> = answers.into_iter().collect();
    let answer = move |heard: Heard| {
        let scope = heard.form("scope").unwrap_or_default();
        ready(answers.get(scope.as_str()).cloned().unwrap_or_else(|| Answer::text(418, "no such answer")))
    };
    Stage::new(Peer::start(answer).await, open_api().await).await
}

/// Has the API called with a token of that scope.
async fn call(stage: &Stage, connection: &str, scope: &str) -> Value {
    let overrides = json!([{ "name": "scope", "value": scope }]);
    let through = json!({ "clientConnection": { "key": connection, "parameterOverrides": overrides } });
    stage.call("/", json!({ "authorization": through })).await
}

/// Why there was no token of that scope.
async fn failure(stage: &Stage, scope: &str) -> Value {
    let before = stage.api.count();
    let answer = call(stage, "client", scope).await;
    assert_eq!(stage.api.count(), before, "nothing is sent without a token: {answer:#}");
    assert_eq!(outcome(&answer)["__typename"], "AuthFailure", "{scope}: {answer:#}");
    outcome(&answer).clone()
}

/// The headers that the API was called with so far.
fn bearers(stage: &Stage) -> Vec<String> {
    let heard = stage.api.heard();
    heard.iter().map(|heard| heard.header("authorization").unwrap_or_default().to_owned()).collect()
}

/// The lifetimes of the tokens that were issued so far, in milliseconds.
fn lifetimes(stage: &Stage) -> Vec<u64> {
    stage.recorded("token.issued.v1").iter().map(|issued| issued["lifetime_ms"].as_u64().unwrap()).collect()
}

/// A token whose `expires_in` is written so.
fn expiring(expires_in: &str) -> Answer {
    Answer::bytes(200, JSON, format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{expires_in}}}"#))
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_read_whatever_the_content_type_says() {
    let body = r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#;
    let stage = answering([
        ("json", Answer::bytes(200, JSON, body)),
        ("html", Answer::bytes(200, "text/html; charset=utf-8", body)),
        ("form", Answer::bytes(200, FORM, body)),
        ("nonsense", Answer::bytes(200, "///", body)),
        ("created", Answer::bytes(201, JSON, body)),
        ("marked", Answer::bytes(200, JSON, format!("\u{feff}{body}\n"))),
    ])
    .await;
    for scope in ["json", "html", "form", "nonsense", "created", "marked"] {
        assert_eq!(status(&call(&stage, "client", scope).await), 200, "{scope}");
    }
    assert_eq!(bearers(&stage), ["Bearer t"; 6]);
    assert_eq!(lifetimes(&stage), [60_000; 6]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_encoded_answer_is_read_like_a_json_one() {
    let body = "access_token=a%2Bb&token_type=bearer&expires_in=60&scope=x+y";
    let stage =
        answering([("form", Answer::bytes(200, FORM, body)), ("text", Answer::bytes(200, "text/plain", body))]).await;
    for scope in ["form", "text"] {
        assert_eq!(status(&call(&stage, "client", scope).await), 200, "{scope}");
    }
    assert_eq!(bearers(&stage), ["Bearer a+b"; 2]);
    let issued = &stage.recorded("token.issued.v1")[0];
    assert_eq!((&issued["lifetime_ms"], &issued["scope"]), (&json!(60_000), &json!("x y")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifetime_may_be_a_number_a_text_or_a_fraction() {
    let stage = answering([("n", expiring("60")), ("t", expiring("\"61\"")), ("f", expiring("62.5"))]).await;
    for scope in ["n", "t", "f"] {
        assert_eq!(status(&call(&stage, "client", scope).await), 200, "{scope}");
    }
    assert_eq!(lifetimes(&stage), [60_000, 61_000, 62_500]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_lifetime_lives_as_long_as_the_connection_says_or_else_the_operator() {
    let plain = Answer::bytes(200, JSON, r#"{"access_token":"t","token_type":"Bearer"}"#);
    let stage = answering([("absent", plain), ("null", expiring("null")), ("said", expiring("60"))]).await;
    stage.connect("own", json!({ "tokenPolicy": { "defaultLifetime": "PT90S" } })).await;
    for (connection, scope) in [("client", "absent"), ("client", "null"), ("own", "absent"), ("own", "said")] {
        assert_eq!(status(&call(&stage, connection, scope).await), 200, "{connection} {scope}");
    }
    // token.default_lifetime is five minutes unless it is configured.
    assert_eq!(lifetimes(&stage), [300_000, 300_000, 90_000, 60_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_at_once_serves_its_own_request_and_is_not_kept() {
    let strange = ["0", "-1"];
    let stage = answering(strange.map(|lifetime| (lifetime, expiring(lifetime)))).await;
    for scope in strange {
        for _ in 0..2 {
            let answer = call(&stage, "client", scope).await;
            assert_eq!((status(&answer), &answer["exchange"]["token"]["source"]), (200, &json!("FETCHED")), "{scope}");
        }
    }
    assert_eq!(lifetimes(&stage), [0; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_lives_for_ever() {
    let absurd = ["1e300", "99999999999999999999999", "\"inf\"", "86401"];
    let stage = answering(absurd.map(|lifetime| (lifetime, expiring(lifetime)))).await;
    for scope in absurd {
        assert_eq!(status(&call(&stage, "client", scope).await), 200, "{scope}");
    }
    assert_eq!(lifetimes(&stage), [86_400_000; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_type_is_compared_in_any_case_and_absent_means_bearer() {
    let typed =
        |token_type: &str| Answer::bytes(200, JSON, format!(r#"{{"access_token":"t","expires_in":60{token_type}}}"#));
    let stage = answering([
        ("upper", typed(r#","token_type":"BEARER""#)),
        ("lower", typed(r#","token_type":"bearer""#)),
        ("absent", typed("")),
    ])
    .await;
    for scope in ["upper", "lower", "absent"] {
        assert_eq!(status(&call(&stage, "client", scope).await), 200, "{scope}");
    }
    assert_eq!(bearers(&stage), ["Bearer t"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_finds_the_parts_of_an_answer_that_follows_no_standard() {
    let body = json!({ "data": { "token": "t", "ttl": 1_500_000, "rights": "a b" }, "access_token": "decoy" });
    let stage = answering([("odd", Answer::json(200, &body))]).await;
    let mapping = json!({
        "accessToken": "/data/token", "expiresIn": "/data/ttl", "expiresInUnit": "MILLISECONDS", "scope": "/data/rights",
    });
    stage.connect("mapped", json!({ "responseMapping": mapping })).await;
    assert_eq!(status(&call(&stage, "mapped", "odd").await), 200);
    assert_eq!(bearers(&stage), ["Bearer t"]);
    let issued = &stage.recorded("token.issued.v1")[0];
    assert_eq!((&issued["lifetime_ms"], &issued["scope"]), (&json!(1_500_000), &json!("a b")));
    assert_eq!(issued["token_type"], "Bearer", "with a mapping, a missing type means Bearer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_points_nowhere_is_a_failure_that_says_where() {
    let stage = answering([("usual", Answer::token("t"))]).await;
    stage.connect("mapped", json!({ "responseMapping": { "accessToken": "/data/token" } })).await;
    let answer = call(&stage, "mapped", "usual").await;
    let failure = outcome(&answer);
    assert_eq!(failure["failure"], "MALFORMED_RESPONSE");
    assert_eq!(failure["message"], "the answer has no token at /data/token, where the response mapping points");
    assert_eq!(stage.api.count(), 0);
}
