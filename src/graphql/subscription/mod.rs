//! Subscriptions: what is there from a starting point on, then what comes, with no gap and no duplicate. Every item
//! carries a cursor with which the next subscription, or a query, goes on.

pub mod audit_events;
pub mod auth_failures;
mod bookmarks;
pub mod connection_states;
pub mod start;

use async_graphql::{Enum, MergedSubscription, SimpleObject};
use chrono::{DateTime, Utc};

use super::scalars::SequenceText;

/// What comes, as it comes.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct Subscription(
    auth_failures::AuthFailureSubscription,
    audit_events::AuditEventSubscription,
    connection_states::ConnectionStateSubscription,
);

/// How far the stream is. Said when it has caught up, and every 15 seconds.
#[derive(Debug, Clone, SimpleObject)]
pub struct StreamBookmark {
    /// Going on from here misses nothing and repeats nothing.
    cursor: String,
    /// When this was said.
    at: DateTime<Utc>,
    /// Whether everything that was there has been said.
    live: bool,
}

/// Something could not be said; the stream goes on behind it.
#[derive(Debug, Clone, SimpleObject)]
pub struct StreamGap {
    /// Where the stream goes on.
    cursor: String,
    /// How many events were missed, where that is known.
    missed: Option<SequenceText>,
    /// Why.
    reason: StreamGapReason,
}

/// Why something could not be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StreamGapReason {
    /// It is no longer kept.
    Retention,
    /// The subscriber was too slow.
    SlowConsumer,
}
