//! One HTTP request made for a caller, from the durable record before it is sent to its end.

use serde::{Deserialize, Serialize};

use super::failure::AuthFailure;
use super::{Decider, Key};

/// An exchange as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Exchange {
    /// No event yet.
    #[default]
    Unborn,
    /// Recorded; whether anything was sent is not known yet.
    Started(Box<Started>),
    /// Ended, one way or another.
    Ended(Box<Started>, Box<ExchangeEnd>),
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeEnd {
    /// The API answered.
    Completed(Completed),
    /// No answer came.
    Failed(Failed),
    /// The process stopped in between.
    OutcomeUnknown(OutcomeUnknown),
}

/// What is to be recorded about an exchange.
#[derive(Debug, Clone)]
pub enum ExchangeCommand {
    /// Before anything is sent.
    Start(Started),
    /// After the last attempt.
    End(ExchangeEnd),
}

/// What happened in an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeEvent {
    /// `exchange.started.v1`
    Started(Started),
    /// `exchange.completed.v1`
    Completed(Completed),
    /// `exchange.failed.v1`
    Failed(Failed),
    /// `exchange.outcome_unknown.v1`
    OutcomeUnknown(OutcomeUnknown),
}

/// Payload of `exchange.started.v1`. The query, the headers and the body are not recorded: they may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Connection that authorises the request; `None` for Auth Type none.
    pub connection: Option<Key>,
    /// Version of that connection.
    pub connection_version: Option<u32>,
    /// HTTP method.
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    /// Host, and port where the URL names one.
    pub host: String,
    /// Path without the query.
    pub path: String,
    /// Names of the request's headers, lower-case, in order.
    pub header_names: Vec<String>,
    /// Size of the request's body in bytes.
    pub body_bytes: u64,
    /// The caller's idempotency key as a keyed fingerprint.
    pub idempotency_fingerprint: Option<String>,
    /// Key of the HTTP Request Task that it is a run of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Key>,
    /// Whether it was forwarded: bodies pass through, and `body_bytes` is what was announced, or 0.
    #[serde(default, skip_serializing_if = "is_false")]
    pub streamed: bool,
}

/// Payload of `exchange.completed.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// Connection that authorised the request, as in the start.
    pub connection: Option<Key>,
    /// Status of the answer that the caller got.
    pub status: u16,
    /// Size of the answer's body in bytes, as far as it was read.
    pub body_bytes: u64,
    /// Whether the body was cut off at the limit.
    pub truncated: bool,
    /// Every request that was sent to the API.
    pub attempts: Vec<Attempt>,
    /// Where the time went.
    pub timings: Timings,
    /// The token that was used last.
    pub token: Option<TokenUse>,
    /// Set when the API refused the token for good: the caller got the API's own answer.
    pub auth_failure: Option<AuthFailure>,
    /// Key of the HTTP Request Task that it is a run of, as in the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Key>,
    /// Whether it was forwarded, as in the start.
    #[serde(default, skip_serializing_if = "is_false")]
    pub streamed: bool,
}

/// Payload of `exchange.failed.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Connection that authorised the request, as in the start.
    pub connection: Option<Key>,
    /// What went wrong.
    pub failure: ExchangeFailure,
    /// Every request that was sent to the API.
    pub attempts: Vec<Attempt>,
    /// Where the time went.
    pub timings: Timings,
    /// The token that was used last.
    pub token: Option<TokenUse>,
    /// Key of the HTTP Request Task that it is a run of, as in the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Key>,
    /// Whether it was forwarded, as in the start.
    #[serde(default, skip_serializing_if = "is_false")]
    pub streamed: bool,
}

/// Payload of `exchange.outcome_unknown.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeUnknown {
    /// Connection that authorised the request, as in the start.
    pub connection: Option<Key>,
    /// Why nobody knows.
    pub reason: String,
    /// Key of the HTTP Request Task that it is a run of, as in the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Key>,
}

/// Why an exchange has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExchangeFailure {
    /// There was no token: nothing was sent to the API.
    Auth(AuthFailure),
    /// The API could not be reached or did not answer.
    Transport(TransportFailure),
}

/// The API could not be reached or did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransportFailure {
    /// Where on the way.
    pub phase: super::failure::AuthPhase,
    /// What went wrong.
    pub reason: super::failure::AuthFailureReason,
    /// One sentence for a person.
    pub message: String,
}

/// One request that was sent to the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Microseconds from the exchange's start.
    pub offset_us: u64,
    /// Status of the answer.
    pub status: Option<u16>,
    /// Why there is no status, or why the attempt was repeated.
    pub reason: Option<String>,
    /// Microseconds from sending to the answer's last byte.
    pub duration_us: u64,
}

/// Where the time of an exchange went, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Until the start was durable.
    pub queued_us: u64,
    /// Until there was a token.
    pub token_us: u64,
    /// Looking up the host, when it was looked up.
    pub dns_us: Option<u64>,
    /// Until the answer's head, in the last attempt.
    pub first_byte_us: Option<u64>,
    /// From the call to the last byte.
    pub total_us: u64,
}

impl Timings {
    /// How long the caller waited for the beginning of the answer; for the whole, if there never was one.
    pub fn until_head_us(&self) -> u64 {
        let before = self.queued_us.saturating_add(self.token_us);
        self.first_byte_us.map_or(self.total_us, |first_byte| before.saturating_add(first_byte))
    }
}

/// Absent from an event means no, as in all events from before forwarding.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Which token was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// Where it came from.
    pub source: TokenSource,
    /// Keyed fingerprint of the token.
    pub fingerprint: String,
}

/// Where a token came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenSource {
    /// It was in the cache.
    Cache,
    /// It was fetched for this request.
    Fetched,
    /// The cached one was refused by the API, this one was fetched instead.
    RefreshedAfterRejection,
    /// It was fetched for another request that was waiting for the same token.
    SharedInFlight,
}

/// Why a record of an exchange is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeRejection {
    /// An exchange starts once.
    #[error("the exchange has started already")]
    StartedAlready,
    /// An exchange that never started can't end.
    #[error("the exchange has not started")]
    NotStarted,
    /// An exchange ends once.
    #[error("the exchange has ended already")]
    EndedAlready,
}

impl Decider for Exchange {
    type Command = ExchangeCommand;
    type Event = ExchangeEvent;
    type Rejection = ExchangeRejection;

    fn decide(&self, command: ExchangeCommand) -> Result<Vec<ExchangeEvent>, ExchangeRejection> {
        match (self, command) {
            (Self::Unborn, ExchangeCommand::Start(started)) => Ok(vec![ExchangeEvent::Started(started)]),
            (Self::Started(_) | Self::Ended(..), ExchangeCommand::Start(_)) => Err(ExchangeRejection::StartedAlready),
            (Self::Unborn, ExchangeCommand::End(_)) => Err(ExchangeRejection::NotStarted),
            (Self::Started(_), ExchangeCommand::End(end)) => Ok(vec![end.into()]),
            (Self::Ended(..), ExchangeCommand::End(_)) => Err(ExchangeRejection::EndedAlready),
        }
    }

    fn evolve(self, event: &ExchangeEvent) -> Self {
        let end = match event {
            ExchangeEvent::Started(started) => return Self::Started(Box::new(started.clone())),
            ExchangeEvent::Completed(completed) => ExchangeEnd::Completed(completed.clone()),
            ExchangeEvent::Failed(failed) => ExchangeEnd::Failed(failed.clone()),
            ExchangeEvent::OutcomeUnknown(unknown) => ExchangeEnd::OutcomeUnknown(unknown.clone()),
        };
        match self {
            Self::Started(started) | Self::Ended(started, _) => Self::Ended(started, Box::new(end)),
            Self::Unborn => Self::Unborn,
        }
    }
}

impl From<ExchangeEnd> for ExchangeEvent {
    fn from(end: ExchangeEnd) -> Self {
        match end {
            ExchangeEnd::Completed(completed) => Self::Completed(completed),
            ExchangeEnd::Failed(failed) => Self::Failed(failed),
            ExchangeEnd::OutcomeUnknown(unknown) => Self::OutcomeUnknown(unknown),
        }
    }
}
