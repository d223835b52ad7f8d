//! Sealed values of HTTP Request Tasks: queries, headers and bodies, which are deliberately not in the log. Written in the
//! transaction of the event that tells of them.

use diesel::prelude::*;
use zeroize::Zeroizing;

use super::tables::task_values;
use super::tasks::{self, TaskView};
use crate::crypto::{KeyRing, SealContext, UnsealError};
use crate::domain::Key;
use crate::domain::task_template::{TaskTemplate, TaskValues};
use crate::event_log::database::on;
use crate::event_log::{Conn, DatabaseError};

/// Why a task's values can't be had.
#[derive(Debug, thiserror::Error)]
pub enum TaskValuesError {
    /// There are none of this version.
    #[error("the task has no stored values")]
    Missing,
    /// They can't be unsealed with the keys at hand.
    #[error("the stored values can't be unsealed")]
    Sealed(#[from] UnsealError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<diesel::result::Error> for TaskValuesError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Seals the values of a version of a task.
pub fn seal(keys: &KeyRing, task: &Key, version: u32, values: &TaskValues) -> Vec<u8> {
    // Plain values only, so this can't fail.
    let plain = Zeroizing::new(serde_json::to_vec(values).unwrap_or_default());
    keys.seal(&context(task, version), &plain)
}

/// Stores sealed values and drops the older ones.
pub fn store(conn: &mut Conn<'_>, task: &Key, version: u32, sealed: &[u8]) -> Result<(), diesel::result::Error> {
    remove(conn, task)?;
    let row = (
        task_values::task.eq(task.as_str()),
        task_values::version.eq(i64::from(version)),
        task_values::sealed.eq(sealed),
    );
    on!(conn, |c| diesel::insert_into(task_values::table).values(row).execute(c)).map(drop)
}

/// Removes all values of a task.
pub fn remove(conn: &mut Conn<'_>, task: &Key) -> Result<(), diesel::result::Error> {
    let rows = task_values::table.filter(task_values::task.eq(task.as_str()));
    on!(conn, |c| diesel::delete(rows).execute(c)).map(drop)
}

/// Reads and unseals the values of a version of a task.
///
/// # Errors
/// See [`TaskValuesError`]; no error repeats a value.
fn open(conn: &mut Conn<'_>, keys: &KeyRing, task: &Key, version: u32) -> Result<TaskValues, TaskValuesError> {
    let query = task_values::table.find((task.as_str(), i64::from(version))).select(task_values::sealed);
    let sealed: Option<Vec<u8>> = on!(conn, |c| query.get_result(c).optional())?;
    let plain = keys.unseal(&context(task, version), &sealed.ok_or(TaskValuesError::Missing)?)?;
    // The library's own complaint may quote what it read.
    let values = serde_json::from_slice(&plain).map_err(|_| DatabaseError::Corrupt("a task's values".to_owned()))?;
    Ok(values)
}

/// Reads a whole task, its sealed part included; `None` when there is no such task.
///
/// # Errors
/// See [`TaskValuesError`].
pub fn whole(
    conn: &mut Conn<'_>,
    keys: &KeyRing,
    task: &Key,
) -> Result<Option<(TaskView, TaskTemplate)>, TaskValuesError> {
    // In one snapshot: an update in between would leave a version without its values.
    let read: Result<_, DatabaseError> = conn.snapshot(|conn| {
        let Some(view) = tasks::get(conn, task)? else { return Ok(None) };
        let values = open(conn, keys, task, view.version);
        Ok(Some((view, values)))
    });
    let Some((view, values)) = read? else { return Ok(None) };
    let template = TaskTemplate::of(&view.definition, values?);
    Ok(Some((view, template)))
}

fn context(task: &Key, version: u32) -> SealContext<'_> {
    SealContext { table: "task_values", row: task.as_str(), field: "sealed", version: version.into() }
}
