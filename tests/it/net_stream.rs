//! Streamed exchanges against peers on loopback that count every byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use latchkey::domain::HttpUrl;
use latchkey::net::header::HeaderMap;
use latchkey::net::{
    Bytes, Method, RESPONSE_HEADERS_MAX, RequestBody, RequestBodyProblem, ResponseBody, SendError, StreamingRequest,
    StreamingResponse, TimeoutPhase,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::net::{Canary, client};
use crate::scripted::PATIENCE;
use crate::tls_peer::{Authority, Clients, TlsPeer, client_trusting};

/// More than all buffers of two sockets on loopback can hold, and less than a machine minds.
const ENDLESS: usize = 64 * 1024 * 1024;

/// A write that takes so long is blocked by a reader that has stopped.
const BLOCKED: Duration = Duration::from_secs(1);

/// Lets `talk` hold the one conversation of a listener.
async fn peer<T, F>(talk: impl FnOnce(TcpStream) -> F + Send + 'static) -> (SocketAddr, JoinHandle<T>)
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let talking = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        talk(stream).await
    });
    (address, talking)
}

/// Hears up to `end`, answers, and closes.
async fn answering(end: &'static [u8], answer: impl Into<Vec<u8>>) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let answer = answer.into();
    peer(move |mut stream| async move {
        let heard = hear(&mut stream, end).await;
        stream.write_all(&answer).await.unwrap();
        heard
    })
    .await
}

/// Reads until the bytes end so, or to the end.
async fn hear(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut heard = Vec::new();
    while !heard.ends_with(end) && stream.read_buf(&mut heard).await.is_ok_and(|length| length > 0) {}
    heard
}

fn request(address: SocketAddr) -> StreamingRequest {
    StreamingRequest {
        method: Method::GET,
        url: HttpUrl::parse(&format!("http://{address}/path?key=hunter2")).unwrap(),
        headers: HeaderMap::new(),
        body: RequestBody::empty(),
        head_timeout: PATIENCE,
        idle_timeout: PATIENCE,
        identity: None,
    }
}

fn upload(address: SocketAddr, body: RequestBody) -> StreamingRequest {
    StreamingRequest { method: Method::POST, body, ..request(address) }
}

fn chunks(list: &[&'static str], length: Option<u64>) -> RequestBody {
    let items: Vec<Result<Bytes, &str>> = list.iter().map(|text| Ok(Bytes::from_static(text.as_bytes()))).collect();
    RequestBody::stream(stream::iter(items), length)
}

async fn open(request: StreamingRequest) -> Result<StreamingResponse, SendError> {
    timeout(PATIENCE, client(&["127.0.0.1"]).open(request)).await.unwrap()
}

/// All bytes of a body, and the error that ended it.
async fn drain(mut body: ResponseBody) -> (Vec<u8>, Option<SendError>) {
    let mut bytes = Vec::new();
    while let Some(item) = timeout(PATIENCE, body.next()).await.unwrap() {
        match item {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(error) => {
                assert!(timeout(PATIENCE, body.next()).await.unwrap().is_none());
                return (bytes, Some(error));
            }
        }
    }
    (bytes, None)
}

#[tokio::test]
async fn an_encoded_body_passes_as_it_is() {
    let start = "HTTP/1.1 203 Whatever\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\nset-cookie: a\r\nset-cookie: b\r\n\r\n";
    let raw = [0x1f, 0x8b, 0, 255, 1, 2, 3, 4, 5];
    let (address, heard) = answering(b"\r\n\r\n", [start.as_bytes(), &raw].concat()).await;
    let response = open(request(address)).await.unwrap();
    assert_eq!(response.status, 203);
    assert_eq!(response.headers.get("content-encoding").unwrap(), "gzip");
    assert_eq!(response.headers.get("content-length").unwrap(), "9");
    assert_eq!(response.headers.get_all("set-cookie").iter().count(), 2);
    assert_eq!(drain(response.body).await, (raw.to_vec(), None));
    let heard = String::from_utf8(heard.await.unwrap()).unwrap();
    assert!(heard.starts_with("GET /path?key=hunter2 HTTP/1.1\r\n") && !heard.contains("accept-encoding"), "{heard}");
}

#[tokio::test]
async fn a_body_of_unknown_length_goes_out_in_chunks() {
    let (address, heard) = answering(b"0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n").await;
    let response = open(upload(address, chunks(&["hello", ", world"], None))).await.unwrap();
    assert_eq!((response.status, drain(response.body).await), (204, (Vec::new(), None)));
    let heard = String::from_utf8(heard.await.unwrap()).unwrap();
    assert!(heard.contains("\r\ntransfer-encoding: chunked\r\n") && !heard.contains("content-length"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), "{heard}");
}

#[tokio::test]
async fn a_body_of_known_length_goes_out_bare_and_the_callers_framing_is_not_believed() {
    for body in [chunks(&["hello", ", world"], Some(12)), RequestBody::whole(Bytes::from_static(b"hello, world"))] {
        let (address, heard) = answering(b"world", "HTTP/1.1 204 No Content\r\n\r\n").await;
        let mut request = upload(address, body);
        request.headers.insert("content-length", "3".parse().unwrap());
        request.headers.insert("transfer-encoding", "chunked".parse().unwrap());
        open(request).await.unwrap();
        let heard = String::from_utf8(heard.await.unwrap()).unwrap();
        assert_eq!(heard.matches("\r\ncontent-length: 12\r\n").count(), 1, "{heard}");
        assert!(!heard.contains("transfer-encoding") && heard.ends_with("\r\n\r\nhello, world"), "{heard}");
    }
}

#[tokio::test]
async fn both_bodies_may_be_under_way_at_once() {
    let (address, talk) = peer(|mut stream| async move {
        hear(&mut stream, b"first\r\n").await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n").await.unwrap();
        hear(&mut stream, b"second\r\n0\r\n\r\n").await;
        stream.write_all(b"3\r\ntwo\r\n0\r\n\r\n").await.unwrap();
    })
    .await;
    let (sender, receiver) = oneshot::channel();
    let first = stream::iter([Ok::<_, oneshot::error::RecvError>(Bytes::from_static(b"first"))]);
    let body = RequestBody::stream(first.chain(stream::once(receiver)), None);
    let mut response = open(upload(address, body)).await.unwrap();
    assert_eq!(timeout(PATIENCE, response.body.next()).await.unwrap().unwrap().unwrap(), "one");
    sender.send(Bytes::from_static(b"second")).unwrap();
    assert_eq!(drain(response.body).await, (b"two".to_vec(), None));
    talk.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_peer_and_one_that_leaves_closes_the_connection() {
    let (blocked, is_blocked) = oneshot::channel();
    let (address, closed) = peer(|mut stream| async move {
        hear(&mut stream, b"\r\n\r\n").await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n").await.unwrap();
        let (chunk, mut written) = (vec![7; 65_536], 0);
        while let Ok(result) = timeout(BLOCKED, stream.write(&chunk)).await {
            written += result.unwrap();
            if written > ENDLESS {
                break;
            }
        }
        blocked.send(written).unwrap();
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let mut response = open(request(address)).await.unwrap();
    assert_eq!(timeout(PATIENCE, response.body.next()).await.unwrap().unwrap().unwrap()[0], 7);
    let written = timeout(PATIENCE, is_blocked).await.unwrap().unwrap();
    assert!(written < ENDLESS, "{written} bytes were taken though nobody read them");
    drop(response);
    timeout(PATIENCE, closed).await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn a_peer_that_stops_reading_stops_the_source_and_is_given_up_as_idle() {
    let (address, deaf) = peer(|stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let given = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&given);
    let endless = stream::repeat_with(move || {
        assert!(counted.fetch_add(65_536, Ordering::SeqCst) < ENDLESS, "the source is read though nobody takes it");
        Ok::<_, ()>(Bytes::from(vec![7; 65_536]))
    });
    let request = upload(address, RequestBody::stream(endless, None));
    let error = open(StreamingRequest { idle_timeout: BLOCKED, ..request }).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: TimeoutPhase::Idle });
    assert!(given.load(Ordering::SeqCst) > 65_536);
    deaf.abort();
}

#[tokio::test]
async fn a_source_that_stalls_is_idle_as_well() {
    let (address, closed) = peer(|mut stream| async move { hear(&mut stream, b"never").await }).await;
    let request = upload(address, RequestBody::stream(stream::pending::<Result<Bytes, ()>>(), None));
    let error = open(StreamingRequest { idle_timeout: Duration::from_millis(200), ..request }).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: TimeoutPhase::Idle });
    timeout(PATIENCE, closed).await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn a_body_that_is_cut_short_ends_with_an_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ] {
        let (address, _) = answering(b"\r\n\r\n", answer).await;
        let (bytes, error) = drain(open(request(address)).await.unwrap().body).await;
        assert_eq!(bytes, b"hello");
        assert!(matches!(error, Some(SendError::Interrupted(_))), "{answer}: {error:?}");
    }
}

#[tokio::test]
async fn a_pause_that_is_too_long_ends_the_body_and_the_connection() {
    let (address, closed) = peer(|mut stream| async move {
        hear(&mut stream, b"\r\n\r\n").await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await.unwrap();
        hear(&mut stream, b"never").await;
    })
    .await;
    let request = StreamingRequest { idle_timeout: Duration::from_millis(200), ..request(address) };
    let (bytes, error) = drain(open(request).await.unwrap().body).await;
    assert_eq!((bytes, error), (b"hello".to_vec(), Some(SendError::Timeout { phase: TimeoutPhase::Idle })));
    timeout(PATIENCE, closed).await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn a_head_that_does_not_come_is_given_up() {
    let (address, closed) = peer(|mut stream| async move { hear(&mut stream, b"never").await }).await;
    let request = StreamingRequest { head_timeout: Duration::from_millis(200), ..request(address) };
    let error = open(request).await.unwrap_err();
    assert_eq!(error, SendError::Timeout { phase: TimeoutPhase::Head });
    assert!(error.may_have_been_received());
    timeout(PATIENCE, closed).await.expect("the connection is closed").unwrap();
}

#[tokio::test]
async fn a_request_body_that_breaks_is_our_failure_and_the_peer_sees_it_cut_off() {
    let broken = || stream::iter([Ok(Bytes::from_static(b"hello")), Err("hunter2")]);
    for (body, problem) in [
        (RequestBody::stream(broken(), None), RequestBodyProblem::Broken),
        (RequestBody::stream(broken(), Some(10)), RequestBodyProblem::Broken),
        (chunks(&["hello"], Some(6)), RequestBodyProblem::WrongLength),
        (chunks(&["hello"], Some(4)), RequestBodyProblem::WrongLength),
    ] {
        let (address, heard) = peer(|mut stream| async move { hear(&mut stream, b"0\r\n\r\n").await }).await;
        let error = open(upload(address, body)).await.unwrap_err();
        assert_eq!(error, SendError::RequestBody(problem));
        assert!(!error.to_string().contains("hunter2"));
        let heard = timeout(PATIENCE, heard).await.expect("the connection is closed").unwrap();
        assert!(!heard.ends_with(b"0\r\n\r\n"));
    }
}

#[tokio::test]
async fn the_guard_denies_literals_and_names_before_a_socket_opens() {
    let canary = Canary::set();
    let own = client(&["localhost"]);
    own.policy().forbid_listener(([127, 0, 0, 1], canary.port()).into());
    for (client, host) in [(client(&[]), "127.0.0.1"), (client(&[]), "localhost"), (own, "localhost")] {
        let url = HttpUrl::parse(&format!("http://{host}:{}/", canary.port())).unwrap();
        let error = client.open(StreamingRequest { url, ..request(([127, 0, 0, 1], 1).into()) }).await.unwrap_err();
        assert!(matches!(error, SendError::EgressDenied(_)), "{host}: {error:?}");
    }
    canary.assert_untouched();
}

#[tokio::test]
async fn headers_have_the_limits_of_every_response() {
    let with = |count: usize| format!("HTTP/1.1 204 No Content\r\n{}\r\n", "a: b\r\n".repeat(count));
    let (address, _) = answering(b"\r\n\r\n", with(RESPONSE_HEADERS_MAX)).await;
    assert_eq!(open(request(address)).await.unwrap().headers.len(), RESPONSE_HEADERS_MAX);
    let (address, _) = answering(b"\r\n\r\n", with(RESPONSE_HEADERS_MAX + 1)).await;
    assert_eq!(open(request(address)).await.unwrap_err(), SendError::HeadersTooLarge);
}

#[tokio::test]
async fn a_streamed_request_shows_its_identity() {
    let authority = Authority::new("A private issuer");
    let identity = authority.client("a client");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::OfIssuer(authority.pem())).await;
    let url = HttpUrl::parse(&peer.url()).unwrap();
    let request = StreamingRequest { url, identity: Some(identity.clone()), ..request(peer.address) };
    let response = client_trusting(&authority.pem()).open(request).await.unwrap();
    let expected = format!("1 {}", identity.thumbprint_sha256());
    assert_eq!(drain(response.body).await, (expected.into_bytes(), None));
}

#[tokio::test]
async fn debug_shows_the_host_and_the_status_only() {
    let (address, _) = answering(b"\r\n\r\n", "HTTP/1.1 204 No Content\r\nx: hunter2\r\n\r\n").await;
    let request = request(address);
    assert_eq!(format!("{request:?}"), format!("StreamingRequest {{ method: GET, authority: \"{address}\", .. }}"));
    assert_eq!(format!("{:?}", open(request).await.unwrap()), "StreamingResponse { status: 204, .. }");
}
