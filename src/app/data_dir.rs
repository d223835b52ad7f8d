//! The data directory: which key and token belong to it, and where its database is.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::crypto::key_file::{self, KeyFileError, KeyFileOrigin};
use crate::crypto::{EncryptionKey, random_token};

/// File names within the directory.
const DATABASE: &str = "latchkey.db";
const ENCRYPTION_KEY: &str = "encryption-key";
const ADMIN_TOKEN: &str = "admin-token";

/// Longest admin token in bytes.
const ADMIN_TOKEN_BYTES_MAX: u64 = 4_096;

/// A data directory that exists.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

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
    /// The file with the admin token does not hold one.
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
                if !can_travel(token) {
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

/// Whether a token fits into an `Authorization` header as it is; nobody could ever sign in with another.
pub fn can_travel(token: &str) -> bool {
    let fits = u64::try_from(token.len()).is_ok_and(|bytes| bytes <= ADMIN_TOKEN_BYTES_MAX);
    !token.is_empty() && fits && token.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

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
        for nothing in ["\n", "two words", "tökén", &"x".repeat(4_097)] {
            fs::write(scratch.path().join(ADMIN_TOKEN), nothing).unwrap();
            assert!(matches!(directory.admin_token(), Err(DataDirError::NoToken(_))), "{nothing}");
        }
    }
}
