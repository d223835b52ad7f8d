//! One layer of the configuration: values by path, each with its origin.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use ::config::{File, FileFormat, Source, Value, ValueKind};

use super::ConfigError;

/// The manual, which is also the lowest layer.
pub const DEFAULT_YAML: &str = include_str!("default.yaml");

/// What the name of each of Latchkey's environment variables starts with.
const PREFIX: &str = "LATCHKEY_";

/// Variables with the prefix that are no configuration keys: they say where the configuration is.
const NOT_KEYS: [&str; 1] = ["LATCHKEY_CONFIG"];

/// The secrets, each with the key for a file that holds it.
pub(super) const TWINS: [(&str, &str); 3] = [
    ("admin_token", "admin_token_file"),
    ("database.url", "database.url_file"),
    ("encryption.key", "encryption.key_file"),
];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The defaults.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// The values of one layer by path.
#[derive(Clone, Default)]
pub(super) struct Layer(BTreeMap<String, (Value, Origin)>);

impl Layer {
    /// The lowest layer: all keys there are, those without a value too.
    pub(super) fn defaults() -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        layer.flatten("", parse(DEFAULT_YAML, Path::new("default.yaml"))?);
        Ok(layer)
    }

    fn flatten(&mut self, prefix: &str, table: HashMap<String, Value>) {
        for (name, value) in table {
            let path = join(prefix, &name);
            match value.kind {
                ValueKind::Table(table) => self.flatten(&path, table),
                _ => self.insert(path, value, Origin::Default),
            }
        }
    }

    /// The layer of a file's text; `known` are the defaults.
    pub(super) fn file(text: &str, path: &Path, known: &Self) -> Result<Self, ConfigError> {
        let mut layer = Self::default();
        let origin = Origin::File(path.to_owned());
        layer.add_section("", parse(text, path)?, &Place { known, origin: &origin })?;
        layer.settle_twins()?;
        Ok(layer)
    }

    fn add_section(
        &mut self,
        prefix: &str,
        table: HashMap<String, Value>,
        place: &Place<'_>,
    ) -> Result<(), ConfigError> {
        // In alphabetical order, so that the same file always gives the same error.
        for (name, value) in BTreeMap::from_iter(table) {
            let path = join(prefix, &name);
            let is_null = matches!(value.kind, ValueKind::Nil);
            if place.known.0.contains_key(&path) {
                if !is_null {
                    self.insert(path, value, place.origin.clone());
                }
            } else if !place.known.has_section(&path) {
                let known = place.known.names_in(prefix);
                return Err(ConfigError::UnknownKey { key: path, origin: place.origin.clone(), known });
            } else if let ValueKind::Table(table) = value.kind {
                self.add_section(&path, table, place)?;
            } else if !is_null {
                let reason = format!("is a section; its keys: {}", place.known.names_in(&path));
                return Err(ConfigError::InvalidValue { key: path, origin: place.origin.clone(), reason });
            }
        }
        Ok(())
    }

    /// The layer of the environment; `known` are the defaults. Every value stays the text that it is.
    pub(super) fn environment(variables: &[(String, String)], known: &Self) -> Result<Self, ConfigError> {
        let paths: BTreeMap<String, &String> = known.0.keys().map(|path| (variable_name(path), path)).collect();
        let mut layer = Self::default();
        for (name, value) in variables {
            if !is_ours(name) || value.is_empty() || is_service_link(name, value) {
                continue;
            }
            let Some(path) = paths.get(name) else { return Err(ConfigError::UnknownVariable { name: name.clone() }) };
            layer.insert((*path).clone(), Value::from(value.as_str()), Origin::Variable(name.clone()));
        }
        layer.settle_twins()?;
        Ok(layer)
    }

    /// Where this layer's value at `path` came from.
    pub(super) fn origin(&self, path: &str) -> Option<&Origin> {
        self.0.get(path).map(|(_, origin)| origin)
    }

    /// Of a secret and its file the higher layer counts, so a layer that sets one takes away the other of those below.
    fn settle_twins(&mut self) -> Result<(), ConfigError> {
        for (key, twin) in TWINS {
            match (self.origin(key).cloned(), self.origin(twin).cloned()) {
                (Some(origin), Some(_)) => return Err(ConfigError::BothSet { key, twin, origin }),
                (Some(origin), None) => self.insert(twin.to_owned(), Value::from(ValueKind::Nil), origin),
                (None, Some(origin)) => self.insert(key.to_owned(), Value::from(ValueKind::Nil), origin),
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn insert(&mut self, path: String, value: Value, origin: Origin) {
        self.0.insert(path, (value, origin));
    }

    fn has_section(&self, path: &str) -> bool {
        let prefix = format!("{path}.");
        self.0.keys().any(|known| known.starts_with(&prefix))
    }

    /// The names right below `section`, with commas between.
    fn names_in(&self, section: &str) -> String {
        let prefix = if section.is_empty() { String::new() } else { format!("{section}.") };
        let below = self.0.keys().filter_map(|path| path.strip_prefix(&prefix));
        let mut names: Vec<&str> = below.filter_map(|path| path.split('.').next()).collect();
        names.dedup();
        names.join(", ")
    }
}

/// What is the same for all sections of a file.
struct Place<'a> {
    known: &'a Layer,
    origin: &'a Origin,
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<HashMap<String, Value>, ::config::ConfigError> {
        Ok(self.0.iter().map(|(path, (value, _))| (path.clone(), value.clone())).collect())
    }
}

impl fmt::Debug for Layer {
    /// Shows paths without values: some are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whether a variable is meant for the configuration, by its name.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with(PREFIX) && !NOT_KEYS.contains(&name)
}

/// Whether a variable was put there by Kubernetes, which tells every pod of a service named `latchkey` (or `latchkey-db`)
/// by `LATCHKEY_SERVICE_HOST`, `LATCHKEY_PORT=tcp://…`, `LATCHKEY_PORT_4000_TCP_ADDR` and the like. Nobody can rename
/// those, so they must not stop the start.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_part = ["_PROTO", "_PORT", "_ADDR"].iter().any(|end| name.ends_with(end));
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || (name.contains("_PORT") && is_address)
        || (name.contains("_PORT_") && is_part)
}

fn variable_name(path: &str) -> String {
    format!("{PREFIX}{}", path.to_ascii_uppercase().replace('.', "__"))
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn parse(text: &str, path: &Path) -> Result<HashMap<String, Value>, ConfigError> {
    File::from_str(text, FileFormat::Yaml).collect().map_err(|error| match error {
        // The library reports a file that is no table as an error of its own kind, with the file's text in it, which
        // may be a secret: `admin_token:s3cret` without the space is such a file.
        ::config::ConfigError::FileParse { cause, .. } if !cause.is::<Box<::config::ConfigError>>() => {
            ConfigError::NotYaml { path: path.to_owned(), source: cause }
        }
        _ => ConfigError::NoKeys { path: path.to_owned() },
    })
}
