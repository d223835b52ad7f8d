//! A secret whose end is known: warned about before, still tried after, and named when the issuer refuses it.

use serde_json::{Value, json};

use super::{NEW, call, refusal, rotate, shown, stage, warnings};
use crate::booted::Booted;
use crate::scripted::Answer;
use crate::stage::{outcome, status};
use crate::world::{World, connection_input};

/// The codes of the warnings about a secret that ends then. It is noon of 1 March 2026.
async fn codes(expires_at: &str) -> Vec<Value> {
    let world = World::new();
    let input = json!({ "key": "s", "displayName": "S", "source": { "value": "x" }, "expiresAt": expires_at });
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) {
        secret { expiresAt warnings { code message at secretKey } } userErrors { code } } }";
    let created = world.done(create, json!({ "input": input })).await["createSecret"]["secret"].take();
    let warnings = created["warnings"].as_array().unwrap();
    for warning in warnings {
        assert_eq!((&warning["secretKey"], &warning["at"]), (&json!("s"), &created["expiresAt"]));
        assert!(warning["message"].as_str().unwrap().contains(&expires_at[..10]), "{warning}");
    }
    warnings.iter().map(|warning| warning["code"].clone()).collect()
}

#[tokio::test]
async fn a_secret_is_warned_about_from_thirty_days_before_its_end() {
    assert_eq!(codes("2026-03-31T12:00:00.000001Z").await, [""; 0]);
    assert_eq!(codes("2026-03-31T12:00:00Z").await, ["SECRET_EXPIRES_SOON"]);
    assert_eq!(codes("2026-03-01T12:00:00.000001Z").await, ["SECRET_EXPIRES_SOON"]);
    assert_eq!(codes("2026-03-01T12:00:00Z").await, ["SECRET_EXPIRED"]);
}

#[tokio::test]
async fn a_connection_has_the_warnings_of_its_secret_and_a_public_client_none() {
    let world = World::new();
    let secret =
        json!({ "key": "s", "displayName": "S", "source": { "value": "x" }, "expiresAt": "2026-03-02T00:00:00Z" });
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) { userErrors { code } } }";
    world.done(create, json!({ "input": secret })).await;
    world.create_connection("with", "s").await;
    let mut public = connection_input("public", "s");
    public["authentication"] = json!({ "none": true });
    let create = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) { userErrors { code } } }";
    world.done(create, json!({ "input": public })).await;
    let asked = "{ connections { nodes { key warnings { code at secretKey } } } }";
    let warning = json!({ "code": "SECRET_EXPIRES_SOON", "at": "2026-03-02T00:00:00+00:00", "secretKey": "s" });
    let expected = json!([{ "key": "public", "warnings": [] }, { "key": "with", "warnings": [warning] }]);
    assert_eq!(world.done(asked, json!({})).await["connections"]["nodes"], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_secret_is_still_tried_and_named_when_the_issuer_refuses_it() {
    let (stage, script) = stage(vec![(NEW, Answer::token("late"))]).await;
    let rotated = rotate(&stage.server, 1, NEW, json!({ "expiresAt": "2020-02-29T00:00:00Z" })).await;
    assert_eq!(rotated["secret"]["expiresAt"], "2020-02-29T00:00:00+00:00");
    assert_eq!(warnings(&stage.server).await, (json!(["SECRET_EXPIRED"]), json!(["SECRET_EXPIRED"])));
    assert_eq!(status(&call(&stage).await), 200);
    assert_eq!(shown(&stage), [NEW]);

    *script.lock().unwrap() = vec![(NEW, refusal("expired"))];
    let answer = call(&stage).await;
    let expected = "Get a new secret from the issuer and rotate it: the stored one expired on 2020-02-29.";
    assert_eq!(outcome(&answer)["remedy"], json!({ "summary": expected, "field": "authentication" }));
    let failure = &stage.recorded("token.request_failed.v1")[0]["failure"];
    assert_eq!(failure["secret_expired_at"], "2020-02-29T00:00:00.000000Z");

    *script.lock().unwrap() = vec![(NEW, Answer::json(400, &json!({ "error": "invalid_scope" })))];
    let answer = call(&stage).await;
    assert_eq!(outcome(&answer)["remedy"]["field"], "parameters", "the end of the secret explains no other failure");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_forgets_the_end_of_the_value_before() {
    let (stage, _) = stage(vec![]).await;
    rotate(&stage.server, 1, NEW, json!({ "expiresAt": "2020-02-29T00:00:00Z" })).await;
    let rotated = rotate(&stage.server, 2, "third", json!({})).await;
    assert_eq!(rotated["secret"]["expiresAt"], Value::Null);
    assert_eq!(warnings(&stage.server).await, (json!([]), json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_says_at_the_start_which_secrets_have_ended() {
    let (mut stage, _) = stage(vec![]).await;
    rotate(&stage.server, 1, NEW, json!({ "expiresAt": "2020-02-29T00:00:00Z" })).await;
    stage.server.kill();
    let again = Booted::start(&stage.server.data_dir, &[]);
    assert_eq!(warnings(&again).await.1, json!(["SECRET_EXPIRED"]));
    again.ask_to_stop();
    let said = again.ended().stderr;
    let line = said.lines().find(|line| line.contains("The secret expired on 2020-02-29")).unwrap();
    assert!(line.contains("WARN") && line.contains("secret=secret") && line.contains("SECRET_EXPIRED"), "{line}");
}
