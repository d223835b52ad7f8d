//! Reads the certificate that a task shows to its API from the secrets that hold it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::KeyRing;
use crate::domain::task_template::ClientCertificate;
use crate::domain::{FieldError, Key};
use crate::event_log::{Conn, DatabaseError};
use crate::net::ClientIdentity;
use crate::projections::secret_values::{self, SecretValueError};
use zeroize::Zeroizing;

/// Reads the certificate: PEM with certificates and private key, or PKCS#12 in base64.
///
/// # Errors
/// The database failed. What is wrong with the secrets is the inner error, at `clientCertificate` or
/// `clientCertificatePassword`; it repeats neither.
pub fn client_identity(
    conn: &mut Conn<'_>,
    keys: &KeyRing,
    certificate: &ClientCertificate,
) -> Result<Result<ClientIdentity, FieldError>, DatabaseError> {
    let text = match open(conn, keys, ("clientCertificate", &certificate.secret))? {
        Ok(text) => text,
        Err(error) => return Ok(Err(error)),
    };
    let password = match &certificate.password {
        None => Zeroizing::new(String::new()),
        Some(key) => match open(conn, keys, ("clientCertificatePassword", key))? {
            Ok(password) => password,
            Err(error) => return Ok(Err(error)),
        },
    };
    let invalid = |why: String| FieldError::at("clientCertificate", "CLIENT_CERTIFICATE_INVALID", why);
    if text.trim_start().starts_with("-----BEGIN ") {
        return Ok(ClientIdentity::from_pem(&text).map_err(|problem| invalid(problem.to_string())));
    }
    let packed: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
    let Ok(file) = STANDARD.decode(packed.as_bytes()).map(Zeroizing::new) else {
        return Ok(Err(invalid("the secret is neither PEM nor PKCS#12 in base64".to_owned())));
    };
    Ok(ClientIdentity::from_pkcs12(&file, &password).map_err(|problem| invalid(problem.to_string())))
}

fn open(
    conn: &mut Conn<'_>,
    keys: &KeyRing,
    (field, secret): (&str, &Key),
) -> Result<Result<Zeroizing<String>, FieldError>, DatabaseError> {
    match secret_values::open(conn, keys, secret) {
        Ok((_, value)) => Ok(Ok(value)),
        Err(SecretValueError::Missing) => {
            Ok(Err(FieldError::at(field, "UNKNOWN_SECRET", "there is no secret with this Key")))
        }
        Err(SecretValueError::Sealed(_)) => {
            let message = "the stored secret can't be unsealed; store it again";
            Ok(Err(FieldError::at(field, "SECRET_UNAVAILABLE", message)))
        }
        Err(SecretValueError::Database(error)) => Err(error),
    }
}
