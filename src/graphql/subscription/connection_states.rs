//! `subscription { connectionStates }`

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;

use async_graphql::{Context, Subscription, Union};
use chrono::{DateTime, Utc};
use tokio::time::sleep;
use tokio_stream::{Stream, StreamExt};

use super::super::connection::ConnectionProfile;
use super::super::errors::{ApiError, ErrorCode};
use super::super::filters::entries;
use super::super::ids::{Cursor, ListKind};
use super::super::pagination::Edge;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::KeyText;
use super::super::services::Services;
use super::bookmarks::{Said, follow};
use super::start::{StreamStartInput, position};
use super::{StreamBookmark, StreamGap};
use crate::clock::Clock;
use crate::domain::Key;
use crate::domain::connection_state::ConnectionState;
use crate::event_log::{Filter, Position, StoredEvent};
use crate::projections::connection_states::EVENT_TYPES;
use crate::projections::connections::ConnectionView;
use crate::projections::standings::Standings;

/// An item of the stream.
#[derive(Debug, Clone, Union)]
#[expect(clippy::large_enum_variant, reason = "lives for one answer")]
pub enum ConnectionStateStreamItem {
    /// A connection that came into another state.
    Edge(Edge<ConnectionProfile>),
    /// How far the stream is.
    Bookmark(StreamBookmark),
    /// Something could not be said.
    Gap(StreamGap),
}

/// Streams of connection states.
#[derive(Default)]
pub struct ConnectionStateSubscription;

#[Subscription]
impl ConnectionStateSubscription {
    /// Every change of a connection's state, oldest first: from a starting point, then as they come. The connection is as it
    /// was at that moment. A new connection comes into the state UNTESTED; a deleted one into none, and is not said. A change
    /// that time alone makes, when the last good token ends, is said again to whoever goes on from before it.
    #[graphql(directive = requires_permission::apply(Permission::ListConnection))]
    async fn connection_states(
        &self,
        ctx: &Context<'_>,
        from: Option<StreamStartInput>,
        #[graphql(desc = "Only these connections. Null and an empty list mean all.")] keys: Option<Vec<KeyText>>,
    ) -> Result<impl Stream<Item = Result<ConnectionStateStreamItem, ApiError>> + use<>, ApiError> {
        permission::check(ctx, "Subscription")?;
        let services = Services::of(ctx)?;
        let wanted = entries("keys", keys)?;
        let keys: Result<Vec<Key>, _> = wanted.iter().map(|key| Key::parse(&key.0)).collect();
        let keys =
            keys.map_err(|_| ApiError::new(ErrorCode::InvalidArgument, "`keys` has an entry that is no Key."))?;
        let is_live_only = from.is_none();
        let after = position(ctx, ListKind::ConnectionStates, from).await?;
        let standings = services.read(move |conn| Standings::load(conn, after, keys)).await?;
        let filter = Filter { types: Some(EVENT_TYPES.map(str::to_owned).to_vec()), ..Filter::default() };
        let feed = Box::pin(follow(services, ListKind::ConnectionStates, after, filter));
        let clock = services.clock.clone();
        let mut states = States { feed, clock, standings, said: BTreeMap::new(), items: VecDeque::new(), seen: after };
        states.begin(is_live_only);
        Ok(futures_util::stream::unfold(Some(states), |states| async {
            let mut states = states?;
            match states.next().await? {
                Ok(item) => Some((Ok(item), Some(states))),
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

struct States {
    feed: Pin<Box<dyn Stream<Item = Result<Said, ApiError>> + Send>>,
    clock: Clock,
    standings: Standings,
    /// What was said last of each connection, or was known without saying.
    said: BTreeMap<Key, ConnectionState>,
    /// What is to be said next.
    items: VecDeque<ConnectionStateStreamItem>,
    /// Every event up to here was said.
    seen: Position,
}

impl States {
    /// Takes the state of each connection as known: as of now for those who only want what comes, else as its last event
    /// made it, so that what time has changed since is said.
    fn begin(&mut self, is_live_only: bool) {
        let now = self.clock.now();
        let known = self.standings.views().map(|view| {
            let moment = if is_live_only { now } else { view.standing.changed_at() };
            (view.key.clone(), view.standing.state_at(moment))
        });
        self.said = known.collect();
    }

    async fn next(&mut self) -> Option<Result<ConnectionStateStreamItem, ApiError>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Some(Ok(item));
            }
            let turn = self.next_turn();
            let left = turn.map(|turn| (turn - self.clock.now()).to_std().unwrap_or_default());
            let said = tokio::select! {
                biased;
                said = self.feed.next() => said?,
                () = sleep(left.unwrap_or_default()), if left.is_some() => {
                    self.turn_up_to(self.clock.now());
                    continue;
                }
            };
            match said {
                Ok(Said::Event(event)) => {
                    if let Err(error) = self.take(&event) {
                        return Some(Err(error));
                    }
                }
                Ok(Said::Bookmark(bookmark)) => return Some(Ok(ConnectionStateStreamItem::Bookmark(bookmark))),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// When the first state turns by itself that was not said to have turned.
    fn next_turn(&self) -> Option<DateTime<Utc>> {
        let is_unsaid = |view: &&ConnectionView| self.said.get(&view.key) == Some(&ConnectionState::Degraded);
        self.standings.views().filter(is_unsaid).filter_map(|view| view.standing.turns_at()).min()
    }

    /// Says the states that turned by themselves up to a moment, in the order in which they did.
    fn turn_up_to(&mut self, moment: DateTime<Utc>) {
        while let Some(turn) = self.next_turn().filter(|turn| *turn <= moment) {
            let turned = self.standings.views().filter(|view| view.standing.turns_at() == Some(turn));
            let turned: Vec<Key> = turned.map(|view| view.key.clone()).collect();
            for key in turned {
                if let Some(node) = self.changed(&key, turn) {
                    self.say(node, self.seen);
                }
            }
        }
    }

    fn take(&mut self, stored: &StoredEvent) -> Result<(), ApiError> {
        self.turn_up_to(stored.recorded_at);
        let concerned = self.standings.apply(stored, &stored.event()?)?;
        let changed: Vec<ConnectionProfile> =
            concerned.iter().filter_map(|key| self.changed(key, stored.recorded_at)).collect();
        let last = changed.len().saturating_sub(1);
        for (index, node) in changed.into_iter().enumerate() {
            // Whoever goes on from within the changes of one event gets all of them again rather than not the rest.
            let place = if index == last { stored.position } else { stored.position.saturating_sub(1) };
            self.say(node, place);
        }
        self.seen = stored.position;
        Ok(())
    }

    /// The connection at a moment, if it is in another state than was said.
    fn changed(&mut self, key: &Key, moment: DateTime<Utc>) -> Option<ConnectionProfile> {
        let Some(view) = self.standings.view(key) else {
            self.said.remove(key);
            return None;
        };
        let state = view.standing.state_at(moment);
        let is_new = self.said.insert(key.clone(), state) != Some(state);
        is_new.then(|| ConnectionProfile::at(view.clone(), moment))
    }

    fn say(&mut self, node: ConnectionProfile, place: Position) {
        let cursor = place.encode(ListKind::ConnectionStates);
        self.items.push_back(ConnectionStateStreamItem::Edge(Edge { cursor, node }));
    }
}
