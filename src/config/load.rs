//! Puts the layers together.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::layer::{Layer, TWINS, is_ours};
use super::{Config, ConfigError, Origin};

/// The file that is read when no other is named and it is there.
const DEFAULT_FILE: &str = "latchkey.yaml";

/// Most bytes of a configuration file.
pub const CONFIG_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Most bytes of a file that holds a secret.
pub const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;

/// What was said on the command line. No secrets: anybody on the machine can read a process's arguments.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `server.listen`
    pub listen: Option<SocketAddr>,
    /// `data_dir`
    pub data_dir: Option<PathBuf>,
    /// `demo`
    pub demo: Option<bool>,
}

/// Where the configuration comes from. No `Debug`: the environment holds secrets, and not only ours.
pub struct Sources {
    /// Files from the lowest to the highest layer; each must be there.
    pub files: Vec<PathBuf>,
    /// Names and values of environment variables; those without the prefix `LATCHKEY_` are passed over.
    pub environment: Vec<(String, String)>,
    /// The flags.
    pub overrides: Overrides,
}

impl Sources {
    /// Takes the process's environment, and `latchkey.yaml` in the working directory if `files` is empty and it is there.
    ///
    /// The only place that reads the environment.
    pub fn of_process(files: Vec<PathBuf>, overrides: Overrides) -> Result<Self, ConfigError> {
        let files = files_or_default(files, Path::new(""));
        let mut environment = Vec::new();
        for (name, value) in env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if is_ours(&name) {
                let Ok(value) = value.into_string() else { return Err(ConfigError::NotUnicode { name }) };
                environment.push((name, value));
            }
        }
        Ok(Self { files, environment, overrides })
    }
}

impl Config {
    /// Puts the layers together: defaults < files < environment < flags; then reads the files of secrets.
    pub fn load(sources: Sources) -> Result<Self, ConfigError> {
        let defaults = Layer::defaults()?;
        let mut layers = vec![defaults.clone()];
        for path in &sources.files {
            layers.push(Layer::file(&read_file(path)?, path, &defaults)?);
        }
        layers.push(Layer::environment(&sources.environment, &defaults)?);
        let mut config = merge(&layers)?;
        config.read_secret_files(&layers)?;
        config.apply(sources.overrides);
        Ok(config)
    }

    fn apply(&mut self, overrides: Overrides) {
        let Overrides { listen, data_dir, demo } = overrides;
        self.server.listen = listen.unwrap_or(self.server.listen);
        self.demo = demo.unwrap_or(self.demo);
        if let Some(data_dir) = data_dir {
            self.data_dir = data_dir;
        }
    }

    /// `encryption.key_file` is not among them: `crypto::key_file` reads it, for it checks the mode and may create it.
    fn read_secret_files(&mut self, layers: &[Layer]) -> Result<(), ConfigError> {
        if let Some(path) = &self.admin_token_file {
            self.admin_token = Some(read_secret("admin_token_file", path, layers)?);
        }
        if let Some(path) = &self.database.url_file {
            self.database.url = Some(read_secret("database.url_file", path, layers)?);
        }
        Ok(())
    }
}

impl Default for Config {
    /// What an empty environment and no file give.
    #[expect(clippy::expect_used, reason = "the defaults are compiled in, and every test of this module reads them")]
    fn default() -> Self {
        let layers = [Layer::defaults().expect("default.yaml is YAML")];
        merge(&layers).expect("default.yaml has every key")
    }
}

fn merge(layers: &[Layer]) -> Result<Config, ConfigError> {
    let mut builder = ::config::Config::builder();
    for layer in layers {
        builder = builder.add_source(layer.clone());
    }
    builder.build().and_then(::config::Config::try_deserialize).map_err(|error| {
        let (key, reason) = explain(error);
        let origin = origin(&key, layers);
        ConfigError::InvalidValue { key, origin, reason }
    })
}

/// The key and what is wrong with it. The library's `Display` is not used: it shows the refused value.
fn explain(error: ::config::ConfigError) -> (String, String) {
    match error {
        ::config::ConfigError::At { error, key, .. } => (key.unwrap_or_default(), explain(*error).1),
        ::config::ConfigError::Type { expected, key, .. } => (key.unwrap_or_default(), format!("must be {expected}")),
        ::config::ConfigError::NotFound(key) => (key, "is missing".to_owned()),
        ::config::ConfigError::Message(message) => (String::new(), message),
        _ => (String::new(), "can't be used".to_owned()),
    }
}

fn files_or_default(files: Vec<PathBuf>, working_directory: &Path) -> Vec<PathBuf> {
    let default_file = working_directory.join(DEFAULT_FILE);
    if files.is_empty() && default_file.exists() { vec![default_file] } else { files }
}

fn origin(path: &str, layers: &[Layer]) -> Origin {
    layers.iter().rev().find_map(|layer| layer.origin(path)).cloned().unwrap_or(Origin::Default)
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    read_limited(path, CONFIG_FILE_BYTES_MAX)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

/// Reads a secret without the line feed that editors put at the end of a file.
fn read_secret(key: &'static str, path: &Path, layers: &[Layer]) -> Result<SecretString, ConfigError> {
    debug_assert!(TWINS.iter().any(|(_, twin)| *twin == key));
    let unreadable =
        |source| ConfigError::SecretFile { key, origin: origin(key, layers), path: path.to_owned(), source };
    let text = read_limited(path, SECRET_FILE_BYTES_MAX).map_err(unreadable)?;
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidData, "the file is empty")));
    }
    Ok(SecretString::from(secret))
}

fn read_limited(path: &Path, bytes_max: u64) -> io::Result<String> {
    let mut text = String::new();
    let mut file = File::open(path)?.take(bytes_max + 1);
    file.read_to_string(&mut text)?;
    if file.limit() == 0 {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("the file has more than {bytes_max} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
