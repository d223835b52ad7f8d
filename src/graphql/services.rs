//! What resolvers work with.

use std::time::Duration;

use async_graphql::Context;

use super::caller::{Caller, RequestInfo};
use super::errors::ApiError;
use crate::clock::{Clock, Ids};
use crate::domain::definition::TokenPolicy;
use crate::event_log::{Conn, DatabaseError, EventLog, Provenance};
use crate::http::Executor;
use crate::oauth::{ConnectionTester, TokenProvider};
use crate::registry::Registry;

/// How often a subscription says how far it is, unless configured otherwise.
pub const BOOKMARK_INTERVAL_DEFAULT: Duration = Duration::from_secs(15);

/// Everything that resolvers need from outside. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Where everything is read from.
    pub log: EventLog,
    /// Changes connections and secrets.
    pub registry: Registry,
    /// Makes HTTP requests.
    pub executor: Executor,
    /// Names the story of each mutation.
    pub ids: Ids,
    /// Ends open ranges of time.
    pub clock: Clock,
    /// Drops cached tokens.
    pub tokens: TokenProvider,
    /// Tests connections.
    pub tester: ConnectionTester,
    /// The token policy of connections that are created without one.
    pub token_policy: TokenPolicy,
    /// How long before its end a secret is warned about.
    pub expiry_warning: Duration,
    /// How often a subscription says how far it is.
    pub bookmark_interval: Duration,
}

impl Services {
    /// The services that the schema was built with.
    ///
    /// # Errors
    /// `INTERNAL` when it was built without, as for printing it.
    pub(super) fn of<'c>(ctx: &Context<'c>) -> Result<&'c Self, ApiError> {
        ctx.data_opt::<Self>().ok_or_else(|| {
            let missing = std::io::Error::other("the schema was built without services");
            ApiError::internal(&missing)
        })
    }

    /// Reads from the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, ApiError> {
        Ok(self.log.database().run(read).await?)
    }

    /// What every event of this operation shall say about its origin.
    pub(super) fn provenance(&self, ctx: &Context<'_>, caller: &Caller) -> Provenance {
        let info = ctx.data_opt::<RequestInfo>();
        Provenance {
            actor: caller.actor.clone(),
            request_id: info.map(|info| info.request_id),
            trace_id: info.and_then(|info| info.trace_id.clone()),
            correlation_id: self.ids.next(),
            causation_id: None,
            source_ip: info.and_then(|info| info.source_ip.clone()),
            user_agent: info.and_then(|info| info.user_agent.clone()),
        }
    }
}
