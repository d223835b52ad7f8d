//! `docs/event-format.md` held against the code, and the verifier that was written from it held against real logs.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use latchkey::event_log::{Append, Expected};
use serde_json::Value;

use super::golden::{CORPUS, written_names};
use super::leaves::{leaf, root};
use crate::log_support::{NoModels, TestLog, backend, by, created_secret, samples, secret_stream};

const PAGE: &str = include_str!("../../../docs/event-format.md");

/// The lines of the fenced blocks with this language.
fn block(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}");
    let lines = PAGE.lines().skip_while(|line| *line != fence).skip(1);
    lines.take_while(|line| *line != "```").collect()
}

#[test]
fn the_worked_example_holds() {
    let records = block("record");
    assert_eq!(records, CORPUS.lines().take(3).collect::<Vec<_>>());
    let leaves: Vec<_> = records.iter().map(|record| leaf(record.as_bytes())).collect();
    let mut expected = vec![format!("root(0) = {}", hex::encode(root(&[])))];
    for (number, leaf) in (1..).zip(&leaves) {
        expected.push(format!("leaf_hash({number}) = {}", hex::encode(leaf)));
    }
    for size in 1..=leaves.len() {
        expected.push(format!("root({size}) = {}", hex::encode(root(&leaves[..size]))));
    }
    assert_eq!(block("text"), expected);
}

#[test]
fn the_page_names_every_type_and_every_field() {
    for name in written_names() {
        assert!(PAGE.contains(&format!("| `{name}` |")), "{name} is not on the page");
    }
    for line in CORPUS.lines() {
        assert_named(&serde_json::from_str(line).unwrap());
    }
}

fn assert_named(value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                assert!(PAGE.contains(&format!("`{name}`")), "{name} is not on the page");
                assert_named(value);
            }
        }
        Value::Array(values) => values.iter().for_each(assert_named),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Runs the second verifier on an export.
fn verify(export: &[u8]) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verify_log.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs python3 (3.8 or later, standard library only) on the PATH");
    // A verifier that ends at the first bad line may not read the rest.
    let _ = python.stdin.take().unwrap().write_all(export);
    python.wait_with_output().unwrap()
}

/// What the verifier says of a good log, or what it complains of.
fn verdict(export: &[u8]) -> Result<(u64, String), String> {
    let output = verify(export);
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    Ok((said["size"].as_u64().unwrap(), said["root"].as_str().unwrap().to_owned()))
}

fn export(test: &TestLog) -> Vec<u8> {
    let lines = test.everything().into_iter().flat_map(|event| [event.record, b"\n".to_vec()]);
    lines.collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_verifier_written_from_the_page_finds_the_root_of_the_head() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    assert_eq!(verdict(b""), Ok((0, hex::encode(test.head().root))));
    for (stream, event) in samples::one_of_each() {
        let append = test.append(&stream, Expected::Any, vec![event]);
        test.log.append(Append { provenance: Arc::new(by("u-1", "Ada")), ..append }).await.unwrap();
    }
    // Everything that JSON escapes, and what some readers take for a line end.
    let control: String = (0_u8..0x20).map(char::from).collect();
    for text in [control.as_str(), "\"\\/\u{7f}\u{80}\u{85}\u{2028}\u{2029}\u{feff}\u{ffff}😀é"] {
        test.add(&secret_stream("strange"), vec![created_secret(text)]).await;
    }
    let head = test.head();
    assert_eq!(verdict(&export(&test)), Ok((head.size, hex::encode(head.root))));
}

#[test]
fn the_verifier_is_not_blind() {
    let (size, root) = verdict(CORPUS.as_bytes()).unwrap();
    assert_eq!(usize::try_from(size).unwrap(), CORPUS.lines().count());
    let changed = CORPUS.replacen("yearly", "weekly", 1);
    let (_, other) = verdict(changed.as_bytes()).unwrap();
    assert_ne!(other, root, "a change that leaves the form gives another root");

    let without = |gone: usize| {
        let lines = CORPUS.lines().enumerate().filter(|(index, _)| *index != gone).map(|(_, line)| line);
        lines.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    assert!(verdict(without(3).as_bytes()).unwrap_err().contains("line 4: position 5 where 4 was due"));
    let version = CORPUS.replacen("\"version\":2", "\"version\":3", 1);
    assert!(verdict(version.as_bytes()).unwrap_err().contains("has version 3 where 2 was due"));
    for (from, to, complaint) in [
        ("\"format\":1,", "\"format\": 1,", "not written in the one way"),
        ("\"format\":1,", "\"format\":2,", "format 2"),
        ("\"format\":1,", "", "not the fields of a record"),
        (".000000Z", "Z", "recorded_at"),
        ("{\"format\"", "{{\"format\"", "not JSON"),
    ] {
        let wrong = CORPUS.replacen(from, to, 1);
        assert!(verdict(wrong.as_bytes()).unwrap_err().contains(complaint), "{complaint}");
    }
    let cut = verdict(CORPUS.trim_end().as_bytes()).unwrap_err();
    assert!(cut.contains("the last line has no line feed"), "{cut}");
}
