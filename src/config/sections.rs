//! The shape of the configuration, one type a section. Meanings and defaults: `default.yaml`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use secrecy::SecretString;
use serde::Deserialize;

use super::values;

// No `#[serde(default)]` anywhere: a key that is missing in default.yaml must fail, or the manual would have a hole.

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The listening server.
    pub server: Server,
    /// Directory for the database and the key file.
    #[serde(deserialize_with = "values::parsed")]
    pub data_dir: PathBuf,
    /// Whether to run the demonstration inside the process.
    #[serde(deserialize_with = "values::parsed")]
    pub demo: bool,
    /// Where the log and its read models are.
    pub database: Database,
    /// The administrator's bearer token; also when it came from `admin_token_file`.
    #[serde(deserialize_with = "values::secret")]
    pub admin_token: Option<SecretString>,
    /// Where `admin_token` was read from.
    #[serde(deserialize_with = "values::optional")]
    pub admin_token_file: Option<PathBuf>,
    /// Browsers that are signed in.
    pub session: Session,
    /// The keys that seal secrets.
    pub encryption: Encryption,
    /// Outgoing connections.
    pub egress: Egress,
    /// Requests to token endpoints, and the tokens they give.
    pub token: Token,
    /// Calls that are asked for again.
    pub idempotency: Idempotency,
    /// Requests of callers.
    pub http: Http,
    /// Stored secrets.
    pub secrets: Secrets,
    /// What issuers publish about themselves.
    pub discovery: Discovery,
    /// Requests to `/forward/{connectionKey}/…`.
    pub forward: Forward,
    /// Limits of the GraphQL API.
    pub graphql: Graphql,
    /// What the process says of itself.
    pub telemetry: Telemetry,
}

/// The listening server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on; port 0 takes a free one.
    #[serde(deserialize_with = "values::parsed")]
    pub listen: SocketAddr,
    /// Origins, besides the own one, whose pages may call the API.
    #[serde(deserialize_with = "values::list")]
    pub allowed_origins: Vec<String>,
    /// Time for requests under way when the server stops; zero cuts them off.
    #[serde(deserialize_with = "values::duration")]
    pub shutdown_timeout: Duration,
}

/// Where the log and its read models are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The database's URL, a secret for the password in it; also when it came from `url_file`. `None`: in `data_dir`.
    #[serde(deserialize_with = "values::secret")]
    pub url: Option<SecretString>,
    /// Where `url` was read from.
    #[serde(deserialize_with = "values::optional")]
    pub url_file: Option<PathBuf>,
    /// How soon a commit is on the disk.
    #[serde(deserialize_with = "values::parsed")]
    pub synchronous: Synchronous,
}

/// The values of `PRAGMA synchronous` that keep a database whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit is on the disk before it is acknowledged.
    Full,
    /// The last commits may be lost with the power; the database stays whole.
    Normal,
}

impl FromStr for Synchronous {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_uppercase().as_str() {
            "FULL" => Ok(Self::Full),
            "NORMAL" => Ok(Self::Normal),
            _ => Err("must be FULL or NORMAL"),
        }
    }
}

/// Browsers that are signed in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// How long one stays signed in; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub lifetime: Duration,
}

/// The keys that seal secrets. Reading the files is left to `crypto::key_file`, which also looks at their mode.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// The key as 64 hexadecimal digits. Never set together with `key_file`.
    #[serde(deserialize_with = "values::secret")]
    pub key: Option<SecretString>,
    /// The file of the key.
    #[serde(deserialize_with = "values::optional")]
    pub key_file: Option<PathBuf>,
    /// The files of earlier keys, newest first.
    #[serde(deserialize_with = "values::list")]
    pub previous_key_files: Vec<PathBuf>,
}

/// Outgoing connections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Egress {
    /// Private destinations that may be called, not parsed yet.
    #[serde(deserialize_with = "values::list")]
    pub allow: Vec<String>,
    /// The file of certificates to trust besides the platform's. Reading it is left to `net::TrustedCertificates`.
    #[serde(deserialize_with = "values::optional")]
    pub trusted_certificates: Option<PathBuf>,
    /// Most decoded bytes of a response; from 1 byte to [`super::SIZE_MAX`].
    #[serde(deserialize_with = "values::size")]
    pub max_response: ByteSize,
    /// Time for a connection to open; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub connect_timeout: Duration,
    /// Time for a name to resolve; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub dns_timeout: Duration,
}

/// Requests to token endpoints, and the tokens they give.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Time for a token endpoint to answer; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub request_timeout: Duration,
    /// How long before its end a token is no longer used.
    #[serde(deserialize_with = "values::duration")]
    pub refresh_skew: Duration,
    /// A token's lifetime when the response has no `expires_in` (RFC 6749 section 5.1).
    #[serde(deserialize_with = "values::duration")]
    pub default_lifetime: Duration,
    /// How often a failed token request is made again; 0 to 10.
    #[serde(deserialize_with = "values::retries")]
    pub max_retries: u32,
    /// How long the next request is held back after one that failed; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub backoff_min: Duration,
    /// Longest that it is held back; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub backoff_max: Duration,
    /// Whether tokens outlive a restart.
    #[serde(deserialize_with = "values::parsed")]
    pub keep_sealed: bool,
}

/// Calls that are asked for again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// How long the answer of a call with an idempotency key is kept; zero keeps none.
    #[serde(deserialize_with = "values::duration")]
    pub keep_answers: Duration,
}

/// Requests of callers: how long is waited before one is sent again.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are the configuration's own")]
pub struct Http {
    /// Before the first repetition; doubled before each further one.
    #[serde(deserialize_with = "values::duration")]
    pub retry_delay: Duration,
    /// Longest delay before the addition by chance.
    #[serde(deserialize_with = "values::duration")]
    pub retry_delay_max: Duration,
    /// Longest `Retry-After` that is honoured in full.
    #[serde(deserialize_with = "values::duration")]
    pub retry_after_max: Duration,
}

/// Stored secrets.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// How long before its end a secret is warned about.
    #[serde(deserialize_with = "values::duration")]
    pub expiry_warning: Duration,
}

/// What issuers publish about themselves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discovery {
    /// Shortest time between two regular looks at one issuer; zero never looks.
    #[serde(deserialize_with = "values::duration")]
    pub check_interval: Duration,
}

/// Requests to `/forward/{connectionKey}/…`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forward {
    /// Most at the same time.
    #[serde(deserialize_with = "values::parsed")]
    pub max_concurrent: usize,
    /// Time for a token, and again for the answer's head; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub response_timeout: Duration,
    /// Longest pause within a body; more than zero.
    #[serde(deserialize_with = "values::timeout")]
    pub idle_timeout: Duration,
}

/// Limits of the GraphQL API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphql {
    /// Deepest nesting of fields.
    #[serde(deserialize_with = "values::parsed")]
    pub max_depth: usize,
    /// Most fields of one operation.
    #[serde(deserialize_with = "values::parsed")]
    pub max_fields: usize,
    /// Whether clients may ask for the schema.
    #[serde(deserialize_with = "values::parsed")]
    pub introspection: bool,
}

/// What the process says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// Log lines on standard error.
    pub log: Log,
}

/// Log lines on standard error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    #[serde(deserialize_with = "values::parsed")]
    pub format: LogFormat,
    /// Levels by module, not parsed yet.
    #[serde(deserialize_with = "values::parsed")]
    pub filter: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err("must be pretty or json"),
        }
    }
}
