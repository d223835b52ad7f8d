//! The keys in use: one that seals, and the earlier ones that still open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::encryption_key::KEY_ID_BYTES;
use super::seal_context::delimited;
use super::{EncryptionKey, KeyId, SealContext, random_bytes};

/// The one format there is so far; a change of algorithm gets the next number.
const FORMAT: u8 = 1;

/// Bytes of a fingerprint before they become hexadecimal digits.
const FINGERPRINT_BYTES: usize = 8;

const CHECK_CONTEXT: SealContext<'static> =
    SealContext { table: "latchkey", row: "key_check", field: "value", version: 1 };
const CHECK_TEXT: &[u8] = b"latchkey key check v1";

/// Why a sealed value did not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// No key of the ring has sealed it: a key is missing from the configuration.
    #[error("the value is sealed with the key {key_id}, which is not configured")]
    UnknownKey {
        /// The name of the key that is missing.
        key_id: KeyId,
    },
    /// The value was changed, or was sealed for another place.
    #[error("the sealed value was changed, or belongs to another place")]
    Tampered,
    /// These bytes are no sealed value.
    #[error("the bytes are not a sealed value")]
    Malformed,
}

/// Seals with the primary key and opens with any key. Shared by reference; no method changes it.
///
/// A sealed value describes itself: format (1 byte) ‖ key id (8) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag (16).
/// Nonces are random, which holds for 2³² values a key (NIST SP 800-38D section 8.3). Secrets number in thousands, and of
/// kept tokens one a second makes 136 years; the answers of calls with an idempotency key count as well, so whoever makes
/// billions of those rotates the key in time.
pub struct KeyRing {
    primary: RingKey,
    previous: Vec<RingKey>,
    fingerprinting: hmac::Key,
}

struct RingKey {
    id: KeyId,
    sealing: LessSafeKey,
}

impl KeyRing {
    /// Puts keys on a ring; `previous` goes from the newest to the oldest.
    ///
    /// Fingerprints come from the oldest key on the ring, so that a rotation does not change them; they change when
    /// that key is taken off.
    pub fn new(primary: &EncryptionKey, previous: &[EncryptionKey]) -> Self {
        let oldest = previous.last().unwrap_or(primary);
        Self {
            primary: RingKey::new(primary),
            previous: previous.iter().map(RingKey::new).collect(),
            fingerprinting: hmac::Key::new(hmac::HMAC_SHA256, oldest.subkey("latchkey/fingerprint/v1").as_slice()),
        }
    }

    /// The name of the key that seals.
    pub fn primary_id(&self) -> KeyId {
        self.primary.id
    }

    /// Seals `plaintext` so that it opens in the same context only.
    ///
    /// # Panics
    /// When `plaintext` is longer than 64 GiB, or the operating system gives no random bytes.
    #[expect(clippy::expect_used, reason = "AES-GCM fails only beyond 64 GiB of plaintext (NIST SP 800-38D 5.2.1.1)")]
    pub fn seal(&self, context: &SealContext<'_>, plaintext: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_LEN>();
        let key = &self.primary;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(key.id.as_bytes());
        sealed.extend_from_slice(&nonce);
        let header = sealed.len();
        // Room for the tag from the start: a buffer that grows leaves a copy of the plaintext behind.
        let mut body = Zeroizing::new(Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len()));
        body.extend_from_slice(plaintext);
        let data = Aad::from(context.authenticated_data(FORMAT, key.id));
        key.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), data, &mut *body)
            .expect("the plaintext is shorter than 64 GiB");
        sealed.reserve_exact(body.len());
        sealed.extend_from_slice(&body);
        debug_assert_eq!(sealed.len(), header + plaintext.len() + AES_256_GCM.tag_len());
        sealed
    }

    /// Opens what [`KeyRing::seal`] sealed in the same context, by whichever key of the ring.
    pub fn unseal(&self, context: &SealContext<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let (format, rest) = sealed.split_first().ok_or(UnsealError::Malformed)?;
        let (key_id, rest) = rest.split_first_chunk::<KEY_ID_BYTES>().ok_or(UnsealError::Malformed)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>().ok_or(UnsealError::Malformed)?;
        if *format != FORMAT || ciphertext.len() < AES_256_GCM.tag_len() {
            return Err(UnsealError::Malformed);
        }
        let key_id = KeyId::from_bytes(*key_id);
        let key = self.key(key_id).ok_or(UnsealError::UnknownKey { key_id })?;
        let data = Aad::from(context.authenticated_data(FORMAT, key_id));
        let mut body = Zeroizing::new(ciphertext.to_vec());
        let length = key
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(*nonce), data, &mut body)
            .map_err(|_| UnsealError::Tampered)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// A stable short name for a secret, by which people see that two are the same: 16 hexadecimal digits.
    ///
    /// Keyed (HMAC-SHA256), so that nobody without the key can try out guesses; `purpose` keeps the fingerprints of one
    /// kind of secret from being compared with those of another.
    pub fn fingerprint(&self, purpose: &str, secret: &[u8]) -> String {
        let mut start = Vec::new();
        delimited(&mut start, purpose.as_bytes());
        let mut context = hmac::Context::with_key(&self.fingerprinting);
        context.update(&start);
        context.update(secret);
        let tag = context.sign();
        let (short, _) = tag.as_ref().split_at(FINGERPRINT_BYTES);
        hex::encode(short)
    }

    /// A sealed constant to store beside the first secret; see [`KeyRing::verify_check`].
    pub fn check_value(&self) -> Vec<u8> {
        self.seal(&CHECK_CONTEXT, CHECK_TEXT)
    }

    /// Checks at the start that the ring opens what the database holds, before anything is written with a wrong key.
    pub fn verify_check(&self, check_value: &[u8]) -> Result<(), UnsealError> {
        let text = self.unseal(&CHECK_CONTEXT, check_value)?;
        if text.as_slice() == CHECK_TEXT { Ok(()) } else { Err(UnsealError::Tampered) }
    }

    fn key(&self, id: KeyId) -> Option<&RingKey> {
        std::iter::once(&self.primary).chain(&self.previous).find(|key| key.id == id)
    }
}

impl RingKey {
    #[expect(clippy::expect_used, reason = "the only failure is a length other than 32 bytes, which the type forbids")]
    fn new(key: &EncryptionKey) -> Self {
        let bytes = key.subkey("latchkey/sealing/v1");
        let unbound = UnboundKey::new(&AES_256_GCM, bytes.as_slice()).expect("an AES-256 key has 32 bytes");
        Self { id: key.id(), sealing: LessSafeKey::new(unbound) }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous: Vec<_> = self.previous.iter().map(|key| key.id.to_string()).collect();
        f.debug_struct("KeyRing")
            .field("primary", &self.primary.id.to_string())
            .field("previous", &previous)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: SealContext<'static> = SealContext { table: "secrets", row: "billing", field: "value", version: 3 };

    fn key(byte: u8) -> EncryptionKey {
        EncryptionKey::from_bytes([byte; 32])
    }

    fn ring(primary: u8, previous: &[u8]) -> KeyRing {
        let previous: Vec<_> = previous.iter().map(|byte| key(*byte)).collect();
        KeyRing::new(&key(primary), &previous)
    }

    #[test]
    fn what_is_sealed_opens_in_the_same_context() {
        for plaintext in [&b""[..], b"s3cret", &[0; 10_000]] {
            let sealed = ring(1, &[]).seal(&CONTEXT, plaintext);
            assert_eq!(ring(1, &[]).unseal(&CONTEXT, &sealed).unwrap().as_slice(), plaintext);
        }
    }

    #[test]
    fn a_sealed_value_describes_itself_and_hides_its_text() {
        let sealed = ring(1, &[]).seal(&CONTEXT, b"s3cret");
        assert_eq!(sealed.len(), 1 + 8 + 12 + 6 + 16);
        assert_eq!(sealed[0], 1);
        assert_eq!(hex::encode(&sealed[1..9]), key(1).id().to_string());
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let ring = ring(1, &[]);
        assert_ne!(ring.seal(&CONTEXT, b"s3cret")[9..], ring.seal(&CONTEXT, b"s3cret")[9..]);
    }

    #[test]
    fn a_change_of_any_byte_is_found() {
        let ring = ring(1, &[]);
        let sealed = ring.seal(&CONTEXT, b"s3cret");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            let error = ring.unseal(&CONTEXT, &changed).unwrap_err();
            match index {
                0 => assert_eq!(error, UnsealError::Malformed),
                1..9 => assert!(matches!(error, UnsealError::UnknownKey { .. }), "{index}: {error}"),
                _ => assert_eq!(error, UnsealError::Tampered, "{index}"),
            }
        }
    }

    #[test]
    fn a_value_cut_anywhere_does_not_open() {
        let ring = ring(1, &[]);
        let sealed = ring.seal(&CONTEXT, b"s3cret");
        for length in 0..sealed.len() {
            let expected = if length < 1 + 8 + 12 + 16 { UnsealError::Malformed } else { UnsealError::Tampered };
            assert_eq!(ring.unseal(&CONTEXT, &sealed[..length]).unwrap_err(), expected, "{length}");
        }
    }

    #[test]
    fn a_value_opens_in_no_other_context() {
        let ring = ring(1, &[]);
        let sealed = ring.seal(&CONTEXT, b"s3cret");
        for other in [
            SealContext { table: "tokens", ..CONTEXT },
            SealContext { row: "payroll", ..CONTEXT },
            SealContext { field: "key", ..CONTEXT },
            SealContext { version: 2, ..CONTEXT },
        ] {
            assert_eq!(ring.unseal(&other, &sealed).unwrap_err(), UnsealError::Tampered, "{other:?}");
        }
    }

    #[test]
    fn a_value_of_an_unknown_key_names_that_key() {
        let sealed = ring(1, &[]).seal(&CONTEXT, b"s3cret");
        let error = ring(2, &[3]).unseal(&CONTEXT, &sealed).unwrap_err();
        assert_eq!(error, UnsealError::UnknownKey { key_id: key(1).id() });
        assert!(error.to_string().contains(&key(1).id().to_string()), "{error}");
    }

    #[test]
    fn a_previous_key_opens_and_the_primary_seals() {
        let old = ring(1, &[]).seal(&CONTEXT, b"s3cret");
        let rotated = ring(3, &[2, 1]);
        assert_eq!(rotated.unseal(&CONTEXT, &old).unwrap().as_slice(), b"s3cret");
        assert_eq!(rotated.primary_id(), key(3).id());
        let new = rotated.seal(&CONTEXT, b"s3cret");
        assert!(ring(3, &[]).unseal(&CONTEXT, &new).is_ok());
        assert!(ring(1, &[]).unseal(&CONTEXT, &new).is_err());
    }

    #[test]
    fn a_fingerprint_tells_secrets_purposes_and_keys_apart() {
        let ring_one = ring(1, &[]);
        let fingerprint = ring_one.fingerprint("token", b"s3cret");
        assert_eq!(fingerprint.len(), 16);
        assert!(fingerprint.chars().all(|c| c.is_ascii_hexdigit()), "{fingerprint}");
        assert_eq!(fingerprint, ring(1, &[]).fingerprint("token", b"s3cret"));
        assert_ne!(fingerprint, ring_one.fingerprint("token", b"s3creu"));
        assert_ne!(fingerprint, ring_one.fingerprint("secret", b"s3cret"));
        assert_ne!(fingerprint, ring_one.fingerprint("tokens", b"3cret"), "the purpose is delimited");
        assert_ne!(fingerprint, ring(2, &[]).fingerprint("token", b"s3cret"));
    }

    #[test]
    fn a_rotation_keeps_fingerprints_while_the_oldest_key_is_on_the_ring() {
        let before = ring(1, &[]).fingerprint("token", b"s3cret");
        assert_eq!(before, ring(2, &[1]).fingerprint("token", b"s3cret"));
        assert_eq!(before, ring(3, &[2, 1]).fingerprint("token", b"s3cret"));
        assert_ne!(before, ring(3, &[2]).fingerprint("token", b"s3cret"));
    }

    #[test]
    fn the_check_value_tells_a_wrong_key_from_the_right_one() {
        let check = ring(1, &[]).check_value();
        assert_eq!(ring(1, &[]).verify_check(&check), Ok(()));
        assert_eq!(ring(2, &[1]).verify_check(&check), Ok(()));
        assert_eq!(ring(2, &[]).verify_check(&check), Err(UnsealError::UnknownKey { key_id: key(1).id() }));
        let other_text = ring(1, &[]).seal(&CHECK_CONTEXT, b"something else");
        assert_eq!(ring(1, &[]).verify_check(&other_text), Err(UnsealError::Tampered));
        assert_eq!(ring(1, &[]).verify_check(b""), Err(UnsealError::Malformed));
    }

    #[test]
    fn debug_shows_names_and_no_key_bytes() {
        let shown = format!("{:?}", ring(0xab, &[0xcd]));
        assert!(shown.contains(&key(0xab).id().to_string()) && shown.contains(&key(0xcd).id().to_string()), "{shown}");
        for key in [key(0xab), key(0xcd)] {
            for bytes in [[0xab; 32], [0xcd; 32], *key.subkey("latchkey/sealing/v1")] {
                assert!(!shown.contains(&hex::encode(&bytes[..4])), "{shown}");
                assert!(!shown.contains(&format!("{}, {}", bytes[0], bytes[1])), "{shown}");
            }
        }
    }
}
