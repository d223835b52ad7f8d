//! The database behind the log: SQLite or PostgreSQL, chosen by its URL at run time.
//!
//! One idiom for both: synchronous diesel on a blocking thread. On SQLite that is what the library does anyway; on
//! PostgreSQL diesel-async's wrapper gives a synchronous connection over tokio-postgres, so neither libpq nor OpenSSL is
//! needed, and one `on!` block serves reads, read models and the append. A blocking thread is also never cancelled half
//! way, as a handler's future is when its client goes away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sqlite::Sqlite;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// Readers at the same time; SQLite in WAL mode never makes them wait for the writer.
const READERS_MAX: u32 = 8;
/// How long a reader waits for a free connection.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long SQLite waits for a lock that another process holds.
const BUSY_TIMEOUT_MS: u32 = 5_000;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// A synchronous connection to PostgreSQL without libpq.
pub type PostgresConnection = AsyncConnectionWrapper<AsyncPgConnection>;

/// A pool of connections to one of the two databases. Cheap to clone.
#[derive(Clone)]
pub enum Database {
    /// Embedded.
    Sqlite {
        /// For reading only.
        readers: Pool<ConnectionManager<SqliteConnection>>,
        /// The file.
        path: PathBuf,
        /// How much of a power cut a commit survives.
        synchronous: Synchronous,
    },
    /// For many replicas.
    Postgres(Pool<ConnectionManager<PostgresConnection>>),
}

/// How much of a power cut an SQLite commit survives; either way it survives a crash of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// All: every commit waits for the disk.
    Full,
    /// The last commits may be lost.
    Normal,
}

/// One connection, of whichever kind. `on!` runs a query on it.
pub enum Conn<'a> {
    /// Embedded.
    Sqlite(&'a mut SqliteConnection),
    /// For many replicas.
    Postgres(&'a mut PostgresConnection),
}

/// Runs a diesel expression on whichever database a [`Conn`] is: `on!(conn, |c| query.load(c))`.
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::event_log::Conn::Sqlite(connection) => {
                let $c: &mut diesel::SqliteConnection = connection;
                $body
            }
            $crate::event_log::Conn::Postgres(connection) => {
                let $c: &mut $crate::event_log::database::PostgresConnection = connection;
                $body
            }
        }
    };
}
pub(crate) use on;

/// The database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It can't be opened or reached.
    #[error("the database can't be opened: {0}")]
    Open(String),
    /// There is none.
    #[error("there is no database at {0}")]
    Missing(PathBuf),
    /// The schema can't be brought up to date.
    #[error("the database schema can't be migrated: {0}")]
    Migration(String),
    /// A newer version of Latchkey has migrated it.
    #[error(
        "the database was migrated by a newer version of Latchkey (migration {0}); use that version, or one after it"
    )]
    Newer(String),
    /// A query failed.
    #[error("the database refused a query: {0}")]
    Query(#[from] diesel::result::Error),
    /// What was read is not what was ever written.
    #[error("the database holds something that can't be read: {0}")]
    Corrupt(String),
}

impl Database {
    /// Opens the SQLite file at `path`, creating it when missing. A path is a path: no part of it is an option.
    ///
    /// # Errors
    /// [`DatabaseError::Open`] when the file can't be opened, or its path is not UTF-8.
    pub fn open_sqlite(path: &Path, synchronous: Synchronous) -> Result<Self, DatabaseError> {
        let path = &std::path::absolute(path).map_err(|error| DatabaseError::Open(error.to_string()))?;
        // The first connection switches to WAL, which a reader could not do.
        drop(sqlite_writer(path, synchronous)?);
        Ok(Self::Sqlite { readers: sqlite_readers(path)?, path: path.to_owned(), synchronous })
    }

    /// Opens the SQLite file at `path` for reading only, also while a server writes to it.
    ///
    /// # Errors
    /// [`DatabaseError::Missing`]: reading never makes a database.
    pub fn open_sqlite_reader(path: &Path) -> Result<Self, DatabaseError> {
        if !path.is_file() {
            return Err(DatabaseError::Missing(path.to_owned()));
        }
        let path = &std::path::absolute(path).map_err(|error| DatabaseError::Open(error.to_string()))?;
        Ok(Self::Sqlite { readers: sqlite_readers(path)?, path: path.to_owned(), synchronous: Synchronous::Full })
    }

    /// A connection of the writer's own.
    pub(super) fn writer(&self) -> Result<Writer, DatabaseError> {
        match self {
            Self::Sqlite { path, synchronous, .. } => Ok(Writer::Sqlite(sqlite_writer(path, *synchronous)?)),
            Self::Postgres(pool) => {
                let connection = pool.get().map_err(|error| DatabaseError::Open(error.to_string()))?;
                Ok(Writer::Postgres(Box::new(connection)))
            }
        }
    }

    /// Runs a read on this thread. Only for start-up and for threads that may block.
    ///
    /// # Errors
    /// No connection is free in time, or the read fails.
    pub fn read<T>(&self, read: impl FnOnce(&mut Conn<'_>) -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        let no_connection = |error: diesel::r2d2::PoolError| DatabaseError::Open(error.to_string());
        match self {
            Self::Sqlite { readers, .. } => read(&mut Conn::Sqlite(&mut *readers.get().map_err(no_connection)?)),
            Self::Postgres(pool) => read(&mut Conn::Postgres(&mut *pool.get().map_err(no_connection)?)),
        }
    }

    /// Runs a read on a blocking thread. The read goes on to its end even when the returned future is dropped.
    ///
    /// # Errors
    /// As [`Database::read`].
    pub async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let database = self.clone();
        let task = tokio::task::spawn_blocking(move || database.read(read));
        task.await.map_err(|error| DatabaseError::Open(error.to_string()))?
    }

    /// Runs writes in one transaction on this thread, on a connection of their own. Not for the log: its writer is the
    /// only one that appends.
    ///
    /// # Errors
    /// The error of `write`, after everything that it wrote was rolled back.
    pub fn write<T>(&self, write: impl FnOnce(&mut Conn<'_>) -> Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        self.writer()?.conn().transaction(write)
    }

    /// Brings the schema up to date; returns the names of the migrations that were run.
    ///
    /// # Errors
    /// [`DatabaseError::Migration`], naming the migration that failed; it is rolled back. [`DatabaseError::Newer`] when
    /// migrations have been run that this version does not know: it would not understand what it finds.
    pub fn migrate(&self) -> Result<Vec<String>, DatabaseError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Migration(error.to_string());
        let mut writer = self.writer()?;
        writer.refuse_newer()?;
        let versions = match &mut writer {
            Writer::Sqlite(c) => c.run_pending_migrations(SQLITE_MIGRATIONS).map_err(failed)?,
            Writer::Postgres(c) => c.run_pending_migrations(POSTGRES_MIGRATIONS).map_err(failed)?,
        };
        Ok(versions.iter().map(ToString::to_string).collect())
    }

    /// Names of the migrations that have not been run yet.
    ///
    /// # Errors
    /// [`DatabaseError::Migration`] when the database can't be asked; [`DatabaseError::Newer`] as for
    /// [`Database::migrate`].
    pub fn pending_migrations(&self) -> Result<Vec<String>, DatabaseError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Migration(error.to_string());
        let mut writer = self.writer()?;
        writer.refuse_newer()?;
        match &mut writer {
            Writer::Sqlite(c) => {
                let pending = MigrationHarness::<Sqlite>::pending_migrations(c, SQLITE_MIGRATIONS).map_err(failed)?;
                Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
            }
            Writer::Postgres(c) => {
                let pending = c.pending_migrations(POSTGRES_MIGRATIONS).map_err(failed)?;
                Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
            }
        }
    }
}

/// The connection that writes.
pub(super) enum Writer {
    Sqlite(SqliteConnection),
    Postgres(Box<diesel::r2d2::PooledConnection<ConnectionManager<PostgresConnection>>>),
}

impl Writer {
    pub(super) fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(connection) => Conn::Sqlite(connection),
            Self::Postgres(connection) => Conn::Postgres(connection),
        }
    }

    /// Refuses a database on which migrations were run that this version does not know.
    fn refuse_newer(&mut self) -> Result<(), DatabaseError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| DatabaseError::Migration(error.to_string());
        let (applied, known) = match self {
            Self::Sqlite(c) => {
                (MigrationHarness::<Sqlite>::applied_migrations(c), versions::<Sqlite>(&SQLITE_MIGRATIONS))
            }
            Self::Postgres(c) => (c.applied_migrations(), versions::<Pg>(&POSTGRES_MIGRATIONS)),
        };
        let known = known.map_err(failed)?;
        match applied.map_err(failed)?.into_iter().find(|version| !known.contains(version)) {
            None => Ok(()),
            Some(unknown) => Err(DatabaseError::Newer(unknown.to_string())),
        }
    }
}

fn versions<B: Backend>(
    migrations: &EmbeddedMigrations,
) -> Result<Vec<MigrationVersion<'static>>, Box<dyn std::error::Error + Send + Sync>> {
    let migrations = MigrationSource::<B>::migrations(migrations)?;
    Ok(migrations.iter().map(|migration| migration.name().version().as_owned()).collect())
}

impl Conn<'_> {
    /// Runs `body` in a transaction that takes the write lock at once. Not to be called inside a transaction: SQLite has
    /// no immediate savepoint; see [`Conn::savepoint`].
    ///
    /// SQLite's deferred transactions that start with a read can fail with `SQLITE_BUSY` at their first write, which no
    /// busy time-out cures: hence IMMEDIATE.
    ///
    /// # Errors
    /// The error of `body`, after everything that it wrote was rolled back.
    pub fn transaction<T, E>(&mut self, body: impl FnOnce(&mut Conn<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        match self {
            Self::Sqlite(c) => c.immediate_transaction(|c| body(&mut Conn::Sqlite(c))),
            Self::Postgres(c) => c.transaction(|c| body(&mut Conn::Postgres(c))),
        }
    }

    /// Runs reads that all see the same state of the database.
    ///
    /// # Errors
    /// The error of `body`.
    pub fn snapshot<T, E>(&mut self, body: impl FnOnce(&mut Conn<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        match self {
            // A deferred transaction reads from one snapshot in WAL mode.
            Self::Sqlite(c) => c.transaction(|c| body(&mut Conn::Sqlite(c))),
            Self::Postgres(c) => c.transaction(|c| {
                use diesel::RunQueryDsl;
                diesel::sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(c)?;
                body(&mut Conn::Postgres(c))
            }),
        }
    }

    /// Runs `body` in a savepoint of the transaction that is open.
    ///
    /// # Errors
    /// The error of `body`, after everything that it wrote was rolled back.
    pub fn savepoint<T, E>(&mut self, body: impl FnOnce(&mut Conn<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<diesel::result::Error>,
    {
        match self {
            Self::Sqlite(c) => c.transaction(|c| body(&mut Conn::Sqlite(c))),
            Self::Postgres(c) => c.transaction(|c| body(&mut Conn::Postgres(c))),
        }
    }
}

#[derive(Debug)]
struct ReadOnly;

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for ReadOnly {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        for pragma in [&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"), "PRAGMA query_only = ON"] {
            connection.batch_execute(pragma).map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(())
    }
}

fn sqlite_readers(path: &Path) -> Result<Pool<ConnectionManager<SqliteConnection>>, DatabaseError> {
    Pool::builder()
        .max_size(READERS_MAX)
        // None ahead of need: one that is opened in the background can outlive a refused start, and leave its files behind.
        .min_idle(Some(0))
        .connection_timeout(CHECKOUT_TIMEOUT)
        .connection_customizer(Box::new(ReadOnly))
        .build(ConnectionManager::new(file_name(path)?))
        .map_err(|error| DatabaseError::Open(error.to_string()))
}

/// The path as SQLite takes it. It must be absolute: SQLite reads more than a path in `:memory:` and in what starts with
/// `file:`, diesel in what starts with `sqlite://`, and the first would give every connection a database of its own.
fn file_name(path: &Path) -> Result<&str, DatabaseError> {
    let text = path.to_str().filter(|text| text.starts_with('/'));
    text.ok_or_else(|| DatabaseError::Open(format!("the path {} is not absolute UTF-8", path.display())))
}

/// Opens SQLite for writing. One PRAGMA a statement and the time-out first: a list stops silently at the first failure.
fn sqlite_writer(path: &Path, synchronous: Synchronous) -> Result<SqliteConnection, DatabaseError> {
    let level = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    let open = |error: &dyn std::fmt::Display| DatabaseError::Open(error.to_string());
    let mut connection = SqliteConnection::establish(file_name(path)?).map_err(|error| open(&error))?;
    for pragma in [
        &format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"),
        "PRAGMA journal_mode = WAL",
        &format!("PRAGMA synchronous = {level}"),
        "PRAGMA foreign_keys = ON",
        "PRAGMA trusted_schema = OFF",
        // What undoes one statement of many rows; by default it spills to a file, which costs more than the rows do.
        "PRAGMA temp_store = MEMORY",
    ] {
        connection.batch_execute(pragma).map_err(|error| open(&error))?;
    }
    Ok(connection)
}
