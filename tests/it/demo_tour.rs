//! The tour of the README, from an empty directory on: `latchkey serve --demo`.

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::booted::Booted;
use crate::edge_server::PATIENCE;
use crate::edge_socket::Socket;

/// What the log says, in short: type and stream of each event, the ids of exchanges left out.
fn story(events: &[Value]) -> Vec<String> {
    let short = |event: &Value| {
        let stream = event["stream"].as_str().unwrap();
        let stream = if stream.starts_with("exchange/") { "exchange" } else { stream };
        format!("{} {stream}", event["type"].as_str().unwrap())
    };
    events.iter().map(short).collect()
}

async fn hello(server: &Booted, token_source: &str) {
    let exchange = server.call_demo("hello", false).await;
    assert_eq!(exchange["outcome"]["status"], 200, "{exchange:#}");
    let body: Value = serde_json::from_str(exchange["outcome"]["body"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(body["message"], "Hello, demo-client!");
    assert_eq!(exchange["token"]["source"], token_source);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tour_goes_as_the_readme_says() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let server = Booted::demo(&data_dir);
    let [listening, token, client, demo] = &server.greeting[..] else {
        panic!("four lines, not {:?}", server.greeting)
    };
    assert_eq!(*listening, format!("Latchkey is listening on {0} (GraphiQL: {0}/graphiql)", server.url));
    assert_eq!(*token, format!("Admin token: {} (kept in {}/admin-token)", server.token, data_dir.display()));
    let secret = client.strip_prefix("Demo client: demo-client · its secret: ").unwrap();
    assert_eq!(secret.len(), 32, "{client}");
    assert_eq!(*demo, format!("Demo issuer: {0} · demo API: {0}/api · connection: demo", server.demo));

    let seeded = server.data("{ connections { nodes { key displayName clientId enabled version } } }", json!({})).await;
    assert_eq!(
        seeded["connections"]["nodes"],
        json!([{ "key": "demo", "displayName": "Demo API", "clientId": "demo-client", "enabled": true, "version": 1 }])
    );

    hello(&server, "FETCHED").await;
    hello(&server, "CACHE").await;
    a_failure_arrives_live(&server).await;

    let range = json!({ "from": server.events()[0]["recorded_at"] });
    let usage = server
        .data(
            "query($range: TimeRangeInput!) {
                usageData(range: $range, granularity: MINUTE) {
                    totals { requests succeeded authFailures transportFailures tokenRequests cacheHits retries }
                    topReasons { reason count }
                }
            }",
            json!({ "range": range }),
        )
        .await;
    assert_eq!(
        usage["usageData"],
        json!({
            "totals": {
                "requests": 3, "succeeded": 2, "authFailures": 1, "transportFailures": 0,
                "tokenRequests": 2, "cacheHits": 1, "retries": 0,
            },
            "topReasons": [{ "reason": "INVALID_CLIENT", "count": 1 }],
        })
    );
    assert_eq!(
        story(&server.events()),
        [
            "secret.created.v1 secret/demo-secret",
            "connection.created.v1 connection/demo",
            "exchange.started.v1 exchange",
            "token.issued.v1 token/demo",
            "exchange.completed.v1 exchange",
            "exchange.started.v1 exchange",
            "exchange.completed.v1 exchange",
            "exchange.started.v1 exchange",
            "token.request_failed.v1 token/demo",
            "exchange.failed.v1 exchange",
        ]
    );
}

/// Turns the issuer against us, and sees the refusal at the caller and, live, at whoever watches.
async fn a_failure_arrives_live(server: &Booted) {
    let mut socket = Socket::initialised(&server.websocket_url(), &server.token).await;
    let watch = "subscription {
        authFailures {
            __typename
            ... on StreamBookmark { live }
            ... on AuthFailureEdge { node { connectionKey phase reason oauthError { error } exchange { id } } }
        }
    }";
    socket.subscribe("watch", watch).await;
    let first = socket.hear().await;
    let bookmark = json!({ "authFailures": { "__typename": "StreamBookmark", "live": true } });
    assert_eq!(first["payload"]["data"], bookmark, "{first:#}");

    server.switch_demo("invalid_client").await;
    let exchange = server.call_demo("hello", true).await;
    let failure = &exchange["outcome"];
    assert_eq!((&failure["__typename"], &failure["reason"]), (&json!("AuthFailure"), &json!("INVALID_CLIENT")));
    assert_eq!(
        failure["oauthError"],
        json!({ "error": "invalid_client", "errorDescription": "the issuer was told to refuse" })
    );
    let heard = socket.hear().await;
    assert_eq!(
        heard["payload"]["data"]["authFailures"],
        json!({ "__typename": "AuthFailureEdge", "node": {
            "connectionKey": "demo",
            "phase": "RESPONSE",
            "reason": "INVALID_CLIENT",
            "oauthError": { "error": "invalid_client" },
            "exchange": { "id": exchange["id"] },
        } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_works_again_after_a_stop_and_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    let server = Booted::demo(&data_dir);
    hello(&server, "FETCHED").await;
    let token = server.token.clone();
    assert_eq!(server.terminate(), Some(0));

    let mut server = Booted::demo(&data_dir);
    assert_eq!(server.token, token);
    let greeting = format!("Admin token: as configured, or in {}/admin-token", data_dir.display());
    assert_eq!(server.greeting[1], greeting, "the token is shown only once");
    hello(&server, "FETCHED").await;
    assert_eq!(
        story(&server.events()),
        [
            "secret.created.v1 secret/demo-secret",
            "connection.created.v1 connection/demo",
            "exchange.started.v1 exchange",
            "token.issued.v1 token/demo",
            "exchange.completed.v1 exchange",
            // Any free port is another one.
            "connection.updated.v1 connection/demo",
            "exchange.started.v1 exchange",
            "token.issued.v1 token/demo",
            "exchange.completed.v1 exchange",
        ]
    );
    server.kill();
    hello(&Booted::demo(&data_dir), "FETCHED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_probes_answer_with_security_headers() {
    let directory = tempfile::tempdir().unwrap();
    let server = Booted::demo(&directory.path().join("data"));
    let page = "default-src 'self'; ";
    let data = "default-src 'none'; frame-ancestors 'none'";
    for (path, status, content_type, policy) in [
        ("/", 200, "text/html; charset=utf-8", page),
        ("/connections/demo", 200, "text/html; charset=utf-8", page),
        ("/healthz", 200, "text/plain; charset=utf-8", data),
        ("/readyz", 200, "text/plain; charset=utf-8", data),
        ("/graphql?query={__typename}", 401, "application/json; charset=utf-8", data),
        ("/nothing.js", 404, "text/plain; charset=utf-8", page),
    ] {
        let accept = "text/html, application/json";
        let asked = server.client.get(format!("{}{path}", server.url)).header("accept", accept).send();
        let answer = timeout(PATIENCE, asked).await.unwrap().unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(header("content-type"), content_type, "{path}");
        assert!(header("content-security-policy").starts_with(policy), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        let policies = answer.headers().get_all("content-security-policy").iter().count();
        assert_eq!(policies, 1, "{path}: one policy, not two that add up");
    }
}
