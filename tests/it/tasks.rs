//! HTTP Request Tasks on the real binary: saved, run, counted, and what of them is kept where.

mod certificates;
mod managing;
mod running;
mod secrecy;
mod telling;

use serde_json::{Value, json};

use crate::stage::{EXECUTE, Stage};

/// Creates a task; the payload. `more` is merged over a task that calls `/v1` with the connection `client`.
pub(crate) async fn create(stage: &Stage, key: &str, more: Value) -> Value {
    let mut input = json!({
        "key": key,
        "displayName": key,
        "url": stage.api.url("/v1"),
        "authorization": { "clientConnection": { "key": "client" } },
    });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    input.as_object_mut().unwrap().extend(more);
    let mutation = "mutation($input: CreateHttpRequestTaskInput!) { createHttpRequestTask(input: $input) {
        task { id key displayName endpoint version method target retryOnFailure retryNonIdempotent timeout followRedirects
            clientCertificate clientCertificatePassword
            authorization { type connectionKey forceNewToken parameterOverrides { name value } }
            request { method url headers { name value } query { name value } body form { name value } bodyKind variables } }
        userErrors { __typename code path message }
    } }";
    stage.server.data(mutation, json!({ "input": input })).await["createHttpRequestTask"].take()
}

/// Creates a task that must be accepted.
pub(crate) async fn created(stage: &Stage, key: &str, more: Value) -> Value {
    let mut payload = create(stage, key, more).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["task"].take()
}

/// Runs a task; the payload. `more` is merged over the input.
pub(crate) async fn run(stage: &Stage, key: &str, more: Value) -> Value {
    let mut input = json!({ "key": key });
    let Value::Object(more) = more else { panic!("not an object: {more}") };
    input.as_object_mut().unwrap().extend(more);
    let mutation = EXECUTE
        .replace("ExecuteHttpRequestInput", "RunHttpRequestTaskInput")
        .replace("executeHttpRequest(", "runHttpRequestTask(")
        .replace("connectionKey replayed", "connectionKey taskKey replayed");
    stage.server.data(&mutation, json!({ "input": input })).await["runHttpRequestTask"].take()
}

/// Code and path of each thing that is wrong.
pub(crate) fn complaints(payload: &Value) -> Vec<(String, String)> {
    let errors = payload["userErrors"].as_array().unwrap().iter();
    let path = |error: &Value| {
        let names = error["path"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(".")
    };
    errors.map(|error| (error["code"].as_str().unwrap().to_owned(), path(error))).collect()
}

/// One complaint.
pub(crate) fn only(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}
