//! What a socket may not do to the server, and what is left when it is gone.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::SinkExt;
use latchkey::server::graphql::websocket::{MESSAGE_BYTES_MAX, SUBSCRIPTIONS_MAX, WebsocketLimits};
use serde_json::json;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::edge_server::{EdgeServer, PATIENCE};
use crate::edge_socket::{Socket, complete, handshake, next_of, refused};

fn hasty() -> WebsocketLimits {
    WebsocketLimits { init_timeout: Duration::from_millis(100), ..WebsocketLimits::default() }
}

/// A ping of exactly `length` bytes.
fn padded_ping(length: usize) -> String {
    let ping = r#"{"type":"ping"}"#;
    format!("{ping}{}", " ".repeat(length - ping.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_socket_ends_its_streams() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{forever}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"forever": 1})));
    drop(socket);
    timeout(PATIENCE, server.probe.dropped.notified()).await.unwrap();
    server.tasks.close();
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_ends_although_its_socket_is_gone() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("s", "subscription{forever}").await;
    assert_eq!(socket.hear().await, next_of("s", json!({"forever": 1})));
    socket.subscribe("m", "mutation{gated}").await;
    timeout(PATIENCE, server.probe.begun.notified()).await.unwrap();
    drop(socket);
    // The server has noticed once the other operation has ended.
    timeout(PATIENCE, server.probe.dropped.notified()).await.unwrap();
    server.probe.gate.0.add_permits(1);
    timeout(PATIENCE, server.probe.ended.notified()).await.unwrap();
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_says_nothing_is_closed() {
    let server = EdgeServer::start_with(hasty());
    let mut socket = Socket::open(&server).await;
    assert_eq!(socket.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_do_not_put_off_the_init_timeout() {
    let server = EdgeServer::start_with(hasty());
    let mut socket = Socket::open(&server).await;
    loop {
        // The next ping may meet a closed socket; then the close frame is what is left to read.
        let sent = socket.0.send(Message::text(r#"{"type":"ping"}"#)).await;
        match socket.next().await {
            Some(Ok(Message::Text(_))) if sent.is_ok() => {}
            Some(Ok(Message::Close(Some(frame)))) => return assert_eq!(u16::from(frame.code), 4408),
            other => panic!("a pong or a close frame is expected, not {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_has_its_number_of_operations_and_no_more() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    for number in 0..SUBSCRIPTIONS_MAX {
        socket.subscribe(&number.to_string(), "subscription{forever}").await;
        assert_eq!(socket.hear().await["type"], "next");
    }
    socket.subscribe("more", "{hello}").await;
    let error = socket.hear().await;
    assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("more")));
    assert_eq!(error["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    socket.say(complete("0")).await;
    socket.subscribe("more", "{hello}").await;
    assert_eq!(socket.hear().await, next_of("more", json!({"hello": "world"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_may_have_its_limit_and_no_byte_more() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.send(Message::text(padded_ping(MESSAGE_BYTES_MAX))).await;
    assert_eq!(socket.hear().await, json!({"type": "pong"}));
    socket.send(Message::text(padded_ping(MESSAGE_BYTES_MAX + 1))).await;
    assert_eq!(socket.closed().await.0, 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_in_parts_has_the_same_limit() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    for (length, is_fine) in [(MESSAGE_BYTES_MAX, true), (MESSAGE_BYTES_MAX + 1, false)] {
        let text = padded_ping(length).into_bytes();
        let (first, last) = text.split_at(600_000);
        socket.send(Message::Frame(Frame::message(first.to_vec(), OpCode::Data(Data::Text), false))).await;
        socket.send(Message::Frame(Frame::message(last.to_vec(), OpCode::Data(Data::Continue), true))).await;
        if is_fine {
            assert_eq!(socket.hear().await, json!({"type": "pong"}));
        }
    }
    assert_eq!(socket.closed().await.0, 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_reads_nothing_stops_its_streams_and_is_dropped() {
    let limits = WebsocketLimits { send_timeout: Duration::from_secs(1), ..WebsocketLimits::default() };
    let server = EdgeServer::start_with(limits);
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{flood}").await;
    // Nothing is read from here on. The connection's task and the stream's end by themselves.
    server.tasks.close();
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
    // 64 KiB each: what the queues and the kernel's buffers hold, and far from what an unbounded queue would.
    let made = server.probe.flooded.load(Ordering::SeqCst);
    assert!((1..600).contains(&made), "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cancelled_operation_left_in_the_queue_is_not_sent() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("a", "subscription{flood}").await;
    assert_eq!(socket.hear().await["type"], "next");
    socket.say(complete("a")).await;
    socket.subscribe("a", "{hello}").await;
    socket.say(json!({"type": "ping"})).await;
    // What was on its way before `complete` arrived may still come; what comes after the pong may not.
    while socket.hear().await["type"] != "pong" {}
    assert_eq!(socket.hear().await, next_of("a", json!({"hello": "world"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_answers_no_ping_is_closed() {
    let limits = WebsocketLimits {
        ping_interval: Duration::from_millis(50),
        idle_timeout: Duration::from_millis(200),
        ..WebsocketLimits::default()
    };
    let server = EdgeServer::start_with(limits);
    let _silent = Socket::ready(&server).await;
    // The client answers pings only while it reads, and it does not.
    server.tasks.close();
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_answers_pings_stays() {
    let limits = WebsocketLimits {
        ping_interval: Duration::from_millis(50),
        idle_timeout: Duration::from_millis(200),
        ..WebsocketLimits::default()
    };
    let server = EdgeServer::start_with(limits);
    let mut socket = Socket::ready(&server).await;
    for _ in 0..10 {
        assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
    }
    socket.subscribe("a", "{hello}").await;
    assert_eq!(socket.hear().await, next_of("a", json!({"hello": "world"})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_answers_what_runs_and_says_going_away() {
    let server = EdgeServer::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("s", "subscription{forever}").await;
    assert_eq!(socket.hear().await, next_of("s", json!({"forever": 1})));
    socket.subscribe("m", "mutation{gated}").await;
    timeout(PATIENCE, server.probe.begun.notified()).await.unwrap();
    server.shutdown.cancel();
    timeout(PATIENCE, server.probe.dropped.notified()).await.unwrap();
    server.probe.gate.0.add_permits(1);
    assert_eq!(socket.hear().await, next_of("m", json!({"gated": 1})));
    assert_eq!(socket.hear().await, complete("m"));
    assert_eq!(socket.closed().await, (1001, "Going away".to_owned()));
    server.tasks.close();
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
    assert_eq!(refused(handshake(&server, "graphql-transport-ws")).await, 503);
}
