//! Callers that go on until the server is gone, and a ledger of what they were told.

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::chance::Chance;
use crate::booted::Booted;
use crate::scripted::Peer;
use crate::stage::{EXECUTE, through};

const CREATE_SECRET: &str = "mutation($input: CreateSecretInput!) {
    createSecret(input: $input) { secret { key version } userErrors { message code } } }";
pub(super) const CREATE_CONNECTION: &str = "mutation($input: CreateConnectionInput!) {
    createConnection(input: $input) { connection { id key version createdAt } userErrors { message code } } }";
const UPDATE_CONNECTION: &str = "mutation($input: UpdateConnectionInput!) {
    updateConnection(input: $input) { connection { version displayName } userErrors { message code } } }";

/// What the callers were told, and what they were not told.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) secrets: Vec<String>,
    pub(super) secrets_in_doubt: Vec<String>,
    /// Each was created with its own Key as idempotency key.
    pub(super) connections: Vec<(String, Value)>,
    pub(super) connections_in_doubt: Vec<String>,
    /// Version and Display Name of the connection `updated`.
    pub(super) updates: Vec<(u64, String)>,
    /// Path and exchange.
    pub(super) calls: Vec<(String, String)>,
    /// Those with the path as idempotency key.
    pub(super) named_calls: Vec<(String, String)>,
    pub(super) named_calls_in_doubt: Vec<String>,
}

/// One server's life, from its start to its kill.
#[derive(Clone)]
pub(super) struct Life {
    pub(super) server: Arc<Booted>,
    pub(super) issuer: Peer,
    pub(super) api: Peer,
    pub(super) number: u64,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    /// Counts what was acknowledged in this life.
    pub(super) acknowledged: watch::Sender<u64>,
}

/// The value of a secret, which the issuer knows as well.
pub(super) fn value_of(secret: &str) -> String {
    format!("value of {secret}")
}

/// The path of a call names it in the log and at the API.
pub(super) fn call_of(api: &Peer, path: &str, named: bool, force: bool) -> Value {
    // A named call is repeated later, and only the same input is the same call.
    let authorization = json!({ "clientConnection": { "key": "base", "forceNewToken": force && !named } });
    let mut input = through("base", &api.url(path), json!({ "method": "POST", "authorization": authorization }));
    if named {
        input["idempotencyKey"] = json!(path);
    }
    json!({ "input": input })
}

fn secret_of(key: &str) -> Value {
    json!({ "input": { "key": key, "displayName": key, "source": { "value": value_of(key) } } })
}

/// With its own Key as idempotency key.
pub(super) fn connection_of(issuer: &Peer, key: &str, secret: &str) -> Value {
    json!({ "input": {
        "key": key, "displayName": key, "clientId": key, "accessTokenUrl": issuer.url("/token"),
        "authentication": { "clientSecret": { "secret": secret } }, "allowedHosts": ["127.0.0.1"], "idempotencyKey": key,
    } })
}

impl Life {
    /// Sets everybody to work; they end when the server does.
    pub(super) fn work(&self, chance: &mut Chance, updated: u64) -> Vec<tokio::task::JoinHandle<()>> {
        let mut everybody = vec![
            tokio::spawn(self.clone().create_secrets()),
            tokio::spawn(self.clone().create_connections()),
            tokio::spawn(self.clone().update(updated)),
        ];
        for caller in 0..5 {
            let forces = 2 + chance.below(6);
            everybody.push(tokio::spawn(self.clone().call(caller, caller < 2, forces)));
        }
        everybody
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// The mutation's payload; `None` when the server is gone.
    async fn ask(&self, query: &str, variables: Value) -> Option<Value> {
        let answer = self.server.try_graphql(query, variables).await.ok()?;
        assert!(answer.get("errors").is_none(), "{answer:#}");
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
        Some(payload)
    }

    fn acknowledge(&self, note: impl FnOnce(&mut Ledger)) {
        note(&mut self.ledger());
        self.acknowledged.send_modify(|count| *count += 1);
    }

    async fn create_secrets(self) {
        for index in 0.. {
            let key = format!("s-{}-{index}", self.number);
            self.ledger().secrets_in_doubt.push(key.clone());
            if self.ask(CREATE_SECRET, secret_of(&key)).await.is_none() {
                return;
            }
            self.acknowledge(|ledger| {
                ledger.secrets_in_doubt.pop();
                ledger.secrets.push(key);
            });
        }
    }

    async fn create_connections(self) {
        for index in 0.. {
            let key = format!("c-{}-{index}", self.number);
            self.ledger().connections_in_doubt.push(key.clone());
            let wish = connection_of(&self.issuer, &key, "base");
            let Some(mut payload) = self.ask(CREATE_CONNECTION, wish).await else { return };
            self.acknowledge(|ledger| {
                ledger.connections_in_doubt.pop();
                ledger.connections.push((key, payload["connection"].take()));
            });
        }
    }

    async fn update(self, mut version: u64) {
        loop {
            let name = format!("named in life {} after version {version}", self.number);
            let input = json!({ "key": "updated", "expectedVersion": version, "displayName": name });
            let Some(payload) = self.ask(UPDATE_CONNECTION, json!({ "input": input })).await else { return };
            version += 1;
            assert_eq!(payload["connection"], json!({ "version": version, "displayName": name }));
            self.acknowledge(|ledger| ledger.updates.push((version, name)));
        }
    }

    async fn call(self, caller: u64, named: bool, forces: u64) {
        for index in 0.. {
            let path = format!("/call/{}/{caller}/{index}", self.number);
            if named {
                self.ledger().named_calls_in_doubt.push(path.clone());
            }
            let input = call_of(&self.api, &path, named, index % forces == 0);
            let Some(payload) = self.ask(EXECUTE, input).await else { return };
            let exchange = &payload["exchange"];
            assert_eq!(exchange["outcome"]["status"], 200, "{payload:#}");
            let id = exchange["correlationId"].as_str().unwrap().to_owned();
            self.acknowledge(|ledger| {
                ledger.calls.push((path.clone(), id.clone()));
                if named {
                    ledger.named_calls_in_doubt.retain(|known| *known != path);
                    ledger.named_calls.push((path, id));
                }
            });
        }
    }
}
