//! What an issuer says that is not taken.

use latchkey::domain::failure::{AuthFailureReason, AuthPhase};
use latchkey::oauth::discovery::{DiscoveryError, Finding};
use serde_json::{Value, json};

use super::{CANARY, OPENID, discover, discover_by, document, issuer_of, issuer_saying, with};
use crate::scripted::{Answer, PATIENCE, Peer};

/// The failure of an issuer that answers so to everything.
async fn failure_of(answer: Answer) -> (DiscoveryError, Peer) {
    let peer = Peer::saying(answer).await;
    (discover(&peer.url("")).await.unwrap_err(), peer)
}

/// The failure of an issuer with this document.
async fn failure_with(document: Value) -> DiscoveryError {
    let peer = issuer_saying(OPENID, document).await;
    discover(&peer.url("")).await.unwrap_err()
}

fn malformed(error: &DiscoveryError) -> &Finding {
    let DiscoveryError::Malformed { finding, .. } = error else { panic!("{error:?}") };
    assert_eq!(error.classify(), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
    assert_eq!(error.field_error().code, "METADATA_INVALID");
    finding
}

#[tokio::test]
async fn the_issuer_in_the_document_must_be_the_one_that_was_asked() {
    let error = failure_with(with("issuer", "https://idp.example.com".into())).await;
    let DiscoveryError::IssuerMismatch { asked, found, same_place, .. } = &error else { panic!("{error:?}") };
    assert!(asked.starts_with("http://127.0.0.1:"), "{asked}");
    assert_eq!((found.as_str(), *same_place), ("https://idp.example.com", false));
    let message = error.to_string();
    assert!(message.contains("\"https://idp.example.com\"") && message.contains(&format!("\"{asked}\"")), "{message}");
    assert!(!message.contains("written"), "{message}");
    assert_eq!(error.field_error().code, "ISSUER_MISMATCH");
    assert_eq!(error.classify(), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
}

#[tokio::test]
async fn a_slash_at_the_end_makes_another_issuer_and_the_documents_spelling_is_told() {
    let peer = issuer_saying(OPENID, document()).await;
    let error = discover(&peer.url("/")).await.unwrap_err();
    let DiscoveryError::IssuerMismatch { asked, found, same_place, .. } = &error else { panic!("{error:?}") };
    assert_eq!((asked, found, *same_place), (&peer.url("/"), &peer.url(""), true));
    assert!(error.to_string().ends_with("must be written as the document does"), "{error}");
    assert!(discover(&peer.url("")).await.is_ok());

    let peer = Peer::start(|heard| {
        let issuer = format!("{}/", issuer_of(&heard));
        std::future::ready(Answer::json(200, &json!({ "issuer": issuer, "token_endpoint": "https://a.example/" })))
    })
    .await;
    assert!(matches!(discover(&peer.url("")).await, Err(DiscoveryError::IssuerMismatch { same_place: true, .. })));
    assert_eq!(discover(&peer.url("/")).await.unwrap().pins.issuer.as_str(), peer.url("/"));
}

#[tokio::test]
async fn an_issuer_found_in_a_document_is_capped_and_tamed() {
    let error = failure_with(with("issuer", format!("\u{1b}[31m{}{CANARY}", "x".repeat(500)).into())).await;
    let DiscoveryError::IssuerMismatch { found, .. } = &error else { panic!("{error:?}") };
    assert_eq!(found.chars().count(), 500);
    assert!(found.starts_with(" [31mxxx"), "{found}");
}

#[tokio::test]
async fn a_document_of_another_issuer_is_not_read_any_further() {
    let document = json!({ "issuer": "https://b.example", "token_endpoint": "http://127.0.0.1:1/" });
    assert!(matches!(failure_with(document).await, DiscoveryError::IssuerMismatch { .. }));
}

#[tokio::test]
async fn what_is_needed_must_be_there_and_of_its_type() {
    assert_eq!(malformed(&failure_with(with("issuer", Value::Null)).await), &Finding::Missing("issuer"));
    assert_eq!(malformed(&failure_with(json!({})).await), &Finding::Missing("token_endpoint"));
    let unfit = |field, expected| Finding::Unfit { field, expected };
    let names = "a list of at most 64 names of at most 100 characters each";
    let cases = [
        ("issuer", json!([CANARY]), unfit("issuer", "text")),
        ("token_endpoint", json!({ "url": CANARY }), unfit("token_endpoint", "text")),
        ("mtls_endpoint_aliases", json!(CANARY), unfit("mtls_endpoint_aliases", "an object")),
        (
            "mtls_endpoint_aliases",
            json!({ "token_endpoint": 1 }),
            unfit("mtls_endpoint_aliases.token_endpoint", "text"),
        ),
        ("grant_types_supported", json!(CANARY), unfit("grant_types_supported", names)),
        (
            "token_endpoint_auth_methods_supported",
            json!([[CANARY]]),
            unfit("token_endpoint_auth_methods_supported", names),
        ),
        (
            "token_endpoint_auth_signing_alg_values_supported",
            json!({ CANARY: 1 }),
            unfit("token_endpoint_auth_signing_alg_values_supported", names),
        ),
        ("dpop_signing_alg_values_supported", json!([1]), unfit("dpop_signing_alg_values_supported", names)),
    ];
    for (member, value, expected) in cases {
        let error = failure_with(with(member, value)).await;
        assert_eq!(malformed(&error), &expected);
        assert!(error.to_string().contains(&format!("has a {member}")), "{error}");
    }
    let error = failure_with(with("token_endpoint", format!("/{CANARY}").into())).await;
    assert!(matches!(malformed(&error), Finding::NotUrl { field: "token_endpoint", .. }), "{error:?}");
}

#[tokio::test]
async fn an_endpoint_must_be_where_the_address_guard_lets_us_go() {
    let denied = [
        ("https://10.0.0.1/token", "private"),
        ("https://169.254.169.254/token", "metadata"),
        ("https://[::1]/token", "loopback"),
        ("https://localhost/token", "localhost"),
        ("https://idp.internal/token", ".internal"),
    ];
    for (url, rule) in denied {
        for (field, document) in [
            ("token_endpoint", with("token_endpoint", url.into())),
            ("mtls_endpoint_aliases.token_endpoint", with("mtls_endpoint_aliases", json!({ "token_endpoint": url }))),
        ] {
            let error = failure_with(document).await;
            let DiscoveryError::EgressDenied { field: named, denied } = &error else { panic!("{url}: {error:?}") };
            assert_eq!(*named, field);
            assert!(denied.rule.contains(rule), "{url}: {denied}");
            assert_eq!(error.classify(), (AuthPhase::Dns, AuthFailureReason::EgressDenied));
            assert_eq!(error.field_error().code, "EGRESS_DENIED");
        }
    }
}

#[tokio::test]
async fn an_endpoint_must_be_fit_for_a_secret() {
    let plain = "http://idp.example.com/token";
    for (field, document) in [
        ("token_endpoint", with("token_endpoint", plain.into())),
        ("mtls_endpoint_aliases.token_endpoint", with("mtls_endpoint_aliases", json!({ "token_endpoint": plain }))),
    ] {
        let error = failure_with(document).await;
        assert_eq!(error, DiscoveryError::Insecure { field, authority: "idp.example.com".to_owned() });
        assert_eq!(error.classify(), (AuthPhase::Request, AuthFailureReason::EgressDenied));
        assert_eq!(error.field_error().code, "INSECURE_URL");
    }
    let opened = issuer_saying(OPENID, with("token_endpoint", "http://127.0.0.1:9/token".into())).await;
    assert!(discover(&opened.url("")).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_may_not_be_asked_hears_nothing() {
    let peer = issuer_saying(OPENID, document()).await;
    let error = discover_by(&[], &peer.url(""), PATIENCE).await.unwrap_err();
    assert!(matches!(error, DiscoveryError::EgressDenied { field: "issuer", .. }), "{error:?}");
    let error = discover_by(&[], "http://idp.example.com", PATIENCE).await.unwrap_err();
    assert_eq!(error, DiscoveryError::Insecure { field: "issuer", authority: "idp.example.com".to_owned() });
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Peer::silent().await;
    for status in [301, 302, 303, 307, 308] {
        let (error, peer) = failure_of(Answer::text(status, CANARY).with("location", &elsewhere.url("/"))).await;
        let DiscoveryError::NotFound { tried, .. } = &error else { panic!("{error:?}") };
        assert!(tried.iter().all(|(_, finding)| *finding == Finding::Status(status)), "{error:?}");
        assert!(error.to_string().contains("redirects are not followed"), "{error}");
        assert_eq!(peer.count(), 2);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_server_that_fails_for_now_is_not_asked_elsewhere() {
    let reasons = [
        (408, AuthFailureReason::Timeout),
        (429, AuthFailureReason::RateLimited),
        (500, AuthFailureReason::ServerError),
        (503, AuthFailureReason::ServerError),
    ];
    for (status, reason) in reasons {
        let (error, peer) = failure_of(Answer::text(status, CANARY)).await;
        let location = peer.url(OPENID);
        assert_eq!(error, DiscoveryError::Failing { location, status });
        assert_eq!(error.classify(), (AuthPhase::Response, reason));
        assert_eq!(error.field_error().code, "ISSUER_UNREACHABLE");
        assert!(reason.retryable());
        assert_eq!(peer.count(), 1);
    }
}

#[tokio::test]
async fn a_page_everywhere_is_no_metadata() {
    let page = Answer::bytes(200, "application/json", format!("<html>{CANARY}</html>"));
    let (error, _peer) = failure_of(page).await;
    let DiscoveryError::NotFound { tried, .. } = &error else { panic!("{error:?}") };
    assert_eq!(tried.iter().map(|(_, finding)| finding).collect::<Vec<_>>(), [&Finding::Page, &Finding::Page]);
}

#[tokio::test]
async fn a_document_that_is_none_is_said_and_ends_the_search() {
    let bodies = [
        (format!(r#"{{"issuer":"{CANARY}"#), Finding::CutOff),
        (format!("{{{CANARY}}}"), Finding::NotJson),
        (CANARY.to_owned(), Finding::NotJson),
        (format!(r#"["{CANARY}"]"#), Finding::NotAnObject),
        (format!(r#"{{"issuer":"a","issuer":"{CANARY}"}}"#), Finding::Repeated),
    ];
    for (body, finding) in bodies {
        let (error, peer) = failure_of(Answer::bytes(200, "application/json", body)).await;
        assert_eq!(malformed(&error), &finding);
        assert_eq!(peer.count(), 1);
    }
    let (error, _peer) = failure_of(Answer::bytes(200, "application/json", vec![0xff, 0xfe])).await;
    assert_eq!(malformed(&error), &Finding::NotText);
}
