//! Certificates as secrets: opened when they are saved, so that no password is kept and a wrong one is said at once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::world::{World, connection_input};

const MODERN: &[u8] = include_bytes!("../identities/modern.p12");
const LEGACY: &[u8] = include_bytes!("../identities/legacy.p12");
const NO_KEY: &[u8] = include_bytes!("../identities/no_key.p12");
const CERTIFICATE_AND_KEY: &str = include_str!("../identities/rsa_pkcs8.pem");
const PASSWORD: &str = "hunter2";

const CREATE_SECRET: &str = "mutation($input: CreateSecretInput!) { createSecret(input: $input) {
    secret { key expiresAt warnings { code } } userErrors { code path message } } }";
const CREATE_CONNECTION: &str = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) {
    connection { key } userErrors { code path message } } }";
const ROTATE: &str = "mutation($input: RotateSecretInput!) { rotateSecret(input: $input) {
    secret { version } userErrors { code path message } } }";

async fn create(world: &World, source: Value) -> Value {
    let input = json!({ "key": "cert", "displayName": "Certificate", "source": source });
    world.ask(CREATE_SECRET, json!({ "input": input })).await["data"]["createSecret"].take()
}

fn packed(file: &[u8], password: &str) -> Value {
    json!({ "pkcs12": { "content": STANDARD.encode(file), "password": password } })
}

/// Creates a connection that presents the secret in the TLS handshake.
async fn connect(world: &World) -> Value {
    let mut input = connection_input("mutual", "cert");
    input["authentication"] = json!({ "tlsClientAuth": { "secret": "cert" } });
    world.ask(CREATE_CONNECTION, json!({ "input": input })).await["data"]["createConnection"].take()
}

async fn rotate(world: &World, source: Value) -> Value {
    let input = json!({ "key": "cert", "expectedVersion": 1, "source": source });
    world.ask(ROTATE, json!({ "input": input })).await["data"]["rotateSecret"].take()
}

/// Code and path of the one complaint, which must not repeat what it complains about.
fn complaint(payload: &Value) -> (String, String) {
    let [error] = payload["userErrors"].as_array().unwrap().as_slice() else { panic!("{payload:#}") };
    assert!(!error.to_string().contains("hunter") && !error.to_string().contains("MII"), "{error}");
    let path: Vec<&str> = error["path"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    (error["code"].as_str().unwrap().to_owned(), path.join("."))
}

fn told(code: &str, path: &str) -> (String, String) {
    (code.to_owned(), path.to_owned())
}

#[tokio::test]
async fn a_pkcs12_file_is_opened_at_save_and_serves_a_connection() {
    for file in [MODERN, LEGACY] {
        let world = World::new();
        let created = create(&world, packed(file, PASSWORD)).await;
        assert_eq!((&created["userErrors"], &created["secret"]["key"]), (&json!([]), &json!("cert")));
        let connected = connect(&world).await;
        assert_eq!((&connected["userErrors"], &connected["connection"]["key"]), (&json!([]), &json!("mutual")));
    }
}

#[tokio::test]
async fn base64_may_be_broken_into_lines() {
    let world = World::new();
    let mut content = STANDARD.encode(MODERN);
    content.insert(64, '\n');
    let created = create(&world, json!({ "pkcs12": { "content": content, "password": PASSWORD } })).await;
    assert_eq!(created["userErrors"], json!([]));
}

#[tokio::test]
async fn a_wrong_password_is_said_at_its_field() {
    let world = World::new();
    let expected = told("WRONG_PASSWORD", "source.pkcs12.password");
    assert_eq!(complaint(&create(&world, packed(MODERN, "hunter3")).await), expected);
    assert_eq!(complaint(&create(&world, packed(LEGACY, "hunter3")).await), expected);
    let without = json!({ "pkcs12": { "content": STANDARD.encode(MODERN) } });
    assert_eq!(complaint(&create(&world, without).await), expected);
}

#[tokio::test]
async fn what_is_no_pkcs12_file_with_a_certificate_and_its_key_is_refused() {
    let world = World::new();
    let content = "source.pkcs12.content";
    assert_eq!(complaint(&create(&world, packed(b"not a file", PASSWORD)).await), told("PKCS12_UNREADABLE", content));
    assert_eq!(complaint(&create(&world, packed(NO_KEY, PASSWORD)).await), told("CERTIFICATE_INVALID", content));
    assert_eq!(complaint(&create(&world, packed(&vec![0; 65_537], PASSWORD)).await), told("TOO_LONG", content));
    let input = json!({ "pkcs12": { "content": "*", "password": PASSWORD } });
    assert_eq!(complaint(&create(&world, input).await), told("INVALID_BASE64", content));
}

#[tokio::test]
async fn a_connection_by_certificate_needs_a_secret_that_is_one() {
    let world = World::new();
    world.create_secret("cert", "no certificate").await;
    let expected = told("NO_CERTIFICATE", "authentication.tlsClientAuth.secret");
    assert_eq!(complaint(&connect(&world).await), expected);

    world.create_connection("mutual", "cert").await;
    let update = "mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) {
        connection { key } userErrors { code path message } } }";
    let authentication = json!({ "tlsClientAuth": { "secret": "cert" } });
    let input = json!({ "key": "mutual", "expectedVersion": 1, "authentication": authentication });
    let updated = world.ask(update, json!({ "input": input })).await["data"]["updateConnection"].take();
    assert_eq!(complaint(&updated), expected);
}

#[tokio::test]
async fn a_rotation_must_leave_a_connection_by_certificate_with_one() {
    let world = World::new();
    assert_eq!(create(&world, json!({ "value": CERTIFICATE_AND_KEY })).await["userErrors"], json!([]));
    assert_eq!(connect(&world).await["userErrors"], json!([]));
    let refused = rotate(&world, json!({ "value": "no certificate" })).await;
    assert_eq!(complaint(&refused), told("NO_CERTIFICATE", "source.value"));
    let rotated = rotate(&world, packed(MODERN, PASSWORD)).await;
    assert_eq!((&rotated["userErrors"], &rotated["secret"]["version"]), (&json!([]), &json!(2)));
}

#[tokio::test]
async fn a_certificate_says_itself_when_it_ends_unless_somebody_says_otherwise() {
    let world = World::new();
    let created = create(&world, packed(MODERN, PASSWORD)).await;
    let end = created["secret"]["expiresAt"].as_str().unwrap();
    assert!(end > "2026-11", "{end}");
    let world = World::new();
    let said = "2026-03-02T00:00:00Z";
    let input = json!({ "key": "cert", "displayName": "C", "source": packed(MODERN, PASSWORD), "expiresAt": said });
    let created = world.ask(CREATE_SECRET, json!({ "input": input })).await["data"]["createSecret"].take();
    assert_eq!(created["secret"]["expiresAt"], "2026-03-02T00:00:00+00:00");
    assert_eq!(created["secret"]["warnings"], json!([{ "code": "SECRET_EXPIRES_SOON" }]));
}
