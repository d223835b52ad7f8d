//! Switches, counters, start and stop.

use super::*;

#[actix_web::test]
async fn the_switch_makes_the_issuer_and_the_api_refuse_and_recover() {
    let test = TestDemo::start();
    let grant = "grant_type=client_credentials";
    let good = || Some(basic("demo-client", SECRET_FORM_ENCODED));
    let token = test.access_token("demo:read").await;

    assert_eq!(test.control("reject", json!({ "mode": "invalid_client" })).await, StatusCode::OK);
    assert_eq!(test.token(good(), grant).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(test.control("reject", json!({ "mode": "server_error" })).await, StatusCode::OK);
    assert_eq!(test.token(good(), grant).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(test.call("/hello", &token).await.status(), StatusCode::OK);
    assert_eq!(test.control("reject", json!({ "mode": "reject_tokens" })).await, StatusCode::OK);
    assert_eq!(test.token(good(), grant).await.status(), StatusCode::OK);
    assert_eq!(test.call("/hello", &token).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(test.control("reject", json!({ "mode": "something" })).await, StatusCode::BAD_REQUEST);
    test.demo.switch(Mode::None);
    assert_eq!(test.call("/hello", &token).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn revoking_ends_the_tokens_issued_so_far_and_no_later_one() {
    let test = TestDemo::start();
    let before = test.access_token("demo:read").await;
    assert_eq!(test.control("revoke", json!({})).await, StatusCode::NO_CONTENT);
    let after = test.access_token("demo:read").await;
    assert_eq!(test.call("/hello", &before).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(test.call("/hello", &after).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn a_delayed_token_answer_is_not_there_before_its_time() {
    let test = TestDemo::start();
    test.demo.delay_tokens(Duration::from_millis(DELAY_MS_MAX));
    let waiting = test.access_token("demo:read");
    let gave_up = tokio::time::timeout(Duration::from_millis(200), waiting).await;
    assert!(gave_up.is_err());
    assert_eq!(test.demo.stats(), Stats { token_requests: 1, ..Stats::default() });
    assert_eq!(test.control("delay", json!({ "ms": 0 })).await, StatusCode::OK);
    assert!(!test.access_token("demo:read").await.is_empty());
}

#[actix_web::test]
async fn the_statistics_are_told_over_http_but_not_to_a_web_page() {
    let test = TestDemo::start();
    test.access_token("demo:read").await;
    let stats = test.get("/demo/stats").await;
    assert_eq!(stats, json!({ "tokenRequests": 1, "tokensIssued": 1, "apiCalls": 0, "apiRefusals": 0 }));
    let url = format!("{}/demo/revoke", test.demo.issuer_url());
    let answer = test.http.post(url).header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

// The runtime of the program, not actix's own.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_frees_the_port() {
    let test = TestDemo::start();
    let address = test.demo.address();
    test.access_token("demo:read").await;
    test.demo.stop().await.unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[actix_web::test]
async fn a_lifetime_out_of_bounds_is_refused_at_the_start() {
    let settings = |token_lifetime| {
        let base = Settings::new(SECRET.into(), now(&Arc::new(AtomicI64::new(START))));
        Settings { port: 0, token_lifetime, ..base }
    };
    for seconds in [0, TOKEN_LIFETIME_SECONDS_MAX + 1] {
        let refused = Demo::start(settings(Duration::from_secs(seconds))).err().unwrap();
        assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    }
    assert!(Demo::start(settings(Duration::from_secs(TOKEN_LIFETIME_SECONDS_MAX))).is_ok());
}
