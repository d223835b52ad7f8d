//! The client certificate of a task, before an API that asks for one.

use latchkey::net::ClientIdentity;
use serde_json::json;

use super::{created, run};
use crate::scripted::Peer;
use crate::stage::{Stage, counting_issuer, outcome, status};
use crate::tls_peer::{Authority, Clients, TlsPeer, thumbprint};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_shows_the_certificate_of_its_task_and_another_task_shows_none() {
    let authority = Authority::new("An issuer");
    let peer = TlsPeer::start(authority.server((2020, 2100)), Clients::Asked(authority.pem())).await;
    let trusted = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(trusted.path(), authority.pem()).unwrap();
    let settings = [
        ("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"),
        ("LATCHKEY_EGRESS__TRUSTED_CERTIFICATES", trusted.path().to_str().unwrap()),
    ];
    let stage = Stage::with(counting_issuer().await, Peer::silent().await, &settings).await;
    let pem = authority.client_pem("client");
    stage.server.create_secret("certificate", &pem).await;
    created(&stage, "with", json!({ "url": peer.url(), "clientCertificate": "certificate" })).await;
    created(&stage, "without", json!({ "url": peer.url() })).await;
    let shown = thumbprint(ClientIdentity::from_pem(&pem).unwrap().leaf_der());
    for (key, expected) in [("with", shown.as_str()), ("without", "nothing")] {
        let ran = run(&stage, key, json!({})).await;
        assert_eq!(status(&ran), 200);
        let body = outcome(&ran)["body"]["text"].as_str().unwrap().to_owned();
        assert_eq!(body.split(' ').nth(1), Some(expected), "{key}");
    }
}
