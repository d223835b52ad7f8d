//! Where requests may go: what is denied opens no socket.

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, execute, open_api, outcome, status, through, user_error};

/// Only these peers are open, not the loopback network.
async fn guarded(issuer: Peer, api: Peer, also: &[&str]) -> Stage {
    let open = format!("{},{},{}", issuer.address, api.address, also.join(","));
    Stage::with(issuer, api, &[("LATCHKEY_EGRESS__ALLOW", open.trim_end_matches(','))]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_url_is_a_user_error_and_opens_no_socket() {
    let canary = open_api().await;
    let stage = guarded(counting_issuer().await, open_api().await, &[]).await;
    // The connection may send its token to all of them: it is the guard that refuses.
    let hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "*.localhost", "localhost."];
    stage.connect("wide", json!({ "allowedHosts": hosts })).await;
    let port = canary.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "a.localhost",
        "LOCALHOST.",
    ] {
        let denied = execute(&stage.server, through("wide", &format!("http://{host}:{port}/"), json!({}))).await;
        let (kind, code, path) = user_error(&denied);
        assert_eq!((kind, code, path.as_str()), ("EgressDenied", "EGRESS_DENIED", "url"), "{host}");
        assert!(denied["userErrors"][0]["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{host}");
    }
    assert_eq!(canary.connections(), 0);
    assert_eq!((stage.issuer.connections(), stage.api.connections()), (0, 0), "no token is fetched for it either");
    assert_eq!(stage.recorded("exchange.started.v1"), Vec::<Value>::new());
    assert_eq!(status(&stage.call("/", json!({})).await), 200, "what is open is open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_token_endpoint_can_not_be_saved() {
    let canary = open_api().await;
    let stage = guarded(counting_issuer().await, open_api().await, &[]).await;
    let input = json!({
        "key": "other", "displayName": "Other", "clientId": "other", "accessTokenUrl": canary.url("/token"),
        "authentication": { "clientSecret": { "secret": "secret" } },
    });
    let create = "mutation($input: CreateConnectionInput!) { createConnection(input: $input) {
        connection { key } userErrors { __typename code path } } }";
    let refused = stage.server.data(create, json!({ "input": input })).await["createConnection"].take();
    assert_eq!(refused["connection"], Value::Null);
    let expected = json!([{ "__typename": "EgressDenied", "code": "EGRESS_DENIED", "path": ["accessTokenUrl"] }]);
    assert_eq!(refused["userErrors"], expected);
    assert_eq!(canary.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_judged_like_any_url() {
    let canary = open_api().await;
    let trap = canary.url("/");
    let api = Peer::start(move |_: Heard| std::future::ready(Answer::text(302, "").with("location", &trap))).await;
    let stage = guarded(counting_issuer().await, api, &[]).await;
    let answer = stage.call("/", json!({ "followRedirects": true })).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("TransportFailure"), &json!("EGRESS_DENIED")));
    assert_eq!((stage.api.count(), canary.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_redirects_gets_nothing_sent_after_it() {
    let canary = open_api().await;
    let trap = canary.url("/token");
    let issuer = Peer::start(move |_: Heard| std::future::ready(Answer::text(307, "").with("location", &trap))).await;
    let also = canary.address.to_string();
    let stage = guarded(issuer, open_api().await, &[&also]).await;
    let answer = stage.call("/", json!({})).await;
    assert_eq!(outcome(&answer)["failure"], "MALFORMED_RESPONSE");
    assert_eq!((canary.connections(), stage.api.count()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connections_token_goes_to_its_allowed_hosts_only() {
    let other = open_api().await;
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    stage.connect("bound", json!({ "allowedHosts": [stage.api.address.to_string()] })).await;
    let allowed = execute(&stage.server, through("bound", &stage.api.url("/"), json!({}))).await;
    assert_eq!(status(&allowed), 200);
    let refused = execute(&stage.server, through("bound", &other.url("/"), json!({}))).await;
    assert_eq!(user_error(&refused), ("EgressDenied", "HOST_NOT_ALLOWED", "url".to_owned()));
    assert_eq!(refused["userErrors"][0]["rule"], "allowedHosts");
    assert_eq!(other.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_not_call_itself() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let own = format!("{}/healthz", stage.server.url);
    let denied = execute(&stage.server, through("client", &own, json!({}))).await;
    assert_eq!(user_error(&denied), ("EgressDenied", "EGRESS_DENIED", "url".to_owned()));
}
