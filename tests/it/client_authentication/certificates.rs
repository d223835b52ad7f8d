//! A certificate in the TLS handshake (RFC 8705): at the token endpoint, at the API, and nowhere else.

use std::io::Write;

use latchkey::clock::{Clock, Ids};
use latchkey::domain::definition::{
    ClientAuthentication, ConnectionDefinition, PinnedMetadata, TlsClientAuth, TokenPolicy,
};
use latchkey::domain::{HttpUrl, Key};
use latchkey::net::ClientIdentity;
use latchkey::oauth::{TokenEndpoint, TokenRequest};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, PATIENCE, Peer};
use crate::stage::{Stage, counting_issuer, execute, open_api, outcome, status, through};
use crate::tls_peer::{Authority, Clients, acceptor, client_trusting, thumbprint};

const YEARS: (i32, i32) = (2020, 2100);

/// A server over TLS that asks for a certificate of the authority's, and lets others in as well.
async fn asking<F>(shown_by: &Authority, clients: &Authority, answer: F) -> Peer
where
    F: Fn(Heard) -> Answer + Send + Sync + 'static,
{
    let versions = [&rustls::version::TLS13];
    let tls = acceptor(&versions, shown_by.server(YEARS), Clients::Asked(clients.pem()));
    Peer::over_tls(tls, move |heard| std::future::ready(answer(heard))).await
}

/// A stage whose server trusts the authority, and whose connection `own` has the certificate.
async fn staged(authority: &Authority, pem: &str, (issuer, api): (Peer, Peer)) -> Stage {
    let mut trusted = tempfile::NamedTempFile::new().unwrap();
    trusted.write_all(authority.pem().as_bytes()).unwrap();
    let path = trusted.path().to_str().unwrap();
    let settings = [("LATCHKEY_EGRESS__ALLOW", "127.0.0.0/8"), ("LATCHKEY_EGRESS__TRUSTED_CERTIFICATES", path)];
    let stage = Stage::with(issuer, api, &settings).await;
    stage.server.create_secret("own-secret", pem).await;
    let authentication = json!({ "tlsClientAuth": { "secret": "own-secret" } });
    let policy = json!({ "maxRetries": 0 });
    stage
        .connect("own", json!({ "clientId": "my client", "authentication": authentication, "tokenPolicy": policy }))
        .await;
    stage
}

fn shown(pem: &str) -> String {
    thumbprint(ClientIdentity::from_pem(pem).unwrap().leaf_der())
}

async fn call(stage: &Stage, more: Value) -> Value {
    execute(&stage.server, through("own", &stage.api.url("/"), more)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_shown_to_the_issuer_and_to_the_api_and_the_body_names_the_client() {
    let authority = Authority::new("the authority");
    let pem = authority.client_pem("the client");
    let issuer = asking(&authority, &authority, |_| Answer::token("t-1")).await;
    let api = asking(&authority, &authority, |_| Answer::text(200, "ok")).await;
    let stage = staged(&authority, &pem, (issuer, api)).await;
    assert_eq!(status(&call(&stage, json!({})).await), 200);
    assert_eq!(status(&call(&stage, json!({})).await), 200);
    let [asked] = stage.issuer.heard().try_into().unwrap();
    assert_eq!(asked.certificate, Some(shown(&pem)));
    assert_eq!(asked.body, "grant_type=client_credentials&client_id=my+client");
    assert_eq!(asked.header("authorization"), None);
    for request in stage.api.heard() {
        assert_eq!(request.certificate, Some(shown(&pem)), "a token out of the cache comes with its certificate");
        assert_eq!(request.header("authorization"), Some("Bearer t-1"));
    }
    // Another connection of the same server shows nothing to the same API.
    let other = execute(&stage.server, json!({ "url": stage.api.url("/"), "authorization": { "none": true } })).await;
    assert_eq!(status(&other), 200);
    assert_eq!(stage.api.heard().last().unwrap().certificate, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_certificate_is_shown_from_then_on_with_a_token_of_its_own() {
    let authority = Authority::new("the authority");
    let (old, new) = (authority.client_pem("old"), authority.client_pem("new"));
    let issuer = asking(&authority, &authority, |heard| Answer::token(&heard.certificate.unwrap())).await;
    let api = asking(&authority, &authority, |_| Answer::text(200, "ok")).await;
    let stage = staged(&authority, &old, (issuer, api)).await;
    assert_eq!(status(&call(&stage, json!({})).await), 200);
    let rotate = "mutation($input: RotateSecretInput!) { rotateSecret(input: $input) { userErrors { message } } }";
    let input = json!({ "key": "own-secret", "expectedVersion": 1, "source": { "value": new } });
    let rotated = stage.server.data(rotate, json!({ "input": input })).await;
    assert_eq!(rotated["rotateSecret"]["userErrors"], json!([]));
    assert_eq!(status(&call(&stage, json!({})).await), 200);
    let heard = stage.api.heard();
    for (request, pem) in heard.iter().zip([&old, &new]) {
        assert_eq!(request.certificate, Some(shown(pem)));
        assert_eq!(request.header("authorization").unwrap(), format!("Bearer {}", shown(pem)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_of_the_server_stays_on() {
    let (authority, stranger) = (Authority::new("the authority"), Authority::new("a stranger"));
    let pem = authority.client_pem("the client");
    let issuer = asking(&stranger, &authority, |_| Answer::token("t")).await;
    let stage = staged(&authority, &pem, (issuer, open_api().await)).await;
    let answer = call(&stage, json!({})).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["phase"], &failure["failure"]), (&json!("TLS"), &json!("TLS")), "{answer:#}");
    assert_eq!((stage.issuer.count(), stage.api.count()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_another_origin_takes_neither_token_nor_certificate_along() {
    let authority = Authority::new("the authority");
    let pem = authority.client_pem("the client");
    let issuer = asking(&authority, &authority, |_| Answer::token("t")).await;
    let elsewhere = asking(&authority, &authority, |_| Answer::text(200, "elsewhere")).await;
    let location = elsewhere.url("/");
    let api = asking(&authority, &authority, move |_| Answer::text(302, "").with("location", &location)).await;
    let stage = staged(&authority, &pem, (issuer, api)).await;
    assert_eq!(status(&call(&stage, json!({ "followRedirects": true })).await), 200);
    let [request] = elsewhere.heard().try_into().unwrap();
    assert_eq!((request.certificate.clone(), request.header("authorization")), (None, None));
    assert_eq!(stage.api.heard()[0].certificate, Some(shown(&pem)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuers_endpoint_for_certificates_is_used_where_it_is_known() {
    let authority = Authority::new("the authority");
    let pem = authority.client_pem("the client");
    let (usual, alias) = (counting_issuer().await, asking(&authority, &authority, |_| Answer::token("t")).await);
    let tls = TlsClientAuth { secret: Key::parse("s").unwrap(), self_signed: true };
    let url = HttpUrl::parse(&usual.url("/token")).unwrap();
    let plain = ConnectionDefinition::new("Test", "my-client", url, ClientAuthentication::TlsClientAuth(tls));
    let mtls_token_endpoint = Some(HttpUrl::parse(&alias.url("/mtls/token")).unwrap());
    let pinned = PinnedMetadata { issuer: "https://issuer.example".to_owned(), mtls_token_endpoint };
    let token_policy = TokenPolicy { max_retries: 0, ..TokenPolicy::default() };
    let definition = ConnectionDefinition { discovery: Some(pinned), token_policy, ..plain };
    let clock = Clock::system();
    let request = TokenRequest {
        definition: &definition,
        secret: &SecretString::from(pem.as_str()),
        parameters: &[],
        deadline: clock.monotonic() + PATIENCE,
    };
    let endpoint = TokenEndpoint::new(client_trusting(&authority.pem()), clock, Ids::random());
    endpoint.request(request).await.unwrap();
    let [asked] = alias.heard().try_into().unwrap();
    assert_eq!((asked.path.as_str(), asked.certificate), ("/mtls/token", Some(shown(&pem))));
    assert_eq!(usual.count(), 0);
}
