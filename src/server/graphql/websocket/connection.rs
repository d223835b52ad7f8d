//! One socket from the handshake to the close frame.

use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, ProtocolError, Session};
use async_graphql::Executor;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use super::operations::{Operations, Outgoing};
use super::protocol::{ClientMessage, ServerMessage, Violation, close_reason};
use super::{OUTGOING_MAX, SUBSCRIPTIONS_MAX};
use crate::graphql::caller::{Caller, RequestInfo};
use crate::server::graphql::Endpoint;
use crate::server::graphql::params::Params;
use crate::server::graphql::response::Refusal;
use crate::server::session::SessionId;

/// What the handshake said.
pub(super) struct Visitor {
    /// Known already if the handshake had credentials.
    pub(super) caller: Option<Caller>,
    /// The session that the caller is known by, if it is.
    pub(super) session: Option<SessionId>,
    pub(super) info: RequestInfo,
    pub(super) speaks_ours: bool,
}

/// How a connection ends.
enum Ending {
    /// The client broke the protocol.
    Violation(Violation),
    /// A reason of RFC 6455's own.
    Close(CloseCode, &'static str),
    /// The client closes, and is answered with its own code.
    Closed(Option<CloseReason>),
    /// Nobody is there any more.
    Gone,
}

impl From<Violation> for Ending {
    fn from(violation: Violation) -> Self {
        Self::Violation(violation)
    }
}

/// The state of one socket.
pub(super) struct Connection<E> {
    endpoint: web::Data<Endpoint<E>>,
    session: Session,
    visitor: Visitor,
    initialised: bool,
    operations: Operations,
    outgoing: mpsc::Receiver<Outgoing>,
}

impl<E: Executor> Connection<E> {
    pub(super) fn new(endpoint: web::Data<Endpoint<E>>, session: Session, visitor: Visitor) -> Self {
        let (operations, outgoing) = Operations::new(OUTGOING_MAX);
        Self { endpoint, session, visitor, initialised: false, operations, outgoing }
    }

    /// Serves the socket until it ends, then says why.
    pub(super) async fn run(mut self, mut messages: AggregatedMessageStream) {
        let ending = if self.visitor.speaks_ours {
            self.serve(&mut messages).await
        } else {
            Ending::Violation(Violation::Subprotocol)
        };
        let reason = match ending {
            Ending::Gone => return,
            Ending::Closed(reason) => reason.map(|reason| CloseReason { code: reason.code, description: None }),
            Ending::Close(code, description) => Some(CloseReason { code, description: Some(description.to_owned()) }),
            Ending::Violation(violation) => {
                let description = Some(close_reason(&violation.to_string()).to_owned());
                Some(CloseReason { code: CloseCode::Other(violation.close_code()), description })
            }
        };
        let limit = self.endpoint.websocket.send_timeout;
        drop(self.operations);
        // Reads on until the frame is out: closing a socket with unread bytes would reset it, and the frame with it.
        let goodbye = async {
            if self.session.close(reason).await.is_ok() {
                while let Some(Ok(_)) = messages.recv().await {}
            }
        };
        if timeout(limit, goodbye).await.is_err() {
            tracing::debug!("a websocket took no close frame");
        }
    }

    async fn serve(&mut self, messages: &mut AggregatedMessageStream) -> Ending {
        let limits = self.endpoint.websocket;
        let shutdown = self.endpoint.shutdown.clone();
        let started = Instant::now();
        let mut last_seen = started;
        let mut pings = interval_at(started + limits.ping_interval, limits.ping_interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sessions_end = self.endpoint.sessions.ends();
        let mut looks = interval_at(started + limits.session_interval, limits.session_interval);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_signed_in = self.visitor.session.is_some();
            let step = tokio::select! {
                () = shutdown.cancelled() => return self.drain().await,
                message = messages.recv() => {
                    last_seen = Instant::now();
                    self.receive(message).await
                }
                Some(message) = self.outgoing.recv() => self.forward(message).await,
                () = sleep_until(started + limits.init_timeout), if !self.initialised => {
                    Err(Violation::InitTimeout.into())
                }
                Ok(()) = sessions_end.changed(), if is_signed_in => self.look_at_session().await,
                _ = looks.tick(), if is_signed_in => self.look_at_session().await,
                _ = pings.tick() => {
                    if last_seen.elapsed() > limits.idle_timeout {
                        Err(Ending::Close(CloseCode::Away, "No answer to pings"))
                    } else {
                        self.ping().await
                    }
                }
            };
            if let Err(ending) = step {
                return ending;
            }
        }
    }

    /// Answers what has been asked, within the time there is. Live subscriptions get no `complete`: the close code tells
    /// a client to connect again and go on, `complete` would tell it that nothing more will ever come.
    async fn drain(&mut self) -> Ending {
        self.operations.cancel_subscriptions();
        let limit = self.endpoint.websocket.drain_timeout;
        let answer_all = async {
            while self.operations.len() > 0 {
                let Some(message) = self.outgoing.recv().await else { return Ok(()) };
                self.forward(message).await?;
            }
            Ok(())
        };
        match timeout(limit, answer_all).await {
            Ok(Err(ending)) => ending,
            Ok(Ok(())) | Err(_) => Ending::Close(CloseCode::Away, "Going away"),
        }
    }

    async fn receive(&mut self, message: Option<Result<AggregatedMessage, ProtocolError>>) -> Result<(), Ending> {
        match message {
            Some(Ok(AggregatedMessage::Text(text))) => self.handle(&text).await,
            Some(Ok(AggregatedMessage::Binary(_))) => Err(Violation::InvalidMessage("binary").into()),
            Some(Ok(AggregatedMessage::Ping(payload))) => self.pong(&payload).await,
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Close(reason))) => Err(Ending::Closed(reason)),
            Some(Err(ProtocolError::Overflow)) => Err(Ending::Close(CloseCode::Size, "Message too big")),
            Some(Err(ProtocolError::Io(error))) => Err(broken(&error)),
            Some(Err(_)) => Err(Ending::Close(CloseCode::Protocol, "Protocol error")),
            None => Err(Ending::Gone),
        }
    }

    async fn handle(&mut self, text: &str) -> Result<(), Ending> {
        match ClientMessage::parse(text)? {
            ClientMessage::ConnectionInit { authorization } => self.initialise(authorization).await,
            ClientMessage::Ping { payload } => self.answer_ping(payload).await,
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe { id, params } => self.subscribe(id, *params).await,
            ClientMessage::Complete { id } => {
                self.operations.cancel(&id);
                Ok(())
            }
        }
    }

    async fn initialise(&mut self, authorization: Option<String>) -> Result<(), Ending> {
        if self.initialised {
            return Err(Violation::InitTwice.into());
        }
        if let Some(authorization) = authorization {
            let caller = self.endpoint.authenticator.authenticate_text(&authorization);
            self.visitor.caller = Some(caller.map_err(|reason| self.forbid(&reason.to_string()))?);
            self.visitor.session = None;
        }
        if self.visitor.caller.is_none() {
            return Err(self.forbid("no credentials"));
        }
        self.initialised = true;
        self.say(&ServerMessage::ConnectionAck).await
    }

    /// Nobody goes on listening who has signed out, or whose time is up.
    async fn look_at_session(&mut self) -> Result<(), Ending> {
        let Some(session) = &self.visitor.session else { return Ok(()) };
        match self.endpoint.sessions.caller(session).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(self.forbid("the session has ended")),
            Err(error) => {
                tracing::error!(%error, "the session of a websocket could not be looked up");
                Err(Ending::Close(CloseCode::Error, "The session could not be looked up"))
            }
        }
    }

    fn forbid(&self, reason: &str) -> Ending {
        tracing::info!(source_ip = self.visitor.info.source_ip, reason, "refused credentials of a websocket");
        Violation::Forbidden.into()
    }

    async fn subscribe(&mut self, id: String, params: Params) -> Result<(), Ending> {
        let Some(caller) = self.visitor.caller.clone().filter(|_| self.initialised) else {
            return Err(Violation::NotInitialised.into());
        };
        if self.operations.contains(&id) {
            return Err(Violation::DuplicateId(id).into());
        }
        if self.operations.len() >= SUBSCRIPTIONS_MAX {
            return self.refuse(&id, &Refusal::TooManyOperations { max: SUBSCRIPTIONS_MAX }).await;
        }
        let info = RequestInfo { request_id: (self.endpoint.ids)(), ..self.visitor.info.clone() };
        match self.endpoint.prepare(params, caller, info) {
            Ok(operation) => {
                self.operations.begin(self.endpoint.clone(), id, operation);
                Ok(())
            }
            Err(refusal) => self.refuse(&id, &refusal).await,
        }
    }

    async fn refuse(&mut self, id: &str, refusal: &Refusal) -> Result<(), Ending> {
        self.say(&ServerMessage::Error { id, payload: &refusal.errors() }).await
    }

    async fn answer_ping(&mut self, payload: Option<&RawValue>) -> Result<(), Ending> {
        self.say(&ServerMessage::Pong { payload }).await
    }

    async fn forward(&mut self, message: Outgoing) -> Result<(), Ending> {
        match self.operations.deliver(message) {
            Some(text) => self.send(text).await,
            None => Ok(()),
        }
    }

    async fn say(&mut self, message: &ServerMessage<'_>) -> Result<(), Ending> {
        self.send(message.to_text()).await
    }

    async fn send(&mut self, text: String) -> Result<(), Ending> {
        within(self.endpoint.websocket.send_timeout, self.session.text(text)).await
    }

    async fn ping(&mut self) -> Result<(), Ending> {
        within(self.endpoint.websocket.send_timeout, self.session.ping(b"")).await
    }

    async fn pong(&mut self, payload: &Bytes) -> Result<(), Ending> {
        within(self.endpoint.websocket.send_timeout, self.session.pong(payload)).await
    }
}

/// A client that takes nothing for so long would not take a close frame either.
async fn within(limit: Duration, sending: impl Future<Output = Result<(), Closed>>) -> Result<(), Ending> {
    match timeout(limit, sending).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Closed)) | Err(_) => Err(Ending::Gone),
    }
}

/// The stream reports a text that is not UTF-8 and a message in too many parts as errors of input.
fn broken(error: &std::io::Error) -> Ending {
    match error.kind() {
        std::io::ErrorKind::InvalidData => Ending::Close(CloseCode::Invalid, "Text is not UTF-8"),
        _ => Ending::Close(CloseCode::Size, "Message too big or cut off"),
    }
}
