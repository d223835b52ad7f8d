use serde_json::{Value, json};

use super::{complaints, create, created, only, run};
use crate::scripted::{Answer, Peer};
use crate::stage::{Stage, counting_issuer, open_api, status};

async fn stage() -> Stage {
    Stage::new(counting_issuer().await, open_api().await).await
}

async fn update(stage: &Stage, input: Value) -> Value {
    let mutation = "mutation($input: UpdateHttpRequestTaskInput!) { updateHttpRequestTask(input: $input) {
        task { version displayName endpoint request { url headers { name value } query { name value } body } }
        userErrors { code path message ... on VersionConflict { currentVersion } }
    } }";
    stage.server.data(mutation, json!({ "input": input })).await["updateHttpRequestTask"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_created_shown_listed_and_found_by_its_id() {
    let stage = stage().await;
    let task = created(&stage, "invoices", json!({
        "displayName": "Invoices", "endpoint": "billing", "method": "POST",
        "url": stage.api.url("/v1/{{tenant}}?page={{page}}"),
        "headers": [{ "name": "X-Tag", "value": "a" }, { "name": "X-Tag", "value": "{{tag}}" }],
        "query": [{ "name": "q", "value": "{{q}}" }],
        "body": { "json": { "amount": "{{amount}}" } },
        "authorization": { "clientConnection": { "key": "client", "parameterOverrides": [{ "name": "scope", "value": "s" }] } },
        "retryOnFailure": true,
    })).await;
    assert_eq!(
        (&task["version"], &task["timeout"], &task["retryNonIdempotent"]),
        (&json!(1), &json!("PT300S"), &json!(false))
    );
    assert_eq!(task["target"], stage.api.url("/v1/{{tenant}}"));
    let authorization = json!({ "type": "CLIENT_CONNECTION", "connectionKey": "client", "forceNewToken": false,
        "parameterOverrides": [{ "name": "scope", "value": "s" }] });
    assert_eq!(task["authorization"], authorization);
    let request = &task["request"];
    assert_eq!(request["url"], stage.api.url("/v1/{{tenant}}?page={{page}}"));
    assert_eq!(request["headers"], json!([{ "name": "X-Tag", "value": "a" }, { "name": "X-Tag", "value": "{{tag}}" }]));
    assert_eq!((&request["body"], &request["bodyKind"]), (&json!(r#"{"amount":"{{amount}}"}"#), &json!("JSON")));
    assert_eq!(request["variables"], json!(["amount", "page", "q", "tag", "tenant"]));

    created(&stage, "other", json!({ "authorization": { "none": true } })).await;
    let query = "query($id: ID!, $filter: HttpRequestTaskFilter) {
        node(id: $id) { ... on HttpRequestTask { key } }
        httpRequestTask(key: \"invoices\") { key history { nodes { type } } }
        httpRequestTasks(filter: $filter) { totalCount nodes { key } }
    }";
    for (filter, found) in [
        (json!({}), vec!["invoices", "other"]),
        (json!({ "endpoint": "billing" }), vec!["invoices"]),
        (json!({ "connection": "client" }), vec!["invoices"]),
        (json!({ "query": "INVOI" }), vec!["invoices"]),
        (json!({ "query": "amount" }), vec![]),
    ] {
        let read = stage.server.data(query, json!({ "id": task["id"], "filter": filter })).await;
        assert_eq!((&read["node"]["key"], &read["httpRequestTask"]["key"]), (&json!("invoices"), &json!("invoices")));
        assert_eq!(read["httpRequestTask"]["history"]["nodes"], json!([{ "type": "task.created.v1" }]));
        let keys: Vec<_> = found.iter().map(|key| json!({ "key": key })).collect();
        assert_eq!(read["httpRequestTasks"], json!({ "totalCount": keys.len(), "nodes": keys }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_task_refers_to_must_exist_and_its_host_must_be_allowed() {
    let stage = stage().await;
    let refused = async |more: Value| complaints(&create(&stage, "t", more).await);
    let unknown = json!({ "authorization": { "clientConnection": { "key": "nobody" } } });
    assert_eq!(refused(unknown).await, only("UNKNOWN_CONNECTION", "authorization.clientConnection.key"));
    assert_eq!(refused(json!({ "clientCertificate": "none" })).await, only("UNKNOWN_SECRET", "clientCertificate"));
    assert_eq!(
        refused(json!({ "clientCertificate": "secret" })).await,
        only("CLIENT_CERTIFICATE_INVALID", "clientCertificate")
    );
    let password = json!({ "clientCertificate": "secret", "clientCertificatePassword": "none" });
    assert_eq!(refused(password).await, only("UNKNOWN_SECRET", "clientCertificatePassword"));
    let lonely = json!({ "clientCertificatePassword": "secret" });
    assert_eq!(refused(lonely).await, only("NOT_ALLOWED", "clientCertificatePassword"));
    assert_eq!(refused(json!({ "url": "http://10.0.0.1/{{a}}" })).await, only("EGRESS_DENIED", "url"));
    assert_eq!(refused(json!({ "url": "https://{{host}}/" })).await, only("VARIABLE_NOT_ALLOWED", "url"));
    assert_eq!(refused(json!({ "url": "http://example.com/" })).await, only("INSECURE_URL", "url"));
    let own = json!({ "headers": [{ "name": "Authorization", "value": "Bearer mine" }] });
    assert_eq!(refused(own).await, only("AUTHORIZATION_CONFLICT", "headers.0.name"));
    let broken = json!({ "headers": [{ "name": "x", "value": "{{a|b}}" }] });
    assert_eq!(refused(broken).await, only("INVALID_TEMPLATE", "headers.0.value"));
    assert_eq!(refused(json!({ "method": "TRACE", "body": { "text": "x" } })).await, only("NOT_ALLOWED", "body"));
    assert_eq!(refused(json!({ "displayName": " " })).await, only("BLANK", "displayName"));
    assert_eq!(stage.recorded("task.created.v1").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_what_is_given_and_keeps_masked_values() {
    let stage = stage().await;
    created(&stage, "t", json!({
        "endpoint": "e", "url": stage.api.url("/v1?api_key=hunter2&a=1"),
        "headers": [{ "name": "X-Api-Key", "value": "hunter2" }], "query": [{ "name": "token", "value": "hunter2" }],
        "body": { "text": "b" }, "method": "POST",
    })).await;
    let shown = stage
        .server
        .data(
            "{ httpRequestTask(key: \"t\") { request { url headers { name value } query { name value } } } }",
            json!({}),
        )
        .await;
    let request = &shown["httpRequestTask"]["request"];
    assert_eq!(request["url"], stage.api.url("/v1?api_key=••••&a=1"));
    assert_eq!(request["headers"], json!([{ "name": "X-Api-Key", "value": "••••" }]));
    assert_eq!(request["query"], json!([{ "name": "token", "value": "••••" }]));

    // A form sends back all that it was shown.
    let input = json!({ "key": "t", "expectedVersion": 1, "displayName": "New", "endpoint": null, "url": request["url"],
        "headers": [{ "name": "X-Api-Key", "value": "••••" }, { "name": "X-New", "value": "n" }], "query": request["query"] });
    let updated = update(&stage, input).await;
    assert_eq!(
        (&updated["task"]["version"], &updated["task"]["displayName"]),
        (&json!(2), &json!("New")),
        "{updated:#}"
    );
    assert_eq!((&updated["task"]["endpoint"], &updated["task"]["request"]["body"]), (&Value::Null, &json!("b")));
    assert_eq!(status(&run(&stage, "t", json!({})).await), 200);
    let heard = &stage.api.heard()[0];
    assert_eq!(
        (heard.query.as_str(), heard.header("x-api-key")),
        ("api_key=hunter2&a=1&token=hunter2", Some("hunter2"))
    );
    assert_eq!((heard.header("x-new"), heard.body.as_str()), (Some("n"), "b"));

    let foreign = json!({ "key": "t", "expectedVersion": 2, "headers": [{ "name": "X-Secret", "value": "••••" }] });
    assert_eq!(complaints(&update(&stage, foreign).await), only("MASKED_VALUE", "headers.0.value"));
    let moved = json!({ "key": "t", "expectedVersion": 2, "url": "https://evil.example/?api_key=••••" });
    assert_eq!(complaints(&update(&stage, moved).await), only("MASKED_VALUE", "url"));
    let late = update(&stage, json!({ "key": "t", "expectedVersion": 1, "displayName": "Late" })).await;
    assert_eq!(complaints(&late), only("VERSION_CONFLICT", "expectedVersion"));
    assert_eq!(late["userErrors"][0]["currentVersion"], 2);
    let same = update(&stage, json!({ "key": "t", "expectedVersion": 2, "displayName": "New" })).await;
    assert_eq!(same["task"]["version"], 2, "nothing had to change");
    assert_eq!(stage.recorded("task.updated.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_task_is_gone_and_its_key_stays_taken() {
    let stage = stage().await;
    created(&stage, "t", json!({})).await;
    let delete = "mutation { deleteHttpRequestTask(input: { key: \"t\", expectedVersion: 1 }) { deletedKey userErrors { code } } }";
    let deleted = stage.server.data(delete, json!({})).await["deleteHttpRequestTask"].take();
    assert_eq!(deleted, json!({ "deletedKey": "t", "userErrors": [] }));
    let again = stage.server.data(delete, json!({})).await["deleteHttpRequestTask"].take();
    assert_eq!(again["userErrors"], json!([{ "code": "NOT_FOUND" }]));
    assert_eq!(complaints(&create(&stage, "t", json!({})).await), only("KEY_TAKEN", "key"));
    assert_eq!(complaints(&run(&stage, "t", json!({})).await), only("NOT_FOUND", "key"));
    assert_eq!(stage.api.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_with_an_idempotency_key_is_fulfilled_once() {
    let stage = stage().await;
    let wish = |body: &str| json!({ "method": "POST", "body": { "text": body }, "idempotencyKey": "wish" });
    created(&stage, "t", wish("b")).await;
    assert_eq!(created(&stage, "t", wish("b")).await["version"], 1);
    assert_eq!(complaints(&create(&stage, "t", wish("other")).await), only("IDEMPOTENCY_KEY_REUSED", "idempotencyKey"));
    assert_eq!(stage.recorded("task.created.v1").len(), 1);
    let rename = "mutation { updateHttpRequestTask(input: { key: \"t\", expectedVersion: 1, displayName: \"Other\" }) {
        task { version } userErrors { code } } }";
    let renamed = stage.server.data(rename, json!({})).await["updateHttpRequestTask"].take();
    assert_eq!(renamed, json!({ "task": { "version": 2 }, "userErrors": [] }));
    let again = created(&stage, "t", wish("b")).await;
    assert_eq!(again["version"], 1, "the first result, whatever became of the task since");
    assert_ne!(again["displayName"], "Other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_a_task_uses_can_not_be_deleted() {
    let stage = stage().await;
    let client = crate::tls_peer::Authority::new("An issuer").client_pem("client");
    stage.server.create_secret("certificate", &client).await;
    stage.server.create_secret("password", "password").await;
    let both = json!({ "clientCertificate": "certificate", "clientCertificatePassword": "password" });
    let task = created(&stage, "t", both).await;
    assert_eq!(
        (&task["clientCertificate"], &task["clientCertificatePassword"]),
        (&json!("certificate"), &json!("password"))
    );
    for key in ["certificate", "password"] {
        let delete = "mutation($key: Key!) { deleteSecret(input: { key: $key, expectedVersion: 1 }) {
            userErrors { code ... on SecretInUse { usedBy { key } usedByTasks { key } } } } }";
        let refused = stage.server.data(delete, json!({ "key": key })).await["deleteSecret"]["userErrors"].take();
        assert_eq!(refused, json!([{ "code": "SECRET_IN_USE", "usedBy": [], "usedByTasks": [{ "key": "t" }] }]));
        let used = "query($key: Key!) { secret(key: $key) { usedByTasks { nodes { key } } usedBy { totalCount } } }";
        let used = stage.server.data(used, json!({ "key": key })).await["secret"].take();
        assert_eq!(used, json!({ "usedByTasks": { "nodes": [{ "key": "t" }] }, "usedBy": { "totalCount": 0 } }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_a_task_could_not_use_as_its_certificate_is_refused_by_its_name() {
    let stage = stage().await;
    let authority = crate::tls_peer::Authority::new("An issuer");
    stage.server.create_secret("certificate", &authority.client_pem("client")).await;
    created(&stage, "t", json!({ "clientCertificate": "certificate" })).await;
    let rotate = "mutation($value: String!) { rotateSecret(input: { key: \"certificate\", expectedVersion: 1,
        source: { value: $value } }) { secret { version } userErrors { code message path } } }";
    let refused = stage.server.data(rotate, json!({ "value": "no certificate" })).await["rotateSecret"].take();
    assert_eq!(complaints(&refused), only("CLIENT_CERTIFICATE_INVALID", "source.value"));
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().contains("Task t "), "{refused:#}");
    let value = authority.client_pem("renewed");
    let rotated = stage.server.data(rotate, json!({ "value": value })).await["rotateSecret"].take();
    assert_eq!(rotated["secret"]["version"], 2, "{rotated:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_survive_a_restart_and_a_replay() {
    let api = Peer::saying(Answer::text(200, "ok")).await;
    let mut stage = Stage::new(counting_issuer().await, api).await;
    created(&stage, "t", json!({ "headers": [{ "name": "x", "value": "{{v}}" }] })).await;
    run(&stage, "t", json!({ "variables": { "v": "1" } })).await;
    stage.server.kill();
    let checked = crate::booted::run(&stage.server.data_dir, &["replay", "--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    stage.server = crate::booted::Booted::start(&stage.server.data_dir, &[("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")]);
    assert_eq!(status(&run(&stage, "t", json!({ "variables": { "v": "2" } })).await), 200);
    assert_eq!(stage.api.heard()[1].header("x"), Some("2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_credentials_stay_with_the_host_they_were_given_for() {
    let stage = stage().await;
    let other = open_api().await;
    let secret = |name: &str, value: &str| json!([{ "name": name, "value": value }]);
    created(
        &stage,
        "t",
        json!({
            "method": "POST", "headers": secret("X-Api-Key", "hunter2"), "query": secret("token", "hunter2"),
            "body": { "form": secret("client_secret", "hunter2") },
        }),
    )
    .await;
    let moved = async |more: Value| {
        let mut input = json!({ "key": "t", "expectedVersion": 1, "url": other.url("/") });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        complaints(&update(&stage, input).await)
    };
    assert_eq!(moved(json!({})).await, only("MASKED_VALUE", "headers.0.value"));
    assert_eq!(moved(json!({ "headers": secret("X-Api-Key", "••••") })).await, only("MASKED_VALUE", "headers.0.value"));
    assert_eq!(moved(json!({ "headers": null })).await, only("MASKED_VALUE", "query.0.value"));
    assert_eq!(moved(json!({ "headers": null, "query": null })).await, only("MASKED_VALUE", "body.form.0.value"));
    assert_eq!(stage.recorded("task.updated.v1").len(), 0);
    let again = json!({ "headers": secret("X-Api-Key", "new"), "query": null, "body": null });
    assert_eq!(moved(again).await, vec![]);
    assert_eq!(other.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_masked_value_of_a_form_that_comes_back_keeps_what_is_stored_and_a_run_does_not_show_it() {
    let stage = stage().await;
    let pair = |name: &str, value: &str| json!([{ "name": name, "value": value }]);
    let form = |value: &str| json!({ "method": "POST", "body": { "form": pair("client_secret", value) } });
    assert_eq!(complaints(&create(&stage, "t", form("••••")).await), only("MASKED_VALUE", "body.form.0.value"));
    let mut task = form("hunter2");
    task["headers"] = pair("X-Api-Key", "hunter2");
    task["query"] = pair("access_token", "hunter2");
    created(&stage, "t", task).await;
    let input = json!({ "key": "t", "expectedVersion": 1, "body": { "form": pair("client_secret", "••••") } });
    assert_eq!(complaints(&update(&stage, input).await), vec![]);
    let mutation = "mutation { runHttpRequestTask(input: { key: \"t\" }) { exchange { curl request { url headers { name value } } } } }";
    let ran = stage.server.data(mutation, json!({})).await;
    assert!(!ran.to_string().contains("hunter2") && ran.to_string().contains("access_token=••••"), "{ran:#}");
    let heard = &stage.api.heard()[0];
    assert_eq!((heard.body.as_str(), heard.header("x-api-key")), ("client_secret=hunter2", Some("hunter2")));
}
