//! `Viewer`: who asks, and what they may do.

use async_graphql::{Context, Object, SimpleObject};

use super::actor::Actor;
use super::caller::Caller;
use super::errors::{ApiError, ErrorCode, Fallible};
use super::permission::Permission;

/// Whoever asks.
#[derive(Debug, Clone, SimpleObject)]
pub struct Viewer {
    /// The name under which the event log remembers what is done.
    actor: Actor,
    /// What they may do.
    permissions: Vec<Permission>,
}

/// Root fields about the viewer.
#[derive(Default)]
pub struct ViewerQueries;

#[Object]
impl ViewerQueries {
    /// Whoever asks, and what they may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Fallible<Viewer> {
        let Some(caller) = ctx.data_opt::<Caller>() else {
            return Some(Err(ApiError::new(ErrorCode::Forbidden, "Nobody is signed in.")));
        };
        Some(Ok(Viewer { actor: Actor::known(&caller.actor), permissions: caller.permissions.clone() }))
    }
}
