//! What a connection is made of: the values a person types into the form, checked once at the border.

use serde::{Deserialize, Serialize};

use super::field::text;
use super::{FieldError, HostRule, HttpUrl, Key};

/// Longest Display Name in characters.
pub const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest description in characters.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;
/// Most labels on one connection.
pub const LABELS_MAX: usize = 32;
/// Longest Client ID in characters.
pub const CLIENT_ID_LENGTH_MAX: usize = 512;
/// Most additional parameters on one connection or one request.
pub const PARAMETERS_MAX: usize = 64;
/// Longest parameter name or value in characters.
pub const PARAMETER_LENGTH_MAX: usize = 4_096;
/// Most entries in `allowedHosts`.
pub const ALLOWED_HOSTS_MAX: usize = 64;
/// Longest a client assertion may live; RFC 7523 §3 lets servers refuse long ones.
pub const ASSERTION_LIFETIME_MS_MAX: u64 = 600_000;
/// How long a client assertion lives unless the connection says otherwise.
pub const ASSERTION_LIFETIME_MS_DEFAULT: u64 = 60_000;
/// Longest time-out of a token request.
pub const REQUEST_TIMEOUT_MS_MAX: u64 = 60_000;
/// Longest refresh skew: a token is never refreshed more than a day early.
pub const REFRESH_SKEW_MS_MAX: u64 = 86_400_000;
/// Most retries of one token request.
pub const TOKEN_RETRIES_MAX: u32 = 5;

/// Parameters that authenticate or select the grant (RFC 6749 §4.4.2, RFC 7521 §4.2): only Latchkey sets them.
pub const RESERVED_PARAMETERS: [&str; 5] =
    ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Headers of the token request that authenticate it or describe its body.
pub const RESERVED_HEADERS: [&str; 2] = ["authorization", "content-type"];

/// Everything a person decides about a connection except its Key and whether it is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDefinition {
    /// Display Name.
    pub display_name: String,
    /// Free text.
    pub description: Option<String>,
    /// Free words for filtering.
    pub labels: Vec<String>,
    /// Client ID.
    pub client_id: String,
    /// Access Token URL: the token endpoint (RFC 6749 §3.2).
    pub access_token_url: HttpUrl,
    /// Secret Configuration.
    pub authentication: ClientAuthentication,
    /// Additional parameters of the token request.
    pub parameters: Vec<Parameter>,
    /// How tokens are fetched and kept.
    pub token_policy: TokenPolicy,
    /// Where the token may be sent; empty means anywhere the address guard allows.
    pub allowed_hosts: Vec<HostRule>,
}

/// AireGlu's *Secret Configuration*: how the client proves who it is. The secret itself is a reference, never a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).
    ClientSecret {
        /// Key of the stored secret.
        secret: Key,
        /// Header or body.
        placement: CredentialPlacement,
    },
    /// `private_key_jwt` (RFC 7523 §2.2).
    PrivateKeyJwt {
        /// Key of the stored secret that holds the private key.
        secret: Key,
        /// `kid` of the assertion's header; left out when absent.
        key_id: Option<String>,
        /// How the stored key is written.
        key_format: KeyFormat,
        /// `alg` of the assertion.
        signing_algorithm: SigningAlgorithm,
        /// `aud` of the assertion; the Access Token URL when absent.
        audience: Option<String>,
        /// How long an assertion lives, in milliseconds.
        lifetime_ms: u64,
    },
}

impl ClientAuthentication {
    /// Key of the stored secret.
    pub fn secret(&self) -> &Key {
        match self {
            Self::ClientSecret { secret, .. } | Self::PrivateKeyJwt { secret, .. } => secret,
        }
    }
}

/// Where a client secret travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CredentialPlacement {
    /// `client_secret_basic`: the `Authorization` header.
    BasicHeader,
    /// `client_secret_post`: the form body.
    RequestBody,
}

/// How a private key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyFormat {
    /// Recognised from its first bytes.
    Auto,
    /// `-----BEGIN PRIVATE KEY-----` (RFC 5208).
    Pkcs8Pem,
    /// `-----BEGIN RSA PRIVATE KEY-----` (RFC 8017).
    Pkcs1Pem,
    /// `-----BEGIN EC PRIVATE KEY-----` (RFC 5915).
    Sec1Pem,
    /// A JSON Web Key (RFC 7517).
    Jwk,
}

/// JWS algorithms for client assertions (RFC 7518 §3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum SigningAlgorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    Eddsa,
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Parameter {
    /// As it travels, not encoded.
    pub name: String,
    /// As it travels, not encoded.
    pub value: String,
    /// Where it travels.
    pub placement: ParameterPlacement,
}

/// Where a parameter of the token request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParameterPlacement {
    /// The form body.
    Body,
    /// The URL's query.
    Query,
    /// A header.
    Header,
}

/// How tokens are fetched and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPolicy {
    /// Whether a token serves more than one request.
    pub cache: bool,
    /// How long before its end a token is no longer handed out, in milliseconds.
    pub refresh_skew_ms: u64,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    pub max_retries: u32,
    /// How long one token request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// Statuses of an API that mean "this token is not accepted".
    pub expired_status_codes: Vec<u16>,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            cache: true,
            refresh_skew_ms: 60_000,
            max_retries: 2,
            request_timeout_ms: 10_000,
            expired_status_codes: vec![401],
        }
    }
}

impl ConnectionDefinition {
    /// Checks every field against its bounds.
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub fn validate(&self) -> Result<(), FieldError> {
        text("displayName", &self.display_name, 1, DISPLAY_NAME_LENGTH_MAX)?;
        if let Some(description) = &self.description {
            let one_line = description.replace(['\n', '\t'], " ");
            text("description", &one_line, 0, DESCRIPTION_LENGTH_MAX)?;
        }
        bounded("labels", self.labels.len(), LABELS_MAX)?;
        for label in &self.labels {
            text("labels", label, 1, super::key::KEY_LENGTH_MAX)?;
        }
        text("clientId", &self.client_id, 1, CLIENT_ID_LENGTH_MAX)?;
        self.validate_authentication()?;
        validate_parameters("parameters", &self.parameters)?;
        self.validate_token_policy()?;
        bounded("allowedHosts", self.allowed_hosts.len(), ALLOWED_HOSTS_MAX)
    }

    fn validate_authentication(&self) -> Result<(), FieldError> {
        let ClientAuthentication::PrivateKeyJwt { key_id, audience, lifetime_ms, .. } = &self.authentication else {
            return Ok(());
        };
        let field = |name| format!("authentication.privateKeyJwt.{name}");
        if let Some(key_id) = key_id {
            text(&field("keyId"), key_id, 1, CLIENT_ID_LENGTH_MAX)?;
        }
        if let Some(audience) = audience {
            text(&field("audience"), audience, 1, super::url::URL_BYTES_MAX)?;
        }
        within(&field("lifetime"), *lifetime_ms, 1_000, ASSERTION_LIFETIME_MS_MAX)
    }

    fn validate_token_policy(&self) -> Result<(), FieldError> {
        let policy = &self.token_policy;
        within("tokenPolicy.refreshSkew", policy.refresh_skew_ms, 0, REFRESH_SKEW_MS_MAX)?;
        within("tokenPolicy.requestTimeout", policy.request_timeout_ms, 100, REQUEST_TIMEOUT_MS_MAX)?;
        within("tokenPolicy.maxRetries", policy.max_retries.into(), 0, TOKEN_RETRIES_MAX.into())?;
        let statuses = &policy.expired_status_codes;
        bounded("tokenPolicy.expiredStatusCodes", statuses.len(), 16)?;
        match statuses.iter().find(|status| !(400..=599).contains(*status)) {
            None => Ok(()),
            Some(status) => Err(FieldError::at(
                "tokenPolicy.expiredStatusCodes",
                "OUT_OF_RANGE",
                format!("{status} is not a status between 400 and 599"),
            )),
        }
    }
}

/// Checks the additional parameters of a token request.
///
/// # Errors
/// The first parameter that is too long, reserved, or a header that Latchkey sets itself.
pub fn validate_parameters(path: &str, parameters: &[Parameter]) -> Result<(), FieldError> {
    bounded(path, parameters.len(), PARAMETERS_MAX)?;
    for (index, parameter) in parameters.iter().enumerate() {
        let name_path = format!("{path}.{index}.name");
        text(&name_path, &parameter.name, 1, PARAMETER_LENGTH_MAX)?;
        text(&format!("{path}.{index}.value"), &parameter.value, 0, PARAMETER_LENGTH_MAX)?;
        let name = parameter.name.to_ascii_lowercase();
        let mut is_reserved = RESERVED_PARAMETERS.contains(&name.as_str());
        if parameter.placement == ParameterPlacement::Header {
            super::request::header_name(&name_path, &name)?;
            is_reserved |= RESERVED_HEADERS.contains(&name.as_str());
        }
        if is_reserved {
            return Err(FieldError::at(
                &name_path,
                "RESERVED",
                format!("{name} is set by Latchkey and can't be overridden"),
            ));
        }
    }
    Ok(())
}

fn bounded(path: &str, count: usize, max: usize) -> Result<(), FieldError> {
    if count <= max {
        return Ok(());
    }
    Err(FieldError::at(path, "TOO_MANY", format!("must have at most {max} entries, has {count}")))
}

fn within(path: &str, value: u64, min: u64, max: u64) -> Result<(), FieldError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(FieldError::at(path, "OUT_OF_RANGE", format!("must be between {min} and {max}, is {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_cannot_take_the_place_of_the_credentials() {
        for name in RESERVED_PARAMETERS.into_iter().chain(["CLIENT_SECRET"]) {
            let parameter = Parameter { name: name.into(), value: "x".into(), placement: ParameterPlacement::Body };
            let refusal = validate_parameters("parameters", &[parameter]).unwrap_err();
            assert_eq!((refusal.code, refusal.path.join(".")), ("RESERVED", "parameters.0.name".to_owned()));
        }
        let placed = |placement| Parameter { name: "Authorization".into(), value: "x".into(), placement };
        assert!(validate_parameters("parameters", &[placed(ParameterPlacement::Header)]).is_err());
        assert!(validate_parameters("parameters", &[placed(ParameterPlacement::Body)]).is_ok());
    }
}
