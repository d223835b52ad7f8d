//! Idempotency keys: a lost reply, asked for again, gives the first result and does nothing twice.
//!
//! A wish claims its key in the transaction of its stream's first event ([`claim`]), so a crash leaves both or neither.
//! Asked again, [`first_event`] tells what a create came to, [`earlier`] where a longer story is found.

use crate::crypto::KeyRing;
use crate::domain::{Actor, FieldError, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, DatabaseError, EventLog, StoredEvent, read};
use crate::projections::idempotency::{self, Claim};

/// What a mutation with an idempotency key wants.
pub struct Wish<'a> {
    /// Name of the mutation.
    pub operation: &'static str,
    /// Who asks: keys of two callers never meet.
    pub actor: &'a Actor,
    /// The caller's key.
    pub key: &'a str,
    /// Everything else in the input, in a stable form.
    pub input: &'a str,
    /// The stream that it will start.
    pub stream: StreamId,
}

/// The claim that is stored for a wish: fingerprints only, for a caller may have put anything into its key.
pub fn claim_of(keys: &KeyRing, wish: Wish<'_>) -> Claim {
    let Wish { operation, actor, key, input, stream } = wish;
    let named = format!("{operation}\n{}\n{key}", actor.id);
    Claim {
        fingerprint: keys.fingerprint("idempotency-key", named.as_bytes()),
        input: keys.fingerprint("idempotency-input", input.as_bytes()),
        stream,
    }
}

/// The stream that the same wish started before; `None` for a key that was never used.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` when the key was used for another input.
pub async fn earlier(log: &EventLog, claim: &Claim) -> Result<Result<Option<StreamId>, FieldError>, DatabaseError> {
    let wanted = claim.fingerprint.clone();
    let found = log.database().run(move |conn| idempotency::find(conn, &wanted)).await?;
    Ok(match found {
        None => Ok(None),
        Some(found) if found.input == claim.input => Ok(Some(found.stream)),
        Some(_) => Err(Taken::ByOther.into()),
    })
}

/// The first event of the stream that the same wish started before: what the wish came to then, whatever became of it
/// since. `None` for a key that was never used.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` when the key was used for another input.
pub async fn first_event(
    log: &EventLog,
    claim: &Claim,
) -> Result<Result<Option<StoredEvent>, FieldError>, DatabaseError> {
    match earlier(log, claim).await? {
        Err(reused) => Ok(Err(reused)),
        Ok(None) => Ok(Ok(None)),
        Ok(Some(stream)) => Ok(Ok(log.database().run(move |conn| read::version(conn, &stream, 1)).await?)),
    }
}

/// Why a key can't be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// By the same wish, a moment ago: what it started may still be under way.
    #[error("the call with this idempotency key is still under way")]
    BySame,
    /// By another input.
    #[error("this idempotency key was used for another input")]
    ByOther,
}

impl From<Taken> for FieldError {
    fn from(taken: Taken) -> Self {
        let code = match taken {
            Taken::BySame => "IN_FLIGHT",
            Taken::ByOther => "IDEMPOTENCY_KEY_REUSED",
        };
        Self::at("idempotencyKey", code, taken.to_string())
    }
}

/// Claims the key in the transaction of the stream's first event.
///
/// # Errors
/// The outer one when the database fails; the inner one when somebody has claimed the key.
pub fn claim(conn: &mut Conn<'_>, wanted: &Claim) -> Result<Result<(), Taken>, Refusal> {
    // The log's writer is the only one in here, so what is not found now can be claimed.
    match idempotency::find(conn, &wanted.fingerprint).map_err(Refusal::Database)? {
        None => Ok(Ok(idempotency::claim(conn, wanted)?)),
        Some(found) if found.input == wanted.input => Ok(Err(Taken::BySame)),
        Some(_) => Ok(Err(Taken::ByOther)),
    }
}
