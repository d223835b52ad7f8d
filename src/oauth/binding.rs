//! What a token is bound to, so that it is worth nothing to whoever steals it: a key that is made for it (DPoP, RFC 9449)
//! or the certificate that the client authenticated itself with (RFC 8705 §3).
//!
//! Both are made once for a token request, however often it is repeated, and stay with the token.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::dpop::DpopKey;
use crate::domain::definition::{ClientAuthentication, ConnectionDefinition};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::net::ClientIdentity;

/// What must be shown to use a token, beside the token itself. `Debug` shows no key.
#[derive(Debug, Clone, Default)]
pub struct Binding {
    /// Signs a proof for each request.
    pub dpop: Option<Arc<DpopKey>>,
    /// Is presented in the TLS handshake. The issuer may have bound the token to it or not; showing it does no harm.
    pub identity: Option<ClientIdentity>,
}

impl Binding {
    /// What tokens of the connection are bound to: a new key, and the certificate in its secret.
    ///
    /// # Errors
    /// `KEY_INVALID` when no key could be made or the secret holds no certificate with its key.
    pub fn of(definition: &ConnectionDefinition, secret: &SecretString) -> Result<Self, AuthFailure> {
        let invalid = |problem: String| AuthFailure::new(AuthPhase::Assertion, AuthFailureReason::KeyInvalid, problem);
        let dpop =
            definition.dpop.map(DpopKey::generate).transpose().map_err(|problem| invalid(problem.to_string()))?;
        let identity = match &definition.authentication {
            ClientAuthentication::TlsClientAuth(_) => {
                let identity = ClientIdentity::from_pem(secret.expose_secret());
                Some(identity.map_err(|problem| invalid(format!("the stored client certificate {problem}")))?)
            }
            ClientAuthentication::ClientSecret(_)
            | ClientAuthentication::ClientSecretJwt(_)
            | ClientAuthentication::PrivateKeyJwt(_)
            | ClientAuthentication::None => None,
        };
        Ok(Self { dpop: dpop.map(Arc::new), identity })
    }
}
