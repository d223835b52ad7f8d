//! The commands beside `serve`: what they print and how they end.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::booted::{Booted, run};

fn code(data_dir: &Path, arguments: &[&str]) -> Option<i32> {
    run(data_dir, arguments).status.code()
}

fn lines(data_dir: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run(data_dir, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn help_is_no_mistake_and_an_unknown_flag_is_one() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    assert_eq!(code(&data_dir, &["--help"]), Some(0));
    assert_eq!(code(&data_dir, &["--version"]), Some(0));
    for command in ["serve", "schema", "migrate", "events", "replay"] {
        let help = run(&data_dir, &[command, "--help"]);
        assert_eq!((help.status.code(), help.stderr.len()), (Some(0), 0), "{command}");
        assert!(String::from_utf8(help.stdout).unwrap().contains(&format!("Usage: latchkey {command}")));
        assert_eq!(code(&data_dir, &[command, "--no-such-flag"]), Some(64), "{command}");
    }
    for wrong in [&["no-such-command"][..], &[], &["replay"], &["events", "--after", "x"], &["serve", "--listen", "x"]]
    {
        let output = run(&data_dir, wrong);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(64), 0), "{wrong:?}");
    }
    assert!(!data_dir.exists(), "asking for help makes nothing");
}

#[test]
fn migrate_check_tells_what_is_pending() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    assert_eq!(code(&data_dir, &["migrate", "--check"]), Some(1), "there is none");
    assert!(!data_dir.join("latchkey.db").exists());
    assert_eq!(code(&data_dir, &["migrate"]), Some(0));
    assert_eq!(code(&data_dir, &["migrate", "--check"]), Some(0));
    assert_eq!(code(&data_dir, &["replay", "--check"]), Some(0), "an empty log is in order");

    let older = scratch.path().join("older");
    fs::create_dir(&older).unwrap();
    fs::write(older.join("latchkey.db"), "").unwrap();
    let pending = run(&older, &["migrate", "--check"]);
    assert_eq!(pending.status.code(), Some(2));
    assert!(String::from_utf8(pending.stdout).unwrap().starts_with("pending: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_can_be_read_while_a_server_writes_it() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    let server = Booted::start(&data_dir, &[]);
    for key in ["one", "two", "three"] {
        server.create_secret(key, "value").await;
    }
    let positions = |arguments: &[&str]| -> Vec<u64> {
        lines(&data_dir, arguments).iter().map(|event| event["position"].as_u64().unwrap()).collect()
    };
    assert_eq!(positions(&["events"]), [1, 2, 3]);
    assert_eq!(positions(&["events", "--after", "1", "--limit", "1"]), [2]);
    assert_eq!(positions(&["events", "--stream", "secret/three"]), [3]);
    assert_eq!(positions(&["events", "--type", "secret.created.v1"]), [1, 2, 3]);
    assert_eq!(positions(&["events", "--type", "secret.deleted.v1"]), Vec::<u64>::new());
    assert_eq!(code(&data_dir, &["replay", "--check"]), Some(0));
    server.create_secret("four", "value").await;
    assert_eq!(positions(&["events", "--after", "3"]), [4]);
}

#[test]
fn the_schema_in_the_repository_is_the_one_that_is_served() {
    let scratch = tempfile::tempdir().unwrap();
    let printed = run(&scratch.path().join("data"), &["schema"]);
    let kept = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert_eq!(printed.status.code(), Some(0));
    assert!(String::from_utf8(printed.stdout).unwrap() == kept, "schema.graphql is out of date: run `make schema`");
}
