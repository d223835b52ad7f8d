//! Puts on the record what an issuer says now, when that is news. Nothing that is pinned changes by it.

use std::sync::Arc;

use super::Registry;
use crate::domain::metadata::{MetadataChanged, MetadataEvent, MetadataSettled};
use crate::domain::{Key, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Append, AppendError, Conn, DatabaseError, Expected, NewEvent, Provenance};
use crate::oauth::Pins;
use crate::projections::{connections, metadata_changes};

/// Why an observation was not recorded.
#[derive(Debug, thiserror::Error)]
enum NotObserved {
    /// The read models can't be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log can't be written.
    #[error(transparent)]
    Append(AppendError),
}

/// By the time of the append it was no news any more: the connection was edited, or somebody else recorded the same.
#[derive(Debug, thiserror::Error)]
#[error("the observation is outdated")]
struct Outdated;

impl Registry {
    /// Compares what an issuer says with what a connection has pinned, and records a difference that is not on the record
    /// yet, or that there is none any more.
    ///
    /// An observation that can't be recorded is logged; the next look makes it again.
    pub async fn observe_metadata(&self, key: &Key, found: &Pins) {
        match self.record_observation(key, found).await {
            Ok(Some(MetadataEvent::Changed(MetadataChanged { issuer, changes, .. }))) => {
                let fields: Vec<&str> = changes.iter().map(|change| change.field.name()).collect();
                let fields = fields.join(", ");
                tracing::warn!(connection = %key, issuer, fields, "an issuer publishes something else than is pinned; a person has to agree");
            }
            Ok(Some(MetadataEvent::Settled(MetadataSettled { issuer, .. }))) => {
                tracing::info!(connection = %key, issuer, "an issuer publishes again what is pinned");
            }
            Ok(None) => {}
            Err(error) => tracing::error!(connection = %key, %error, "an observation could not be recorded"),
        }
    }

    async fn record_observation(&self, key: &Key, found: &Pins) -> Result<Option<MetadataEvent>, NotObserved> {
        let wanted = (key.clone(), found.clone());
        let unknown = self.log.database().run(move |conn| news(conn, &wanted.0, &wanted.1)).await?;
        let Some(event) = unknown else { return Ok(None) };
        let still = (key.clone(), found.clone(), event.clone());
        let append = Append {
            stream: StreamId::Token(key.clone()),
            expected: Expected::Any,
            events: vec![NewEvent { id: self.ids.next(), event: event.clone().into() }],
            provenance: Arc::new(Provenance::system(self.ids.next())),
            alongside: Some(Box::new(move |conn: &mut Conn<'_>| {
                let (key, found, event) = still;
                let now = news(conn, &key, &found).map_err(Refusal::Database)?;
                if now == Some(event) { Ok(()) } else { Err(Refusal::Rule(Box::new(Outdated))) }
            })),
        };
        match self.log.append(append).await {
            Ok(_) => Ok(Some(event)),
            Err(AppendError::Refused(_)) => Ok(None),
            Err(error) => Err(NotObserved::Append(error)),
        }
    }
}

/// What the log does not know yet.
fn news(conn: &mut Conn<'_>, key: &Key, found: &Pins) -> Result<Option<MetadataEvent>, DatabaseError> {
    let Some(view) = connections::get(conn, key)? else { return Ok(None) };
    let open = metadata_changes::get(conn, key)?;
    let pinned = Pins::of(&view.definition).filter(|pinned| pinned.issuer == found.issuer);
    let Some(pinned) = pinned else { return Ok(None) };
    let (connection_version, issuer) = (view.version, found.issuer.to_string());
    let changes = pinned.changes(found);
    Ok(match open {
        None if changes.is_empty() => None,
        Some(_) if changes.is_empty() => Some(MetadataEvent::Settled(MetadataSettled { connection_version, issuer })),
        Some(open) if open.change.changes == changes => None,
        None | Some(_) => Some(MetadataEvent::Changed(MetadataChanged { connection_version, issuer, changes })),
    })
}
