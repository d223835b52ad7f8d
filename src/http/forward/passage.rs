//! One forwarded exchange, from its recorded start to its recorded end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::super::attempts::{micros, unproven, unreachable};
use super::super::authorizing::CallTokens;
use super::super::execution::ExecuteError;
use super::super::executor::Authorizing;
use super::super::recording::{Recorder, Recording};
use super::body::{self, BodySender, NotTaken};
use super::{Failure, ForwardBody, ForwardError, Forwarded, ForwarderSettings, headers};
use crate::domain::HttpUrl;
use crate::domain::exchange::{
    Attempt, Completed, ExchangeEnd, ExchangeFailure, Failed, Started, Timings, TransportFailure,
};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::event_log::{AppendError, Provenance};
use crate::net::header::{CONTENT_LENGTH, HeaderMap};
use crate::net::{Bytes, Method, RequestBody, ResponseBody, SendError, StreamingRequest, StreamingResponse};
use crate::oauth::{Held, TokenWish};

/// Most bytes that are handed over at once. Whoever writes them copies them into a buffer of its own, which grows with the
/// largest piece, and a reader of sockets in a hurry makes pieces of 400 KiB.
const PIECE_BYTES_MAX: usize = 32 * 1024;

/// What is to be done, after everything was judged that can be judged before.
pub(super) struct Plan {
    pub authorizing: Authorizing,
    pub method: Method,
    pub url: HttpUrl,
    /// Those that pass; the token is not among them.
    pub headers: HeaderMap,
    pub body: Option<ForwardBody>,
    /// On the monotonic clock.
    pub called_at: Duration,
}

type Reply = oneshot::Sender<Result<Forwarded, ForwardError>>;

/// An exchange under way, and what there is to record of it.
pub(super) struct Passage<'a> {
    settings: &'a ForwarderSettings,
    plan: Plan,
    /// When the start was durable.
    queued_us: u64,
    attempts: Vec<Attempt>,
    dns_us: Option<u64>,
    first_byte_us: Option<u64>,
}

/// An exchange that has begun on the record.
struct Begun<'a> {
    id: Uuid,
    recording: Recording,
    tokens: CallTokens<'a>,
}

/// The head of an answer.
struct Opened {
    response: StreamingResponse,
    /// Set when the caller gets the API's refusal of the token.
    auth_failure: Option<AuthFailure>,
}

/// How a body went through.
struct Passed {
    bytes: u64,
    /// Why it is not all of the body.
    broken: Option<TransportFailure>,
}

impl<'a> Passage<'a> {
    pub(super) fn new(settings: &'a ForwarderSettings, plan: Plan) -> Self {
        Self { settings, plan, queued_us: 0, attempts: Vec::new(), dns_us: None, first_byte_us: None }
    }

    /// Records, sends, answers, passes the body through, and records the end: always one, and only one.
    pub(super) async fn run(mut self, provenance: Provenance, mut reply: Reply) {
        let id = self.settings.ids.next();
        let recorder = Recorder { log: self.settings.log.clone(), ids: self.settings.ids.clone(), claim: None };
        let recording = match recorder.start(id, self.started(), provenance).await {
            Ok(recording) => recording,
            Err(error) => {
                // Nobody is left to be told when this fails.
                let _ = reply.send(Err(not_recorded(error)));
                return;
            }
        };
        self.queued_us = self.since_call();
        let tokens = CallTokens::new(&self.settings.tokens, &self.settings.clock, self.wish(&recording));
        let mut begun = Begun { id, recording, tokens };
        let opened = tokio::select! {
            biased;
            () = reply.closed() => Err(Failure::Transport(caller_gone("the caller went away before there was an answer"))),
            opened = self.open(&mut begun.tokens) => opened,
        };
        match opened {
            Err(failure) => {
                self.give_up_attempt(&failure);
                self.end(begun, Err(failure.clone())).await;
                let _ = reply.send(Err(ForwardError::Failed { exchange: id, failure: Box::new(failure) }));
            }
            Ok(opened) => self.answer(begun, opened, reply).await,
        }
    }

    fn started(&self) -> Started {
        let Plan { authorizing, method, url, headers, body, .. } = &self.plan;
        Started {
            connection: Some(authorizing.key.clone()),
            connection_version: Some(authorizing.active.version),
            method: method.as_str().to_owned(),
            scheme: url.as_url().scheme().to_owned(),
            host: url.authority(),
            path: url.path().to_owned(),
            header_names: headers.keys().map(|name| name.as_str().to_owned()).collect(),
            body_bytes: body.as_ref().and_then(|body| body.length).unwrap_or_default(),
            idempotency_fingerprint: None,
            task: None,
            streamed: true,
        }
    }

    fn wish(&self, recording: &Recording) -> TokenWish {
        TokenWish {
            connection: self.plan.authorizing.key.clone(),
            active: Arc::clone(&self.plan.authorizing.active),
            overrides: Vec::new(),
            force_new: false,
            deadline: self.plan.called_at.saturating_add(self.settings.limits.response_timeout),
            provenance: recording.provenance(),
        }
    }

    /// Gets a token and the head of an answer to it.
    ///
    /// A refused token is replaced and the request made once more when it has no body. A body is gone once it was sent, so
    /// the caller gets the refusal, and the next request another token.
    async fn open(&mut self, tokens: &mut CallTokens<'_>) -> Result<Opened, Failure> {
        let body = self.plan.body.take().map(|body| body.stream);
        let is_replayable = body.is_none();
        let host = self.plan.url.host().to_owned();
        let held = tokens.first().await.map_err(Failure::Auth)?;
        let first = self.send(&held, body).await?;
        if !tokens.is_refusal(first.status, &first.headers) {
            return Ok(Opened { response: first, auth_failure: None });
        }
        if !is_replayable {
            let auth_failure = Some(tokens.refused_once(&held, (first.status, &host)).await);
            return Ok(Opened { response: first, auth_failure });
        }
        let held = match tokens.another(&held, (first.status, &host)).await {
            Ok(held) => held,
            // The first answer is the API's own; why there is no second is in the failure beside it.
            Err(failure) => return Ok(Opened { response: first, auth_failure: Some(failure) }),
        };
        drop(first);
        let second = self.send(&held, None).await?;
        let auth_failure = if tokens.is_refusal(second.status, &second.headers) {
            Some(tokens.refused_again(&held, (second.status, &host)).await)
        } else {
            None
        };
        Ok(Opened { response: second, auth_failure })
    }

    /// Sends the request, and once more when the API wants to see its DPoP nonce and no body is gone: it never looked at
    /// the request.
    async fn send(&mut self, held: &Held, body: Option<RequestBody>) -> Result<StreamingResponse, Failure> {
        let is_replayable = body.is_none();
        let first = self.send_once(held, body).await?;
        if !self.demands_nonce(held, &first) || !is_replayable {
            return Ok(first);
        }
        drop(first);
        let second = self.send_once(held, None).await?;
        // Asked for what it says of the next request; a second demand is an answer like any other.
        self.demands_nonce(held, &second);
        Ok(second)
    }

    fn demands_nonce(&self, held: &Held, answer: &StreamingResponse) -> bool {
        self.settings.tokens.demands_nonce(held, &self.plan.url, (answer.status, &answer.headers))
    }

    async fn send_once(&mut self, held: &Held, body: Option<RequestBody>) -> Result<StreamingResponse, Failure> {
        let mut headers = self.plan.headers.clone();
        let own = self.settings.tokens.authorization(held, (&self.plan.method, &self.plan.url));
        for (name, value) in &own.map_err(|problem| Failure::Transport(unproven(problem)))? {
            headers.insert(name, value.clone());
        }
        let request = StreamingRequest {
            method: self.plan.method.clone(),
            url: self.plan.url.clone(),
            headers,
            body: body.unwrap_or_else(RequestBody::empty),
            head_timeout: self.settings.limits.response_timeout,
            idle_timeout: self.settings.limits.idle_timeout,
            identity: held.identity().cloned(),
        };
        let offset_us = self.since_call();
        // On the record even when the caller goes away while it is waited for.
        self.attempts.push(Attempt { offset_us, status: None, reason: None, duration_us: 0 });
        let opened = self.settings.client.open(request).await;
        let (status, reason) = match &opened {
            Ok(response) => (Some(response.status), None),
            Err(error) => (None, Some(error.to_string())),
        };
        self.finish_attempt(status, reason);
        let response = opened.map_err(|error| Failure::Transport(broken(&error)))?;
        self.dns_us = response.dns.map(micros);
        self.first_byte_us = Some(micros(response.first_byte));
        // Nothing was asked to be switched (RFC 9110 §7.8), so nothing that follows could be understood.
        if response.status < 200 {
            let (phase, reason) = (AuthPhase::Response, AuthFailureReason::MalformedResponse);
            let message = format!("the API answered with the interim status {}", response.status);
            return Err(Failure::Transport(TransportFailure { phase, reason, message }));
        }
        Ok(response)
    }

    /// Hands the head to the caller, passes the body through, and records the end.
    async fn answer(mut self, begun: Begun<'_>, opened: Opened, reply: Reply) {
        let Opened { response, auth_failure } = opened;
        let (sender, body) = body::channel();
        let length = response.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let headers = headers::of_response(&response.headers);
        let status = response.status;
        let forwarded = Forwarded { exchange: begun.id, status, headers, length, body };
        if self.is_bodyless(status, length) {
            // Nobody reads a body that can't be there, so its reader's going would be no sign of anything.
            self.finish_attempt(Some(status), None);
            self.end(begun, Ok((status, 0, auth_failure))).await;
            sender.complete();
            let _ = reply.send(Ok(forwarded));
            return;
        }
        let passed = match reply.send(Ok(forwarded)) {
            Ok(()) => pass((response.body, length), &sender, self.settings.limits.idle_timeout).await,
            Err(_) => Passed { bytes: 0, broken: Some(caller_gone("the caller went away before there was an answer")) },
        };
        if let Some(failure) = passed.broken {
            let reason = format!("{}, after {} bytes of the answer's body", failure.message, passed.bytes);
            self.finish_attempt(Some(status), Some(reason));
            self.end(begun, Err(Failure::Transport(failure))).await;
        } else {
            self.finish_attempt(Some(status), None);
            self.end(begun, Ok((status, passed.bytes, auth_failure))).await;
            // Only now, so that whoever has seen the end finds it on the log.
            sender.complete();
        }
    }

    /// Whether the answer has no body, whatever length it tells (RFC 9112 §6.3).
    fn is_bodyless(&self, status: u16, length: Option<u64>) -> bool {
        self.plan.method == Method::HEAD || matches!(status, 204 | 304) || length == Some(0)
    }

    /// Says how the attempt under way has gone so far.
    fn finish_attempt(&mut self, status: Option<u16>, reason: Option<String>) {
        let now = self.since_call();
        if let Some(attempt) = self.attempts.last_mut() {
            attempt.duration_us = now.saturating_sub(attempt.offset_us);
            (attempt.status, attempt.reason) = (status, reason);
        }
    }

    /// Says of an attempt that was broken off why.
    fn give_up_attempt(&mut self, failure: &Failure) {
        if self.attempts.last().is_some_and(|attempt| attempt.status.is_none() && attempt.reason.is_none()) {
            self.finish_attempt(None, Some(failure.to_string()));
        }
    }

    async fn end(&mut self, begun: Begun<'_>, outcome: Result<(u16, u64, Option<AuthFailure>), Failure>) {
        let Begun { recording, tokens, .. } = begun;
        let connection = Some(self.plan.authorizing.key.clone());
        let attempts = std::mem::take(&mut self.attempts);
        let timings = Timings {
            queued_us: self.queued_us,
            token_us: tokens.token_us,
            dns_us: self.dns_us,
            first_byte_us: self.first_byte_us,
            total_us: self.since_call(),
        };
        let token = tokens.used;
        let end = match outcome {
            Ok((status, body_bytes, auth_failure)) => ExchangeEnd::Completed(Completed {
                connection,
                status,
                body_bytes,
                truncated: false,
                attempts,
                timings,
                token,
                auth_failure,
                task: None,
                streamed: true,
            }),
            Err(failure) => {
                let failure = match failure {
                    Failure::Auth(failure) => ExchangeFailure::Auth(failure),
                    Failure::Transport(failure) => ExchangeFailure::Transport(failure),
                };
                ExchangeEnd::Failed(Failed {
                    connection,
                    failure,
                    attempts,
                    timings,
                    token,
                    task: None,
                    streamed: true,
                })
            }
        };
        // That it could not be recorded is in the program's log; the API's answer is what it is all the same.
        let _ = recording.end(end, tokens.positions, None).await;
    }

    fn since_call(&self) -> u64 {
        micros(self.settings.clock.monotonic().saturating_sub(self.plan.called_at))
    }
}

/// Passes a body through, chunk by chunk and no faster than it is taken.
async fn pass((mut body, length): (ResponseBody, Option<u64>), to: &BodySender, idle_timeout: Duration) -> Passed {
    let mut bytes: u64 = 0;
    let broken = loop {
        let next = tokio::select! {
            biased;
            // Who has got as many bytes as were announced may well go.
            () = to.closed() => break (length != Some(to.taken())).then(|| caller_gone("the caller went away")),
            next = body.next() => next,
        };
        let mut chunk = match next {
            None => break None,
            Some(Err(error)) => break Some(broken(&error)),
            Some(Ok(chunk)) => chunk,
        };
        let size = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        match hand_over(&mut chunk, to, idle_timeout).await {
            Ok(()) => bytes = bytes.saturating_add(size),
            Err(NotTaken::Gone) => break Some(caller_gone("the caller went away")),
            Err(NotTaken::Stalled) => break Some(caller_gone("the caller took nothing for too long")),
        }
    };
    Passed { bytes, broken }
}

async fn hand_over(chunk: &mut Bytes, to: &BodySender, idle_timeout: Duration) -> Result<(), NotTaken> {
    while !chunk.is_empty() {
        let piece = chunk.split_to(chunk.len().min(PIECE_BYTES_MAX));
        to.send(piece, idle_timeout).await?;
    }
    Ok(())
}

/// Whose fault it is that an exchange broke off.
fn broken(error: &SendError) -> TransportFailure {
    match error {
        SendError::RequestBody(problem) => {
            TransportFailure { phase: AuthPhase::Request, ..caller_gone(&problem.to_string()) }
        }
        other => unreachable(other),
    }
}

fn caller_gone(message: &str) -> TransportFailure {
    let (phase, reason) = (AuthPhase::Response, AuthFailureReason::CallerGone);
    TransportFailure { phase, reason, message: message.to_owned() }
}

fn not_recorded(error: ExecuteError) -> ForwardError {
    match error {
        ExecuteError::NotRecorded(error) => ForwardError::NotRecorded(error),
        // Nothing else can come of a start without a claim.
        _ => ForwardError::NotRecorded(AppendError::Closed),
    }
}
