//! Bodies both ways: how they come back, and where they end.

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, open_api, outcome, status, user_error};

const SETTINGS: [(&str, &str); 2] =
    [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_EGRESS__MAX_RESPONSE", "1KiB")];

#[tokio::test(flavor = "multi_thread")]
async fn a_body_comes_back_as_text_or_as_base64_and_is_cut_at_the_limit() {
    let api = Peer::start(|heard: Heard| {
        std::future::ready(match heard.path.as_str() {
            "/text" => Answer::text(200, "grüezi"),
            "/binary" => Answer::bytes(200, "application/octet-stream", [0xff, 0x00, 0x01]),
            "/full" => Answer::text(200, &"x".repeat(1_024)),
            "/long" => Answer::text(200, &"x".repeat(1_025)),
            _ => Answer::bytes(204, "text/plain", ""),
        })
    });
    let stage = Stage::with(counting_issuer().await, api.await, &SETTINGS).await;
    let body = async |path: &str| outcome(&stage.call(path, json!({})).await)["body"].clone();
    let text = json!({ "text": "grüezi", "base64": null, "contentType": "text/plain", "size": 7, "truncated": false });
    assert_eq!(body("/text").await, text);
    let binary = body("/binary").await;
    assert_eq!((&binary["text"], &binary["base64"], &binary["size"]), (&Value::Null, &json!("/wAB"), &json!(3)));
    let full = body("/full").await;
    assert_eq!((&full["size"], &full["truncated"]), (&json!(1_024), &json!(false)));
    let long = body("/long").await;
    assert_eq!((&long["size"], &long["truncated"]), (&json!(1_024), &json!(true)));
    assert_eq!(long["text"], "x".repeat(1_024));
    assert_eq!((&body("/none").await["text"], &body("/none").await["size"]), (&json!(""), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_headers_and_no_body() {
    let api = Peer::saying(Answer::text(200, "never sent").with("x-count", "7")).await;
    let stage = Stage::new(counting_issuer().await, api).await;
    let answer = stage.call("/", json!({ "method": "HEAD" })).await;
    assert_eq!((status(&answer), &outcome(&answer)["body"]["size"]), (200, &json!(0)));
    let headers = outcome(&answer)["headers"].as_array().unwrap();
    assert!(headers.contains(&json!({ "name": "x-count", "value": "7" })), "{headers:?}");
    assert_eq!(stage.api.heard()[0].method, "HEAD");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_body_travels_as_it_should() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let form = json!({ "form": [{ "name": "a b", "value": "ü&=" }, { "name": "c", "value": "" }] });
    for body in [json!({ "text": "plain" }), json!({ "json": { "a": [1, null] } }), form, json!({ "base64": "aGk=" })] {
        let answer = stage.call("/", json!({ "method": "POST", "body": body })).await;
        assert_eq!(status(&answer), 200, "{body}");
    }
    let heard = stage.api.heard();
    let bodies: Vec<_> = heard.iter().map(|heard| heard.body.as_str()).collect();
    assert_eq!(bodies, ["plain", r#"{"a":[1,null]}"#, "a+b=%C3%BC%26%3D&c=", "hi"]);
    assert_eq!(heard[1].header("content-type"), Some("application/json"));
    assert_eq!(heard[2].header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_body_beyond_the_limit_is_refused_before_anything_happens() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    // Each character is one byte in the input and three in the form: the input passes, the body does not.
    let value = "&".repeat(349_525);
    let form = json!({ "form": [{ "name": "a", "value": value }] });
    let refused = stage.call("/", json!({ "method": "POST", "body": form })).await;
    assert_eq!(user_error(&refused), ("InvalidInput", "TOO_LARGE", "body".to_owned()));
    let value = "&".repeat(349_524);
    let form = json!({ "form": [{ "name": "a", "value": value }] });
    assert_eq!(status(&stage.call("/", json!({ "method": "POST", "body": form })).await), 200);
    assert_eq!(stage.api.heard()[0].body.len(), 1_048_574);
    assert_eq!(stage.recorded("exchange.started.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graphql_body_beyond_the_limit_is_413() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let post = async |bytes: usize| {
        let padding = bytes - r#"{"query":"{__typename}","variables":{}}"#.len();
        let body = format!(r#"{{"query":"{{__typename}}","variables":{{}}{}}}"#, " ".repeat(padding));
        assert_eq!(body.len(), bytes);
        let request =
            stage.server.client.post(format!("{}/graphql", stage.server.url)).bearer_auth(&stage.server.token);
        request.header("content-type", "application/json").body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post(1_048_576).await, 200);
    assert_eq!(post(1_048_577).await, 413);
}
