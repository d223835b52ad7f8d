//! Puts on the record what happens to tokens.

use std::sync::Arc;

use super::{Inner, NoToken, TokenWish};
use crate::domain::failure::AuthFailure;
use crate::domain::token::{IssueReason, RequestFailed, TokenEvent};
use crate::domain::{Key, StreamId};
use crate::event_log::{Alongside, Append, AppendError, Expected, NewEvent, Position, Provenance};

impl Inner {
    /// Puts on the record that there is no token although none was asked for: the caller is told so, and so must
    /// whoever watches failures be.
    pub(super) async fn give_up(&self, wish: &TokenWish, reason: Option<IssueReason>, failure: AuthFailure) -> NoToken {
        let failed = RequestFailed {
            connection_version: wish.active.version,
            reason: reason.unwrap_or(IssueReason::First),
            failure: failure.clone(),
            duration_us: 0,
            backoff_ms: None,
        };
        let recorded = self.record(&wish.connection, TokenEvent::RequestFailed(failed), &wish.provenance).await;
        NoToken { failure, position: recorded.ok() }
    }

    /// Makes a token event durable.
    pub(super) async fn record(
        &self,
        connection: &Key,
        event: TokenEvent,
        provenance: &Arc<Provenance>,
    ) -> Result<Position, AppendError> {
        self.record_alongside(connection, event, (provenance, None)).await
    }

    /// Makes a token event durable together with what is written alongside.
    pub(super) async fn record_alongside(
        &self,
        connection: &Key,
        event: TokenEvent,
        (provenance, alongside): (&Arc<Provenance>, Option<Alongside>),
    ) -> Result<Position, AppendError> {
        let append = Append {
            stream: StreamId::Token(connection.clone()),
            expected: Expected::Any,
            events: vec![NewEvent { id: self.ids.next(), event: event.into() }],
            provenance: Arc::clone(provenance),
            alongside,
        };
        let appended = self.log.append(append).await.inspect_err(|error| {
            tracing::error!(%connection, %error, "a token event could not be recorded");
        })?;
        appended.positions().first().copied().ok_or(AppendError::Closed)
    }
}
