//! The one writer: a thread that drains a bounded queue and commits many appends in one transaction.
//!
//! Group commit makes durability cheap under load: while one transaction waits for the disk, the queue fills, and all
//! of it shares the next flush. When nobody else is waiting, nothing waits: a lone append is a batch of one.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::append::{self, Append, AppendError, Appended, Tools};
use super::database::Writer;
use super::personal::Sealer;
use super::{Database, DatabaseError, Feed, Projector};
use crate::clock::Clock;
use crate::crypto::KeyRing;

/// Appends that may wait. One more is refused as busy: a queue without an end hides an outage until memory is gone.
const QUEUE_MAX: usize = 8_192;
/// Appends in one transaction: enough to share a flush, few enough to answer soon.
const BATCH_MAX: usize = 512;

pub(super) struct Settings {
    pub database: Database,
    pub keys: Arc<KeyRing>,
    pub clock: Clock,
    pub projector: Arc<dyn Projector>,
    pub feed: Feed,
}

type Answer = oneshot::Sender<Result<Appended, AppendError>>;

/// The writer's door.
#[derive(Clone)]
pub(super) struct Handle {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Append(Append, Answer),
    Close(oneshot::Sender<()>),
}

impl Handle {
    pub(super) async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (answer, answered) = oneshot::channel();
        match self.queue.try_send(Message::Append(append, answer)) {
            Ok(()) => answered.await.unwrap_or(Err(AppendError::Closed)),
            Err(mpsc::error::TrySendError::Full(_)) => Err(AppendError::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(AppendError::Closed),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    pub(super) async fn ended(&self) {
        self.queue.closed().await;
    }

    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the writer is gone, which is what was asked for.
            let _ = closed.await;
        }
    }
}

/// Starts the writer's thread. It ends when closed, when every handle is gone, or when the disk fails to flush.
pub(super) fn start(settings: Settings) -> Result<Handle, DatabaseError> {
    let writer = settings.database.writer()?;
    let (queue, messages) = mpsc::channel(QUEUE_MAX);
    // A thread and not a task: SQLite's driver blocks, and a flush must never hold up the runtime.
    std::thread::Builder::new()
        .name("event-log-writer".to_owned())
        .spawn(move || Loop { sealer: Sealer::new(Arc::clone(&settings.keys)), settings, writer }.run(messages))
        .map_err(|error| DatabaseError::Open(error.to_string()))?;
    Ok(Handle { queue })
}

struct Loop {
    settings: Settings,
    writer: Writer,
    sealer: Sealer,
}

impl Loop {
    fn run(mut self, mut messages: mpsc::Receiver<Message>) {
        while let Some(first) = messages.blocking_recv() {
            let mut appends = Vec::new();
            let mut answers = Vec::new();
            let mut close = None;
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Append(append, answer) => {
                        appends.push(append);
                        answers.push(answer);
                    }
                    Message::Close(done) => close = Some(done),
                }
                next = if appends.len() < BATCH_MAX && close.is_none() { messages.try_recv().ok() } else { None };
            }
            let fatal = self.commit(appends, answers);
            if let Some(done) = close {
                let _ = done.send(());
                return;
            }
            if fatal {
                return;
            }
        }
    }

    /// Commits one batch and answers it; true when the disk can't be trusted any more.
    fn commit(&mut self, appends: Vec<Append>, answers: Vec<Answer>) -> bool {
        if appends.is_empty() {
            return false;
        }
        let now = self.settings.clock.now();
        let projector = &*self.settings.projector;
        let sealer = &mut self.sealer;
        let committed = self
            .writer
            .conn()
            .transaction(|conn| append::run_batch(conn, &mut Tools { sealer, projector, now }, appends));
        match committed {
            Ok(outcome) => {
                projector.committed(&outcome.events);
                self.settings.feed.publish(outcome.events);
                for (answer, result) in answers.into_iter().zip(outcome.answers) {
                    // Whoever asked may have gone away; the fact stays.
                    let _ = answer.send(result);
                }
                false
            }
            Err(error) => {
                self.sealer.forget();
                self.reconnect();
                let fatal = is_flush_failure(&error);
                tracing::error!(%error, appends = answers.len(), fatal, "the event log could not be written");
                let error = Arc::new(error);
                for answer in answers {
                    let _ = answer.send(Err(AppendError::Unavailable(Arc::clone(&error))));
                }
                fatal
            }
        }
    }
}

impl Loop {
    /// After a failure the connection itself may be what is broken (a server that was restarted, a transaction that could
    /// not be rolled back). When there is no other to be had, the old one stays, and the next batch tries again.
    fn reconnect(&mut self) {
        match self.settings.database.writer() {
            Ok(writer) => self.writer = writer,
            Err(error) => tracing::warn!(%error, "the event log keeps its connection after a failure"),
        }
    }
}

/// After a failed flush the kernel may have dropped dirty pages and report success next time, so going on would
/// acknowledge what is not on disk. SQLite says `disk I/O error`; diesel gives its text only.
fn is_flush_failure(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Query(diesel::result::Error::DatabaseError(_, information))
        if information.message().contains("disk I/O error"))
}
