//! The protected API: a few endpoints that want a bearer token of the issuer.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, Validation, decode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::issuer::AccessClaims;
use super::refusal::ApiRefusal;
use super::state::{DELAY_MS_MAX, Mode, State};

const READ: &str = "demo:read";
const WRITE: &str = "demo:write";

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route("/api/hello", web::get().to(hello))
        .route("/api/orders", web::get().to(orders))
        .route("/api/slow", web::get().to(slow))
        .route("/api/status/{code}", web::route().to(status))
        // Every method but those that only read: the echo shows what was sent.
        .route("/api/echo", web::post().to(echo))
        .route("/api/echo", web::put().to(echo))
        .route("/api/echo", web::patch().to(echo))
        .route("/api/echo", web::delete().to(echo));
}

/// Counts the call and lets it through when its token is good and has the scope (RFC 6750 §2.1 and §3.1).
fn authorise(state: &State, request: &HttpRequest, scope: &'static str) -> Result<AccessClaims, ApiRefusal> {
    state.counters.api_calls.fetch_add(1, Ordering::SeqCst);
    bearer(request).and_then(|token| judge(state, token, scope)).inspect_err(|_| {
        state.counters.api_refusals.fetch_add(1, Ordering::SeqCst);
    })
}

fn bearer(request: &HttpRequest) -> Result<&str, ApiRefusal> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match header.and_then(|value| value.split_once(' ')) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        Some(_) | None => Err(ApiRefusal::NoToken),
    }
}

fn judge(state: &State, token: &str, scope: &'static str) -> Result<AccessClaims, ApiRefusal> {
    if state.mode() == Mode::RejectTokens {
        return Err(ApiRefusal::InvalidToken("the API was told to refuse every token"));
    }
    let mut validation = Validation::new(Algorithm::ES256);
    // Judged below by the demo's own clock: the crate reads the system clock, and allows 60 seconds.
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    validation.set_issuer(&[&state.issuer]);
    validation.set_audience(&[state.audience()]);
    let claims = decode::<AccessClaims>(token, &state.signing_key.public, &validation)
        .map_err(|_| ApiRefusal::InvalidToken("not a token of this issuer for this API"))?
        .claims;
    if claims.exp <= state.now().timestamp() {
        return Err(ApiRefusal::InvalidToken("the token has expired"));
    }
    let serial = claims.jti.rsplit_once('-').and_then(|(_, serial)| serial.parse().ok());
    if serial.is_none_or(|serial| state.is_revoked(serial)) {
        return Err(ApiRefusal::InvalidToken("the token was revoked"));
    }
    if claims.scope.split(' ').any(|granted| granted == scope) {
        Ok(claims)
    } else {
        Err(ApiRefusal::InsufficientScope(scope))
    }
}

async fn hello(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, ApiRefusal> {
    let claims = authorise(&state, &request, READ)?;
    Ok(HttpResponse::Ok().json(json!({
        "message": format!("Hello, {}!", claims.client_id),
        "scope": claims.scope,
        "expiresInSeconds": claims.exp - state.now().timestamp(),
    })))
}

async fn orders(state: web::Data<State>, request: HttpRequest) -> Result<HttpResponse, ApiRefusal> {
    authorise(&state, &request, READ)?;
    Ok(HttpResponse::Ok().json(json!({
        "orders": [
            { "id": "ord-1001", "placedAt": "2026-11-02T09:14:07Z", "status": "SHIPPED", "customer": "Ada Byron",
              "lines": [ { "sku": "KEY-BRASS-2", "quantity": 2, "unitPrice": "14.50" } ],
              "total": { "amount": "29.00", "currency": "EUR" } },
            { "id": "ord-1002", "placedAt": "2026-11-02T11:40:51Z", "status": "PAID", "customer": "Grace Murray",
              "lines": [ { "sku": "LATCH-OAK", "quantity": 1, "unitPrice": "89.90" },
                         { "sku": "SCREW-40", "quantity": 12, "unitPrice": "0.35" } ],
              "total": { "amount": "94.10", "currency": "EUR" } },
            { "id": "ord-1003", "placedAt": "2026-11-03T16:02:33Z", "status": "CANCELLED", "customer": "Alan Mathison",
              "lines": [ { "sku": "BOLT-STEEL", "quantity": 4, "unitPrice": "7.25" } ],
              "total": { "amount": "29.00", "currency": "EUR" } },
        ],
        "nextCursor": null,
    })))
}

#[derive(Deserialize)]
struct Slow {
    #[serde(default)]
    ms: u64,
}

/// Answers after `ms` milliseconds, at most [`DELAY_MS_MAX`].
async fn slow(
    state: web::Data<State>,
    request: HttpRequest,
    wanted: web::Query<Slow>,
) -> Result<HttpResponse, ApiRefusal> {
    authorise(&state, &request, READ)?;
    let ms = wanted.ms.min(DELAY_MS_MAX);
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Ok(HttpResponse::Ok().json(json!({ "waitedMs": ms })))
}

/// Answers with the status code of the path, 200 to 599.
async fn status(
    state: web::Data<State>,
    request: HttpRequest,
    code: web::Path<String>,
) -> Result<HttpResponse, ApiRefusal> {
    authorise(&state, &request, READ)?;
    let wanted = code.parse().ok().filter(|code| (200..=599).contains(code));
    let Some(code) = wanted.and_then(|code| StatusCode::from_u16(code).ok()) else {
        return Ok(HttpResponse::NotFound().json(json!({ "error": "the status is a number from 200 to 599" })));
    };
    let mut answer = HttpResponse::build(code);
    Ok(match code {
        // RFC 9110 §15: these have no content.
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED => answer.finish(),
        _ => answer.json(json!({ "status": code.as_u16(), "reason": code.canonical_reason() })),
    })
}

async fn echo(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, ApiRefusal> {
    authorise(&state, &request, WRITE)?;
    let mut headers = Map::new();
    for name in request.headers().keys().filter(|name| *name != AUTHORIZATION) {
        let values = request.headers().get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        headers.insert(name.to_string(), Value::from(values.collect::<Vec<_>>().join(", ")));
    }
    let body = match std::str::from_utf8(&body) {
        Ok(text) => json!({ "text": text }),
        Err(_) => json!({ "base64": STANDARD.encode(&body) }),
    };
    Ok(HttpResponse::Ok().json(json!({
        "method": request.method().as_str(),
        "path": request.path(),
        "query": request.query_string(),
        "headers": headers,
        "body": body,
    })))
}
