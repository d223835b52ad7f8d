//! The operations of one socket: each a task, found by the client's id.
//!
//! Dropping [`Operations`] ends all of them, except a mutation that has begun: only its answer is lost.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;

use actix_web::web;
use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Response};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::protocol::ServerMessage;
use crate::server::graphql::Endpoint;
use crate::server::graphql::operation::Operation;
use crate::server::graphql::response::{Refusal, is_request_error, publish};

/// A message on its way to the client.
pub(super) struct Outgoing {
    id: String,
    /// Tells an operation from an earlier one with the same id, whose messages may still be in the queue.
    serial: u64,
    text: String,
    is_last: bool,
}

struct Running {
    serial: u64,
    kind: OperationType,
    _task: AbortOnDropHandle<()>,
}

/// The operations that the client has begun and has not seen the end of.
pub(super) struct Operations {
    running: HashMap<String, Running>,
    begun: u64,
    queue: mpsc::Sender<Outgoing>,
}

impl Operations {
    /// Comes with the receiving end of the queue.
    pub(super) fn new(outgoing_max: usize) -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, outgoing) = mpsc::channel(outgoing_max);
        (Self { running: HashMap::new(), begun: 0, queue }, outgoing)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Starts an operation as a task.
    pub(super) fn begin<E: Executor>(&mut self, endpoint: web::Data<Endpoint<E>>, id: String, operation: Operation) {
        self.begun += 1;
        let serial = self.begun;
        let kind = operation.kind;
        let sender = Sender { id: id.clone(), serial, queue: self.queue.clone() };
        let tasks = endpoint.tasks.clone();
        let task = AbortOnDropHandle::new(tasks.spawn(sender.run(endpoint.into_inner(), operation)));
        self.running.insert(id, Running { serial, kind, _task: task });
    }

    /// The client wants no more of it; an unknown id is one that has just ended by itself.
    pub(super) fn cancel(&mut self, id: &str) {
        self.running.remove(id);
    }

    /// Ends what would never end by itself.
    pub(super) fn cancel_subscriptions(&mut self) {
        self.running.retain(|_, running| running.kind != OperationType::Subscription);
    }

    /// The text to send, unless the client has cancelled the operation since.
    pub(super) fn deliver(&mut self, message: Outgoing) -> Option<String> {
        let is_current = self.running.get(&message.id).is_some_and(|running| running.serial == message.serial);
        if !is_current {
            return None;
        }
        if message.is_last {
            self.running.remove(&message.id);
        }
        Some(message.text)
    }
}

/// The queue is gone, because the socket is.
struct Gone;

/// Sends the messages of one operation. Waits while the queue is full, and the stream waits with it.
struct Sender {
    id: String,
    serial: u64,
    queue: mpsc::Sender<Outgoing>,
}

impl Sender {
    async fn run<E: Executor>(self, endpoint: std::sync::Arc<Endpoint<E>>, operation: Operation) {
        let answered = AssertUnwindSafe(self.answer(&endpoint, operation)).catch_unwind().await;
        if answered.is_err() {
            // Gone or not, there is nothing more to do.
            let _ = self.refuse(&Refusal::Internal).await;
        }
    }

    async fn answer<E: Executor>(&self, endpoint: &Endpoint<E>, operation: Operation) -> Result<(), Gone> {
        if operation.kind != OperationType::Subscription {
            return match endpoint.execute(operation).await {
                Ok(response) if is_request_error(&response) => self.error(response).await,
                Ok(response) => {
                    self.next(response).await?;
                    self.complete().await
                }
                Err(refusal) => self.refuse(&refusal).await,
            };
        }
        let mut events = endpoint.executor.execute_stream(operation.request, None);
        while let Some(response) = events.next().await {
            // The protocol has `error` for what did not begin, and `error` is the last message.
            if is_request_error(&response) {
                return self.error(response).await;
            }
            self.next(response).await?;
        }
        self.complete().await
    }

    async fn next(&self, mut response: Response) -> Result<(), Gone> {
        publish(&mut response);
        self.send(&ServerMessage::Next { id: &self.id, payload: &response }, false).await
    }

    async fn error(&self, mut response: Response) -> Result<(), Gone> {
        publish(&mut response);
        self.send(&ServerMessage::Error { id: &self.id, payload: &response.errors }, true).await
    }

    async fn refuse(&self, refusal: &Refusal) -> Result<(), Gone> {
        self.send(&ServerMessage::Error { id: &self.id, payload: &refusal.errors() }, true).await
    }

    async fn complete(&self) -> Result<(), Gone> {
        self.send(&ServerMessage::Complete { id: &self.id }, true).await
    }

    async fn send(&self, message: &ServerMessage<'_>, is_last: bool) -> Result<(), Gone> {
        let message = Outgoing { id: self.id.clone(), serial: self.serial, text: message.to_text(), is_last };
        self.queue.send(message).await.map_err(|_| Gone)
    }
}
