//! What a list asks for once a row, gathered into one read for all of them.
//!
//! Nothing is remembered between reads: what was true a moment ago may not be any more. Nor does anything here look at
//! permissions: the fields do, before they ask.

use std::collections::{BTreeMap, HashMap};

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::TokioTimer;
use chrono::{DateTime, Utc};
use futures_util::task::{FutureObj, Spawn, SpawnError};

use super::errors::ApiError;
use super::services::Services;
use crate::event_log::Conn;
use crate::projections::connection_uses;
use crate::projections::token_status::{self, Holder, TokenStatus};
use crate::projections::usage::{self, Span, Usage};

/// Gathers what the fields of one moment ask for.
pub(super) type Batches = DataLoader<Reads>;

/// Reads what was gathered.
pub(super) struct Reads(Services);

/// When did this connection, by its Key, authorise a request last?
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LastUse(pub(super) String);

/// What are the counts of this connection, by its Key, without latencies and reasons?
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Counts {
    pub(super) connection: String,
    pub(super) span: Span,
}

/// The gatherer of a schema: waits a millisecond for all who ask.
pub(super) fn batches(services: Services) -> Batches {
    DataLoader::new(Reads(services), WhereAsked, TokioTimer::default())
}

/// Reads on the runtime of whoever asks first. A worker's has one thread, which gets to the reading only when every row of a
/// list has asked, however long that takes; on another runtime the millisecond could be over before.
struct WhereAsked;

impl Spawn for WhereAsked {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        tokio::spawn(future);
        Ok(())
    }
}

/// The gatherer that the schema was built with.
///
/// # Errors
/// `INTERNAL` when it was built without, as for printing it.
pub(super) fn of<'c>(ctx: &Context<'c>) -> Result<&'c Batches, ApiError> {
    ctx.data_opt::<Batches>().ok_or_else(|| {
        let missing = std::io::Error::other("the schema was built without services");
        ApiError::internal(&missing)
    })
}

impl Loader<LastUse> for Reads {
    type Value = DateTime<Utc>;
    type Error = ApiError;

    async fn load(&self, keys: &[LastUse]) -> Result<HashMap<LastUse, DateTime<Utc>>, ApiError> {
        let connections: Vec<String> = keys.iter().map(|LastUse(key)| key.clone()).collect();
        let found = self.0.read(move |conn| connection_uses::last_uses(conn, &connections)).await?;
        Ok(found.into_iter().map(|(key, at)| (LastUse(key), at)).collect())
    }
}

impl Loader<Counts> for Reads {
    type Value = Usage;
    type Error = ApiError;

    async fn load(&self, keys: &[Counts]) -> Result<HashMap<Counts, Usage>, ApiError> {
        let mut by_span: BTreeMap<Span, Vec<String>> = BTreeMap::new();
        for Counts { connection, span } in keys {
            by_span.entry(*span).or_default().push(connection.clone());
        }
        let mut all = HashMap::new();
        for (span, connections) in by_span {
            let found = self.0.read(move |conn| usage::counts(conn, &connections, span)).await?;
            all.extend(found.into_iter().map(|(connection, usage)| (Counts { connection, span }, usage)));
        }
        Ok(all)
    }
}

impl Loader<Holder> for Reads {
    type Value = TokenStatus;
    type Error = ApiError;

    /// The end of each holder's own streams is looked at; together they are one turn of a blocking thread, not one each.
    async fn load(&self, keys: &[Holder]) -> Result<HashMap<Holder, TokenStatus>, ApiError> {
        let (holders, now) = (keys.to_vec(), self.0.clock.now());
        let read = move |conn: &mut Conn<'_>| {
            let mut found = HashMap::new();
            for holder in holders {
                if let Some(status) = token_status::newest(conn, &holder, now)? {
                    found.insert(holder, status);
                }
            }
            Ok(found)
        };
        self.0.read(read).await
    }
}
