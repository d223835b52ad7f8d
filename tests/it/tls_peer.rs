//! A TLS server in the test's own process, with certificates that the test makes.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use latchkey::net::{ClientIdentity, ClientTimeouts, EgressPolicy, HttpClient, TrustedCertificates};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An issuer of certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key of a client.
    pub(crate) fn client(&self, name: &str) -> ClientIdentity {
        ClientIdentity::from_pem(&self.client_pem(name)).unwrap()
    }

    /// Certificate and key of a client, as PEM.
    pub(crate) fn client_pem(&self, name: &str) -> String {
        let mut params = named(name, &[]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        format!("{}{}", certificate.pem(), key.serialize_pem())
    }

    /// What a server on loopback shows; `years` are those in which it is valid, from the start of one to that of another.
    pub(crate) fn server(&self, years: (i32, i32)) -> Shown {
        let mut params = named("the server", &["127.0.0.1", "localhost"]);
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Shown { chain: vec![certificate.der().clone()], key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
    }
}

/// What a server shows of itself.
pub(crate) struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// What a server thinks of clients.
pub(crate) enum Clients {
    Anybody,
    /// Asks, and lets those in that have nothing to show.
    Asked(String),
    /// Lets in who has a certificate of this issuer (PEM).
    OfIssuer(String),
}

impl Clients {
    fn verifier(self) -> Arc<dyn ClientCertVerifier> {
        let builder = |issuer: String| {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(issuer.as_bytes()).unwrap()).unwrap();
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
        };
        match self {
            Self::Anybody => WebPkiClientVerifier::no_client_auth(),
            Self::Asked(issuer) => builder(issuer).allow_unauthenticated().build().unwrap(),
            Self::OfIssuer(issuer) => builder(issuer).build().unwrap(),
        }
    }
}

/// Answers each request with the number of its connection and the hash of the client's certificate.
pub(crate) struct TlsPeer {
    pub(crate) address: SocketAddr,
}

impl TlsPeer {
    pub(crate) async fn start(shown: Shown, clients: Clients) -> Self {
        Self::speaking(&[&rustls::version::TLS13, &rustls::version::TLS12], shown, clients).await
    }

    pub(crate) async fn speaking(
        versions: &[&'static SupportedProtocolVersion],
        shown: Shown,
        clients: Clients,
    ) -> Self {
        let acceptor = acceptor(versions, shown, clients);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for number in 1.. {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(acceptor.clone(), stream, number));
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://{}/path?key=hunter2", self.address)
    }
}

/// What makes a TLS server of a listener.
pub(crate) fn acceptor(versions: &[&'static SupportedProtocolVersion], shown: Shown, clients: Clients) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_client_cert_verifier(clients.verifier())
        .with_single_cert(shown.chain, shown.key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, number: usize) {
    let mut stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((_, mut stream)) => {
            // Closing with bytes unread would reset the connection, and the alert would be lost on the way.
            let mut buffer = [0; 1_024];
            while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
            return;
        }
    };
    let shown = stream.get_ref().1.peer_certificates().map_or("nothing".to_owned(), |chain| thumbprint(&chain[0]));
    let body = format!("{number} {shown}");
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut buffer = [0; 16_384];
    while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

pub(crate) fn thumbprint(der: &[u8]) -> String {
    use base64::Engine;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}

/// A client that may call loopback and trusts these certificates (PEM) besides the platform's.
pub(crate) fn client_trusting(pem: &str) -> HttpClient {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pem.as_bytes()).unwrap();
    let trusted = TrustedCertificates::read(file.path()).unwrap();
    let timeouts = ClientTimeouts { dns: Duration::from_secs(5), connect: Duration::from_secs(20) };
    HttpClient::trusting(&trusted, EgressPolicy::parse(&["127.0.0.1", "localhost"]).unwrap(), timeouts).unwrap()
}
