//! Where a secret's value comes from. What is packed is opened here, at the border, so that no password is kept.

use async_graphql::{InputObject, OneofObject};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use super::super::errors::ApiError;
use super::super::scalars::SecretText;
use crate::domain::FieldError;
use crate::net::{IdentityProblem, pkcs12_to_pem};

/// Where a secret's value comes from: exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum SecretSourceInput {
    /// The value itself, to be sealed in Latchkey's database. Space or line ends around it are refused
    /// (`SURROUNDING_SPACE`), except around a PEM text or a JSON Web Key, where they mean nothing and are not kept. An empty
    /// value is `EMPTY`, one of white space only is `BLANK`.
    Value(SecretText),
    /// A certificate with its private key. It is kept as one PEM text; the password is not kept.
    Pkcs12(Pkcs12Input),
}

/// A PKCS#12 file (`.p12`, `.pfx`).
#[derive(Debug, InputObject)]
pub struct Pkcs12Input {
    /// The file in base64. It is a secret: like one, it has no way out.
    content: SecretText,
    /// What opens it; omitted for a file without a password.
    password: Option<SecretText>,
}

impl SecretSourceInput {
    /// The value to be kept.
    pub(super) async fn open(self) -> Result<Result<SecretString, FieldError>, ApiError> {
        let Pkcs12Input { content, password } = match self {
            Self::Value(SecretText(value)) => return Ok(Ok(value)),
            Self::Pkcs12(file) => file,
        };
        // Turning a password into a key is slow on purpose.
        let opened = tokio::task::spawn_blocking(move || {
            let packed: SecretString = content.0.expose_secret().split_whitespace().collect::<String>().into();
            let Ok(file) = STANDARD.decode(packed.expose_secret()) else {
                return Err(FieldError::at("source.pkcs12.content", "INVALID_BASE64", "is not base64"));
            };
            let file = zeroize::Zeroizing::new(file);
            let password = password.map(|password| password.0).unwrap_or_default();
            let text = pkcs12_to_pem(&file, password.expose_secret()).map_err(complaint)?;
            Ok(SecretString::from(text.as_str()))
        });
        opened.await.map_err(|error| ApiError::internal(&error))
    }
}

fn complaint(problem: IdentityProblem) -> FieldError {
    let (field, code) = match problem {
        IdentityProblem::WrongPassword => {
            let message = "does not open the file";
            return FieldError::at("source.pkcs12.password", "WRONG_PASSWORD", message);
        }
        IdentityProblem::TooLong => ("source.pkcs12.content", "TOO_LONG"),
        IdentityProblem::NotPkcs12 | IdentityProblem::UnsupportedEncryption => {
            ("source.pkcs12.content", "PKCS12_UNREADABLE")
        }
        IdentityProblem::Truncated
        | IdentityProblem::NoCertificate
        | IdentityProblem::TooManyCertificates
        | IdentityProblem::UnreadableCertificate
        | IdentityProblem::NoPrivateKey
        | IdentityProblem::SeveralPrivateKeys
        | IdentityProblem::EncryptedPrivateKey
        | IdentityProblem::UnreadablePrivateKey
        | IdentityProblem::KeyMismatch => ("source.pkcs12.content", "CERTIFICATE_INVALID"),
    };
    FieldError::at(field, code, problem.to_string())
}
