//! Why there is no configuration.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use super::Origin;

/// What is wrong with the configuration, by key and by where it came from. Never repeats the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A configuration file could not be read.
    #[error("the configuration file {} could not be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A configuration file is not YAML.
    #[error("the configuration file {} is not valid YAML", path.display())]
    NotYaml {
        /// The file.
        path: PathBuf,
        /// What the parser said, with line and column.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A configuration file is YAML, but no table of keys and values.
    #[error("the configuration file {} must hold keys and values (\"key: value\")", path.display())]
    NoKeys {
        /// The file.
        path: PathBuf,
    },
    /// A file has a key that does not exist.
    #[error("unknown key {key} in {origin}; keys there: {known}")]
    UnknownKey {
        /// The path, with dots.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// The keys of the same section.
        known: String,
    },
    /// The environment has a variable with Latchkey's prefix that names no key.
    #[error("the environment variable {name} names no configuration key; docs/configuration.md has them all")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
    /// A variable of Latchkey is not Unicode.
    #[error("the environment variable {name} is not valid Unicode")]
    NotUnicode {
        /// The variable.
        name: String,
    },
    /// A value can't be used.
    #[error("{key} in {origin}: {reason}")]
    InvalidValue {
        /// The path, with dots.
        key: String,
        /// Where the value came from.
        origin: Origin,
        /// What is wrong, without the value when it may be a secret.
        reason: String,
    },
    /// A secret and the file to read it from were given side by side.
    #[error("{key} and {twin} are both set in {origin}; set one of them")]
    BothSet {
        /// The path of the secret.
        key: &'static str,
        /// The path of its file.
        twin: &'static str,
        /// Where the secret stands.
        origin: Origin,
    },
    /// The file of a secret could not be read.
    #[error("{key} in {origin}: the file {} could not be read", path.display())]
    SecretFile {
        /// The path of the key that names the file.
        key: &'static str,
        /// Where that key stands.
        origin: Origin,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}
