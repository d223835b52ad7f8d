//! The probe of the way to a server, over real sockets.

use std::time::Duration;

use latchkey::domain::HttpUrl;
use latchkey::net::{ClientIdentity, DnsFailure, HttpClient, Probe, ProbeStep, SendError, TimeoutPhase};

use crate::net::{Canary, client};
use crate::tls_peer::{Authority, Clients, TlsPeer, client_trusting};

async fn probe(client: &HttpClient, url: &str, identity: Option<&ClientIdentity>) -> Probe {
    client.probe(&HttpUrl::parse(url).unwrap(), identity, Duration::from_secs(20)).await
}

fn detail(step: &ProbeStep) -> &str {
    match step {
        ProbeStep::Passed { detail, .. } => detail,
        other => panic!("{other:?}"),
    }
}

fn failure(step: &ProbeStep) -> &SendError {
    match step {
        ProbeStep::Failed { error, .. } => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_step_of_a_good_way_tells_what_it_found() {
    let authority = Authority::new("A private issuer");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::Anybody).await;
    let client = client_trusting(&authority.pem());
    let probe = probe(&client, &format!("https://localhost:{}/", peer.address.port()), None).await;
    assert!(detail(&probe.dns).contains("127.0.0.1"), "{probe:?}");
    assert_eq!(detail(&probe.connect), peer.address.to_string());
    let expected = "TLS 1.3; no ALPN; certificate valid until 2100-01-01, issued by A private issuer";
    assert_eq!(detail(&probe.tls), expected);
}

#[tokio::test]
async fn plain_http_needs_no_handshake_and_a_literal_no_look_up() {
    let listener = Canary::set();
    let probe = probe(&client(&["127.0.0.1"]), &format!("http://127.0.0.1:{}/", listener.port()), None).await;
    assert_eq!(detail(&probe.dns), "127.0.0.1 (the URL names the address)");
    assert_eq!(detail(&probe.connect), format!("127.0.0.1:{}", listener.port()));
    assert_eq!(probe.tls, ProbeStep::Skipped);
}

#[tokio::test]
async fn the_guard_denies_before_a_socket_opens() {
    let canary = Canary::set();
    let own = client(&["localhost"]);
    own.policy().forbid_listener(([127, 0, 0, 1], canary.port()).into());
    for (client, host) in [(client(&[]), "127.0.0.1"), (client(&[]), "localhost"), (own, "localhost")] {
        let probe = probe(&client, &format!("https://{host}:{}/", canary.port()), None).await;
        assert!(matches!(failure(&probe.dns), SendError::EgressDenied(_)), "{probe:?}");
        assert_eq!((probe.connect, probe.tls), (ProbeStep::Skipped, ProbeStep::Skipped));
    }
    canary.assert_untouched();
}

#[tokio::test]
async fn a_name_that_does_not_exist_fails_at_the_first_step() {
    let probe = probe(&client(&[]), "https://nobody.invalid/", None).await;
    assert!(matches!(failure(&probe.dns), SendError::Dns(DnsFailure::NotResolved { .. })), "{probe:?}");
    assert_eq!((probe.connect, probe.tls), (ProbeStep::Skipped, ProbeStep::Skipped));
}

#[tokio::test]
async fn a_closed_port_fails_at_the_second_step() {
    let closed = Canary::set().port();
    let probe = probe(&client(&["127.0.0.1"]), &format!("https://127.0.0.1:{closed}/"), None).await;
    assert!(matches!(failure(&probe.connect), SendError::Connect(_)), "{probe:?}");
    assert_eq!(probe.tls, ProbeStep::Skipped);
}

#[tokio::test]
async fn certificates_that_are_not_good_fail_at_the_third_step() {
    let authority = Authority::new("A private issuer");
    let trusting = client_trusting(&authority.pem());
    let expired = TlsPeer::start(authority.server((2020, 2021)), Clients::Anybody).await;
    let strange = TlsPeer::start(Authority::new("Another issuer").server((2020, 2100)), Clients::Anybody).await;
    for (peer, reason) in [(expired, "expired"), (strange, "UnknownIssuer")] {
        let probe = probe(&trusting, &peer.url(), None).await;
        assert!(matches!(probe.connect, ProbeStep::Passed { .. }), "{probe:?}");
        assert!(matches!(failure(&probe.tls), SendError::Tls(text) if text.contains(reason)), "{probe:?}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_says_so() {
    let authority = Authority::new("A private issuer");
    let trusting = client_trusting(&authority.pem());
    let identity = authority.client("a client");
    let asking = TlsPeer::start(authority.server((2020, 2100)), Clients::Asked(authority.pem())).await;
    let shown = probe(&trusting, &asking.url(), Some(&identity)).await;
    assert!(detail(&shown.tls).ends_with("a client certificate was asked for and shown"), "{shown:?}");
    let missing = probe(&trusting, &asking.url(), None).await;
    assert!(detail(&missing.tls).ends_with("a client certificate was asked for, but there is none"), "{missing:?}");
    let careless = TlsPeer::start(authority.server((2020, 2100)), Clients::Anybody).await;
    let unasked = probe(&trusting, &careless.url(), Some(&identity)).await;
    assert!(detail(&unasked.tls).ends_with("no client certificate was asked for"), "{unasked:?}");
}

#[tokio::test]
async fn a_refused_client_certificate_fails_at_the_third_step_also_when_the_refusal_comes_after_the_handshake() {
    let authority = Authority::new("A private issuer");
    let trusting = client_trusting(&authority.pem());
    let stranger = Authority::new("Another issuer").client("a stranger");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let clients = Clients::OfIssuer(authority.pem());
        let peer = TlsPeer::speaking(&[version], authority.server((2020, 2100)), clients).await;
        for identity in [None, Some(&stranger)] {
            let probe = probe(&trusting, &peer.url(), identity).await;
            assert!(matches!(failure(&probe.tls), SendError::Tls(text) if text.contains("alert")), "{probe:?}");
        }
        let known = authority.client("a client");
        assert!(detail(&probe(&trusting, &peer.url(), Some(&known)).await.tls).ends_with("asked for and shown"));
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up_in_time() {
    let silent = Canary::set();
    let url = HttpUrl::parse(&format!("https://127.0.0.1:{}/", silent.port())).unwrap();
    let probe = client(&["127.0.0.1"]).probe(&url, None, Duration::from_millis(200)).await;
    assert_eq!(failure(&probe.tls), &SendError::Timeout { phase: TimeoutPhase::Connect });
    assert!(matches!(&probe.tls, ProbeStep::Failed { took, .. } if *took <= Duration::from_secs(5)), "{probe:?}");
}
