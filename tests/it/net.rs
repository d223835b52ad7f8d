//! The guarded client against real peers on loopback.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::Stdio;
use std::time::Duration;

use latchkey::domain::HttpUrl;
use latchkey::net::header::{HeaderMap, HeaderValue};
use latchkey::net::{
    BodyOverflow, Bytes, ClientTimeouts, EgressDenied, EgressPolicy, HttpClient, Method, OutboundRequest,
    OutboundResponse, RESPONSE_HEADER_BYTES_MAX, RESPONSE_HEADERS_MAX, SendError, TimeoutPhase,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

/// Answers one connection with fixed bytes and tells what it was sent.
struct Peer {
    address: SocketAddr,
    heard: JoinHandle<String>,
}

/// What a peer does after its answer.
enum Then {
    Close,
    /// Keeps the connection open until the client gives up.
    Hang,
}

impl Peer {
    async fn answering(answer: impl Into<Vec<u8>>, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = answer.into();
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 65_536];
            let length = stream.read(&mut buffer).await.unwrap();
            // The client may hang up as soon as it has enough.
            let _ = stream.write_all(&answer).await;
            if matches!(then, Then::Hang) {
                while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
            }
            String::from_utf8_lossy(&buffer[..length]).into_owned()
        });
        Self { address, heard }
    }

    async fn saying_hello() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello", Then::Close).await
    }

    fn url(&self) -> String {
        format!("http://{}/path?key=hunter2", self.address)
    }
}

/// A listener that must not be connected to.
pub(crate) struct Canary(StdListener);

impl Canary {
    pub(crate) fn set() -> Self {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// On loopback a connection waits in the queue before `connect` returns, so this needs no waiting.
    pub(crate) fn assert_untouched(&self) {
        let error = self.0.accept().expect_err("the canary was connected to");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }
}

pub(crate) fn client(allow: &[&str]) -> HttpClient {
    let timeouts = ClientTimeouts { dns: Duration::from_secs(2), connect: Duration::from_secs(5) };
    HttpClient::new(EgressPolicy::parse(allow).unwrap(), timeouts).unwrap()
}

fn request(url: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::GET,
        url: HttpUrl::parse(url).unwrap(),
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(20),
        response_bytes_max: 1_000,
        overflow: BodyOverflow::Fail,
        identity: None,
    }
}

async fn get(url: &str) -> Result<OutboundResponse, SendError> {
    client(&["127.0.0.1"]).send(request(url)).await
}

fn assert_tells_nothing(error: &SendError) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("hunter2") && !text.contains("/path"), "{text}");
    }
}

#[tokio::test]
async fn a_denied_request_opens_no_socket() {
    let canary = Canary::set();
    let port = canary.port();
    for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "localhost."] {
        let error = client(&[]).send(request(&format!("http://{host}:{port}/path?key=hunter2"))).await.unwrap_err();
        assert!(matches!(error, SendError::EgressDenied(_)), "{host}: {error}");
        assert_tells_nothing(&error);
    }
    canary.assert_untouched();
}

#[tokio::test]
async fn a_name_allowed_at_one_port_is_denied_at_another() {
    let canary = Canary::set();
    let client = client(&["localhost:1", "127.0.0.1:1"]);
    for host in ["localhost", "127.0.0.1"] {
        let error = client.send(request(&format!("http://{host}:{}/", canary.port()))).await.unwrap_err();
        assert!(matches!(error, SendError::EgressDenied(_)), "{host}: {error}");
    }
    canary.assert_untouched();
}

#[tokio::test]
async fn an_answer_that_the_resolver_denies_comes_back_as_the_guards_refusal() {
    let canary = Canary::set();
    let client = client(&["localhost"]);
    // Only the resolver can know that this name is our own listener.
    client.policy().forbid_listener(SocketAddr::from(([127, 0, 0, 1], canary.port())));
    let error = client.send(request(&format!("http://localhost:{}/", canary.port()))).await.unwrap_err();
    let denied = EgressDenied { host: "localhost".to_owned(), rule: "own listener".to_owned() };
    assert_eq!(error, SendError::EgressDenied(denied));
    canary.assert_untouched();
}

#[tokio::test]
async fn an_allowed_name_is_resolved_and_answers() {
    let peer = Peer::saying_hello().await;
    let port = peer.address.port();
    let client = client(&[&format!("localhost:{port}")]);
    let response = client.send(request(&format!("http://localhost:{port}/"))).await.unwrap();
    assert_eq!((response.status, &response.body.bytes[..]), (200, &b"hello"[..]));
    let timings = response.timings;
    assert!(timings.dns.is_some_and(|dns| dns <= timings.first_byte), "{timings:?}");
    assert!(timings.first_byte <= timings.total, "{timings:?}");
}

#[tokio::test]
async fn a_request_carries_our_user_agent_and_what_it_was_given() {
    let peer = Peer::saying_hello().await;
    let headers = HeaderMap::from_iter([("x-api-key".parse().unwrap(), HeaderValue::from_static("k"))]);
    let body = Some(Bytes::from_static(b"a=b"));
    let request = OutboundRequest { method: Method::POST, headers, body, ..request(&peer.url()) };
    let response = client(&["127.0.0.1"]).send(request).await.unwrap();
    assert_eq!(response.timings.dns, None);
    let heard = peer.heard.await.unwrap();
    assert!(heard.starts_with("POST /path?key=hunter2 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains(concat!("\r\nuser-agent: latchkey/", env!("CARGO_PKG_VERSION"), "\r\n")), "{heard}");
    assert!(heard.contains("\r\nx-api-key: k\r\n") && heard.ends_with("\r\n\r\na=b"), "{heard}");
    assert!(!heard.contains("referer"), "{heard}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_the_body_goes_nowhere_else() {
    let canary = Canary::set();
    let location = format!("http://127.0.0.1:{}/elsewhere", canary.port());
    let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let peer = Peer::answering(answer, Then::Close).await;
    let body = Some(Bytes::from_static(b"client_secret=hunter2"));
    let request = OutboundRequest { method: Method::POST, body, ..request(&peer.url()) };
    let response = client(&["127.0.0.1"]).send(request).await.unwrap();
    assert_eq!(response.status, 307);
    assert_eq!(response.headers.get("location").unwrap(), location.as_str());
    canary.assert_untouched();
}

#[tokio::test]
async fn a_cookie_is_not_kept_for_the_next_request() {
    let client = client(&["127.0.0.1"]);
    let answer = "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let first = Peer::answering(answer, Then::Close).await;
    client.send(request(&first.url())).await.unwrap();
    let second = Peer::saying_hello().await;
    client.send(request(&second.url())).await.unwrap();
    assert!(!second.heard.await.unwrap().contains("cookie"));
}

/// One mebibyte of zeros in about one kibibyte of gzip.
fn gzip_bomb() -> Vec<u8> {
    let start: &[u8] = &[
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00, 0xc2,
        0xa0, 0xf5, 0x4f, 0x6d, 0x08, 0x5f, 0xa0,
    ];
    let end: &[u8] = &[0x3e, 0x03, 0x1c, 0xea, 0x38, 0xa7, 0x00, 0x00, 0x10, 0x00];
    [start, &[0; 1016], end].concat()
}

async fn get_bomb(bytes_max: usize, overflow: BodyOverflow) -> Result<OutboundResponse, SendError> {
    let bomb = gzip_bomb();
    assert!(bomb.len() < 2_000);
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let peer = Peer::answering([head.as_bytes(), bomb.as_slice()].concat(), Then::Close).await;
    let request = OutboundRequest { response_bytes_max: bytes_max, overflow, ..request(&peer.url()) };
    client(&["127.0.0.1"]).send(request).await
}

#[tokio::test]
async fn the_cap_counts_decoded_bytes() {
    let whole = get_bomb(1 << 20, BodyOverflow::Fail).await.unwrap().body;
    assert_eq!((whole.bytes.len(), whole.truncated), (1 << 20, false));
    let cut = get_bomb((1 << 20) - 1, BodyOverflow::Truncate).await.unwrap().body;
    assert_eq!((cut.bytes.len(), cut.truncated), ((1 << 20) - 1, true));
    let refused = get_bomb(5_000, BodyOverflow::Fail).await.unwrap_err();
    assert_eq!(refused, SendError::BodyTooLarge { bytes_max: 5_000 });
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says_is_undecodable() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 20\r\n\r\nthis is not gzip....";
    let peer = Peer::answering(answer, Then::Close).await;
    let error = get(&peer.url()).await.unwrap_err();
    assert!(matches!(error, SendError::BodyUndecodable(_)), "{error:?}");
    assert_tells_nothing(&error);
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_interruption() {
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello", "HTTP/1.1 200", "", "hello\r\n\r\n"] {
        let peer = Peer::answering(answer, Then::Close).await;
        let error = get(&peer.url()).await.unwrap_err();
        assert!(matches!(error, SendError::Interrupted(_)), "{answer}: {error:?}");
        assert!(error.may_have_been_received());
        assert_tells_nothing(&error);
    }
}

#[tokio::test]
async fn an_interrupted_gzip_body_is_an_interruption_too() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5000\r\n\r\n";
    let peer = Peer::answering([head.as_bytes(), &gzip_bomb()[..200]].concat(), Then::Close).await;
    let request = OutboundRequest { response_bytes_max: 1 << 20, ..request(&peer.url()) };
    let error = client(&["127.0.0.1"]).send(request).await.unwrap_err();
    assert!(matches!(error, SendError::Interrupted(_)), "{error:?}");
}

#[tokio::test]
async fn the_total_time_covers_the_body() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello", Then::Hang).await;
    let request = OutboundRequest { timeout: Duration::from_millis(200), ..request(&peer.url()) };
    let error = client(&["127.0.0.1"]).send(request).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: TimeoutPhase::Total });
    // The connection was given up, or the peer would hang for ever.
    tokio::time::timeout(Duration::from_secs(10), peer.heard).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_a_connect_timeout() {
    let silent = Canary::set();
    let timeouts = ClientTimeouts { connect: Duration::from_millis(200), ..ClientTimeouts::default() };
    let client = HttpClient::new(EgressPolicy::parse(&["127.0.0.1"]).unwrap(), timeouts).unwrap();
    let error = client.send(request(&format!("https://127.0.0.1:{}/", silent.port()))).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: TimeoutPhase::Connect });
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_a_tls_error() {
    let peer = Peer::answering("HTTP/1.1 400 Bad Request\r\n\r\n", Then::Close).await;
    let error = get(&format!("https://{}/path?key=hunter2", peer.address)).await.unwrap_err();
    assert!(matches!(error, SendError::Tls(_)), "{error:?}");
    assert!(!error.may_have_been_received());
    assert_tells_nothing(&error);
}

#[tokio::test]
async fn a_closed_port_is_a_connect_error() {
    let closed = Canary::set().port();
    let error = get(&format!("http://127.0.0.1:{closed}/path?key=hunter2")).await.unwrap_err();
    assert!(matches!(error, SendError::Connect(_)), "{error:?}");
    assert!(!error.may_have_been_received());
    assert_tells_nothing(&error);
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_a_dns_error() {
    // RFC 6761 section 6.4: never exists.
    let error = get("http://nobody.invalid/path?key=hunter2").await.unwrap_err();
    assert!(matches!(error, SendError::Dns(_)), "{error:?}");
    assert_tells_nothing(&error);
}

async fn get_with_headers(headers: &str) -> Result<OutboundResponse, SendError> {
    let peer = Peer::answering(format!("HTTP/1.1 204 No Content\r\n{headers}\r\n"), Then::Close).await;
    get(&peer.url()).await
}

#[tokio::test]
async fn response_headers_have_a_number_and_a_size() {
    let line = "a: b\r\n";
    assert_eq!(get_with_headers(&line.repeat(RESPONSE_HEADERS_MAX)).await.unwrap().status, 204);
    let error = get_with_headers(&line.repeat(RESPONSE_HEADERS_MAX + 1)).await.unwrap_err();
    assert_eq!(error, SendError::HeadersTooLarge);

    let largest = "v".repeat(RESPONSE_HEADER_BYTES_MAX - 1);
    assert_eq!(get_with_headers(&format!("a: {largest}\r\n")).await.unwrap().status, 204);
    let error = get_with_headers(&format!("a: {largest}v\r\n")).await.unwrap_err();
    assert_eq!(error, SendError::HeadersTooLarge);
    let error = get_with_headers(&format!("a: {}\r\n", "v".repeat(1 << 20))).await.unwrap_err();
    assert_eq!(error, SendError::HeadersTooLarge);
}

/// The environment can't be changed from within, so this test runs one of its neighbours as a child.
#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored() {
    let proxy = Canary::set();
    let address = format!("http://127.0.0.1:{}", proxy.port());
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "net::reaches_a_peer_directly"]).stdout(Stdio::piped()).kill_on_drop(true);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &address);
    }
    let output = tokio::time::timeout(Duration::from_mins(1), child.output()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    proxy.assert_untouched();
}

#[tokio::test]
async fn reaches_a_peer_directly() {
    let peer = Peer::saying_hello().await;
    let request = OutboundRequest { timeout: Duration::from_secs(5), ..request(&peer.url()) };
    assert_eq!(client(&["127.0.0.1"]).send(request).await.unwrap().status, 200);
}
