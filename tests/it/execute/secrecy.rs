//! A canary in every slot that holds a secret, through successes and failures: it is found nowhere.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::booted::Booted;
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{EXECUTE, through};

/// Each has a character that changes when it is form-encoded.
const CLIENT_SECRET: &str = "canary/client+secret 7Qx2";
const ACCESS_TOKEN: &str = "canary/access+token~9Zk4";
const REFUSED_TOKEN: &str = "canary/refused+token~3Vb8";
const MALFORMED_TOKEN: &str = "canary/malformed+token 5Rt1";
const IDEMPOTENCY_KEY: &str = "canary/idempotency+key 2Wm6";
const QUERY: &str = "canary-query-8Hd3";
const HEADER: &str = "canary/header+value 4Pn5";
const BODY: &str = "canary/body+text 6Lc9";
const ANSWER: &str = "canary/answer+text 1Gs7";
const ADMIN_TOKEN: &str = "canary/admin+token~0Fy2";
const PRIVATE_KEY: &str = include_str!("../../keys/ed25519.pkcs8.pem");

/// What may be shown to the caller who sent or asked for it, but is kept nowhere.
const CALLERS_OWN: [&str; 5] = [IDEMPOTENCY_KEY, QUERY, HEADER, BODY, ANSWER];
/// What is shown to nobody.
const SECRETS: [&str; 5] = [CLIENT_SECRET, ACCESS_TOKEN, REFUSED_TOKEN, MALFORMED_TOKEN, ADMIN_TOKEN];

/// The line of the private key between its armour.
fn private_key_line() -> &'static str {
    PRIVATE_KEY.lines().nth(1).unwrap()
}

/// Every spelling in which a value may have been written.
fn spellings(value: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let mut all = vec![value.to_owned(), form.replace('+', "%20"), form, hex::encode(value), hex::encode_upper(value)];
    // Within a longer text, base64 of a value looks different for each of three offsets, apart from its edges.
    for offset in 0..3 {
        let encoded = STANDARD.encode(format!("{}{value}", "x".repeat(offset)));
        let inner = encoded.trim_end_matches('=');
        let inner = inner[4..inner.len() - 4].to_owned();
        all.push(inner.replace('+', "-").replace('/', "_"));
        all.push(inner);
    }
    all
}

fn assert_absent(canaries: &[&str], place: &str, bytes: &[u8]) {
    // All spellings are ASCII, which survives this.
    let text = String::from_utf8_lossy(bytes);
    for canary in canaries {
        for spelling in spellings(canary) {
            assert!(!text.contains(&spelling), "{spelling} of {canary} is in {place}");
        }
    }
}

fn every_file(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect()
}

/// Grants, refuses and quotes back, by the scope it is asked for.
async fn quoting_issuer() -> Peer {
    Peer::start(|heard: Heard| {
        // What it was sent, as it came and decoded.
        let secret = if heard.form("client_assertion").is_none() { CLIENT_SECRET } else { "" };
        let sent = format!("{secret} {} {}", heard.header("authorization").unwrap_or_default(), heard.body);
        let refusal =
            json!({ "error": "invalid_request", "error_description": format!("you sent {sent}"), "sent": sent });
        std::future::ready(match heard.form("scope").as_deref() {
            Some("quoted") => Answer::json(400, &refusal),
            Some("broken") => {
                Answer::bytes(200, "application/json", format!("{{\"access_token\":\"{MALFORMED_TOKEN}\""))
            }
            Some("odd") => Answer::json(200, &json!({ "access_token": MALFORMED_TOKEN, "token_type": "mac" })),
            Some("refused") => Answer::token(REFUSED_TOKEN),
            _ => Answer::token(ACCESS_TOKEN),
        })
    })
    .await
}

/// Takes every token but one, and repeats what it was sent.
async fn choosy_api() -> Peer {
    Peer::start(|heard: Heard| {
        let sent = heard.header("authorization").unwrap_or_default();
        let status = if sent.contains(REFUSED_TOKEN) { 401 } else { 200 };
        let echo = format!("{ANSWER}, and you sent {sent}");
        let answer = Answer::text(status, &echo).with("x-answer", &echo);
        std::future::ready(answer)
    })
    .await
}

/// Everything that the drive was answered.
async fn drive(server: &Booted, api: &Peer) -> Vec<Value> {
    let mut answers = Vec::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for key in ["by-secret", "by-body", "by-key"] {
        for scope in ["good", "quoted", "broken", "odd", "refused"] {
            let overrides = json!([{ "name": "scope", "value": scope }]);
            let authorization = json!({ "clientConnection": { "key": key, "parameterOverrides": overrides } });
            let input = json!({
                "method": "POST", "authorization": authorization, "idempotencyKey": format!("{IDEMPOTENCY_KEY} {key} {scope}"),
                "headers": [{ "name": "x-canary", "value": HEADER }], "body": { "text": BODY },
            });
            let url = api.url(&format!("/{scope}?q={QUERY}"));
            answers.push(server.graphql(EXECUTE, json!({ "input": through(key, &url, input) })).await);
        }
        let unreachable = through(key, &format!("http://{closed}/?q={QUERY}"), json!({}));
        answers.push(server.graphql(EXECUTE, json!({ "input": unreachable })).await);
        let denied = through(key, &format!("http://10.0.0.1/?q={QUERY}"), json!({}));
        answers.push(server.graphql(EXECUTE, json!({ "input": denied })).await);
    }
    // A value of the wrong type, a literal in the document, a document that is none: each error stays silent about it.
    let wrong = json!({ "input": { "key": "x", "displayName": "x", "source": { "value": [CLIENT_SECRET] } } });
    let create = "mutation($input: CreateSecretInput!) { createSecret(input: $input) { secret { key } } }";
    answers.push(server.graphql(create, wrong).await);
    let literal = format!(
        "mutation {{ createSecret(input: {{ key: \"Bad Key\", displayName: \"x\", source: {{ value: \"{CLIENT_SECRET}\" }} }}) {{ userErrors {{ message }} }} }}"
    );
    answers.push(server.graphql(&literal, json!({})).await);
    let confirmed = json!({ "key": "by-secret", "expectedVersion": 1, "displayName": "By secret",
        "secretConfirmation": CLIENT_SECRET });
    let update =
        "mutation($input: UpdateConnectionInput!) { updateConnection(input: $input) { connection { version } } }";
    answers.push(server.graphql(update, json!({ "input": confirmed })).await);
    answers.push(
        server
            .graphql("{ secrets { nodes { key fingerprint version } } connections { nodes { key } } }", json!({}))
            .await,
    );
    answers.push(server.graphql("{ auditEvents(first: 100) { nodes { type data } } authFailures(first: 50) { nodes { message oauthError { error errorDescription } } } }", json!({})).await);
    answers
}

#[test]
fn the_search_finds_a_canary_in_every_spelling_and_place() {
    let found = |bytes: &[u8]| std::panic::catch_unwind(|| assert_absent(&[CLIENT_SECRET], "here", bytes)).is_err();
    assert!(!found(b"nothing of the kind"));
    for offset in 0..3 {
        let text = format!("{}{CLIENT_SECRET} and so on", "-".repeat(offset));
        let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        assert!(found(text.as_bytes()) && found(form.as_bytes()));
        assert!(found(STANDARD.encode(&text).as_bytes()) && found(URL_SAFE_NO_PAD.encode(&text).as_bytes()));
        assert!(found(hex::encode(&text).as_bytes()) && found(hex::encode_upper(&text).as_bytes()));
    }
    let binary = [&[0xff, 0xfe, 0x00][..], CLIENT_SECRET.as_bytes(), &[0xff]].concat();
    assert!(found(&binary));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_found_anywhere() {
    let settings = [
        ("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"),
        ("LATCHKEY_TELEMETRY__LOG__FILTER", "trace"),
        ("LATCHKEY_ADMIN_TOKEN", ADMIN_TOKEN),
    ];
    let scratch = tempfile::tempdir().unwrap();
    let mut server = Booted::start(&scratch.path().join("data"), &settings);
    ADMIN_TOKEN.clone_into(&mut server.token);
    server.create_secret("the-secret", CLIENT_SECRET).await;
    server.create_secret("the-key", PRIVATE_KEY).await;
    let (issuer, api) = (quoting_issuer().await, choosy_api().await);
    let by_key = json!({ "privateKeyJwt": { "secret": "the-key", "signingAlgorithm": "EDDSA" } });
    let in_body = json!({ "clientSecret": { "secret": "the-secret", "placement": "REQUEST_BODY" } });
    let in_header = json!({ "clientSecret": { "secret": "the-secret" } });
    for (key, authentication) in [("by-secret", in_header), ("by-body", in_body), ("by-key", by_key)] {
        server.create_connection(key, &issuer.url("/token"), json!({ "authentication": authentication })).await;
    }
    let answers = drive(&server, &api).await;

    let heard = issuer.heard();
    let assertions: Vec<String> = heard.iter().filter_map(|heard| heard.form("client_assertion")).collect();
    assert!(assertions.len() >= 5 && api.count() >= 6, "{} {}", assertions.len(), api.count());
    let mut secrets = SECRETS.to_vec();
    secrets.push(private_key_line());
    secrets.extend(assertions.iter().map(|assertion| assertion.rsplit('.').next().unwrap()));
    let mut unkept = secrets.clone();
    unkept.extend(CALLERS_OWN);

    for answer in &answers {
        assert_absent(&secrets, "an answer", answer.to_string().as_bytes());
    }
    assert!(answers.iter().any(|answer| answer.to_string().contains("you sent ••••")), "the issuer was quoted");
    // With the write-ahead log as it is while the server runs.
    let files = every_file(&server.data_dir);
    let is_kept = |(_, bytes): &(String, Vec<u8>)| String::from_utf8_lossy(bytes).contains("/quoted");
    assert!(files.iter().any(is_kept), "the path of a call is kept, so the search would find what is");
    for (path, bytes) in files {
        assert_absent(&unkept, &path, &bytes);
    }
    for event in server.events() {
        assert_absent(&unkept, "an event", event.to_string().as_bytes());
    }
    let data_dir = server.data_dir.clone();
    server.ask_to_stop();
    let ended = tokio::task::spawn_blocking(|| server.ended()).await.unwrap();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("TRACE"), "the log was at its most talkative");
    assert_absent(&unkept, "standard output", ended.stdout.as_bytes());
    assert_absent(&unkept, "standard error", ended.stderr.as_bytes());
    for (path, bytes) in every_file(&data_dir) {
        assert_absent(&unkept, &path, &bytes);
    }
}
