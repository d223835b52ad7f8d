//! What passes, and what does not.

use serde_json::json;

use super::{Course, EXCHANGE, ask, ended, ok_api, scripted};
use crate::scripted::{Answer, Peer};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_the_api_with_the_connections_token_and_its_answer_comes_back() {
    let stage = scripted(Peer::saying(Answer::bytes(207, "application/x-any", "abc").with("x-own", "1")).await).await;
    let url = format!("{}/forward/api/a%20b/c?q=%2F&q=2", stage.server.url);
    let request = stage.server.client.put(url).bearer_auth(&stage.server.token).header("x-mine", "2");
    let answer = request.header("idempotency-key", "k").body("hello").send().await.unwrap();
    assert_eq!(answer.status(), 207);
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type").as_deref(), Some("application/x-any"));
    assert_eq!(header("x-own").as_deref(), Some("1"));
    assert_eq!(header("content-length").as_deref(), Some("3"));
    assert_eq!(header("latchkey-error"), None);
    let exchange = header(EXCHANGE).unwrap();
    assert_eq!(answer.text().await.unwrap(), "abc");

    let heard = &stage.api.heard()[0];
    assert_eq!((heard.method.as_str(), heard.path.as_str()), ("PUT", "/base/a%20b/c"));
    assert_eq!((heard.query.as_str(), heard.body.as_str()), ("q=%2F&q=2", "hello"));
    assert_eq!(heard.header("authorization"), Some("Bearer token-1"));
    assert_eq!((heard.header("x-mine"), heard.header("idempotency-key")), (Some("2"), Some("k")));
    assert_eq!(heard.header("host"), Some(stage.api.address.to_string().as_str()));
    assert_eq!(heard.header("content-length"), Some("5"));

    let completed = ended(&stage, "exchange.completed.v1").await;
    assert_eq!((&completed["status"], &completed["body_bytes"]), (&json!(207), &json!(3)));
    assert_eq!((&completed["streamed"], &completed["connection"]), (&json!(true), &json!("api")));
    let started = stage.recorded("exchange.started.v1").remove(0);
    assert_eq!((&started["streamed"], &started["body_bytes"]), (&json!(true), &json!(5)));
    assert_eq!((&started["method"], &started["path"]), (&json!("PUT"), &json!("/base/a%20b/c")));
    assert!(stage.server.events().iter().any(|event| event["stream"] == format!("exchange/{exchange}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn any_method_passes() {
    let stage = scripted(ok_api().await).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "x-own!"] {
        let mut line = ask(&stage.server, &format!("{method} /forward/api HTTP/1.1"), "").await;
        assert_eq!(line.head().await.status(), 200, "{method}");
        let heard = stage.api.heard().pop().unwrap();
        assert_eq!((heard.method.as_str(), heard.path.as_str()), (method, "/base"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_one_connection_do_not_pass_in_either_direction() {
    let course = Course::new().await;
    let more = "connection: x-hop, close\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\nte: trailers\r\ntrailer: x\r\n\
                proxy-authorization: Basic x\r\nupgrade: h2c\r\nx-end: 1\r\n";
    let mut caller = course.ask("GET", more).await;
    let mut api = course.upstream.accept().await;
    let heard = api.head().await;
    let names: Vec<&str> = heard.headers.iter().map(|(name, _)| name.as_str()).collect();
    // `accept` and `user-agent` are Latchkey's own where the caller has none.
    assert_eq!(names, ["x-end", "authorization", "accept", "user-agent", "host"], "{:?}", heard.headers);
    api.say(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: x-back\r\nx-back: 1\r\nkeep-alive: timeout=9\r\n\
         proxy-authenticate: Basic\r\ntrailer: x-sum\r\nupgrade: h2c\r\nx-end: 2\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n",
    )
    .await;
    let answer = caller.head().await;
    assert_eq!(answer.get("x-end"), Some("2"));
    for absent in ["x-back", "keep-alive", "proxy-authenticate", "trailer", "upgrade", "via", "x-sum"] {
        assert_eq!(answer.get(absent), None, "{absent}");
    }
    assert_eq!(caller.body(13).await, b"3\r\nabc\r\n0\r\n\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_and_latchkey_share_stays_between_them() {
    let course = Course::new().await;
    let cookies = "session=canary-cookie; latchkey=canary-session; __Host-latchkey=canary-host";
    let more = &format!("cookie: {cookies}\r\ndpop: canary-proof\r\nlatchkey-future: canary-own\r\n");
    let mut caller = course.ask("GET", more).await;
    let mut api = course.upstream.accept().await;
    let heard = format!("{:?}", api.head().await.headers);
    assert!(!heard.contains("canary") && !heard.contains(&course.stage.server.token), "{heard}");
    assert!(heard.contains("Bearer token-1"));
    api.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer = format!("{:?}", caller.head().await.headers);
    assert!(!answer.contains("token-1"), "{answer}");
    course.ended("exchange.completed.v1").await;
    let log = format!("{:?}", course.stage.server.events());
    assert!(!log.contains("canary") && !log.contains("token-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_neither_be_a_page_nor_speak_for_latchkeys_origin() {
    let lines = [
        "set-cookie: a=b",
        "strict-transport-security: max-age=1",
        "clear-site-data: \"*\"",
        "service-worker-allowed: /",
        "access-control-allow-origin: *",
        "access-control-allow-credentials: true",
        "alt-svc: h3=\":1\"",
        "content-security-policy: default-src *",
        "x-content-type-options: sniff",
        "x-frame-options: ALLOWALL",
        "latchkey-error: FORGED",
        "latchkey-exchange: forged",
        "refresh: 0;url=/",
        "content-type: text/html",
    ];
    let course = Course::new().await;
    let mut caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say(format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n{}\r\n\r\nhi", lines.join("\r\n"))).await;
    let head = caller.head().await;
    assert_eq!(head.get("content-type"), Some("text/html"));
    assert_eq!(head.get("content-security-policy"), Some("sandbox; default-src 'none'; frame-ancestors 'none'"));
    assert_eq!((head.get("x-content-type-options"), head.get("x-frame-options")), (Some("nosniff"), Some("DENY")));
    for absent in [
        "set-cookie",
        "strict-transport-security",
        "clear-site-data",
        "service-worker-allowed",
        "alt-svc",
        "refresh",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "latchkey-error",
    ] {
        assert_eq!(head.get(absent), None, "{absent}");
    }
    assert_eq!(head.headers.iter().filter(|(name, _)| name == "content-security-policy").count(), 1);
    assert!(head.get(EXCHANGE).is_some_and(|id| id.len() == 36), "{:?}", head.get(EXCHANGE));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoded_body_stays_encoded_and_a_plain_one_plain() {
    let course = Course::new().await;
    for (line, body) in [("content-encoding: gzip\r\n", &[0x1f, 0x8b, 0, 255][..]), ("", &[b'x'; 4_000][..])] {
        let mut caller = course.ask("GET", "accept-encoding: gzip, br\r\nconnection: close\r\n").await;
        let mut api = course.upstream.accept().await;
        assert_eq!(api.head().await.get("accept-encoding"), Some("gzip, br"));
        let start = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain\r\n";
        api.say(format!("{start}{line}content-length: {}\r\n\r\n", body.len())).await;
        api.say(body).await;
        let head = caller.head().await;
        assert_eq!(head.get("content-encoding"), line.strip_prefix("content-encoding: ").map(str::trim_end));
        assert_eq!(head.get("content-length"), Some(body.len().to_string().as_str()));
        assert_eq!(caller.rest().await, body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_keep_the_length_that_they_tell() {
    let course = Course::new().await;
    for (method, status, length) in
        [("HEAD", "200 OK", Some("5")), ("GET", "304 Not Modified", Some("7")), ("GET", "204 No Content", None)]
    {
        let mut caller = course.ask(method, "connection: close\r\n").await;
        let mut api = course.upstream.accept().await;
        api.head().await;
        let line = length.map(|length| format!("content-length: {length}\r\n")).unwrap_or_default();
        api.say(format!("HTTP/1.1 {status}\r\nconnection: close\r\n{line}\r\n")).await;
        let head = caller.head().await;
        assert_eq!((head.start.as_str(), head.get("content-length")), (format!("HTTP/1.1 {status}").as_str(), length));
        assert_eq!(caller.rest().await, b"");
    }
    assert_eq!(course.stage.recorded("exchange.failed.v1"), Vec::<serde_json::Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_the_callers_to_follow() {
    let elsewhere = ok_api().await;
    let moved = Answer::text(307, "").with("location", &elsewhere.url("/"));
    let stage = scripted(Peer::saying(moved).await).await;
    let mut line = ask(&stage.server, "GET /forward/api/x HTTP/1.1", "").await;
    let head = line.head().await;
    assert_eq!((head.status(), head.get("location")), (307, Some(elsewhere.url("/").as_str())));
    assert_eq!(elsewhere.connections(), 0);
}
