//! Exchanges whose bodies pass through chunk by chunk, as they are: nothing is decoded and nothing is collected.
//!
//! Whoever reads slowly slows the peer down, and whoever stops reading closes the connection (HTTP/1.1) or resets the
//! stream (HTTP/2). There is no time limit on a whole body, only on pauses. Trailers are not passed on.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::stream::{BoxStream, Stream, StreamExt};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::bytes::Bytes;

use super::activity::Activity;
use super::client::HttpClient;
use super::error::{RequestBodyProblem, SendError, TimeoutPhase};
use super::identity::ClientIdentity;
use super::pools::Pair;
use super::resolver::{LOOKUP, Lookup};
use crate::domain::HttpUrl;

/// The body of a streamed request.
pub struct RequestBody(Kind);

enum Kind {
    Empty,
    Whole(Bytes),
    Stream { chunks: BoxStream<'static, Option<Bytes>>, length: Option<u64> },
}

impl RequestBody {
    /// No body.
    pub fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body that is there already.
    pub fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }

    /// A body that comes bit by bit; it is asked for more only when the peer has taken what there was.
    ///
    /// `length` is announced to the peer when it is known, in bytes. An error item ends the exchange with
    /// [`RequestBodyProblem::Broken`], and so does another length than the announced one; the peer sees a body that is cut
    /// off.
    pub fn stream<S, E>(chunks: S, length: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: 'static,
    {
        Self(Kind::Stream { chunks: chunks.map(Result::ok).boxed(), length })
    }
}

/// A request whose answer is streamed. `Debug` shows neither URL path and query, nor headers, nor body.
pub struct StreamingRequest {
    /// The method.
    pub method: Method,
    /// Where to; judged by the guard.
    pub url: HttpUrl,
    /// Sent as they are, but for `content-length` and `transfer-encoding`: those follow from the body.
    pub headers: HeaderMap,
    /// The body.
    pub body: RequestBody,
    /// From the start, or the last byte of a streamed request body, to the response's headers.
    pub head_timeout: Duration,
    /// Longest pause of a body: while the request's is under way, and then while the response's is waited for.
    pub idle_timeout: Duration,
    /// Shown to a server that asks for a client certificate.
    pub identity: Option<ClientIdentity>,
}

impl fmt::Debug for StreamingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingRequest")
            .field("method", &self.method)
            .field("authority", &self.url.authority())
            .finish_non_exhaustive()
    }
}

/// A response whose body is still to come. `Debug` shows no headers and no body.
pub struct StreamingResponse {
    /// The status code.
    pub status: u16,
    /// As the peer sent them, within the limits of [`super::RESPONSE_HEADERS_MAX`] and
    /// [`super::RESPONSE_HEADER_BYTES_MAX`]; `content-encoding` and `content-length` describe the body that follows.
    pub headers: HeaderMap,
    /// The body.
    pub body: ResponseBody,
    /// The DNS look-up; `None` when a pooled connection or an address literal needed none.
    pub dns: Option<Duration>,
    /// From the start to the response's headers.
    pub first_byte: Duration,
}

impl fmt::Debug for StreamingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The bytes of a response as they come. An error is the last item; an end without one is the body's true end.
pub struct ResponseBody {
    /// `None` after the end: so the connection is given up even while the body is still held.
    chunks: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    activity: Arc<Activity>,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl HttpClient {
    /// Sends one request and reads its response up to the headers. Any status is a response, redirects among them.
    ///
    /// # Errors
    /// Why there is no response; see [`SendError::may_have_been_received`]. Of a request with a streamed body it can't be
    /// known how much of it the peer has acted upon.
    pub async fn open(&self, request: StreamingRequest) -> Result<StreamingResponse, SendError> {
        self.policy().check_url(&request.url).map_err(SendError::EgressDenied)?;
        let activity = Arc::new(Activity::new(request.head_timeout, request.idle_timeout));
        let lookup = Lookup { port: request.url.port(), took: Arc::default() };
        let dns = Arc::clone(&lookup.took);
        let head = LOOKUP.scope(lookup, self.head(request, Arc::clone(&activity)));
        let opened = tokio::select! {
            biased;
            opened = head => opened,
            phase = activity.overdue() => Err(SendError::Timeout { phase }),
        };
        let mut response = opened.map_err(|error| cause_of(error, &activity))?;
        response.dns = dns.get().copied();
        Ok(response)
    }

    async fn head(&self, request: StreamingRequest, activity: Arc<Activity>) -> Result<StreamingResponse, SendError> {
        let start = Instant::now();
        let StreamingRequest { method, url, mut headers, body, identity, .. } = request;
        // A length that disagrees with the body would let one request be read as two (RFC 9112 section 11.2).
        headers.remove(CONTENT_LENGTH);
        headers.remove(TRANSFER_ENCODING);
        let Pair { raw, .. } = self.clients(identity.as_ref())?;
        let builder = raw.request(method, url.as_url().clone());
        let builder = match body.0 {
            Kind::Empty => builder.headers(headers),
            Kind::Whole(bytes) => builder.headers(headers).body(bytes),
            Kind::Stream { chunks, length } => {
                headers.extend(length.map(|length| (CONTENT_LENGTH, length.into())));
                let outgoing = Outgoing { chunks, left: length, is_waiting: false, activity: Arc::clone(&activity) };
                builder.headers(headers).body(reqwest::Body::wrap_stream(outgoing))
            }
        };
        let mut response = builder.send().await.map_err(SendError::while_sending)?;
        self.check_head(&url, &response)?;
        let headers = std::mem::take(response.headers_mut());
        let status = response.status().as_u16();
        activity.received();
        let timer = Box::pin(sleep(activity.idle_timeout()));
        let chunks = Some(response.bytes_stream().boxed());
        let body = ResponseBody { chunks, activity, timer, is_waiting: false };
        Ok(StreamingResponse { status, headers, body, dns: None, first_byte: start.elapsed() })
    }
}

/// When our own body broke, what the connection says of it is only a consequence.
fn cause_of(error: SendError, activity: &Activity) -> SendError {
    activity.problem().map_or(error, SendError::RequestBody)
}

/// The request's body on its way out.
struct Outgoing {
    chunks: BoxStream<'static, Option<Bytes>>,
    /// What of the announced length is still to come.
    left: Option<u64>,
    /// Whether the source was asked and has not answered yet.
    is_waiting: bool,
    activity: Arc<Activity>,
}

impl Outgoing {
    /// Counts a chunk against the announced length.
    fn measure(&mut self, chunk: &Bytes) -> Result<(), RequestBodyProblem> {
        let Some(left) = self.left else { return Ok(()) };
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.left = Some(left.checked_sub(length).ok_or(RequestBodyProblem::WrongLength)?);
        Ok(())
    }

    fn fail(&self, problem: RequestBodyProblem) -> Poll<Option<Result<Bytes, RequestBodyProblem>>> {
        self.activity.fail(problem);
        Poll::Ready(Some(Err(problem)))
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, RequestBodyProblem>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.is_waiting {
            // To be asked for more means that the peer has taken what was there before.
            self.is_waiting = true;
            self.activity.sent(true);
        }
        let next = ready!(self.chunks.poll_next_unpin(cx));
        self.is_waiting = false;
        match next {
            Some(Some(chunk)) => match self.measure(&chunk) {
                Ok(()) => {
                    // After the last byte of an announced length nothing asks for more.
                    self.activity.sent(self.left != Some(0));
                    Poll::Ready(Some(Ok(chunk)))
                }
                Err(problem) => self.fail(problem),
            },
            Some(None) => self.fail(RequestBodyProblem::Broken),
            None if self.left.is_some_and(|left| left > 0) => self.fail(RequestBodyProblem::WrongLength),
            None => {
                self.activity.sent(false);
                Poll::Ready(None)
            }
        }
    }
}

impl ResponseBody {
    /// Says whether the pause is too long; `Pending` until then.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_waiting {
            // Counted from here, not from the last chunk: what the reader did in between is not the peer's pause.
            self.is_waiting = true;
            self.timer.as_mut().reset(Instant::now() + self.activity.idle_timeout());
        }
        loop {
            ready!(self.timer.as_mut().poll(cx));
            // While the request's body still moves, a peer that does not answer yet is not idle.
            let idle_at = self.activity.idle_at();
            if idle_at <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(idle_at);
        }
    }

    fn end(&mut self, error: Option<SendError>) -> Poll<Option<Result<Bytes, SendError>>> {
        self.chunks = None;
        Poll::Ready(error.map(|error| Err(cause_of(error, &self.activity))))
    }
}

impl Stream for ResponseBody {
    type Item = Result<Bytes, SendError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(chunks) = &mut this.chunks else { return Poll::Ready(None) };
        match chunks.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                this.is_waiting = false;
                this.activity.received();
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Some(Err(error))) => this.end(Some(SendError::while_reading(error))),
            Poll::Ready(None) => this.end(None),
            Poll::Pending => {
                ready!(this.poll_idle(cx));
                this.end(Some(SendError::Timeout { phase: TimeoutPhase::Idle }))
            }
        }
    }
}

impl fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("has_ended", &self.chunks.is_none()).finish_non_exhaustive()
    }
}
