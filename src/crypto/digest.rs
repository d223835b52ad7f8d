//! Hashes, and comparison in constant time.

use aws_lc_rs::digest::{Context, SHA256};
use subtle::ConstantTimeEq;

/// The SHA-256 digest (FIPS 180-4) of the parts, one after the other.
///
/// The parts are not delimited: whoever hashes parts of variable length delimits them.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// Compares two secrets in a time that tells nothing of where they differ, nor of how long the expected one is.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    // Of unequal lengths `subtle` would return at once, so the digests are compared.
    sha256(&[left]).ct_eq(&sha256(&[right])).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256_of_the_concatenation() {
        // FIPS 180-4, the one-block message "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(sha256(&[b"abc"])), expected);
        assert_eq!(hex::encode(sha256(&[b"a", b"", b"bc"])), expected);
    }

    #[test]
    fn only_the_same_bytes_are_equal() {
        assert!(equal(b"token", b"token"));
        assert!(equal(b"", b""));
        for other in [&b"tokem"[..], b"Token", b"toke", b"tokens", b""] {
            assert!(!equal(b"token", other));
        }
    }
}
