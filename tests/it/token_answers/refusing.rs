//! Answers that hold no token, or none to be used: a failure with a type, which says what came and tells no secret.

use serde_json::{Value, json};

use super::{FORM, JSON, answering, call, failure};
use crate::scripted::Answer;
use crate::stage::{SECRET, outcome};

/// Has a failure of that scope, and compares its phase, reason and message.
async fn assert_told(stage: &crate::stage::Stage, scope: &str, phase: &str, message: &str) {
    let failure = failure(stage, scope).await;
    let told = (&failure["phase"], &failure["failure"], &failure["message"]);
    assert_eq!(told, (&json!(phase), &json!("MALFORMED_RESPONSE"), &json!(message)), "{scope}");
    assert_eq!(failure["remedy"]["field"], "accessTokenUrl");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_answer_is_a_failure_that_says_what_came() {
    let stage = answering([
        ("empty", Answer::bytes(200, JSON, "")),
        ("html", Answer::bytes(200, "text/html", "<!doctype html><h1>Sign in</h1>")),
        ("cut", Answer::bytes(200, JSON, r#"{"access_token":"abc"#)),
        ("list", Answer::bytes(200, JSON, r#"[{"access_token":"abc"}]"#)),
        ("almost", Answer::bytes(200, JSON, "{access_token:'abc'}")),
        ("prose", Answer::bytes(200, "text/plain", "OK")),
        ("binary", Answer::bytes(200, JSON, [0xff, 0xfe])),
    ])
    .await;
    let expected = [
        ("empty", "an empty body", Value::Null),
        ("html", "an HTML or XML page", json!("<!doctype html><h1>Sign in</h1>")),
        ("cut", "JSON that is cut off", json!(r#"{"access_token":"••••"#)),
        ("list", "JSON that is not an object", json!(r#"[{"access_token":"••••"}]"#)),
        ("almost", "text that is almost, but not, JSON", json!("{access_token:'••••'}")),
        ("prose", "text that is neither JSON nor a form", json!("OK")),
        ("binary", "bytes that are not UTF-8 text", json!("\u{fffd}\u{fffd}")),
    ];
    for (scope, what, excerpt) in expected {
        assert_told(&stage, scope, "RESPONSE", &format!("the token endpoint answered with {what}")).await;
        assert_eq!(failure(&stage, scope).await["excerpt"], excerpt, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_wrong_type_is_a_failure_that_names_it() {
    let token = |value: &Value| Answer::json(200, &json!({ "access_token": value, "token_type": "Bearer" }));
    let stage = answering([
        ("none", Answer::json(200, &json!({ "token_type": "Bearer" }))),
        ("null", token(&Value::Null)),
        ("number", token(&json!(5))),
        ("object", token(&json!({ "value": "abc" }))),
        ("blank", token(&json!(""))),
        ("type", Answer::json(200, &json!({ "access_token": "t", "token_type": ["Bearer"] }))),
    ])
    .await;
    for (scope, message) in [
        ("none", "the answer has no access_token"),
        ("null", "the answer has no access_token"),
        ("number", "the access_token in the answer is not text"),
        ("object", "the access_token in the answer is not text"),
        ("blank", "the access_token in the answer is empty"),
        ("type", "the token_type in the answer is not text"),
    ] {
        assert_told(&stage, scope, "TOKEN", message).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_with_characters_that_end_a_header_is_refused() {
    let unfit = [r"a\r\nx-admin: 1", r"a\u0000", r"a\u007f", "a b", "é"];
    let stage =
        answering(unfit.map(|token| {
            (token, Answer::bytes(200, JSON, format!(r#"{{"access_token":"{token}","expires_in":60}}"#)))
        }))
        .await;
    for scope in unfit {
        let message = "the access_token in the answer has characters that can't travel in a header";
        assert_told(&stage, scope, "TOKEN", message).await;
        let excerpt = r#"{"access_token":"••••","expires_in":60}"#;
        assert_eq!(failure(&stage, scope).await["excerpt"], excerpt, "{scope}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_type_than_bearer_is_a_failure() {
    let typed = |name: &str| Answer::json(200, &json!({ "access_token": "t", "token_type": name }));
    let stage = answering([("mac", typed("mac")), ("dpop", typed("DPoP")), ("n_a", typed("N_A"))]).await;
    for (scope, name) in [("mac", "mac"), ("dpop", "DPoP"), ("n_a", "N_A")] {
        let message = format!("the token is of type \"{name}\"; this connection takes only Bearer");
        assert_told(&stage, scope, "TOKEN", &message).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_asks_for_bound_tokens_takes_no_other() {
    let stage = answering([("plain", Answer::token("t"))]).await;
    stage.connect("bound", json!({ "dpop": "ES256" })).await;
    let answer = call(&stage, "bound", "plain").await;
    assert_eq!(outcome(&answer)["message"], "the token is of type \"Bearer\"; this connection takes only DPoP");
    assert_eq!(stage.api.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_a_failure_even_when_the_status_says_200() {
    let body = json!({ "error": "invalid_scope", "access_token": "t", "token_type": "Bearer" });
    let stage = answering([
        ("json", Answer::json(200, &body)),
        ("form", Answer::bytes(200, FORM, "error=invalid_scope&access_token=t")),
        ("object", Answer::json(200, &json!({ "error": { "code": 17 } }))),
    ])
    .await;
    for scope in ["json", "form"] {
        let failure = failure(&stage, scope).await;
        assert_eq!((&failure["failure"], &failure["httpStatus"]), (&json!("INVALID_SCOPE"), &json!(200)), "{scope}");
        assert_eq!(failure["message"], "the token endpoint answered 200 with the error invalid_scope");
    }
    let untyped = failure(&stage, "object").await;
    assert_eq!(untyped["message"], "the token endpoint answered 200 with an `error` that is not text");
    assert_eq!(untyped["excerpt"], r#"{"error":{"code":17}}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_issuer_says_reaches_the_caller_the_watcher_and_the_log() {
    let body = json!({
        "error": "invalid_client", "error_description": "unknown client", "error_uri": "https://idp.example.com/help",
        "trace": "7",
    });
    let page = "<html><title>502 Bad Gateway</title></html>";
    let stage =
        answering([("oauth", Answer::json(401, &body)), ("proxy", Answer::bytes(502, "text/html", page))]).await;
    stage.connect("hasty", json!({ "tokenPolicy": { "maxRetries": 0 } })).await;
    let oauth = failure(&stage, "oauth").await;
    assert_eq!((&oauth["failure"], &oauth["httpStatus"]), (&json!("INVALID_CLIENT"), &json!(401)));
    let proxy = call(&stage, "hasty", "proxy").await;
    assert_eq!((&outcome(&proxy)["failure"], &outcome(&proxy)["httpStatus"]), (&json!("SERVER_ERROR"), &json!(502)));
    assert_eq!(outcome(&proxy)["excerpt"], page);

    let asked = "{ authFailures { nodes { httpStatus excerpt oauthError { error errorDescription errorUri } } } }";
    let watched = stage.server.data(asked, json!({})).await["authFailures"]["nodes"].take();
    let words = json!({
        "error": "invalid_client", "errorDescription": "unknown client", "errorUri": "https://idp.example.com/help",
    });
    let expected = json!([
        { "httpStatus": 502, "excerpt": page, "oauthError": null },
        { "httpStatus": 401, "excerpt": body.to_string(), "oauthError": words },
    ]);
    assert_eq!(watched, expected);
    let recorded = stage.recorded("token.request_failed.v1");
    assert_eq!(recorded[0]["failure"]["excerpt"], body.to_string());
    assert_eq!(recorded[0]["failure"]["oauth_error"]["error_uri"], "https://idp.example.com/help");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_uri_that_is_no_web_address_is_left_out() {
    let refused = |uri: &str| Answer::json(400, &json!({ "error": "invalid_scope", "error_uri": uri }));
    let stage = answering([("script", refused("javascript:alert(1)")), ("words", refused("see the manual"))]).await;
    for scope in ["script", "words"] {
        failure(&stage, scope).await;
    }
    for recorded in stage.recorded("token.request_failed.v1") {
        assert_eq!(recorded["failure"]["oauth_error"]["error_uri"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_quotes_what_it_was_sent_gives_nothing_away() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjbGllbnQifQ.c2lnbmF0dXJl";
    let echo = json!({
        "error": "invalid_client", "error_description": format!("no client has {SECRET}"), "received": SECRET,
        "assertion": "short", "note": format!("saw {jwt}"),
    });
    // As PHP writes it: every slash behind a backslash.
    let escaped = format!(r#"{{"error":"invalid_client","got":"{}"}}"#, SECRET.replace('/', r"\/"));
    let stage = answering([("echo", Answer::json(401, &echo)), ("escaped", Answer::bytes(401, JSON, escaped))]).await;
    for scope in ["echo", "escaped"] {
        let told = failure(&stage, scope).await.to_string();
        assert!(told.contains("••••") && told.contains("invalid_client"), "{told}");
        for secret in ["hunter2", "short", jwt, "eyJ"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    // Payloads only: what is sealed beside them is any text, three letters like those of a token at times.
    let failures = stage.recorded("token.request_failed.v1");
    let log: String = failures.iter().map(Value::to_string).collect();
    assert!(log.contains("no client has ••••") && !log.contains("hunter2") && !log.contains("eyJ"), "{log}");
}
