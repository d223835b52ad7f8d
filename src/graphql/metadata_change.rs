//! `MetadataChange`: the open question whether a connection shall follow what its issuer publishes now.

use async_graphql::{Context, SimpleObject};
use chrono::{DateTime, Utc};

use super::errors::ApiError;
use super::scalars::UrlText;
use super::services::Services;
use crate::domain::Key;
use crate::domain::metadata;
use crate::projections::metadata_changes;

/// An issuer publishes something else than what a connection has pinned.
#[derive(Debug, SimpleObject)]
pub struct MetadataChange {
    /// When it was first seen.
    detected_at: DateTime<Utc>,
    /// Who publishes it.
    issuer: UrlText,
    /// What is no longer as it was pinned; at least one.
    changes: Vec<ChangedMember>,
}

/// A member of the metadata that is no longer as it was pinned.
#[derive(Debug, SimpleObject)]
pub struct ChangedMember {
    /// Where it stands in the metadata, for example `token_endpoint`.
    field: String,
    /// What is in use; null when there was none.
    pinned: Option<String>,
    /// What the issuer says now; null when it is gone.
    found: Option<String>,
}

impl From<metadata::MetadataChange> for ChangedMember {
    fn from(change: metadata::MetadataChange) -> Self {
        let metadata::MetadataChange { field, pinned, found } = change;
        Self { field: field.name().to_owned(), pinned, found }
    }
}

/// Reads the open question about a connection.
pub(super) async fn find(ctx: &Context<'_>, key: Key) -> Result<Option<MetadataChange>, ApiError> {
    let found = Services::of(ctx)?.read(move |conn| metadata_changes::get(conn, &key)).await?;
    Ok(found.map(|view| MetadataChange {
        detected_at: view.detected_at,
        issuer: UrlText(view.change.issuer),
        changes: view.change.changes.into_iter().map(Into::into).collect(),
    }))
}
