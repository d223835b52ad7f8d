//! `/forward/{connectionKey}/{path…}` of the real binary, between callers and APIs that say every byte themselves.

mod breaking;
mod passing;
mod refused_token;
mod refusing;
mod streaming;

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::booted::Booted;
use crate::scripted::{Answer, PATIENCE, Peer};
use crate::stage::{Stage, counting_issuer, eventually, open_api};

/// What Latchkey's own answers name the exchange by, and the API's.
const EXCHANGE: &str = "latchkey-exchange";

/// One end of a connection, byte by byte.
struct Line {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// An API that says what its test says.
struct Upstream {
    listener: TcpListener,
    address: SocketAddr,
}

/// The head of a request or an answer.
struct Head {
    /// Its first line.
    start: String,
    /// Names in lower case, in order.
    headers: Vec<(String, String)>,
}

impl Line {
    fn new(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(PATIENCE, self.stream.write_all(bytes.as_ref())).await.unwrap().unwrap();
    }

    /// Reads a head.
    async fn head(&mut self) -> Head {
        loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                let text: Vec<u8> = self.unread.drain(..end + 4).collect();
                return Head::parse(std::str::from_utf8(&text).unwrap());
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await.unwrap().unwrap();
            assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&self.unread));
        }
    }

    /// Reads so many bytes of a body.
    async fn body(&mut self, length: usize) -> Vec<u8> {
        while self.unread.len() < length {
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await.unwrap().unwrap();
            assert!(read > 0, "closed after {} bytes", self.unread.len());
        }
        self.unread.drain(..length).collect()
    }

    /// Everything up to the end of the connection, however it ends.
    async fn rest(mut self) -> Vec<u8> {
        while timeout(PATIENCE, self.stream.read_buf(&mut self.unread)).await.unwrap().is_ok_and(|read| read > 0) {}
        self.unread
    }
}

impl Head {
    fn parse(text: &str) -> Self {
        let mut lines = text.trim_end().split("\r\n");
        let start = lines.next().unwrap().to_owned();
        let pairs = lines.map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
        Self { start, headers: pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn status(&self) -> u16 {
        self.start.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

impl Upstream {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    /// The next connection.
    async fn accept(&self) -> Line {
        Line::new(timeout(PATIENCE, self.listener.accept()).await.unwrap().unwrap().0)
    }
}

/// A server with a connection `raw` to an upstream.
struct Course {
    stage: Stage,
    upstream: Upstream,
}

impl Course {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let settings = [&[("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8")], settings].concat();
        let stage = Stage::with(counting_issuer().await, open_api().await, &settings).await;
        let upstream = Upstream::start().await;
        stage.connect("raw", json!({ "baseUrl": format!("http://{}/base", upstream.address) })).await;
        Self { stage, upstream }
    }

    /// Sends the head of a request for `raw`.
    async fn ask(&self, method: &str, more: &str) -> Line {
        ask(&self.stage.server, &format!("{method} /forward/raw/x HTTP/1.1"), more).await
    }

    /// Waits until an exchange has ended so; the payload of the event.
    async fn ended(&self, event_type: &str) -> Value {
        ended(&self.stage, event_type).await
    }
}

/// A server whose connection `api` has the scripted API for its base.
async fn scripted(api: Peer) -> Stage {
    let stage = Stage::new(counting_issuer().await, api).await;
    stage.connect("api", json!({ "baseUrl": stage.api.url("/base") })).await;
    stage
}

async fn ok_api() -> Peer {
    Peer::saying(Answer::text(200, "ok")).await
}

/// Opens a connection and sends a head with the right credentials; `more` are lines with their ends.
async fn ask(server: &Booted, start: &str, more: &str) -> Line {
    let address = server.url.trim_start_matches("http://");
    let mut line = Line::new(TcpStream::connect(address).await.unwrap());
    line.say(format!("{start}\r\nhost: {address}\r\nauthorization: Bearer {}\r\n{more}\r\n", server.token)).await;
    line
}

async fn ended(stage: &Stage, event_type: &str) -> Value {
    let mut found = Value::Null;
    eventually(event_type, async || {
        found = stage.recorded(event_type).pop().unwrap_or_default();
        !found.is_null()
    })
    .await;
    found
}

/// The code of one of Latchkey's own answers, which says so in both places.
async fn refusal(line: &mut Line) -> (u16, String) {
    let head = line.head().await;
    let length = head.get("content-length").unwrap().parse().unwrap();
    let problem: Value = serde_json::from_slice(&line.body(length).await).unwrap();
    assert_eq!(head.get("content-type"), Some("application/problem+json"));
    assert_eq!(problem["status"], head.status());
    assert_eq!(problem["code"].as_str(), head.get("latchkey-error"), "{problem}");
    (head.status(), problem["code"].as_str().unwrap().to_owned())
}
