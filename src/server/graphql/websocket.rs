//! GraphQL over WebSocket: the subprotocol graphql-transport-ws, and no other.
//!
//! One task per socket reads, writes and keeps the time; each operation is a task of its own that hands its messages to a
//! bounded queue, so a slow reader slows its own streams and nobody else.

mod connection;
mod operations;
mod protocol;

use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::Executor;
use uuid::Uuid;

use self::connection::{Connection, Visitor};
use self::protocol::SUBPROTOCOL;
use super::response::Refusal;
use super::{Endpoint, info};
use crate::graphql::caller::Caller;
use crate::server::session::SessionId;

pub use self::protocol::OPERATION_ID_CHARS_MAX;

/// The longest message of a client, in bytes, whether in one frame or in many.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// The most operations that run on one socket at the same time.
pub const SUBSCRIPTIONS_MAX: usize = 64;
/// The most messages that wait for a slow reader; then the streams wait.
pub const OUTGOING_MAX: usize = 16;

/// The times of a WebSocket. They are a parameter so that a test need not wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebsocketLimits {
    /// Until `connection_init` must have come.
    pub init_timeout: Duration,
    /// Between two pings of the server.
    pub ping_interval: Duration,
    /// Without any frame of the client, a pong included.
    pub idle_timeout: Duration,
    /// Until the client must have made room for one more message.
    pub send_timeout: Duration,
    /// Between two looks at whether a session that opened a socket still lasts. One that this process ends is noticed at once.
    pub session_interval: Duration,
    /// At a shutdown, for queries and mutations to be answered.
    pub drain_timeout: Duration,
}

impl Default for WebsocketLimits {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(30),
            send_timeout: Duration::from_secs(10),
            session_interval: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// Answers the handshake and starts the connection's task.
///
/// Credentials may come in the handshake's `Authorization`, which browsers can't set, in `connection_init`, or by the cookie
/// of a session. A cookie that is nobody's counts as none: a browser tells its page nothing of a refused handshake, but it
/// does tell of the close code of a socket that was refused at `connection_init`.
pub(super) async fn upgrade<E: Executor>(
    request: &HttpRequest,
    body: web::Payload,
    endpoint: &web::Data<Endpoint<E>>,
) -> Result<HttpResponse, Refusal> {
    endpoint.origins.check(request).map_err(|_| Refusal::Origin)?;
    if endpoint.shutdown.is_cancelled() {
        return Err(Refusal::ShuttingDown);
    }
    let (caller, signed_in_by) = match request.headers().get(AUTHORIZATION) {
        None => signed_in(request, endpoint).await?.unzip(),
        authorization => {
            let caller = endpoint.authenticator.authenticate(authorization).map_err(|_| Refusal::Unauthenticated)?;
            (Some(caller), None)
        }
    };
    let (response, session, messages) =
        actix_ws::handle_with_protocols(request, body, &[SUBPROTOCOL]).map_err(|_| Refusal::Handshake)?;
    let speaks_ours = response.headers().contains_key("sec-websocket-protocol");
    // The id is a place-holder: each operation gets its own.
    let visitor =
        Visitor { caller, session: signed_in_by, info: info::request_info(request, Uuid::nil()), speaks_ours };
    let messages =
        messages.max_frame_size(MESSAGE_BYTES_MAX).aggregate_continuations().max_continuation_size(MESSAGE_BYTES_MAX);
    let connection = Connection::new(endpoint.clone(), session, visitor);
    // The message stream can't leave this worker's thread.
    actix_web::rt::spawn(endpoint.tasks.track_future(connection.run(messages)));
    Ok(response)
}

async fn signed_in<E: Executor>(
    request: &HttpRequest,
    endpoint: &Endpoint<E>,
) -> Result<Option<(Caller, SessionId)>, Refusal> {
    let Some(session) = endpoint.sessions.shown(request) else { return Ok(None) };
    let caller = endpoint.sessions.caller(&session).await.map_err(|error| {
        tracing::error!(%error, "the session of a websocket could not be looked up");
        Refusal::Internal
    })?;
    Ok(caller.map(|caller| (caller, session)))
}
