//! Carries out one command: load the stream, decide, append; decide again when somebody else was faster.
//!
//! Deliberately absent: anything else. Rules are in `domain`, durability is in `event_log`.

use std::sync::Arc;

use crate::clock::Ids;
use crate::domain::event::UnreadableEvent;
use crate::domain::{Decider, Event, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{
    Append, AppendError, Appended, Conn, DatabaseError, EventLog, Expected, NewEvent, Provenance, read,
};

/// How often a command is decided anew after a lost race. Each loss means that another writer won, so the log moves.
const ATTEMPTS_MAX: u32 = 32;

/// Checks and writes that must hold or fail together with the events; run again when the command is decided again.
pub type Alongside = Arc<dyn Fn(&mut Conn<'_>) -> Result<(), Refusal> + Send + Sync>;

/// A command on its way to a stream.
pub struct Execution<D: Decider> {
    /// Where to.
    pub stream: StreamId,
    /// What is wanted.
    pub command: D::Command,
    /// Who wants it.
    pub provenance: Arc<Provenance>,
    /// What must hold or fail together with it. Its rule errors are the decider's own rejections.
    pub alongside: Option<Alongside>,
}

/// What became of a command.
pub struct Done<D: Decider> {
    /// The state after it.
    pub state: D,
    /// What was appended; `None` when the command was satisfied already.
    pub appended: Option<Appended>,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<R: std::error::Error + 'static> {
    /// The rules say no.
    #[error(transparent)]
    Rejected(R),
    /// Other writers were faster every time.
    #[error("too many writers at once: try again")]
    Contended,
    /// The log can't be written.
    #[error(transparent)]
    Append(AppendError),
    /// The stream can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The stream holds an event that this version does not understand, so it must not decide.
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
}

/// Carries out a command.
///
/// # Errors
/// See [`CommandError`]; nothing was appended.
pub async fn execute<D>(
    log: &EventLog,
    ids: &Ids,
    execution: Execution<D>,
) -> Result<Done<D>, CommandError<D::Rejection>>
where
    D: Decider,
    D::Event: Into<Event> + TryFrom<Event>,
    D::Rejection: Send + Sync,
{
    let Execution { stream, command, provenance, alongside } = execution;
    for _ in 0..ATTEMPTS_MAX {
        let history: Vec<D::Event> = load(log, &stream).await?;
        let version = u32::try_from(history.len()).unwrap_or(u32::MAX);
        let state = D::replay(&history);
        let events = state.decide(command.clone()).map_err(CommandError::Rejected)?;
        if events.is_empty() {
            return Ok(Done { state, appended: None });
        }
        let state = events.iter().fold(state, D::evolve);
        let append = Append {
            stream: stream.clone(),
            expected: Expected::Version(version),
            events: events.into_iter().map(|event| NewEvent { id: ids.next(), event: event.into() }).collect(),
            provenance: Arc::clone(&provenance),
            alongside: alongside.clone().map(boxed),
        };
        match log.append(append).await {
            Ok(appended) => return Ok(Done { state, appended: Some(appended) }),
            Err(AppendError::Conflict { .. }) => {}
            Err(AppendError::Refused(rule)) => {
                return Err(match rule.downcast::<D::Rejection>() {
                    Ok(rejection) => CommandError::Rejected(*rejection),
                    Err(other) => CommandError::Append(AppendError::Refused(other)),
                });
            }
            Err(error) => return Err(CommandError::Append(error)),
        }
    }
    Err(CommandError::Contended)
}

async fn load<E: TryFrom<Event>, R: std::error::Error + 'static>(
    log: &EventLog,
    stream: &StreamId,
) -> Result<Vec<E>, CommandError<R>> {
    let wanted = stream.clone();
    let stored = log.database().run(move |conn| read::stream(conn, &wanted)).await?;
    let mut history = Vec::with_capacity(stored.len());
    for event in stored {
        let foreign = || DatabaseError::Corrupt(format!("a foreign event in stream {stream}"));
        history.push(E::try_from(event.event()?).map_err(|_| foreign())?);
    }
    Ok(history)
}

fn boxed(alongside: Alongside) -> crate::event_log::Alongside {
    Box::new(move |conn| alongside(conn))
}
