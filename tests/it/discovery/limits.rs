//! How much and how long an issuer may answer.

use std::time::Duration;

use latchkey::domain::failure::{AuthFailureReason, AuthPhase};
use latchkey::net::{SendError, TimeoutPhase};
use latchkey::oauth::discovery::{DISCOVERY_TIMEOUT_MAX, DiscoveryError, METADATA_BYTES_MAX};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{CANARY, OAUTH, OPENID, discover, discover_by, issuer_of};
use crate::scripted::{Answer, Peer};

/// A document of so many bytes.
fn padded(document: &Value, length: usize) -> String {
    let text = document.to_string();
    let spaces = " ".repeat(length - text.len());
    text + &spaces
}

#[tokio::test]
async fn a_document_has_at_most_a_mebibyte() {
    let of_length = |length: usize| {
        Peer::start(move |heard| {
            let document = json!({ "issuer": issuer_of(&heard), "token_endpoint": "https://idp.example.com/token" });
            std::future::ready(Answer::bytes(200, "application/json", padded(&document, length)))
        })
    };
    let longest = of_length(METADATA_BYTES_MAX).await;
    assert!(discover(&longest.url("")).await.is_ok());
    let longer = of_length(METADATA_BYTES_MAX + 1).await;
    let error = discover(&longer.url("")).await.unwrap_err();
    let DiscoveryError::Unanswered { error: cause, .. } = &error else { panic!("{error:?}") };
    assert_eq!(cause, &SendError::BodyTooLarge { bytes_max: METADATA_BYTES_MAX });
    assert_eq!(error.classify(), (AuthPhase::Response, AuthFailureReason::MalformedResponse));
}

/// Lets time pass in which nothing happens.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_silent_issuer_is_given_up() {
    let total = Duration::from_secs(20);
    let peer = Peer::start(move |_| async move {
        pass(total).await;
        std::future::pending().await
    })
    .await;
    let error = discover_by(&["127.0.0.0/8"], &peer.url(""), total).await.unwrap_err();
    let timed_out = SendError::Timeout { phase: TimeoutPhase::Total };
    assert_eq!(error, DiscoveryError::Unanswered { location: peer.url(OPENID), error: timed_out });
    assert_eq!(error.classify(), (AuthPhase::Request, AuthFailureReason::Timeout));
    assert_eq!((error.field_error().code, peer.count()), ("ISSUER_UNREACHABLE", 1));
}

#[tokio::test]
async fn all_places_together_share_the_time() {
    let total = Duration::from_secs(20);
    let peer = Peer::start(move |heard| async move {
        if heard.path == OPENID {
            pass(Duration::from_secs(15)).await;
            return Answer::text(404, CANARY);
        }
        pass(Duration::from_secs(6)).await;
        std::future::pending().await
    })
    .await;
    let start = Instant::now();
    let error = discover_by(&["127.0.0.0/8"], &peer.url(""), total).await.unwrap_err();
    let timed_out = SendError::Timeout { phase: TimeoutPhase::Total };
    assert_eq!(error, DiscoveryError::Unanswered { location: peer.url(OAUTH), error: timed_out });
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[tokio::test]
async fn no_wish_makes_the_time_longer_than_its_limit() {
    let answering_after = |time: Duration| {
        Peer::start(move |heard| async move {
            pass(time).await;
            Answer::json(200, &json!({ "issuer": issuer_of(&heard), "token_endpoint": "https://idp.example.com/" }))
        })
    };
    let peer = answering_after(DISCOVERY_TIMEOUT_MAX.checked_sub(Duration::from_secs(10)).unwrap()).await;
    assert!(discover_by(&["127.0.0.0/8"], &peer.url(""), Duration::MAX).await.is_ok());
    let peer = answering_after(DISCOVERY_TIMEOUT_MAX).await;
    let error = discover_by(&["127.0.0.0/8"], &peer.url(""), Duration::MAX).await.unwrap_err();
    assert!(matches!(error, DiscoveryError::Unanswered { error: SendError::Timeout { .. }, .. }), "{error:?}");
}

#[tokio::test]
async fn a_closed_port_is_said() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = discover(&format!("http://{closed}")).await.unwrap_err();
    assert_eq!(error.classify(), (AuthPhase::Connect, AuthFailureReason::Connect));
    assert_eq!(error.field_error().code, "ISSUER_UNREACHABLE");
}
