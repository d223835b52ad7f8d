//! The log as another process reads it, taken in bit by bit.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use serde_json::Value;

use crate::booted;

/// What the log has said so far.
#[derive(Default)]
pub(super) struct History {
    pub(super) last: u64,
    versions: HashMap<String, u64>,
    /// Streams of connections and secrets, by how often they were created.
    pub(super) created: HashMap<String, usize>,
    /// Display Names of the connection `updated`, by version.
    pub(super) names: BTreeMap<u64, String>,
    /// Streams of exchanges by the path of their request.
    pub(super) started: HashMap<String, String>,
    /// How exchanges ended, by their stream.
    pub(super) ends: HashMap<String, String>,
    pub(super) tokens_issued: usize,
}

impl History {
    /// Reads on. Positions and versions have no hole, no path starts twice, nothing ends twice.
    pub(super) fn read_on(&mut self, data_dir: &Path) {
        let output = booted::run(data_dir, &["events", "--after", &self.last.to_string()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for line in String::from_utf8(output.stdout).unwrap().lines() {
            self.take(&serde_json::from_str(line).unwrap());
        }
    }

    fn take(&mut self, event: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (stream, payload) = (text(&event["stream"]), &event["payload"]);
        self.last += 1;
        assert_eq!(event["position"], self.last, "{event}");
        let version = self.versions.entry(stream.clone()).or_default();
        *version += 1;
        assert_eq!(event["version"], *version, "{event}");
        match event["type"].as_str().unwrap() {
            "connection.created.v1" | "secret.created.v1" => *self.created.entry(stream).or_default() += 1,
            "connection.updated.v1" => {
                self.names.insert(*version, text(&payload["definition"]["display_name"]));
            }
            "token.issued.v1" => self.tokens_issued += 1,
            "exchange.started.v1" => {
                let before = self.started.insert(text(&payload["path"]), stream);
                assert_eq!(before, None, "started twice: {event}");
            }
            "exchange.completed.v1" | "exchange.failed.v1" | "exchange.outcome_unknown.v1" => {
                let before = self.ends.insert(stream, text(&event["type"]));
                assert_eq!(before, None, "ended twice: {event}");
            }
            other => panic!("nobody asked for {other}"),
        }
    }

    /// The version of a stream.
    pub(super) fn version(&self, stream: &str) -> u64 {
        self.versions.get(stream).copied().unwrap_or_default()
    }

    /// How the exchange for a path ended; `None` when it never started.
    pub(super) fn end_of(&self, path: &str) -> Option<&str> {
        let stream = self.started.get(path)?;
        Some(self.ends.get(stream).map_or("no end", String::as_str))
    }

    /// Every exchange that started has its end: for when nothing is under way.
    pub(super) fn assert_all_ended(&self) {
        let ended: HashSet<&String> = self.ends.keys().collect();
        let open: Vec<_> = self.started.iter().filter(|(_, stream)| !ended.contains(stream)).collect();
        assert!(open.is_empty(), "without an end: {open:?}");
    }
}
