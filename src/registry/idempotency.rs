//! Idempotency keys: a lost reply, asked for again, gives the first result and does nothing twice.

use crate::crypto::KeyRing;
use crate::domain::{Actor, FieldError, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, DatabaseError, EventLog};
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
        Some(_) => Err(reused()),
    })
}

/// Claims the key in the transaction of the stream's first event.
pub fn claim(conn: &mut Conn<'_>, wanted: &Claim) -> Result<Result<(), FieldError>, Refusal> {
    // The log's writer is the only one in here, so what is not found now can be claimed.
    if idempotency::find(conn, &wanted.fingerprint).map_err(Refusal::Database)?.is_some() {
        return Ok(Err(reused()));
    }
    idempotency::claim(conn, wanted)?;
    Ok(Ok(()))
}

fn reused() -> FieldError {
    FieldError::at("idempotencyKey", "IDEMPOTENCY_KEY_REUSED", "this idempotency key was used for another input")
}
