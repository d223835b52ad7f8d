//! Large bodies: whole in both directions, at the pace of whoever is slower, and never in memory.

use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{interval, timeout};

use super::{Course, Line};

const GIBIBYTE: usize = 1024 * 1024 * 1024;
/// How much memory a body may take on its way.
const MEMORY_MAX: u64 = 32 * 1024 * 1024;
/// Written at once; no divisor of it is a divisor of the pattern's period.
const PIECE: usize = 256 * 1024;
/// How long a gibibyte may take on a busy machine without optimisation.
const LARGE_PATIENCE: Duration = Duration::from_mins(5);
/// More than all buffers on the way can hold.
const ENDLESS: usize = 256 * 1024 * 1024;
/// A write that takes so long is blocked by a reader that has stopped.
const BLOCKED: Duration = Duration::from_secs(2);
/// What sockets, TLS-free, and the server itself may hold of a body that nobody reads.
const UNDER_WAY_MAX: usize = 32 * 1024 * 1024;

/// Bytes that differ from place to place, so that a lost or swapped piece shows.
fn piece(number: usize) -> Vec<u8> {
    let seed = u64::try_from(number).unwrap();
    (0..PIECE as u64 / 8)
        .flat_map(|word| (seed.rotate_left(32) ^ word.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes())
        .collect()
}

/// Writes a gibibyte; its digest.
async fn write_large(stream: &mut TcpStream) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    let base = piece(1);
    for number in 0..GIBIBYTE / PIECE {
        let mut piece = base.clone();
        piece[..8].copy_from_slice(&(number as u64).to_le_bytes());
        digest.update(&piece);
        stream.write_all(&piece).await.unwrap();
    }
    digest.finish().as_ref().to_vec()
}

/// Reads a gibibyte; its digest.
async fn read_large(line: &mut Line) -> Vec<u8> {
    let mut digest = Context::new(&SHA256);
    digest.update(&line.unread);
    let mut left = GIBIBYTE - line.unread.len();
    line.unread.clear();
    let mut buffer = vec![0; PIECE];
    while left > 0 {
        let room = left.min(PIECE);
        let read = line.stream.read(&mut buffer[..room]).await.unwrap();
        assert!(read > 0, "{left} bytes are missing");
        digest.update(&buffer[..read]);
        left -= read;
    }
    digest.finish().as_ref().to_vec()
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The most resident memory until something is done.
async fn peak_while<T>(pid: u32, work: impl Future<Output = T>) -> (T, u64) {
    let mut ticks = interval(Duration::from_millis(20));
    let mut peak = 0;
    let mut work = std::pin::pin!(timeout(LARGE_PATIENCE, work));
    loop {
        tokio::select! {
            done = &mut work => return (done.expect("in time"), peak.max(resident(pid))),
            _ = ticks.tick() => peak = peak.max(resident(pid)),
        }
    }
}

/// A course on which a small exchange has been made, so that everything that stays in memory is there.
async fn warm() -> Course {
    let course = Course::new().await;
    let mut caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    assert_eq!(caller.head().await.status(), 200);
    course.ended("exchange.completed.v1").await;
    course
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_comes_down_whole_and_is_never_in_memory() {
    let course = warm().await;
    let pid = course.stage.server.pid();
    let before = resident(pid);
    let mut caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say(format!("HTTP/1.1 200 OK\r\ncontent-length: {GIBIBYTE}\r\n\r\n")).await;
    let writing = tokio::spawn(async move { write_large(&mut api.stream).await });
    let reading = async {
        assert_eq!(caller.head().await.get("content-length"), Some(GIBIBYTE.to_string().as_str()));
        read_large(&mut caller).await
    };
    let (read, peak) = peak_while(pid, reading).await;
    assert_eq!(read, writing.await.unwrap());
    assert!(peak.saturating_sub(before) < MEMORY_MAX, "{before} bytes grew to {peak}");
    crate::stage::eventually("the end is on the log", async || {
        course.stage.recorded("exchange.completed.v1").len() == 2
    })
    .await;
    assert_eq!(course.stage.recorded("exchange.completed.v1")[1]["body_bytes"], json!(GIBIBYTE));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gibibyte_goes_up_whole_and_is_never_in_memory() {
    let course = warm().await;
    let pid = course.stage.server.pid();
    let before = resident(pid);
    let mut caller = course.ask("PUT", &format!("content-length: {GIBIBYTE}\r\n")).await;
    let mut api = course.upstream.accept().await;
    let writing = tokio::spawn(async move {
        let digest = write_large(&mut caller.stream).await;
        (caller, digest)
    });
    let reading = async {
        assert_eq!(api.head().await.get("content-length"), Some(GIBIBYTE.to_string().as_str()));
        let digest = read_large(&mut api).await;
        api.say("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").await;
        digest
    };
    let (read, peak) = peak_while(pid, reading).await;
    let (mut caller, written) = writing.await.unwrap();
    assert_eq!(read, written);
    assert_eq!(caller.head().await.status(), 201);
    assert!(peak.saturating_sub(before) < MEMORY_MAX, "{before} bytes grew to {peak}");
}

/// Writes until nobody takes any more; how much was taken.
async fn write_until_blocked(stream: &mut TcpStream) -> usize {
    let bytes = piece(1);
    let mut written = 0;
    while written < ENDLESS {
        match timeout(BLOCKED, stream.write(&bytes)).await {
            Ok(taken) => written += taken.unwrap(),
            Err(_) => return written,
        }
    }
    written
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_reading_stops_the_api() {
    let course = warm().await;
    let before = resident(course.stage.server.pid());
    let mut caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say(format!("HTTP/1.1 200 OK\r\ncontent-length: {ENDLESS}\r\n\r\n")).await;
    let written = write_until_blocked(&mut api.stream).await;
    assert!(written < UNDER_WAY_MAX, "{written} bytes were taken from the API though nobody read them");
    let grown = resident(course.stage.server.pid()).saturating_sub(before);
    assert!(grown < MEMORY_MAX, "{grown}");
    // And whoever reads on gets more.
    assert_eq!(caller.head().await.status(), 200);
    caller.body(written).await;
    assert!(write_until_blocked(&mut api.stream).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_stops_reading_stops_the_caller() {
    let course = warm().await;
    let before = resident(course.stage.server.pid());
    let mut caller = course.ask("POST", &format!("content-length: {ENDLESS}\r\n")).await;
    let mut api = course.upstream.accept().await;
    let written = write_until_blocked(&mut caller.stream).await;
    assert!(written < UNDER_WAY_MAX, "{written} bytes were taken from the caller though nobody read them");
    let grown = resident(course.stage.server.pid()).saturating_sub(before);
    assert!(grown < MEMORY_MAX, "{grown}");
    api.head().await;
    api.body(written).await;
    assert!(write_until_blocked(&mut caller.stream).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stops_reading_for_too_long_is_given_up() {
    let course = Course::with(&[("LATCHKEY_FORWARD__IDLE_TIMEOUT", "1s")]).await;
    let mut caller = course.ask("GET", "").await;
    let mut api = course.upstream.accept().await;
    api.head().await;
    api.say(format!("HTTP/1.1 200 OK\r\ncontent-length: {ENDLESS}\r\n\r\n")).await;
    caller.head().await;
    let bytes = piece(1);
    // Ends when Latchkey closes.
    while timeout(LARGE_PATIENCE, api.stream.write_all(&bytes)).await.unwrap().is_ok() {}
    let failed = course.ended("exchange.failed.v1").await;
    assert_eq!(failed["failure"]["reason"], "CALLER_GONE");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_bodies_may_be_under_way_at_the_same_time() {
    let course = Course::new().await;
    let mut caller = course.ask("POST", "transfer-encoding: chunked\r\n").await;
    let mut api = course.upstream.accept().await;
    assert_eq!(api.head().await.get("transfer-encoding"), Some("chunked"));
    api.say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
    assert_eq!(caller.head().await.status(), 200);
    for text in ["3\r\nabc\r\n", "3\r\ndef\r\n", "0\r\n\r\n"] {
        caller.say(text).await;
        assert_eq!(api.body(text.len()).await, text.as_bytes());
        api.say(text).await;
        assert_eq!(caller.body(text.len()).await, text.as_bytes());
    }
    assert_eq!(course.ended("exchange.completed.v1").await["body_bytes"], 6);
}
