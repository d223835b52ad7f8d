//! Where a sealed value belongs, bound into its seal.

use super::KeyId;

/// Says where a sealed value belongs. A value sealed in one context opens in no other, so whoever can write to the
/// database can't move an old or a foreign secret to where they would like it to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The row's key as text.
    pub row: &'a str,
    /// The column's or field's name.
    pub field: &'a str,
    /// The value's version, so that an older value can't take the place of a newer one.
    pub version: u64,
}

impl SealContext<'_> {
    /// The additional authenticated data of AES-GCM (NIST SP 800-38D): format, key and context.
    ///
    /// Each text has its length before it, so no two contexts give the same bytes.
    pub(super) fn authenticated_data(&self, format: u8, key_id: KeyId) -> Vec<u8> {
        let mut data = vec![format];
        data.extend_from_slice(key_id.as_bytes());
        for text in [self.table, self.row, self.field] {
            delimited(&mut data, text.as_bytes());
        }
        data.extend_from_slice(&self.version.to_be_bytes());
        data
    }
}

/// Appends `part` with its length as 8 bytes before it.
pub(super) fn delimited(data: &mut Vec<u8>, part: &[u8]) {
    // A length beyond u64 doesn't exist; the conversion only lacks a `From` in the standard library.
    let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
    data.extend_from_slice(&length.to_be_bytes());
    data.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::EncryptionKey;

    fn data(table: &str, row: &str, field: &str, version: u64) -> Vec<u8> {
        let key_id = EncryptionKey::from_bytes([1; 32]).id();
        SealContext { table, row, field, version }.authenticated_data(1, key_id)
    }

    #[test]
    fn no_two_contexts_have_the_same_bytes() {
        let all = [
            data("secrets", "a", "value", 1),
            data("secrets", "a", "value", 2),
            data("secrets", "a", "valu", 1),
            data("secrets", "b", "value", 1),
            data("secret", "a", "value", 1),
            // The same letters, cut elsewhere.
            data("secret", "sa", "value", 1),
            data("secrets", "av", "alue", 1),
            data("secretsa", "", "value", 1),
            data("", "secretsa", "value", 1),
            data("", "", "secretsavalue", 1),
            // A text that holds what a length would look like.
            data("\0\0\0\0\0\0\0\u{1}a", "", "", 1),
            data("", "\0\0\0\0\0\0\0\u{1}a", "", 1),
        ];
        for (index, left) in all.iter().enumerate() {
            for right in all.iter().skip(index + 1) {
                assert_ne!(left, right);
            }
        }
    }

    #[test]
    fn the_key_and_the_format_are_bound_too() {
        let context = SealContext { table: "t", row: "r", field: "f", version: 1 };
        let (one, two) = (EncryptionKey::from_bytes([1; 32]).id(), EncryptionKey::from_bytes([2; 32]).id());
        assert_ne!(context.authenticated_data(1, one), context.authenticated_data(1, two));
        assert_ne!(context.authenticated_data(1, one), context.authenticated_data(2, one));
    }

    proptest::proptest! {
        #[test]
        fn contexts_that_differ_have_bytes_that_differ(
            left in proptest::array::uniform3("[ab\0]{0,3}"), right in proptest::array::uniform3("[ab\0]{0,3}"),
        ) {
            let [a, b] = [&left, &right].map(|[table, row, field]| data(table, row, field, 1));
            proptest::prop_assert_eq!(left == right, a == b);
        }
    }
}
