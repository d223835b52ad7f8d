//! The real binary, started as a user would start it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long a server may take to say that it listens.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Executes a request and asks for everything about its end.
pub(crate) const EXECUTE: &str = "
    mutation($input: ExecuteHttpRequestInput!) {
        executeHttpRequest(input: $input) {
            exchange {
                id
                correlationId
                token { source }
                outcome {
                    __typename
                    ... on HttpResponse { status body { text } }
                    ... on AuthFailure {
                        phase reason message httpStatus attempt retryable oauthError { error errorDescription }
                    }
                    ... on TransportFailure { phase reason message }
                }
            }
            userErrors { __typename message code path }
        }
    }";

/// A server in a process of its own. Killed when dropped.
pub(crate) struct Booted {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) client: reqwest::Client,
    /// What it said on standard output when it started.
    pub(crate) greeting: Vec<String>,
    /// URL of the demo's issuer, if it runs.
    pub(crate) demo: String,
    /// What it says on standard output after its greeting, and on standard error.
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
        let mut command = latchkey(data_dir);
        command.args(arguments).env("LATCHKEY_ADMIN_TOKEN", &token).envs(environment.iter().copied());
        Self::launch(command, data_dir, token, "Admin token: ")
    }

    /// Starts `latchkey serve --demo` as a newcomer does: with no token given, so that it makes one.
    pub(crate) fn demo(data_dir: &Path) -> Self {
        let mut command = latchkey(data_dir);
        command.args(["serve", "--demo"]);
        let mut booted = Self::launch(command, data_dir, String::new(), "Demo issuer: ");
        booted.token = std::fs::read_to_string(data_dir.join("admin-token")).unwrap().trim_end().to_owned();
        booted.demo = booted.greeting.last().unwrap().split_whitespace().nth(2).unwrap().to_owned();
        booted
    }

    /// Starts on a free port and reads the greeting up to the line that begins with `last`.
    #[expect(clippy::disallowed_methods, reason = "a limit on another process's time")]
    fn launch(mut command: Command, data_dir: &Path, token: String, last: &str) -> Self {
        command.env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let errors = child.stderr.take().unwrap();
        // Read on, or a full pipe would hold the server up.
        let errors = std::thread::spawn(move || std::io::read_to_string(errors).unwrap_or_default());
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let started = Instant::now();
        let mut greeting: Vec<String> = Vec::new();
        while !greeting.last().is_some_and(|line| line.starts_with(last)) {
            let mut line = String::new();
            let read = output.read_line(&mut line).unwrap();
            if read == 0 || started.elapsed() > START_TIMEOUT {
                child.kill().ok();
                child.wait().ok();
                panic!("the server did not start: {}", errors.join().unwrap());
            }
            greeting.push(line.trim_end().to_owned());
        }
        let output = std::thread::spawn(move || std::io::read_to_string(output).unwrap_or_default());
        let (client, saying) = (client(), Some((output, errors)));
        let url = greeting.iter().find_map(|line| line.strip_prefix("Latchkey is listening on ")).unwrap();
        let url = url.split_whitespace().next().unwrap().to_owned();
        Self { child, url, token, data_dir: data_dir.to_owned(), client, greeting, demo: String::new(), saying }
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

    /// Where its WebSocket is.
    pub(crate) fn websocket_url(&self) -> String {
        format!("{}/graphql", self.url.replace("http://", "ws://"))
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
            "allowedHosts": ["127.0.0.1"],
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

    /// Executes a request that must be accepted; the exchange.
    pub(crate) async fn execute(&self, input: Value) -> Value {
        let executed = self.data(EXECUTE, json!({ "input": input })).await;
        assert_eq!(executed["executeHttpRequest"]["userErrors"], json!([]), "{executed:#}");
        executed["executeHttpRequest"]["exchange"].clone()
    }

    /// Calls the demo's API at a path, with the demo's connection; the exchange.
    pub(crate) async fn call_demo(&self, path: &str, force_new_token: bool) -> Value {
        let connection = json!({ "key": "demo", "forceNewToken": force_new_token });
        let url = format!("{}/api/{path}", self.demo);
        self.execute(json!({ "url": url, "authorization": { "clientConnection": connection } })).await
    }

    /// Makes the demo's issuer and API answer otherwise from now on.
    pub(crate) async fn switch_demo(&self, mode: &str) {
        let asked = self.client.post(format!("{}/demo/reject", self.demo)).header("content-type", "application/json");
        let answer = asked.body(json!({ "mode": mode }).to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
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
