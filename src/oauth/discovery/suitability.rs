//! Whether what an issuer lists goes with what a connection will do.
//!
//! Nothing here stops anything: lists are incomplete at many servers, and what is right is known to whoever registered the
//! client. A list that is absent says nothing.

use std::fmt;

use super::Metadata;
use crate::domain::definition::{
    ClientAuthentication, ConnectionDefinition, CredentialPlacement, DpopAlgorithm, HmacAlgorithm,
};
use crate::oauth::key_problem::algorithm_name;

/// What a person should know although it stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataWarning {
    /// `grant_types_supported` is there and has no `client_credentials`. Some servers grant it all the same.
    ClientCredentialsNotListed,
    /// `token_endpoint_auth_methods_supported` is there without the connection's method.
    AuthMethodNotListed(&'static str),
    /// `token_endpoint_auth_signing_alg_values_supported` is there without the algorithm of the client assertion.
    SigningAlgorithmNotListed(&'static str),
    /// `dpop_signing_alg_values_supported` is there without the algorithm of DPoP proofs.
    DpopAlgorithmNotListed(&'static str),
}

impl fmt::Display for MetadataWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Self::ClientCredentialsNotListed => ("grant type", "client_credentials"),
            Self::AuthMethodNotListed(method) => ("client authentication", *method),
            Self::SigningAlgorithmNotListed(algorithm) => ("assertion signing algorithm", *algorithm),
            Self::DpopAlgorithmNotListed(algorithm) => ("DPoP signing algorithm", *algorithm),
        };
        write!(f, "the issuer does not list the {kind} {name} among those it supports")
    }
}

impl Metadata {
    /// What this connection will do and the issuer does not list, with what is to be said about any connection.
    pub fn warnings_for(&self, definition: &ConnectionDefinition) -> Vec<MetadataWarning> {
        let authentication = &definition.authentication;
        let method = missing(self.auth_methods.as_ref(), Some(method(authentication)));
        let signing = missing(self.signing_algorithms.as_ref(), signing_algorithm(authentication));
        let dpop = missing(self.dpop_algorithms.as_ref(), definition.dpop.map(dpop_algorithm));
        let mut warnings = self.warnings.clone();
        warnings.extend(method.map(MetadataWarning::AuthMethodNotListed));
        warnings.extend(signing.map(MetadataWarning::SigningAlgorithmNotListed));
        warnings.extend(dpop.map(MetadataWarning::DpopAlgorithmNotListed));
        warnings
    }
}

/// The wanted name, if there is a list and it is not in it.
fn missing(listed: Option<&Vec<String>>, wanted: Option<&'static str>) -> Option<&'static str> {
    wanted.filter(|wanted| listed.is_some_and(|listed| !listed.iter().any(|name| name == wanted)))
}

/// The method as the registry of RFC 7591 §2 writes it.
fn method(authentication: &ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::ClientSecret(secret) => match secret.placement {
            CredentialPlacement::BasicHeader => "client_secret_basic",
            CredentialPlacement::RequestBody => "client_secret_post",
        },
        ClientAuthentication::ClientSecretJwt(_) => "client_secret_jwt",
        ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
        ClientAuthentication::TlsClientAuth(tls) if tls.self_signed => "self_signed_tls_client_auth",
        ClientAuthentication::TlsClientAuth(_) => "tls_client_auth",
        ClientAuthentication::None => "none",
    }
}

fn signing_algorithm(authentication: &ClientAuthentication) -> Option<&'static str> {
    match authentication {
        ClientAuthentication::ClientSecretJwt(jwt) => Some(match jwt.signing_algorithm {
            HmacAlgorithm::Hs256 => "HS256",
            HmacAlgorithm::Hs384 => "HS384",
            HmacAlgorithm::Hs512 => "HS512",
        }),
        ClientAuthentication::PrivateKeyJwt(jwt) => Some(algorithm_name(jwt.signing_algorithm)),
        ClientAuthentication::ClientSecret(_) | ClientAuthentication::TlsClientAuth(_) | ClientAuthentication::None => {
            None
        }
    }
}

fn dpop_algorithm(algorithm: DpopAlgorithm) -> &'static str {
    match algorithm {
        DpopAlgorithm::Es256 => "ES256",
        DpopAlgorithm::Es384 => "ES384",
        DpopAlgorithm::Eddsa => "EdDSA",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Issuer, Pins};
    use super::*;
    use crate::domain::definition::{ClientSecret, PrivateKeyJwt, SigningAlgorithm, TlsClientAuth};
    use crate::domain::{HttpUrl, Key};

    const NOTHING: [MetadataWarning; 0] = [];

    fn metadata(listed: &[&str]) -> Metadata {
        let list = Some(listed.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let pins = Pins {
            issuer: Issuer::parse("https://a.example").unwrap(),
            token_endpoint: HttpUrl::parse("https://a.example/token").unwrap(),
            mtls_token_endpoint: None,
        };
        Metadata {
            pins,
            grant_types: None,
            auth_methods: list.clone(),
            signing_algorithms: list.clone(),
            dpop_algorithms: list,
            warnings: vec![],
        }
    }

    fn connection(authentication: ClientAuthentication) -> ConnectionDefinition {
        let url = HttpUrl::parse("https://a.example/token").unwrap();
        ConnectionDefinition::new("A", "a", url, authentication)
    }

    fn secret() -> Key {
        Key::parse("s").unwrap()
    }

    #[test]
    fn a_method_that_is_not_listed_is_named() {
        let by_secret = |placement| ClientAuthentication::ClientSecret(ClientSecret::new(secret(), placement));
        let by_tls = |self_signed| ClientAuthentication::TlsClientAuth(TlsClientAuth { secret: secret(), self_signed });
        for (authentication, name) in [
            (by_secret(CredentialPlacement::BasicHeader), "client_secret_basic"),
            (by_secret(CredentialPlacement::RequestBody), "client_secret_post"),
            (by_tls(true), "self_signed_tls_client_auth"),
            (by_tls(false), "tls_client_auth"),
            (ClientAuthentication::None, "none"),
        ] {
            let definition = connection(authentication);
            assert_eq!(metadata(&[]).warnings_for(&definition), [MetadataWarning::AuthMethodNotListed(name)]);
            assert_eq!(metadata(&[name]).warnings_for(&definition), NOTHING);
        }
    }

    #[test]
    fn algorithms_that_are_not_listed_are_named() {
        let jwt = PrivateKeyJwt::new(secret(), SigningAlgorithm::Eddsa);
        let definition = ConnectionDefinition {
            dpop: Some(DpopAlgorithm::Es384),
            ..connection(ClientAuthentication::PrivateKeyJwt(jwt))
        };
        assert_eq!(
            metadata(&["private_key_jwt", "ES256"]).warnings_for(&definition),
            [MetadataWarning::SigningAlgorithmNotListed("EdDSA"), MetadataWarning::DpopAlgorithmNotListed("ES384")]
        );
        assert_eq!(metadata(&["private_key_jwt", "EdDSA", "ES384"]).warnings_for(&definition), NOTHING);
    }

    #[test]
    fn an_issuer_that_says_nothing_is_not_warned_about() {
        let silent = Metadata { auth_methods: None, signing_algorithms: None, dpop_algorithms: None, ..metadata(&[]) };
        let jwt = PrivateKeyJwt::new(secret(), SigningAlgorithm::Rs256);
        assert_eq!(silent.warnings_for(&connection(ClientAuthentication::PrivateKeyJwt(jwt))), NOTHING);
        let warned = Metadata { warnings: vec![MetadataWarning::ClientCredentialsNotListed], ..silent };
        let warnings = warned.warnings_for(&connection(ClientAuthentication::None));
        assert_eq!(
            warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["the issuer does not list the grant type client_credentials among those it supports"]
        );
    }
}
