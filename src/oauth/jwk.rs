//! Reads a private JSON Web Key (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use num_bigint::BigUint;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::key_pair::KeyPair;
use super::key_problem::KeyProblem;
use super::private_key::{RSA_BITS_MIN, rsa_problem};
use crate::domain::definition::KeyFormat;

/// Longest RSA modulus in bytes that is looked at: 8192 bits.
const RSA_MODULUS_BYTES_MAX: usize = 1_024;

/// The members that a private key may have. No `Debug`: nothing here may be printed.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<SecretString>,
    p: Option<SecretString>,
    q: Option<SecretString>,
    dp: Option<SecretString>,
    dq: Option<SecretString>,
    qi: Option<SecretString>,
}

type Bytes = Zeroizing<Vec<u8>>;

/// Reads a JSON Web Key.
pub(super) fn key_pair(text: &str) -> Result<KeyPair, KeyProblem> {
    let jwk: Jwk = serde_json::from_str(text).map_err(|_| KeyProblem::Unreadable { format: KeyFormat::Jwk })?;
    let curve = jwk.crv.as_deref();
    match (jwk.kty.as_str(), curve) {
        ("RSA", _) => rsa(&jwk).map(KeyPair::Rsa),
        ("EC", Some("P-256")) => ec(&jwk, &ECDSA_P256_SHA256_FIXED_SIGNING, 32).map(KeyPair::P256),
        ("EC", Some("P-384")) => ec(&jwk, &ECDSA_P384_SHA384_FIXED_SIGNING, 48).map(KeyPair::P384),
        ("EC", Some("P-521")) => ec(&jwk, &ECDSA_P521_SHA512_FIXED_SIGNING, 66).map(KeyPair::P521),
        ("OKP", Some("Ed25519")) => ed25519(&jwk).map(KeyPair::Ed25519),
        ("EC" | "OKP", None) => Err(KeyProblem::JwkMember { member: "crv" }),
        _ => Err(KeyProblem::UnsupportedKind),
    }
}

/// The certificates of `x5c` (RFC 7517 §4.7) as DER; none when the key has no such member.
pub(super) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, KeyProblem> {
    #[derive(Deserialize)]
    struct Chain {
        x5c: Option<Vec<String>>,
    }
    let chain: Chain = serde_json::from_str(text).map_err(|_| KeyProblem::CertificateUnreadable)?;
    // Not base64url, unlike everything else in the key.
    let decoded = chain.x5c.into_iter().flatten().map(|certificate| STANDARD.decode(certificate));
    decoded.collect::<Result<_, _>>().map_err(|_| KeyProblem::CertificateUnreadable)
}

fn ec(jwk: &Jwk, curve: &'static EcdsaSigningAlgorithm, size: usize) -> Result<EcdsaKeyPair, KeyProblem> {
    let d = sized(&private(jwk)?, size, "d")?;
    let x = sized(&member("x", jwk.x.as_deref())?, size, "x")?;
    let y = sized(&member("y", jwk.y.as_deref())?, size, "y")?;
    // SEC 1 §2.3.3: an uncompressed point.
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point).map_err(|_| KeyProblem::Inconsistent)
}

fn ed25519(jwk: &Jwk) -> Result<Ed25519KeyPair, KeyProblem> {
    let seed = sized(&private(jwk)?, 32, "d")?;
    let public = sized(&member("x", jwk.x.as_deref())?, 32, "x")?;
    Ed25519KeyPair::from_seed_and_public_key(&seed, &public).map_err(|_| KeyProblem::Inconsistent)
}

fn rsa(jwk: &Jwk) -> Result<RsaKeyPair, KeyProblem> {
    let d = private(jwk)?;
    let n = member("n", jwk.n.as_deref())?;
    let e = member("e", jwk.e.as_deref())?;
    if n.len() > RSA_MODULUS_BYTES_MAX || e.len() > RSA_MODULUS_BYTES_MAX || d.len() > RSA_MODULUS_BYTES_MAX {
        return Err(KeyProblem::RsaTooLong);
    }
    let modulus = BigUint::from_bytes_be(&n);
    if modulus.bits() < RSA_BITS_MIN {
        return Err(KeyProblem::RsaTooShort);
    }
    let exponent = BigUint::from_bytes_be(&e);
    let recovered = || recovered_factors(&modulus, &exponent, &BigUint::from_bytes_be(&d));
    let factors = given_factors(jwk)?.or_else(recovered).ok_or(KeyProblem::Inconsistent)?;
    // Some libraries write a zero in front, against RFC 7518 §6.3.1.1; the one that signs refuses it.
    let (n, e) = (modulus.to_bytes_be(), exponent.to_bytes_be());
    let components = KeyPairComponents {
        public_key: PublicKeyComponents { n: n.as_slice(), e: e.as_slice() },
        d: d.as_slice(),
        p: factors.p.as_slice(),
        q: factors.q.as_slice(),
        dP: factors.dp.as_slice(),
        dQ: factors.dq.as_slice(),
        qInv: factors.qi.as_slice(),
    };
    RsaKeyPair::from_components(&components)
        .map_err(|rejected| rsa_problem(rejected).unwrap_or(KeyProblem::Inconsistent))
}

struct Factors {
    p: Bytes,
    q: Bytes,
    dp: Bytes,
    dq: Bytes,
    qi: Bytes,
}

/// The factors as they stand in the key: RFC 7518 §6.3.2 wants all five or none.
fn given_factors(jwk: &Jwk) -> Result<Option<Factors>, KeyProblem> {
    let (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) = (&jwk.p, &jwk.q, &jwk.dp, &jwk.dq, &jwk.qi) else {
        return Ok(None);
    };
    Ok(Some(Factors {
        p: secret("p", p)?,
        q: secret("q", q)?,
        dp: secret("dp", dp)?,
        dq: secret("dq", dq)?,
        qi: secret("qi", qi)?,
    }))
}

/// Recovers the prime factors from the exponents: NIST SP 800-56B Rev. 2, appendix C.2.
///
/// RFC 7518 §6.3.2 lets a key leave them out, but the signing library wants them. `None` when the numbers are no key.
#[expect(clippy::many_single_char_names, reason = "the names are the RFC's own")]
fn recovered_factors(n: &BigUint, e: &BigUint, d: &BigUint) -> Option<Factors> {
    let one = BigUint::from(1_u8);
    let zero = BigUint::ZERO;
    let multiple = e * d;
    if multiple <= one {
        return None;
    }
    let multiple = multiple - &one;
    let totient_multiple = &multiple * greatest_common_divisor(n - &one, multiple.clone());
    let (dividend, divisor) = (n - &totient_multiple % n, totient_multiple / n + &one);
    let (sum, remainder) = (&dividend / &divisor + &one, dividend % divisor);
    let (square, four_n) = (&sum * &sum, n * 4_u8);
    if remainder != zero || square <= four_n {
        return None;
    }
    let root = (square - four_n).sqrt();
    let (p, q) = ((&sum + &root) / 2_u8, (sum - root) / 2_u8);
    if &p * &q != *n || q <= one {
        return None;
    }
    let qi = q.modinv(&p)?;
    let bytes = |number: BigUint| Zeroizing::new(number.to_bytes_be());
    Some(Factors { dp: bytes(d % (&p - &one)), dq: bytes(d % (&q - &one)), qi: bytes(qi), p: bytes(p), q: bytes(q) })
}

fn greatest_common_divisor(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn private(jwk: &Jwk) -> Result<Bytes, KeyProblem> {
    match &jwk.d {
        Some(d) => secret("d", d),
        None => Err(KeyProblem::PublicKey),
    }
}

fn secret(name: &'static str, value: &SecretString) -> Result<Bytes, KeyProblem> {
    member(name, Some(value.expose_secret()))
}

fn member(name: &'static str, value: Option<&str>) -> Result<Bytes, KeyProblem> {
    let problem = KeyProblem::JwkMember { member: name };
    let Some(text) = value.filter(|text| !text.is_empty()) else { return Err(problem) };
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map(Zeroizing::new).map_err(|_| problem)
}

/// Fills up with zeros in front: some libraries strip them, against RFC 7518 §6.2.2.1.
fn sized(bytes: &[u8], size: usize, name: &'static str) -> Result<Bytes, KeyProblem> {
    let missing = size.checked_sub(bytes.len()).ok_or(KeyProblem::JwkMember { member: name })?;
    Ok(Zeroizing::new([vec![0; missing].as_slice(), bytes].concat()))
}
