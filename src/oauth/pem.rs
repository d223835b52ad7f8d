//! Finds the private key and the certificates in a PEM text (RFC 7468) as people paste it: with other blocks around
//! them, with `\n` written out, or on one line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::key_problem::KeyProblem;
use crate::domain::definition::KeyFormat;

/// The content of a private key's block.
pub(super) struct PrivateKeyBlock {
    /// `Pkcs8Pem`, `Pkcs1Pem` or `Sec1Pem`.
    pub(super) format: KeyFormat,
    /// What stands between BEGIN and END.
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// Finds the first private key; blocks before it (EC PARAMETERS, certificates) are passed over.
pub(super) fn private_key(text: &str, expected: KeyFormat) -> Result<PrivateKeyBlock, KeyProblem> {
    let text = with_line_ends(text);
    let mut rest = text.as_str();
    let mut first_problem = None;
    while let Some(block) = next_block(rest)? {
        match judge(block.label, block.body) {
            Ok(format) => return decode(format, expected, block.body),
            Err(problem) => {
                first_problem.get_or_insert(problem);
            }
        }
        rest = block.after;
    }
    Err(first_problem.unwrap_or(KeyProblem::Unrecognised))
}

/// Finds all certificates, as DER.
pub(super) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, KeyProblem> {
    let text = with_line_ends(text);
    let mut rest = text.as_str();
    let mut found = Vec::new();
    while let Some(block) = next_block(rest).map_err(|_| KeyProblem::CertificateUnreadable)? {
        if matches!(block.label, "CERTIFICATE" | "X509 CERTIFICATE") {
            let packed: String = block.body.split_whitespace().collect();
            found.push(STANDARD.decode(packed).map_err(|_| KeyProblem::CertificateUnreadable)?);
        }
        rest = block.after;
    }
    Ok(found)
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
    after: &'a str,
}

fn next_block(text: &str) -> Result<Option<Block<'_>>, KeyProblem> {
    let Some((_, after)) = text.split_once("-----BEGIN ") else { return Ok(None) };
    let (label, after) = after.split_once("-----").ok_or(KeyProblem::Truncated)?;
    let (body, after) = after.split_once(&format!("-----END {label}-----")).ok_or(KeyProblem::Truncated)?;
    Ok(Some(Block { label, body, after }))
}

/// A line end that went through an environment variable or a JSON string is often written as two characters.
fn with_line_ends(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"))
}

fn judge(label: &str, body: &str) -> Result<KeyFormat, KeyProblem> {
    // RFC 1421 §4.6.1.1: how openssl marks an encrypted PKCS#1 or SEC1 key.
    let is_encrypted = body.contains("Proc-Type:");
    match label {
        "ENCRYPTED PRIVATE KEY" => Err(KeyProblem::Encrypted),
        "RSA PRIVATE KEY" | "EC PRIVATE KEY" if is_encrypted => Err(KeyProblem::Encrypted),
        "PRIVATE KEY" => Ok(KeyFormat::Pkcs8Pem),
        "RSA PRIVATE KEY" => Ok(KeyFormat::Pkcs1Pem),
        "EC PRIVATE KEY" => Ok(KeyFormat::Sec1Pem),
        "DSA PRIVATE KEY" | "OPENSSH PRIVATE KEY" => Err(KeyProblem::UnsupportedKind),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyProblem::PublicKey),
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" | "CERTIFICATE REQUEST" => {
            Err(KeyProblem::Certificate)
        }
        _ => Err(KeyProblem::NoPrivateKey),
    }
}

fn decode(format: KeyFormat, expected: KeyFormat, body: &str) -> Result<PrivateKeyBlock, KeyProblem> {
    if expected != KeyFormat::Auto && expected != format {
        return Err(KeyProblem::FormatMismatch { expected, found: format });
    }
    let packed: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    let der = STANDARD.decode(packed.as_bytes()).map_err(|_| KeyProblem::Unreadable { format })?;
    Ok(PrivateKeyBlock { format, der: Zeroizing::new(der) })
}
