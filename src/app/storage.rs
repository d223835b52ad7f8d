//! Opens what a process stands on: directory, key, database.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::data_dir::{DataDir, DataDirError};
use super::database_file::{DatabaseFile, DatabaseFileError, DatabaseLock};
use crate::config::{self, Config};
use crate::crypto::key_file::{self, KeyFileError, KeyFileOrigin};
use crate::crypto::{EncryptionKey, KeyFormatError, KeyRing};
use crate::event_log::encryption::{self, EncryptionError};
use crate::event_log::{Database, DatabaseError, Synchronous};
use crate::projections::connection_states;

/// A database that is ours to write, with its keys.
pub struct Storage {
    /// The database, migrated.
    pub database: Database,
    /// Seals what is stored in it.
    pub keys: Arc<KeyRing>,
    /// The directory, for the admin token.
    pub directory: DataDir,
    /// Held as long as the process writes.
    pub lock: DatabaseLock,
}

/// Why there is nothing to stand on.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The data directory.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The file of the database.
    #[error(transparent)]
    File(#[from] DatabaseFileError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The encryption key is not the database's.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// The configured key is no key.
    #[error(transparent)]
    Key(#[from] KeyFormatError),
    /// A configured key file can't be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The database is of a kind that this version does not run on.
    #[error("database.url: this version runs on SQLite only; use sqlite:///absolute/path or leave it out")]
    UnsupportedDatabase,
}

/// Where the embedded database is.
///
/// # Errors
/// [`StorageError::UnsupportedDatabase`].
fn database_file(config: &Config, directory: &DataDir) -> Result<DatabaseFile, StorageError> {
    let Some(url) = &config.database.url else { return Ok(DatabaseFile::at(&directory.database())) };
    let url = url.expose_secret();
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    match path {
        Some(path) if !path.is_empty() => Ok(DatabaseFile::at(Path::new(path))),
        Some(_) | None => Err(StorageError::UnsupportedDatabase),
    }
}

/// Opens the database for writing: takes the lock, finds the key, migrates, checks that the key fits.
///
/// # Errors
/// See [`StorageError`]; a wrong key changes nothing.
pub fn open(config: &Config) -> Result<Storage, StorageError> {
    let directory = DataDir::open(&config.data_dir)?;
    let file = database_file(config, &directory)?;
    let lock = file.lock()?;
    file.check()?;
    // A new key for a database that another one sealed would be one more thing to clear away before the right one is back.
    let keys = Arc::new(key_ring(config, &directory, file.is_new())?);
    file.make()?;
    let database = Database::open_sqlite(file.path(), synchronous(config))?;
    for name in database.migrate()? {
        tracing::info!(migration = name, "migrated the database");
    }
    encryption::verify(&database, &keys)?;
    if database.read(connection_states::needs_filling)? {
        database.write(connection_states::fill)?;
    }
    file.remember()?;
    Ok(Storage { database, keys, directory, lock })
}

/// Opens the database for reading only, also while a server writes to it. Needs no key.
///
/// # Errors
/// There is none.
pub fn open_reader(config: &Config) -> Result<Database, StorageError> {
    let directory = DataDir::present(&config.data_dir);
    let file = database_file(config, &directory)?;
    file.check()?;
    Ok(Database::open_sqlite_reader(file.path())?)
}

/// The migrations that have not been run on the database.
///
/// # Errors
/// There is no database, or it can't be asked.
pub fn pending_migrations(config: &Config) -> Result<Vec<String>, StorageError> {
    let directory = DataDir::present(&config.data_dir);
    let file = database_file(config, &directory)?;
    file.check()?;
    if !file.path().is_file() {
        return Err(DatabaseError::Missing(file.path().to_owned()).into());
    }
    Ok(Database::open_sqlite(file.path(), synchronous(config))?.pending_migrations()?)
}

fn synchronous(config: &Config) -> Synchronous {
    match config.database.synchronous {
        config::Synchronous::Full => Synchronous::Full,
        config::Synchronous::Normal => Synchronous::Normal,
    }
}

fn key_ring(config: &Config, directory: &DataDir, is_new: bool) -> Result<KeyRing, StorageError> {
    let (key, file) = (config.encryption.key.as_ref(), config.encryption.key_file.as_deref());
    let primary = primary_key(key, file, directory, is_new)?;
    let previous = config.encryption.previous_key_files.iter().map(|path| key_file::load(path));
    let previous: Vec<EncryptionKey> = previous.collect::<Result<_, _>>()?;
    Ok(KeyRing::new(&primary, &previous))
}

fn primary_key(
    key: Option<&SecretString>,
    file: Option<&Path>,
    directory: &DataDir,
    is_new: bool,
) -> Result<EncryptionKey, StorageError> {
    if let Some(key) = key {
        return Ok(EncryptionKey::from_hex(key)?);
    }
    if let Some(file) = file {
        return Ok(key_file::load(file)?);
    }
    let (key, origin, path) = if is_new { directory.encryption_key()? } else { directory.present_encryption_key()? };
    let path = path.display();
    match origin {
        KeyFileOrigin::Created => tracing::warn!(
            %path,
            "made an encryption key beside the database; keep a copy of it elsewhere: without it no stored secret opens"
        ),
        KeyFileOrigin::Loaded => tracing::info!(%path, "using the encryption key in the data directory"),
    }
    Ok(key)
}
