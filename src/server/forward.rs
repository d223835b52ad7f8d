//! `ANY /forward/{connectionKey}/{path…}`: for programs that want a connection without GraphQL, and for streams.
//!
//! The order of the checks is that of their price: origin, credentials, permission, and only then what is asked for. The
//! credentials are those of `Authorization` alone: what a browser sends by itself never forwards anything.
//!
//! What comes back is foreign content under Latchkey's own origin, so every answer is sandboxed, and says what it is:
//! `Latchkey-Exchange` names the exchange on the log, `Latchkey-Error` stands on Latchkey's own answers alone.

mod payload;
mod problem;

use actix_web::body::{self, BodyStream, SizedStream};
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, TRANSFER_ENCODING,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use uuid::Uuid;

use self::problem::Refusal;
use super::auth::Authenticator;
use super::graphql::IdSource;
use super::graphql::info::request_info;
use super::origin::AllowedOrigins;
use crate::domain::Key;
use crate::event_log::Provenance;
use crate::graphql::permission::Permission;
use crate::http::forward::{ForwardBody, ForwardRequest, Forwarded, Forwarder};
use crate::net;

/// What every path of the route begins with.
pub const PREFIX: &str = "/forward/";

/// An answer is never a page: it runs no script, has an origin of its own, and loads nothing.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

/// Names the exchange on the log.
const EXCHANGE: HeaderName = HeaderName::from_static("latchkey-exchange");

/// What the route needs to answer.
pub struct ForwardEndpoint {
    /// Does the work.
    pub forwarder: Forwarder,
    /// Knows who may ask.
    pub authenticator: Authenticator,
    /// Knows which pages may ask.
    pub origins: AllowedOrigins,
    /// Gives each request its id.
    pub ids: IdSource,
}

/// Registers the route for every method and every path below [`PREFIX`].
pub fn configure(config: &mut web::ServiceConfig, endpoint: web::Data<ForwardEndpoint>) {
    config.service(web::resource("/forward/{rest:.*}").app_data(endpoint).default_service(web::to(forward)));
}

async fn forward(request: HttpRequest, body: web::Payload, endpoint: web::Data<ForwardEndpoint>) -> HttpResponse {
    let request_id = (endpoint.ids)();
    let run = async {
        // The end of an HTTP/1.0 body of unknown length is that of the connection, so one that broke would look whole.
        if request.version() < Version::HTTP_11 {
            return Err(Refusal::HttpVersion);
        }
        let provenance = endpoint.admit(&request, request_id)?;
        let wanted = wanted(&request, body)?;
        Ok::<_, Refusal>(endpoint.forwarder.forward(wanted, provenance).await?)
    };
    match run.await {
        Ok(forwarded) => answer(forwarded, request.method() == Method::HEAD),
        Err(refusal) => refusal.into_http(request_id),
    }
}

impl ForwardEndpoint {
    /// Lets callers in that may forward requests.
    fn admit(&self, request: &HttpRequest, request_id: Uuid) -> Result<Provenance, Refusal> {
        self.origins.check(request).map_err(|_| Refusal::Origin)?;
        let info = request_info(request, request_id);
        let mut sent = request.headers().get_all(AUTHORIZATION);
        let authorization = sent.next().filter(|_| sent.next().is_none());
        let caller = self.authenticator.authenticate(authorization).map_err(|reason| {
            tracing::info!(%request_id, source_ip = info.source_ip, %reason, "refused credentials");
            Refusal::Unauthenticated
        })?;
        if !caller.may(Permission::ExecuteHttpRequest) {
            return Err(Refusal::Forbidden);
        }
        Ok(Provenance {
            actor: caller.actor,
            request_id: Some(info.request_id),
            trace_id: info.trace_id,
            // The exchange's own takes its place.
            correlation_id: request_id,
            causation_id: None,
            source_ip: info.source_ip,
            user_agent: info.user_agent,
        })
    }
}

/// Reads the request's head. The path is taken as it came, not as the router has decoded it.
fn wanted(request: &HttpRequest, body: web::Payload) -> Result<ForwardRequest, Refusal> {
    let rest = request.uri().path().strip_prefix(PREFIX).ok_or(Refusal::NotFound)?;
    let (key, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let connection = Key::parse(key).map_err(|_| Refusal::NotFound)?;
    let method = net::Method::from_bytes(request.method().as_str().as_bytes()).map_err(|_| Refusal::NotFound)?;
    let body = Announced::of(request).map(|Announced { length }| ForwardBody {
        stream: net::RequestBody::stream(payload::sendable(body), length),
        length,
    });
    let mut headers = net::header::HeaderMap::new();
    for (name, value) in request.headers() {
        let name = net::header::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = net::header::HeaderValue::from_bytes(value.as_bytes());
        // The same rules hold on both sides, so nothing is lost here.
        let (Ok(name), Ok(value)) = (name, value) else { continue };
        headers.append(name, value);
    }
    let query = request.uri().query().map(str::to_owned);
    Ok(ForwardRequest { connection, method, path: path.to_owned(), query, headers, body })
}

/// A body that the request's head announces.
struct Announced {
    length: Option<u64>,
}

impl Announced {
    /// `None` when there is certainly no body (RFC 9112 §6.3; HTTP/2 announces nothing).
    fn of(request: &HttpRequest) -> Option<Self> {
        let headers = request.headers();
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let is_chunked = headers.contains_key(TRANSFER_ENCODING) || request.version() == Version::HTTP_2;
        (is_chunked || length.is_some_and(|length: u64| length > 0)).then_some(Self { length })
    }
}

fn answer(forwarded: Forwarded, is_head: bool) -> HttpResponse {
    let Forwarded { exchange, status, headers, length, body } = forwarded;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut answer = HttpResponse::build(status);
    for (name, value) in &headers {
        answer.append_header((name.as_str(), value.as_bytes()));
    }
    secure(&mut answer);
    answer.insert_header((EXCHANGE, exchange.to_string()));
    // Such an answer has no body; a length that it tells is that of another one (RFC 9110 §8.6, §15.4.5).
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        if let Some(length) = length {
            answer.insert_header((CONTENT_LENGTH, length));
        }
        return answer.finish();
    }
    match length {
        Some(length) => answer.body(SizedStream::new(length, body)),
        None if is_head => answer.body(body::None::new()),
        None => answer.body(BodyStream::new(body)),
    }
}

fn secure(answer: &mut HttpResponseBuilder) {
    answer
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
}
