//! The answer's body between the task that takes it from the API and the caller's connection.
//!
//! A few chunks are under way at most, so a caller who stops reading stops the API. That the body is complete is said
//! apart from the chunks: whatever else ends the stream, even the end of the task, is an error and never a short body.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;

use crate::net::Bytes;

/// Chunks that are under way between the two connections.
const CHUNKS_MAX: usize = 2;

/// The body broke off: the caller's connection must be cut, so that nobody takes it for complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off")]
pub struct BrokenOff;

/// The bytes of an answer as they come. An error is the last item; an end without one is the body's true end.
#[derive(Debug)]
pub struct ForwardedBody {
    chunks: mpsc::Receiver<Bytes>,
    shared: Arc<Shared>,
    is_over: bool,
}

/// Gives the bytes of an answer.
pub(super) struct BodySender {
    chunks: mpsc::Sender<Bytes>,
    shared: Arc<Shared>,
}

/// What both ends know.
#[derive(Debug, Default)]
struct Shared {
    is_complete: AtomicBool,
    /// Bytes that the caller's connection has taken.
    taken: AtomicU64,
}

/// Why a chunk did not reach the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// Nobody is there any more.
    Gone,
    /// Nobody took anything for too long.
    Stalled,
}

/// Both ends of a body.
pub(super) fn channel() -> (BodySender, ForwardedBody) {
    let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
    let shared = Arc::new(Shared::default());
    let sender = BodySender { chunks: sender, shared: Arc::clone(&shared) };
    (sender, ForwardedBody { chunks, shared, is_over: false })
}

impl BodySender {
    /// Gives a chunk when there is room for it.
    pub(super) async fn send(&self, chunk: Bytes, limit: Duration) -> Result<(), NotTaken> {
        self.chunks.send_timeout(chunk, limit).await.map_err(|error| match error {
            SendTimeoutError::Closed(_) => NotTaken::Gone,
            SendTimeoutError::Timeout(_) => NotTaken::Stalled,
        })
    }

    /// Waits until nobody reads any more.
    pub(super) async fn closed(&self) {
        self.chunks.closed().await;
    }

    /// Bytes that the caller's connection has taken.
    pub(super) fn taken(&self) -> u64 {
        self.shared.taken.load(Ordering::Acquire)
    }

    /// Says that these were all bytes. Without this word the body is broken.
    pub(super) fn complete(self) {
        // Before the channel closes, which happens when `self` is dropped.
        self.shared.is_complete.store(true, Ordering::Release);
    }
}

impl Stream for ForwardedBody {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Some(chunk) = ready!(self.chunks.poll_recv(cx)) {
            self.shared.taken.fetch_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX), Ordering::AcqRel);
            return Poll::Ready(Some(Ok(chunk)));
        }
        self.is_over = true;
        Poll::Ready(if self.shared.is_complete.load(Ordering::Acquire) { None } else { Some(Err(BrokenOff)) })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_body_ends_only_when_it_is_said_to_be_complete() {
        let (sender, body) = channel();
        sender.send(Bytes::from_static(b"a"), LIMIT).await.unwrap();
        sender.complete();
        assert_eq!(body.collect::<Vec<_>>().await, [Ok(Bytes::from_static(b"a"))]);

        let (sender, body) = channel();
        sender.send(Bytes::from_static(b"a"), LIMIT).await.unwrap();
        drop(sender);
        assert_eq!(body.collect::<Vec<_>>().await, [Ok(Bytes::from_static(b"a")), Err(BrokenOff)]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_read_holds_the_sender_up_and_is_given_up_in_the_end() {
        let (sender, body) = channel();
        for _ in 0..CHUNKS_MAX {
            sender.send(Bytes::from_static(b"a"), LIMIT).await.unwrap();
        }
        assert_eq!(sender.send(Bytes::from_static(b"a"), LIMIT).await, Err(NotTaken::Stalled));
        drop(body);
        assert_eq!(sender.send(Bytes::from_static(b"a"), LIMIT).await, Err(NotTaken::Gone));
        sender.closed().await;
    }
}
