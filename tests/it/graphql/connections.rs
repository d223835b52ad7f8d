use serde_json::{Value, json};

use crate::world::{RSA_KEY, World, connection_input};

const CREATE: &str = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) {
    connection { key version }
    userErrors { __typename code path ... on KeyTaken { existing { key } } ... on EgressDenied { host rule } } } }";

const UPDATE: &str = "mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) {
    connection { version displayName description labels enabled parameters { name } tokenPolicy { cache refreshSkew } }
    userErrors { __typename code path ... on VersionConflict { currentVersion current { version } } } } }";

async fn refusals(world: &World, changes: Value) -> Value {
    let mut input = connection_input("my-client", "s");
    for (name, value) in changes.as_object().unwrap() {
        input[name] = value.clone();
    }
    let answer = world.ask(CREATE, json!({"input": input})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    assert_eq!(answer["data"]["createConnection"]["connection"], Value::Null, "{answer}");
    answer["data"]["createConnection"]["userErrors"].clone()
}

fn invalid(code: &str, path: &[&str]) -> Value {
    json!([{"__typename": "InvalidInput", "code": code, "path": path}])
}

#[tokio::test]
async fn a_connection_reads_back_as_it_was_created() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    let query = r#"{ connection(key: "my-client") {
        key displayName description labels kind enabled clientId accessTokenUrl parameters { name } allowedHosts version
        createdAt updatedAt updatedBy { type id display } viewerPermissions
        authentication { ... on ClientSecretAuthentication { placement secretKey secret { key fingerprint } } }
        tokenPolicy { cache refreshSkew maxRetries requestTimeout expiredStatusCodes } } }"#;
    let mut data = world.done(query, json!({})).await;
    let fingerprint = data["connection"]["authentication"]["secret"]["fingerprint"].take();
    assert!(fingerprint.as_str().is_some_and(|text| !text.contains("hunter2")), "{fingerprint}");
    assert_eq!(
        data["connection"],
        json!({
            "key": "my-client", "displayName": "My client", "description": null, "labels": [], "kind": "CLIENT_CREDENTIALS",
            "enabled": true, "clientId": "client-1", "accessTokenUrl": "https://idp.example.com/token", "parameters": [],
            "allowedHosts": [], "version": 1, "createdAt": "2026-03-01T12:00:00+00:00",
            "updatedAt": "2026-03-01T12:00:00+00:00", "updatedBy": {"type": "USER", "id": "u-1", "display": "Ada"},
            "viewerPermissions": ["view:Connection", "edit:Connection", "edit:ConnectionEndpoint",
                "delete:Connection", "test:Connection", "view:UsageData", "execute:HttpRequest"],
            "authentication": {"placement": "BASIC_HEADER", "secretKey": "s", "secret": {"key": "s", "fingerprint": null}},
            "tokenPolicy": {"cache": true, "refreshSkew": "PT60S", "maxRetries": 2, "requestTimeout": "PT10S", "expiredStatusCodes": [401]},
        })
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_new_connection_is_said_by_field() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    for (changes, code, path) in [
        (json!({"key": "My Client"}), "INVALID_KEY", vec!["key"]),
        (json!({"accessTokenUrl": "idp.example.com"}), "INVALID_URL", vec!["accessTokenUrl"]),
        (json!({"displayName": ""}), "TOO_SHORT", vec!["displayName"]),
        (json!({"tokenPolicy": {"requestTimeout": "10s"}}), "INVALID_DURATION", vec!["tokenPolicy", "requestTimeout"]),
        (json!({"tokenPolicy": {"maxRetries": 6}}), "OUT_OF_RANGE", vec!["tokenPolicy", "maxRetries"]),
        (json!({"tokenPolicy": {"maxRetries": -1}}), "OUT_OF_RANGE", vec!["tokenPolicy", "maxRetries"]),
        (json!({"allowedHosts": ["api.example.com", "a/b"]}), "INVALID_HOST", vec!["allowedHosts", "1"]),
        (json!({"parameters": [{"name": "client_secret", "value": "x"}]}), "RESERVED", vec!["parameters", "0", "name"]),
        (
            json!({"authentication": {"clientSecret": {"secret": "other"}}}),
            "UNKNOWN_SECRET",
            vec!["authentication", "clientSecret", "secret"],
        ),
        (
            json!({"authentication": {"privateKeyJwt": {"secret": "s", "signingAlgorithm": "RS256"}}}),
            "PRIVATE_KEY_INVALID",
            vec!["authentication", "privateKeyJwt", "secret"],
        ),
    ] {
        assert_eq!(refusals(&world, changes.clone()).await, invalid(code, &path), "{changes}");
    }
}

#[tokio::test]
async fn everything_that_cannot_be_read_is_said_at_once() {
    let world = World::new();
    let found = refusals(&world, json!({"key": "A", "accessTokenUrl": "x", "allowedHosts": ["a/b"]})).await;
    let codes: Vec<&str> = found.as_array().unwrap().iter().filter_map(|error| error["code"].as_str()).collect();
    assert_eq!(codes, ["INVALID_KEY", "INVALID_URL", "INVALID_HOST"]);
}

#[tokio::test]
async fn an_algorithm_must_fit_the_stored_key() {
    let world = World::new();
    world.create_secret("rsa", RSA_KEY).await;
    let jwt =
        |algorithm| json!({"authentication": {"privateKeyJwt": {"secret": "rsa", "signingAlgorithm": algorithm}}});
    let path = ["authentication", "privateKeyJwt", "signingAlgorithm"];
    assert_eq!(refusals(&world, jwt("ES256")).await, invalid("ALGORITHM_MISMATCH", &path));
    let mut input = connection_input("my-client", "rsa");
    input["authentication"] = jwt("RS256")["authentication"].clone();
    let data = world.done(CREATE, json!({"input": input})).await;
    assert_eq!(data["createConnection"]["connection"]["version"], 1);
}

#[tokio::test]
async fn a_secret_does_not_travel_over_plain_http() {
    let world = World::new();
    world.create_secret("s", "v").await;
    let errors = refusals(&world, json!({"accessTokenUrl": "http://idp.example.com/token"})).await;
    assert_eq!(errors, invalid("INSECURE_URL", &["accessTokenUrl"]));
}

#[tokio::test]
async fn an_address_inside_is_no_access_token_url() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let denied = refusals(&world, json!({"accessTokenUrl": "http://127.0.0.1:9/token"})).await;
    assert_eq!(denied[0]["__typename"], "EgressDenied");
    assert_eq!(denied[0]["path"], json!(["accessTokenUrl"]));
    assert_eq!(denied[0]["host"], "127.0.0.1");
    assert_eq!(denied[0]["rule"], "loopback");
}

#[tokio::test]
async fn a_key_is_taken_once_and_for_all() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    let taken =
        |existing| json!([{"__typename": "KeyTaken", "code": "KEY_TAKEN", "path": ["key"], "existing": existing}]);
    assert_eq!(refusals(&world, json!({})).await, taken(json!({"key": "my-client"})));
    let delete = r#"mutation { deleteConnection(input: {key: "my-client", expectedVersion: 1}) { deletedKey userErrors { code } } }"#;
    assert_eq!(world.done(delete, json!({})).await["deleteConnection"]["deletedKey"], "my-client");
    assert_eq!(refusals(&world, json!({})).await, taken(Value::Null));
    assert_eq!(world.done(r#"{ connection(key: "my-client") { key } }"#, json!({})).await["connection"], Value::Null);
}

#[tokio::test]
async fn an_idempotency_key_gives_the_first_result_again() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let mut input = connection_input("my-client", "s");
    input["idempotencyKey"] = json!("once");
    let first = world.done(CREATE, json!({"input": input})).await;
    assert_eq!(world.done(CREATE, json!({"input": input})).await, first);
    input["clientId"] = json!("another");
    let answer = world.ask(CREATE, json!({"input": input})).await;
    let errors = &answer["data"]["createConnection"]["userErrors"];
    assert_eq!(*errors, invalid("IDEMPOTENCY_KEY_REUSED", &["idempotencyKey"]));
}

#[tokio::test]
async fn omitted_is_unchanged_and_null_clears() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    let mut input = connection_input("my-client", "s");
    input["description"] = json!("about it");
    input["labels"] = json!(["a"]);
    input["parameters"] = json!([{"name": "scope", "value": "read"}]);
    input["tokenPolicy"] = json!({"cache": false, "refreshSkew": "PT5S"});
    world.done(CREATE, json!({"input": input})).await;

    let change =
        json!({"key": "my-client", "expectedVersion": 1, "displayName": "Renamed", "tokenPolicy": {"cache": true}});
    let changed = world.done(UPDATE, json!({"input": change})).await;
    assert_eq!(
        changed["updateConnection"]["connection"],
        json!({"version": 2, "displayName": "Renamed", "description": "about it", "labels": ["a"], "enabled": true,
            "parameters": [{"name": "scope"}], "tokenPolicy": {"cache": true, "refreshSkew": "PT5S"}})
    );
    let clear = json!({"key": "my-client", "expectedVersion": 2, "description": null, "labels": null, "parameters": null,
        "tokenPolicy": {"refreshSkew": null}, "enabled": false});
    let cleared = world.done(UPDATE, json!({"input": clear})).await;
    assert_eq!(
        cleared["updateConnection"]["connection"],
        json!({"version": 4, "displayName": "Renamed", "description": null, "labels": [], "enabled": false,
            "parameters": [], "tokenPolicy": {"cache": true, "refreshSkew": "PT60S"}})
    );
}

#[tokio::test]
async fn what_a_connection_needs_cannot_be_cleared() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    for field in ["displayName", "clientId", "accessTokenUrl", "authentication", "enabled"] {
        let mut change = json!({"key": "my-client", "expectedVersion": 1});
        change[field] = Value::Null;
        let answer = world.ask(UPDATE, json!({"input": change})).await;
        assert_eq!(answer["data"]["updateConnection"]["userErrors"], invalid("REQUIRED", &[field]), "{answer}");
    }
}

#[tokio::test]
async fn a_change_to_an_older_version_is_a_conflict() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    world.create_connection("my-client", "s").await;
    for expected in [0, 2] {
        let change = json!({"key": "my-client", "expectedVersion": expected, "displayName": "Renamed"});
        let answer = world.ask(UPDATE, json!({"input": change})).await;
        let conflict = json!([{"__typename": "VersionConflict", "code": "VERSION_CONFLICT", "path": ["expectedVersion"],
            "currentVersion": 1, "current": {"version": 1}}]);
        assert_eq!(answer["data"]["updateConnection"]["userErrors"], conflict, "{answer}");
    }
    let invalid = json!({"__typename": "InvalidInput", "code": "INVALID_VERSION", "path": ["expectedVersion"]});
    for (mutation, key) in [
        ("updateConnection", "my-client"),
        ("deleteConnection", "my-client"),
        ("rotateSecret", "s"),
        ("deleteSecret", "s"),
    ] {
        let source = if mutation == "rotateSecret" { r#", source: {value: "x"}"# } else { "" };
        let query = format!(
            r#"mutation {{ {mutation}(input: {{key: "{key}", expectedVersion: -1{source}}}) {{
                userErrors {{ __typename code path }} }} }}"#
        );
        let answer = world.ask(&query, json!({})).await;
        assert_eq!(answer["data"][mutation]["userErrors"], json!([invalid]), "{answer}");
    }
    let unknown = json!({"key": "nobody", "expectedVersion": 1});
    let answer = world.ask(UPDATE, json!({"input": unknown})).await;
    assert_eq!(answer["data"]["updateConnection"]["userErrors"][0]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn connections_are_filtered_and_counted() {
    let world = World::new();
    world.create_secret("s", "hunter2").await;
    for key in ["billing", "mail"] {
        world.create_connection(key, "s").await;
    }
    let query = "query($filter: ConnectionFilter) { connections(filter: $filter) { totalCount nodes { key } } }";
    let data = world.done(query, json!({"filter": {"query": "BILL"}})).await;
    assert_eq!(data["connections"], json!({"totalCount": 1, "nodes": [{"key": "billing"}]}));
}

#[tokio::test]
async fn usage_has_bounds() {
    let world = World::new();
    let query = "query($range: TimeRangeInput!, $granularity: Granularity!) {
        usageData(range: $range, granularity: $granularity) { totals { requests latency { p50Ms } } series { at } computedAt } }";
    let range = json!({"from": "2026-03-01T11:00:00Z"});
    let data = world.done(query, json!({"range": range, "granularity": "MINUTE"})).await;
    assert_eq!(data["usageData"]["totals"], json!({"requests": 0, "latency": {"p50Ms": null}}));
    for range in [json!({"from": "2026-03-01T12:00:00Z"}), json!({"from": "2026-02-27T12:00:00Z"})] {
        let answer = world.ask(query, json!({"range": range, "granularity": "MINUTE"})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_ARGUMENT", "{answer}");
        assert_eq!(answer["data"], json!({"usageData": null}));
    }
}
