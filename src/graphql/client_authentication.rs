//! AireGlu's *Secret Configuration*, on the way in and on the way out.

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, SimpleObject, Union};

use super::errors::Fallible;
use super::permission::{self, Permission, requires_permission};
use super::scalars::{DurationText, KeyText};
use super::secret::{Secret, find};
use crate::domain::definition as domain;

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

/// JWS algorithms for assertions that are signed with a client secret (RFC 7518 section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::HmacAlgorithm")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum HmacAlgorithm {
    #[graphql(name = "HS256")]
    Hs256,
    #[graphql(name = "HS384")]
    Hs384,
    #[graphql(name = "HS512")]
    Hs512,
}

/// Which of the usual values `aud` of an assertion has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::AudienceSource")]
pub enum AudienceSource {
    /// The issuer when the connection has one, else the Access Token URL.
    Automatic,
    /// The issuer.
    Issuer,
    /// The Access Token URL.
    TokenEndpoint,
}

/// AireGlu's *Secret Configuration*: how the client proves who it is.
#[derive(Debug, Clone, Union)]
pub enum ClientAuthentication {
    /// With a client secret.
    ClientSecret(ClientSecretAuthentication),
    /// With an assertion that is signed with a client secret.
    ClientSecretJwt(ClientSecretJwtAuthentication),
    /// With an assertion that is signed with a private key.
    PrivateKeyJwt(PrivateKeyJwtAuthentication),
    /// With a certificate in the TLS handshake.
    TlsClientAuth(TlsClientAuthentication),
    /// Not at all.
    None(PublicClientAuthentication),
}

/// `client_secret_basic` or `client_secret_post`.
#[derive(Debug, Clone)]
pub struct ClientSecretAuthentication(domain::ClientSecret);

/// `client_secret_jwt`.
#[derive(Debug, Clone)]
pub struct ClientSecretJwtAuthentication(domain::ClientSecretJwt);

/// `private_key_jwt`.
#[derive(Debug, Clone)]
pub struct PrivateKeyJwtAuthentication(domain::PrivateKeyJwt);

/// `tls_client_auth` or `self_signed_tls_client_auth`.
#[derive(Debug, Clone)]
pub struct TlsClientAuthentication(domain::TlsClientAuth);

/// `none`: a public client, which only says who it is (RFC 7591 section 2).
#[derive(Debug, Clone, SimpleObject)]
pub struct PublicClientAuthentication {
    /// The name of the method: `none`.
    method: &'static str,
}

/// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
#[Object]
impl ClientSecretAuthentication {
    /// Key of the stored secret.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.0.secret)
    }

    /// The stored secret.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "ClientSecretAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.0.secret.clone()).await.transpose()
    }

    /// Header or body.
    async fn placement(&self) -> CredentialPlacement {
        self.0.placement.into()
    }

    /// Whether id and secret are form-encoded in the header, as RFC 6749 section 2.3.1 says.
    async fn form_encode(&self) -> bool {
        self.0.form_encode
    }

    /// Whether `client_id` is in the body as well as in the header.
    async fn client_id_in_body(&self) -> bool {
        self.0.client_id_in_body
    }
}

/// `client_secret_jwt` (RFC 7523 section 2.2, OpenID Connect Core section 9).
#[Object]
impl ClientSecretJwtAuthentication {
    /// Key of the stored secret.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.0.secret)
    }

    /// The stored secret.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "ClientSecretJwtAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.0.secret.clone()).await.transpose()
    }

    /// `alg` of the assertion.
    async fn signing_algorithm(&self) -> HmacAlgorithm {
        self.0.signing_algorithm.into()
    }

    /// `aud` of the assertion, when it is none of the usual ones.
    async fn audience(&self) -> Option<&String> {
        self.0.audience.as_ref()
    }

    /// Which of the usual audiences it is.
    async fn audience_source(&self) -> AudienceSource {
        self.0.audience_source.into()
    }

    /// How long an assertion lives.
    async fn lifetime(&self) -> DurationText {
        DurationText::of_ms(self.0.lifetime_ms)
    }
}

/// `private_key_jwt` (RFC 7523 section 2.2).
#[Object]
impl PrivateKeyJwtAuthentication {
    /// Key of the stored secret that holds the private key.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.0.secret)
    }

    /// The stored secret that holds the private key.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "PrivateKeyJwtAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.0.secret.clone()).await.transpose()
    }

    /// `kid` of the assertion's header; left out when null.
    async fn key_id(&self) -> Option<&String> {
        self.0.key_id.as_ref()
    }

    /// How the stored key is written.
    async fn key_format(&self) -> KeyFormat {
        self.0.key_format.into()
    }

    /// `alg` of the assertion.
    async fn signing_algorithm(&self) -> SigningAlgorithm {
        self.0.signing_algorithm.into()
    }

    /// `aud` of the assertion, when it is none of the usual ones.
    async fn audience(&self) -> Option<&String> {
        self.0.audience.as_ref()
    }

    /// Which of the usual audiences it is.
    async fn audience_source(&self) -> AudienceSource {
        self.0.audience_source.into()
    }

    /// How long an assertion lives.
    async fn lifetime(&self) -> DurationText {
        DurationText::of_ms(self.0.lifetime_ms)
    }

    /// Whether the header has `x5t`, the certificate's SHA-1 thumbprint (RFC 7515 section 4.1.7).
    async fn x5t(&self) -> bool {
        self.0.x5t
    }

    /// Whether the header has `x5t#S256` (RFC 7515 section 4.1.8).
    #[graphql(name = "x5tS256")]
    async fn x5t_s256(&self) -> bool {
        self.0.x5t_s256
    }
}

/// `tls_client_auth` or `self_signed_tls_client_auth` (RFC 8705 section 2).
#[Object]
impl TlsClientAuthentication {
    /// Key of the stored secret that holds certificate and private key.
    async fn secret_key(&self) -> KeyText {
        KeyText::from(&self.0.secret)
    }

    /// The stored secret that holds certificate and private key.
    #[graphql(directive = requires_permission::apply(Permission::ViewSecret))]
    async fn secret(&self, ctx: &Context<'_>) -> Fallible<Secret> {
        if let Err(refusal) = permission::check(ctx, "TlsClientAuthentication") {
            return Some(Err(refusal));
        }
        find(ctx, self.0.secret.clone()).await.transpose()
    }

    /// Whether the issuer knows the certificate itself rather than who signed it.
    async fn self_signed(&self) -> bool {
        self.0.self_signed
    }
}

impl From<&domain::ClientAuthentication> for ClientAuthentication {
    fn from(authentication: &domain::ClientAuthentication) -> Self {
        match authentication.clone() {
            domain::ClientAuthentication::ClientSecret(it) => Self::ClientSecret(ClientSecretAuthentication(it)),
            domain::ClientAuthentication::ClientSecretJwt(it) => {
                Self::ClientSecretJwt(ClientSecretJwtAuthentication(it))
            }
            domain::ClientAuthentication::PrivateKeyJwt(it) => Self::PrivateKeyJwt(PrivateKeyJwtAuthentication(it)),
            domain::ClientAuthentication::TlsClientAuth(it) => Self::TlsClientAuth(TlsClientAuthentication(it)),
            domain::ClientAuthentication::None => Self::None(PublicClientAuthentication { method: "none" }),
        }
    }
}

/// AireGlu's *Secret Configuration*: exactly one of the fields.
#[derive(Debug, Clone, OneofObject)]
pub enum ClientAuthenticationInput {
    /// With a client secret.
    ClientSecret(ClientSecretInput),
    /// With an assertion that is signed with a client secret.
    ClientSecretJwt(ClientSecretJwtInput),
    /// With an assertion that is signed with a private key.
    PrivateKeyJwt(PrivateKeyJwtInput),
    /// With a certificate in the TLS handshake.
    TlsClientAuth(TlsClientAuthInput),
    /// Not at all: a public client. Must be true.
    None(bool),
}

/// `client_secret_basic` or `client_secret_post` (RFC 6749 section 2.3.1).
#[derive(Debug, Clone, InputObject)]
pub struct ClientSecretInput {
    /// Key of a stored secret.
    pub secret: KeyText,
    /// Header or body.
    #[graphql(default_with = "CredentialPlacement::BasicHeader")]
    pub placement: CredentialPlacement,
    /// Whether id and secret are form-encoded in the header. False is for servers that don't decode them.
    #[graphql(default = true)]
    pub form_encode: bool,
    /// Whether `client_id` is in the body as well as in the header.
    #[graphql(default = false)]
    pub client_id_in_body: bool,
}

/// `client_secret_jwt` (RFC 7523 section 2.2, OpenID Connect Core section 9).
#[derive(Debug, Clone, InputObject)]
pub struct ClientSecretJwtInput {
    /// Key of a stored secret.
    pub secret: KeyText,
    /// `alg` of the assertion.
    #[graphql(default_with = "HmacAlgorithm::Hs256")]
    pub signing_algorithm: HmacAlgorithm,
    /// `aud` of the assertion, when it is none of the usual ones.
    pub audience: Option<String>,
    /// Which of the usual audiences it is.
    #[graphql(default_with = "AudienceSource::Automatic")]
    pub audience_source: AudienceSource,
    /// How long an assertion lives; a minute when null.
    pub lifetime: Option<DurationText>,
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
    /// `aud` of the assertion, when it is none of the usual ones.
    pub audience: Option<String>,
    /// Which of the usual audiences it is.
    #[graphql(default_with = "AudienceSource::Automatic")]
    pub audience_source: AudienceSource,
    /// How long an assertion lives; a minute when null.
    pub lifetime: Option<DurationText>,
    /// Whether the header has `x5t`; the secret then holds the certificate as well (Entra ID needs it).
    #[graphql(default = false)]
    pub x5t: bool,
    /// Whether the header has `x5t#S256`; the secret then holds the certificate as well.
    #[graphql(name = "x5tS256", default = false)]
    pub x5t_s256: bool,
}

/// `tls_client_auth` or `self_signed_tls_client_auth` (RFC 8705 section 2).
#[derive(Debug, Clone, InputObject)]
pub struct TlsClientAuthInput {
    /// Key of a stored secret that holds certificate and private key.
    pub secret: KeyText,
    /// Whether the issuer knows the certificate itself rather than who signed it.
    #[graphql(default = false)]
    pub self_signed: bool,
}
