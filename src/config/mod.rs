//! The configuration: defaults < files < environment < flags. The only reader of the environment.
//!
//! `default.yaml` is three things at once, so that they can't disagree: the lowest layer (no default stands in code),
//! the list of the keys that exist (any other is an error), and the manual. What a key means is said there; the types
//! here say only what the text does not.
//!
//! Deliberately absent: the meaning of values that another module owns (`egress.allow` is parsed by the network guard,
//! `database.url` by the log), keys themselves, and any `Debug` or error that shows a secret.

mod error;
mod layer;
mod load;
mod sections;
mod values;

pub use error::ConfigError;
pub use layer::{DEFAULT_YAML, Origin};
pub use load::{CONFIG_FILE_BYTES_MAX, Overrides, SECRET_FILE_BYTES_MAX, Sources};
pub use sections::{
    Config, Database, Egress, Encryption, Forward, Graphql, Idempotency, Log, LogFormat, Server, Session, Synchronous,
    Telemetry, Token,
};
pub use values::{DURATION_MAX, SIZE_MAX};
