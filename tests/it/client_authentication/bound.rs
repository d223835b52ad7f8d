//! DPoP (RFC 9449): each request has a proof of its own, with the nonce that the server last gave.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use super::decoded;
use crate::scripted::{Answer, Heard, Peer};
use crate::stage::{Stage, execute, open_api, outcome, status, through};
use crate::tls_peer::thumbprint;

const P256: &str = include_str!("../../keys/p256.pkcs8.pem");

fn token_of_type(kind: &str) -> Answer {
    Answer::json(200, &json!({ "access_token": "t-1", "token_type": kind, "expires_in": 3_600 }))
}

/// Claims of the proof, when the key in its header verifies it; and that key.
fn proof(heard: &Heard) -> (Value, Value) {
    let jwt = heard.header("dpop").unwrap_or_else(|| panic!("no proof: {heard:?}"));
    let header = decode_header(jwt).unwrap();
    assert_eq!(header.typ.as_deref(), Some("dpop+jwt"));
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims::<&str>(&[]);
    let key = DecodingKey::from_jwk(header.jwk.as_ref().unwrap()).unwrap();
    let claims = decode::<Value>(jwt, &key, &validation).unwrap().claims;
    (claims, decoded(jwt).0["jwk"].clone())
}

/// A server that demands `nonce` of every proof, and otherwise gives the answer.
fn demanding(nonce: &'static str, refusal: Answer, answer: Answer) -> impl Fn(Heard) -> std::future::Ready<Answer> {
    move |heard| {
        let given = proof(&heard).0["nonce"] == nonce;
        std::future::ready(if given { answer.clone() } else { refusal.clone().with("dpop-nonce", nonce) })
    }
}

fn wants_nonce_at_issuer() -> Answer {
    Answer::json(400, &json!({ "error": "use_dpop_nonce" }))
}

fn wants_nonce_at_api() -> Answer {
    Answer::text(401, "").with("www-authenticate", r#"DPoP error="use_dpop_nonce""#)
}

async fn bound(issuer: Peer, api: Peer) -> Stage {
    let stage = Stage::new(issuer, api).await;
    stage.server.create_secret("own-secret", P256).await;
    let authentication = json!({ "privateKeyJwt": { "secret": "own-secret", "signingAlgorithm": "ES256" } });
    stage.connect("own", json!({ "dpop": "ES256", "authentication": authentication })).await;
    stage
}

async fn call(stage: &Stage, more: Value) -> Value {
    execute(&stage.server, through("own", &stage.api.url("/orders?page=2"), more)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_travels_with_a_proof_for_each_request() {
    let issuer = Peer::saying(token_of_type("DPoP")).await;
    let stage = bound(issuer, open_api().await).await;
    for method in ["GET", "POST"] {
        assert_eq!(status(&call(&stage, json!({ "method": method })).await), 200);
    }
    let [asked] = stage.issuer.heard().try_into().unwrap();
    let (claims, key) = proof(&asked);
    assert_eq!((&claims["htm"], &claims["htu"]), (&json!("POST"), &json!(stage.issuer.url("/token"))));
    assert_eq!((claims.get("ath"), claims.get("nonce")), (None, None));
    let requests = stage.api.heard();
    let mut ids = vec![claims["jti"].clone()];
    for (request, method) in requests.iter().zip(["GET", "POST"]) {
        assert_eq!(request.header("authorization"), Some("DPoP t-1"));
        let (claims, same) = proof(request);
        assert_eq!(same, key, "one key for a token and all its uses");
        assert_eq!((&claims["htm"], &claims["htu"]), (&json!(method), &json!(stage.api.url("/orders"))));
        assert_eq!(claims["ath"], thumbprint(b"t-1"));
        ids.push(claims["jti"].clone());
    }
    ids.dedup();
    assert_eq!((requests.len(), ids.len()), (2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_is_given_once_at_both_places_and_remembered() {
    let issuer = Peer::start(demanding("n-issuer", wants_nonce_at_issuer(), token_of_type("DPoP"))).await;
    let api = Peer::start(demanding("n-api", wants_nonce_at_api(), Answer::text(200, "ok"))).await;
    let stage = bound(issuer, api).await;
    assert_eq!(status(&call(&stage, json!({ "method": "POST", "body": { "text": "hello" } })).await), 200);
    let [first, second] = stage.issuer.heard().try_into().unwrap();
    let jti = |heard: &Heard| decoded(&heard.form("client_assertion").unwrap()).1["jti"].clone();
    assert_ne!(jti(&first), jti(&second), "the assertion is new as well");
    assert_ne!(proof(&first).0["jti"], proof(&second).0["jti"]);
    assert_ne!(proof(&second).0["jti"], jti(&second));
    assert_eq!(proof(&first).1, proof(&second).1);
    let bodies: Vec<String> = stage.api.heard().into_iter().map(|heard| heard.body).collect();
    assert_eq!(bodies, ["hello", "hello"], "the same request, sent once more");

    // From now on, both are known.
    let again = json!({ "authorization": { "clientConnection": { "key": "own", "forceNewToken": true } } });
    assert_eq!(status(&call(&stage, again).await), 200);
    assert_eq!((stage.issuer.count(), stage.api.count()), (3, 3));
    assert_eq!(stage.recorded("token.rejected.v1"), Vec::<Value>::new(), "no token was ever refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demand_that_comes_again_is_an_answer() {
    let numbered = |refusal: Answer| {
        let count = Arc::new(AtomicUsize::new(0));
        move |_: Heard| {
            let nonce = format!("n-{}", count.fetch_add(1, Ordering::SeqCst));
            std::future::ready(refusal.clone().with("dpop-nonce", &nonce))
        }
    };
    let greedy = Peer::start(numbered(wants_nonce_at_issuer())).await;
    let stage = bound(greedy, open_api().await).await;
    let answer = call(&stage, json!({})).await;
    assert_eq!(outcome(&answer)["oauthError"]["error"], "use_dpop_nonce", "{answer:#}");
    assert_eq!((stage.issuer.count(), stage.api.count()), (2, 0));

    let greedy = Peer::start(numbered(wants_nonce_at_api())).await;
    let stage = bound(Peer::saying(token_of_type("DPoP")).await, greedy).await;
    assert_eq!(status(&call(&stage, json!({})).await), 401);
    assert_eq!((stage.issuer.count(), stage.api.count()), (1, 2), "a new token would not help");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_bound_to_nothing_is_not_used() {
    let stage = bound(Peer::saying(token_of_type("Bearer")).await, open_api().await).await;
    let answer = call(&stage, json!({})).await;
    let failure = outcome(&answer);
    assert_eq!((&failure["phase"], &failure["failure"]), (&json!("TOKEN"), &json!("MALFORMED_RESPONSE")), "{answer:#}");
    assert_eq!(failure["message"], "the token is of type \"Bearer\"; this connection takes only DPoP");
    assert_eq!(stage.api.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proof_goes_to_another_origin() {
    let elsewhere = open_api().await;
    let there = elsewhere.url("/");
    let api = Peer::start(move |heard: Heard| {
        let (here, there) = ("/moved", there.clone());
        std::future::ready(match heard.path.as_str() {
            "/moved" => Answer::text(307, "").with("location", &there),
            _ => Answer::text(307, "").with("location", here),
        })
    });
    let stage = bound(Peer::saying(token_of_type("DPoP")).await, api.await).await;
    assert_eq!(status(&call(&stage, json!({ "followRedirects": true })).await), 200);
    let [first, second] = stage.api.heard().try_into().unwrap();
    assert_eq!(proof(&first).0["htu"], stage.api.url("/orders"));
    assert_eq!(proof(&second).0["htu"], stage.api.url("/moved"), "at the same origin, each place has its own proof");
    let [other] = elsewhere.heard().try_into().unwrap();
    assert_eq!((other.header("dpop"), other.header("authorization")), (None, None));
}
