//! One AES-256 key-encryption key, and the name by which sealed values know it.

use std::fmt;

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::random_bytes;

/// Bytes of a key: AES-256.
pub(super) const KEY_BYTES: usize = 32;

/// Bytes of a key's name.
pub(super) const KEY_ID_BYTES: usize = 8;

/// Names a key without telling anything of it: 16 hexadecimal digits, safe to store and to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

impl KeyId {
    pub(super) fn from_bytes(bytes: [u8; KEY_ID_BYTES]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; KEY_ID_BYTES] {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A text that is no key. Says what was expected and how long the text is, never the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFormatError {
    /// The text has another length.
    #[error("encryption.key must be 64 hexadecimal digits (32 bytes), but has {characters} characters")]
    Length {
        /// Characters in the refused text, without white space around it.
        characters: usize,
    },
    /// The text has the right length, but other characters.
    #[error("encryption.key must be 64 hexadecimal digits (32 bytes), but has other characters too")]
    NotHexadecimal,
}

/// A key-encryption key. Never used itself: every use has its own key, derived by HKDF. Wiped from memory when dropped.
#[derive(Clone)]
pub struct EncryptionKey(Zeroizing<[u8; KEY_BYTES]>);

impl EncryptionKey {
    /// Draws a new random key.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random_bytes()))
    }

    /// Reads a key from 64 hexadecimal digits of either case; white space around them is ignored.
    pub fn from_hex(text: &SecretString) -> Result<Self, KeyFormatError> {
        let text = text.expose_secret().trim();
        let characters = text.chars().count();
        if characters != KEY_BYTES * 2 {
            return Err(KeyFormatError::Length { characters });
        }
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        // The error of `hex` repeats the refused character, so it is dropped.
        hex::decode_to_slice(text, bytes.as_mut_slice()).map_err(|_| KeyFormatError::NotHexadecimal)?;
        Ok(Self(bytes))
    }

    /// The key as 64 hexadecimal digits.
    pub fn to_hex(&self) -> SecretString {
        SecretString::from(hex::encode(self.0.as_slice()))
    }

    /// The key's name: the first 8 bytes of an HMAC-SHA256 over a fixed label, which can't be turned back.
    pub fn id(&self) -> KeyId {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice()), b"latchkey/key-id/v1");
        let mut id = [0; KEY_ID_BYTES];
        for (to, from) in id.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        KeyId(id)
    }

    /// Derives the key of one use by HKDF-SHA256 (RFC 5869), so that no two uses share key bytes.
    #[expect(clippy::expect_used, reason = "HKDF gives up to 8,160 bytes (RFC 5869 section 2.3); 32 are asked for")]
    pub(super) fn subkey(&self, label: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        Salt::new(HKDF_SHA256, &[])
            .extract(self.0.as_slice())
            .expand(&[label.as_bytes()], HKDF_SHA256)
            .and_then(|output| output.fill(bytes.as_mut_slice()))
            .expect("HKDF-SHA256 can give 32 bytes");
        bytes
    }

    #[cfg(test)]
    pub(super) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("id", &self.id().to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn read(text: &str) -> Result<EncryptionKey, KeyFormatError> {
        EncryptionKey::from_hex(&SecretString::from(text))
    }

    #[test]
    fn a_key_reads_back_from_its_digits() {
        assert_eq!(read(HEX).unwrap().to_hex().expose_secret(), HEX);
        assert_eq!(read(&format!(" {}\n", HEX.to_uppercase())).unwrap().to_hex().expose_secret(), HEX);
    }

    #[test]
    fn a_text_that_is_no_key_is_refused_without_being_repeated() {
        assert_eq!(read("").unwrap_err(), KeyFormatError::Length { characters: 0 });
        assert_eq!(read(&HEX[1..]).unwrap_err(), KeyFormatError::Length { characters: 63 });
        assert_eq!(read(&format!("{HEX}0")).unwrap_err(), KeyFormatError::Length { characters: 65 });
        let error = read(&HEX.replace("1f", "qz")).unwrap_err();
        assert_eq!(error, KeyFormatError::NotHexadecimal);
        assert_eq!(read(&"ä".repeat(64)).unwrap_err(), KeyFormatError::NotHexadecimal);
        assert!(error.to_string().starts_with("encryption.key must be 64 hexadecimal digits"), "{error}");
        assert!(!format!("{error} {error:?}").contains('q'));
    }

    #[test]
    fn generated_keys_differ() {
        assert_ne!(EncryptionKey::generate().id(), EncryptionKey::generate().id());
    }

    #[test]
    fn the_id_is_stable_and_differs_between_keys() {
        // Computed with `printf latchkey/key-id/v1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:…`. Stored values
        // name their key by it, so it must never change.
        assert_eq!(read(HEX).unwrap().id().to_string(), "8edd6acc1c183400");
        assert_ne!(EncryptionKey::from_bytes([1; 32]).id(), EncryptionKey::from_bytes([2; 32]).id());
    }

    #[test]
    fn the_subkeys_of_two_uses_differ_from_each_other_and_from_the_key() {
        let key = read(HEX).unwrap();
        assert_ne!(key.subkey("a"), key.subkey("b"));
        assert_ne!(key.subkey("a").as_slice(), hex::decode(HEX).unwrap());
        assert_eq!(key.subkey("a"), read(HEX).unwrap().subkey("a"));
    }

    #[test]
    fn debug_shows_the_name_and_no_key_bytes() {
        let shown = format!("{:?}", EncryptionKey::from_bytes([0xab; 32]));
        assert!(shown.contains(&EncryptionKey::from_bytes([0xab; 32]).id().to_string()), "{shown}");
        assert!(!shown.contains("abab") && !shown.contains("171"), "{shown}");
    }
}
