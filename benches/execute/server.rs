//! The server: the optimised binary in a process of its own, with one connection to the fixture.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::fixture::{ANSWER_START_ESCAPED, Fixture};
use super::load::{Connection, Load};

const TOKEN: &str = "bench-admin-token-0123456789abcdef";
const GREETING: &str = "Latchkey is listening on http://";

const CREATE_SECRET: &str = "mutation($input: CreateSecretInput!) {
    createSecret(input: $input) { secret { key } userErrors { message } } }";
const CREATE_CONNECTION: &str = "mutation($input: CreateConnectionInput!) {
    createConnection(input: $input) { connection { key } userErrors { message } } }";
/// What a caller who wants the API's answer asks for.
const EXECUTE: &str = "mutation($input: ExecuteHttpRequestInput!) {
    executeHttpRequest(input: $input) {
        exchange { outcome { __typename ... on HttpResponse { status body { text } } } }
        userErrors { code message }
    } }";

/// Killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    _data_dir: TempDir,
}

impl Server {
    /// Starts the server in a new data directory and makes the secret and the connection `bench`.
    pub(crate) async fn start(fixture: &Fixture) -> anyhow::Result<Self> {
        // On the disk of the build: the folder for temporary files is often in memory.
        let data_dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
        let mut child = spawn(data_dir.path(), fixture)?;
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
        let mut line = String::new();
        while !line.starts_with(GREETING) {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                child.wait()?;
                anyhow::bail!("the server did not start");
            }
        }
        // Read on, or a full pipe would hold the server up.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let address = line.trim_start_matches(GREETING).split_whitespace().next().unwrap_or_default().parse()?;
        let server = Self { child, address, _data_dir: data_dir };
        let secret = json!({ "key": "bench", "displayName": "Bench", "source": { "value": "s3cret" } });
        server.create(CREATE_SECRET, "createSecret", secret).await?;
        let connection = json!({
            "key": "bench",
            "displayName": "Bench",
            "clientId": "bench",
            "accessTokenUrl": fixture.token_url(),
            "authentication": { "clientSecret": { "secret": "bench" } },
            "allowedHosts": ["127.0.0.1"],
        });
        server.create(CREATE_CONNECTION, "createConnection", connection).await?;
        Ok(server)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The least that a GraphQL request can be.
    pub(crate) fn typename(&self) -> Load {
        let request = self.post(&json!({ "query": "{ __typename }" }));
        Load::new(self.address, &request, &[r#""__typename":"Query""#])
    }

    /// A request to the fixture's API, through the connection.
    pub(crate) fn execute(&self, fixture: &Fixture) -> Load {
        let input = json!({
            "url": fixture.items_url(),
            "headers": [{ "name": "accept", "value": "application/json" }],
            "authorization": { "clientConnection": { "key": "bench" } },
        });
        let request = self.post(&json!({ "query": EXECUTE, "variables": { "input": input } }));
        Load::new(self.address, &request, &[r#""__typename":"HttpResponse""#, r#""status":200"#, ANSWER_START_ESCAPED])
    }

    async fn create(&self, mutation: &str, field: &str, input: Value) -> anyhow::Result<()> {
        let request = self.post(&json!({ "query": mutation, "variables": { "input": input } }));
        let mut connection = Connection::open(self.address).await?;
        let answer = connection.exchange(request.as_bytes()).await?;
        let parsed: Value = serde_json::from_slice(answer.body())?;
        let user_errors = parsed.pointer(&format!("/data/{field}/userErrors")).and_then(Value::as_array);
        ensure!(user_errors.is_some_and(Vec::is_empty), "{field}: {}", answer.text());
        Ok(())
    }

    fn post(&self, body: &Value) -> String {
        let (address, body) = (self.address, body.to_string());
        let length = body.len();
        format!(
            "POST /graphql HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {TOKEN}\r\n\
             content-type: application/json\r\naccept: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(data_dir: &Path, fixture: &Fixture) -> anyhow::Result<Child> {
    let child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .arg("serve")
        .env_clear()
        .env("LATCHKEY_DATA_DIR", data_dir)
        .env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0")
        .env("LATCHKEY_ADMIN_TOKEN", TOKEN)
        .env("LATCHKEY_EGRESS__ALLOW", fixture.address().to_string())
        .env("LATCHKEY_TELEMETRY__LOG__FILTER", "warn")
        .current_dir(data_dir)
        .stdout(Stdio::piped())
        // Warnings and errors are for whoever runs the benchmark; nothing else is logged.
        .stderr(Stdio::inherit())
        .spawn()?;
    Ok(child)
}
