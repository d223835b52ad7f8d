//! `/graphql`: GraphQL over HTTP, and the upgrade to graphql-transport-ws.
//!
//! Our own layer, because the stock one runs mutations from forms and from GET, reads bodies without an end and does not
//! look at `Origin`. It is generic over the executor: nothing here knows the schema.
//!
//! The order of the checks is the order of their price: method, media types, origin, credentials, and only then the body.

pub(super) mod info;
mod negotiate;
mod operation;
mod params;
mod response;
pub mod websocket;

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{AUTHORIZATION, CONTENT_LENGTH, UPGRADE};
use actix_web::middleware::Compress;
use actix_web::web::{self, BytesMut};
use actix_web::{HttpRequest, HttpResponse};
use async_graphql::Executor;
use async_graphql::parser::types::OperationType;
use futures_util::StreamExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::negotiate::{AnswerType, check_body_type};
use self::params::{Params, ParamsError};
use self::response::Refusal;
use self::websocket::WebsocketLimits;
use super::auth::Authenticator;
use super::origin::AllowedOrigins;
use crate::graphql::caller::{Caller, RequestInfo};
use crate::graphql::limits::Documents;

pub use self::response::{ERRORS_MAX, MESSAGE_CHARS_MAX};

/// The longest body of a POST, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How long a body may take to arrive, unless said otherwise.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The path of the endpoint.
pub const PATH: &str = "/graphql";

/// Makes a new id for each operation.
pub type IdSource = Arc<dyn Fn() -> Uuid + Send + Sync>;

/// What the endpoint needs to answer.
pub struct Endpoint<E> {
    /// The schema.
    pub executor: E,
    /// Parses within the limits; shared by all workers.
    pub documents: Documents,
    /// Knows who may ask.
    pub authenticator: Authenticator,
    /// Knows which pages may ask.
    pub origins: AllowedOrigins,
    /// Gives each operation its id.
    pub ids: IdSource,
    /// The application's runtime: mutations run here, because a worker's own runtime may end before them.
    pub runtime: tokio::runtime::Handle,
    /// Every task is in it, so that a shutdown can wait for them.
    pub tasks: TaskTracker,
    /// Ends the sockets.
    pub shutdown: CancellationToken,
    /// How long a body may take to arrive: [`BODY_TIMEOUT`], and less in tests.
    pub body_timeout: Duration,
    /// The limits of a WebSocket.
    pub websocket: WebsocketLimits,
}

/// Registers [`PATH`].
pub fn configure<E: Executor>(config: &mut web::ServiceConfig, endpoint: web::Data<Endpoint<E>>) {
    config.service(
        web::resource(PATH)
            .wrap(Compress::default())
            .app_data(endpoint)
            .route(web::get().to(get::<E>))
            .route(web::post().to(post::<E>))
            .default_service(web::route().to(other::<E>)),
    );
}

/// A request whose head has been checked.
struct Admitted {
    caller: Caller,
    info: RequestInfo,
}

impl<E: Executor> Endpoint<E> {
    fn admit(&self, request: &HttpRequest, request_id: Uuid) -> Result<Admitted, Refusal> {
        self.origins.check(request).map_err(|_| Refusal::Origin)?;
        let info = info::request_info(request, request_id);
        let mut sent = request.headers().get_all(AUTHORIZATION);
        let authorization = sent.next().filter(|_| sent.next().is_none());
        match self.authenticator.authenticate(authorization) {
            Ok(caller) => Ok(Admitted { caller, info }),
            Err(reason) => {
                tracing::info!(%request_id, source_ip = info.source_ip, %reason, "refused credentials");
                Err(Refusal::Unauthenticated)
            }
        }
    }
}

async fn get<E: Executor>(request: HttpRequest, body: web::Payload, endpoint: web::Data<Endpoint<E>>) -> HttpResponse {
    let request_id = (endpoint.ids)();
    if wants_websocket(&request) {
        return websocket::upgrade(&request, body, &endpoint)
            .unwrap_or_else(|refusal| refusal.into_http(AnswerType::Json, request_id));
    }
    let answer = match AnswerType::negotiate(request.headers()) {
        Ok(answer) => answer,
        Err(refusal) => return refusal.into_http(AnswerType::Json, request_id),
    };
    let run = async {
        let admitted = endpoint.admit(&request, request_id)?;
        let params = Params::from_query_string(request.query_string())?;
        let operation = endpoint.prepare(params, admitted.caller, admitted.info)?;
        if operation.kind == OperationType::Mutation {
            return Err(Refusal::MutationByGet);
        }
        endpoint.execute(operation).await
    };
    match run.await {
        Ok(response) => response::executed(response, answer, request_id),
        Err(refusal) => refusal.into_http(answer, request_id),
    }
}

fn wants_websocket(request: &HttpRequest) -> bool {
    request.headers().get(UPGRADE).is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

async fn post<E: Executor>(request: HttpRequest, body: web::Payload, endpoint: web::Data<Endpoint<E>>) -> HttpResponse {
    let request_id = (endpoint.ids)();
    let answer = match AnswerType::negotiate(request.headers()) {
        Ok(answer) => answer,
        Err(refusal) => return refusal.into_http(AnswerType::Json, request_id),
    };
    let run = async {
        check_body_type(request.headers())?;
        let admitted = endpoint.admit(&request, request_id)?;
        let body = read_body(&request, body, endpoint.body_timeout).await?;
        let text = std::str::from_utf8(&body).map_err(|_| ParamsError::NotJson)?;
        let operation = endpoint.prepare(Params::from_json(text)?, admitted.caller, admitted.info)?;
        endpoint.execute(operation).await
    };
    match run.await {
        Ok(response) => response::executed(response, answer, request_id),
        Err(refusal) => refusal.into_http(answer, request_id),
    }
}

async fn other<E: Executor>(endpoint: web::Data<Endpoint<E>>) -> HttpResponse {
    Refusal::MethodNotAllowed.into_http(AnswerType::Json, (endpoint.ids)())
}

/// Reads a body up to [`BODY_BYTES_MAX`], whether its length was announced or not.
async fn read_body(request: &HttpRequest, mut body: web::Payload, limit: Duration) -> Result<BytesMut, Refusal> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > BODY_BYTES_MAX)) {
        return Err(Refusal::BodyTooLarge { max: BODY_BYTES_MAX });
    }
    let read = async {
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Refusal::BodyUnreadable)?;
            if whole.len().saturating_add(chunk.len()) > BODY_BYTES_MAX {
                return Err(Refusal::BodyTooLarge { max: BODY_BYTES_MAX });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    };
    tokio::time::timeout(limit, read).await.unwrap_or(Err(Refusal::BodyTimeout))
}
