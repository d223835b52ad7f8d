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

use actix_web::http::header::{AUTHORIZATION, UPGRADE};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::Executor;
use async_graphql::parser::types::OperationType;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use self::negotiate::AnswerType;
use self::params::{Params, ParamsError};
use self::response::Refusal;
use self::websocket::WebsocketLimits;
use super::auth::{AuthRefusal, Authenticator};
use super::body;
use super::origin::AllowedOrigins;
use super::session::{Sessions, is_marked};
use crate::graphql::caller::{Caller, RequestInfo};
use crate::graphql::limits::Documents;

pub use self::response::{ERRORS_MAX, MESSAGE_CHARS_MAX};

/// The longest body of a POST, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

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
    /// Knows which browsers are signed in.
    pub sessions: Sessions,
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
    /// How long a body may take to arrive: [`body::BODY_TIMEOUT`], and less in tests.
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
    /// Lets in whoever has the token.
    fn admit(&self, request: &HttpRequest, request_id: Uuid) -> Result<Admitted, Refusal> {
        self.origins.check(request).map_err(|_| Refusal::Origin)?;
        let info = info::request_info(request, request_id);
        let mut sent = request.headers().get_all(AUTHORIZATION);
        let authorization = sent.next().filter(|_| sent.next().is_none());
        match self.authenticator.authenticate(authorization) {
            Ok(caller) => Ok(Admitted { caller, info }),
            Err(reason) => Err(refused(&info, reason)),
        }
    }

    /// Lets in whoever has the token, and whoever is signed in where no token is sent.
    async fn admit_post(&self, request: &HttpRequest, request_id: Uuid) -> Result<Admitted, Refusal> {
        let headers = request.headers();
        let may_show = !headers.contains_key(AUTHORIZATION) && is_marked(headers);
        let Some(session) = may_show.then(|| self.sessions.shown(request)).flatten() else {
            return self.admit(request, request_id);
        };
        let info = info::request_info(request, request_id);
        match self.sessions.caller(&session).await {
            Ok(Some(caller)) => Ok(Admitted { caller, info }),
            Ok(None) => Err(refused(&info, AuthRefusal::UnknownSession)),
            Err(error) => {
                tracing::error!(%request_id, %error, "a session could not be looked up");
                Err(Refusal::Internal)
            }
        }
    }
}

fn refused(info: &RequestInfo, reason: AuthRefusal) -> Refusal {
    tracing::info!(request_id = %info.request_id, source_ip = info.source_ip, %reason, "refused credentials");
    Refusal::Unauthenticated
}

async fn get<E: Executor>(request: HttpRequest, body: web::Payload, endpoint: web::Data<Endpoint<E>>) -> HttpResponse {
    let request_id = (endpoint.ids)();
    if wants_websocket(&request) {
        return websocket::upgrade(&request, body, &endpoint)
            .await
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

async fn post<E: Executor>(
    request: HttpRequest,
    payload: web::Payload,
    endpoint: web::Data<Endpoint<E>>,
) -> HttpResponse {
    let request_id = (endpoint.ids)();
    let answer = match AnswerType::negotiate(request.headers()) {
        Ok(answer) => answer,
        Err(refusal) => return refusal.into_http(AnswerType::Json, request_id),
    };
    let run = async {
        body::check_type(request.headers())?;
        let admitted = endpoint.admit_post(&request, request_id).await?;
        let body = body::read(&request, payload, BODY_BYTES_MAX, endpoint.body_timeout).await?;
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
