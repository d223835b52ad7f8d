//! Every way of client authentication against `oidc-provider`, a certified OpenID provider that nobody here wrote.
//!
//! The provider's keys are found by a library whose reading of issuers `src` does not use, and the tokens are judged with them: a token that
//! arrives at the API was issued to this client, for this API, with the scope that was asked for.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{IssuerUrl, http};
use serde_json::{Map, Value, json};

use crate::booted::{Booted, client};
use crate::peer::Peer;

/// Every printable character that form-encoding changes, and some that it does not. RFC 6749 appendix A.2 has no others.
const SECRET: &str = "p%+ :/=&?#~\"'()*!;,<>[]{}|\\^`@$_-.";
const RSA: &str = include_str!("../keys/rsa-2048.jwk.json");
const P256: &str = include_str!("../keys/p256.jwk.json");
const ED25519: &str = include_str!("../keys/ed25519.jwk.json");
/// A key on the curve of `P256` that the provider never saw: RFC 7517 appendix A.2.
const P256_STRANGER: &str = r#"{"kty":"EC","crv":"P-256","d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}"#;

/// An API that takes every request and remembers its token.
struct Upstream {
    url: String,
    heard: Arc<Mutex<Vec<String>>>,
    handle: ServerHandle,
}

impl Upstream {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/orders", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let memory = Arc::clone(&heard);
        let answer = move |request: HttpRequest| {
            let header = request.headers().get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
            memory.lock().unwrap().push(header.to_owned());
            async { HttpResponse::Ok().body("orders") }
        };
        let server = HttpServer::new(move || App::new().default_service(web::to(answer.clone())));
        let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { url, heard, handle }
    }

    /// What came since the last time.
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// The provider, Latchkey and an API, which have nothing to do with each other until a connection is made.
struct Stage {
    _peer: Peer,
    issuer: String,
    token_url: String,
    introspection_url: String,
    server: Booted,
    upstream: Upstream,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn set(clients: Value) -> Self {
        let (peer, said) = Peer::start("oidc_provider.mjs", &clients).await;
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        let directory = tempfile::tempdir().unwrap();
        let server = Booted::start(&directory.path().join("data"), &[("LATCHKEY_EGRESS__ALLOW", "127.0.0.1")]);
        Self {
            _peer: peer,
            issuer: text("issuer"),
            token_url: text("token_endpoint"),
            introspection_url: text("introspection_endpoint"),
            server,
            upstream: Upstream::start(),
            _directory: directory,
        }
    }

    /// Creates a connection to the provider.
    async fn connect(&self, key: &str, authentication: Value, more: Value) {
        let mut input = json!({ "authentication": authentication });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server.create_connection(key, &self.token_url, input).await;
    }

    /// Calls the API with a new token of the connection; the exchange.
    async fn call(&self, key: &str) -> Value {
        self.server
            .execute(json!({
                "url": self.upstream.url,
                "authorization": { "clientConnection": { "key": key, "forceNewToken": true } },
            }))
            .await
    }

    /// Calls the API, which must have heard one bearer token. Gives the token.
    async fn token(&self, key: &str) -> String {
        let exchange = self.call(key).await;
        assert_eq!(exchange["outcome"]["status"], 200, "{key}: {exchange:#}");
        assert_eq!(exchange["token"]["source"], "FETCHED");
        let heard = self.upstream.heard();
        let [header] = &heard[..] else { panic!("{key}: one request is expected, not {heard:?}") };
        header.strip_prefix("Bearer ").unwrap().to_owned()
    }

    /// The failure of a call that must not have reached the API.
    async fn failure(&self, key: &str) -> Value {
        let exchange = self.call(key).await;
        assert_eq!(self.upstream.heard(), Vec::<String>::new(), "{key}");
        assert_eq!(exchange["outcome"]["__typename"], "AuthFailure", "{key}: {exchange:#}");
        exchange["outcome"].clone()
    }

    /// The provider's keys, by another library's discovery.
    async fn keys(&self) -> JwkSet {
        let reader = client();
        let send = |request: openidconnect::HttpRequest| {
            let reader = reader.clone();
            async move {
                let answer = reader.execute(request.try_into()?).await?;
                let mut copy = http::Response::builder().status(answer.status());
                *copy.headers_mut().unwrap() = answer.headers().clone();
                Ok::<_, reqwest::Error>(copy.body(answer.bytes().await?.to_vec()).unwrap())
            }
        };
        let issuer = IssuerUrl::new(self.issuer.clone()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &send).await.unwrap();
        assert_eq!(metadata.token_endpoint().unwrap().as_str(), self.token_url);
        serde_json::from_value(serde_json::to_value(metadata.jwks()).unwrap()).unwrap()
    }
}

/// The claims of an access token (RFC 9068), if the provider signed it for `audience` and it is good now.
fn claims(token: &str, keys: &JwkSet, issuer: &str, audience: &str) -> Value {
    let header = decode_header(token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("at+jwt"));
    let key = keys.find(&header.kid.unwrap()).expect("the provider publishes the key");
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["iss", "aud", "exp", "sub"]);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
}

/// The public half of a private JWK.
fn public(jwk: &str) -> Value {
    let all: Map<String, Value> = serde_json::from_str(jwk).unwrap();
    all.into_iter().filter(|(name, _)| ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str())).collect()
}

fn by_secret(client_id: &str, method: &str) -> Value {
    json!({ "client_id": client_id, "client_secret": SECRET, "token_endpoint_auth_method": method,
        "scope": "orders:read orders:write" })
}

fn by_key(client_id: &str, algorithm: &str, jwk: &str, kid: Option<&str>) -> Value {
    let mut key = public(jwk);
    if let Some(kid) = kid {
        key["kid"] = kid.into();
    }
    json!({ "client_id": client_id, "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": algorithm, "jwks": { "keys": [key] }, "scope": "orders:read orders:write" })
}

fn secret(key: &str, placement: &str) -> Value {
    json!({ "clientSecret": { "secret": key, "placement": placement } })
}

fn private_key(key: &str, algorithm: &str, more: &Value) -> Value {
    let mut input = json!({ "secret": key, "signingAlgorithm": algorithm });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "privateKeyJwt": input })
}

fn body(parameters: &[(&str, &str)]) -> Value {
    parameters.iter().map(|(name, value)| json!({ "name": name, "value": value, "placement": "BODY" })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certified_provider_takes_every_method_and_algorithm() {
    let stage = Stage::set(json!([
        by_secret("a:basic client/with+signs", "client_secret_basic"),
        by_secret("post", "client_secret_post"),
        by_key("rs256", "RS256", RSA, Some("rsa-1")),
        by_key("ps256", "PS256", RSA, None),
        by_key("es256", "ES256", P256, Some("ec-1")),
        by_key("eddsa", "EdDSA", ED25519, None),
    ]))
    .await;
    let server = &stage.server;
    server.create_secret("words", SECRET).await;
    server.create_secret("rsa-pkcs8", include_str!("../keys/rsa-2048.pkcs8.pem")).await;
    server.create_secret("rsa-pkcs1", include_str!("../keys/rsa-2048.pkcs1.pem")).await;
    server.create_secret("p256-sec1", include_str!("../keys/p256.sec1.pem")).await;
    server.create_secret("ed25519-jwk", ED25519).await;

    let basic = json!({ "clientId": "a:basic client/with+signs", "parameters": body(&[("scope", "orders:read")]) });
    stage.connect("basic", secret("words", "BASIC_HEADER"), basic).await;
    stage.connect("post", secret("words", "REQUEST_BODY"), json!({})).await;
    stage.connect("rs256", private_key("rsa-pkcs8", "RS256", &json!({ "keyId": "rsa-1" })), json!({})).await;
    let audience = json!({ "audience": stage.issuer });
    stage.connect("ps256", private_key("rsa-pkcs1", "PS256", &audience), json!({})).await;
    let stock = json!({ "parameters": body(&[("resource", "urn:example:stock"), ("scope", "orders:write")]) });
    stage.connect("es256", private_key("p256-sec1", "ES256", &json!({ "keyId": "ec-1" })), stock).await;
    let both = json!({ "parameters": body(&[("scope", "orders:read orders:write")]) });
    stage.connect("eddsa", private_key("ed25519-jwk", "EDDSA", &json!({ "keyFormat": "JWK" })), both).await;

    let keys = stage.keys().await;
    for (key, client_id, audience, scope) in [
        ("basic", "a:basic client/with+signs", "urn:example:orders", json!("orders:read")),
        ("post", "post", "urn:example:orders", Value::Null),
        ("rs256", "rs256", "urn:example:orders", Value::Null),
        ("ps256", "ps256", "urn:example:orders", Value::Null),
        ("es256", "es256", "urn:example:stock", json!("orders:write")),
        ("eddsa", "eddsa", "urn:example:orders", json!("orders:read orders:write")),
    ] {
        let claims = claims(&stage.token(key).await, &keys, &stage.issuer, audience);
        assert_eq!((&claims["client_id"], &claims["sub"]), (&json!(client_id), &json!(client_id)), "{key}");
        assert_eq!(claims["scope"], scope, "{key}");
    }
    // Every assertion has a `jti` of its own: the provider takes each only once.
    assert_ne!(stage.token("rs256").await, stage.token("rs256").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_token_endpoint_is_found_by_its_issuer() {
    let stage = Stage::set(json!([by_secret("post", "client_secret_post")])).await;
    stage.server.create_secret("words", SECRET).await;
    let by_issuer = json!({ "accessTokenUrl": null, "issuer": stage.issuer });
    stage.connect("post", secret("words", "REQUEST_BODY"), by_issuer).await;
    let query = r#"query($issuer: URL!) {
        connection(key: "post") { accessTokenUrl issuer }
        discoverIssuer(issuer: $issuer) { metadata { tokenEndpoint warnings } userErrors { code } }
    }"#;
    let said = stage.server.data(query, json!({ "issuer": stage.issuer })).await;
    assert_eq!(said["connection"], json!({ "accessTokenUrl": stage.token_url, "issuer": stage.issuer }));
    assert_eq!(said["discoverIssuer"]["userErrors"], json!([]));
    let metadata = &said["discoverIssuer"]["metadata"];
    assert_eq!((&metadata["tokenEndpoint"], &metadata["warnings"]), (&json!(stage.token_url), &json!([])));
    let token = stage.token("post").await;
    claims(&token, &stage.keys().await, &stage.issuer, "urn:example:orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opaque_token_is_the_providers_own() {
    let stage = Stage::set(json!([by_secret("post", "client_secret_post")])).await;
    stage.server.create_secret("words", SECRET).await;
    let opaque = json!({ "parameters": body(&[("resource", "urn:example:opaque"), ("scope", "orders:read")]) });
    stage.connect("post", secret("words", "REQUEST_BODY"), opaque).await;

    let token = stage.token("post").await;
    let form = [("client_id", "post"), ("client_secret", SECRET), ("token", &token)];
    let form = openidconnect::url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let asked = client().post(&stage.introspection_url).header("content-type", "application/x-www-form-urlencoded");
    let answer = asked.body(form).send().await.unwrap().text().await.unwrap();
    let introspected: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(introspected["active"], true, "{introspected:#}");
    assert_eq!((&introspected["client_id"], &introspected["scope"]), (&json!("post"), &json!("orders:read")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_typed_and_told_in_the_providers_own_words() {
    let mut reader = by_secret("reader", "client_secret_post");
    reader["scope"] = json!("orders:read");
    let stage = Stage::set(json!([
        by_secret("basic", "client_secret_basic"),
        reader,
        by_key("rs256", "RS256", RSA, None),
        by_key("another-key", "ES256", P256, None),
    ]))
    .await;
    let server = &stage.server;
    server.create_secret("words", SECRET).await;
    server.create_secret("wrong", "wrong").await;
    server.create_secret("umlaut", "p\u{e4}ss").await;
    server.create_secret("rsa", include_str!("../keys/rsa-2048.pkcs8.pem")).await;
    server.create_secret("strange", P256_STRANGER).await;

    let as_basic = || json!({ "clientId": "basic" });
    stage.connect("wrong-secret", secret("wrong", "BASIC_HEADER"), as_basic()).await;
    stage.connect("unsayable-secret", secret("umlaut", "BASIC_HEADER"), as_basic()).await;
    stage.connect("unknown-client", secret("words", "REQUEST_BODY"), json!({ "clientId": "nobody" })).await;
    stage.connect("wrong-method", private_key("rsa", "RS256", &json!({})), as_basic()).await;
    stage.connect("wrong-algorithm", private_key("rsa", "PS256", &json!({})), json!({ "clientId": "rs256" })).await;
    stage.connect("wrong-key", private_key("strange", "ES256", &json!({})), json!({ "clientId": "another-key" })).await;
    let audience = json!({ "audience": "https://elsewhere.example/token" });
    stage.connect("wrong-audience", private_key("rsa", "RS256", &audience), json!({ "clientId": "rs256" })).await;
    let write = json!({ "clientId": "reader", "parameters": body(&[("scope", "orders:write")]) });
    stage.connect("wrong-scope", secret("words", "REQUEST_BODY"), write).await;
    let nowhere = json!({ "clientId": "reader", "parameters": body(&[("resource", "urn:example:nowhere")]) });
    stage.connect("wrong-resource", secret("words", "REQUEST_BODY"), nowhere).await;

    let unauthenticated = ("INVALID_CLIENT", 401, "invalid_client", "client authentication failed");
    let undecodable = "client_id and client_secret in the authorization header are not properly encoded";
    for (key, (reason, status, error, description)) in [
        ("wrong-secret", unauthenticated),
        ("unsayable-secret", ("INVALID_REQUEST", 400, "invalid_request", undecodable)),
        ("unknown-client", unauthenticated),
        ("wrong-method", unauthenticated),
        ("wrong-algorithm", unauthenticated),
        ("wrong-key", unauthenticated),
        ("wrong-audience", unauthenticated),
        ("wrong-scope", ("INVALID_SCOPE", 400, "invalid_scope", "requested scope is not allowed")),
        ("wrong-resource", ("INVALID_REQUEST", 400, "invalid_target", "resource indicator is missing, or unknown")),
    ] {
        let failure = stage.failure(key).await;
        assert_eq!(failure["reason"], reason, "{key}: {failure:#}");
        assert_eq!(failure["oauthError"], json!({ "error": error, "errorDescription": description }), "{key}");
        assert_eq!((&failure["phase"], &failure["httpStatus"]), (&json!("RESPONSE"), &json!(status)), "{key}");
        assert_eq!((&failure["attempt"], &failure["retryable"]), (&json!(1), &json!(false)), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_fit_is_refused_before_the_provider_hears_of_it() {
    let stage = Stage::set(json!([by_key("es256", "ES256", P256, None)])).await;
    let server = &stage.server;
    server.create_secret("rsa", include_str!("../keys/rsa-2048.pkcs8.pem")).await;
    let refused = server
        .data(
            "mutation($input: CreateConnectionInput!) {
                createConnection(input: $input) { connection { key } userErrors { __typename code path } }
            }",
            json!({ "input": {
                "key": "es256", "displayName": "ES256", "clientId": "es256", "accessTokenUrl": stage.token_url,
                "authentication": private_key("rsa", "ES256", &json!({})),
            } }),
        )
        .await;
    assert_eq!(
        refused["createConnection"],
        json!({ "connection": null, "userErrors": [{
            "__typename": "InvalidInput",
            "code": "ALGORITHM_MISMATCH",
            "path": ["authentication", "privateKeyJwt", "signingAlgorithm"],
        }] })
    );

    server.create_secret("key", include_str!("../keys/p256.pkcs8.pem")).await;
    stage.connect("es256", private_key("key", "ES256", &json!({})), json!({})).await;
    stage.token("es256").await;
    let rotated = server
        .data(
            "mutation($input: RotateSecretInput!) {
                rotateSecret(input: $input) { secret { key } userErrors { __typename code path } }
            }",
            json!({ "input": {
                "key": "key", "expectedVersion": 1, "source": { "value": include_str!("../keys/rsa-2048.pkcs8.pem") },
            } }),
        )
        .await;
    assert_eq!(
        rotated["rotateSecret"],
        json!({ "secret": null, "userErrors": [{
            "__typename": "InvalidInput",
            "code": "ALGORITHM_MISMATCH",
            "path": ["source", "value"],
        }] })
    );
    stage.token("es256").await;
}
