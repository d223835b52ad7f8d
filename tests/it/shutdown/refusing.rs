//! When the process must not start, and what it leaves untouched then.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::json;

use crate::booted::{Booted, latchkey};
use ::latchkey::crypto::sha256;

/// 64 hexadecimal digits.
const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const OTHER_KEY: &str = "0202020202020202020202020202020202020202020202020202020202020202";

/// A start that must fail, and what it said.
fn refused(data_dir: &Path, environment: &[(&str, &str)]) -> String {
    let mut command = latchkey(data_dir);
    command.arg("serve").env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0").envs(environment.iter().copied());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!((status.code(), String::from_utf8(stdout).unwrap().as_str()), (Some(1), ""), "{stderr}");
    stderr
}

/// Every file of the directory with a digest of its bytes, apart from the lock with its process id.
fn contents(data_dir: &Path) -> BTreeMap<String, [u8; 32]> {
    let files = fs::read_dir(data_dir).unwrap().map(|entry| entry.unwrap().path());
    let digest = |path: &Path| sha256(&[&fs::read(path).unwrap()]);
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), digest(&path)));
    named.filter(|(name, _)| name != "latchkey.db.lock").collect()
}

/// A directory in which a server ran and stored a secret.
async fn used(data_dir: &Path, environment: &[(&str, &str)]) {
    let server = Booted::start(data_dir, environment);
    server.create_secret("secret", "value").await;
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_told_who_has_the_directory_and_changes_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    let first = Booted::start(&data_dir, &[]);
    first.create_secret("secret", "value").await;
    let before = first.events();
    let said = refused(&data_dir, &[]);
    assert!(said.contains(&format!("is in use by process {}", first.pid())), "{said}");
    let migrate = crate::booted::run(&data_dir, &["migrate"]);
    assert_eq!(migrate.status.code(), Some(1));
    assert_eq!(first.events(), before);
    // The first one goes on as if nothing had been.
    first.create_secret("another", "value").await;
    assert_eq!(first.terminate(), Some(0));
    // And whoever comes after it may have the directory.
    assert_eq!(Booted::start(&data_dir, &[]).terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_not_replaced_by_an_empty_one() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    used(&data_dir, &[]).await;
    let database = data_dir.join("latchkey.db");
    fs::rename(&database, scratch.path().join("moved-away")).unwrap();
    let before = contents(&data_dir);
    let said = refused(&data_dir, &[]);
    assert!(said.contains("latchkey.db is missing"), "{said}");
    for command in [&["migrate"][..], &["migrate", "--check"], &["events"], &["replay", "--check"]] {
        assert_eq!(crate::booted::run(&data_dir, command).status.code(), Some(1), "{command:?}");
    }
    assert_eq!(contents(&data_dir), before);
    fs::rename(scratch.path().join("moved-away"), &database).unwrap();
    let restored = Booted::start(&data_dir, &[]);
    assert_eq!(restored.data("{ secret(key: \"secret\") { key } }", json!({})).await["secret"]["key"], "secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_encryption_key_is_refused_and_nothing_changes() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    used(&data_dir, &[("LATCHKEY_ENCRYPTION__KEY", KEY)]).await;
    let before = contents(&data_dir);
    let said = refused(&data_dir, &[("LATCHKEY_ENCRYPTION__KEY", OTHER_KEY)]);
    assert!(said.contains("the encryption key does not fit this database"), "{said}");
    assert!(!said.contains(OTHER_KEY), "{said}");
    assert_eq!(contents(&data_dir), before);
    assert_eq!(Booted::start(&data_dir, &[("LATCHKEY_ENCRYPTION__KEY", KEY)]).terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_encryption_key_is_not_replaced_by_a_new_one() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    used(&data_dir, &[]).await;
    let key = data_dir.join("encryption-key");
    fs::rename(&key, scratch.path().join("moved-away")).unwrap();
    let before = contents(&data_dir);
    let said = refused(&data_dir, &[]);
    assert!(said.contains("encryption-key could not be read"), "{said}");
    assert_eq!(contents(&data_dir), before);
    fs::rename(scratch.path().join("moved-away"), &key).unwrap();
    assert_eq!(Booted::start(&data_dir, &[]).terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_and_its_files_are_for_their_owner_only() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    let server = Booted::start(&data_dir, &[("LATCHKEY_ADMIN_TOKEN", "")]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data_dir), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&data_dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for expected in ["admin-token", "encryption-key", "latchkey.db", "latchkey.db-wal"] {
        assert!(names.iter().any(|name| name == expected), "{expected} is not among {names:?}");
    }
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_token_of_digits_is_a_token() {
    let scratch = tempfile::tempdir().unwrap();
    let token = "0123456789012345678901234567890123456789";
    let mut server = Booted::start(&scratch.path().join("data"), &[("LATCHKEY_ADMIN_TOKEN", token)]);
    token.clone_into(&mut server.token);
    assert_eq!(server.data("{ viewer { __typename } }", json!({})).await["viewer"]["__typename"], "Viewer");
    // As a number it would have lost its zero.
    token[1..].clone_into(&mut server.token);
    let answer = server.graphql("{ viewer { __typename } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_token_is_made_and_shown_once() {
    let scratch = tempfile::tempdir().unwrap();
    let data_dir = scratch.path().join("data");
    let unset = [("LATCHKEY_ADMIN_TOKEN", "")];
    let mut first = Booted::start(&data_dir, &unset);
    let token = fs::read_to_string(data_dir.join("admin-token")).unwrap().trim().to_owned();
    assert!(token.len() >= 32, "{token}");
    token.clone_into(&mut first.token);
    first.data("{ viewer { __typename } }", json!({})).await;
    first.ask_to_stop();
    let ended = first.ended();
    assert_eq!(ended.stdout.matches(&token).count(), 1, "{}", ended.stdout);
    assert!(!ended.stderr.contains(&token));

    let mut second = Booted::start(&data_dir, &unset);
    token.clone_into(&mut second.token);
    second.data("{ viewer { __typename } }", json!({})).await;
    second.ask_to_stop();
    let ended = second.ended();
    assert!(!ended.stdout.contains(&token) && !ended.stderr.contains(&token), "{}", ended.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_and_the_memory_of_a_database_stand_beside_it_wherever_it_is() {
    let scratch = tempfile::tempdir().unwrap();
    let database = scratch.path().join("elsewhere.db");
    let url = format!("sqlite://{}", database.display());
    let environment = [("LATCHKEY_DATABASE__URL", url.as_str()), ("LATCHKEY_ENCRYPTION__KEY", KEY)];
    let (one, two) = (scratch.path().join("one"), scratch.path().join("two"));
    let first = Booted::start(&one, &environment);
    let said = refused(&two, &environment);
    assert!(said.contains(&format!("is in use by process {}", first.pid())), "{said}");
    assert_eq!(first.terminate(), Some(0));
    fs::remove_file(&database).unwrap();
    let said = refused(&two, &environment);
    assert!(said.contains("elsewhere.db is missing"), "{said}");
    assert!(!database.exists());
}
