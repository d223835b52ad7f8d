//! Whether a stored value serves the method that a connection authenticates itself by: judged when either is saved, so that
//! nobody has to learn it from a failing request.

use crate::domain::definition::{ClientAuthentication, ClientSecretJwt, PrivateKeyJwt};
use crate::net::{ClientIdentity, IdentityProblem};
use crate::oauth::{KeyProblem, SecretKey, SigningKey};

/// Why a value does not serve a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unserviceable {
    /// Of the GraphQL error.
    pub code: &'static str,
    /// The input's field that it is about, below the method's own.
    pub field: &'static str,
    /// For people; never any part of the value.
    pub message: String,
}

/// Judges a value for a method.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn check(authentication: &ClientAuthentication, value: &str) -> Result<(), Unserviceable> {
    match authentication {
        ClientAuthentication::ClientSecret(_) | ClientAuthentication::None => Ok(()),
        ClientAuthentication::ClientSecretJwt(ClientSecretJwt { signing_algorithm, .. }) => {
            SecretKey::new(value, *signing_algorithm).map(drop).map_err(|problem| of_key(&problem))
        }
        ClientAuthentication::PrivateKeyJwt(jwt) => check_key(jwt, value),
        ClientAuthentication::TlsClientAuth(_) => {
            ClientIdentity::from_pem(value).map(drop).map_err(|problem| Unserviceable {
                code: of_identity(problem),
                field: "secret",
                message: format!("the stored value {problem}"),
            })
        }
    }
}

fn check_key(jwt: &PrivateKeyJwt, value: &str) -> Result<(), Unserviceable> {
    let key = SigningKey::parse(value, jwt.key_format, jwt.signing_algorithm).map_err(|problem| of_key(&problem))?;
    let field = match jwt {
        PrivateKeyJwt { x5t: true, .. } => "x5t",
        PrivateKeyJwt { x5t_s256: true, .. } => "x5tS256",
        _ => return Ok(()),
    };
    key.thumbprints().map(drop).map_err(|problem| Unserviceable { field, ..of_key(&problem) })
}

fn of_key(problem: &KeyProblem) -> Unserviceable {
    let (field, code) = match problem {
        KeyProblem::DoesNotFit { .. } => ("signingAlgorithm", "ALGORITHM_MISMATCH"),
        KeyProblem::FormatMismatch { .. } => ("keyFormat", "KEY_FORMAT_MISMATCH"),
        KeyProblem::SecretTooShort { .. } => ("secret", "SECRET_TOO_SHORT"),
        KeyProblem::NoCertificate => ("secret", "NO_CERTIFICATE"),
        KeyProblem::CertificateUnreadable => ("secret", "CERTIFICATE_INVALID"),
        KeyProblem::CertificateOfAnotherKey => ("secret", "CERTIFICATE_MISMATCH"),
        _ => ("secret", "PRIVATE_KEY_INVALID"),
    };
    Unserviceable { code, field, message: problem.to_string() }
}

fn of_identity(problem: IdentityProblem) -> &'static str {
    match problem {
        IdentityProblem::NoCertificate => "NO_CERTIFICATE",
        IdentityProblem::UnreadableCertificate | IdentityProblem::TooManyCertificates => "CERTIFICATE_INVALID",
        IdentityProblem::KeyMismatch => "CERTIFICATE_MISMATCH",
        IdentityProblem::NoPrivateKey
        | IdentityProblem::SeveralPrivateKeys
        | IdentityProblem::EncryptedPrivateKey
        | IdentityProblem::UnreadablePrivateKey => "PRIVATE_KEY_INVALID",
        IdentityProblem::TooLong
        | IdentityProblem::Truncated
        | IdentityProblem::NotPkcs12
        | IdentityProblem::WrongPassword
        | IdentityProblem::UnsupportedEncryption => "CLIENT_CERTIFICATE_INVALID",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Key;
    use crate::domain::definition::{AudienceSource, HmacAlgorithm, SigningAlgorithm, TlsClientAuth};

    const KEY: &str = include_str!("../../tests/keys/p256.pkcs8.pem");
    const CERTIFICATE: &str = include_str!("../../tests/keys/p256.certificate.pem");
    const OTHER_CERTIFICATE: &str = include_str!("../../tests/keys/ed25519.certificate.pem");

    fn secret() -> Key {
        Key::parse("s").unwrap()
    }

    fn named(x5t: bool, x5t_s256: bool) -> ClientAuthentication {
        let jwt = PrivateKeyJwt::new(secret(), SigningAlgorithm::Es256);
        ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt { x5t, x5t_s256, ..jwt })
    }

    fn refusal(authentication: &ClientAuthentication, value: &str) -> Option<(&'static str, &'static str)> {
        check(authentication, value).err().map(|refused| (refused.code, refused.field))
    }

    #[test]
    fn a_thumbprint_needs_the_certificate_of_the_key() {
        assert_eq!(refusal(&named(false, false), KEY), None);
        assert_eq!(refusal(&named(true, true), &format!("{KEY}{CERTIFICATE}")), None);
        assert_eq!(refusal(&named(true, true), KEY), Some(("NO_CERTIFICATE", "x5t")));
        assert_eq!(refusal(&named(false, true), KEY), Some(("NO_CERTIFICATE", "x5tS256")));
        let other = format!("{KEY}{OTHER_CERTIFICATE}");
        assert_eq!(refusal(&named(true, false), &other), Some(("CERTIFICATE_MISMATCH", "x5t")));
        let broken = format!("{KEY}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
        assert_eq!(refusal(&named(true, false), &broken), Some(("CERTIFICATE_INVALID", "x5t")));
        assert_eq!(refusal(&named(false, false), &broken), None);
    }

    #[test]
    fn a_client_secret_that_signs_is_as_long_as_its_hash() {
        let jwt = |signing_algorithm| {
            let (secret, audience, lifetime_ms) = (secret(), None, 60_000);
            let audience_source = AudienceSource::Automatic;
            let jwt = ClientSecretJwt { secret, signing_algorithm, audience, audience_source, lifetime_ms };
            ClientAuthentication::ClientSecretJwt(jwt)
        };
        for (algorithm, bytes) in [(HmacAlgorithm::Hs256, 32), (HmacAlgorithm::Hs384, 48), (HmacAlgorithm::Hs512, 64)] {
            assert_eq!(refusal(&jwt(algorithm), &"x".repeat(bytes)), None);
            let short = refusal(&jwt(algorithm), &"x".repeat(bytes - 1));
            assert_eq!(short, Some(("SECRET_TOO_SHORT", "secret")), "{algorithm:?}");
        }
    }

    #[test]
    fn a_client_certificate_comes_with_its_key() {
        let tls = ClientAuthentication::TlsClientAuth(TlsClientAuth { secret: secret(), self_signed: true });
        assert_eq!(refusal(&tls, &format!("{CERTIFICATE}{KEY}")), None);
        assert_eq!(refusal(&tls, KEY), Some(("NO_CERTIFICATE", "secret")));
        assert_eq!(refusal(&tls, CERTIFICATE), Some(("PRIVATE_KEY_INVALID", "secret")));
        assert_eq!(refusal(&tls, &format!("{OTHER_CERTIFICATE}{KEY}")), Some(("CERTIFICATE_MISMATCH", "secret")));
        assert_eq!(refusal(&tls, "-----BEGIN CERTIFICATE-----"), Some(("CLIENT_CERTIFICATE_INVALID", "secret")));
        let message = check(&tls, KEY).unwrap_err().message;
        assert_eq!(message, "the stored value has no certificate");
    }
}
