//! The demonstration issuer and API over real sockets.

mod api;
mod assertion;
mod control;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use latchkey::demo::{ClientKey, DELAY_MS_MAX, Demo, Mode, Now, Settings, Stats, TOKEN_LIFETIME_SECONDS_MAX};
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

/// With a colon, a percent, a plus and a letter beyond ASCII: what an unencoded Basic gets wrong.
const SECRET: &str = "s:3%c+r ét";
const SECRET_FORM_ENCODED: &str = "s%3A3%25c%2Br+%C3%A9t";
const START: i64 = 1_800_000_000;
const ASSERTION_TYPE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";

struct TestDemo {
    demo: Demo,
    clock: Arc<AtomicI64>,
    http: Client,
}

impl TestDemo {
    fn start() -> Self {
        Self::with_keys(Vec::new())
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own client")]
    fn with_keys(client_keys: Vec<ClientKey>) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let settings = Settings { port: 0, client_keys, ..Settings::new(SECRET.into(), now(&clock)) };
        let demo = Demo::start(settings).unwrap();
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        Self { demo, clock, http }
    }

    async fn token(&self, authorization: Option<String>, form: &str) -> Response {
        let mut request = self.http.post(self.demo.token_url()).body(form.to_owned());
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.send().await.unwrap()
    }

    async fn access_token(&self, scope: &str) -> String {
        let form = format!("grant_type=client_credentials&scope={scope}");
        let answer = self.token(Some(basic("demo-client", SECRET_FORM_ENCODED)), &form).await;
        assert_eq!(answer.status(), StatusCode::OK);
        body(answer).await["access_token"].as_str().unwrap().to_owned()
    }

    async fn call(&self, path: &str, token: &str) -> Response {
        self.http.get(format!("{}{path}", self.demo.api_url())).bearer_auth(token).send().await.unwrap()
    }

    async fn control(&self, path: &str, body: Value) -> StatusCode {
        let request = self.http.post(format!("{}/demo/{path}", self.demo.issuer_url()));
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap().status()
    }

    async fn get(&self, path: &str) -> Value {
        body(self.http.get(format!("{}{path}", self.demo.issuer_url())).send().await.unwrap()).await
    }
}

fn now(clock: &Arc<AtomicI64>) -> Now {
    let clock = Arc::clone(clock);
    Arc::new(move || DateTime::from_timestamp(clock.load(Ordering::SeqCst), 0).unwrap())
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

async fn body(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}
