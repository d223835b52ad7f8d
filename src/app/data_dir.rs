//! The data directory: who may use it, which key and token belong to it, and whether its database is still there.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::crypto::key_file::{self, KeyFileError, KeyFileOrigin};
use crate::crypto::{EncryptionKey, random_token};

/// File names within the directory.
const DATABASE: &str = "latchkey.db";
const ENCRYPTION_KEY: &str = "encryption-key";
const ADMIN_TOKEN: &str = "admin-token";
const LOCK: &str = "latchkey.lock";
const CREATED: &str = "database-created";

/// Longest admin token in bytes.
const ADMIN_TOKEN_BYTES_MAX: u64 = 4_096;

/// A data directory that exists.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// The right to be the one process that writes. Ends with the process, however it ends.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

/// Why the data directory can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// A file or the directory can't be read or written.
    #[error("{path} can't be used")]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process writes to it.
    #[error("{path} is in use by process {pid}")]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other process.
        pid: String,
    },
    /// There was a database, and it is gone.
    #[error(
        "{database} is missing, but {marker} says that there was one: restore it, or remove {marker} to start anew"
    )]
    DatabaseGone {
        /// Where it should be.
        database: PathBuf,
        /// What remembers it.
        marker: PathBuf,
    },
    /// The file with the admin token is empty or too long.
    #[error("{0} does not hold a token")]
    NoToken(PathBuf),
    /// The encryption key can't be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

impl DataDir {
    /// Opens the directory, making it with mode 0700 when it is missing.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|source| DataDirError::Io { path: path.to_owned(), source })?;
        Ok(Self(path.to_owned()))
    }

    /// The directory as it is, for reading only: nothing is made.
    pub fn present(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Where the embedded database is kept.
    pub fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    /// Takes the right to write, and leaves the process id for whoever comes second.
    ///
    /// # Errors
    /// [`DataDirError::InUse`], naming the process that has it.
    pub fn lock(&self) -> Result<DirectoryLock, DataDirError> {
        let path = self.0.join(LOCK);
        let io = |source| DataDirError::Io { path: path.clone(), source };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        let mut file = options.open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.take(32).read_to_string(&mut pid).map_err(io)?;
                return Err(DataDirError::InUse { path: self.0.clone(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(DirectoryLock { _file: file })
    }

    /// Refuses to go on when the database that once was here is gone: a new, empty one must never take its place unseen.
    ///
    /// # Errors
    /// [`DataDirError::DatabaseGone`].
    pub fn check_database(&self) -> Result<(), DataDirError> {
        let (database, marker) = (self.database(), self.0.join(CREATED));
        if marker.exists() && !database.exists() {
            return Err(DataDirError::DatabaseGone { database, marker });
        }
        Ok(())
    }

    /// Remembers that there is a database now.
    ///
    /// # Errors
    /// [`DataDirError::Io`].
    pub fn remember_database(&self) -> Result<(), DataDirError> {
        let path = self.0.join(CREATED);
        create_private(&path)
    }

    /// The directory's own encryption key, made with mode 0600 when it is missing, and where it is.
    ///
    /// # Errors
    /// [`DataDirError::Key`].
    pub fn encryption_key(&self) -> Result<(EncryptionKey, KeyFileOrigin, PathBuf), DataDirError> {
        let path = self.0.join(ENCRYPTION_KEY);
        let (key, origin) = key_file::load_or_create(&path)?;
        Ok((key, origin, path))
    }

    /// The directory's own encryption key, which must be there: for a database that is not new.
    ///
    /// # Errors
    /// [`DataDirError::Key`].
    pub fn present_encryption_key(&self) -> Result<(EncryptionKey, KeyFileOrigin, PathBuf), DataDirError> {
        let path = self.0.join(ENCRYPTION_KEY);
        Ok((key_file::load(&path)?, KeyFileOrigin::Loaded, path))
    }

    /// The directory's own admin token, made with mode 0600 when it is missing; `true` when it was made just now.
    ///
    /// # Errors
    /// [`DataDirError::Io`] or [`DataDirError::NoToken`].
    pub fn admin_token(&self) -> Result<(SecretString, bool), DataDirError> {
        let path = self.0.join(ADMIN_TOKEN);
        let io = |source| DataDirError::Io { path: path.clone(), source };
        match File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(ADMIN_TOKEN_BYTES_MAX + 1).read_to_string(&mut text).map_err(io)?;
                let token = text.trim();
                if token.is_empty() || u64::try_from(text.len()).is_ok_and(|bytes| bytes > ADMIN_TOKEN_BYTES_MAX) {
                    return Err(DataDirError::NoToken(path));
                }
                Ok((SecretString::from(token), false))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let token = random_token();
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(io)?;
                writeln!(file, "{}", token.expose_secret()).map_err(io)?;
                file.sync_all().map_err(io)?;
                Ok((token, true))
            }
            Err(error) => Err(io(error)),
        }
    }
}

/// Makes an empty file with mode 0600 when it is missing. SQLite gives the files that it puts beside a database the mode of
/// the database.
///
/// # Errors
/// [`DataDirError::Io`].
pub fn create_private(path: &Path) -> Result<(), DataDirError> {
    let options = OpenOptions::new().append(true).create(true).mode(0o600).clone();
    options.open(path).map(drop).map_err(|source| DataDirError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_second_process_is_told_which_one_was_first() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = DataDir::open(&scratch.path().join("data")).unwrap();
        let first = directory.lock().unwrap();
        let Err(DataDirError::InUse { pid, .. }) = directory.lock() else { panic!("locked twice") };
        assert_eq!(pid, std::process::id().to_string());
        drop(first);
        assert!(directory.lock().is_ok());
    }

    #[test]
    fn the_admin_token_is_made_once_and_for_its_owner_only() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = DataDir::open(scratch.path()).unwrap();
        let (first, made) = directory.admin_token().unwrap();
        assert!(made);
        let (second, made) = directory.admin_token().unwrap();
        assert!(!made);
        assert_eq!(first.expose_secret(), second.expose_secret());
        let permissions = fs::metadata(scratch.path().join(ADMIN_TOKEN)).unwrap().permissions().mode();
        assert_eq!(permissions & 0o777, 0o600);
        fs::write(scratch.path().join(ADMIN_TOKEN), "\n").unwrap();
        assert!(matches!(directory.admin_token(), Err(DataDirError::NoToken(_))));
    }

    #[test]
    fn a_database_that_is_gone_is_not_replaced() {
        let scratch = tempfile::tempdir().unwrap();
        let directory = DataDir::open(scratch.path()).unwrap();
        assert!(directory.check_database().is_ok());
        fs::write(directory.database(), "").unwrap();
        directory.remember_database().unwrap();
        assert!(directory.check_database().is_ok());
        fs::remove_file(directory.database()).unwrap();
        assert!(matches!(directory.check_database(), Err(DataDirError::DatabaseGone { .. })));
    }
}
