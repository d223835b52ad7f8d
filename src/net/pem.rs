//! Splits PEM texts (RFC 7468) as people paste them: with words between the blocks, with `\n` written out, on one line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block, `-----BEGIN label-----` to `-----END label-----`.
pub(super) struct Block {
    /// The label.
    pub(super) label: String,
    /// What stands between, decoded; `None` when that is not base64. Wiped after use: it may be a key.
    pub(super) der: Option<Zeroizing<Vec<u8>>>,
    /// Whether it says that it is encrypted in the old way (RFC 1421 section 4.6.1.1), which leaves the label as it is.
    pub(super) is_encrypted: bool,
}

/// Says that a block has no end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Truncated;

/// Reads all blocks in order; a text without any has none.
pub(super) fn blocks(text: &str) -> Result<Vec<Block>, Truncated> {
    // A line end that went through an environment variable or a JSON string is often written as two characters.
    let text = Zeroizing::new(text.replace("\\r", "").replace("\\n", "\n"));
    let mut rest = text.as_str();
    let mut blocks = Vec::new();
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(Truncated)?;
        let (body, after) = after.split_once(&format!("-----END {label}-----")).ok_or(Truncated)?;
        blocks.push(Block { label: label.to_owned(), der: decode(body), is_encrypted: body.contains("Proc-Type:") });
        rest = after;
    }
    Ok(blocks)
}

/// Writes one block, in lines of 64 characters (RFC 7468 section 2).
pub(super) fn block(label: &str, der: &[u8]) -> Zeroizing<String> {
    let packed = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(String::with_capacity(packed.len().saturating_mul(2).saturating_add(128)));
    text.extend(["-----BEGIN ", label, "-----\n"]);
    for (position, character) in packed.char_indices() {
        if position > 0 && position.is_multiple_of(64) {
            text.push('\n');
        }
        text.push(character);
    }
    text.extend(["\n-----END ", label, "-----\n"]);
    text
}

fn decode(body: &str) -> Option<Zeroizing<Vec<u8>>> {
    let packed: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
    STANDARD.decode(packed.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels_and_bytes(text: &str) -> Vec<(String, Option<Vec<u8>>)> {
        let blocks = blocks(text).map_err(|_| "truncated").unwrap();
        blocks.into_iter().map(|block| (block.label, block.der.map(|der| der.to_vec()))).collect()
    }

    #[test]
    fn blocks_are_found_among_other_words_and_in_order() {
        let text = "Bag Attributes\n-----BEGIN A-----\nYQ==\n-----END A-----\nwords\n-----BEGIN B C-----\nY\nmI=\n-----END B C-----";
        let found = labels_and_bytes(text);
        assert_eq!(found, [("A".to_owned(), Some(b"a".to_vec())), ("B C".to_owned(), Some(b"bb".to_vec()))]);
    }

    #[test]
    fn escaped_line_ends_and_a_single_line_read_the_same() {
        let expected = [("A".to_owned(), Some(b"a".to_vec()))];
        for text in [
            "-----BEGIN A-----\\nYQ==\\n-----END A-----\\n",
            "-----BEGIN A-----\\r\\nYQ==\\r\\n-----END A-----",
            "-----BEGIN A----- YQ== -----END A-----",
            "-----BEGIN A-----\r\nYQ==\r\n-----END A-----\r\n",
        ] {
            assert_eq!(labels_and_bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_written_block_has_lines_of_64_characters_and_reads_back() {
        let der: Vec<u8> = (0..=255).collect();
        let text = block("PRIVATE KEY", &der);
        assert_eq!(labels_and_bytes(&text), [("PRIVATE KEY".to_owned(), Some(der))]);
        let lengths: Vec<usize> = text.lines().map(str::len).collect();
        assert_eq!(lengths, [27, 64, 64, 64, 64, 64, 24, 25]);
        assert_eq!(block("A", &[0; 48]).lines().map(str::len).collect::<Vec<_>>(), [17, 64, 15]);
    }

    #[test]
    fn a_block_without_end_is_truncated_and_one_that_is_no_base64_has_no_bytes() {
        for text in ["-----BEGIN A-----\nYQ==", "-----BEGIN A", "-----BEGIN A-----\nYQ==\n-----END B-----"] {
            assert_eq!(blocks(text).err(), Some(Truncated), "{text}");
        }
        assert_eq!(labels_and_bytes("-----BEGIN A-----\n*\n-----END A-----"), [("A".to_owned(), None)]);
        assert_eq!(labels_and_bytes("no blocks"), []);
    }
}
