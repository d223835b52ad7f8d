//! Tries the way to a server step by step, for whoever wants to know where it ends: name, connection, TLS.
//!
//! Nothing is asked of the server. Each step goes through the same guard, roots and limits as a request would, and none
//! uses a connection or a session that is there already.

use std::fmt;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::client::ResolvesClientCert;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use rustls::{ProtocolVersion, SignatureScheme};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::cause;
use super::certificate::{self, CertificateFacts};
use super::client::HttpClient;
use super::error::{SendError, TimeoutPhase};
use super::identity::ClientIdentity;
use super::resolver::DnsFailure;
use super::tls;
use crate::domain::HttpUrl;

/// How long a server is given to refuse a client certificate after the handshake. One that says nothing until it is asked
/// something has to be taken at that.
const VERDICT_MAX: Duration = Duration::from_secs(1);

/// How far the way to a server goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// From the name to addresses that the guard lets through.
    pub dns: ProbeStep,
    /// The TCP connection.
    pub connect: ProbeStep,
    /// The TLS handshake; skipped for `http`.
    pub tls: ProbeStep,
    /// When the server's certificate ends, where the handshake went well.
    pub certificate_ends: Option<DateTime<Utc>>,
}

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeStep {
    /// It went well.
    Passed {
        /// How long it took.
        took: Duration,
        /// What was found, for people.
        detail: String,
    },
    /// It failed, and the steps after it were skipped.
    Failed {
        /// How long it took.
        took: Duration,
        /// Why.
        error: SendError,
    },
    /// It was not tried.
    Skipped,
}

impl HttpClient {
    /// Tries the way to the URL's server, and closes the connection again. All steps together end by `limit`.
    pub async fn probe(&self, url: &HttpUrl, identity: Option<&ClientIdentity>, limit: Duration) -> Probe {
        let deadline = Instant::now() + limit;
        let skipped = || ProbeStep::Skipped;
        let mut probe = Probe { dns: skipped(), connect: skipped(), tls: skipped(), certificate_ends: None };
        let addresses = step(&mut probe.dns, self.addresses(url, deadline)).await;
        let Some(addresses) = addresses else { return probe };
        // As for a request: connection and handshake share one limit.
        let deadline = deadline.min(Instant::now() + self.pools.timeouts().connect);
        let stream = step(&mut probe.connect, self.connection(url, &addresses, deadline)).await;
        let Some(stream) = stream else { return probe };
        if url.as_url().scheme() == "https" {
            let handshake = self.handshake(Handshake { url, identity, deadline }, stream);
            probe.certificate_ends = step(&mut probe.tls, handshake).await.flatten();
        }
        probe
    }

    async fn addresses(&self, url: &HttpUrl, deadline: Instant) -> Result<(Vec<SocketAddr>, String), SendError> {
        self.policy.check_url(url).map_err(SendError::EgressDenied)?;
        let name = match url.typed_host() {
            Some(Host::Domain(name)) => name,
            Some(Host::Ipv4(ip)) => return Ok(literal(SocketAddr::new(ip.into(), url.port()))),
            Some(Host::Ipv6(ip)) => return Ok(literal(SocketAddr::new(ip.into(), url.port()))),
            None => return Err(SendError::Unsendable("the URL has no host".to_owned())),
        };
        let answers = timeout_at(deadline, self.pools.resolver().answers(name, url.port())).await;
        let answers = answers.unwrap_or(Err(DnsFailure::TimedOut)).map_err(SendError::Dns)?;
        self.policy.check_answers(name, &answers).map_err(SendError::EgressDenied)?;
        let list: Vec<String> = answers.iter().map(|answer| answer.ip().to_string()).collect();
        Ok((answers, list.join(", ")))
    }

    async fn connection(
        &self,
        url: &HttpUrl,
        addresses: &[SocketAddr],
        deadline: Instant,
    ) -> Result<(TcpStream, String), SendError> {
        let mut outcome = Err(SendError::Timeout { phase: TimeoutPhase::Connect });
        for (tried, address) in addresses.iter().enumerate() {
            // One address that swallows everything must not take the time of those after it.
            let share = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
            let limit = deadline.saturating_duration_since(Instant::now()) / share;
            match timeout(limit, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    let peer = stream.peer_addr().ok();
                    self.policy.verify_peer(url, peer).map_err(SendError::PeerDenied)?;
                    return Ok((stream, address.to_string()));
                }
                Ok(Err(error)) => outcome = Err(SendError::Connect(cause::root_text(&error))),
                Err(_) => outcome = Err(SendError::Timeout { phase: TimeoutPhase::Connect }),
            }
        }
        outcome
    }

    async fn handshake(
        &self,
        handshake: Handshake<'_>,
        stream: TcpStream,
    ) -> Result<(Option<DateTime<Utc>>, String), SendError> {
        let failed = |error: &(dyn std::error::Error + 'static)| SendError::Tls(cause::root_text(error));
        let Handshake { url, identity, deadline } = handshake;
        let asked = Arc::new(Asked { answer: tls::resolver(identity), was_asked: AtomicBool::new(false) });
        let config = self.pools.trust().config_with(asked.clone()).map_err(|error| failed(&error))?;
        let name = server_name(url).ok_or_else(|| SendError::Tls("the host can't be in a certificate".to_owned()))?;
        let connector = TlsConnector::from(Arc::new(config));
        let shaken = async {
            let mut stream = connector.connect(name, stream).await.map_err(|error| failed(&error))?;
            if asked.was_asked.load(Ordering::Relaxed) && version(&stream) == Some(ProtocolVersion::TLSv1_3) {
                let verdict = timeout(VERDICT_MAX, poll_fn(|cx| poll_verdict(&mut stream, cx))).await;
                // Silence is consent.
                verdict.unwrap_or(Ok(()))?;
            }
            let words = certificate_words(asked.was_asked.load(Ordering::Relaxed), identity.is_some());
            Ok((leaf(&stream).map(|facts| facts.not_after), describe(&stream, words)))
        };
        match timeout_at(deadline, shaken).await {
            Ok(shaken) => shaken,
            Err(_) => Err(SendError::Timeout { phase: TimeoutPhase::Connect }),
        }
    }
}

struct Handshake<'a> {
    url: &'a HttpUrl,
    identity: Option<&'a ClientIdentity>,
    deadline: Instant,
}

/// Runs one step and writes down how it ended; `None` when it failed.
async fn step<T>(slot: &mut ProbeStep, trial: impl Future<Output = Result<(T, String), SendError>>) -> Option<T> {
    let start = Instant::now();
    match trial.await {
        Ok((found, detail)) => {
            *slot = ProbeStep::Passed { took: start.elapsed(), detail };
            Some(found)
        }
        Err(error) => {
            *slot = ProbeStep::Failed { took: start.elapsed(), error };
            None
        }
    }
}

fn literal(address: SocketAddr) -> (Vec<SocketAddr>, String) {
    (vec![address], format!("{} (the URL names the address)", address.ip()))
}

fn server_name(url: &HttpUrl) -> Option<ServerName<'static>> {
    match url.typed_host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::from(std::net::IpAddr::from(ip))),
        Host::Ipv6(ip) => Some(ServerName::from(std::net::IpAddr::from(ip))),
    }
}

/// Waits for a sign that the server has judged our certificate.
///
/// In TLS 1.3 it does so only after the handshake has ended on our side (RFC 8446 section 4.4.2.4). A ticket for the next
/// session, or any data, means that it has accepted; an alert or an end, that it has not.
fn poll_verdict(stream: &mut TlsStream<TcpStream>, cx: &mut std::task::Context<'_>) -> Poll<Result<(), SendError>> {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
            let text = "the server closed the connection when it had seen the client certificate, or none";
            Poll::Ready(Err(SendError::Tls(text.to_owned())))
        }
        Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(SendError::Tls(cause::root_text(&error)))),
        Poll::Pending if stream.get_ref().1.tls13_tickets_received() > 0 => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    }
}

fn version(stream: &TlsStream<TcpStream>) -> Option<ProtocolVersion> {
    stream.get_ref().1.protocol_version()
}

/// What the server's own certificate says.
fn leaf(stream: &TlsStream<TcpStream>) -> Option<CertificateFacts> {
    let chain = stream.get_ref().1.peer_certificates()?;
    chain.first().and_then(|leaf| certificate::facts(leaf))
}

fn describe(stream: &TlsStream<TcpStream>, client_certificate: Option<&str>) -> String {
    let connection = stream.get_ref().1;
    let mut parts = vec![match version(stream) {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
        other => format!("TLS {other:?}"),
    }];
    // What the server says is one of what was offered, so it is text.
    parts.push(
        connection
            .alpn_protocol()
            .map_or_else(|| "no ALPN".to_owned(), |protocol| format!("ALPN {}", String::from_utf8_lossy(protocol))),
    );
    if let Some(facts) = leaf(stream) {
        let until = facts.not_after.format("%Y-%m-%d");
        parts.push(format!("certificate valid until {until}, issued by {}", facts.issuer));
    }
    parts.extend(client_certificate.map(str::to_owned));
    parts.join("; ")
}

fn certificate_words(was_asked: bool, has_identity: bool) -> Option<&'static str> {
    match (was_asked, has_identity) {
        (true, true) => Some("a client certificate was asked for and shown"),
        (true, false) => Some("a client certificate was asked for, but there is none"),
        (false, true) => Some("no client certificate was asked for"),
        (false, false) => None,
    }
}

/// Remembers whether the server asked for a client certificate.
struct Asked {
    answer: Arc<dyn ResolvesClientCert>,
    was_asked: AtomicBool,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, issuers: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.answer.resolve(issuers, schemes)
    }

    fn has_certs(&self) -> bool {
        self.answer.has_certs()
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("was_asked", &self.was_asked).finish_non_exhaustive()
    }
}
