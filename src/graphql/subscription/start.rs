//! `StreamStartInput`: where a subscription starts.

use async_graphql::{Context, OneofObject};
use chrono::{DateTime, Utc};

use super::super::errors::{ApiError, ErrorCode};
use super::super::ids::ListKind;
use super::super::pagination::parse_cursor;
use super::super::scalars::SequenceText;
use super::super::services::Services;
use crate::event_log::{Position, read};

/// Where a stream starts: exactly one of the fields. Without it, with the first event from now on.
#[derive(Debug, Clone, OneofObject)]
pub enum StreamStartInput {
    /// Behind this cursor, of a query or of a subscription.
    After(String),
    /// With the event at this position.
    Sequence(SequenceText),
    /// With the first event recorded at or after this moment.
    Time(DateTime<Utc>),
    /// `true`: with the first event of all.
    Earliest(bool),
}

/// The position behind which the stream starts.
///
/// # Errors
/// `INVALID_CURSOR` for a place beyond the end of the log: this log never had it, so going on from there would hide
/// that something is wrong.
pub(super) async fn position(
    ctx: &Context<'_>,
    list: ListKind,
    from: Option<StreamStartInput>,
) -> Result<Position, ApiError> {
    let services = Services::of(ctx)?;
    let head = services.log.feed().head();
    let refuse = |message: &str| Err(ApiError::new(ErrorCode::InvalidArgument, message));
    let after = match from {
        None => head,
        Some(StreamStartInput::After(cursor)) => parse_cursor(list, &cursor)?,
        Some(StreamStartInput::Sequence(sequence)) => match sequence.parse().and_then(|at: Position| at.checked_sub(1))
        {
            Some(behind) => behind,
            None => return refuse("`from.sequence` is not a position: they are decimal and start at 1."),
        },
        Some(StreamStartInput::Time(time)) => services.read(move |conn| read::position_before(conn, time)).await?,
        Some(StreamStartInput::Earliest(true)) => 0,
        Some(StreamStartInput::Earliest(false)) => return refuse("`from.earliest` is either true or left out."),
    };
    // A time may be answered by an event that came after the head was read.
    if after > services.log.feed().head() {
        return Err(ApiError::new(ErrorCode::InvalidCursor, "The log does not reach that far."));
    }
    Ok(after)
}
