//! The issuer: token endpoint, metadata and keys.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{self, Form};
use super::refusal::TokenRefusal;
use super::state::{Mode, State};
use super::{CLIENT_ID, SCOPES};

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AccessClaims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) client_id: String,
    pub(super) aud: String,
    pub(super) scope: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    /// Ends in `-` and the token's serial number, by which it is withdrawn.
    pub(super) jti: String,
}

pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.route("/token", web::post().to(token))
        .route("/jwks", web::get().to(jwks))
        .route("/authorize", web::get().to(authorize))
        .route("/.well-known/openid-configuration", web::get().to(openid_configuration))
        .route("/.well-known/oauth-authorization-server", web::get().to(authorization_server));
}

async fn token(state: web::Data<State>, request: HttpRequest, body: web::Bytes) -> Result<HttpResponse, TokenRefusal> {
    state.counters.token_requests.fetch_add(1, Ordering::SeqCst);
    let delay = state.delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match state.mode() {
        Mode::InvalidClient => return Err(TokenRefusal::InvalidClient("the issuer was told to refuse")),
        Mode::ServerError => return Err(TokenRefusal::ServerError),
        Mode::None | Mode::RejectTokens => {}
    }
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenRefusal::InvalidRequest("the body must be application/x-www-form-urlencoded"));
    }
    let form = Form::parse(&body)?;
    let Some(grant_type) = form.get("grant_type") else {
        return Err(TokenRefusal::InvalidRequest("grant_type is missing"));
    };
    // Before the grant: an unknown client learns nothing about what is supported.
    client::authenticate(&state, request.headers().get(AUTHORIZATION), &form)?;
    if grant_type != "client_credentials" {
        return Err(TokenRefusal::UnsupportedGrantType);
    }
    let scope = granted_scope(form.get("scope"))?;
    issue(&state, scope)
}

/// What was asked for, or everything when nothing was (RFC 6749 §3.3).
fn granted_scope(asked: Option<&str>) -> Result<String, TokenRefusal> {
    let Some(asked) = asked else {
        return Ok(SCOPES.join(" "));
    };
    if asked.split(' ').all(|scope| SCOPES.contains(&scope)) {
        Ok(asked.to_owned())
    } else {
        Err(TokenRefusal::InvalidScope)
    }
}

fn issue(state: &State, scope: String) -> Result<HttpResponse, TokenRefusal> {
    let serial = state.counters.tokens_issued.fetch_add(1, Ordering::SeqCst) + 1;
    let now = state.now();
    let claims = AccessClaims {
        iss: state.issuer.clone(),
        sub: CLIENT_ID.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        aud: state.audience(),
        scope,
        iat: now.timestamp(),
        exp: (now + state.lifetime).timestamp(),
        // The key's id is new in every process, so the whole is unique.
        jti: format!("{}-{serial}", state.signing_key.id),
    };
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(state.signing_key.id.clone());
    let access_token = encode(&header, &claims, &state.signing_key.private).map_err(|_| TokenRefusal::ServerError)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": TimeDelta::num_seconds(&state.lifetime),
        "scope": claims.scope,
    })))
}

async fn jwks(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(&state.signing_key.published)
}

/// OIDC Discovery demands an authorization endpoint. This one only says that there is no such grant.
async fn authorize() -> HttpResponse {
    HttpResponse::BadRequest().body("The demo issuer knows the client credentials grant only.\n")
}

async fn authorization_server(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(metadata(&state))
}

async fn openid_configuration(state: web::Data<State>) -> HttpResponse {
    let mut document = metadata(&state);
    // What OpenID Connect Discovery 1.0 §3 requires beyond RFC 8414.
    document.insert("authorization_endpoint", json!(format!("{}/authorize", state.issuer)));
    document.insert("subject_types_supported", json!(["public"]));
    document.insert("id_token_signing_alg_values_supported", json!(["ES256"]));
    HttpResponse::Ok().json(document)
}

fn metadata(state: &State) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("issuer", json!(state.issuer)),
        ("token_endpoint", json!(state.token_endpoint())),
        ("jwks_uri", json!(format!("{}/jwks", state.issuer))),
        ("scopes_supported", json!(SCOPES)),
        ("response_types_supported", json!(["none"])),
        ("grant_types_supported", json!(["client_credentials"])),
        (
            "token_endpoint_auth_methods_supported",
            json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]),
        ),
        ("token_endpoint_auth_signing_alg_values_supported", json!(["RS256", "PS256", "ES256", "EdDSA"])),
    ])
}
