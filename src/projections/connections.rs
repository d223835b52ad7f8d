//! Connections as they are now.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::connection_states::{self, StateFilter};
use super::tables::{connection_states as states, connections};
use super::{Slice, Window, from_json, from_micros, like_pattern, to_json};
use crate::domain::connection::ConnectionEvent;
use crate::domain::connection_state::Standing;
use crate::domain::definition::ConnectionDefinition;
use crate::domain::{Event, HostRule, Key};
use crate::event_log::database::on;
use crate::event_log::record::ActorId;
use crate::event_log::{Conn, DatabaseError, RecordedEvent, StoredEvent};

/// A connection as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// Key.
    pub key: Key,
    /// Number of its events.
    pub version: u32,
    /// Whether requests may use it.
    pub enabled: bool,
    /// What a person decided about it.
    pub definition: ConnectionDefinition,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: ActorId,
    /// Whether it works.
    pub standing: Standing,
}

impl ConnectionView {
    /// The connection as its first event made it, whatever became of it since.
    ///
    /// # Errors
    /// The event is not the first one of a connection.
    pub fn as_created(first: &StoredEvent) -> Result<Self, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("the event at position {}", first.position));
        let Ok(Event::Connection(ConnectionEvent::Created(created))) = first.event() else { return Err(wrong()) };
        let standing = Standing::created(&created.definition, first.recorded_at);
        Ok(Self {
            standing,
            key: first.stream.key().ok_or_else(wrong)?.clone(),
            version: first.version,
            enabled: true,
            definition: created.definition,
            created_at: first.recorded_at,
            updated_at: first.recorded_at,
            updated_by: first.actor.clone(),
        })
    }
}

/// Folds an event that concerns a connection; `None` before its creation and after its deletion.
pub(super) fn evolve(
    before: Option<ConnectionView>,
    stored: &StoredEvent,
    event: &Event,
) -> Result<Option<ConnectionView>, DatabaseError> {
    if let Event::Connection(ConnectionEvent::Created(_)) = event {
        return ConnectionView::as_created(stored).map(Some);
    }
    let Some(before) = before else { return Ok(None) };
    let Some(standing) = before.standing.clone().evolve(connection_states::fact(stored, event)) else {
        return Ok(None);
    };
    let before = ConnectionView { standing, ..before };
    let Event::Connection(event) = event else { return Ok(Some(before)) };
    let touched = ConnectionView {
        version: stored.version,
        updated_at: stored.recorded_at,
        updated_by: stored.actor.clone(),
        ..before
    };
    Ok(match event {
        ConnectionEvent::Created(_) | ConnectionEvent::Deleted(_) => None,
        ConnectionEvent::Updated(updated) => Some(ConnectionView { definition: updated.definition.clone(), ..touched }),
        ConnectionEvent::Disabled(_) => Some(ConnectionView { enabled: false, ..touched }),
        ConnectionEvent::Enabled(_) => Some(ConnectionView { enabled: true, ..touched }),
    })
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections)]
pub(super) struct Row {
    key: String,
    version: i64,
    enabled: bool,
    secret: String,
    definition: String,
    search: String,
    created_at: i64,
    updated_at: i64,
    updated_by: String,
}

impl Row {
    fn into_view(self, standing: connection_states::Row) -> Result<ConnectionView, DatabaseError> {
        let wrong = |what: &str| DatabaseError::Corrupt(format!("the {what} of connection {}", self.key));
        Ok(ConnectionView {
            key: Key::parse(&self.key).map_err(|_| wrong("key"))?,
            version: u32::try_from(self.version).map_err(|_| wrong("version"))?,
            enabled: self.enabled,
            definition: from_json("a connection's definition", &self.definition)?,
            created_at: from_micros(self.created_at)?,
            updated_at: from_micros(self.updated_at)?,
            updated_by: from_json("a connection's actor", &self.updated_by)?,
            standing: standing.into_standing()?,
        })
    }
}

/// A connection's row and how it stands. Both rows come and go in one transaction.
type Joined = (Row, connection_states::Row);

#[diesel::dsl::auto_type(no_type_alias)]
fn joined() -> _ {
    connections::table.inner_join(states::table.on(states::key.eq(connections::key)))
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let (Event::Connection(event), Some(key)) = (&recorded.event, recorded.stored.stream.key()) else { continue };
        apply(conn, key.as_str(), event, recorded)?;
    }
    Ok(())
}

fn apply(
    conn: &mut Conn<'_>,
    key: &str,
    event: &ConnectionEvent,
    recorded: &RecordedEvent,
) -> Result<(), DatabaseError> {
    let stored = &recorded.stored;
    let version = i64::from(stored.version);
    let at = stored.recorded_at.timestamp_micros();
    let by = to_json(&stored.actor)?;
    let touched = (connections::version.eq(version), connections::updated_at.eq(at), connections::updated_by.eq(&by));
    let row = connections::table.find(key);
    match event {
        ConnectionEvent::Created(created) => {
            let row = Row {
                key: key.to_owned(),
                version,
                enabled: true,
                secret: secret_column(&created.definition).to_owned(),
                definition: to_json(&created.definition)?,
                search: search_text(key, &created.definition),
                created_at: at,
                updated_at: at,
                updated_by: by,
            };
            on!(conn, |c| diesel::insert_into(connections::table).values(&row).execute(c))?;
        }
        ConnectionEvent::Updated(updated) => {
            let secret = connections::secret.eq(secret_column(&updated.definition));
            let definition = connections::definition.eq(to_json(&updated.definition)?);
            let search = connections::search.eq(search_text(key, &updated.definition));
            on!(conn, |c| diesel::update(row).set((touched, secret, definition, search)).execute(c))?;
        }
        ConnectionEvent::Disabled(_) => {
            on!(conn, |c| diesel::update(row).set((touched, connections::enabled.eq(false))).execute(c))?;
        }
        ConnectionEvent::Enabled(_) => {
            on!(conn, |c| diesel::update(row).set((touched, connections::enabled.eq(true))).execute(c))?;
        }
        ConnectionEvent::Deleted(_) => {
            on!(conn, |c| diesel::delete(row).execute(c))?;
        }
    }
    Ok(())
}

/// Reads one connection.
pub fn get(conn: &mut Conn<'_>, key: &Key) -> Result<Option<ConnectionView>, DatabaseError> {
    let query = joined().filter(connections::key.eq(key.as_str()));
    let row: Option<Joined> = on!(conn, |c| query.select(Joined::as_select()).first(c).optional())?;
    row.map(|(row, standing)| row.into_view(standing)).transpose()
}

/// Which connections are listed. Empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectionFilter {
    /// Part of what people typed, any case: Key, Display Name, description, a label, Client ID, Access Token URL, Key of
    /// the secret, an allowed host.
    pub query: Option<String>,
    /// Key of the secret that they use.
    pub secret: Option<Key>,
    /// States in which they are.
    pub states: Option<StateFilter>,
}

/// Reads a page of connections by Key, and the number of all that the filter means.
pub fn list(
    conn: &mut Conn<'_>,
    window: &Window<String>,
    filter: &ConnectionFilter,
) -> Result<(Slice<ConnectionView>, u64), DatabaseError> {
    let pattern = filter.query.as_deref().map(like_pattern);
    let secret = filter.secret.as_ref().map(Key::as_str);
    let wanted = filter.states.as_ref().map(StateFilter::parts);
    let rows: Vec<Joined> = on!(conn, |c| {
        let mut query = joined().select(Joined::as_select()).into_boxed();
        if let Some((names, with_failing, now)) = &wanted {
            // What Standing::state_at says, asked of columns.
            let stored = states::state.eq_any(names).and(states::turns_at.gt(*now));
            query =
                if *with_failing { query.filter(stored.or(states::turns_at.le(*now))) } else { query.filter(stored) };
        }
        if let Some(pattern) = &pattern {
            query = query.filter(connections::search.like(pattern).escape('\\'));
        }
        if let Some(secret) = secret {
            query = query.filter(connections::secret.eq(secret));
        }
        if let Some(after) = &window.after {
            query = query.filter(connections::key.gt(after));
        }
        if let Some(before) = &window.before {
            query = query.filter(connections::key.lt(before));
        }
        let query = query.limit(i64::from(window.limit) + 1);
        if window.from_end {
            query.order(connections::key.desc()).load(c)
        } else {
            query.order(connections::key.asc()).load(c)
        }
    })?;
    let total: i64 = on!(conn, |c| {
        let mut query = joined().select(diesel::dsl::count_star()).into_boxed();
        if let Some((names, with_failing, now)) = &wanted {
            // What Standing::state_at says, asked of columns.
            let stored = states::state.eq_any(names).and(states::turns_at.gt(*now));
            query =
                if *with_failing { query.filter(stored.or(states::turns_at.le(*now))) } else { query.filter(stored) };
        }
        if let Some(pattern) = &pattern {
            query = query.filter(connections::search.like(pattern).escape('\\'));
        }
        if let Some(secret) = secret {
            query = query.filter(connections::secret.eq(secret));
        }
        query.get_result(c)
    })?;
    let views = rows.into_iter().map(|(row, standing)| row.into_view(standing)).collect::<Result<_, _>>()?;
    Ok((Slice::cut(views, window.limit, window.from_end), u64::try_from(total).unwrap_or_default()))
}

/// Reads every connection; for the directory and for rebuilding.
pub fn all(conn: &mut Conn<'_>) -> Result<Vec<ConnectionView>, DatabaseError> {
    let query = joined().order(connections::key);
    let rows: Vec<Joined> = on!(conn, |c| query.select(Joined::as_select()).load(c))?;
    rows.into_iter().map(|(row, standing)| row.into_view(standing)).collect()
}

/// Every row as JSON, in order; for comparing with a rebuild. `secret` and `search` are copies that rows are found by.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    type All = (String, i64, bool, String, String, String, i64, i64, String);
    let rows: Vec<All> = on!(conn, |c| connections::table.order(connections::key).load(c))?;
    rows.iter().map(to_json).collect()
}

/// Keys of the connections that use a secret.
pub fn using_secret(conn: &mut Conn<'_>, secret: &Key) -> Result<Vec<Key>, DatabaseError> {
    let query = connections::table
        .filter(connections::secret.eq(secret.as_str()))
        .order(connections::key.asc())
        .select(connections::key);
    let keys: Vec<String> = on!(conn, |c| query.load(c))?;
    Ok(keys.iter().filter_map(|key| Key::parse(key).ok()).collect())
}

/// What connections are found by when their secret is looked for; empty, which is no Key, for a public client.
fn secret_column(definition: &ConnectionDefinition) -> &str {
    definition.authentication.secret().map_or("", Key::as_str)
}

fn search_text(key: &str, definition: &ConnectionDefinition) -> String {
    let mut parts = vec![key, &definition.display_name, &definition.client_id];
    parts.extend(definition.description.as_deref());
    parts.extend(definition.labels.iter().map(String::as_str));
    parts.push(definition.access_token_url.as_url().as_str());
    parts.push(secret_column(definition));
    parts.extend(definition.base_url.as_ref().map(|url| url.as_url().as_str()));
    parts.extend(definition.discovery.as_ref().map(|pinned| pinned.issuer.as_str()));
    parts.extend(definition.allowed_hosts.iter().map(HostRule::as_str));
    parts.join("\n").to_lowercase()
}
