//! `private_key_jwt`: a client assertion signed with the client's own key (RFC 7523 §2.2 and §3).

use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;

use super::CLIENT_ID;
use super::keys::ClientKey;
use super::refusal::TokenRefusal;
use super::state::{State, Use};

/// How far in the future an assertion may expire, in seconds.
const LIFETIME_SECONDS_MAX: i64 = 600;
/// How far the client's clock may be ahead of ours, in seconds.
const CLOCK_SKEW_SECONDS_MAX: i64 = 30;
/// Longest `jti` in bytes: the memory of used ones is bounded in bytes too.
const JTI_BYTES_MAX: usize = 256;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: String,
}

/// Accepts an assertion of the registered client, once.
pub(super) fn verify(state: &State, assertion: &str) -> Result<(), TokenRefusal> {
    let claims = signed_claims(state, assertion)?;
    if claims.iss != CLIENT_ID || claims.sub != CLIENT_ID {
        return Err(TokenRefusal::InvalidClient("iss and sub must be the client_id"));
    }
    let now = state.now().timestamp();
    if claims.exp <= now {
        return Err(TokenRefusal::InvalidClient("the assertion has expired"));
    }
    if claims.exp > now + LIFETIME_SECONDS_MAX {
        return Err(TokenRefusal::InvalidClient("the assertion lives longer than 10 minutes"));
    }
    let not_yet = now + CLOCK_SKEW_SECONDS_MAX;
    if claims.nbf.is_some_and(|nbf| nbf > not_yet) || claims.iat.is_some_and(|iat| iat > not_yet) {
        return Err(TokenRefusal::InvalidClient("the assertion is from the future"));
    }
    if claims.jti.is_empty() || claims.jti.len() > JTI_BYTES_MAX {
        return Err(TokenRefusal::InvalidClient("jti must have 1 to 256 bytes"));
    }
    match state.use_assertion(&claims.jti, claims.exp) {
        Use::First => Ok(()),
        Use::Again => Err(TokenRefusal::InvalidClient("the assertion was used before")),
        Use::NoRoom => Err(TokenRefusal::Busy),
    }
}

/// The claims, when one of the client's keys signed them for this issuer.
fn signed_claims(state: &State, assertion: &str) -> Result<Claims, TokenRefusal> {
    let header =
        decode_header(assertion).map_err(|_| TokenRefusal::InvalidClient("the assertion is not a readable JWT"))?;
    // jsonwebtoken ignores `crit`; RFC 7515 §4.1.11 has a JWS with an extension that is not understood refused.
    if header.crit.is_some() {
        return Err(TokenRefusal::InvalidClient("crit is not supported"));
    }
    let fits = |key: &ClientKey| match (&key.id, &header.kid) {
        (Some(known), Some(named)) => known == named,
        (None, _) | (_, None) => true,
    };
    let keys = state.client_keys();
    keys.iter()
        .filter(|key| fits(key) && key.algorithms.contains(&header.alg))
        .find_map(|key| decode::<Claims>(assertion, &key.key, &validation(state, key)).ok())
        .map(|token| token.claims)
        .ok_or(TokenRefusal::InvalidClient(
            "no registered key signed the assertion for this issuer with iss, sub, aud, exp and jti",
        ))
}

fn validation(state: &State, key: &ClientKey) -> Validation {
    let mut validation = Validation::default();
    validation.algorithms.clone_from(&key.algorithms);
    // Times are judged by `verify`: the crate reads the system clock, and allows 60 seconds.
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    validation.set_audience(&[state.issuer.clone(), state.token_endpoint()]);
    validation
}
