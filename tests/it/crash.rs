//! SIGKILL under load, again and again, on one data directory: what was acknowledged is there once, what was not is not
//! half there, and no call went out that the log does not know.
//!
//! `LATCHKEY_TEST_SEED` repeats the choices of a run, `LATCHKEY_TEST_LOOPS` makes it longer.

mod chance;
mod history;
mod load;

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;

use self::chance::{Chance, setting};
use self::history::History;
use self::load::{CREATE_CONNECTION, Ledger, Life, call_of, connection_of, value_of};
use crate::booted::{self, Booted};
use crate::scripted::{Answer, Heard, PATIENCE, Peer};
use crate::stage::{execute, outcome, through};

/// Kills, unless the environment says otherwise.
const LOOPS: u64 = 50;
const SETTINGS: [(&str, &str); 1] = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")];

#[tokio::test(flavor = "multi_thread")]
async fn sigkill_loses_nothing_and_repeats_nothing() {
    let mut chance = Chance::new();
    println!("LATCHKEY_TEST_SEED={}", chance.seed);
    let scratch = tempfile::tempdir().unwrap();
    let mut trial = Trial::begin(&scratch.path().join("data")).await;
    for number in 1..=setting("LATCHKEY_TEST_LOOPS").unwrap_or(LOOPS) {
        trial.live_and_die(number, &mut chance).await;
        if number % 5 == 0 {
            kill_while_starting(&trial.data_dir, &mut chance).await;
        }
        let server = Booted::start(&trial.data_dir, &SETTINGS);
        trial.inspect();
        trial.settle_doubts(&server, &mut chance).await;
        if number % 10 == 0 {
            trial.replay();
        }
        trial.server = Some(Arc::new(server));
    }
    trial.use_every_secret().await;
    trial.inspect();
    trial.replay();
    trial.summary();
}

/// The data directory, its peers, and what is known of it.
struct Trial {
    data_dir: std::path::PathBuf,
    issuer: Peer,
    api: Peer,
    ledger: Arc<Mutex<Ledger>>,
    history: History,
    server: Option<Arc<Booted>>,
    /// Calls that the API has seen, by path.
    seen: HashMap<String, usize>,
    /// How many of them have been counted.
    counted: usize,
}

/// Gives tokens to whoever sends the secret that belongs to it, and only then.
async fn strict_issuer() -> Peer {
    Peer::start(|heard: Heard| {
        let basic = heard.header("authorization").unwrap().strip_prefix("Basic ").unwrap().to_owned();
        let decoded = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
        let (client, password) = decoded.split_once(':').unwrap();
        let secret = client.strip_prefix("u-").unwrap_or("base");
        let expected: String = url::form_urlencoded::byte_serialize(value_of(secret).as_bytes()).collect();
        let refusal = json!({ "error": "invalid_client" });
        std::future::ready(if password == expected { Answer::token("t") } else { Answer::json(401, &refusal) })
    })
    .await
}

/// Starts a server and kills it before it is there, or soon after.
async fn kill_while_starting(data_dir: &Path, chance: &mut Chance) {
    let mut command = booted::latchkey(data_dir);
    command.arg("serve").env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0").stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // Not waiting for anything: the moment is what chance decides.
    tokio::time::sleep(Duration::from_millis(chance.below(200))).await;
    child.kill().unwrap();
    child.wait().unwrap();
}

impl Trial {
    async fn begin(data_dir: &Path) -> Self {
        let (issuer, api) = (strict_issuer().await, Peer::saying(Answer::text(200, "ok")).await);
        let server = Booted::start(data_dir, &SETTINGS);
        server.create_secret("base", &value_of("base")).await;
        for key in ["base", "updated"] {
            server.data(CREATE_CONNECTION, connection_of(&issuer, key, "base")).await;
        }
        let mut history = History::default();
        history.read_on(data_dir);
        Self {
            data_dir: data_dir.to_owned(),
            issuer,
            api,
            ledger: Arc::default(),
            history,
            server: Some(Arc::new(server)),
            seen: HashMap::new(),
            counted: 0,
        }
    }

    /// Sets callers to work and kills the server after so many acknowledgements, calls or token requests.
    async fn live_and_die(&mut self, number: u64, chance: &mut Chance) {
        let server = self.server.take().unwrap();
        let life = Life {
            server: Arc::clone(&server),
            issuer: self.issuer.clone(),
            api: self.api.clone(),
            number,
            ledger: Arc::clone(&self.ledger),
            acknowledged: watch::Sender::new(0),
        };
        let mut acknowledged = life.acknowledged.subscribe();
        let (calls, token_requests) = (self.api.count(), self.issuer.count());
        let everybody = life.work(chance, self.history.version("connection/updated"));
        drop(life);
        match chance.below(3) {
            0 => {
                let count = 1 + chance.below(60);
                timeout(PATIENCE, acknowledged.wait_for(|now| *now >= count)).await.unwrap().unwrap();
            }
            1 => self.api.has_heard(calls + 1 + usize::try_from(chance.below(40)).unwrap()).await,
            _ => self.issuer.has_heard(token_requests + 1 + usize::try_from(chance.below(10)).unwrap()).await,
        }
        // Not waiting for anything: the arrow was chosen, this chooses how far it flies.
        tokio::time::sleep(Duration::from_micros(chance.below(15_000))).await;
        assert!(
            std::process::Command::new("kill").args(["-KILL", &server.pid().to_string()]).status().unwrap().success()
        );
        for worker in everybody {
            timeout(PATIENCE, worker).await.unwrap().unwrap();
        }
        // Reaps the process: the next one must not start while this one still holds the directory.
        Arc::into_inner(server).unwrap().kill();
    }

    /// The log, the calls and the ledger fit together. To be called while nothing is under way.
    fn inspect(&mut self) {
        self.history.read_on(&self.data_dir);
        let history = &self.history;
        history.assert_all_ended();
        for heard in self.api.heard().split_off(self.counted) {
            self.counted += 1;
            *self.seen.entry(heard.path.clone()).or_default() += 1;
            assert_eq!(self.seen[&heard.path], 1, "sent twice: {}", heard.path);
            assert!(history.started.contains_key(&heard.path), "sent, but not on the log: {}", heard.path);
        }
        let ledger = self.ledger.lock().unwrap();
        for key in &ledger.secrets {
            assert_eq!(history.created.get(&format!("secret/{key}")), Some(&1), "{key}");
        }
        for (key, _) in &ledger.connections {
            assert_eq!(history.created.get(&format!("connection/{key}")), Some(&1), "{key}");
        }
        for (version, name) in &ledger.updates {
            assert_eq!(history.names.get(version), Some(name));
        }
        for (path, id) in &ledger.calls {
            assert_eq!(history.started.get(path), Some(&format!("exchange/{id}")));
            assert_eq!(history.end_of(path), Some("exchange.completed.v1"), "{path}");
            assert_eq!(self.seen.get(path), Some(&1), "acknowledged, but never sent: {path}");
        }
    }

    /// Asks again for what nobody knows, and for some of what is known: the first result stands.
    async fn settle_doubts(&self, server: &Booted, chance: &mut Chance) {
        let (secrets, connections, calls) = {
            let mut ledger = self.ledger.lock().unwrap();
            let secrets = std::mem::take(&mut ledger.secrets_in_doubt);
            let connections = std::mem::take(&mut ledger.connections_in_doubt);
            (secrets, connections, std::mem::take(&mut ledger.named_calls_in_doubt))
        };
        for key in secrets {
            if !self.history.created.contains_key(&format!("secret/{key}")) {
                server.create_secret(&key, &value_of(&key)).await;
            }
            self.use_secret(server, &key).await;
            self.ledger.lock().unwrap().secrets.push(key);
        }
        for key in connections {
            let created = self.create_again(server, &key).await;
            self.ledger.lock().unwrap().connections.push((key, created));
        }
        for path in calls {
            let id = self.call_again(server, &path).await;
            self.ledger.lock().unwrap().named_calls.push((path, id));
        }
        let (connection, call) = {
            let ledger = self.ledger.lock().unwrap();
            (chance.pick(&ledger.connections), chance.pick(&ledger.named_calls))
        };
        if let Some((key, first)) = connection {
            assert_eq!(self.create_again(server, &key).await, first);
        }
        if let Some((path, first)) = call {
            assert_eq!(self.call_again(server, &path).await, first);
        }
    }

    /// The connection that a mutation gives whose idempotency key was used before, or not.
    async fn create_again(&self, server: &Booted, key: &str) -> Value {
        let mut data = server.data(CREATE_CONNECTION, connection_of(&self.issuer, key, "base")).await;
        let created = data["createConnection"]["connection"].take();
        assert_eq!((&created["key"], &created["version"]), (&json!(key), &json!(1)), "{data:#}");
        created
    }

    /// The exchange of a call whose idempotency key was used before, or not: it says what the log said at the start.
    async fn call_again(&self, server: &Booted, path: &str) -> String {
        let before = self.api.count();
        let payload = execute(server, call_of(&self.api, path, true, false)["input"].take()).await;
        let ending = outcome(&payload);
        let (replayed, kind, sent) = match self.history.end_of(path) {
            None => (self.is_settled(path), "HttpResponse", usize::from(!self.is_settled(path))),
            Some("exchange.completed.v1") => (true, "HttpResponse", 0),
            Some("exchange.outcome_unknown.v1") => (true, "OutcomeUnknown", 0),
            Some(other) => panic!("{other}: {path}"),
        };
        assert_eq!((&payload["exchange"]["replayed"], &ending["__typename"]), (&json!(replayed), &json!(kind)));
        if kind == "HttpResponse" {
            assert_eq!(ending["body"]["text"], "ok", "a call that has ended has its answer: {path}");
        }
        assert_eq!(self.api.count() - before, sent, "{path}");
        payload["exchange"]["correlationId"].as_str().unwrap().to_owned()
    }

    /// Whether a doubt about a call was settled since the log was read.
    fn is_settled(&self, path: &str) -> bool {
        self.ledger.lock().unwrap().named_calls.iter().any(|(known, _)| known == path)
    }

    /// Gets a token with a secret: its value is there, and it is the right one.
    async fn use_secret(&self, server: &Booted, key: &str) {
        let connection = format!("u-{key}");
        server.data(CREATE_CONNECTION, connection_of(&self.issuer, &connection, key)).await;
        let used = execute(server, through(&connection, &self.api.url(&format!("/use/{key}")), json!({}))).await;
        assert_eq!(outcome(&used)["status"], 200, "{used:#}");
    }

    /// A connection can be made with a secret only when its value can be opened.
    async fn use_every_secret(&self) {
        let server = self.server.as_ref().unwrap();
        let secrets = self.ledger.lock().unwrap().secrets.clone();
        let uses = secrets.iter().map(async |secret| {
            let wish = connection_of(&self.issuer, &format!("v-{secret}"), secret);
            let made = server.data(CREATE_CONNECTION, wish).await;
            assert_eq!(made["createConnection"]["userErrors"], json!([]), "{secret}");
        });
        stream::iter(uses).buffer_unordered(16).collect::<Vec<()>>().await;
    }

    /// Root and read models are what the log says.
    fn replay(&self) {
        let checked = booted::run(&self.data_dir, &["replay", "--check"]);
        let said = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert_eq!(checked.status.code(), Some(0), "{said}");
    }

    fn summary(&self) {
        let ends = |kind: &str| self.history.ends.values().filter(|end| *end == kind).count();
        let (completed, unknown) = (ends("exchange.completed.v1"), ends("exchange.outcome_unknown.v1"));
        let created = self.history.created.len();
        println!("{} events: {created} created, {completed} calls completed, {unknown} unknown", self.history.last);
        assert!(self.history.tokens_issued <= self.issuer.count());
        assert!(unknown > 0, "no kill met a call under way: the test has lost its teeth");
    }
}
