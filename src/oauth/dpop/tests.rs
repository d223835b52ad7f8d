use std::collections::HashSet;

use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};

use super::*;

const ALGORITHMS: [DpopAlgorithm; 3] = [DpopAlgorithm::Es256, DpopAlgorithm::Es384, DpopAlgorithm::Eddsa];

fn url() -> HttpUrl {
    HttpUrl::parse("https://API.example:443/a%20b/c?q=1").unwrap()
}

fn proof<'a>(url: &'a HttpUrl, nonce: Option<&'a DpopNonce>, access_token: Option<&'a str>) -> Proof<'a> {
    let issued_at = DateTime::from_timestamp(1_000_000, 0).unwrap();
    Proof { method: &Method::POST, url, nonce, access_token, jti: "one", issued_at }
}

/// Header and claims, when another library verifies the signature by the key in the header.
fn verified(jwt: &str) -> (jsonwebtoken::Header, Value) {
    let header = jsonwebtoken::decode_header(jwt).unwrap();
    let key = DecodingKey::from_jwk(header.jwk.as_ref().unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims = HashSet::new();
    let token = jsonwebtoken::decode::<Value>(jwt, &key, &validation).unwrap();
    (token.header, token.claims)
}

#[test]
fn a_proof_is_verified_by_the_key_that_it_carries() {
    for (algorithm, name) in ALGORITHMS.into_iter().zip(["ES256", "ES384", "EdDSA"]) {
        let jwt = DpopKey::generate(algorithm).unwrap().proof(proof(&url(), None, None)).unwrap();
        let (header, claims) = verified(&jwt);
        assert_eq!((header.typ.as_deref(), format!("{:?}", header.alg).as_str()), (Some("dpop+jwt"), name));
        let expected = json!({ "jti": "one", "htm": "POST", "htu": "https://api.example/a%20b/c", "iat": 1_000_000 });
        assert_eq!(claims, expected);
    }
}

#[test]
fn another_key_does_not_verify_it() {
    let own = DpopKey::generate(DpopAlgorithm::Es256).unwrap().proof(proof(&url(), None, None)).unwrap();
    let foreign = DpopKey::generate(DpopAlgorithm::Es256).unwrap().proof(proof(&url(), None, None)).unwrap();
    let foreign_key = DecodingKey::from_jwk(&jsonwebtoken::decode_header(&foreign).unwrap().jwk.unwrap()).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.required_spec_claims = HashSet::new();
    assert!(jsonwebtoken::decode::<Value>(&own, &foreign_key, &validation).is_err());
}

#[test]
fn the_token_is_bound_by_its_hash_and_the_nonce_is_repeated() {
    let key = DpopKey::generate(DpopAlgorithm::Es256).unwrap();
    let nonce = DpopNonce::parse("eyJ7S_zG.eyJH0-Z.HX4w-7v").unwrap();
    // The token and its hash are those of RFC 9449 §7.1.
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let (_, claims) = verified(&key.proof(proof(&url(), Some(&nonce), Some(token))).unwrap());
    assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    assert_eq!(claims["nonce"], "eyJ7S_zG.eyJH0-Z.HX4w-7v");
}

#[test]
fn the_thumbprint_is_the_one_of_rfc_7638() {
    for algorithm in ALGORITHMS {
        let key = DpopKey::generate(algorithm).unwrap();
        let (header, _) = verified(&key.proof(proof(&url(), None, None)).unwrap());
        let theirs = header.jwk.unwrap().thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(key.thumbprint().unwrap(), theirs, "{algorithm:?}");
    }
}

#[test]
fn a_key_that_was_kept_is_the_same_key() {
    for algorithm in ALGORITHMS {
        let key = DpopKey::generate(algorithm).unwrap();
        let kept = DpopKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        assert_eq!((kept.algorithm(), kept.thumbprint()), (algorithm, key.thumbprint()));
        let (header, _) = verified(&kept.proof(proof(&url(), None, None)).unwrap());
        let theirs = header.jwk.unwrap().thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(Ok(theirs), key.thumbprint());
    }
    let twice = || DpopKey::generate(DpopAlgorithm::Es256).unwrap().thumbprint().unwrap();
    assert_ne!(twice(), twice());
}

#[test]
fn what_is_no_key_of_these_kinds_is_not_read() {
    let der = |pem: &str| {
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
    };
    let unreadable = |der: &[u8]| DpopKey::from_pkcs8(der).unwrap_err();
    assert_eq!(unreadable(&der(include_str!("../../../tests/keys/p521.pkcs8.pem"))), DpopProblem::KeyUnreadable);
    assert_eq!(unreadable(&der(include_str!("../../../tests/keys/rsa-2048.pkcs8.pem"))), DpopProblem::KeyUnreadable);
    assert_eq!(unreadable(b"key"), DpopProblem::KeyUnreadable);
    assert!(DpopKey::from_pkcs8(&der(include_str!("../../../tests/keys/p256.pkcs8.pem"))).is_ok());
}

#[test]
fn debug_shows_the_algorithm_only() {
    assert_eq!(format!("{:?}", DpopKey::generate(DpopAlgorithm::Eddsa).unwrap()), "DpopKey(EdDSA)");
}
