//! Client certificates and trusted roots over real TLS.

use std::time::Duration;

use latchkey::domain::HttpUrl;
use latchkey::net::header::HeaderMap;
use latchkey::net::{BodyOverflow, ClientIdentity, HttpClient, Method, OutboundRequest, SendError};

use crate::booted::latchkey;
use crate::net::client as untrusting_client;
use crate::tls_peer::{Authority, Clients, TlsPeer, client_trusting};

const FIXTURE_CA: &str = include_str!("../identities/ca.pem");

/// Sends a request and gives the words of the peer: the number of the connection and what the client had shown.
async fn ask(client: &HttpClient, peer: &TlsPeer, identity: Option<&ClientIdentity>) -> Result<String, SendError> {
    let request = OutboundRequest {
        method: Method::GET,
        url: HttpUrl::parse(&peer.url()).unwrap(),
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(20),
        response_bytes_max: 1_000,
        overflow: BodyOverflow::Fail,
        identity: identity.cloned(),
    };
    client.send(request).await.map(|response| String::from_utf8(response.body.bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_server_that_requires_a_certificate_lets_the_right_identity_in() {
    let authority = Authority::new("A private issuer");
    let identity = authority.client("a client");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::OfIssuer(authority.pem())).await;
    let answer = ask(&client_trusting(&authority.pem()), &peer, Some(&identity)).await.unwrap();
    assert_eq!(answer, format!("1 {}", identity.thumbprint_sha256()));
}

#[tokio::test]
async fn identities_from_every_kind_of_file_are_let_in() {
    let authority = Authority::new("A private issuer");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::OfIssuer(FIXTURE_CA.to_owned())).await;
    let client = client_trusting(&authority.pem());
    let identities = [
        ClientIdentity::from_pem(include_str!("../identities/ec_sec1.pem")),
        ClientIdentity::from_pem(include_str!("../identities/rsa_pkcs1.pem")),
        ClientIdentity::from_pem(include_str!("../identities/rsa_pkcs8.pem")),
        ClientIdentity::from_pkcs12(include_bytes!("../identities/modern.p12"), "hunter2"),
        ClientIdentity::from_pkcs12(include_bytes!("../identities/legacy.p12"), "hunter2"),
    ];
    for identity in identities {
        let identity = identity.unwrap();
        let answer = ask(&client, &peer, Some(&identity)).await.unwrap();
        assert!(answer.ends_with(&identity.thumbprint_sha256()), "{answer}");
    }
}

#[tokio::test]
async fn a_refused_client_certificate_is_a_tls_failure_and_nothing_was_received() {
    let (authority, other) = (Authority::new("A private issuer"), Authority::new("Another issuer"));
    let stranger = other.client("a stranger");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let clients = Clients::OfIssuer(authority.pem());
        let peer = TlsPeer::speaking(&[version], authority.server((2020, 2100)), clients).await;
        let client = client_trusting(&authority.pem());
        for identity in [None, Some(&stranger)] {
            let error = ask(&client, &peer, identity).await.unwrap_err();
            assert!(matches!(&error, SendError::Tls(text) if text.contains("alert")), "{version:?}: {error:?}");
            assert!(!error.may_have_been_received());
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let known = authority.client("a client");
        assert!(ask(&client, &peer, Some(&known)).await.is_ok());
    }
}

#[tokio::test]
async fn a_connection_that_one_identity_opened_never_carries_another() {
    let authority = Authority::new("A private issuer");
    let (a, b) = (authority.client("client a"), authority.client("client b"));
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::Asked(authority.pem())).await;
    let client = client_trusting(&authority.pem());
    let shown_by = |number: u32, identity: &ClientIdentity| format!("{number} {}", identity.thumbprint_sha256());
    assert_eq!(ask(&client, &peer, Some(&a)).await.unwrap(), shown_by(1, &a));
    assert_eq!(ask(&client, &peer, Some(&b)).await.unwrap(), shown_by(2, &b));
    assert_eq!(ask(&client, &peer, None).await.unwrap(), "3 nothing");
    // Each connection is still open, and goes on to serve those who opened it.
    assert_eq!(ask(&client, &peer, Some(&a)).await.unwrap(), shown_by(1, &a));
    assert_eq!(ask(&client.clone(), &peer, Some(&b)).await.unwrap(), shown_by(2, &b));
    assert_eq!(ask(&client, &peer, None).await.unwrap(), "3 nothing");
}

#[tokio::test]
async fn a_server_of_an_unknown_issuer_is_refused_with_an_identity_as_without() {
    let authority = Authority::new("A private issuer");
    let identity = authority.client("a client");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::Asked(authority.pem())).await;
    let other = client_trusting(&Authority::new("Another issuer").pem());
    for client in [untrusting_client(&["127.0.0.1"]), other] {
        for identity in [None, Some(&identity)] {
            let error = ask(&client, &peer, identity).await.unwrap_err();
            assert!(matches!(&error, SendError::Tls(text) if text.contains("UnknownIssuer")), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_has_ended_is_refused_though_its_issuer_is_trusted() {
    let authority = Authority::new("A private issuer");
    let peer = TlsPeer::start(authority.server((2020, 2021)), Clients::Anybody).await;
    let error = ask(&client_trusting(&authority.pem()), &peer, None).await.unwrap_err();
    assert!(matches!(&error, SendError::Tls(text) if text.contains("expired")), "{error:?}");
}

#[test]
fn the_start_fails_when_trusted_certificates_can_not_be_read_and_names_the_setting() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (path, reason) in [(directory.path().join("missing.pem"), "could not be read"), (empty, "has no certificate")] {
        let mut command = latchkey(&directory.path().join("data"));
        command.arg("serve").env("LATCHKEY_EGRESS__TRUSTED_CERTIFICATES", &path);
        let output = command.env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:0").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("egress.trusted_certificates") && said.contains(reason), "{said}");
        assert!(said.contains(path.to_str().unwrap()), "{said}");
    }
}
