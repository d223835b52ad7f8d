//! The file that holds the key-encryption key when nobody has configured one: 64 hexadecimal digits and a line feed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::{EncryptionKey, KeyFormatError, random_bytes};

/// Most bytes read of a key file: a key with some white space. More is some other file.
pub const KEY_FILE_BYTES_MAX: u64 = 128;

/// The mode of a key file: only its owner reads and writes it.
const OWNER_ONLY: u32 = 0o600;

/// The mode bits that let anybody but the owner at the file.
const OTHERS: u32 = 0o077;

/// Where the key came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFileOrigin {
    /// There was no file: this key is new, and has sealed nothing yet.
    Created,
    /// The file was there.
    Loaded,
}

/// Why a key file gave no key. Names the file, never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file could not be read.
    #[error("the key file {} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file could not be created.
    #[error("the key file {} could not be created", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Others than the owner may read or change the file.
    #[error("the key file {} is open to others (mode {mode:03o}); run: chmod 600 {}", path.display(), path.display())]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("the key file {} does not hold 64 hexadecimal digits", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// Loads the key at `path`.
pub fn load(path: &Path) -> Result<EncryptionKey, KeyFileError> {
    let read_error = |source| KeyFileError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(read_error)?;
    // Of the open file, not of the path: nobody can swap the file between the check and the reading.
    let mode = file.metadata().map_err(read_error)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::OpenToOthers { path: path.to_owned(), mode });
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(read_error)?;
    parse(&bytes).map_err(|_| KeyFileError::Malformed { path: path.to_owned() })
}

/// Loads the key at `path`, or creates the file with a new one; the directory must be there.
///
/// The file appears whole or not at all, with mode 0600, and is on the disk when this returns. Of two processes that
/// start at the same time one creates it and the other loads it.
pub fn load_or_create(path: &Path) -> Result<(EncryptionKey, KeyFileOrigin), KeyFileError> {
    match load(path) {
        Err(KeyFileError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        other => return other.map(|key| (key, KeyFileOrigin::Loaded)),
    }
    let key = EncryptionKey::generate();
    match create(path, &key) {
        Ok(()) => Ok((key, KeyFileOrigin::Created)),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
            load(path).map(|key| (key, KeyFileOrigin::Loaded))
        }
        Err(source) => Err(KeyFileError::Create { path: path.to_owned(), source }),
    }
}

fn parse(bytes: &[u8]) -> Result<EncryptionKey, KeyFormatError> {
    let text = std::str::from_utf8(bytes).map_err(|_| KeyFormatError::NotHexadecimal)?;
    if bytes.len() > usize::try_from(KEY_FILE_BYTES_MAX).unwrap_or(usize::MAX) {
        return Err(KeyFormatError::Length { characters: text.len() });
    }
    EncryptionKey::from_hex(&SecretString::from(text))
}

/// Writes the file under another name and then links it: unlike a rename, a link never replaces a key that is there,
/// and unlike writing in place, a crash leaves no half a key.
fn create(path: &Path, key: &EncryptionKey) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}.new", hex::encode(random_bytes::<8>())));
    let draft = PathBuf::from(draft);
    let linked = write(&draft, key).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    linked?;
    removed?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Without this the file's name may be lost with the power, and what was sealed with it.
    File::open(directory)?.sync_all()
}

fn write(path: &Path, key: &EncryptionKey) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    let mut line = Zeroizing::new(Vec::with_capacity(65));
    line.extend_from_slice(key.to_hex().expose_secret().as_bytes());
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("latchkey.key");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (directory, path)
    }

    #[test]
    fn a_missing_file_is_created_for_its_owner_alone_and_loads_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("latchkey.key");
        let (created, origin) = load_or_create(&path).unwrap();
        assert_eq!(origin, KeyFileOrigin::Created);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.len(), 65);
        assert_eq!(text, format!("{}\n", created.to_hex().expose_secret()));
        let (loaded, origin) = load_or_create(&path).unwrap();
        assert_eq!((loaded.id(), origin), (created.id(), KeyFileOrigin::Loaded));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn processes_that_start_together_get_the_same_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("latchkey.key");
        let barrier = Barrier::new(8);
        let all: Vec<_> = thread::scope(|scope| {
            let start = || {
                barrier.wait();
                load_or_create(&path).unwrap()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.iter().all(|(key, _)| key.id() == all[0].0.id()));
        assert_eq!(all.iter().filter(|(_, origin)| *origin == KeyFileOrigin::Created).count(), 1);
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        for mode in [0o640, 0o604, 0o644, 0o660, 0o620] {
            let (_directory, path) = file(HEX.as_bytes(), mode);
            let error = load(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::OpenToOthers { mode: found, .. } if found == mode), "{error}");
            assert!(error.to_string().contains(&format!("run: chmod 600 {}", path.display())), "{error}");
            assert!(load_or_create(&path).is_err());
        }
        for mode in [0o600, 0o400] {
            let (_directory, path) = file(HEX.as_bytes(), mode);
            assert!(load(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused_and_left_as_it_is() {
        for content in [&b""[..], b"\n", &HEX.as_bytes()[1..], b"\xff\xfe", HEX.replace('f', "g").as_bytes()] {
            let (_directory, path) = file(content, 0o600);
            let error = load_or_create(&path).unwrap_err();
            assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
            assert!(!format!("{error:?}").contains("0001"), "{error:?}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[test]
    fn white_space_is_read_up_to_the_limit() {
        let (_directory, path) = file(format!("{HEX}{}", " ".repeat(64)).as_bytes(), 0o600);
        assert!(load(&path).is_ok());
        let (_directory, path) = file(format!("{HEX}{}", " ".repeat(65)).as_bytes(), 0o600);
        assert!(matches!(load(&path), Err(KeyFileError::Malformed { .. })));
    }

    #[test]
    fn a_missing_directory_and_a_missing_file_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("latchkey.key");
        let error = load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::Create { .. }), "{error}");
        assert!(error.to_string().contains("missing/latchkey.key"), "{error}");
        assert!(matches!(load(&path), Err(KeyFileError::Read { .. })));
    }
}
