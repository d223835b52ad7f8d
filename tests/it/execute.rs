//! `executeHttpRequest` on the real binary: what travels, what comes back, what is on the record.

mod failing;
mod guarding;
mod limits;
mod recording;
mod retrying;
mod secrecy;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, counting_issuer, open_api, outcome, status, user_error};

/// An API that takes one token only.
async fn api_for(token: &'static str) -> Peer {
    Peer::start(move |heard: Heard| {
        let is_good = heard.header("authorization") == Some(&format!("Bearer {token}"));
        std::future::ready(if is_good { Answer::text(200, "ok") } else { Answer::text(401, "token expired") })
    })
    .await
}

fn bearers(api: &Peer) -> Vec<String> {
    api.heard().iter().map(|heard| heard.header("authorization").unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_fetched_once_and_injected() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let first = stage.call("/first?page=2", json!({ "headers": [{ "name": "X-Trace", "value": "abc" }] })).await;
    let second = stage.call("/second", json!({})).await;
    assert_eq!((status(&first), status(&second)), (200, 200));
    assert_eq!(first["exchange"]["token"]["source"], "FETCHED");
    assert_eq!(second["exchange"]["token"]["source"], "CACHE");
    assert_eq!(first["exchange"]["outcome"]["body"]["text"], "ok");
    assert_eq!(bearers(&stage.api), ["Bearer token-1", "Bearer token-1"]);
    let heard = &stage.api.heard()[0];
    assert_eq!((heard.method.as_str(), heard.path.as_str(), heard.query.as_str()), ("GET", "/first", "page=2"));
    assert_eq!(heard.header("x-trace"), Some("abc"));

    let asked = stage.issuer.heard();
    assert_eq!(asked.len(), 1);
    assert_eq!(
        (asked[0].method.as_str(), asked[0].form("grant_type").as_deref()),
        ("POST", Some("client_credentials"))
    );
    // RFC 6749 section 2.3.1: form-encoded, then Basic: client:hunter2+is%2Bnot%2Fgood
    assert_eq!(asked[0].header("authorization"), Some("Basic Y2xpZW50Omh1bnRlcjIraXMlMkJub3QlMkZnb29k"));
    assert_eq!(asked[0].form("client_secret"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_own_authorization_is_refused_beside_a_connection_and_sent_without_one() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let own = json!([{ "name": "authorization", "value": "Bearer mine" }]);
    let refused = stage.call("/", json!({ "headers": own })).await;
    assert_eq!(user_error(&refused), ("InvalidInput", "AUTHORIZATION_CONFLICT", "headers.0.name".to_owned()));
    assert_eq!((stage.api.count(), stage.issuer.count()), (0, 0));

    let sent = stage.call("/", json!({ "headers": own, "authorization": { "none": true } })).await;
    assert_eq!((status(&sent), &sent["exchange"]["token"]), (200, &Value::Null));
    assert_eq!(bearers(&stage.api), ["Bearer mine"]);
    assert_eq!(stage.issuer.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_replaced_once_and_the_same_request_sent_again() {
    let stage = Stage::new(counting_issuer().await, api_for("token-2").await).await;
    let request = json!({
        "method": "PUT",
        "headers": [{ "name": "x-one", "value": "1" }, { "name": "x-two", "value": "2" }],
        "body": { "json": { "amount": 3 } },
    });
    let answer = stage.call("/orders", request).await;
    assert_eq!(status(&answer), 200);
    assert_eq!(answer["exchange"]["token"]["source"], "REFRESHED_AFTER_REJECTION");
    let attempts = answer["exchange"]["attempts"].as_array().unwrap();
    let attempts: Vec<_> = attempts.iter().map(|attempt| (&attempt["number"], &attempt["status"])).collect();
    assert_eq!(attempts, [(&json!(1), &json!(401)), (&json!(2), &json!(200))]);
    assert_eq!(outcome(&answer)["authFailure"], Value::Null);

    let mut heard = stage.api.heard();
    assert_eq!(bearers(&stage.api), ["Bearer token-1", "Bearer token-2"]);
    for one in &mut heard {
        one.headers.retain(|(name, _)| name != "authorization");
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!((heard[0].method.as_str(), heard[0].body.as_str()), ("PUT", r#"{"amount":3}"#));

    let refusals = stage.recorded("token.rejected.v1");
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0]["conclusive"], false);
    let issued = stage.recorded("token.issued.v1");
    assert_eq!(issued.iter().map(|token| token["reason"].clone()).collect::<Vec<_>>(), ["FIRST", "REJECTED"]);
    assert_eq!(stage.recorded("exchange.completed.v1")[0]["attempts"].as_array().unwrap().len(), 2);
    // The new token stays.
    assert_eq!(stage.call("/orders", json!({})).await["exchange"]["token"]["source"], "CACHE");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_refuses_even_a_fresh_token_answers_for_itself_and_costs_no_second_round() {
    let stage = Stage::new(counting_issuer().await, api_for("none of ours").await).await;
    let answer = stage.call("/", json!({})).await;
    assert_eq!((status(&answer), &outcome(&answer)["body"]["text"]), (401, &json!("token expired")));
    let failure = &outcome(&answer)["authFailure"];
    assert_eq!((&failure["failure"], &failure["phase"]), (&json!("TOKEN_REJECTED"), &json!("RESOURCE")));
    assert_eq!((&failure["httpStatus"], &failure["remedy"]["field"]), (&json!(401), &json!("parameters")));
    assert_eq!((stage.api.count(), stage.issuer.count()), (2, 2));
    let conclusive = |stage: &Stage| {
        let refusals = stage.recorded("token.rejected.v1");
        refusals.iter().filter(|refusal| refusal["conclusive"] == true).count()
    };
    assert_eq!(conclusive(&stage), 1);

    let again = stage.call("/", json!({})).await;
    assert_eq!(status(&again), 401);
    assert_eq!((stage.api.count(), stage.issuer.count()), (3, 2), "one call, no token request");
    assert_eq!(conclusive(&stage), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_get_a_token_of_their_own_and_leave_the_cached_one_alone() {
    let issuer = Peer::start(|heard: Heard| {
        let scope = heard.form("scope").unwrap_or_else(|| "none".to_owned());
        std::future::ready(Answer::token(&format!("token-for-{scope}")))
    });
    let stage = Stage::new(issuer.await, open_api().await).await;
    let overriding = json!({ "authorization": { "clientConnection": {
        "key": "client", "parameterOverrides": [{ "name": "scope", "value": "write" }],
    } } });
    for more in [json!({}), overriding.clone(), json!({}), overriding] {
        assert_eq!(status(&stage.call("/", more).await), 200);
    }
    let (plain, special) = ("Bearer token-for-none", "Bearer token-for-write");
    assert_eq!(bearers(&stage.api), [plain, special, plain, special]);
    let scopes: Vec<_> = stage.issuer.heard().iter().map(|heard| heard.form("scope")).collect();
    assert_eq!(scopes, [None, Some("write".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_token_is_new_and_takes_the_place_of_the_old_one() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let forcing = json!({ "authorization": { "clientConnection": { "key": "client", "forceNewToken": true } } });
    stage.call("/", json!({})).await;
    let forced = stage.call("/", forcing).await;
    assert_eq!(forced["exchange"]["token"]["source"], "FETCHED");
    stage.call("/", json!({})).await;
    assert_eq!(bearers(&stage.api), ["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
    assert_eq!(stage.recorded("token.issued.v1")[1]["reason"], "FORCED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_names_one_call_for_ever() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let named = json!({ "method": "POST", "idempotencyKey": "order-7" });
    let first = stage.call("/orders", named.clone()).await;
    let second = stage.call("/orders", named.clone()).await;
    assert_eq!((&first["exchange"]["replayed"], &second["exchange"]["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(first["exchange"]["id"], second["exchange"]["id"]);
    assert_eq!((status(&second), &outcome(&second)["body"]["text"]), (200, &json!("ok")));
    assert_eq!(first["exchange"]["positions"], second["exchange"]["positions"]);
    assert_eq!(stage.api.count(), 1);
    let others = [
        ("/other", json!({})),
        ("/orders?a=1", json!({})),
        ("/orders", json!({ "body": { "text": "another" } })),
        ("/orders", json!({ "headers": [{ "name": "x", "value": "1" }] })),
        ("/orders", json!({ "authorization": { "none": true } })),
    ];
    for (path, other) in others {
        let mut input = named.clone();
        input.as_object_mut().unwrap().extend(other.as_object().unwrap().clone());
        let reused = stage.call(path, input).await;
        assert_eq!(user_error(&reused), ("InvalidInput", "IDEMPOTENCY_KEY_REUSED", "idempotencyKey".to_owned()));
    }
    assert_eq!(stage.api.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_or_unknown_connection_sends_nothing() {
    let stage = Stage::new(counting_issuer().await, open_api().await).await;
    let disabled = stage
        .server
        .data(
            "mutation { updateConnection(input: { key: \"client\", expectedVersion: 1, enabled: false }) {
                connection { enabled } userErrors { message } } }",
            json!({}),
        )
        .await;
    assert_eq!(disabled["updateConnection"]["connection"]["enabled"], false);
    let refused = stage.call("/", json!({})).await;
    let failure = outcome(&refused);
    assert_eq!((&failure["__typename"], &failure["failure"]), (&json!("AuthFailure"), &json!("CONNECTION_DISABLED")));
    assert_eq!(failure["remedy"]["field"], "enabled");
    let watched = stage.server.data("{ authFailures { nodes { reason connectionKey } } }", json!({})).await;
    let expected = json!([{ "reason": "CONNECTION_DISABLED", "connectionKey": "client" }]);
    assert_eq!(watched["authFailures"]["nodes"], expected, "whoever watches failures sees this one, too");

    let unknown = stage.call("/", json!({ "authorization": { "clientConnection": { "key": "nobody" } } })).await;
    assert_eq!(user_error(&unknown), ("NotFound", "NOT_FOUND", "authorization.clientConnection.key".to_owned()));
    assert_eq!((stage.api.count(), stage.issuer.count()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_answers_unless_the_caller_wants_them_followed() {
    let other = open_api().await;
    let away = other.url("/landed");
    let api = Peer::start(move |heard: Heard| {
        let location = if heard.path == "/away" { away.clone() } else { "/landed".to_owned() };
        let is_redirect = heard.path != "/landed";
        std::future::ready(if is_redirect {
            Answer::text(302, "").with("location", &location)
        } else {
            Answer::text(200, "ok")
        })
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let kept = stage.call("/away", json!({})).await;
    assert_eq!(status(&kept), 302);
    assert_eq!(other.connections(), 0);

    let followed = stage.call("/near", json!({ "followRedirects": true })).await;
    assert_eq!(status(&followed), 200);
    assert_eq!(bearers(&stage.api), ["Bearer token-1"; 3], "the same origin keeps the token");

    let key = json!([{ "name": "x-key-of-some-sort", "value": "mine" }, { "name": "accept", "value": "text/plain" }]);
    let away = stage.call("/away", json!({ "followRedirects": true, "headers": key })).await;
    assert_eq!((status(&away), away["exchange"]["attempts"].as_array().unwrap().len()), (200, 2));
    let heard = &other.heard()[0];
    assert_eq!((heard.path.as_str(), heard.header("accept")), ("/landed", Some("text/plain")));
    assert_eq!((heard.header("authorization"), heard.header("x-key-of-some-sort")), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_never_follows_a_redirect_to_another_origin() {
    let other = Peer::start(|_: Heard| std::future::ready(Answer::text(200, "mine now"))).await;
    let away = other.url("/landed");
    let api = Peer::start(move |_: Heard| std::future::ready(Answer::text(307, "").with("location", &away)));
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let more = json!({ "method": "POST", "followRedirects": true, "body": { "text": "private" } });
    let refused = stage.call("/away", more).await;
    assert_eq!(refused["exchange"]["outcome"]["__typename"], "TransportFailure", "{refused:#}");
    assert_eq!(other.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_was_not_given_the_token_can_not_refuse_it() {
    let other = Peer::start(|_: Heard| std::future::ready(Answer::text(401, "who are you?"))).await;
    let away = other.url("/landed");
    let api = Peer::start(move |_: Heard| std::future::ready(Answer::text(302, "").with("location", &away)));
    let stage = Stage::new(counting_issuer().await, api.await).await;
    let answered = stage.call("/away", json!({ "followRedirects": true })).await;
    assert_eq!(status(&answered), 401);
    assert_eq!(stage.recorded("token.rejected.v1").len(), 0);
    assert_eq!(stage.recorded("token.issued.v1").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_an_api_stopped_taking_is_replaced_when_it_is_needed() {
    let takes_first = Arc::new(AtomicBool::new(true));
    let gate = Arc::clone(&takes_first);
    let api = Peer::start(move |heard: Heard| {
        let wanted = if gate.load(Ordering::SeqCst) { "Bearer token-1" } else { "Bearer token-2" };
        let status = if heard.header("authorization") == Some(wanted) { 200 } else { 401 };
        std::future::ready(Answer::text(status, ""))
    });
    let stage = Stage::new(counting_issuer().await, api.await).await;
    assert_eq!(status(&stage.call("/", json!({})).await), 200);
    takes_first.store(false, Ordering::SeqCst);
    let answer = stage.call("/", json!({})).await;
    assert_eq!((status(&answer), &answer["exchange"]["token"]["source"]), (200, &json!("REFRESHED_AFTER_REJECTION")));
    assert_eq!(stage.issuer.count(), 2);
}
