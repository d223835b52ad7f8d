//! Identities from files that OpenSSL made.

use proptest::prelude::{any, proptest};

use super::*;

const EC: &str = include_str!("../../../tests/identities/ec_sec1.pem");
const RSA: &str = include_str!("../../../tests/identities/rsa_pkcs1.pem");
const RSA_PKCS8: &str = include_str!("../../../tests/identities/rsa_pkcs8.pem");
const ENCRYPTED: &str = include_str!("../../../tests/identities/encrypted_key.pem");
const CA: &str = include_str!("../../../tests/identities/ca.pem");
const MODERN: &[u8] = include_bytes!("../../../tests/identities/modern.p12");
const LEGACY: &[u8] = include_bytes!("../../../tests/identities/legacy.p12");
const NO_MAC: &[u8] = include_bytes!("../../../tests/identities/no_mac.p12");
const NO_KEY: &[u8] = include_bytes!("../../../tests/identities/no_key.p12");
const NO_CERTIFICATE: &[u8] = include_bytes!("../../../tests/identities/no_certificate.p12");
const PASSWORD: &str = "hunter2";

fn pem(text: &str) -> ClientIdentity {
    ClientIdentity::from_pem(text).unwrap()
}

fn pem_problem(text: &str) -> IdentityProblem {
    ClientIdentity::from_pem(text).unwrap_err()
}

fn block(text: &str, label: &str) -> String {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let start = text.find(&begin).unwrap();
    format!("{}\n", &text[start..text.find(&end).unwrap() + end.len()])
}

#[test]
fn a_pem_text_gives_its_leaf_whatever_stands_first() {
    let identity = pem(EC);
    assert_eq!(identity.thumbprint_sha1(), "l5L8x43Y9p9qFYqKtuYOddZr6v0");
    assert_eq!(identity.thumbprint_sha256(), "zzwVCfPUOHl9dY_P8NmUQ4p2GA1ObgmzEuzLSp0972k");
    assert_eq!(identity.not_after().to_rfc3339(), "2126-10-30T05:24:07+00:00");
    // In this one the issuer's certificate stands first.
    let rsa = pem(RSA);
    assert_eq!(certificate::facts(rsa.leaf_der()).unwrap().issuer, "Fixture CA");
    assert_eq!(rsa.leaf_der(), pem(RSA_PKCS8).leaf_der());
    assert_eq!(rsa.certified().cert.len(), 2);
}

#[test]
fn escaped_line_ends_read_the_same() {
    assert_eq!(pem(&EC.replace('\n', "\\n")).digest(), pem(EC).digest());
    assert_eq!(pem(&EC.replace('\n', "\r\n")).digest(), pem(EC).digest());
}

#[test]
fn a_certificate_outside_of_the_chain_is_left_out() {
    let identity = pem(&format!("{}{EC}", block(RSA_PKCS8, "CERTIFICATE")));
    assert_eq!(identity.digest(), pem(EC).digest());
}

#[test]
fn the_digest_tells_identities_apart_and_also_their_chains() {
    let without_issuer = format!("{}{}", block(EC, "EC PRIVATE KEY"), block(EC, "CERTIFICATE"));
    assert_ne!(pem(EC).digest(), pem(RSA).digest());
    assert_ne!(pem(EC).digest(), pem(&without_issuer).digest());
    assert_eq!(pem(EC).digest().to_string().len(), 64);
}

#[test]
fn pkcs12_of_today_and_of_old_give_what_pem_gives() {
    assert_eq!(ClientIdentity::from_pkcs12(MODERN, PASSWORD).unwrap().digest(), pem(EC).digest());
    assert_eq!(ClientIdentity::from_pkcs12(LEGACY, PASSWORD).unwrap().digest(), pem(RSA).digest());
    let without_mac = ClientIdentity::from_pkcs12(NO_MAC, PASSWORD).unwrap();
    assert_eq!(without_mac.leaf_der(), pem(EC).leaf_der());
}

#[test]
fn a_wrong_password_is_told_apart_from_a_file_that_is_none() {
    for file in [MODERN, LEGACY, NO_MAC] {
        for password in ["", "Hunter2"] {
            let problem = ClientIdentity::from_pkcs12(file, password).unwrap_err();
            assert_eq!(problem, IdentityProblem::WrongPassword);
        }
    }
    for file in [&b""[..], b"no file", EC.as_bytes(), &MODERN[..MODERN.len() - 1]] {
        assert_eq!(ClientIdentity::from_pkcs12(file, PASSWORD).unwrap_err(), IdentityProblem::NotPkcs12);
    }
}

#[test]
fn a_pkcs12_file_needs_a_certificate_and_a_key() {
    let problem = |file| ClientIdentity::from_pkcs12(file, PASSWORD).unwrap_err();
    assert_eq!(problem(NO_KEY), IdentityProblem::NoPrivateKey);
    assert_eq!(problem(NO_CERTIFICATE), IdentityProblem::NoCertificate);
}

#[test]
fn a_pem_text_needs_a_certificate_and_one_readable_key() {
    assert_eq!(pem_problem(""), IdentityProblem::NoCertificate);
    assert_eq!(pem_problem(&block(EC, "EC PRIVATE KEY")), IdentityProblem::NoCertificate);
    assert_eq!(pem_problem(CA), IdentityProblem::NoPrivateKey);
    assert_eq!(pem_problem(&format!("{EC}{RSA}")), IdentityProblem::SeveralPrivateKeys);
    assert_eq!(pem_problem(ENCRYPTED), IdentityProblem::EncryptedPrivateKey);
    let marked = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nYQ==\n-----END RSA PRIVATE KEY-----";
    assert_eq!(pem_problem(&format!("{CA}{marked}")), IdentityProblem::EncryptedPrivateKey);
    let no_key = "-----BEGIN PRIVATE KEY-----\nYQ==\n-----END PRIVATE KEY-----";
    assert_eq!(pem_problem(&format!("{CA}{no_key}")), IdentityProblem::UnreadablePrivateKey);
    let no_certificate = "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----";
    assert_eq!(
        pem_problem(&format!("{no_certificate}{}", block(EC, "EC PRIVATE KEY"))),
        IdentityProblem::UnreadableCertificate
    );
    assert_eq!(pem_problem(&EC[..EC.len() - 10]), IdentityProblem::Truncated);
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let mixed = format!("{}{}", block(EC, "EC PRIVATE KEY"), block(RSA_PKCS8, "CERTIFICATE"));
    assert_eq!(pem_problem(&mixed), IdentityProblem::KeyMismatch);
}

#[test]
fn size_and_number_are_limited() {
    let padded = |length: usize| format!("{EC}{}", " ".repeat(length - EC.len()));
    assert_eq!(pem(&padded(IDENTITY_BYTES_MAX)).digest(), pem(EC).digest());
    assert_eq!(pem_problem(&padded(IDENTITY_BYTES_MAX + 1)), IdentityProblem::TooLong);
    let file = vec![0; IDENTITY_BYTES_MAX + 1];
    assert_eq!(ClientIdentity::from_pkcs12(&file, "").unwrap_err(), IdentityProblem::TooLong);
    assert_eq!(ClientIdentity::from_pkcs12(&file[1..], "").unwrap_err(), IdentityProblem::NotPkcs12);
    // Two are in the text already.
    let with = |more: usize| format!("{EC}{}", CA.repeat(more));
    assert_eq!(pem(&with(IDENTITY_CERTIFICATES_MAX - 2)).digest(), pem(EC).digest());
    assert_eq!(pem_problem(&with(IDENTITY_CERTIFICATES_MAX - 1)), IdentityProblem::TooManyCertificates);
}

#[test]
fn debug_shows_the_digest_alone() {
    let identity = pem(EC);
    assert_eq!(format!("{identity:?}"), format!("ClientIdentity {{ digest: \"{}\", .. }}", identity.digest()));
}

proptest! {
    #[test]
    fn a_damaged_pkcs12_file_is_refused_or_gives_the_same_and_never_panics(
        position in 0..MODERN.len(),
        mask in 1_u8..,
        password in any::<bool>(),
    ) {
        let mut file = MODERN.to_vec();
        file[position] ^= mask;
        let password = if password { PASSWORD } else { "" };
        if let Ok(identity) = ClientIdentity::from_pkcs12(&file, password) {
            assert_eq!(identity.leaf_der(), pem(EC).leaf_der());
        }
    }
}
