//! HTTP Request Tasks as they are now: everything but their sealed values.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::tables::tasks;
use super::{Slice, Window, from_json, from_micros, like_pattern, to_json};
use crate::domain::request::Authorization;
use crate::domain::task::{Created, TaskEvent, Updated};
use crate::domain::task_template::TaskDefinition;
use crate::domain::{Event, Key};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError, RecordedEvent, StoredEvent};

/// A task as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskView {
    /// Key.
    pub key: Key,
    /// Number of its events; version of its sealed values.
    pub version: u32,
    /// What the log knows of it.
    pub definition: TaskDefinition,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl TaskView {
    /// The task as its first event made it, whatever became of it since.
    ///
    /// # Errors
    /// The event is not the first one of a task.
    pub fn as_created(first: &StoredEvent) -> Result<Self, DatabaseError> {
        let wrong = || DatabaseError::Corrupt(format!("the event at position {}", first.position));
        let Ok(Event::Task(TaskEvent::Created(Created { definition }))) = first.event() else { return Err(wrong()) };
        Ok(Self {
            key: first.stream.key().ok_or_else(wrong)?.clone(),
            version: first.version,
            definition,
            created_at: first.recorded_at,
            updated_at: first.recorded_at,
        })
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tasks, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    key: String,
    version: i64,
    endpoint: Option<String>,
    connection: Option<String>,
    certificate: Option<String>,
    password: Option<String>,
    definition: String,
    search: String,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn of(key: &Key, version: i64, definition: &TaskDefinition, at: i64) -> Result<Self, DatabaseError> {
        let certificate = definition.client_certificate.as_ref();
        let password = certificate.and_then(|certificate| certificate.password.as_ref());
        Ok(Self {
            key: key.to_string(),
            version,
            endpoint: definition.endpoint.clone(),
            connection: connection_of(definition).map(Key::to_string),
            certificate: certificate.map(|certificate| certificate.secret.to_string()),
            password: password.map(Key::to_string),
            definition: to_json(definition)?,
            search: search_text(key, definition),
            created_at: at,
            updated_at: at,
        })
    }

    fn into_view(self) -> Result<TaskView, DatabaseError> {
        let wrong = |what: &str| DatabaseError::Corrupt(format!("the {what} of task {}", self.key));
        Ok(TaskView {
            key: Key::parse(&self.key).map_err(|_| wrong("key"))?,
            version: u32::try_from(self.version).map_err(|_| wrong("version"))?,
            definition: from_json("a task's definition", &self.definition)?,
            created_at: from_micros(self.created_at)?,
            updated_at: from_micros(self.updated_at)?,
        })
    }
}

/// Which tasks are listed. Empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Part of what people typed and the log knows, any case: Key, Display Name, endpoint, host and path, connection.
    pub query: Option<String>,
    /// Exactly this endpoint.
    pub endpoint: Option<String>,
    /// Key of the connection that authorises them.
    pub connection: Option<String>,
    /// Key of a secret that they use.
    pub secret: Option<Key>,
}

/// Applies events.
pub(super) fn project(conn: &mut Conn<'_>, events: &[RecordedEvent]) -> Result<(), DatabaseError> {
    for recorded in events {
        let (Event::Task(event), Some(key)) = (&recorded.event, recorded.stored.stream.key()) else { continue };
        let version = i64::from(recorded.stored.version);
        let at = recorded.stored.recorded_at.timestamp_micros();
        match event {
            TaskEvent::Created(Created { definition }) => {
                let row = Row::of(key, version, definition, at)?;
                on!(conn, |c| diesel::insert_into(tasks::table).values(&row).execute(c))?;
            }
            TaskEvent::Updated(Updated { definition, .. }) => {
                let found = tasks::table.find(key.as_str());
                let created_at: Option<i64> = on!(conn, |c| found.select(tasks::created_at).get_result(c).optional())?;
                let row = Row::of(key, version, definition, at)?;
                let row = Row { created_at: created_at.unwrap_or(at), ..row };
                on!(conn, |c| diesel::update(found).set(&row).execute(c))?;
            }
            TaskEvent::Deleted(_) => {
                on!(conn, |c| diesel::delete(tasks::table.find(key.as_str())).execute(c))?;
            }
        }
    }
    Ok(())
}

/// Reads one task.
pub fn get(conn: &mut Conn<'_>, key: &Key) -> Result<Option<TaskView>, DatabaseError> {
    let row: Option<Row> =
        on!(conn, |c| tasks::table.find(key.as_str()).select(Row::as_select()).get_result(c).optional())?;
    row.map(Row::into_view).transpose()
}

/// Reads a page of tasks by Key, and the number of all that the filter means.
pub fn list(
    conn: &mut Conn<'_>,
    window: &Window<String>,
    filter: &TaskFilter,
) -> Result<(Slice<TaskView>, u64), DatabaseError> {
    let pattern = filter.query.as_deref().map(like_pattern);
    let secret = filter.secret.as_ref().map(Key::as_str);
    let (rows, total): (Vec<Row>, i64) = on!(conn, |c| {
        let filtered = || {
            let mut query = tasks::table.into_boxed();
            if let Some(pattern) = &pattern {
                query = query.filter(tasks::search.like(pattern).escape('\\'));
            }
            if let Some(endpoint) = &filter.endpoint {
                query = query.filter(tasks::endpoint.eq(endpoint));
            }
            if let Some(connection) = &filter.connection {
                query = query.filter(tasks::connection.eq(connection));
            }
            if let Some(secret) = secret {
                query = query.filter(tasks::certificate.eq(secret).or(tasks::password.eq(secret)));
            }
            query
        };
        let mut query = filtered().select(Row::as_select()).limit(i64::from(window.limit) + 1);
        if let Some(after) = &window.after {
            query = query.filter(tasks::key.gt(after));
        }
        if let Some(before) = &window.before {
            query = query.filter(tasks::key.lt(before));
        }
        let rows = if window.from_end {
            query.order(tasks::key.desc()).load(c)?
        } else {
            query.order(tasks::key.asc()).load(c)?
        };
        (rows, filtered().count().get_result(c)?)
    });
    let views = rows.into_iter().map(Row::into_view).collect::<Result<_, _>>()?;
    Ok((Slice::cut(views, window.limit, window.from_end), u64::try_from(total).unwrap_or_default()))
}

/// Keys of the tasks that use a secret.
pub fn using_secret(conn: &mut Conn<'_>, secret: &Key) -> Result<Vec<Key>, DatabaseError> {
    let secret = secret.as_str();
    let query = tasks::table
        .filter(tasks::certificate.eq(secret).or(tasks::password.eq(secret)))
        .order(tasks::key.asc())
        .select(tasks::key);
    let keys: Vec<String> = on!(conn, |c| query.load(c))?;
    Ok(keys.iter().filter_map(|key| Key::parse(key).ok()).collect())
}

/// Every row in words, in order; for comparing with a rebuild.
pub(super) fn dump(conn: &mut Conn<'_>) -> Result<Vec<String>, DatabaseError> {
    let rows: Vec<Row> = on!(conn, |c| tasks::table.select(Row::as_select()).order(tasks::key).load(c))?;
    let in_words = |row: Row| {
        let copies = (row.endpoint.clone(), row.connection.clone(), row.certificate.clone(), row.password.clone());
        let search = row.search.clone();
        Ok(format!("{:?}, found by {copies:?} and the text {search:?}", row.into_view()?))
    };
    rows.into_iter().map(in_words).collect()
}

fn connection_of(definition: &TaskDefinition) -> Option<&Key> {
    match &definition.authorization {
        Authorization::None => None,
        Authorization::ClientConnection { key, .. } => Some(key),
    }
}

fn search_text(key: &Key, definition: &TaskDefinition) -> String {
    let mut parts = vec![key.as_str(), &definition.display_name, &definition.host, &definition.path];
    parts.extend(definition.endpoint.as_deref());
    parts.extend(connection_of(definition).map(Key::as_str));
    parts.join("\n").to_lowercase()
}
