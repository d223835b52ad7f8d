//! What an API says of a token in `WWW-Authenticate` (RFC 6750 section 3).

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, status};

/// An API that answers the first token so, and takes every other.
async fn refusing_the_first(code: u16, challenge: Option<&'static str>) -> Stage {
    let api = Peer::start(move |heard: Heard| {
        let refusal = Answer::text(code, "no");
        let refusal = challenge.map_or(refusal.clone(), |challenge| refusal.with("www-authenticate", challenge));
        let is_first = heard.header("authorization") == Some("Bearer token-1");
        std::future::ready(if is_first { refusal } else { Answer::text(200, "ok") })
    });
    Stage::new(counting_issuer().await, api.await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_called_invalid_is_replaced_whatever_refusal_says_so() {
    for code in [400, 401, 403] {
        let challenge = r#"Bearer realm="orders", error="invalid_token", error_description="expired""#;
        let stage = refusing_the_first(code, Some(challenge)).await;
        assert_eq!(status(&stage.call("/", json!({})).await), 200, "{code}");
        assert_eq!((stage.issuer.count(), stage.api.count()), (2, 2), "{code}");
        assert_eq!(stage.recorded("token.rejected.v1").len(), 1, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_status_is_a_refusal_without_any_challenge() {
    for challenge in [None, Some("Bearer"), Some(r#"Basic realm="orders""#)] {
        let stage = refusing_the_first(401, challenge).await;
        assert_eq!(status(&stage.call("/", json!({})).await), 200, "{challenge:?}");
        assert_eq!((stage.issuer.count(), stage.api.count()), (2, 2), "{challenge:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_not_cured_by_a_new_token() {
    let challenge = r#"Bearer error="insufficient_scope", scope="orders:write""#;
    for code in [401, 403] {
        let stage = refusing_the_first(code, Some(challenge)).await;
        assert_eq!(status(&stage.call("/", json!({})).await), u64::from(code));
        assert_eq!((stage.issuer.count(), stage.api.count()), (1, 1), "{code}");
        assert_eq!(stage.recorded("token.rejected.v1"), Vec::<Value>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_403_without_such_a_challenge_says_nothing_of_the_token() {
    let stage = refusing_the_first(403, None).await;
    assert_eq!(status(&stage.call("/", json!({})).await), 403);
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 1));
}
