//! Answers that are made to cost: what is taken of them, and what they may do to the process.

use serde_json::json;

use super::{JSON, answering, call, failure};
use crate::scripted::Answer;
use crate::stage::status;

/// Longest answer that is read, after decompression.
const LIMIT: usize = 1_048_576;

/// A token answer of exactly so many bytes.
fn padded(bytes: usize) -> Answer {
    let token = r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#;
    Answer::bytes(200, JSON, format!("{token}{}", " ".repeat(bytes - token.len())))
}

/// 300 KiB of gzip that become 300 MiB of zeros.
fn bomb() -> Vec<u8> {
    let start: &[u8] = &[
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
        0xa0, 0xf5, 0x4f, 0x6d, 0x08, 0x5f, 0xa0,
    ];
    [start, &vec![0; 300 * 1_024], &[0x3e, 0x03]].concat()
}

/// The most memory that a process has had so far, in KiB.
fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_read_up_to_one_mebibyte_and_not_a_byte_further() {
    let stage = answering([("full", padded(LIMIT)), ("beyond", padded(LIMIT + 1))]).await;
    assert_eq!(status(&call(&stage, "client", "full").await), 200);
    let failure = failure(&stage, "beyond").await;
    assert_eq!((&failure["phase"], &failure["failure"]), (&json!("RESPONSE"), &json!("MALFORMED_RESPONSE")));
    assert!(failure["message"].as_str().unwrap().contains("1048576"), "{failure}");
    assert_eq!(stage.issuer.count(), 2, "it is not asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_swells_when_it_is_unpacked_is_cut_off_at_the_limit() {
    let bomb = bomb();
    assert!(bomb.len() < LIMIT / 3, "it would pass a limit on what travels");
    let stage = answering([
        ("bomb", Answer::bytes(200, JSON, bomb).with("content-encoding", "gzip")),
        ("good", Answer::token("t")),
    ])
    .await;
    // Everything that is made at the first use is there before it is measured.
    assert_eq!(status(&call(&stage, "client", "good").await), 200);
    let before = peak_kib(stage.server.pid());
    let failure = failure(&stage, "bomb").await;
    assert_eq!((&failure["phase"], &failure["failure"]), (&json!("RESPONSE"), &json!("MALFORMED_RESPONSE")));
    let grown = peak_kib(stage.server.pid()) - before;
    assert!(grown < 64 * 1_024, "grew by {grown} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_packed_as_it_says_is_a_failure() {
    let stage = answering([("fake", Answer::text(200, "this is not gzip").with("content-encoding", "gzip"))]).await;
    let failure = failure(&stage, "fake").await;
    assert_eq!((&failure["phase"], &failure["failure"]), (&json!("RESPONSE"), &json!("MALFORMED_RESPONSE")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_at_most_16384_bytes() {
    let sized = |bytes: usize| Answer::token(&"t".repeat(bytes));
    let stage = answering([("full", sized(16_384)), ("beyond", sized(16_385))]).await;
    assert_eq!(status(&call(&stage, "client", "full").await), 200);
    let failure = failure(&stage, "beyond").await;
    assert_eq!(failure["message"], "the access_token in the answer has more than 16,384 bytes");
}
