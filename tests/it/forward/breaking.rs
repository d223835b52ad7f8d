//! Bodies that break, and callers that go away.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Course, Line};
use crate::scripted::PATIENCE;

/// Whether a chunked body is complete.
fn is_whole(body: &[u8]) -> bool {
    body.ends_with(b"\r\n0\r\n\r\n")
}

/// Has a request answered up to the given bytes.
async fn begun(course: &Course, answer: &str) -> (Line, Line) {
    let caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say(answer).await;
    (caller, api)
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n";

async fn assert_one_end(course: &Course, event_type: &str) -> Value {
    let end = course.ended(event_type).await;
    let events = course.stage.server.events();
    let of_exchange = events.iter().filter(|event| event["stream"].as_str().unwrap().starts_with("exchange/"));
    assert_eq!(of_exchange.count(), 2, "a start and an end");
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_that_breaks_off_is_broken_for_the_caller_too() {
    let course = Course::new().await;
    let (mut caller, api) = begun(&course, CHUNKED).await;
    assert_eq!(caller.head().await.status(), 200);
    assert_eq!(caller.body(8).await, b"3\r\nabc\r\n");
    drop(api);
    let rest = caller.rest().await;
    assert!(!is_whole(&rest) && rest.is_empty(), "{rest:?}");
    let failed = assert_one_end(&course, "exchange.failed.v1").await;
    assert_eq!((&failed["failure"]["kind"], &failed["failure"]["reason"]), (&json!("transport"), &json!("CONNECT")));
    assert_eq!(failed["attempts"][0]["status"], 200);
    assert!(failed["attempts"][0]["reason"].as_str().unwrap().contains("after 3 bytes"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_shorter_than_announced_is_never_made_to_look_complete() {
    let course = Course::new().await;
    let (mut caller, api) = begun(&course, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    assert_eq!(caller.head().await.get("content-length"), Some("10"));
    assert_eq!(caller.body(3).await, b"abc");
    drop(api);
    assert_eq!(caller.rest().await, b"");
    assert_one_end(&course, "exchange.failed.v1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_falls_silent_breaks_the_answer() {
    let course = Course::with(&[("LATCHKEY_FORWARD__IDLE_TIMEOUT", "500ms")]).await;
    let (mut caller, api) = begun(&course, CHUNKED).await;
    assert_eq!(caller.head().await.status(), 200);
    assert_eq!(caller.rest().await, b"3\r\nabc\r\n");
    assert_eq!(api.rest().await, b"", "it is not waited for any more");
    assert_eq!(assert_one_end(&course, "exchange.failed.v1").await["failure"]["reason"], "TIMEOUT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_in_the_middle_of_the_answer_closes_the_apis_connection() {
    let course = Course::new().await;
    let (mut caller, api) = begun(&course, CHUNKED).await;
    caller.head().await;
    caller.body(8).await;
    drop(caller);
    // The API says nothing more, so nothing but the caller's own close tells.
    assert_eq!(timeout(PATIENCE, api.rest()).await.unwrap(), b"");
    let failed = assert_one_end(&course, "exchange.failed.v1").await;
    assert_eq!(failed["failure"]["reason"], "CALLER_GONE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_before_the_answer_closes_the_apis_connection() {
    let course = Course::new().await;
    let caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    drop(caller);
    assert_eq!(api.rest().await, b"");
    let failed = assert_one_end(&course, "exchange.failed.v1").await;
    assert_eq!(failed["failure"]["reason"], "CALLER_GONE");
    assert_eq!(failed["attempts"][0]["status"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whose_body_breaks_off_is_a_broken_body_for_the_api() {
    let course = Course::new().await;
    for (line, part) in [("content-length: 10\r\n", "abc"), ("transfer-encoding: chunked\r\n", "3\r\nabc\r\n")] {
        let mut caller = course.ask("POST", line).await;
        caller.say(part).await;
        let mut api = course.upstream.accept().await;
        api.head().await;
        assert_eq!(api.body(part.len()).await, part.as_bytes());
        drop(caller);
        assert_eq!(api.rest().await, b"", "no last chunk, and no more bytes");
    }
    let failed = course.ended("exchange.failed.v1").await;
    assert_eq!(failed["failure"]["reason"], "CALLER_GONE");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_to_an_unfinished_upload_gets_through() {
    let course = Course::new().await;
    let mut caller = course.ask("POST", "content-length: 1000000\r\n").await;
    caller.say("abc").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say("HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno").await;
    assert_eq!(caller.head().await.status(), 413);
    assert_eq!(caller.body(2).await, b"no");
    assert_eq!(assert_one_end(&course, "exchange.completed.v1").await["status"], 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_the_middle_of_a_stream_leaves_an_end_on_the_log() {
    let course = Course::with(&[("LATCHKEY_SERVER__SHUTDOWN_TIMEOUT", "1s")]).await;
    let (mut caller, api) = begun(&course, CHUNKED).await;
    caller.head().await;
    caller.body(8).await;
    course.stage.server.ask_to_stop();
    let rest = timeout(Duration::from_secs(20), caller.rest()).await.unwrap();
    assert!(!is_whole(&rest), "{rest:?}");
    drop(api);
    let data_dir = course.stage.server.data_dir.clone();
    let server = course.stage.server;
    let ended = tokio::task::spawn_blocking(|| server.ended()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let events = String::from_utf8(crate::booted::run(&data_dir, &["events"]).stdout).unwrap();
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<&str> = events
        .iter()
        .filter(|event| event["stream"].as_str().unwrap().starts_with("exchange/"))
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    let [start, end] = types.as_slice() else { panic!("{types:?}") };
    assert_eq!(*start, "exchange.started.v1");
    assert!(["exchange.outcome_unknown.v1", "exchange.failed.v1"].contains(end), "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_a_stream_that_ends_in_time() {
    let course = Course::new().await;
    let (mut caller, mut api) = begun(&course, CHUNKED).await;
    caller.head().await;
    caller.body(8).await;
    course.stage.server.ask_to_stop();
    api.say("3\r\ndef\r\n0\r\n\r\n").await;
    assert_eq!(caller.rest().await, b"3\r\ndef\r\n0\r\n\r\n");
    let data_dir = course.stage.server.data_dir.clone();
    let server = course.stage.server;
    let ended = tokio::task::spawn_blocking(|| server.ended()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let events = String::from_utf8(crate::booted::run(&data_dir, &["events"]).stdout).unwrap();
    assert!(events.contains("exchange.completed.v1"), "{events}");
}
