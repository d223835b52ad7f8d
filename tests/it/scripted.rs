//! A scripted HTTP/1.1 server in the test's own process: it remembers every request and answers as the test says.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::tls_peer::thumbprint;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A request as it came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Names in lower case, in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The thumbprint of the certificate that the client showed.
    pub(crate) certificate: Option<String>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a field of a form-encoded body.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.body.as_bytes());
        pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }
}

/// An answer to send.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json", body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, "text/plain", body)
    }

    /// A token that lives for an hour.
    pub(crate) fn token(value: &str) -> Self {
        Self::json(200, &json!({ "access_token": value, "token_type": "Bearer", "expires_in": 3_600 }))
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn encode(&self, to: &Heard) -> Vec<u8> {
        let headers: String = self.headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
        let head = format!("HTTP/1.1 {} Scripted\r\ncontent-length: {}\r\n{headers}\r\n", self.status, self.body.len());
        let body: &[u8] = if to.method == "HEAD" { &[] } else { &self.body };
        [head.as_bytes(), body].concat()
    }
}

/// The server. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Seen>,
}

struct Seen {
    requests: Mutex<Vec<Heard>>,
    count: watch::Sender<usize>,
    connections: AtomicUsize,
}

impl Peer {
    /// Starts a server on a free port of loopback. `answer` runs once for each request.
    pub(crate) async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(Heard) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::listening(None, answer).await
    }

    /// As [`Peer::start`], over TLS.
    pub(crate) async fn over_tls<F, A>(tls: TlsAcceptor, answer: F) -> Self
    where
        F: Fn(Heard) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        Self::listening(Some(tls), answer).await
    }

    async fn listening<F, A>(tls: Option<TlsAcceptor>, answer: F) -> Self
    where
        F: Fn(Heard) -> A + Send + Sync + 'static,
        A: Future<Output = Answer> + Send + 'static,
    {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen {
            requests: Mutex::default(),
            count: watch::Sender::new(0),
            connections: AtomicUsize::new(0),
        });
        let (answer, noted) = (Arc::new(answer), Arc::clone(&seen));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).ok();
                noted.connections.fetch_add(1, Ordering::SeqCst);
                let (tls, noted, answer) = (tls.clone(), Arc::clone(&noted), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(tls) = tls else { return serve((stream, None), noted, answer).await };
                    // One that broke off the handshake was never a client.
                    let Ok(stream) = tls.accept(stream).await else { return };
                    let shown = stream.get_ref().1.peer_certificates().map(|chain| thumbprint(&chain[0]));
                    serve((stream, shown), noted, answer).await;
                });
            }
        });
        Self { address, scheme, seen }
    }

    /// A server that says the same to everybody.
    pub(crate) async fn saying(answer: Answer) -> Self {
        Self::start(move |_| std::future::ready(answer.clone())).await
    }

    /// A server that hears everything and never says a word.
    pub(crate) async fn silent() -> Self {
        Self::start(|_| std::future::pending()).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// All requests so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        *self.seen.count.borrow()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until so many requests have come.
    pub(crate) async fn has_heard(&self, count: usize) {
        let mut counts = self.seen.count.subscribe();
        let waited = timeout(PATIENCE, counts.wait_for(|now| *now >= count)).await;
        waited.unwrap_or_else(|_| panic!("{} of {count} requests have come", self.count())).unwrap();
    }
}

/// Serves one connection until the client closes it.
async fn serve<S, F, A>((mut stream, certificate): (S, Option<String>), seen: Arc<Seen>, answer: Arc<F>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Fn(Heard) -> A,
    A: Future<Output = Answer>,
{
    let mut unread = Vec::new();
    while let Some(heard) = read_request(&mut stream, &mut unread).await {
        let heard = Heard { certificate: certificate.clone(), ..heard };
        seen.requests.lock().unwrap().push(heard.clone());
        seen.count.send_modify(|count| *count += 1);
        let encoded = answer(heard.clone()).await.encode(&heard);
        if stream.write_all(&encoded).await.is_err() {
            return;
        }
    }
}

/// The next request; `None` when the client has closed, or was killed in the middle of one.
async fn read_request(stream: &mut (impl AsyncRead + Unpin), unread: &mut Vec<u8>) -> Option<Heard> {
    let mut buffer = vec![0; 16_384];
    loop {
        if let Some((heard, length)) = parse(unread) {
            unread.drain(..length);
            return Some(heard);
        }
        let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
        unread.extend_from_slice(&buffer[..length]);
    }
}

/// A whole request and its length in bytes.
fn parse(bytes: &[u8]) -> Option<(Heard, usize)> {
    let body_start = 4 + bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let start_and_headers = std::str::from_utf8(&bytes[..body_start]).unwrap();
    let mut lines = start_and_headers.trim_end().split("\r\n");
    let mut request_line = lines.next()?.split(' ');
    let (method, target) = (request_line.next()?.to_owned(), request_line.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let announced = headers.iter().find(|(name, _)| name == "content-length");
    let body_end = body_start + announced.map_or(0, |(_, length)| length.parse::<usize>().unwrap());
    let body = bytes.get(body_start..body_end)?;
    let body = String::from_utf8_lossy(body).into_owned();
    let (path, query) = (path.to_owned(), query.to_owned());
    let heard = Heard { method, path, query, headers, body, certificate: None };
    Some((heard, body_end))
}
