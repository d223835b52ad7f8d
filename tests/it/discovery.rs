//! Discovery against an issuer on loopback that answers as scripted.

mod limits;
mod refusals;

use std::sync::Mutex;
use std::time::Duration;

use latchkey::domain::failure::{AuthFailureReason, AuthPhase};
use latchkey::domain::metadata::{MetadataChange, PinnedMember};
use latchkey::net::{ClientTimeouts, EgressPolicy, HttpClient};
use latchkey::oauth::discovery::{Discovery, DiscoveryError, Finding, Issuer, Metadata, MetadataWarning};
use openidconnect::core::CoreProviderMetadata;
use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, PATIENCE, Peer};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
/// Must not be repeated by any failure.
const CANARY: &str = "hunter2-in-the-body";

/// The issuer as the request was addressed to it.
fn issuer_of(heard: &Heard) -> String {
    format!("http://{}", heard.header("host").unwrap())
}

/// An issuer that says `document` at `path`, with its own name in it, and 404 everywhere else.
async fn issuer_saying(path: &'static str, document: Value) -> Peer {
    Peer::start(move |heard| {
        let mut document = document.clone();
        document.as_object_mut().unwrap().entry("issuer").or_insert_with(|| issuer_of(&heard).into());
        let answer = if heard.path == path { Answer::json(200, &document) } else { Answer::text(404, CANARY) };
        std::future::ready(answer)
    })
    .await
}

/// A server for clients without users: it has neither an authorization endpoint nor keys to publish.
fn document() -> Value {
    json!({ "token_endpoint": "https://idp.example.com/token" })
}

fn with(member: &str, value: Value) -> Value {
    let mut document = document();
    document[member] = value;
    document
}

async fn discover_by(allow: &[&str], issuer: &str, timeout: Duration) -> Result<Metadata, DiscoveryError> {
    let client = HttpClient::new(EgressPolicy::parse(allow).unwrap(), ClientTimeouts::default()).unwrap();
    let outcome = Discovery::new(client).discover(&Issuer::parse(issuer).unwrap(), timeout).await;
    if let Err(error) = &outcome {
        let field_error = error.field_error();
        assert_eq!(field_error.path, ["issuer"]);
        assert!(!format!("{error:?} {error} {field_error:?}").contains(CANARY), "{error:?}");
    }
    outcome
}

async fn discover(issuer: &str) -> Result<Metadata, DiscoveryError> {
    discover_by(&["127.0.0.0/8"], issuer, PATIENCE).await
}

fn paths(peer: &Peer) -> Vec<String> {
    peer.heard().into_iter().map(|heard| heard.path).collect()
}

#[tokio::test]
async fn an_openid_provider_is_found_at_once_and_asked_for_json() {
    let peer = issuer_saying(OPENID, document()).await;
    let metadata = discover(&peer.url("")).await.unwrap();
    assert_eq!(metadata.pins.issuer.as_str(), peer.url(""));
    assert_eq!(metadata.pins.token_endpoint.to_string(), "https://idp.example.com/token");
    assert_eq!(metadata.pins.mtls_token_endpoint, None);
    let heard = peer.heard();
    assert_eq!((heard.len(), heard[0].method.as_str(), heard[0].path.as_str()), (1, "GET", OPENID));
    assert_eq!(heard[0].header("accept"), Some("application/json"));
    assert_eq!((heard[0].header("authorization"), heard[0].body.as_str()), (None, ""));
}

#[tokio::test]
async fn a_server_for_clients_only_is_found_by_rfc_8414() {
    let peer = issuer_saying(OAUTH, document()).await;
    let metadata = discover(&peer.url("")).await.unwrap();
    assert_eq!(metadata.pins.token_endpoint.to_string(), "https://idp.example.com/token");
    assert_eq!(paths(&peer), [OPENID, OAUTH]);
}

#[tokio::test]
async fn an_issuer_with_a_path_is_looked_for_in_three_places_in_order() {
    let peer = Peer::saying(Answer::text(404, CANARY)).await;
    let error = discover(&peer.url("/t/1/")).await.unwrap_err();
    let places = [format!("/t/1{OPENID}"), format!("{OAUTH}/t/1"), format!("{OPENID}/t/1")];
    assert_eq!(paths(&peer), places);
    let DiscoveryError::NotFound { issuer, tried } = &error else { panic!("{error:?}") };
    assert_eq!(*issuer, peer.url("/t/1/"));
    let expected = places.map(|place| (peer.url(&place), Finding::Status(404)));
    assert_eq!(tried[..], expected);
    assert!(error.to_string().ends_with(&format!("{} answered 404", peer.url(&format!("{OPENID}/t/1")))), "{error}");
    assert_eq!(error.field_error().code, "METADATA_NOT_FOUND");
    assert_eq!(error.classify(), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
}

#[tokio::test]
async fn the_name_of_openid_connect_before_the_path_is_found_last() {
    let peer = Peer::start(|heard| {
        let issuer = format!("{}/t/1", issuer_of(&heard));
        let document = json!({ "issuer": issuer, "token_endpoint": "https://idp.example.com/token" });
        let is_there = heard.path == format!("{OPENID}/t/1");
        std::future::ready(if is_there { Answer::json(200, &document) } else { Answer::text(404, "") })
    })
    .await;
    assert!(discover(&peer.url("/t/1")).await.is_ok());
    assert_eq!(peer.count(), 3);
}

#[tokio::test]
async fn whatever_means_that_nothing_is_there_leads_on() {
    let page = Answer::bytes(200, "text/html", format!("<!doctype html><p>{CANARY}</p>"));
    let empty = Answer::json(204, &json!({}));
    let redirect = Answer::text(302, CANARY).with("location", "/login");
    for nothing in [page, empty, redirect, Answer::text(200, " "), Answer::text(401, ""), Answer::text(403, "")] {
        let answer = nothing.clone();
        let peer = Peer::start(move |heard| {
            let document = json!({ "issuer": issuer_of(&heard), "token_endpoint": "https://idp.example.com/token" });
            let is_there = heard.path == OAUTH;
            std::future::ready(if is_there { Answer::json(200, &document) } else { answer.clone() })
        })
        .await;
        assert!(discover(&peer.url("")).await.is_ok(), "{nothing:?}");
    }
}

#[tokio::test]
async fn no_endpoint_is_contacted() {
    let elsewhere = Peer::silent().await;
    let both = json!({
        "token_endpoint": elsewhere.url("/token"),
        "mtls_endpoint_aliases": { "token_endpoint": elsewhere.url("/mtls"), "revocation_endpoint": "http://10.0.0.1/" },
        "jwks_uri": elsewhere.url("/jwks"),
    });
    let peer = issuer_saying(OPENID, both).await;
    let pins = discover(&peer.url("")).await.unwrap().pins;
    assert_eq!(pins.token_endpoint.to_string(), elsewhere.url("/token"));
    assert_eq!(pins.mtls_token_endpoint.unwrap().to_string(), elsewhere.url("/mtls"));
    assert_eq!((elsewhere.connections(), peer.count()), (0, 1));
}

#[tokio::test]
async fn what_the_issuer_can_do_is_told_as_it_says_it() {
    let peer = issuer_saying(
        OPENID,
        json!({
            "token_endpoint": "https://idp.example.com/token",
            "mtls_endpoint_aliases": { "token_endpoint": "https://mtls.example.com/token" },
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth", "x_of_theirs"],
            "token_endpoint_auth_signing_alg_values_supported": ["PS256", "x_of_theirs"],
            "dpop_signing_alg_values_supported": ["ES256", "EdDSA"],
        }),
    )
    .await;
    let metadata = discover(&peer.url("")).await.unwrap();
    let list = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(metadata.grant_types, list(&["authorization_code", "client_credentials"]));
    assert_eq!(metadata.auth_methods, list(&["private_key_jwt", "tls_client_auth", "x_of_theirs"]));
    assert_eq!(metadata.signing_algorithms, list(&["PS256", "x_of_theirs"]));
    assert_eq!(metadata.dpop_algorithms, list(&["ES256", "EdDSA"]));
    assert_eq!(metadata.pins.mtls_token_endpoint.unwrap().to_string(), "https://mtls.example.com/token");
    assert_eq!(metadata.warnings, []);
}

#[tokio::test]
async fn an_issuer_that_does_not_list_client_credentials_is_taken_with_a_warning() {
    let peer = issuer_saying(OPENID, with("grant_types_supported", json!(["authorization_code"]))).await;
    let warnings = discover(&peer.url("")).await.unwrap().warnings;
    assert_eq!(warnings, [MetadataWarning::ClientCredentialsNotListed]);
    assert!(warnings[0].to_string().contains("client_credentials"));

    let silent_about_it = issuer_saying(OPENID, document()).await;
    let metadata = discover(&silent_about_it.url("")).await.unwrap();
    assert_eq!((metadata.grant_types, metadata.warnings), (None, vec![]));
}

#[tokio::test]
async fn a_new_token_endpoint_is_a_change_of_what_was_pinned() {
    let endpoints =
        Mutex::new(vec!["https://evil.example/token", "https://a.example/token", "https://a.example/token"]);
    let peer = Peer::start(move |heard| {
        let endpoint = endpoints.lock().unwrap().pop();
        std::future::ready(Answer::json(200, &json!({ "issuer": issuer_of(&heard), "token_endpoint": endpoint })))
    })
    .await;
    let pinned = discover(&peer.url("")).await.unwrap().pins;
    let same = discover(&peer.url("")).await.unwrap().pins;
    assert_eq!((pinned.changes(&same), pinned.digest()), (vec![], same.digest()));
    let moved = discover(&peer.url("")).await.unwrap().pins;
    let change = MetadataChange {
        field: PinnedMember::TokenEndpoint,
        pinned: Some("https://a.example/token".to_owned()),
        found: Some("https://evil.example/token".to_owned()),
    };
    assert_eq!(pinned.changes(&moved), [change]);
    assert_ne!(pinned.digest(), moved.digest());
}

/// The other reading is one that `src` does not use.
#[tokio::test]
async fn a_providers_document_reads_here_as_it_does_elsewhere() {
    let provider = |issuer: String| {
        json!({
            "issuer": issuer,
            "authorization_endpoint": "https://idp.example.com/authorize",
            "token_endpoint": "https://idp.example.com/token",
            "jwks_uri": "https://idp.example.com/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "grant_types_supported": ["client_credentials", "x_of_theirs"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
        })
    };
    let peer = Peer::start(move |heard| {
        let document = provider(issuer_of(&heard));
        std::future::ready(Answer::json(200, &document))
    })
    .await;
    let ours = discover(&peer.url("")).await.unwrap();
    let theirs: CoreProviderMetadata = serde_json::from_value(provider(peer.url(""))).unwrap();
    assert_eq!(ours.pins.issuer.as_str(), theirs.issuer().as_str());
    assert_eq!(ours.pins.token_endpoint.to_string(), theirs.token_endpoint().unwrap().as_str());
    let theirs = serde_json::to_value(theirs).unwrap();
    assert_eq!(json!(ours.grant_types), theirs["grant_types_supported"]);
    assert_eq!(json!(ours.auth_methods), theirs["token_endpoint_auth_methods_supported"]);
    assert_eq!(json!(ours.signing_algorithms), theirs["token_endpoint_auth_signing_alg_values_supported"]);
}
