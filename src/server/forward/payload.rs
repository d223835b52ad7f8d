//! A caller's body on its way to another thread: what actix gives is bound to the connection's own.

use actix_web::web;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::net::Bytes;

/// Chunks under way between the caller's connection and the API's.
const CHUNKS_MAX: usize = 2;

/// The body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BrokenOff;

/// Moves a body, chunk by chunk and no faster than it is taken. When nobody wants it any more, it is let go at once;
/// that also bounds how long a silent caller is waited for.
pub(super) fn sendable(mut body: web::Payload) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    actix_web::rt::spawn(async move {
        loop {
            let next = tokio::select! {
                biased;
                () = sender.closed() => return,
                next = body.next() => next,
            };
            let Some(chunk) = next else { return };
            let is_last = chunk.is_err();
            if sender.send(chunk.map_err(|_| BrokenOff)).await.is_err() || is_last {
                return;
            }
        }
    });
    ReceiverStream::new(receiver)
}
