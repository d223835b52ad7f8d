//! The protected API.

use super::*;

#[actix_web::test]
async fn a_token_is_refused_from_the_second_of_its_expiry() {
    let test = TestDemo::start();
    let token = test.access_token("demo:read").await;
    test.clock.store(START + 59, Ordering::SeqCst);
    assert_eq!(test.call("/hello", &token).await.status(), StatusCode::OK);
    test.clock.store(START + 60, Ordering::SeqCst);
    let refused = test.call("/hello", &token).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let challenge = header(refused.headers(), "www-authenticate");
    assert!(challenge.starts_with("Bearer ") && challenge.contains(r#"error="invalid_token""#), "{challenge}");
}

#[actix_web::test]
async fn a_request_without_a_bearer_token_is_challenged_without_an_error_code() {
    let test = TestDemo::start();
    let answer = test.http.get(format!("{}/hello", test.demo.api_url())).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()[WWW_AUTHENTICATE], r#"Bearer realm="latchkey demo""#);
    assert_eq!(test.demo.stats(), Stats { api_calls: 1, api_refusals: 1, ..Stats::default() });
}

#[actix_web::test]
async fn tokens_of_another_issuer_and_changed_tokens_are_refused() {
    let (test, other) = (TestDemo::start(), TestDemo::start());
    let foreign = other.access_token("demo:read").await;
    let own = test.access_token("demo:read").await;
    let (head, signature) = own.rsplit_once('.').unwrap();
    let (protected, _) = head.split_once('.').unwrap();
    let widened = URL_SAFE_NO_PAD.encode(json!({ "scope": "demo:read demo:write" }).to_string());
    let changed = format!("{protected}.{widened}.{signature}");
    let unsigned = format!("{head}.");
    for token in [foreign.as_str(), &changed, &unsigned, "nonsense", ""] {
        assert_eq!(test.call("/hello", token).await.status(), StatusCode::UNAUTHORIZED, "{token}");
    }
    assert_eq!(test.call("/hello", &own).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn a_token_without_the_scope_is_403() {
    let test = TestDemo::start();
    let token = test.access_token("demo:read").await;
    let url = format!("{}/echo", test.demo.api_url());
    let answer = test.http.post(url).bearer_auth(token).body("x").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    let challenge = header(answer.headers(), "www-authenticate");
    assert!(challenge.contains(r#"error="insufficient_scope", scope="demo:write""#), "{challenge}");
}

#[actix_web::test]
async fn the_echo_shows_what_was_sent_but_not_the_token() {
    let test = TestDemo::start();
    let token = test.access_token("demo:write").await;
    let url = format!("{}/echo?page=2", test.demo.api_url());
    let request = test.http.request(Method::PUT, &url).bearer_auth(&token).header("x-trace", "abc").body("hello");
    let text = String::from_utf8(request.send().await.unwrap().bytes().await.unwrap().to_vec()).unwrap();
    assert!(!text.contains(&token) && !text.contains("authorization"), "{text}");
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&shown["method"], &shown["query"], &shown["headers"]["x-trace"], &shown["body"]),
        (&json!("PUT"), &json!("page=2"), &json!("abc"), &json!({ "text": "hello" }))
    );
    let request = test.http.post(&url).bearer_auth(&token).body(vec![0xff]);
    assert_eq!(body(request.send().await.unwrap()).await["body"], json!({ "base64": "/w==" }));
}

#[actix_web::test]
async fn the_api_answers_with_orders_with_any_status_and_late() {
    let test = TestDemo::start();
    let token = test.access_token("demo:read").await;
    assert_eq!(body(test.call("/orders", &token).await).await["orders"][0]["id"], "ord-1001");
    for status in ["200", "204", "304", "429", "503", "599"] {
        assert_eq!(test.call(&format!("/status/{status}"), &token).await.status().as_str(), status);
    }
    for no_status in ["199", "600", "abc"] {
        assert_eq!(test.call(&format!("/status/{no_status}"), &token).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(body(test.call("/slow?ms=5", &token).await).await, json!({ "waitedMs": 5 }));
}
