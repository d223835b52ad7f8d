//! Browsers that sign in, through the real binary: what a session may do, from where, and when it is over.

use std::path::Path;

use diesel::connection::SimpleConnection;
use latchkey::event_log::{Conn, Database, Synchronous};
use reqwest::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::booted::Booted;
use crate::edge_socket::Socket;

const MARK: &str = "latchkey-request";
/// A page that the configuration lets use the API, but that is not Latchkey's own.
const NEIGHBOUR: &str = "https://app.example";

/// A server, and its address as a browser sees it.
struct Site {
    server: Booted,
    scratch: TempDir,
}

/// What a browser has after signing in: the cookie's name and value.
struct Cookie(String, String);

impl Cookie {
    fn header(&self) -> String {
        format!("{}={}", self.0, self.1)
    }
}

impl Site {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[(&str, &str)]) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let settings = [&[("LATCHKEY_SERVER__ALLOWED_ORIGINS", NEIGHBOUR)], settings].concat();
        Self { server: Booted::start(&scratch.path().join("data"), &settings), scratch }
    }

    /// Stops the server and starts it again with other settings.
    fn restart(self, settings: &[(&str, &str)]) -> Self {
        let Self { server, scratch } = self;
        let data_dir = server.data_dir.clone();
        assert_eq!(server.terminate(), Some(0));
        Self { server: Booted::start(&data_dir, settings), scratch }
    }

    fn origin(&self) -> &str {
        &self.server.url
    }

    /// The same host and port behind a proxy with TLS.
    fn https(&self) -> String {
        self.server.url.replace("http://", "https://")
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.client.request(method, format!("{}{path}", self.server.url))
    }

    fn sign_in_with(&self, origin: &str, token: &str) -> RequestBuilder {
        let body = json!({ "token": token }).to_string();
        let request = self.request(Method::POST, "/session").header(ORIGIN, origin).header(MARK, "1");
        request.header(CONTENT_TYPE, "application/json").body(body)
    }

    async fn sign_in(&self) -> Cookie {
        let answer = self.sign_in_with(self.origin(), &self.server.token).send().await.unwrap();
        assert_eq!(answer.status(), 204);
        let (name, rest) = kept(&answer).split_once('=').unwrap();
        Cookie(name.to_owned(), rest.split(';').next().unwrap().to_owned())
    }

    async fn sign_out(&self, cookie: &Cookie) -> Response {
        let request = self.request(Method::DELETE, "/session").header(ORIGIN, self.origin()).header(MARK, "1");
        request.header(COOKIE, cookie.header()).send().await.unwrap()
    }

    /// A query as a page of our own sends it, but for what `headers` say.
    async fn ask(&self, headers: &[(&str, &str)]) -> (u16, Value) {
        let mut request = self.request(Method::POST, "/graphql").header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(r#"{"query":"{ viewer { actor { id } } }"}"#).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }

    /// Whether a session opens the API to a page of our own.
    async fn is_signed_in(&self, cookie: &Cookie) -> bool {
        let (status, answer) = self.ask(&[("cookie", &cookie.header()), ("origin", self.origin()), (MARK, "1")]).await;
        assert!(status == 401 || answer["data"]["viewer"]["actor"]["id"] == "admin-token", "{status} {answer}");
        status == 200
    }

    async fn socket(&self, headers: &[(&'static str, &str)]) -> Socket {
        Socket::of_browser(&self.server.websocket_url(), headers).await
    }

    /// Does to the sessions what time or another replica would do.
    fn change_sessions(&self, statement: &str) {
        let path = self.server.data_dir.join("latchkey.db");
        let database = Database::open_sqlite(&path, Synchronous::Normal).unwrap();
        database
            .write(|conn| match conn {
                Conn::Sqlite(c) => Ok(c.batch_execute(statement)?),
                Conn::Postgres(_) => panic!("the test runs on SQLite"),
            })
            .unwrap();
    }
}

fn kept(answer: &Response) -> &str {
    answer.headers()[SET_COOKIE].to_str().unwrap()
}

async fn refused(answer: Response) -> (u16, String, HeaderMap) {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
    assert!(headers.get(SET_COOKIE).is_none());
    let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(problem["detail"].is_string() && problem["requestId"].is_string(), "{problem}");
    (status, problem["code"].as_str().unwrap().to_owned(), headers)
}

async fn code(request: RequestBuilder) -> (u16, String) {
    let (status, code, _) = refused(request.send().await.unwrap()).await;
    (status, code)
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_token_becomes_a_cookie_that_no_script_can_read() {
    let site = Site::start();
    let answer = site.sign_in_with(site.origin(), " test-admin-token\n").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()[CACHE_CONTROL]), (204, &"no-store".parse().unwrap()));
    let (value, attributes) = kept(&answer).strip_prefix("latchkey=").unwrap().split_once("; ").unwrap();
    assert_eq!(value.len(), 43, "256 bits in base64url");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict; Max-Age=43200");
    assert!(site.is_signed_in(&Cookie("latchkey".to_owned(), value.to_owned())).await);
    assert_ne!(site.sign_in().await.1, value, "each session has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_tls_the_cookie_is_bound_to_host_and_tls() {
    let site = Site::with(&[("LATCHKEY_SESSION__LIFETIME", "90m")]);
    let https = site.https();
    let answer = site.sign_in_with(&https, "test-admin-token").send().await.unwrap();
    let (value, attributes) = kept(&answer).strip_prefix("__Host-latchkey=").unwrap().split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=5400");
    for (name, origin, status) in [
        ("__Host-latchkey", https.as_str(), 200),
        ("latchkey", &https, 401),
        ("__Host-latchkey", site.origin(), 401),
        ("latchkey", site.origin(), 200),
    ] {
        let cookie = format!("{name}={value}");
        assert_eq!(
            site.ask(&[("cookie", &cookie), ("origin", origin), (MARK, "1")]).await.0,
            status,
            "{name} {origin}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_sign_in_and_out() {
    let site = Site::start();
    let token = &site.server.token;
    let cookie = site.sign_in().await;
    let sign_out = || site.request(Method::DELETE, "/session").header(COOKIE, cookie.header());
    for origin in ["https://evil.example", NEIGHBOUR, "null", "http://127.0.0.1:1"] {
        assert_eq!(code(site.sign_in_with(origin, token)).await, is(403, "ORIGIN_NOT_ALLOWED"), "{origin}");
        assert_eq!(code(sign_out().header(ORIGIN, origin).header(MARK, "1")).await, is(403, "ORIGIN_NOT_ALLOWED"));
    }
    let post = || site.request(Method::POST, "/session").header(CONTENT_TYPE, "application/json").body("{}");
    assert_eq!(code(post().header(MARK, "1")).await, is(403, "ORIGIN_NOT_ALLOWED"));
    assert_eq!(code(sign_out().header(MARK, "1")).await, is(403, "ORIGIN_NOT_ALLOWED"));
    assert_eq!(code(post().header(ORIGIN, site.origin())).await, is(403, "REQUEST_HEADER_MISSING"));
    assert_eq!(code(sign_out().header(ORIGIN, site.origin())).await, is(403, "REQUEST_HEADER_MISSING"));
    assert!(site.is_signed_in(&cookie).await, "nobody else has signed it out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_signs_nobody_in() {
    let site = Site::start();
    for token in ["", "wrong", "test-admin-toke", "Bearer test-admin-token"] {
        let (status, code, headers) = refused(site.sign_in_with(site.origin(), token).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (401, "UNAUTHENTICATED"), "{token}");
        assert_eq!(headers[WWW_AUTHENTICATE], r#"Bearer realm="latchkey""#);
    }
    let ended = stopped(site.server);
    assert_eq!(ended.matches("refused credentials").count(), 4, "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_short_json_and_nothing_else() {
    let site = Site::start();
    let post = |content_type: &str, body: String| {
        let request = site.request(Method::POST, "/session").header(ORIGIN, site.origin()).header(MARK, "1");
        request.header(CONTENT_TYPE, content_type).body(body)
    };
    let form = post("application/x-www-form-urlencoded", "token=test-admin-token".to_owned());
    assert_eq!(code(form).await, is(415, "UNSUPPORTED_MEDIA_TYPE"));
    for body in ["", "[]", "{}", r#"{"token":1}"#, r#"{"token":"test-admin-token","more":1}"#] {
        assert_eq!(code(post("application/json", body.to_owned())).await, is(400, "BAD_REQUEST"), "{body}");
    }
    let padded = |length: usize| format!("{:length$}", r#"{"token":"test-admin-token"}"#);
    let most = latchkey::server::session::BODY_BYTES_MAX;
    assert_eq!(post("application/json", padded(most)).send().await.unwrap().status(), 204);
    assert_eq!(code(post("application/json", padded(most + 1))).await, is(413, "PAYLOAD_TOO_LARGE"));
    let (status, _, headers) = refused(site.request(Method::GET, "/session").send().await.unwrap()).await;
    assert_eq!((status, &headers[ALLOW]), (405, &"POST, DELETE".parse().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_speaks_for_marked_posts_of_our_own_pages_alone() {
    let site = Site::start();
    let cookie = &site.sign_in().await.header();
    let own = ("origin", site.origin());
    let status = async |headers: &[(&str, &str)]| site.ask(&[&[("cookie", cookie.as_str())], headers].concat()).await.0;
    assert_eq!(status(&[own, (MARK, "1")]).await, 200);
    assert_eq!(status(&[own]).await, 401, "no mark");
    assert_eq!(status(&[own, (MARK, "2")]).await, 401, "another mark");
    assert_eq!(status(&[(MARK, "1")]).await, 401, "no origin");
    assert_eq!(status(&[("origin", NEIGHBOUR), (MARK, "1")]).await, 401, "an allowed origin that is not our own");
    assert_eq!(status(&[("origin", "https://evil.example"), (MARK, "1")]).await, 403, "a foreign origin");
    assert_eq!(status(&[own, (MARK, "1"), ("authorization", "Bearer wrong")]).await, 401, "a wrong token comes first");
    let query = "/graphql?query=%7Bviewer%7Bactor%7Bid%7D%7D%7D";
    let get = site.request(Method::GET, query).header(COOKIE, cookie).header(ORIGIN, site.origin()).header(MARK, "1");
    assert_eq!(get.send().await.unwrap().status(), 401, "GET");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_signed_in_browser_does_is_on_the_record_of_the_admin() {
    let site = Site::start();
    let cookie = site.sign_in().await;
    let request = site.request(Method::POST, "/graphql").header(COOKIE, cookie.header()).header(ORIGIN, site.origin());
    let create = r#"mutation { createSecret(input: { key: "s", displayName: "S", source: { value: "v" } }) { secret { key } } }"#;
    let request = request.header(MARK, "1").header(CONTENT_TYPE, "application/json");
    let answer = request.body(json!({ "query": create }).to_string()).send().await.unwrap().text().await.unwrap();
    assert!(answer.contains(r#""key":"s""#), "{answer}");
    assert_eq!(site.server.events().last().unwrap()["actor"]["id"], "admin-token");
    assert_eq!(site.server.events().len(), 1, "signing in is no event");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_on_the_server() {
    let site = Site::start();
    let (cookie, other) = (site.sign_in().await, site.sign_in().await);
    let answer = site.sign_out(&cookie).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(kept(&answer), "latchkey=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    assert!(!site.is_signed_in(&cookie).await && site.is_signed_in(&other).await);
    assert_eq!(site.sign_out(&cookie).await.status(), 204, "once more is no error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_restart_but_not_its_time() {
    let site = Site::start();
    let cookie = site.sign_in().await;
    let site = site.restart(&[]);
    assert!(site.is_signed_in(&cookie).await);
    site.change_sessions("UPDATE sessions SET expires_at = expires_at - 12 * 3600 * 1000000");
    assert!(!site.is_signed_in(&cookie).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_admin_token_ends_every_session() {
    let site = Site::start();
    let cookie = site.sign_in().await;
    let site = site.restart(&[("LATCHKEY_ADMIN_TOKEN", "another-admin-token")]);
    assert!(!site.is_signed_in(&cookie).await);
    let signed_in = site.sign_in_with(site.origin(), "another-admin-token").send().await.unwrap();
    assert_eq!(signed_in.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_needs_no_token_where_a_page_of_our_own_opens_it() {
    let site = Site::start();
    let cookie = &site.sign_in().await.header();
    let mut own = site.socket(&[("cookie", cookie), ("origin", site.origin())]).await;
    assert_eq!(own.hear().await, json!({ "type": "connection_ack" }));
    own.subscribe("1", "{ viewer { actor { id } } }").await;
    assert_eq!(own.hear().await["payload"]["data"]["viewer"]["actor"]["id"], "admin-token");
    let https = site.https();
    for headers in [
        &[("cookie", cookie.as_str())][..],
        &[("cookie", cookie), ("origin", NEIGHBOUR)],
        &[("cookie", cookie), ("origin", &https)],
        &[("cookie", "latchkey=wrong"), ("origin", site.origin())],
        &[("origin", site.origin())],
    ] {
        assert_eq!(site.socket(headers).await.closed().await.0, 4403, "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_close_when_their_session_is_signed_out() {
    let site = Site::start();
    let (cookie, other) = (site.sign_in().await, site.sign_in().await);
    let mut sockets = Vec::new();
    for cookie in [&cookie, &other] {
        let mut socket = site.socket(&[("cookie", &cookie.header()), ("origin", site.origin())]).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        sockets.push(socket);
    }
    site.sign_out(&cookie).await;
    assert_eq!(sockets[0].closed().await, (4403, "Forbidden".to_owned()));
    sockets[1].subscribe("1", "{ viewer { actor { id } } }").await;
    assert_eq!(sockets[1].hear().await["type"], "next", "another session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_close_when_another_replica_ends_their_session() {
    let site = Site::start();
    let cookie = site.sign_in().await;
    let mut socket = site.socket(&[("cookie", &cookie.header()), ("origin", site.origin())]).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    site.change_sessions("DELETE FROM sessions");
    assert_eq!(socket.closed().await.0, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_forwards_nothing() {
    let site = Site::start();
    let cookie = site.sign_in().await;
    let request = site.request(Method::POST, "/forward/any/path").header(COOKIE, cookie.header());
    let answer = request.header(ORIGIN, site.origin()).header(MARK, "1").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["latchkey-error"]),
        (401, &"UNAUTHENTICATED".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_cookie_nor_the_token_is_in_a_log_line_or_in_the_database() {
    let site = Site::with(&[("LATCHKEY_TELEMETRY__LOG__FILTER", "trace")]);
    let wrong = site.sign_in_with(site.origin(), "canary-wrong-token").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    let cookie = site.sign_in().await;
    assert!(site.is_signed_in(&cookie).await);
    let stored = files(&site.server.data_dir);
    site.sign_out(&cookie).await;
    assert!(!site.is_signed_in(&cookie).await);
    let said = stopped(site.server);
    assert!(said.contains("a browser signed in") && said.contains("a browser signed out"), "{said}");
    for canary in [cookie.1.as_str(), "test-admin-token", "canary-wrong-token"] {
        assert!(!said.contains(canary), "{canary} is in the log");
        let found = stored.windows(canary.len()).any(|window| window == canary.as_bytes());
        assert!(!found, "{canary} is in the data directory");
    }
}

fn stopped(server: Booted) -> String {
    server.ask_to_stop();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0));
    ended.stdout + &ended.stderr
}

/// Every byte in a directory.
fn files(directory: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}
