//! AireGlu's *Secret Configuration*: the methods by which a client proves who it is. Chosen by a person, never guessed.

use serde::{Deserialize, Serialize};

use super::definition::{CLIENT_ID_LENGTH_MAX, within};
use super::field::text;
use super::url::URL_BYTES_MAX;
use super::{FieldError, Key};

/// Longest a client assertion may live; RFC 7523 §3 lets servers refuse long ones.
pub const ASSERTION_LIFETIME_MS_MAX: u64 = 600_000;
/// How long a client assertion lives unless the connection says otherwise.
pub const ASSERTION_LIFETIME_MS_DEFAULT: u64 = 60_000;

/// How the client proves who it is. The secret itself is a reference, never a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).
    ClientSecret(ClientSecret),
    /// `client_secret_jwt` (OpenID Connect Core §9, RFC 7523 §2.2).
    ClientSecretJwt(ClientSecretJwt),
    /// `private_key_jwt` (RFC 7523 §2.2).
    PrivateKeyJwt(PrivateKeyJwt),
    /// `tls_client_auth` or `self_signed_tls_client_auth` (RFC 8705 §2).
    TlsClientAuth(TlsClientAuth),
    /// `none`: a public client, which only says who it is (RFC 7591 §2).
    None,
}

/// `client_secret_basic` or `client_secret_post`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Key of the stored secret.
    pub secret: Key,
    /// Header or body.
    pub placement: CredentialPlacement,
    /// Whether id and secret are form-encoded in the header, as RFC 6749 §2.3.1 says; some servers don't decode them.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub form_encode: bool,
    /// Whether `client_id` is in the body as well as in the header.
    #[serde(default, skip_serializing_if = "is_no")]
    pub client_id_in_body: bool,
}

/// `client_secret_jwt`: an assertion, signed with the client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecretJwt {
    /// Key of the stored secret.
    pub secret: Key,
    /// `alg` of the assertion.
    pub signing_algorithm: HmacAlgorithm,
    /// `aud` of the assertion, when it is none of the usual ones.
    pub audience: Option<String>,
    /// Which of the usual ones it is.
    #[serde(default)]
    pub audience_source: AudienceSource,
    /// How long an assertion lives, in milliseconds.
    pub lifetime_ms: u64,
}

/// `private_key_jwt`: an assertion, signed with a private key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateKeyJwt {
    /// Key of the stored secret that holds the private key, and its certificate where one is asked for.
    pub secret: Key,
    /// `kid` of the assertion's header; left out when absent.
    pub key_id: Option<String>,
    /// How the stored key is written.
    pub key_format: KeyFormat,
    /// `alg` of the assertion.
    pub signing_algorithm: SigningAlgorithm,
    /// `aud` of the assertion, when it is none of the usual ones.
    pub audience: Option<String>,
    /// How long an assertion lives, in milliseconds.
    pub lifetime_ms: u64,
    /// Which of the usual audiences it is.
    #[serde(default, skip_serializing_if = "AudienceSource::is_automatic")]
    pub audience_source: AudienceSource,
    /// Whether the header has `x5t`, the certificate's SHA-1 thumbprint (RFC 7515 §4.1.7).
    #[serde(default, skip_serializing_if = "is_no")]
    pub x5t: bool,
    /// Whether the header has `x5t#S256` (RFC 7515 §4.1.8).
    #[serde(default, skip_serializing_if = "is_no")]
    pub x5t_s256: bool,
}

/// `tls_client_auth` or `self_signed_tls_client_auth`: a certificate in the TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsClientAuth {
    /// Key of the stored secret that holds certificate and private key in PEM.
    pub secret: Key,
    /// Whether the issuer knows the certificate itself rather than who signed it.
    pub self_signed: bool,
}

impl ClientSecret {
    /// As RFC 6749 §2.3.1 wants it.
    pub fn new(secret: Key, placement: CredentialPlacement) -> Self {
        Self { secret, placement, form_encode: true, client_id_in_body: false }
    }
}

impl PrivateKeyJwt {
    /// With the usual audience and life, and nothing in the header but `alg`.
    pub fn new(secret: Key, signing_algorithm: SigningAlgorithm) -> Self {
        Self {
            secret,
            key_id: None,
            key_format: KeyFormat::Auto,
            signing_algorithm,
            audience: None,
            lifetime_ms: ASSERTION_LIFETIME_MS_DEFAULT,
            audience_source: AudienceSource::Automatic,
            x5t: false,
            x5t_s256: false,
        }
    }
}

impl ClientAuthentication {
    /// Key of the stored secret; `None` for a public client.
    pub fn secret(&self) -> Option<&Key> {
        match self {
            Self::ClientSecret(ClientSecret { secret, .. })
            | Self::ClientSecretJwt(ClientSecretJwt { secret, .. })
            | Self::PrivateKeyJwt(PrivateKeyJwt { secret, .. })
            | Self::TlsClientAuth(TlsClientAuth { secret, .. }) => Some(secret),
            Self::None => None,
        }
    }

    /// The persisted name of the method.
    pub fn method(&self) -> &'static str {
        match self {
            Self::ClientSecret(_) => "client_secret",
            Self::ClientSecretJwt(_) => "client_secret_jwt",
            Self::PrivateKeyJwt(_) => "private_key_jwt",
            Self::TlsClientAuth(_) => "tls_client_auth",
            Self::None => "none",
        }
    }

    /// The field of the GraphQL input that describes this method.
    pub fn field(&self) -> &'static str {
        match self {
            Self::ClientSecret(_) => "authentication.clientSecret",
            Self::ClientSecretJwt(_) => "authentication.clientSecretJwt",
            Self::PrivateKeyJwt(_) => "authentication.privateKeyJwt",
            Self::TlsClientAuth(_) => "authentication.tlsClientAuth",
            Self::None => "authentication.none",
        }
    }

    /// Checks every field against its bounds.
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub(super) fn validate(&self, issuer_is_known: bool) -> Result<(), FieldError> {
        let field = |name| format!("{}.{name}", self.field());
        let (audience, source, lifetime_ms) = match self {
            Self::ClientSecret(_) | Self::TlsClientAuth(_) | Self::None => return Ok(()),
            Self::ClientSecretJwt(jwt) => (&jwt.audience, jwt.audience_source, jwt.lifetime_ms),
            Self::PrivateKeyJwt(jwt) => {
                if let Some(key_id) = &jwt.key_id {
                    text(&field("keyId"), key_id, 1, CLIENT_ID_LENGTH_MAX)?;
                }
                (&jwt.audience, jwt.audience_source, jwt.lifetime_ms)
            }
        };
        if let Some(audience) = audience {
            text(&field("audience"), audience, 1, URL_BYTES_MAX)?;
            if source != AudienceSource::Automatic {
                let message = "give either an audience or where it comes from";
                return Err(FieldError::at(&field("audienceSource"), "CONFLICT", message));
            }
        }
        if source == AudienceSource::Issuer && !issuer_is_known {
            let message = "this connection has no issuer; give it one, or give the audience itself";
            return Err(FieldError::at(&field("audienceSource"), "UNKNOWN_ISSUER", message));
        }
        within(&field("lifetime"), lifetime_ms, 1_000, ASSERTION_LIFETIME_MS_MAX)
    }
}

/// Which of the usual values `aud` of an assertion has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AudienceSource {
    /// The issuer when it is known, as draft-ietf-oauth-rfc7523bis wants; else the Access Token URL.
    #[default]
    Automatic,
    /// The issuer.
    Issuer,
    /// The Access Token URL.
    TokenEndpoint,
}

impl AudienceSource {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_automatic(&self) -> bool {
        *self == Self::Automatic
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

/// JWS algorithms for assertions that are signed with a client secret (RFC 7518 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum HmacAlgorithm {
    Hs256,
    Hs384,
    Hs512,
}

impl HmacAlgorithm {
    /// `alg` of the assertion's header.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_yes(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_no(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_key(audience: Option<&str>, audience_source: AudienceSource) -> ClientAuthentication {
        ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt {
            audience: audience.map(str::to_owned),
            audience_source,
            ..PrivateKeyJwt::new(Key::parse("s").unwrap(), SigningAlgorithm::Es256)
        })
    }

    #[test]
    fn the_issuer_is_an_audience_only_where_it_is_known() {
        let wanted = by_key(None, AudienceSource::Issuer);
        assert_eq!(wanted.validate(true), Ok(()));
        let refusal = wanted.validate(false).unwrap_err();
        assert_eq!(refusal.path.join("."), "authentication.privateKeyJwt.audienceSource");
        assert_eq!(by_key(None, AudienceSource::Automatic).validate(false), Ok(()));
    }

    #[test]
    fn an_audience_of_its_own_and_a_usual_one_exclude_each_other() {
        assert_eq!(by_key(Some("urn:a"), AudienceSource::Automatic).validate(true), Ok(()));
        let refusal = by_key(Some("urn:a"), AudienceSource::TokenEndpoint).validate(true).unwrap_err();
        assert_eq!(refusal.code, "CONFLICT");
    }

    #[test]
    fn what_older_versions_wrote_reads_and_is_written_the_same() {
        for old in [
            r#"{"method":"client_secret","secret":"s","placement":"BASIC_HEADER"}"#,
            r#"{"method":"private_key_jwt","secret":"s","key_id":null,"key_format":"AUTO","signing_algorithm":"RS256","audience":null,"lifetime_ms":60000}"#,
        ] {
            let read: ClientAuthentication = serde_json::from_str(old).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), old);
        }
    }
}
