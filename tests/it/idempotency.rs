//! Asked again with its idempotency key, a mutation says what it said first, and does nothing.

use std::sync::Arc;

use chrono::TimeDelta;
use latchkey::event_log::Database;
use latchkey::http::KEPT_BODY_BYTES_MAX;
use latchkey::projections::sealed_answers;
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::booted::Booted;
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, execute, open_api, outcome, status, through, user_error};
use crate::world::{World, connection_input};

const SETTINGS: [(&str, &str); 1] = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")];

const CREATE: &str = "mutation($input: CreateConnectionInput!) { payload: createConnection(input: $input) {
    connection { id key displayName enabled clientId version allowedHosts createdAt updatedAt updatedBy { id display } }
    userErrors { __typename code path } } }";
const CREATE_SECRET: &str = "mutation($input: CreateSecretInput!) { payload: createSecret(input: $input) {
    secret { id key displayName version fingerprint createdAt rotatedAt } userErrors { __typename code path } } }";

/// Another process on the same data.
fn restarted(mut stage: Stage) -> Stage {
    stage.server.kill();
    stage.server = Booted::start(&stage.server.data_dir.clone(), &SETTINGS);
    stage
}

fn replayed(mut payload: Value) -> Value {
    payload["exchange"]["replayed"] = json!(true);
    payload
}

fn reused() -> Value {
    json!([{ "__typename": "InvalidInput", "code": "IDEMPOTENCY_KEY_REUSED", "path": ["idempotencyKey"] }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_is_answered_byte_for_byte_and_sent_once_also_after_a_restart() {
    let api = Peer::start(|_: Heard| {
        let answer = Answer::bytes(201, "image/png", vec![0xff, 0, 1]);
        std::future::ready(answer.with("set-cookie", "a=1").with("set-cookie", "b=2").with("x-request", "7"))
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let order = json!({
        "method": "POST", "idempotencyKey": "order-7", "query": [{ "name": "dry", "value": "no" }],
        "headers": [{ "name": "x-one", "value": "1" }], "body": { "json": { "amount": 3 } },
    });
    let first = stage.call("/orders", order.clone()).await;
    assert_eq!((status(&first), &first["exchange"]["replayed"]), (201, &json!(false)));
    assert_eq!(outcome(&first)["body"]["base64"], "/wAB");
    let expected = replayed(first);
    assert_eq!(stage.call("/orders", order.clone()).await.to_string(), expected.to_string());
    let stage = restarted(stage);
    assert_eq!(stage.call("/orders", order.clone()).await.to_string(), expected.to_string());
    let delete = r#"mutation { deleteConnection(input: {key: "client", expectedVersion: 1}) { deletedKey } }"#;
    assert_eq!(stage.server.data(delete, json!({})).await["deleteConnection"]["deletedKey"], "client");
    assert_eq!(stage.call("/orders", order).await.to_string(), expected.to_string(), "what was done stays done");
    assert_eq!(stage.api.count(), 1);
    assert_eq!(stage.recorded("exchange.started.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_failed_is_not_made_again_either() {
    let refusal = Answer::json(400, &json!({ "error": "invalid_client" }));
    let stage = Stage::new(Peer::saying(refusal).await, open_api().await).await;
    let named = json!({ "idempotencyKey": "once" });
    let first = stage.call("/", named.clone()).await;
    assert_eq!(outcome(&first)["__typename"], "AuthFailure");
    let asked = stage.issuer.count();
    assert_eq!(stage.call("/", named).await, replayed(first));
    assert_eq!((stage.issuer.count(), stage.api.count()), (asked, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_is_a_conflict_until_it_has_ended() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let api = Peer::start(move |_| {
        let opened = Arc::clone(&opened);
        async move {
            opened.notified().await;
            Answer::text(200, "at last")
        }
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let named = json!({ "idempotencyKey": "slow" });
    let (first, ()) = tokio::join!(stage.call("/slow", named.clone()), async {
        stage.api.has_heard(1).await;
        let meanwhile = stage.call("/slow", named.clone()).await;
        assert_eq!(user_error(&meanwhile), ("InFlight", "IN_FLIGHT", "idempotencyKey".to_owned()));
        let other = stage.call("/other", named.clone()).await;
        assert_eq!(user_error(&other).1, "IDEMPOTENCY_KEY_REUSED");
        gate.notify_one();
    });
    assert_eq!(outcome(&first)["body"]["text"], "at last");
    assert_eq!(stage.call("/slow", named).await, replayed(first));
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_a_crash_cut_off_has_an_unknown_outcome_and_is_never_sent_again() {
    let mut stage = Stage::new(counting_issuer().await, Peer::silent().await).await;
    let named = json!({ "idempotencyKey": "cut-off" });
    let input = through("client", &stage.api.url("/"), named.clone());
    let asked = stage.server.client.post(format!("{}/graphql", stage.server.url)).bearer_auth(&stage.server.token);
    let body = json!({ "query": crate::stage::EXECUTE, "variables": { "input": input } }).to_string();
    let call = tokio::spawn(asked.header("content-type", "application/json").body(body).send());
    stage.api.has_heard(1).await;
    stage.server.kill();
    assert!(call.await.unwrap().is_err(), "nobody was answered");
    let stage = restarted(stage);
    for _ in 0..2 {
        let again = stage.call("/", named.clone()).await;
        let told = (&outcome(&again)["__typename"], &again["exchange"]["replayed"]);
        assert_eq!(told, (&json!("OutcomeUnknown"), &json!(true)));
    }
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_is_kept_up_to_the_limit_and_says_that_it_goes_on() {
    let whole = KEPT_BODY_BYTES_MAX + 1;
    let api = Peer::saying(Answer::text(200, &"x".repeat(whole))).await;
    let stage = Stage::new(counting_issuer().await, api).await;
    let named = json!({ "idempotencyKey": "large" });
    let first = stage.call("/", named.clone()).await;
    assert_eq!(outcome(&first)["body"]["truncated"], false);
    let second = stage.call("/", named).await;
    let (body, size) = (&outcome(&second)["body"], &outcome(&second)["bodySize"]);
    assert_eq!((&body["truncated"], &body["size"], size), (&json!(true), &json!(KEPT_BODY_BYTES_MAX), &json!(whole)));
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_kept_is_a_record_without_a_body() {
    let settings = [SETTINGS[0], ("LATCHKEY_IDEMPOTENCY__KEEP_ANSWERS", "0s")];
    let stage = Stage::with(counting_issuer().await, open_api().await, &settings).await;
    let named = json!({ "idempotencyKey": "forgotten" });
    stage.call("/", named.clone()).await;
    let second = stage.call("/", named).await;
    assert_eq!((status(&second), &outcome(&second)["body"], stage.api.count()), (200, &Value::Null, 1));
}

#[test]
fn an_expired_answer_is_read_no_more_and_removed() {
    let backend = crate::log_support::backend();
    let database: &Database = &backend.database;
    let (now, day) = ("2026-03-01T12:00:00Z".parse().unwrap(), TimeDelta::hours(24));
    let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let stored = database.write(|conn| {
        sealed_answers::store(conn, first, (b"one", now + day))?;
        Ok(sealed_answers::store(conn, second, (b"two", now + day + day))?)
    });
    stored.unwrap();
    let moment = TimeDelta::microseconds(1);
    let read = |id, at| database.read(|conn| sealed_answers::get(conn, id, at)).unwrap();
    assert_eq!(read(first, now + day - moment), Some(b"one".to_vec()));
    assert_eq!(read(first, now + day), None);
    let prune = |at| database.write(|conn| Ok(sealed_answers::prune(conn, at)?)).unwrap();
    assert_eq!((prune(now + day - moment), prune(now + day), prune(now + day)), (0, 1, 0));
    assert_eq!((read(first, now), read(second, now)), (None, Some(b"two".to_vec())));
}

#[tokio::test]
async fn a_repeated_create_gives_the_connection_as_it_was_created() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let mut input = connection_input("my-client", "s");
    input["idempotencyKey"] = json!("once");
    let first = world.done(CREATE, json!({ "input": input })).await;
    assert_eq!(first["payload"]["connection"]["updatedBy"]["display"], "Ada");
    let update = r#"mutation { updateConnection(input: {key: "my-client", expectedVersion: 1, displayName: "Renamed",
        allowedHosts: ["a.example.com"], enabled: false}) { connection { version } userErrors { code } } }"#;
    world.clock.advance(std::time::Duration::from_mins(1));
    let updated = world.ask_as_another("u-2", update, json!({})).await;
    assert_eq!(updated["data"]["updateConnection"]["connection"]["version"], 3, "{updated}");
    assert_eq!(world.done(CREATE, json!({ "input": input })).await.to_string(), first.to_string());
    let delete =
        r#"mutation { deleteConnection(input: {key: "my-client", expectedVersion: 3}) { userErrors { code } } }"#;
    world.done(delete, json!({})).await;
    assert_eq!(world.done(CREATE, json!({ "input": input })).await.to_string(), first.to_string());
    input["displayName"] = json!("Another");
    let other = world.ask(CREATE, json!({ "input": input })).await;
    assert_eq!(other["data"]["payload"], json!({ "connection": null, "userErrors": reused() }));
}

#[tokio::test]
async fn a_repeated_create_gives_the_secret_as_it_was_created() {
    let world = World::new();
    let mut input = json!({ "key": "s", "displayName": "Secret", "source": { "value": "hunter2" } });
    input["idempotencyKey"] = json!("once");
    let first = world.done(CREATE_SECRET, json!({ "input": input })).await;
    let rotate = r#"mutation { rotateSecret(input: {key: "s", expectedVersion: 1, source: {value: "new"}}) {
        userErrors { code } } }"#;
    world.done(rotate, json!({})).await;
    assert_eq!(world.done(CREATE_SECRET, json!({ "input": input })).await.to_string(), first.to_string());
    input["source"] = json!({ "value": "another" });
    let other = world.ask(CREATE_SECRET, json!({ "input": input })).await;
    assert_eq!(other["data"]["payload"], json!({ "secret": null, "userErrors": reused() }));
}

#[tokio::test]
async fn another_callers_same_key_is_another_key() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    for (caller, key) in [("u-7", "first"), ("u-8", "second")] {
        let mut input = connection_input(key, "s");
        input["idempotencyKey"] = json!("once");
        let answer = world.ask_as_another(caller, CREATE, json!({ "input": input })).await;
        assert_eq!(answer["data"]["payload"]["connection"]["key"], key, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_repeated_after_a_restart_as_well() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let input = json!({
        "key": "named", "displayName": "Named", "clientId": "c", "accessTokenUrl": stage.issuer.url("/token"),
        "authentication": { "clientSecret": { "secret": "secret" } }, "idempotencyKey": "once",
    });
    let first = stage.server.data(CREATE, json!({ "input": input })).await;
    assert_eq!(first["payload"]["userErrors"], json!([]));
    let stage = restarted(stage);
    assert_eq!(stage.server.data(CREATE, json!({ "input": input })).await.to_string(), first.to_string());
    let unnamed = execute(&stage.server, through("named", &stage.api.url("/"), json!({}))).await;
    assert_eq!(user_error(&unnamed).1, "HOST_NOT_ALLOWED");
}
