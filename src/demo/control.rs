//! The switches of the demo over HTTP, for somebody who tries out failures by hand.
//!
//! They ask for no token: whoever reaches loopback may turn them. A web page must not, so a request with an `Origin` is refused.

use std::time::Duration;

use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse, guard, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{ClientKey, ClientKeyError};
use super::state::{Mode, State};

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.service(
        web::scope("/demo")
            .guard(guard::fn_guard(|context| !context.head().headers().contains_key(ORIGIN)))
            .route("/reject", web::post().to(reject))
            .route("/revoke", web::post().to(revoke))
            .route("/delay", web::post().to(delay))
            .route("/keys", web::post().to(keys))
            .route("/stats", web::get().to(stats)),
    )
    .route("/demo/{tail:.*}", web::route().to(from_a_page));
}

async fn from_a_page(request: HttpRequest) -> HttpResponse {
    if request.headers().contains_key(ORIGIN) {
        HttpResponse::Forbidden().json(json!({ "error": "the switches are not for web pages" }))
    } else {
        HttpResponse::NotFound().finish()
    }
}

#[derive(Deserialize)]
struct Reject {
    mode: Mode,
}

async fn reject(state: web::Data<State>, wanted: web::Json<Reject>) -> HttpResponse {
    state.switch(wanted.mode);
    HttpResponse::Ok().json(json!({ "mode": wanted.mode }))
}

async fn revoke(state: web::Data<State>) -> HttpResponse {
    state.revoke();
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct Delay {
    ms: u64,
}

async fn delay(state: web::Data<State>, wanted: web::Json<Delay>) -> HttpResponse {
    state.delay_tokens(Duration::from_millis(wanted.ms));
    HttpResponse::Ok().json(json!({ "ms": state.delay().as_millis() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum NewKey {
    Jwk(Value),
    Pem(String),
}

async fn keys(state: web::Data<State>, wanted: web::Json<NewKey>) -> HttpResponse {
    let key = match wanted.into_inner() {
        NewKey::Jwk(jwk) => ClientKey::from_jwk(&jwk.to_string()),
        NewKey::Pem(pem) => ClientKey::from_pem(&pem),
    };
    match key.and_then(|key| state.register(key)) {
        Ok(()) => HttpResponse::Created().finish(),
        Err(refused @ ClientKeyError::TooMany) => {
            HttpResponse::Conflict().json(json!({ "error": refused.to_string() }))
        }
        Err(refused @ (ClientKeyError::Unreadable | ClientKeyError::Algorithm)) => {
            HttpResponse::BadRequest().json(json!({ "error": refused.to_string() }))
        }
    }
}

async fn stats(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.stats())
}
