//! GraphQL over HTTP: what may come in, and what goes out.

use std::sync::atomic::Ordering;

use latchkey::server::graphql::BODY_BYTES_MAX;
use reqwest::header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, VARY, WWW_AUTHENTICATE};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::edge_server::{EdgeServer, PATIENCE, TOKEN};
use crate::peer::run_peer;

const TRUTHFUL: &str = "application/graphql-response+json";

#[expect(clippy::disallowed_methods, reason = "a test's own client")]
fn client() -> Client {
    Client::new()
}

fn post(server: &EdgeServer, body: impl Into<reqwest::Body>) -> RequestBuilder {
    client().post(server.url()).bearer_auth(TOKEN).header(CONTENT_TYPE, "application/json").body(body)
}

async fn ask(server: &EdgeServer, body: Value) -> Response {
    post(server, body.to_string()).header(ACCEPT, TRUTHFUL).send().await.unwrap()
}

async fn body(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Status, `extensions.code` of the first error, and whether there is a `data` member.
async fn refusal(response: Response) -> (u16, String, bool) {
    let status = response.status().as_u16();
    let body = body(response).await;
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    assert!(body["errors"][0]["message"].is_string(), "{body}");
    (status, code, body.get("data").is_some())
}

fn refused(status: u16, code: &str) -> (u16, String, bool) {
    (status, code.to_owned(), false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_answered_and_not_to_be_stored() {
    let server = EdgeServer::start();
    let response = ask(&server, json!({"query": "{hello}"})).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/graphql-response+json; charset=utf-8");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[VARY], "Accept");
    assert_eq!(body(response).await, json!({"data": {"hello": "world"}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn get_runs_the_named_query() {
    let server = EdgeServer::start();
    let query = "?query=query%20A%7Bhello%7D%20query%20B(%24n%3AInt!)%7Becho(n%3A%24n)%7D&operationName=B&variables=%7B%22n%22%3A7%7D";
    let response = client().get(server.url() + query).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json; charset=utf-8");
    assert_eq!(body(response).await, json!({"data": {"echo": 7}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_needs_post() {
    let server = EdgeServer::start();
    let response = client().get(server.url() + "?query=mutation%7Bbump%7D").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(response.headers()[ALLOW], "POST");
    assert_eq!(refusal(response).await, refused(405, "METHOD_NOT_ALLOWED"));
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 0);
    assert_eq!(body(ask(&server, json!({"query": "mutation{bump}"})).await).await, json!({"data": {"bump": 1}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_can_send_runs_nothing() {
    let server = EdgeServer::start();
    let mutation = r#"{"query":"mutation{bump}"}"#;
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"]
    {
        let request = client().post(server.url()).bearer_auth(TOKEN).header(CONTENT_TYPE, kind).body(mutation);
        assert_eq!(refusal(request.send().await.unwrap()).await, refused(415, "UNSUPPORTED_MEDIA_TYPE"), "{kind}");
    }
    let request = client().post(server.url()).bearer_auth(TOKEN).body(mutation);
    assert_eq!(refusal(request.send().await.unwrap()).await, refused(415, "UNSUPPORTED_MEDIA_TYPE"));
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_refused_with_the_right_ones() {
    let server = EdgeServer::start();
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let response = client().request(method.clone(), server.url()).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(response.headers()[ALLOW], "GET, POST", "{method}");
        assert_eq!(refusal(response).await, refused(405, "METHOD_NOT_ALLOWED"), "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_the_token() {
    let server = EdgeServer::start();
    let mutation = r#"{"query":"mutation{bump}"}"#;
    for authorization in [None, Some("Bearer wrong"), Some("Basic dGhlLWFkbWluLXRva2Vu"), Some("Bearer")] {
        let mut request = client().post(server.url()).header(CONTENT_TYPE, "application/json").body(mutation);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Bearer realm="latchkey""#);
        assert_eq!(refusal(response).await, refused(401, "UNAUTHENTICATED"), "{authorization:?}");
    }
    let twice = post(&server, mutation).header("authorization", "Bearer wrong").send().await.unwrap();
    assert_eq!(refusal(twice).await, refused(401, "UNAUTHENTICATED"));
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_are_refused() {
    let server = EdgeServer::start();
    let own = format!("http://{}", server.address);
    for (origin, status) in
        [(own.as_str(), 200), ("https://app.example", 200), ("https://evil.example", 403), ("null", 403)]
    {
        let response = post(&server, r#"{"query":"{hello}"}"#).header(ORIGIN, origin).send().await.unwrap();
        assert_eq!(response.status(), status, "{origin}");
    }
    let url = server.url() + "?query=%7Bhello%7D";
    let response = client().get(url).bearer_auth(TOKEN).header(ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(refusal(response).await, refused(403, "ORIGIN_NOT_ALLOWED"));
}

/// A valid request of exactly `length` bytes.
fn padded(length: usize) -> String {
    let request = r#"{"query":"{hello}"}"#;
    format!("{request}{}", " ".repeat(length - request.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_have_its_limit_and_no_byte_more() {
    let server = EdgeServer::start();
    let response = post(&server, padded(BODY_BYTES_MAX)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let response = post(&server, padded(BODY_BYTES_MAX + 1)).send().await.unwrap();
    assert_eq!(refusal(response).await, refused(413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_has_the_same_limit() {
    let server = EdgeServer::start();
    let chunked = |length: usize| {
        let whole = padded(length).into_bytes();
        let chunks: Vec<_> = whole.chunks(60_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    let response = post(&server, chunked(BODY_BYTES_MAX)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let response = post(&server, chunked(BODY_BYTES_MAX + 1)).send().await.unwrap();
    assert_eq!(refusal(response).await, refused(413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_408() {
    let server = EdgeServer::start();
    let mut socket = TcpStream::connect(&server.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{{",
        server.address
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut line = [0; 12];
    timeout(PATIENCE, socket.read_exact(&mut line)).await.unwrap().unwrap();
    assert_eq!(line.as_slice(), b"HTTP/1.1 408");
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_400() {
    let server = EdgeServer::start();
    for (text, code) in [
        (r#"[{"query":"{hello}"}]"#, "BATCH_NOT_SUPPORTED"),
        ("{", "BAD_REQUEST"),
        ("{}", "BAD_REQUEST"),
        (r#"{"query":1}"#, "BAD_REQUEST"),
        (r#"{"query":"{hello}","variables":[]}"#, "BAD_REQUEST"),
    ] {
        assert_eq!(refusal(post(&server, text).send().await.unwrap()).await, refused(400, code), "{text}");
    }
    let latin = post(&server, b"{\"query\":\"{hello}\",\"x\":\"\xe9\"}".to_vec()).send().await.unwrap();
    assert_eq!(refusal(latin).await, refused(400, "BAD_REQUEST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_document_is_400_without_data() {
    let server = EdgeServer::start();
    for (request, code) in [
        (json!({"query": "{"}), "GRAPHQL_PARSE_FAILED"),
        (json!({"query": "{nothing}"}), "GRAPHQL_VALIDATION_FAILED"),
        (json!({"query": "{...A} fragment A on Query{...A}"}), "GRAPHQL_VALIDATION_FAILED"),
        (json!({"query": "query A{hello} query B{hello}"}), "OPERATION_RESOLUTION_FAILURE"),
        (json!({"query": "query($n:Int!){echo(n:$n)}"}), "BAD_USER_INPUT"),
        (json!({"query": "query($n:Int!){echo(n:$n)}", "variables": {"n": "x"}}), "BAD_USER_INPUT"),
        (json!({"query": "{echo(n:99999999999)}"}), "BAD_USER_INPUT"),
        (json!({"query": "mutation{bump gated @skip(if:1)}"}), "BAD_USER_INPUT"),
        (json!({"query": "subscription{count(to:1)}"}), "SUBSCRIPTION_NOT_SUPPORTED"),
        (json!({"query": format!("{{echo(n:{})}}", "[".repeat(100_000))}), "DOCUMENT_TOO_DEEP"),
        (json!({"query": format!("{{{}}}", "hello ".repeat(51))}), "DOCUMENT_TOO_COMPLEX"),
    ] {
        assert_eq!(refusal(ask(&server, request).await).await, refused(400, code), "{code}");
    }
    let plain = post(&server, r#"{"query":"{nothing}"}"#).send().await.unwrap();
    assert_eq!(refusal(plain).await, refused(200, "GRAPHQL_VALIDATION_FAILED"));
    let plain = post(&server, r#"{"query":"{echo(n:99999999999)}"}"#).send().await.unwrap();
    assert_eq!(refusal(plain).await, refused(200, "BAD_USER_INPUT"));
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_schema_are_not_suggested() {
    let server = EdgeServer::start();
    for query in ["{hell}", "{mirror(text:\"x\" texd:\"x\")}"] {
        let text = ask(&server, json!({ "query": query })).await.text().await.unwrap();
        assert!(text.contains("Unknown"), "{text}");
        assert!(!text.contains("Did you mean") && !text.contains("hello"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_repeats_no_value() {
    let server = EdgeServer::start();
    for request in [
        json!({"query": "{echo(n: \"canary\")}"}),
        json!({"query": "{echo(n: CANARY)}"}),
        json!({"query": "{mirror(text: {canary: \"canary\"})}"}),
        json!({"query": "query($n: Int!) {echo(n: $n)}", "variables": {"n": "canary"}}),
        json!({"query": "query($t: String!) {mirror(text: $t)}", "variables": {"t": {"canary": ["canary"]}}}),
        json!({"query": "query($n: Int! = \"canary\") {echo(n: $n)}"}),
    ] {
        let response = ask(&server, request.clone()).await;
        assert_eq!(response.status(), 400, "{request}");
        let text = response.text().await.unwrap();
        assert!(!text.to_lowercase().contains("canary"), "{request} {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_error_is_200_with_data_null() {
    let server = EdgeServer::start();
    let response = ask(&server, json!({"query": "{hello hardBoom}"})).await;
    assert_eq!(response.status(), 200);
    let body = body(response).await;
    assert_eq!((&body["data"], &body["errors"][0]["path"]), (&Value::Null, &json!(["hardBoom"])));
    assert_eq!(body["errors"][0]["extensions"]["code"], "EXECUTION_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accept_that_we_cannot_serve_is_406() {
    let server = EdgeServer::start();
    let response = post(&server, r#"{"query":"{hello}"}"#).header(ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(refusal(response).await, refused(406, "NOT_ACCEPTABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resolvers_know_who_asks_and_from_where() {
    let server = EdgeServer::start();
    let response = post(&server, r#"{"query":"{source{actor requestId peerIp userAgent traceId}}"}"#)
        .header("user-agent", "probe/1")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .send()
        .await
        .unwrap();
    let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let expected = json!({"data": {"source": {
        "actor": "admin-token",
        "requestId": request_id,
        "peerIp": "127.0.0.1",
        "userAgent": "probe/1",
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    }}});
    assert_eq!(body(response).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panicking_resolver_is_a_500_and_the_server_goes_on() {
    let server = EdgeServer::start();
    assert_eq!(refusal(ask(&server, json!({"query": "{panics}"})).await).await, refused(500, "INTERNAL"));
    assert_eq!(ask(&server, json!({"query": "{hello}"})).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_ends_although_its_client_and_its_worker_are_gone() {
    let server = EdgeServer::start();
    let request = tokio::spawn(post(&server, r#"{"query":"mutation{gated}"}"#).send());
    timeout(PATIENCE, server.probe.begun.notified()).await.unwrap();
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    timeout(PATIENCE, server.stop()).await.unwrap();
    server.probe.gate.0.add_permits(1);
    timeout(PATIENCE, server.probe.ended.notified()).await.unwrap();
    server.tasks.close();
    timeout(PATIENCE, server.tasks.wait()).await.unwrap();
    assert_eq!(server.probe.mutations.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_http_finds_no_fault() {
    let server = EdgeServer::start();
    let report =
        run_peer("graphql_http_audit.mjs", &[&server.url(), TOKEN]).await.unwrap_or_else(|report| panic!("{report}"));
    assert!(report.contains("61 audits: 61 ok"), "{report}");
}
