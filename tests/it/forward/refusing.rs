//! What is not forwarded, and how a program can tell.

use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{Course, EXCHANGE, Line, ask, ended, ok_api, refusal, scripted};
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, counting_issuer, open_api};

/// What becomes of a request line.
async fn refused(stage: &Stage, start: &str, more: &str) -> (u16, String) {
    refusal(&mut ask(&stage.server, start, more).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_forwards_without_a_token_of_latchkey() {
    let stage = scripted(ok_api().await).await;
    let address = stage.server.url.trim_start_matches("http://").to_owned();
    for credentials in [
        "",
        "authorization: Bearer wrong\r\n",
        "authorization: Basic dGVzdA==\r\n",
        "cookie: session=test-admin-token\r\n",
        "authorization: Bearer test-admin-token\r\nauthorization: Bearer test-admin-token\r\n",
    ] {
        let mut line = Line::new(TcpStream::connect(&address).await.unwrap());
        line.say(format!("GET /forward/api/x?access_token=test-admin-token HTTP/1.1\r\nhost: a\r\n{credentials}\r\n"))
            .await;
        assert_eq!(refusal(&mut line).await, (401, "UNAUTHENTICATED".to_owned()), "{credentials}");
    }
    let foreign = refused(&stage, "GET /forward/api/x HTTP/1.1", "origin: https://evil.example\r\n").await;
    assert_eq!(foreign, (403, "ORIGIN_NOT_ALLOWED".to_owned()));
    assert_eq!((stage.api.connections(), stage.issuer.connections()), (0, 0));
    assert_eq!(stage.recorded("exchange.started.v1"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_the_base_url() {
    let stage = scripted(ok_api().await).await;
    for path in [
        "/../x",
        "/..",
        "/a/../../x",
        "/./x",
        "/%2e%2e/x",
        "/.%2E/x",
        "/a%2f..%2f..%2fx",
        "/..;/x",
        "/%252e%252e/x",
        "//evil.example/x",
        "/%2fevil.example/x",
        "/a%5cb",
        "/..%5c..%5cx",
    ] {
        let found = refused(&stage, &format!("GET /forward/api{path} HTTP/1.1"), "").await;
        assert_eq!(found, (400, "INVALID_PATH".to_owned()), "{path}");
    }
    let long = format!("GET /forward/api/{} HTTP/1.1", "x".repeat(8_200));
    assert_eq!(refused(&stage, &long, "").await, (400, "INVALID_PATH".to_owned()));
    assert_eq!((stage.api.connections(), stage.issuer.connections()), (0, 0));
    assert_eq!(stage.recorded("exchange.started.v1"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_usable_connection_is_told_apart() {
    let stage = scripted(ok_api().await).await;
    for (start, status, code) in [
        ("GET /forward/nobody/x", 404, "CONNECTION_NOT_FOUND"),
        ("GET /forward/", 404, "NOT_FOUND"),
        ("GET /forward/UPPER/x", 404, "NOT_FOUND"),
        ("GET /forward/%61pi/x", 404, "NOT_FOUND"),
        ("GET /forward/../api/x", 404, "NOT_FOUND"),
        // `client` has allowed hosts, but no base URL.
        ("GET /forward/client/x", 409, "NO_BASE_URL"),
        ("TRACE /forward/api/x", 405, "METHOD_NOT_ALLOWED"),
    ] {
        assert_eq!(refused(&stage, &format!("{start} HTTP/1.1"), "").await, (status, code.to_owned()), "{start}");
    }
    assert_eq!(stage.api.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_and_the_need_for_tls_hold_here_too_and_no_socket_is_opened() {
    let canary = open_api().await;
    let (issuer, api) = (counting_issuer().await, open_api().await);
    let open = format!("{},{}", issuer.address, api.address);
    let stage = Stage::with(issuer, api, &[("LATCHKEY_EGRESS__ALLOW", &open)]).await;
    let port = canary.address.port();
    for (number, host) in ["127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "localhost"].iter().enumerate() {
        let key = format!("denied-{number}");
        stage.connect(&key, json!({ "baseUrl": format!("https://{host}:{port}/"), "allowedHosts": [] })).await;
        let found = refused(&stage, &format!("GET /forward/{key}/x HTTP/1.1"), "").await;
        assert_eq!(found, (403, "EGRESS_DENIED".to_owned()), "{host}");
    }
    stage.connect("plain", json!({ "baseUrl": "http://api.example.com/", "allowedHosts": [] })).await;
    assert_eq!(refused(&stage, "GET /forward/plain/x HTTP/1.1", "").await, (403, "INSECURE_URL".to_owned()));
    assert_eq!((canary.connections(), stage.issuer.connections()), (0, 0));
    assert_eq!(stage.recorded("exchange.started.v1"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_nothing_is_sent_and_the_answer_says_why() {
    let issuer = Peer::saying(Answer::json(401, &json!({ "error": "invalid_client" }))).await;
    let stage = Stage::new(issuer, open_api().await).await;
    stage.connect("api", json!({ "baseUrl": stage.api.url("/") })).await;
    let mut line = ask(&stage.server, "POST /forward/api/x HTTP/1.1", "content-length: 3\r\n").await;
    line.say("abc").await;
    let head = line.head().await;
    assert_eq!((head.status(), head.get("latchkey-error")), (502, Some("AUTH_FAILURE")));
    assert!(head.get(EXCHANGE).is_some());
    let problem: Value =
        serde_json::from_slice(&line.body(head.get("content-length").unwrap().parse().unwrap()).await).unwrap();
    assert_eq!((&problem["reason"], &problem["retryable"]), (&json!("INVALID_CLIENT"), &json!(false)));
    assert_eq!(stage.api.connections(), 0);
    let failed = ended(&stage, "exchange.failed.v1").await;
    assert_eq!((&failed["failure"]["reason"], &failed["streamed"]), (&json!("INVALID_CLIENT"), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_not_there_is_latchkeys_word_and_not_the_apis() {
    let stage = scripted(ok_api().await).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stage.connect("gone", json!({ "baseUrl": format!("http://{nobody}/") })).await;
    assert_eq!(refused(&stage, "GET /forward/gone/x HTTP/1.1", "").await, (502, "UPSTREAM_UNREACHABLE".to_owned()));
    let failed = ended(&stage, "exchange.failed.v1").await;
    assert_eq!(failed["failure"]["reason"], "CONNECT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_does_not_answer_in_time_is_given_up() {
    let course = Course::with(&[("LATCHKEY_FORWARD__RESPONSE_TIMEOUT", "500ms")]).await;
    let mut caller = course.ask("GET", "").await;
    let api = course.upstream.accept().await;
    assert_eq!(refusal(&mut caller).await, (504, "UPSTREAM_TIMEOUT".to_owned()));
    assert!(api.rest().await.starts_with(b"GET /base/x HTTP/1.1\r\n"), "and the connection is closed");
    assert_eq!(course.ended("exchange.failed.v1").await["failure"]["reason"], "TIMEOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_requests_than_allowed_are_under_way() {
    let course = Course::with(&[("LATCHKEY_FORWARD__MAX_CONCURRENT", "1")]).await;
    let mut first = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    let mut second = course.ask("GET", "").await;
    let head = second.head().await;
    assert_eq!((head.status(), head.get("latchkey-error")), (503, Some("TOO_MANY_FORWARDS")));
    assert_eq!(head.get("retry-after"), Some("1"));
    api.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(first.head().await.status(), 200);
    course.ended("exchange.completed.v1").await;
    crate::stage::eventually("there is room again", async || {
        let mut third = course.ask("GET", "").await;
        let refused = tokio::select! {
            head = third.head() => head.status() == 503,
            () = async { api.head().await; } => false,
        };
        !refused
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_could_not_tell_a_broken_answer_is_not_served() {
    let stage = scripted(ok_api().await).await;
    let found = refused(&stage, "GET /forward/api/x HTTP/1.0", "").await;
    assert_eq!(found, (505, "HTTP_VERSION_NOT_SUPPORTED".to_owned()));
    assert_eq!(stage.api.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_connection_forwards_nothing() {
    let stage = scripted(ok_api().await).await;
    let query = "mutation { updateConnection(input: { key: \"api\", expectedVersion: 1, enabled: false }) { userErrors { message } } }";
    let disabled = stage.server.data(query, json!({})).await;
    assert_eq!(disabled["updateConnection"]["userErrors"], json!([]), "{disabled}");
    assert_eq!(refused(&stage, "GET /forward/api/x HTTP/1.1", "").await, (502, "AUTH_FAILURE".to_owned()));
    assert_eq!(ended(&stage, "exchange.failed.v1").await["failure"]["reason"], "CONNECTION_DISABLED");
    assert_eq!((stage.api.connections(), stage.issuer.connections()), (0, 0));
}
