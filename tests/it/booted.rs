//! The real binary, started as a user would start it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

/// How long a server may take to say that it listens.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// A server in a process of its own. Killed when dropped.
pub(crate) struct Booted {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) client: reqwest::Client,
    /// What it said on standard output when it started.
    pub(crate) greeting: Vec<String>,
    /// What it says on standard output after that, and on standard error.
    saying: Option<(JoinHandle<String>, JoinHandle<String>)>,
}

/// A server that has ended.
pub(crate) struct Ended {
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The binary under test, with the data directory and nothing else from this process's environment.
pub(crate) fn latchkey(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command.env_clear().env("LATCHKEY_DATA_DIR", data_dir).current_dir(data_dir.parent().unwrap());
    command
}

/// Runs the binary to its end.
pub(crate) fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    latchkey(data_dir).args(arguments).output().unwrap()
}

impl Booted {
    /// Starts `latchkey serve` on a free port with the admin token `test-admin-token`.
    pub(crate) fn start(data_dir: &Path, environment: &[(&str, &str)]) -> Self {
        Self::with_arguments(data_dir, environment, &["serve"])
    }

    pub(crate) fn with_arguments(data_dir: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let token = "test-admin-token".to_owned();
        let mut child = latchkey(data_dir)
            .args(arguments)
            .env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0")
            .env("LATCHKEY_ADMIN_TOKEN", &token)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = child.stderr.take().unwrap();
        // Read on, or a full pipe would hold the server up.
        let errors = std::thread::spawn(move || std::io::read_to_string(errors).unwrap_or_default());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let started = Instant::now();
        let mut greeting = Vec::new();
        let url = loop {
            let mut line = String::new();
            let read = output.read_line(&mut line).unwrap();
            if read == 0 || started.elapsed() > START_TIMEOUT {
                child.kill().ok();
                child.wait().ok();
                panic!("the server did not start: {}", errors.join().unwrap());
            }
            greeting.push(line.trim_end().to_owned());
            if let Some(rest) = line.strip_prefix("Latchkey is listening on ") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        let output = std::thread::spawn(move || std::io::read_to_string(output).unwrap_or_default());
        let (client, saying) = (client(), Some((output, errors)));
        Self { child, url, token, data_dir: data_dir.to_owned(), client, greeting, saying }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and wait until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(self) -> Option<i32> {
        self.ask_to_stop();
        self.ended().code
    }

    /// SIGTERM, without waiting.
    pub(crate) fn ask_to_stop(&self) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for its end, and tells everything that it said.
    pub(crate) fn ended(mut self) -> Ended {
        let code = self.child.wait().unwrap().code();
        let (output, errors) = self.saying.take().unwrap();
        let stdout = format!("{}\n{}", self.greeting.join("\n"), output.join().unwrap());
        Ended { code, stdout, stderr: errors.join().unwrap() }
    }

    /// One GraphQL request; the whole answer.
    pub(crate) async fn graphql(&self, query: &str, variables: Value) -> Value {
        self.try_graphql(query, variables).await.unwrap()
    }

    /// One GraphQL request that may not get through, for when the server is being killed.
    pub(crate) async fn try_graphql(&self, query: &str, variables: Value) -> reqwest::Result<Value> {
        let request = self.client.post(format!("{}/graphql", self.url)).bearer_auth(&self.token);
        let body = json!({ "query": query, "variables": variables }).to_string();
        let response = request.header("content-type", "application/json").body(body).send().await?;
        let text = response.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}")))
    }

    /// The `data` of one GraphQL request that must have no errors.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let answer = self.graphql(query, variables).await;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        answer["data"].clone()
    }

    /// Stores a secret that must be accepted.
    pub(crate) async fn create_secret(&self, key: &str, value: &str) {
        let created = self
            .data(
                "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } userErrors { message } } }",
                json!({ "input": { "key": key, "displayName": key, "source": { "value": value } } }),
            )
            .await;
        assert_eq!(created["createSecret"]["secret"]["key"], key, "{created:#}");
    }

    /// Creates a connection that must be accepted; `more` is merged over the smallest input.
    pub(crate) async fn create_connection(&self, key: &str, token_url: &str, more: Value) {
        let mut input = json!({
            "key": key,
            "displayName": key,
            "clientId": key,
            "accessTokenUrl": token_url,
        });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let created = self
            .data(
                "mutation($input: CreateConnectionInput!) {
                    createConnection(input: $input) { connection { key } userErrors { message path } }
                }",
                json!({ "input": input }),
            )
            .await;
        assert_eq!(created["createConnection"]["connection"]["key"], key, "{created:#}");
    }

    /// The log as `latchkey events` prints it.
    pub(crate) fn events(&self) -> Vec<Value> {
        let output = run(&self.data_dir, &["events"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        // Gone already, after `kill` or `terminate`.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A client for the server under test and for scripted peers.
#[expect(clippy::disallowed_methods, reason = "a test's own client")]
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build().unwrap()
}
