//! What a connection is made of, on the way in and on the way out.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, SimpleObject, Union};

use super::errors::Fallible;
use super::permission::{self, Permission, requires_permission};
use super::scalars::{DurationText, KeyText, int};
use super::secret::{Secret, find};
use crate::domain::{Key, definition as domain};

/// Where a client secret travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::CredentialPlacement")]
pub enum CredentialPlacement {
    /// `client_secret_basic`: the `Authorization` header.
    BasicHeader,
    /// `client_secret_post`: the form body.
    RequestBody,
}

/// How a private key is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::KeyFormat")]
pub enum KeyFormat {
    /// Recognised from its first bytes.
    Auto,
    /// `-----BEGIN PRIVATE KEY-----` (RFC 5208).
    #[graphql(name = "PKCS8_PEM")]
    Pkcs8Pem,
    /// `-----BEGIN RSA PRIVATE KEY-----` (RFC 8017).
    #[graphql(name = "PKCS1_PEM")]
    Pkcs1Pem,
    /// `-----BEGIN EC PRIVATE KEY-----` (RFC 5915).
    #[graphql(name = "SEC1_PEM")]
    Sec1Pem,
    /// A JSON Web Key (RFC 7517).
    Jwk,
}

/// JWS algorithms for client assertions (RFC 7518 section 3.1, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SigningAlgorithm")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum SigningAlgorithm {
    #[graphql(name = "RS256")]
    Rs256,
    #[graphql(name = "RS384")]
    Rs384,
    #[graphql(name = "RS512")]
    Rs512,
    #[graphql(name = "PS256")]
    Ps256,
    #[graphql(name = "PS384")]
    Ps384,
    #[graphql(name = "PS512")]
    Ps512,
    #[graphql(name = "ES256")]
    Es256,
    #[graphql(name = "ES384")]
    Es384,
    #[graphql(name = "ES512")]
    Es512,
    #[graphql(name = "EDDSA")]
    Eddsa,
}

/// Where a parameter of the token request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ParameterPlacement")]
pub enum ParameterPlacement {
    /// The form body.
    Body,
    /// The URL's query.
    Query,
    /// A header.
    Header,
}

/// AireGlu's *Secret Configuration*: how the client proves who it is.
#[derive(Debug, Clone, Union)]
pub enum ClientAuthentication {
    /// With a client secret.
    ClientSecret(ClientSecretAuthentication),
    /// With a signed assertion.
    PrivateKeyJwt(PrivateKeyJwtAuthentication),
}

/// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
#[derive(Debug, Clone)]
pub struct ClientSecretAuthentication {
    secret: Key,
    placement: CredentialPlacement,
}

/// `private_key_jwt` (RFC 7523 section 2.2).
#[derive(Debug, Clone)]
pub struct PrivateKeyJwtAuthentication {
    secret: Key,
    key_id: Option<String>,
    key_format: KeyFormat,
    signing_algorithm: SigningAlgorithm,
    audience: Option<String>,
    lifetime_ms: u64,
}

/// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
#[Object]
impl ClientSecretAuthentication {
    /// Key of the stored secret.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.secret)
    }

    /// The stored secret.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "ClientSecretAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.secret.clone()).await.transpose()
    }

    /// Header or body.
    async fn placement(&self) -> CredentialPlacement {
        self.placement
    }
}

/// `private_key_jwt` (RFC 7523 section 2.2).
#[Object]
impl PrivateKeyJwtAuthentication {
    /// Key of the stored secret that holds the private key.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.secret)
    }

    /// The stored secret that holds the private key.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "PrivateKeyJwtAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.secret.clone()).await.transpose()
    }

    /// `kid` of the assertion's header; left out when null.
    async fn key_id(&self) -> Option<&String> {
        self.key_id.as_ref()
    }

    /// How the stored key is written.
    async fn key_format(&self) -> KeyFormat {
        self.key_format
    }

    /// `alg` of the assertion.
    async fn signing_algorithm(&self) -> SigningAlgorithm {
        self.signing_algorithm
    }

    /// `aud` of the assertion; the Access Token URL when null.
    async fn audience(&self) -> Option<&String> {
        self.audience.as_ref()
    }

    /// How long an assertion lives.
    async fn lifetime(&self) -> DurationText {
        DurationText::of_ms(self.lifetime_ms)
    }
}

impl From<&domain::ClientAuthentication> for ClientAuthentication {
    fn from(authentication: &domain::ClientAuthentication) -> Self {
        match authentication {
            domain::ClientAuthentication::ClientSecret { secret, placement } => {
                Self::ClientSecret(ClientSecretAuthentication {
                    secret: secret.clone(),
                    placement: (*placement).into(),
                })
            }
            domain::ClientAuthentication::PrivateKeyJwt {
                secret,
                key_id,
                key_format,
                signing_algorithm,
                audience,
                lifetime_ms,
            } => Self::PrivateKeyJwt(PrivateKeyJwtAuthentication {
                secret: secret.clone(),
                key_id: key_id.clone(),
                key_format: (*key_format).into(),
                signing_algorithm: (*signing_algorithm).into(),
                audience: audience.clone(),
                lifetime_ms: *lifetime_ms,
            }),
        }
    }
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, SimpleObject)]
pub struct Parameter {
    /// As it travels, not encoded.
    name: String,
    /// As it travels, not encoded.
    value: String,
    /// Where it travels.
    placement: ParameterPlacement,
}

impl From<&domain::Parameter> for Parameter {
    fn from(parameter: &domain::Parameter) -> Self {
        let placement = parameter.placement.into();
        Self { name: parameter.name.clone(), value: parameter.value.clone(), placement }
    }
}

/// How tokens are fetched and kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct TokenPolicy {
    /// Whether a token serves more than one request.
    cache: bool,
    /// How long before its end a token is no longer handed out.
    refresh_skew: DurationText,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    max_retries: i32,
    /// How long one token request may take.
    request_timeout: DurationText,
    /// Statuses of an API that mean "this token is not accepted".
    expired_status_codes: Vec<i32>,
}

impl From<&domain::TokenPolicy> for TokenPolicy {
    fn from(policy: &domain::TokenPolicy) -> Self {
        Self {
            cache: policy.cache,
            refresh_skew: DurationText::of_ms(policy.refresh_skew_ms),
            max_retries: int(policy.max_retries),
            request_timeout: DurationText::of_ms(policy.request_timeout_ms),
            expired_status_codes: policy.expired_status_codes.iter().map(|status| i32::from(*status)).collect(),
        }
    }
}

/// AireGlu's *Secret Configuration*: exactly one of the two.
#[derive(Debug, Clone, OneofObject)]
pub enum ClientAuthenticationInput {
    /// With a client secret.
    ClientSecret(ClientSecretInput),
    /// With a signed assertion.
    PrivateKeyJwt(PrivateKeyJwtInput),
}

/// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, InputObject)]
pub struct ClientSecretInput {
    /// Key of a stored secret.
    pub secret: KeyText,
    /// Header or body.
    #[graphql(default_with = "CredentialPlacement::BasicHeader")]
    pub placement: CredentialPlacement,
}

/// `private_key_jwt` (RFC 7523 section 2.2).
#[derive(Debug, Clone, InputObject)]
pub struct PrivateKeyJwtInput {
    /// Key of a stored secret that holds the private key.
    pub secret: KeyText,
    /// `kid` of the assertion's header; left out when null.
    pub key_id: Option<String>,
    /// How the stored key is written.
    #[graphql(default_with = "KeyFormat::Auto")]
    pub key_format: KeyFormat,
    /// `alg` of the assertion.
    pub signing_algorithm: SigningAlgorithm,
    /// `aud` of the assertion; the Access Token URL when null.
    pub audience: Option<String>,
    /// How long an assertion lives; a minute when null.
    pub lifetime: Option<DurationText>,
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, InputObject)]
pub struct ParameterInput {
    /// As it travels, not encoded.
    pub name: String,
    /// As it travels, not encoded.
    pub value: String,
    /// Where it travels.
    #[graphql(default_with = "ParameterPlacement::Body")]
    pub placement: ParameterPlacement,
}

/// How tokens are fetched and kept. On update an omitted field stays as it is; null stands for the default.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TokenPolicyInput {
    /// Whether a token serves more than one request.
    pub cache: async_graphql::MaybeUndefined<bool>,
    /// How long before its end a token is no longer handed out.
    pub refresh_skew: async_graphql::MaybeUndefined<DurationText>,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    pub max_retries: async_graphql::MaybeUndefined<i32>,
    /// How long one token request may take.
    pub request_timeout: async_graphql::MaybeUndefined<DurationText>,
    /// Statuses of an API that mean "this token is not accepted".
    pub expired_status_codes: async_graphql::MaybeUndefined<Vec<i32>>,
}
