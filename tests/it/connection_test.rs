//! A test of a connection goes the whole way to a token, says where it ends, and keeps nothing.

use std::sync::Arc;

use latchkey::domain::StreamId;
use latchkey::graphql::Permission;
use latchkey::projections::secret_values::{self, NewValue};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::booted::Booted;
use crate::facts::key;
use crate::scripted::{Answer, Peer};
use crate::stage::{SECRET, Stage, counting_issuer, open_api};
use crate::tls_peer::{Authority, Clients, TlsPeer};
use crate::world::{RSA_KEY, World, connection_input};

const TEST: &str = "mutation($input: TestConnectionInput!) { payload: testConnection(input: $input) {
    test { id at ok steps { phase status detail durationMs }
        token { fetchedAt expiresAt scope tokenType fingerprint }
        failure { phase reason message oauthError { error } httpStatus attempt } }
    userErrors { __typename message code path } } }";
const CREATE: &str = "mutation($input: CreateConnectionInput!) { payload: createConnection(input: $input) {
    connection { key lastTest { id } state } test { id ok failure { reason } } userErrors { code path } } }";
const EC_KEY: &str = include_str!("../keys/p256.pkcs8.pem");

/// A test that was made.
async fn tested(server: &Booted, input: Value) -> Value {
    let mut payload = server.data(TEST, json!({ "input": input })).await["payload"].take();
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload["test"].take()
}

fn draft(token_url: &str) -> Value {
    json!({ "draft": {
        "key": "a-draft", "displayName": "A draft", "clientId": "me", "accessTokenUrl": token_url,
        "allowedHosts": ["127.0.0.1"], "authentication": { "clientSecret": { "secret": "secret" } } } })
}

/// The status of each step, in a word each.
fn statuses(test: &Value) -> Vec<String> {
    let steps = test["steps"].as_array().unwrap();
    let phases: Vec<&str> = steps.iter().map(|step| step["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["SECRET", "ASSERTION", "DNS", "CONNECT", "TLS", "REQUEST", "RESPONSE", "TOKEN"]);
    steps.iter().map(|step| step["status"].as_str().unwrap().to_lowercase()).collect()
}

/// Asserts that a test ended at a step for a reason, and that no step after it was made.
fn assert_ended(test: &Value, step: &str, reason: &str) {
    assert_eq!((&test["ok"], &test["token"]), (&json!(false), &Value::Null), "{test:#}");
    assert_eq!(test["failure"]["reason"], reason, "{test:#}");
    let steps = test["steps"].as_array().unwrap();
    let failed: Vec<usize> = (0..8).filter(|index| steps[*index]["status"] == "FAILED").collect();
    let [failed] = failed[..] else { panic!("{test:#}") };
    assert_eq!(steps[failed]["phase"], step, "{test:#}");
    assert_eq!(steps[failed]["detail"], test["failure"]["message"]);
    assert!(steps[..failed].iter().all(|step| step["status"] != "FAILED"), "{test:#}");
    assert!(steps[failed + 1..].iter().all(|step| step["status"] == "SKIPPED"), "{test:#}");
}

async fn stage(issuer: Peer) -> Stage {
    Stage::new(issuer, open_api().await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_connection_is_tested_with_a_real_token_that_nobody_keeps() {
    let stage = stage(Peer::saying(Answer::token("canary-token-4711")).await).await;
    let test = tested(&stage.server, json!({ "key": "client" })).await;
    assert_eq!(test["ok"], true, "{test:#}");
    let expected = ["passed", "skipped", "passed", "passed", "skipped", "warned", "passed", "passed"];
    assert_eq!(statuses(&test), expected, "{test:#}");
    for index in [0, 3, 5] {
        assert!(test["steps"][index]["durationMs"].as_f64().unwrap() > 0.0, "{test:#}");
    }
    assert_eq!(stage.issuer.count(), 1);
    assert_eq!(test["token"]["tokenType"], "Bearer");
    assert_ne!(test["token"]["expiresAt"], test["token"]["fetchedAt"]);

    let types: Vec<Value> = stage.server.events().into_iter().map(|mut event| event["type"].take()).collect();
    assert_eq!(types[2..], ["connection_test.started.v1", "connection.tested.v1"]);
    // The next call needs a token of its own.
    stage.call("/", json!({})).await;
    assert_eq!(stage.issuer.count(), 2);
    let everything = format!("{test} {:?}", stage.server.events());
    assert!(!everything.contains("canary-token-4711") && !everything.contains(SECRET), "{everything}");
    for file in std::fs::read_dir(&stage.server.data_dir).unwrap() {
        let file = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!file.windows(17).any(|window| window == b"canary-token-4711"));
    }

    let query = "query($id: ID!) { node(id: $id) { ... on ConnectionTest { id ok } }
        connection(key: \"client\") { state lastTest { id ok } } }";
    let read = stage.server.data(query, json!({ "id": test["id"] })).await;
    let same = json!({ "id": test["id"], "ok": true });
    assert_eq!((&read["node"], &read["connection"]["lastTest"]), (&same, &same));
    assert_eq!(read["connection"]["state"], "AUTHORIZED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_asks_once_even_where_retries_would_help_and_of_a_disabled_connection_too() {
    let stage = stage(Peer::saying(Answer::text(503, "later")).await).await;
    let disable = "mutation { updateConnection(input: {key: \"client\", expectedVersion: 1, enabled: false}) {
        userErrors { code } } }";
    stage.server.data(disable, json!({})).await;
    let test = tested(&stage.server, json!({ "key": "client" })).await;
    assert_ended(&test, "RESPONSE", "SERVER_ERROR");
    assert_eq!((stage.issuer.count(), &test["failure"]["attempt"]), (1, &json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_on_the_way_fails_as_itself() {
    let stage = stage(counting_issuer().await).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let tls = TlsPeer::start(Authority::new("Nobody").server((2020, 2090)), Clients::Anybody).await;
    let html = Peer::saying(Answer::bytes(200, "text/html", "<html>Sign in</html>")).await;
    let refusal = json!({ "error": "invalid_client", "error_description": "who?" });
    let unknown = Peer::saying(Answer::json(401, &refusal)).await;
    let junk = Peer::saying(Answer::json(200, &json!({ "access_token": "a\nb", "token_type": "Bearer" }))).await;
    for (url, step, reason) in [
        ("https://no-such-host.invalid/token".to_owned(), "DNS", "DNS"),
        (format!("http://{closed}/token"), "CONNECT", "CONNECT"),
        (tls.url(), "TLS", "TLS"),
        (html.url("/token"), "RESPONSE", "MALFORMED_RESPONSE"),
        (unknown.url("/token"), "RESPONSE", "INVALID_CLIENT"),
        (junk.url("/token"), "TOKEN", "MALFORMED_RESPONSE"),
    ] {
        let test = tested(&stage.server, draft(&url)).await;
        assert_ended(&test, step, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_worth_a_warning_is_a_token() {
    let body = json!({ "access_token": "t", "token_type": "Bearer", "scope": "read" });
    let stage = stage(Peer::saying(Answer::json(200, &body)).await).await;
    let mut input = draft(&stage.issuer.url("/token"));
    input["draft"]["allowedHosts"] = json!([]);
    input["draft"]["parameters"] = json!([{ "name": "scope", "value": "read write" }]);
    let test = tested(&stage.server, input).await;
    assert_eq!((&test["ok"], &test["steps"][7]["status"]), (&json!(true), &json!("WARNED")), "{test:#}");
    let detail = test["steps"][7]["detail"].as_str().unwrap();
    for part in ["expires_in", "write is missing", "neither an allowed host nor a base URL"] {
        assert!(detail.contains(part), "{detail}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tested_and_saved_nowhere() {
    let stage = stage(counting_issuer().await).await;
    let test = tested(&stage.server, draft(&stage.issuer.url("/token"))).await;
    assert_eq!(test["ok"], true, "{test:#}");
    let started = stage.recorded("connection_test.started.v1");
    assert_eq!(
        started,
        [json!({ "connection": null, "connection_version": null, "draft": true,
            "host": stage.issuer.address.to_string(), "authentication": "client_secret", "secret": "secret" })]
    );
    let read =
        stage.server.data("{ connection(key: \"a-draft\") { key } connections { totalCount } }", json!({})).await;
    assert_eq!(read, json!({ "connection": null, "connections": { "totalCount": 1 } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_created_only_if_its_first_test_goes_through() {
    let refusal = Peer::saying(Answer::json(400, &json!({ "error": "invalid_scope" }))).await;
    let stage = stage(counting_issuer().await).await;
    let input = |url: String| {
        let mut input = draft(&url)["draft"].take();
        input["testFirst"] = json!(true);
        json!({ "input": input })
    };
    let refused = stage.server.data(CREATE, input(refusal.url("/token"))).await["payload"].take();
    assert_eq!(refused["connection"], Value::Null);
    assert_eq!(refused["test"]["failure"]["reason"], "INVALID_SCOPE", "{refused:#}");
    assert_eq!(refused["userErrors"], json!([{ "code": "TEST_FAILED", "path": ["testFirst"] }]));
    let created = stage.server.data(CREATE, input(stage.issuer.url("/token"))).await["payload"].take();
    assert_eq!((&created["test"]["ok"], &created["userErrors"]), (&json!(true), &json!([])), "{created:#}");
    assert_eq!(created["connection"], json!({ "key": "a-draft", "lastTest": null, "state": "UNTESTED" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_a_crash_cut_off_has_an_unknown_outcome_and_says_nothing() {
    let mut stage = stage(Peer::silent().await).await;
    let asking = {
        let (url, token, client) = (stage.server.url.clone(), stage.server.token.clone(), stage.server.client.clone());
        let body = json!({ "query": TEST, "variables": { "input": { "key": "client" } } }).to_string();
        let request = client.post(format!("{url}/graphql")).bearer_auth(token);
        tokio::spawn(request.header("content-type", "application/json").body(body).send())
    };
    stage.issuer.has_heard(1).await;
    let again = stage.server.data(TEST, json!({ "input": { "key": "client" } })).await["payload"].take();
    assert_eq!(again["userErrors"][0]["code"], "TEST_RUNNING", "{again:#}");
    stage.server.kill();
    assert!(asking.await.unwrap().is_err());

    let restarted = Booted::start(&stage.server.data_dir, &[("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")]);
    let events = restarted.events();
    let last = events.last().unwrap();
    assert_eq!(
        (&last["type"], &last["payload"]["connection"]),
        (&json!("connection_test.outcome_unknown.v1"), &json!("client"))
    );
    let read = restarted.data("{ connection(key: \"client\") { state lastTest { id } } }", json!({})).await;
    assert_eq!(read["connection"], json!({ "state": "UNTESTED", "lastTest": null }));
}

/// The first value of a secret.
fn first(sealed: Vec<u8>) -> NewValue {
    NewValue { version: 1, sealed, overlap_until: None }
}

/// A world with a secret `s` and a connection `a`, whose stored value is then replaced.
async fn world_with(connection: Value, value: Option<&str>) -> World {
    let world = World::new();
    world.create_secret("s", RSA_KEY).await;
    let mut input = connection_input("a", "s");
    input.as_object_mut().unwrap().extend(connection.as_object().unwrap().clone());
    let create = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) { userErrors { code } } }";
    world.done(create, json!({ "input": input })).await;
    let keys = Arc::clone(&world.keys);
    let replaced = world.log.database().write(|conn| match value {
        None => Ok(secret_values::remove(conn, &key("s"))?),
        Some(value) => {
            secret_values::remove(conn, &key("s"))?;
            Ok(secret_values::store(conn, &key("s"), &first(secret_values::seal(&keys, &key("s"), 1, value)))?)
        }
    });
    replaced.unwrap();
    world
}

#[tokio::test]
async fn a_secret_that_is_gone_or_does_not_open_ends_the_test_before_anything_is_sent() {
    let gone = world_with(json!({}), None).await;
    let unsealable = world_with(json!({}), None).await;
    let store =
        |conn: &mut latchkey::event_log::Conn<'_>| Ok(secret_values::store(conn, &key("s"), &first(vec![7; 60]))?);
    unsealable.log.database().write(store).unwrap();
    for world in [gone, unsealable] {
        let answer = world.done(TEST, json!({ "input": { "key": "a" } })).await;
        assert_ended(&answer["payload"]["test"], "SECRET", "SECRET_UNAVAILABLE");
        let read = world.done("{ connection(key: \"a\") { state stateReason } }", json!({})).await;
        assert_eq!(read["connection"]["state"], "SECRET_UNAVAILABLE");
        assert_ne!(read["connection"]["stateReason"], Value::Null);
    }
}

#[tokio::test]
async fn a_key_that_cannot_sign_ends_the_test_at_the_assertion() {
    let signs = json!({ "authentication": { "privateKeyJwt": { "secret": "s", "signingAlgorithm": "RS256" } } });
    let world = world_with(signs, Some(EC_KEY)).await;
    let answer = world.done(TEST, json!({ "input": { "key": "a" } })).await;
    assert_ended(&answer["payload"]["test"], "ASSERTION", "KEY_INVALID");
}

#[tokio::test]
async fn a_draft_needs_what_creating_it_would_and_is_not_recorded_without() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let before = world.log.feed().head();
    let input = json!({ "input": { "draft": connection_input("a", "s") } });
    let permissions: Vec<_> =
        Permission::ALL.into_iter().filter(|permission| *permission != Permission::EditConnectionEndpoint).collect();
    let refused = world.ask_as(&permissions, TEST, input).await["data"]["payload"].take();
    assert_eq!(
        (&refused["test"], &refused["userErrors"][0]["__typename"]),
        (&Value::Null, &json!("ConfirmationRequired"))
    );
    assert_eq!(refused["userErrors"][0]["path"], json!(["draft", "secretConfirmation"]));
    let mut wrong = connection_input("A", "other");
    wrong["accessTokenUrl"] = json!("nonsense");
    let refused = world.ask(TEST, json!({ "input": { "draft": wrong } })).await["data"]["payload"].take();
    let paths: Vec<&Value> = refused["userErrors"].as_array().unwrap().iter().map(|error| &error["path"]).collect();
    assert_eq!(paths, [&json!(["draft", "key"]), &json!(["draft", "accessTokenUrl"])], "{refused:#}");
    assert_eq!(world.log.feed().head(), before);
    assert!(StreamId::parse("test/01950000-0000-7000-8000-0000000000f1").is_some());
}
