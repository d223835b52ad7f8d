//! An issuer changes its mind.

use serde_json::{Value, json};

use super::{Issuer, asked_for_a_token_at, create, read, stage, update};
use crate::booted::run;
use crate::stage::{Stage, eventually, status};

const OFTEN: [(&str, &str); 1] = [("LATCHKEY_DISCOVERY__CHECK_INTERVAL", "50ms")];
/// Long enough that only a failing request can bring a look about.
const SELDOM: [(&str, &str); 1] = [("LATCHKEY_DISCOVERY__CHECK_INTERVAL", "1h")];
const CHANGED: &str = "connection.metadata_changed.v1";
const SETTLED: &str = "connection.metadata_settled.v1";

/// Waits until the issuer was looked at so often that at least two whole looks lie behind.
async fn two_looks(issuer: &Issuer) {
    let before = issuer.looks();
    eventually("looks", async || issuer.looks() >= before + 3).await;
}

async fn question(stage: &Stage) -> Value {
    read(&stage.server).await["metadataChange"].take()
}

fn token_endpoint_moved(issuer: &Issuer, to: &str) -> Value {
    json!([{ "field": "token_endpoint", "pinned": issuer.peer.url("/token"), "found": issuer.peer.url(to) }])
}

async fn call(stage: &Stage) {
    let fresh = json!({ "authorization": { "clientConnection": { "key": "idp", "forceNewToken": true } } });
    assert_eq!(status(&stage.call("/", fresh).await), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_recorded_once_asks_a_person_and_is_not_followed() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    two_looks(&issuer).await;
    assert_eq!(question(&stage).await, Value::Null);

    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/moved") }));
    eventually("a question", async || !question(&stage).await.is_null()).await;
    two_looks(&issuer).await;
    let changes = token_endpoint_moved(&issuer, "/moved");
    assert_eq!(
        stage.recorded(CHANGED),
        [json!({ "connection_version": 1, "issuer": issuer.name(), "changes": changes })]
    );
    let connection = read(&stage.server).await;
    assert_eq!(connection["metadataChange"]["changes"], changes);
    assert_eq!(connection["metadataChange"]["issuer"], issuer.name());
    assert_eq!((&connection["version"], &connection["accessTokenUrl"]), (&json!(1), &json!(issuer.peer.url("/token"))));
    call(&stage).await;
    assert_eq!(asked_for_a_token_at(&issuer), "/token");

    let event = stage.server.events().into_iter().find(|event| event["type"] == CHANGED).unwrap();
    assert_eq!((&event["stream"], &event["actor"]["type"]), (&json!("token/idp"), &json!("SYSTEM")));
    let checked = run(&stage.server.data_dir, &["replay", "--check"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_change_is_another_event_and_the_newest_is_asked() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    for place in ["/first", "/second"] {
        issuer.publish(json!({ "token_endpoint": issuer.peer.url(place) }));
        let changes = token_endpoint_moved(&issuer, place);
        eventually(place, async || question(&stage).await["changes"] == changes).await;
    }
    assert_eq!(stage.recorded(CHANGED).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_says_again_what_is_pinned_settles_the_question() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    issuer.publish(json!({ "mtls_endpoint_aliases": { "token_endpoint": issuer.peer.url("/mtls") } }));
    eventually("a question", async || !question(&stage).await.is_null()).await;
    issuer.publish(json!({}));
    eventually("no question", async || question(&stage).await.is_null()).await;
    two_looks(&issuer).await;
    assert_eq!(stage.recorded(SETTLED), [json!({ "connection_version": 1, "issuer": issuer.name() })]);
    assert_eq!(stage.recorded(CHANGED).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_gives_the_issuer_again_agrees() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/moved") }));
    eventually("a question", async || !question(&stage).await.is_null()).await;
    let renamed = update(&stage.server, 1, json!({ "displayName": "Renamed" })).await;
    assert!(!renamed["connection"]["metadataChange"].is_null(), "a new name is no answer: {renamed:#}");

    let agreed = update(&stage.server, 2, json!({ "issuer": issuer.name() })).await;
    assert_eq!(agreed["connection"]["metadataChange"], Value::Null);
    assert_eq!(agreed["connection"]["accessTokenUrl"], issuer.peer.url("/moved"));
    call(&stage).await;
    assert_eq!(asked_for_a_token_at(&issuer), "/moved");
    two_looks(&issuer).await;
    assert_eq!((stage.recorded(CHANGED).len(), stage.recorded(SETTLED).len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_types_the_url_closes_the_question() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/moved") }));
    eventually("a question", async || !question(&stage).await.is_null()).await;
    let typed = update(&stage.server, 1, json!({ "accessTokenUrl": issuer.peer.url("/token") })).await;
    assert_eq!(typed["connection"]["metadataChange"], Value::Null);
    assert_eq!(stage.recorded(SETTLED), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_fails_or_finds_another_issuer_is_no_change() {
    let (stage, issuer) = stage(&OFTEN).await;
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    issuer.fail();
    two_looks(&issuer).await;
    issuer.publish(json!({ "issuer": "https://evil.example", "token_endpoint": issuer.peer.url("/evil") }));
    two_looks(&issuer).await;
    issuer.publish(json!({ "token_endpoint": "http://169.254.169.254/token" }));
    two_looks(&issuer).await;
    assert_eq!((question(&stage).await, stage.recorded(CHANGED)), (Value::Null, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_is_gone_brings_one_look_out_of_turn() {
    let (stage, issuer) = stage(&SELDOM).await;
    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/gone") }));
    create(&stage.server, json!({ "issuer": issuer.name() })).await;
    assert_eq!(issuer.looks(), 1);
    issuer.publish(json!({}));
    let fails = json!({ "authorization": { "clientConnection": { "key": "idp" } } });
    for _ in 0..3 {
        let outcome = stage.call("/", fails.clone()).await["exchange"]["outcome"].take();
        assert_eq!(outcome["httpStatus"], 404, "{outcome:#}");
        eventually("a question", async || !question(&stage).await.is_null()).await;
    }
    assert_eq!((issuer.looks(), stage.recorded(CHANGED).len()), (2, 1));
    // The same issuer once more is an answer even where nothing has to change.
    issuer.publish(json!({ "token_endpoint": issuer.peer.url("/gone") }));
    let same = update(&stage.server, 1, json!({ "issuer": issuer.name() })).await;
    assert_eq!((&same["connection"]["version"], &same["connection"]["metadataChange"]), (&json!(1), &Value::Null));
    assert_eq!(stage.recorded(SETTLED).len(), 1);
}
