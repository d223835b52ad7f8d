//! graphql-transport-ws: the protocol and its close codes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use latchkey::server::graphql::websocket::WebsocketLimits;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};

use crate::edge_server::{EdgeServer, PATIENCE, TOKEN};
use crate::edge_socket::{Socket, complete, handshake, next_of, refused};
use crate::peer::run_peer;

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_answered_and_completed() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{count(to:2)}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"count": 1})));
    assert_eq!(socket.hear().await, next_of("a", json!({"count": 2})));
    assert_eq!(socket.hear().await, complete("a"));
    // The id is free again.
    socket.subscribe("a", "subscription{count(to:1)}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"count": 1})));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_and_mutations_run_as_well() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    let payload =
        json!({"query": "query Q($n:Int!){echo(n:$n)} mutation M{bump}", "operationName": "Q", "variables": {"n": 3}});
    socket.say(json!({"type": "subscribe", "id": "q", "payload": payload})).await;
    assert_eq!(socket.hear().await, next_of("q", json!({"echo": 3})));
    assert_eq!(socket.hear().await, complete("q"));
    socket.subscribe("m", "mutation{bump}").await;
    assert_eq!(socket.hear().await, next_of("m", json!({"bump": 1})));
    assert_eq!(socket.hear().await, complete("m"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_has_its_own_request_id() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    let mut seen = Vec::new();
    for id in ["a", "b"] {
        socket.subscribe(id, "{source{actor requestId peerIp}}").await;
        let source = socket.hear().await["payload"]["data"]["source"].clone();
        assert_eq!((&source["actor"], &source["peerIp"]), (&json!("admin-token"), &json!("127.0.0.1")));
        seen.push(source["requestId"].clone());
        assert_eq!(socket.hear().await, complete(id));
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn complete_ends_the_stream_and_is_not_echoed() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{forever}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"forever": 1})));
    socket.say(complete("a")).await;
    timeout(PATIENCE, server.probe.dropped.notified()).await.unwrap();
    socket.say(complete("never-begun")).await;
    // The pong is the very next message: nothing else was said.
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
    // And the id is free again at once.
    socket.subscribe("a", "{hello}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"hello": "world"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_begin_is_an_error_and_the_socket_goes_on() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{nothing}", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription{nothing}", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription{count(to:1) forever}", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription($n:Int!){count(to:$n)}", "BAD_USER_INPUT"),
        ("subscription{count(to:99999999999)}", "BAD_USER_INPUT"),
        ("mutation{bump gated @skip(if:1)}", "BAD_USER_INPUT"),
        ("{...A} fragment A on Query{...A}", "GRAPHQL_VALIDATION_FAILED"),
        ("{panics}", "INTERNAL"),
        ("subscription{panics}", "INTERNAL"),
    ] {
        socket.subscribe("a", query).await;
        let error = socket.hear().await;
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("a")), "{query} {error}");
        assert_eq!(error["payload"][0]["extensions"]["code"], code, "{query}");
    }
    socket.subscribe("a", "{hello}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"hello": "world"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_over_the_socket_repeats_no_value() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    for query in ["{echo(n: \"canary\")}", "subscription {count(to: \"canary\")}", "subscription {count(to: CANARY)}"] {
        socket.subscribe("a", query).await;
        let error = socket.hear().await;
        assert_eq!(error["type"], "error", "{error}");
        assert!(!error.to_string().to_lowercase().contains("canary"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_its_resolver_refuses_says_so() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{refused}").await;
    let said = socket.hear().await;
    assert_eq!((&said["type"], &said["payload"]["errors"][0]["message"]), (&json!("next"), &json!("not today")));
    assert_eq!(socket.hear().await, complete("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ping_is_echoed_even_before_the_init() {
    let server = EdgeServer::start();
    let mut socket = Socket::open(&server).await;
    socket.say(json!({"type": "ping", "payload": {"a": [1, "x"]}})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong", "payload": {"a": [1, "x"]}}));
    socket.say(json!({"type": "pong"})).await;
    socket.say(json!({"type": "ping"})).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_messages_close_with_4400() {
    let server = EdgeServer::start();
    let texts = ["x", "[]", r#"{"type":"start","id":"1"}"#, r#"{"type":"subscribe","payload":{"query":"{hello}"}}"#];
    for message in texts.map(Message::text).into_iter().chain([Message::binary("{}")]) {
        let mut socket = Socket::ready(&server).await;
        socket.send(message.clone()).await;
        let (code, reason) = socket.closed().await;
        assert_eq!((code, reason.starts_with("Invalid message received")), (4400, true), "{message}");
    }
    let mut socket = Socket::open(&server).await;
    socket.say(json!({"type": "connection_init", "payload": "Bearer"})).await;
    assert_eq!(socket.closed().await.0, 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_before_the_init() {
    let server = EdgeServer::start();
    let mut socket = Socket::open(&server).await;
    socket.subscribe("a", "mutation{bump}").await;
    assert_eq!(socket.closed().await, (4401, "Unauthorized".to_owned()));
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_forbidden() {
    let server = EdgeServer::start();
    for payload in [json!({"Authorization": "Bearer wrong"}), json!({"Authorization": 1}), json!({}), Value::Null] {
        let mut socket = Socket::open(&server).await;
        socket.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.closed().await, (4403, "Forbidden".to_owned()), "{payload}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_handshake_is_enough_if_it_is_right() {
    let server = EdgeServer::start();
    let mut request = handshake(&server, "graphql-transport-ws");
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    let mut socket = Socket(connect_async(request.clone()).await.unwrap().0);
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.hear().await, json!({"type": "connection_ack"}));
    request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer wrong"));
    assert_eq!(refused(request).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_subprotocol_is_spoken() {
    let server = EdgeServer::start();
    let request = server.websocket_url().into_client_request().unwrap();
    let mut socket = Socket(connect_async(request).await.unwrap().0);
    assert_eq!(socket.closed().await, (4406, "Subprotocol not acceptable".to_owned()));
    // A client that asked for another one does not accept the handshake at all (RFC 6455, 4.1).
    assert!(connect_async(handshake(&server, "graphql-ws")).await.is_err());
    let (mut several, response) = connect_async(handshake(&server, "graphql-ws, graphql-transport-ws")).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "graphql-transport-ws");
    several.close(None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_in_use_is_refused() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    let id = "é".repeat(128);
    socket.subscribe(&id, "subscription{forever}").await;
    socket.subscribe(&id, "subscription{forever}").await;
    let (code, reason) = socket.closed().await;
    assert_eq!(code, 4409);
    assert!(reason.starts_with("Subscriber for é") && reason.len() <= 123, "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_init_is_refused() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.say(json!({"type": "connection_init"})).await;
    assert_eq!(socket.closed().await, (4429, "Too many initialisation requests".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_frame_is_answered_with_its_own_code() {
    let server = EdgeServer::start();
    for code in [CloseCode::Normal, CloseCode::Library(4999)] {
        let mut socket = Socket::ready(&server).await;
        socket.send(Message::Close(Some(CloseFrame { code, reason: "done".into() }))).await;
        assert_eq!(socket.closed().await, (code.into(), String::new()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_cannot_connect() {
    let server = EdgeServer::start();
    let mut request = handshake(&server, "graphql-transport-ws");
    request.headers_mut().insert("origin", HeaderValue::from_static("https://evil.example"));
    assert_eq!(refused(request.clone()).await, 403);
    request.headers_mut().insert("origin", HeaderValue::from_static("https://app.example"));
    assert!(connect_async(request).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf8_closes_with_1007() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.send(Message::Frame(Frame::message(vec![0xff], OpCode::Data(Data::Text), true))).await;
    assert_eq!(socket.closed().await.0, 1007);
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_and_ws_find_no_fault() {
    let server =
        EdgeServer::start_with(WebsocketLimits { init_timeout: Duration::from_secs(1), ..WebsocketLimits::default() });
    let operation = json!({"query": "subscription($to:Int!){count(to:$to)}", "variables": {"to": 3}}).to_string();
    let report = run_peer("graphql_ws_client.mjs", &[&server.websocket_url(), TOKEN, &operation]).await;
    let report = report.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("all expectations hold"), "{report}");
}
