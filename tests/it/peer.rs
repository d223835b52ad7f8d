//! Programs of `tests/peers`, written by others and run with node. Each ends with its test.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// How long a peer may take to be ready, or to end.
const PEER_TIMEOUT: Duration = Duration::from_mins(1);

/// A peer that serves until it is dropped.
pub(crate) struct Peer {
    _child: Child,
    /// The peer ends when this closes, also when the test is killed and nothing is dropped.
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a script, gives it one line, and waits for the one line that it says when it is ready.
    pub(crate) async fn start(script: &str, line: &Value) -> (Self, Value) {
        let mut child = node(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node is installed");
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut peer = Self { _child: child, input, output };
        let said = peer.exchange(line).await.unwrap_or_else(|error| panic!("{script} did not start: {error}"));
        (peer, said)
    }

    /// Has a peer that is ready do something, and waits until it is done.
    pub(crate) async fn say(&mut self, command: &Value) -> Value {
        let done = self.exchange(command).await.unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(done["done"], command["do"]);
        done
    }

    async fn exchange(&mut self, line: &Value) -> serde_json::Result<Value> {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        let mut said = String::new();
        timeout(PEER_TIMEOUT, self.output.read_line(&mut said)).await.expect("the peer answers in time").unwrap();
        serde_json::from_str(&said)
    }
}

/// Runs a script to its end, and gives its output: `Err` if it failed.
pub(crate) async fn run_peer(script: &str, arguments: &[&str]) -> Result<String, String> {
    let run = node(script).args(arguments).output();
    let output = timeout(PEER_TIMEOUT, run).await.expect("the peer ends in time").expect("node is installed");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(text) }
}

fn node(script: &str) -> Command {
    let peers: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    assert!(peers.join("node_modules").is_dir(), "tests/peers/node_modules is missing: run make setup");
    let mut command = Command::new("node");
    command.current_dir(&peers).arg(script).kill_on_drop(true);
    command
}
