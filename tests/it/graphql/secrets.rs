use serde_json::{Value, json};

use crate::world::{RSA_KEY, World, connection_input};

const CANARY: &str = "canary-4f1c9b";

#[tokio::test]
async fn a_secret_goes_in_and_never_comes_out() {
    let world = World::new();
    world.create_secret("s", CANARY).await;
    world.create_connection("my-client", "s").await;
    let rotate = "mutation($input: RotateSecretInput!) { rotateSecret(input: $input) { secret { version fingerprint } userErrors { message code } } }";
    let input = json!({"key": "s", "expectedVersion": 1, "source": {"value": CANARY}, "reason": "yearly"});
    let mut answers = vec![
        world.ask(rotate, json!({"input": input})).await,
        world.ask(rotate, json!({"input": input})).await,
        world.ask(rotate, json!({"input": {"key": "S", "expectedVersion": 1, "source": {"value": CANARY}}})).await,
        world.ask(rotate, json!({"input": {"key": "s", "expectedVersion": CANARY, "source": {"value": "x"}}})).await,
    ];
    assert_eq!(answers[0]["data"]["rotateSecret"]["secret"]["version"], 2);
    assert_eq!(answers[1]["data"]["rotateSecret"]["userErrors"][0]["code"], "VERSION_CONFLICT");
    assert_eq!(answers[2]["data"]["rotateSecret"]["userErrors"][0]["code"], "INVALID_KEY");
    answers.push(
        world
            .ask(
                "{ secrets { nodes { key displayName provider fingerprint version createdAt rotatedAt } } }",
                json!({}),
            )
            .await,
    );
    answers.push(world.ask("{ auditEvents { nodes { type data actor { display } } } }", json!({})).await);
    answers.push(world.ask(r#"{ __type(name: "Secret") { fields { name } } }"#, json!({})).await);
    for answer in answers {
        assert!(!answer.to_string().contains(CANARY), "{answer}");
    }
}

#[tokio::test]
async fn a_number_where_a_secret_belongs_is_refused_without_being_repeated() {
    let world = World::new();
    let create = r#"mutation { createSecret(input: {key: "s", displayName: "s", source: {value: 471147}}) { userErrors { code } } }"#;
    let answer = world.ask(create, json!({})).await;
    assert!(answer["errors"].is_array(), "{answer}");
    assert!(!answer.to_string().contains("471147"), "{answer}");
}

#[tokio::test]
async fn a_secret_in_use_cannot_be_deleted() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("billing", "s").await;
    world.create_connection("mail", "s").await;
    let delete = r#"mutation { deleteSecret(input: {key: "s", expectedVersion: 1}) { deletedKey
        userErrors { __typename code path ... on SecretInUse { usedBy { key } } } } }"#;
    let answer = world.ask(delete, json!({})).await;
    assert_eq!(
        answer["data"]["deleteSecret"],
        json!({"deletedKey": null, "userErrors": [{"__typename": "SecretInUse", "code": "SECRET_IN_USE", "path": ["key"],
            "usedBy": [{"key": "billing"}, {"key": "mail"}]}]})
    );
    for key in ["billing", "mail"] {
        let input = json!({"key": key, "expectedVersion": 1});
        let gone =
            "mutation($input: DeleteConnectionInput!) { deleteConnection(input: $input) { userErrors { code } } }";
        world.done(gone, json!({"input": input})).await;
    }
    assert_eq!(world.done(delete, json!({})).await["deleteSecret"]["deletedKey"], "s");
    let again = world.ask(delete, json!({})).await;
    assert_eq!(again["data"]["deleteSecret"]["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn the_users_of_a_secret_are_a_page() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_secret("other", "hunter3").await;
    for (key, secret) in [("a", "s"), ("b", "other"), ("c", "s")] {
        world.create_connection(key, secret).await;
    }
    let data = world
        .done(
            r#"{ secret(key: "s") { usedBy(first: 1) { totalCount nodes { key } pageInfo { hasNextPage } } } }"#,
            json!({}),
        )
        .await;
    assert_eq!(
        data["secret"]["usedBy"],
        json!({"totalCount": 2, "nodes": [{"key": "a"}], "pageInfo": {"hasNextPage": true}})
    );
}

#[tokio::test]
async fn a_new_value_must_still_sign_for_the_connections_that_use_it() {
    let world = World::new();
    world.create_secret("rsa", RSA_KEY).await;
    let mut input = connection_input("my-client", "rsa");
    input["authentication"] = json!({"privateKeyJwt": {"secret": "rsa", "signingAlgorithm": "RS256"}});
    let create = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) { userErrors { code } } }";
    world.done(create, json!({"input": input})).await;
    let rotate = r#"mutation { rotateSecret(input: {key: "rsa", expectedVersion: 1, source: {value: "not a key"}}) {
        secret { version } userErrors { code path } } }"#;
    let answer = world.ask(rotate, json!({})).await;
    assert_eq!(
        answer["data"]["rotateSecret"],
        json!({"secret": Value::Null, "userErrors": [{"code": "PRIVATE_KEY_INVALID", "path": ["source", "value"]}]})
    );
}

#[tokio::test]
async fn empty_blank_and_absent_are_three_answers() {
    let world = World::new();
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } userErrors { code path } } }";
    for (value, code) in [("", "EMPTY"), (" \n", "BLANK")] {
        let input = json!({"key": "s", "displayName": "s", "source": {"value": value}});
        let answer = world.ask(create, json!({"input": input})).await;
        assert_eq!(
            answer["data"]["createSecret"],
            json!({"secret": Value::Null, "userErrors": [{"code": code, "path": ["source", "value"]}]})
        );
    }
    for absent in [
        json!({"key": "s", "displayName": "s"}),
        json!({"key": "s", "displayName": "s", "source": {}}),
        json!({"key": "s", "displayName": "s", "source": {"value": Value::Null}}),
    ] {
        let answer = world.ask(create, json!({"input": absent})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        assert_eq!(answer["data"], Value::Null, "{answer}");
    }
    let rotate = r#"mutation { rotateSecret(input: {key: "s", expectedVersion: 1, source: {value: ""}}) { userErrors { code } } }"#;
    assert_eq!(world.ask(rotate, json!({})).await["data"]["rotateSecret"]["userErrors"][0]["code"], "EMPTY");
}

#[tokio::test]
async fn a_line_end_behind_a_secret_is_refused_and_said_but_around_a_key_it_is_left_out() {
    let world = World::new();
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { fingerprint } userErrors { code message } } }";
    let ask = async |key: &str, value: &str| {
        let input = json!({"key": key, "displayName": "s", "source": {"value": value}});
        world.ask(create, json!({"input": input})).await["data"]["createSecret"].clone()
    };
    let complaint = json!([{"code": "SURROUNDING_SPACE", "message": "ends with a space or line end; remove it"}]);
    assert_eq!(ask("a", "hunter2\n").await, json!({"secret": Value::Null, "userErrors": complaint}));
    let bare = ask("b", RSA_KEY.trim()).await;
    let padded = ask("c", &format!("\n {RSA_KEY}\r\n")).await;
    assert_eq!(padded["userErrors"], json!([]));
    assert_eq!(bare["secret"]["fingerprint"], padded["secret"]["fingerprint"]);
}
