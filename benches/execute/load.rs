//! The load: keep-alive connections over plain TCP that send the same bytes again as soon as an answer is there.
//!
//! Not an HTTP client: a client's own work would compete with the server for the machine's cores.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::machine::{latencies, now};

/// Largest answer that is taken.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// What a whole answer's first line begins with.
const OK: &[u8] = b"HTTP/1.1 200 ";

/// One request to send for ever, and how to know a right answer to it.
pub(crate) struct Load {
    address: SocketAddr,
    request: Arc<[u8]>,
    expected: &'static [&'static str],
}

/// What was counted since the last reset.
pub(crate) struct Sums {
    pub(crate) answers: u64,
    /// Answers that were not 200 or lack something expected.
    pub(crate) wrong: u64,
    pub(crate) first_wrong: Option<String>,
    /// Since the reset.
    pub(crate) took: Duration,
    /// Nanoseconds from the first byte sent to the last byte read.
    pub(crate) latency: Histogram<u64>,
    since: Instant,
}

/// Load under way.
pub(crate) struct Driving {
    tally: Arc<Mutex<Sums>>,
    stop: Arc<AtomicBool>,
    connections: JoinSet<anyhow::Result<()>>,
}

impl Load {
    /// `expected`: texts that must be in a right answer's body.
    pub(crate) fn new(address: SocketAddr, request: &str, expected: &'static [&'static str]) -> Self {
        Self { address, request: request.as_bytes().into(), expected }
    }

    /// Opens the connections and starts to send.
    pub(crate) async fn drive(&self, connections: usize) -> anyhow::Result<Driving> {
        let mut driving =
            Driving { tally: Arc::new(Mutex::new(Sums::new()?)), stop: Arc::default(), connections: JoinSet::new() };
        for _ in 0..connections {
            let connection = Connection::open(self.address).await?;
            let (request, expected) = (Arc::clone(&self.request), self.expected);
            let (tally, stop) = (Arc::clone(&driving.tally), Arc::clone(&driving.stop));
            driving.connections.spawn(send_until(stop, connection, request, move |answer, took| {
                let is_right = answer.is_right(expected);
                let mut sums = tally.lock().unwrap_or_else(PoisonError::into_inner);
                sums.count(took);
                if !is_right {
                    sums.wrong += 1;
                    sums.first_wrong.get_or_insert_with(|| answer.text());
                }
            }));
        }
        Ok(driving)
    }
}

async fn send_until(
    stop: Arc<AtomicBool>,
    mut connection: Connection,
    request: Arc<[u8]>,
    count: impl Fn(&Answer<'_>, Duration),
) -> anyhow::Result<()> {
    while !stop.load(Ordering::Relaxed) {
        let start = now();
        let answer = connection.exchange(&request).await?;
        count(&answer, start.elapsed());
    }
    Ok(())
}

impl Driving {
    /// Forgets what was counted, and counts from now on.
    pub(crate) fn reset(&self) -> anyhow::Result<()> {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = Sums::new()?;
        Ok(())
    }

    /// Takes what was counted.
    pub(crate) fn sums(&self) -> anyhow::Result<Sums> {
        let mut sums = std::mem::replace(&mut *self.tally.lock().unwrap_or_else(PoisonError::into_inner), Sums::new()?);
        sums.took = sums.since.elapsed();
        Ok(sums)
    }

    /// Ends after the answers that are under way.
    ///
    /// # Errors
    /// A connection broke, at whatever time.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(ended) = self.connections.join_next().await {
            ended??;
        }
        Ok(())
    }
}

impl Sums {
    fn new() -> anyhow::Result<Self> {
        let latency = latencies()?;
        Ok(Self { answers: 0, wrong: 0, first_wrong: None, took: Duration::ZERO, latency, since: now() })
    }

    fn count(&mut self, took: Duration) {
        self.answers += 1;
        self.latency.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// One HTTP/1.1 connection, for answers that state their length.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// One answer, still in the connection's buffer.
pub(crate) struct Answer<'a> {
    head: &'a [u8],
    body: &'a [u8],
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        self.received.clear();
        self.stream.write_all(request).await?;
        let mut head_end = None;
        loop {
            ensure!(self.stream.read_buf(&mut self.received).await? > 0, "the peer hung up");
            ensure!(self.received.len() < ANSWER_BYTES_MAX, "the answer has no end");
            if head_end.is_none() {
                head_end = self.received.windows(4).position(|window| window == b"\r\n\r\n");
            }
            let Some(end) = head_end else { continue };
            let (head, rest) = self.received.split_at(end);
            let length = content_length(head)?;
            if rest.len() - 4 >= length {
                break;
            }
        }
        let (head, body) = self.received.split_at(head_end.context("the answer has no head")?);
        Ok(Answer { head, body: body.get(4..).unwrap_or_default() })
    }
}

impl Answer<'_> {
    fn is_right(&self, expected: &[&str]) -> bool {
        let body = std::str::from_utf8(self.body).unwrap_or_default();
        self.head.starts_with(OK) && expected.iter().all(|text| body.contains(text))
    }

    /// Head and body, for showing them.
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", String::from_utf8_lossy(self.head), String::from_utf8_lossy(self.body))
    }

    pub(crate) fn body(&self) -> &[u8] {
        self.body
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    for line in std::str::from_utf8(head)?.split("\r\n") {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok(value.trim().parse()?);
        }
    }
    bail!("an answer without its length: {}", String::from_utf8_lossy(head))
}
