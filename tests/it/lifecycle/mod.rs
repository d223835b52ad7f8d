//! The life of tokens on the real binary: refreshed, held back, dropped when something changes, kept beyond a restart.

mod backing_off;
mod changing;
mod keeping;
mod refreshing;
mod sharing;
mod telling;

use serde_json::{Value, json};

use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, outcome};

/// Loopback is open.
const OPEN: (&str, &str) = ("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8");
/// Nobody who was turned away is let through again while a test runs.
const HELD_BACK: [(&str, &str); 3] =
    [OPEN, ("LATCHKEY_TOKEN__BACKOFF_MIN", "1h"), ("LATCHKEY_TOKEN__BACKOFF_MAX", "1h")];

/// A token with a life of its own.
fn token_for(value: &str, seconds: f64) -> Answer {
    Answer::json(200, &json!({ "access_token": value, "token_type": "Bearer", "expires_in": seconds }))
}

fn down() -> Answer {
    Answer::json(503, &json!({ "error": "temporarily_unavailable" }))
}

/// Through a connection that asks once a time.
fn once() -> Value {
    json!({ "authorization": { "clientConnection": { "key": "once" } } })
}

async fn connect_once(stage: &Stage) {
    stage.connect("once", json!({ "tokenPolicy": { "maxRetries": 0 } })).await;
}

fn forcing(connection: &str) -> Value {
    json!({ "authorization": { "clientConnection": { "key": connection, "forceNewToken": true } } })
}

fn source(payload: &Value) -> &Value {
    &payload["exchange"]["token"]["source"]
}

fn failure(payload: &Value) -> &Value {
    &outcome(payload)["failure"]
}

fn bearers(api: &Peer) -> Vec<String> {
    api.heard().iter().map(|heard| heard.header("authorization").unwrap_or_default().to_owned()).collect()
}

async fn evict(stage: &Stage) {
    let evict = "mutation { evictAccessToken(input: { key: \"client\" }) { userErrors { code } } }";
    assert_eq!(stage.server.data(evict, json!({})).await["evictAccessToken"]["userErrors"], json!([]));
}

/// Gives `client` another Display Name.
async fn edit(stage: &Stage, expected_version: u32) {
    let update = "mutation($input: UpdateConnectionInput!) {
        updateConnection(input: $input) { connection { version } userErrors { message } } }";
    let input = json!({ "key": "client", "expectedVersion": expected_version, "displayName": "another" });
    let updated = stage.server.data(update, json!({ "input": input })).await;
    assert_eq!(updated["updateConnection"]["connection"]["version"], expected_version + 1, "{updated}");
}
