use std::collections::HashSet;

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use super::*;

const RSA_PKCS1: &str = include_str!("../../../tests/keys/rsa-2048.pkcs1.pem");
const RSA_PKCS8: &str = include_str!("../../../tests/keys/rsa-2048.pkcs8.pem");
const RSA_JWK: &str = include_str!("../../../tests/keys/rsa-2048.jwk.json");
const RSA_JWK_SHORT: &str = include_str!("../../../tests/keys/rsa-2048-without-factors.jwk.json");
const RSA_PUBLIC: &str = include_str!("../../../tests/keys/rsa-2048.public.pem");
const RSA_CERTIFICATE: &str = include_str!("../../../tests/keys/rsa-2048.certificate.pem");
const RSA_ENCRYPTED: &str = include_str!("../../../tests/keys/rsa-2048.encrypted.pkcs1.pem");
const RSA_1024: &str = include_str!("../../../tests/keys/rsa-1024.pkcs1.pem");
const P256_SEC1: &str = include_str!("../../../tests/keys/p256.sec1.pem");
const P256_PKCS8: &str = include_str!("../../../tests/keys/p256.pkcs8.pem");
const P256_JWK: &str = include_str!("../../../tests/keys/p256.jwk.json");
const P256_PUBLIC: &str = include_str!("../../../tests/keys/p256.public.pem");
const P256_ENCRYPTED: &str = include_str!("../../../tests/keys/p256.encrypted.pkcs8.pem");
const P384_SEC1: &str = include_str!("../../../tests/keys/p384.sec1.pem");
const P384_JWK: &str = include_str!("../../../tests/keys/p384.jwk.json");
const P384_PUBLIC: &str = include_str!("../../../tests/keys/p384.public.pem");
const P521_SEC1: &str = include_str!("../../../tests/keys/p521.sec1.pem");
const SECP256K1: &str = include_str!("../../../tests/keys/secp256k1.sec1.pem");
const P521_PKCS8: &str = include_str!("../../../tests/keys/p521.pkcs8.pem");
const P521_JWK: &str = include_str!("../../../tests/keys/p521.jwk.json");
const P521_PUBLIC: &str = include_str!("../../../tests/keys/p521.public.pem");
const P521_CERTIFICATE: &str = include_str!("../../../tests/keys/p521.certificate.pem");
const P256_CERTIFICATE: &str = include_str!("../../../tests/keys/p256.certificate.pem");
const ED25519_CERTIFICATE: &str = include_str!("../../../tests/keys/ed25519.certificate.pem");
const ED25519_PKCS8: &str = include_str!("../../../tests/keys/ed25519.pkcs8.pem");
const ED25519_JWK: &str = include_str!("../../../tests/keys/ed25519.jwk.json");
const ED25519_PUBLIC: &str = include_str!("../../../tests/keys/ed25519.public.pem");

fn problem(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) -> KeyProblem {
    SigningKey::parse(text, format, algorithm).unwrap_err()
}

/// Signs with the private text and verifies with the public one, by another library where it knows the algorithm.
fn signs(text: &str, format: KeyFormat, algorithm: SigningAlgorithm) {
    let key = SigningKey::parse(text, format, algorithm).unwrap();
    let jwt = key.sign(&json!({ "sub": "me" }), KeyNames { key_id: Some("k1"), ..KeyNames::default() }).unwrap();
    let (public, theirs) = match algorithm {
        SigningAlgorithm::Rs256 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::RS256),
        SigningAlgorithm::Rs384 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::RS384),
        SigningAlgorithm::Rs512 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::RS512),
        SigningAlgorithm::Ps256 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::PS256),
        SigningAlgorithm::Ps384 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::PS384),
        SigningAlgorithm::Ps512 => (DecodingKey::from_rsa_pem(RSA_PUBLIC.as_bytes()), Algorithm::PS512),
        SigningAlgorithm::Es256 => (DecodingKey::from_ec_pem(P256_PUBLIC.as_bytes()), Algorithm::ES256),
        SigningAlgorithm::Es384 => (DecodingKey::from_ec_pem(P384_PUBLIC.as_bytes()), Algorithm::ES384),
        SigningAlgorithm::Eddsa => (DecodingKey::from_ed_pem(ED25519_PUBLIC.as_bytes()), Algorithm::EdDSA),
        SigningAlgorithm::Es512 => return verify_es512(&jwt),
    };
    let mut validation = Validation::new(theirs);
    validation.required_spec_claims = HashSet::new();
    let token = jsonwebtoken::decode::<Value>(&jwt, &public.unwrap(), &validation).unwrap();
    assert_eq!(token.claims, json!({ "sub": "me" }));
    assert_eq!(token.header.kid.as_deref(), Some("k1"));
    assert_eq!(token.header.typ.as_deref(), Some("JWT"));
}

/// jsonwebtoken has no P-521. The public key is what openssl wrote.
fn verify_es512(jwt: &str) {
    let public: String = P521_PUBLIC.lines().filter(|line| !line.starts_with("-----")).collect();
    // The last 133 bytes of the `SubjectPublicKeyInfo` are the point.
    let public = STANDARD.decode(public).unwrap().split_off(25);
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    // RFC 7518 §3.4: 66 bytes each for R and S.
    assert_eq!((public.len(), signature.len()), (133, 132));
    let public = UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, public);
    public.verify(message.as_bytes(), &signature).unwrap();
    let (header, claims) = message.split_once('.').unwrap();
    let read = |part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    assert_eq!(read(header), json!({ "typ": "JWT", "alg": "ES512", "kid": "k1" }));
    assert_eq!(read(claims), json!({ "sub": "me" }));
}

/// The header of a JWT that is signed under these names.
fn header(text: &str, names: KeyNames<'_>) -> Value {
    let key = SigningKey::parse(text, KeyFormat::Auto, SigningAlgorithm::Rs256).unwrap();
    let jwt = key.sign(&json!({}), names).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap()).unwrap()
}

#[test]
fn an_rsa_key_signs_whichever_way_it_is_written() {
    for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Rs384, SigningAlgorithm::Rs512] {
        signs(RSA_PKCS8, KeyFormat::Pkcs8Pem, algorithm);
        signs(RSA_PKCS1, KeyFormat::Pkcs1Pem, algorithm);
    }
    for algorithm in [SigningAlgorithm::Ps256, SigningAlgorithm::Ps384, SigningAlgorithm::Ps512] {
        signs(RSA_JWK, KeyFormat::Jwk, algorithm);
        signs(RSA_JWK_SHORT, KeyFormat::Auto, algorithm);
        signs(&RSA_JWK.replace("\"AQAB\"", "\"AAEAAQ\""), KeyFormat::Auto, algorithm);
    }
}

#[test]
fn an_elliptic_curve_key_signs_whichever_way_it_is_written() {
    signs(P256_SEC1, KeyFormat::Sec1Pem, SigningAlgorithm::Es256);
    signs(P256_SEC1, KeyFormat::Auto, SigningAlgorithm::Es256);
    signs(P256_PKCS8, KeyFormat::Pkcs8Pem, SigningAlgorithm::Es256);
    signs(P256_JWK, KeyFormat::Jwk, SigningAlgorithm::Es256);
    signs(P384_SEC1, KeyFormat::Auto, SigningAlgorithm::Es384);
    signs(P384_JWK, KeyFormat::Auto, SigningAlgorithm::Es384);
    signs(P521_SEC1, KeyFormat::Sec1Pem, SigningAlgorithm::Es512);
    signs(P521_PKCS8, KeyFormat::Pkcs8Pem, SigningAlgorithm::Es512);
    signs(P521_JWK, KeyFormat::Jwk, SigningAlgorithm::Es512);
    signs(ED25519_PKCS8, KeyFormat::Auto, SigningAlgorithm::Eddsa);
    signs(ED25519_JWK, KeyFormat::Auto, SigningAlgorithm::Eddsa);
}

#[test]
fn line_ends_may_be_lost_or_written_out() {
    signs(&RSA_PKCS8.replace('\n', "\\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
    signs(&RSA_PKCS8.replace('\n', "\\r\\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
    signs(&RSA_PKCS8.replace('\n', "\r\n"), KeyFormat::Auto, SigningAlgorithm::Rs256);
    signs(&P521_SEC1.replace('\n', "\\n"), KeyFormat::Auto, SigningAlgorithm::Es512);
    signs(&P256_PKCS8.replace('\n', " "), KeyFormat::Auto, SigningAlgorithm::Es256);
    signs(&format!("\n  {P256_PKCS8}\n\n"), KeyFormat::Auto, SigningAlgorithm::Es256);
}

#[test]
fn a_certificate_beside_the_key_is_passed_over() {
    signs(&format!("{RSA_CERTIFICATE}{RSA_PKCS8}"), KeyFormat::Auto, SigningAlgorithm::Rs256);
}

#[test]
fn the_certificate_beside_the_key_is_named_by_its_thumbprints() {
    let named = |text: &str, algorithm| SigningKey::parse(text, KeyFormat::Auto, algorithm).unwrap().thumbprints();
    // As `openssl dgst` has them, of the certificate's DER.
    let of_rsa = Thumbprints {
        x5t: "wIx5_RtdP8QDyZFn0ycK70tgbQE".to_owned(),
        x5t_s256: "8p62UYXFZXEl2AIATt_ycEZOvGmSSWy58vpirN38k-Y".to_owned(),
    };
    let rs256 = SigningAlgorithm::Rs256;
    assert_eq!(named(&format!("{RSA_PKCS8}{RSA_CERTIFICATE}"), rs256), Ok(of_rsa.clone()));
    assert_eq!(named(&format!("{RSA_CERTIFICATE}{RSA_PKCS1}").replace('\n', "\\n"), rs256), Ok(of_rsa.clone()));
    // A chain, in whatever order it was pasted.
    assert_eq!(named(&format!("{RSA_PKCS8}{P256_CERTIFICATE}{RSA_CERTIFICATE}"), rs256), Ok(of_rsa.clone()));
    let certificate: String = RSA_CERTIFICATE.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
    jwk["x5c"] = json!([certificate]);
    assert_eq!(named(&jwk.to_string(), rs256), Ok(of_rsa));
    let x5t = |text: String, algorithm| named(&text, algorithm).unwrap().x5t;
    assert_eq!(x5t(format!("{P256_CERTIFICATE}{P256_SEC1}"), SigningAlgorithm::Es256), "2_JhxLTZDp6-woH8U66_wQacJsA");
    assert!(named(&format!("{P521_CERTIFICATE}{P521_SEC1}"), SigningAlgorithm::Es512).is_ok());
    assert!(named(&format!("{ED25519_CERTIFICATE}{ED25519_PKCS8}"), SigningAlgorithm::Eddsa).is_ok());
}

#[test]
fn a_certificate_that_is_absent_foreign_or_damaged_is_told_only_when_it_is_asked_for() {
    let told = |text: &str| {
        let key = SigningKey::parse(text, KeyFormat::Auto, SigningAlgorithm::Rs256).unwrap();
        assert!(key.sign(&json!({}), KeyNames::default()).is_ok());
        key.thumbprints().unwrap_err()
    };
    assert_eq!(told(RSA_PKCS8), KeyProblem::NoCertificate);
    assert_eq!(told(RSA_JWK), KeyProblem::NoCertificate);
    assert_eq!(told(&format!("{RSA_PKCS8}{P256_CERTIFICATE}")), KeyProblem::CertificateOfAnotherKey);
    let cut_off = RSA_CERTIFICATE.split_at(RSA_CERTIFICATE.len() - 40).0;
    assert_eq!(told(&format!("{RSA_PKCS8}{cut_off}")), KeyProblem::CertificateUnreadable);
    let line_missing: String = RSA_CERTIFICATE.lines().filter(|line| !line.starts_with("MII")).collect();
    assert_eq!(told(&format!("{RSA_PKCS8}{line_missing}")), KeyProblem::CertificateUnreadable);
    let mut jwk: Value = serde_json::from_str(RSA_JWK).unwrap();
    jwk["x5c"] = json!(["!"]);
    assert_eq!(told(&jwk.to_string()), KeyProblem::CertificateUnreadable);
}

#[test]
fn the_header_has_the_names_that_are_given_and_no_others() {
    assert_eq!(header(RSA_PKCS8, KeyNames::default()), json!({ "typ": "JWT", "alg": "RS256" }));
    let empty = KeyNames { key_id: Some(""), ..KeyNames::default() };
    assert_eq!(header(RSA_PKCS8, empty), json!({ "typ": "JWT", "alg": "RS256" }));
    let all = KeyNames { key_id: Some("k"), x5t: Some("a"), x5t_s256: Some("b") };
    let expected = json!({ "typ": "JWT", "alg": "RS256", "kid": "k", "x5t": "a", "x5t#S256": "b" });
    assert_eq!(header(RSA_PKCS8, all), expected);
}

#[test]
fn a_key_that_does_not_fit_the_algorithm_is_refused_naming_both() {
    let message = |text, algorithm| problem(text, KeyFormat::Auto, algorithm).to_string();
    assert_eq!(message(RSA_PKCS8, SigningAlgorithm::Es256), "ES256 needs a P-256 key, this is an RSA key of 2048 bits");
    assert_eq!(message(P256_SEC1, SigningAlgorithm::Es384), "ES384 needs a P-384 key, this is a P-256 key");
    assert_eq!(message(P384_SEC1, SigningAlgorithm::Es512), "ES512 needs a P-521 key, this is a P-384 key");
    assert_eq!(message(P521_PKCS8, SigningAlgorithm::Es256), "ES256 needs a P-256 key, this is a P-521 key");
    assert_eq!(message(P384_JWK, SigningAlgorithm::Ps512), "PS512 needs an RSA key, this is a P-384 key");
    assert_eq!(message(ED25519_JWK, SigningAlgorithm::Rs256), "RS256 needs an RSA key, this is an Ed25519 key");
    assert_eq!(
        message(RSA_JWK, SigningAlgorithm::Eddsa),
        "EdDSA needs an Ed25519 key, this is an RSA key of 2048 bits"
    );
}

#[test]
fn another_format_than_the_one_chosen_is_refused() {
    let mismatch = |expected, found| KeyProblem::FormatMismatch { expected, found };
    let rs256 = SigningAlgorithm::Rs256;
    assert_eq!(problem(RSA_PKCS1, KeyFormat::Pkcs8Pem, rs256), mismatch(KeyFormat::Pkcs8Pem, KeyFormat::Pkcs1Pem));
    assert_eq!(problem(RSA_PKCS8, KeyFormat::Jwk, rs256), mismatch(KeyFormat::Jwk, KeyFormat::Pkcs8Pem));
    assert_eq!(problem(RSA_JWK, KeyFormat::Sec1Pem, rs256), mismatch(KeyFormat::Sec1Pem, KeyFormat::Jwk));
}

#[test]
fn what_is_no_usable_private_key_is_told_by_name() {
    let told = |text: &str| problem(text, KeyFormat::Auto, SigningAlgorithm::Rs256);
    assert_eq!(told(RSA_PUBLIC), KeyProblem::PublicKey);
    assert_eq!(told(RSA_CERTIFICATE), KeyProblem::Certificate);
    assert_eq!(told(RSA_ENCRYPTED), KeyProblem::Encrypted);
    assert_eq!(told(P256_ENCRYPTED), KeyProblem::Encrypted);
    assert_eq!(told(RSA_1024), KeyProblem::RsaTooShort);
    assert_eq!(told(SECP256K1), KeyProblem::UnsupportedKind);
    assert_eq!(told("hunter2"), KeyProblem::Unrecognised);
    assert_eq!(told(""), KeyProblem::Unrecognised);
    let cut_off = RSA_PKCS8.split_at(RSA_PKCS8.len() - 40).0;
    assert_eq!(told(cut_off), KeyProblem::Truncated);
    let line_missing: String = RSA_PKCS8.lines().filter(|line| !line.starts_with("MII")).collect();
    assert_eq!(told(&line_missing), KeyProblem::Unreadable { format: KeyFormat::Pkcs8Pem });
    assert_eq!(told("-----BEGIN X-----\nAA==\n-----END X-----"), KeyProblem::NoPrivateKey);
}

#[test]
fn a_json_web_key_with_a_wrong_member_is_told_by_name() {
    let told = |edit: fn(&mut Value), text: &str, algorithm| {
        let mut jwk: Value = serde_json::from_str(text).unwrap();
        edit(&mut jwk);
        problem(&jwk.to_string(), KeyFormat::Auto, algorithm)
    };
    let (rs256, es256) = (SigningAlgorithm::Rs256, SigningAlgorithm::Es256);
    assert_eq!(told(|jwk| jwk["d"] = Value::Null, RSA_JWK, rs256), KeyProblem::PublicKey);
    assert_eq!(told(|jwk| jwk["n"] = "".into(), RSA_JWK, rs256), KeyProblem::JwkMember { member: "n" });
    assert_eq!(told(|jwk| jwk["n"] = "AQAB".into(), RSA_JWK, rs256), KeyProblem::RsaTooShort);
    assert_eq!(told(|jwk| jwk["d"] = "AQAB".into(), RSA_JWK, rs256), KeyProblem::Inconsistent);
    assert_eq!(told(|jwk| jwk["d"] = "AQAB".into(), RSA_JWK_SHORT, rs256), KeyProblem::Inconsistent);
    assert_eq!(told(|jwk| jwk["e"] = "AA".into(), RSA_JWK_SHORT, rs256), KeyProblem::Inconsistent);
    assert_eq!(told(|jwk| jwk["x"] = "!".into(), P256_JWK, es256), KeyProblem::JwkMember { member: "x" });
    assert_eq!(told(|jwk| jwk["x"] = jwk["y"].clone(), P256_JWK, es256), KeyProblem::Inconsistent);
    assert_eq!(told(|jwk| jwk["crv"] = "secp256k1".into(), P256_JWK, es256), KeyProblem::UnsupportedKind);
    assert_eq!(told(|jwk| jwk["kty"] = "oct".into(), P256_JWK, es256), KeyProblem::UnsupportedKind);
    assert_eq!(problem("{", KeyFormat::Auto, es256), KeyProblem::Unreadable { format: KeyFormat::Jwk });
}

#[test]
fn neither_debug_nor_a_problem_shows_the_key() {
    let key = SigningKey::parse(P256_JWK, KeyFormat::Auto, SigningAlgorithm::Es256).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(a P-256 key for ES256)");
    let wrong = P256_JWK.replace("\"d\": \"", "\"d\": \"!");
    let problem = problem(&wrong, KeyFormat::Auto, SigningAlgorithm::Es256);
    assert_eq!(problem, KeyProblem::JwkMember { member: "d" });
    assert_eq!(problem.to_string(), "the JSON Web Key has no readable member `d`");
}
