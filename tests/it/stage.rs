//! A booted server with a scripted issuer and a scripted API around it, and the requests that tests have it make.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{interval, timeout};

use crate::booted::Booted;
use crate::scripted::{Answer, PATIENCE, Peer};

/// The value of the stored client secret.
pub(crate) const SECRET: &str = "hunter2 is+not/good";

/// Has a request made and asks for all that there is to say about it.
pub(crate) const EXECUTE: &str = "
mutation($input: ExecuteHttpRequestInput!) {
  executeHttpRequest(input: $input) {
    exchange {
      id correlationId connectionKey replayed positions curl
      request { method url headers { name value } bodySize }
      token { source fingerprint }
      attempts { number status reason }
      outcome {
        __typename
        ... on HttpResponse {
          status headers { name value } bodySize
          body { text base64 contentType size truncated }
          authFailure { ...Failure }
        }
        ... on AuthFailure { ...Failure }
        ... on TransportFailure { phase failure: reason message retryable }
        ... on OutcomeUnknown { unknown: reason }
      }
    }
    userErrors { __typename message code path ... on EgressDenied { host rule } }
  }
}
fragment Failure on AuthFailure {
  phase failure: reason message httpStatus retryable oauthError { error errorDescription } remedy { summary field } excerpt
}";

/// The server and those it talks to.
pub(crate) struct Stage {
    pub(crate) server: Booted,
    pub(crate) issuer: Peer,
    pub(crate) api: Peer,
    _scratch: TempDir,
}

impl Stage {
    /// Loopback is open, and there is a connection `client` to the issuer.
    pub(crate) async fn new(issuer: Peer, api: Peer) -> Self {
        Self::with(issuer, api, &[("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")]).await
    }

    /// As [`Stage::new`], with settings of its own only.
    pub(crate) async fn with(issuer: Peer, api: Peer, settings: &[(&str, &str)]) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let server = Booted::start(&scratch.path().join("data"), settings);
        server.create_secret("secret", SECRET).await;
        let stage = Self { server, issuer, api, _scratch: scratch };
        stage.connect("client", json!({})).await;
        stage
    }

    /// Stops the server as its operator would, and starts it again on the same data.
    pub(crate) fn restart(self, settings: &[(&str, &str)]) -> Self {
        let Self { server, issuer, api, _scratch: scratch } = self;
        let data_dir = server.data_dir.clone();
        assert_eq!(server.terminate(), Some(0));
        Self { server: Booted::start(&data_dir, settings), issuer, api, _scratch: scratch }
    }

    /// Creates another connection to the issuer; `more` is merged over the usual input.
    pub(crate) async fn connect(&self, key: &str, more: Value) {
        let mut input = json!({ "authentication": { "clientSecret": { "secret": "secret" } } });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server.create_connection(key, &self.issuer.url("/token"), input).await;
    }

    /// Has the API asked for `path` through `client`; `more` is merged over the input.
    pub(crate) async fn call(&self, path: &str, more: Value) -> Value {
        execute(&self.server, through("client", &self.api.url(path), more)).await
    }

    /// The payloads of all events of a type.
    pub(crate) fn recorded(&self, event_type: &str) -> Vec<Value> {
        let events = self.server.events();
        events
            .into_iter()
            .filter(|event| event["type"] == event_type)
            .map(|mut event| event["payload"].take())
            .collect()
    }
}

/// The input of a request that a connection authorises; `more` is merged over it.
pub(crate) fn through(connection: &str, url: &str, more: Value) -> Value {
    let mut input = json!({ "url": url, "authorization": { "clientConnection": { "key": connection } } });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    input.as_object_mut().unwrap().extend(more);
    input
}

/// Has a request made; the mutation's payload.
pub(crate) async fn execute(server: &Booted, input: Value) -> Value {
    server.data(EXECUTE, json!({ "input": input })).await["executeHttpRequest"].take()
}

/// How a request that was made has ended.
pub(crate) fn outcome(payload: &Value) -> &Value {
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    &payload["exchange"]["outcome"]
}

/// The API's status, when it answered.
pub(crate) fn status(payload: &Value) -> u64 {
    outcome(payload)["status"].as_u64().unwrap_or_else(|| panic!("no answer: {payload:#}"))
}

/// Code and path of the one thing that the caller did wrong.
pub(crate) fn user_error(payload: &Value) -> (&str, &str, String) {
    assert!(payload["exchange"].is_null(), "{payload:#}");
    let [error] = payload["userErrors"].as_array().unwrap().as_slice() else { panic!("{payload:#}") };
    let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    (error["__typename"].as_str().unwrap(), error["code"].as_str().unwrap(), path.join("."))
}

/// An issuer whose tokens are `token-1`, `token-2`, …
pub(crate) async fn counting_issuer() -> Peer {
    let issued = Arc::new(AtomicUsize::new(0));
    Peer::start(move |_| {
        let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
        std::future::ready(Answer::token(&format!("token-{number}")))
    })
    .await
}

/// An API that says `ok` to everybody.
pub(crate) async fn open_api() -> Peer {
    Peer::saying(Answer::text(200, "ok")).await
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let mut ticks = interval(Duration::from_millis(20));
    let waited = timeout(PATIENCE, async {
        loop {
            ticks.tick().await;
            if is_so().await {
                return;
            }
        }
    });
    waited.await.unwrap_or_else(|_| panic!("in vain: {what}"));
}
