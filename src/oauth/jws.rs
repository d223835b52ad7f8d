//! The compact form of a signed JSON object (RFC 7515 §3.1). What signs, and with what, is the caller's.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::key_problem::KeyProblem;

/// Writes `header.claims.signature`, each part as base64url; `sign` gets the exact bytes that stand before the signature.
pub(super) fn compact<H: Serialize, C: Serialize>(
    header: &H,
    claims: &C,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, KeyProblem>,
) -> Result<String, KeyProblem> {
    let mut text = encoded(header)?;
    text.push('.');
    text.push_str(&encoded(claims)?);
    let signature = sign(text.as_bytes())?;
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    Ok(text)
}

fn encoded<T: Serialize>(part: &T) -> Result<String, KeyProblem> {
    serde_json::to_vec(part).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(|_| KeyProblem::SigningFailed)
}
