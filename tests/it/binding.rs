//! Nobody outside may choose both where a credential goes and which one.

use std::time::Duration;

use latchkey::graphql::Permission;
use latchkey::registry::confirmation::{CONFIRMATION_PAUSE, WRONG_CONFIRMATIONS_MAX};
use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, execute, open_api, status, through, user_error};
use crate::world::{RSA_KEY, World, connection_input};

/// Long enough to sign with HS256.
const LONG: &str = "hunter2 hunter2 hunter2 hunter2 hunter2";
const CREATE: &str = "mutation($input: CreateConnectionInput!) { payload: createConnection(input: $input) {
    connection { version } userErrors { __typename code path ... on ConfirmationRequired { fields } } } }";
const UPDATE: &str = "mutation($input: UpdateConnectionInput!) { payload: updateConnection(input: $input) {
    connection { version } userErrors { __typename code path ... on ConfirmationRequired { fields } } } }";

/// Asks as somebody who may do everything but choose where a secret goes.
async fn ask(world: &World, query: &str, input: &Value) -> Value {
    let permissions: Vec<_> =
        Permission::ALL.into_iter().filter(|permission| *permission != Permission::EditConnectionEndpoint).collect();
    let mut answer = world.ask_as(&permissions, query, json!({ "input": input })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["payload"].take()
}

fn with(input: &Value, more: &Value) -> Value {
    let mut input = input.clone();
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

fn confirmed(input: &Value, value: &str) -> Value {
    with(input, &json!({ "secretConfirmation": value }))
}

fn refused(code: &str, fields: &[&str]) -> Value {
    let error =
        json!({"__typename": "ConfirmationRequired", "code": code, "path": ["secretConfirmation"], "fields": fields});
    json!({ "connection": null, "userErrors": [error] })
}

fn done(version: u32) -> Value {
    json!({ "connection": { "version": version }, "userErrors": [] })
}

async fn last_position(world: &World) -> Value {
    world.done("{ auditEvents(last: 1) { totalCount } }", json!({})).await["auditEvents"]["totalCount"].clone()
}

#[tokio::test]
async fn a_stored_secret_is_used_by_whoever_knows_it_or_may_choose_where_it_goes() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let before = last_position(&world).await;
    let input = with(&connection_input("my-client", "s"), &json!({ "allowedHosts": ["api.example.com"] }));
    let fields = ["accessTokenUrl", "issuer", "authentication", "allowedHosts"];
    assert_eq!(ask(&world, CREATE, &input).await, refused("CONFIRMATION_REQUIRED", &fields));
    for wrong in ["hunter3", "", "hunter2\n", "HUNTER2"] {
        assert_eq!(ask(&world, CREATE, &confirmed(&input, wrong)).await, refused("CONFIRMATION_WRONG", &fields));
    }
    assert_eq!(last_position(&world).await, before, "nothing was changed");
    assert_eq!(ask(&world, CREATE, &confirmed(&input, "hunter2")).await, done(1));
    world.create_connection("by-right", "s").await;
}

#[tokio::test]
async fn each_change_that_chooses_a_destination_needs_the_secret_again() {
    let world = World::new();
    world.create_secret("s", LONG).await;
    world.create_secret("other", "correct horse").await;
    let input = with(&connection_input("my-client", "s"), &json!({ "allowedHosts": ["api.example.com:443"] }));
    world.done(CREATE, json!({ "input": input })).await;
    let secret = |key: &str, more: Value| json!({ "clientSecret": with(&json!({ "secret": key }), &more) });
    let jwt = json!({ "clientSecretJwt": { "secret": "s", "signingAlgorithm": "HS256" } });
    let changes = [
        (json!({ "accessTokenUrl": "https://evil.example.com/token" }), "accessTokenUrl", LONG),
        (json!({ "baseUrl": "https://evil.example.com/" }), "baseUrl", LONG),
        (json!({ "baseUrl": "https://evil.example.com/v2/" }), "baseUrl", LONG),
        (json!({ "allowedHosts": ["api.example.com"] }), "allowedHosts", LONG),
        (json!({ "allowedHosts": ["api.example.com", "*.evil.example.com"] }), "allowedHosts", LONG),
        (json!({ "authentication": jwt }), "authentication", LONG),
        // The secret that would be sent is the one to know, not the one before it.
        (json!({ "authentication": secret("other", json!({})) }), "authentication", "correct horse"),
    ];
    for (version, (change, field, value)) in (1..).zip(changes) {
        let change = with(&json!({ "key": "my-client", "expectedVersion": version }), &change);
        assert_eq!(ask(&world, UPDATE, &change).await, refused("CONFIRMATION_REQUIRED", &[field]), "{change}");
        let wrong = if value == LONG { "correct horse" } else { LONG };
        let wrong = ask(&world, UPDATE, &confirmed(&change, wrong)).await;
        assert_eq!(wrong, refused("CONFIRMATION_WRONG", &[field]), "{change}");
        assert_eq!(ask(&world, UPDATE, &confirmed(&change, value)).await, done(version + 1), "{change}");
    }
}

#[tokio::test]
async fn a_change_that_opens_nothing_needs_nothing() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let hosts = json!({ "allowedHosts": ["*.example.com", "api.example.net"], "baseUrl": "https://api.example.net/" });
    world.done(CREATE, json!({ "input": with(&connection_input("my-client", "s"), &hosts) })).await;
    let changes = [
        json!({ "displayName": "Renamed", "parameters": [{ "name": "scope", "value": "read" }], "clientId": "other" }),
        json!({ "allowedHosts": ["api.example.net", "*.example.com"] }),
        json!({ "allowedHosts": ["api.example.net:443", "a.example.com"] }),
        json!({ "baseUrl": null }),
        json!({ "authentication": { "clientSecret": { "secret": "s", "placement": "REQUEST_BODY" } } }),
        json!({ "allowedHosts": [], "enabled": false }),
    ];
    for (version, change) in (1..).zip(&changes) {
        let change = with(&json!({ "key": "my-client", "expectedVersion": version }), change);
        let payload = ask(&world, UPDATE, &change).await;
        assert_eq!(payload["userErrors"], json!([]), "{change}");
    }
    let reopened = json!({ "key": "my-client", "expectedVersion": 8, "allowedHosts": ["a.example.com"] });
    let refusal = refused("CONFIRMATION_REQUIRED", &["allowedHosts"]);
    assert_eq!(ask(&world, UPDATE, &reopened).await, refusal, "what was closed is closed");
}

#[tokio::test]
async fn where_there_is_no_secret_only_the_permission_will_do() {
    let world = World::new();
    let input = with(&connection_input("public", "s"), &json!({ "authentication": { "none": true } }));
    let fields = ["accessTokenUrl", "issuer", "authentication"];
    assert_eq!(ask(&world, CREATE, &input).await, refused("PERMISSION_REQUIRED", &fields));
    assert_eq!(ask(&world, CREATE, &confirmed(&input, "")).await, refused("PERMISSION_REQUIRED", &fields));
    world.done(CREATE, json!({ "input": input })).await;
    let moved = json!({ "key": "public", "expectedVersion": 1, "accessTokenUrl": "https://evil.example.com/" });
    assert_eq!(ask(&world, UPDATE, &moved).await, refused("PERMISSION_REQUIRED", &["accessTokenUrl"]));
}

#[tokio::test]
async fn a_key_is_confirmed_by_its_text_whatever_space_is_around_it() {
    let world = World::new();
    world.create_secret("rsa", RSA_KEY).await;
    let jwt = json!({ "authentication": { "privateKeyJwt": { "secret": "rsa", "signingAlgorithm": "RS256" } } });
    let input = with(&connection_input("my-client", "rsa"), &jwt);
    let cut = RSA_KEY.trim().trim_end_matches('-');
    let fields = ["accessTokenUrl", "issuer", "authentication"];
    assert_eq!(ask(&world, CREATE, &confirmed(&input, cut)).await, refused("CONFIRMATION_WRONG", &fields));
    let spaced = format!("\n{}\r\n\n", RSA_KEY.trim());
    assert_eq!(ask(&world, CREATE, &confirmed(&input, &spaced)).await, done(1));
}

#[tokio::test]
async fn guessing_is_paused_also_for_the_right_value() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    let change =
        json!({ "key": "my-client", "expectedVersion": 1, "accessTokenUrl": "https://evil.example.com/token" });
    for _ in 0..WRONG_CONFIRMATIONS_MAX {
        let wrong = ask(&world, UPDATE, &confirmed(&change, "guess")).await;
        assert_eq!(wrong, refused("CONFIRMATION_WRONG", &["accessTokenUrl"]));
    }
    let paused = refused("CONFIRMATION_LOCKED", &["accessTokenUrl"]);
    assert_eq!(ask(&world, UPDATE, &confirmed(&change, "hunter2")).await, paused);
    world.clock.advance(CONFIRMATION_PAUSE.saturating_sub(Duration::from_secs(1)));
    assert_eq!(ask(&world, UPDATE, &confirmed(&change, "hunter2")).await, paused);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&world, UPDATE, &confirmed(&change, "hunter2")).await, done(2));
}

#[tokio::test]
async fn a_value_that_was_replaced_confirms_nothing() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    let rotate = r#"mutation { rotateSecret(input: {key: "s", expectedVersion: 1, source: {value: "new"}}) {
        userErrors { code } } }"#;
    world.done(rotate, json!({})).await;
    let change = json!({ "key": "my-client", "expectedVersion": 1, "baseUrl": "https://api.example.com/" });
    assert_eq!(ask(&world, UPDATE, &confirmed(&change, "hunter2")).await, refused("CONFIRMATION_WRONG", &["baseUrl"]));
    assert_eq!(ask(&world, UPDATE, &confirmed(&change, "new")).await, done(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_allowed_hosts_a_token_goes_nowhere_and_the_refusal_says_how_to_open_a_host() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.connect("closed", json!({ "allowedHosts": null })).await;
    let refused = execute(&stage.server, through("closed", &stage.api.url("/"), json!({}))).await;
    assert_eq!(user_error(&refused), ("EgressDenied", "HOST_NOT_ALLOWED", "url".to_owned()));
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.contains("allowedHosts") && message.contains("base URL"), "{message}");
    assert_eq!((stage.issuer.count(), stage.api.connections()), (0, 0), "no token is fetched for it either");

    stage.connect("based", json!({ "allowedHosts": null, "baseUrl": stage.api.url("/v1/") })).await;
    assert_eq!(status(&execute(&stage.server, through("based", &stage.api.url("/v2"), json!({}))).await), 200);
    let viewer = stage.server.data("{ viewer { permissions } }", json!({})).await;
    let permissions = viewer["viewer"]["permissions"].as_array().unwrap();
    assert!(permissions.contains(&json!("edit:ConnectionEndpoint")), "the admin token may do everything");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_a_call_do_not_move_its_token_request() {
    let canary = open_api().await;
    let issuer = Peer::start(|_: Heard| std::future::ready(Answer::token("t"))).await;
    let stage = Stage::new(issuer, open_api().await).await;
    let overriding = |name: &str, value: &str, placement: &str| {
        let overrides = json!([{ "name": name, "value": value, "placement": placement }]);
        json!({ "authorization": { "clientConnection": { "key": "client", "parameterOverrides": overrides } } })
    };
    let elsewhere = canary.address.to_string();
    for name in ["Host", "host", "Authorization", "Proxy-Authorization", "Connection"] {
        let refused = stage.call("/", overriding(name, &elsewhere, "HEADER")).await;
        let path = "authorization.clientConnection.parameterOverrides.0.name".to_owned();
        assert_eq!(user_error(&refused), ("InvalidInput", "RESERVED", path), "{name}");
    }
    for name in ["@evil.example", "/../other", "#", "\\\\evil.example/"] {
        assert_eq!(status(&stage.call("/", overriding(name, &elsewhere, "QUERY")).await), 200, "{name}");
    }
    let heard = stage.issuer.heard();
    assert_eq!(heard.len(), 4);
    for heard in heard {
        assert_eq!((heard.path.as_str(), heard.header("host")), ("/token", Some(&*stage.issuer.address.to_string())));
    }
    assert_eq!(canary.connections(), 0);
}
