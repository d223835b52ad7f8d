//! The file of the embedded database: who may write to it, and whether it is still there. What says so stands beside the
//! file itself, so that it holds wherever the file is and whichever data directory a process has.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where a database is kept.
#[derive(Debug, Clone)]
pub struct DatabaseFile(PathBuf);

/// The right to be the one process that writes. Ends with the process, however it ends.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

/// Why the file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFileError {
    /// It, or what stands beside it, can't be read or written.
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
        /// The file.
        path: PathBuf,
        /// The other process.
        pid: String,
    },
    /// There was one, and it is gone.
    #[error(
        "{database} is missing, but {marker} says that there was one: restore it, or remove {marker} to start anew"
    )]
    Gone {
        /// Where it should be.
        database: PathBuf,
        /// What remembers it.
        marker: PathBuf,
    },
}

impl DatabaseFile {
    /// The file at a path. Two names of one file are one: links are followed.
    pub fn at(path: &Path) -> Self {
        Self(fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether nothing was ever written to it.
    pub fn is_new(&self) -> bool {
        fs::metadata(&self.0).map_or(true, |file| file.len() == 0)
    }

    /// Takes the right to write, and leaves the process id for whoever comes second.
    ///
    /// # Errors
    /// [`DatabaseFileError::InUse`], naming the process that has it.
    pub fn lock(&self) -> Result<DatabaseLock, DatabaseFileError> {
        let path = self.beside("lock");
        let io = |source| DatabaseFileError::Io { path: path.clone(), source };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).clone();
        let mut file = options.open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.take(32).read_to_string(&mut pid).map_err(io)?;
                return Err(DatabaseFileError::InUse { path: self.0.clone(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(DatabaseLock { _file: file })
    }

    /// Makes it with mode 0600 when it was never there; SQLite gives the files beside it the same mode.
    ///
    /// # Errors
    /// [`DatabaseFileError::Gone`]: a new, empty one must never take the place of one that is gone.
    pub fn make(&self) -> Result<(), DatabaseFileError> {
        self.check()?;
        create_private(&self.0)
    }

    /// Remembers that it is there now.
    ///
    /// # Errors
    /// [`DatabaseFileError::Io`].
    pub fn remember(&self) -> Result<(), DatabaseFileError> {
        create_private(&self.beside("created"))
    }

    /// Refuses when it is gone, without making it.
    ///
    /// # Errors
    /// [`DatabaseFileError::Gone`].
    pub fn check(&self) -> Result<(), DatabaseFileError> {
        let marker = self.beside("created");
        if marker.exists() && !self.0.exists() {
            return Err(DatabaseFileError::Gone { database: self.0.clone(), marker });
        }
        Ok(())
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.0.clone().into_os_string();
        name.push(".");
        name.push(what);
        name.into()
    }
}

fn create_private(path: &Path) -> Result<(), DatabaseFileError> {
    let options = OpenOptions::new().append(true).create(true).mode(0o600).clone();
    options.open(path).map(drop).map_err(|source| DatabaseFileError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_process_is_told_which_one_was_first() {
        let scratch = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(&scratch.path().join("a.db"));
        let first = file.lock().unwrap();
        let Err(DatabaseFileError::InUse { pid, .. }) = file.lock() else { panic!("locked twice") };
        assert_eq!(pid, std::process::id().to_string());
        drop(first);
        assert!(file.lock().is_ok());
    }

    #[test]
    fn another_name_of_the_file_is_no_way_around_the_lock() {
        let scratch = tempfile::tempdir().unwrap();
        let (path, link) = (scratch.path().join("a.db"), scratch.path().join("link.db"));
        let file = DatabaseFile::at(&path);
        file.make().unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let _first = file.lock().unwrap();
        assert!(matches!(DatabaseFile::at(&link).lock(), Err(DatabaseFileError::InUse { .. })));
    }

    #[test]
    fn a_database_that_is_gone_is_not_replaced() {
        let scratch = tempfile::tempdir().unwrap();
        let file = DatabaseFile::at(&scratch.path().join("a.db"));
        assert!(file.is_new() && file.check().is_ok());
        file.make().unwrap();
        file.remember().unwrap();
        assert!(file.make().is_ok());
        fs::remove_file(file.path()).unwrap();
        assert!(matches!(file.make(), Err(DatabaseFileError::Gone { .. })));
        assert!(matches!(file.check(), Err(DatabaseFileError::Gone { .. })));
    }
}
