//! `/session`: `POST` signs a browser in, `DELETE` signs it out.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, SET_COOKIE, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::cookie::SessionCookie;
use super::{Sessions, is_marked};
use crate::event_log::DatabaseError;
use crate::graphql::caller::RequestInfo;
use crate::server::auth::{AuthRefusal, Authenticator, CHALLENGE, TOKEN_BYTES_MAX};
use crate::server::body::{self, BodyRefused};
use crate::server::graphql::IdSource;
use crate::server::graphql::info::request_info;
use crate::server::origin::{self, Scheme};
use crate::server::problem::Problem;

/// The path of the route.
pub const PATH: &str = "/session";

/// The longest body of a sign-in, in bytes: the longest token, and JSON around it.
pub const BODY_BYTES_MAX: usize = TOKEN_BYTES_MAX + 1024;

const METHODS: &str = "POST, DELETE";

/// What the route needs to answer.
pub struct SessionEndpoint {
    /// Keeps them.
    pub sessions: Sessions,
    /// Knows the admin token.
    pub authenticator: Authenticator,
    /// Gives each request its id.
    pub ids: IdSource,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

/// Registers [`PATH`].
pub fn configure(config: &mut web::ServiceConfig, endpoint: web::Data<SessionEndpoint>) {
    config.service(
        web::resource(PATH)
            .app_data(endpoint)
            .route(web::post().to(sign_in))
            .route(web::delete().to(sign_out))
            .default_service(web::to(other)),
    );
}

/// What a browser sends to sign in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    token: SecretString,
}

/// Why nobody is signed in or out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("send POST to sign in, DELETE to sign out")]
    Method,
    #[error("the header Origin must be there and name this host and port")]
    Origin,
    #[error("send the header `Latchkey-Request: 1`")]
    Mark,
    #[error(transparent)]
    Body(#[from] BodyRefused),
    #[error("the body must be {{\"token\": \"…\"}} and nothing else")]
    Json,
    #[error("this is not the admin token")]
    Unauthenticated(#[source] AuthRefusal),
    #[error("the session could not be stored or ended; try again in a moment")]
    Database(#[from] DatabaseError),
}

async fn sign_in(request: HttpRequest, payload: web::Payload, endpoint: web::Data<SessionEndpoint>) -> HttpResponse {
    let info = request_info(&request, (endpoint.ids)());
    let run = async {
        let scheme = admit(&request)?;
        body::check_type(request.headers())?;
        let body = body::read(&request, payload, BODY_BYTES_MAX, endpoint.body_timeout).await?;
        // The library's own error would repeat what was sent.
        let SignIn { token } = serde_json::from_slice(&body).map_err(|_| Refusal::Json)?;
        // Pasting brings space and line ends along.
        let caller = endpoint.authenticator.authenticate_token(token.expose_secret().trim());
        let caller = caller.map_err(Refusal::Unauthenticated)?;
        let value = endpoint.sessions.begin(&caller.actor).await?;
        tracing::info!(request_id = %info.request_id, source_ip = info.source_ip, "a browser signed in");
        Ok(endpoint.sessions.cookie(scheme, &value))
    };
    answer(run.await, &info)
}

/// Ends the session that the browser shows, and takes the cookie back whether there was one or not.
async fn sign_out(request: HttpRequest, endpoint: web::Data<SessionEndpoint>) -> HttpResponse {
    let info = request_info(&request, (endpoint.ids)());
    let run = async {
        let scheme = admit(&request)?;
        // Looked up first: only whoever is signed in may make the database write.
        if let Some(session) = endpoint.sessions.shown(&request)
            && endpoint.sessions.caller(&session).await?.is_some()
        {
            endpoint.sessions.end(session).await?;
            tracing::info!(request_id = %info.request_id, source_ip = info.source_ip, "a browser signed out");
        }
        Ok(SessionCookie::of(scheme).forget())
    };
    answer(run.await, &info)
}

async fn other(request: HttpRequest, endpoint: web::Data<SessionEndpoint>) -> HttpResponse {
    answer(Err(Refusal::Method), &request_info(&request, (endpoint.ids)()))
}

/// Lets pages of our own pass.
fn admit(request: &HttpRequest) -> Result<Scheme, Refusal> {
    let scheme = origin::own(request).ok_or(Refusal::Origin)?;
    if is_marked(request.headers()) { Ok(scheme) } else { Err(Refusal::Mark) }
}

fn answer(done: Result<String, Refusal>, info: &RequestInfo) -> HttpResponse {
    match done {
        Ok(cookie) => HttpResponse::NoContent()
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((SET_COOKIE, cookie))
            .finish(),
        Err(refusal) => {
            let (request_id, source_ip) = (info.request_id, info.source_ip.as_deref());
            match &refusal {
                Refusal::Unauthenticated(reason) => {
                    tracing::info!(%request_id, source_ip, %reason, "refused credentials");
                }
                Refusal::Database(error) => {
                    tracing::error!(%request_id, %error, "a session could not be stored or ended");
                }
                Refusal::Method | Refusal::Origin | Refusal::Mark | Refusal::Body(_) | Refusal::Json => {}
            }
            refusal.into_http(request_id)
        }
    }
}

impl Refusal {
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"),
            Self::Origin => (StatusCode::FORBIDDEN, "ORIGIN_NOT_ALLOWED"),
            Self::Mark => (StatusCode::FORBIDDEN, "REQUEST_HEADER_MISSING"),
            Self::Body(refused) => (refused.status(), refused.code()),
            Self::Json => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            Self::Database(_) => (StatusCode::SERVICE_UNAVAILABLE, "SESSION_NOT_STORED"),
        }
    }

    fn into_http(self, request_id: Uuid) -> HttpResponse {
        let (status, code) = self.kind();
        let detail = self.to_string();
        let problem = Problem { status, code, detail: &detail };
        let mut answer = problem.head();
        match self {
            Self::Method => drop(answer.insert_header((ALLOW, METHODS))),
            Self::Unauthenticated(_) => drop(answer.insert_header((WWW_AUTHENTICATE, CHALLENGE))),
            Self::Origin | Self::Mark | Self::Body(_) | Self::Json | Self::Database(_) => {}
        }
        answer.body(Value::Object(problem.members(request_id)).to_string())
    }
}
