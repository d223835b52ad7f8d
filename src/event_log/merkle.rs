//! The RFC 9162 §2.1 Merkle tree over the log, as far as appending needs it: the frontier and the root.

use crate::crypto::digest::sha256;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The roots of the perfect subtrees that make up a tree, largest (leftmost) first: all that is needed to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// A stored frontier whose length does not fit its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored frontier does not fit a tree of {size} leaves")]
pub struct MisfitFrontier {
    /// The size it should fit.
    pub size: u64,
}

/// Hash of a leaf: `SHA-256(0x00 ‖ bytes)`.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    sha256(&[&[0x00], bytes])
}

/// Hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[0x01], left, right])
}

impl Frontier {
    /// Reads a stored frontier.
    ///
    /// # Errors
    /// [`MisfitFrontier`] when the bytes are not one 32-byte hash for each one-bit of `size`.
    pub fn parse(size: u64, bytes: &[u8]) -> Result<Self, MisfitFrontier> {
        let (roots, rest) = bytes.as_chunks::<32>();
        let expected = size.count_ones();
        if rest.is_empty() && u32::try_from(roots.len()) == Ok(expected) {
            Ok(Self { size, roots: roots.to_vec() })
        } else {
            Err(MisfitFrontier { size })
        }
    }

    /// The stored form: the roots one after another.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each one-bit at the low end of the old size is a perfect subtree that the new leaf completes to the next size.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.roots.push(node);
        self.size = self.size.saturating_add(1);
    }

    /// Root of the tree; SHA-256 of nothing for the empty tree.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            None => sha256(&[]),
            Some(last) => roots.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9162 §2.1.1, word for word: split at the largest power of two below n.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&root_by_definition(&leaves[..split]), &root_by_definition(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_frontier_gives_the_root_of_the_definition_at_every_size() {
        let leaves: Vec<Hash> = (0..130_u8).map(|n| leaf_hash(&[n])).collect();
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), root_by_definition(&[]));
        for (index, leaf) in leaves.iter().enumerate() {
            frontier.push(*leaf);
            assert_eq!(frontier.root(), root_by_definition(&leaves[..=index]), "size {}", index + 1);
            assert_eq!(Frontier::parse(frontier.size(), &frontier.to_bytes()), Ok(frontier.clone()));
        }
    }

    #[test]
    fn the_certificate_transparency_vectors_hold() {
        // From the reference implementation of RFC 6962, whose hashing RFC 9162 keeps.
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut frontier = Frontier::default();
        let roots: Vec<String> = inputs
            .iter()
            .map(|input| {
                frontier.push(leaf_hash(input));
                hex::encode(frontier.root())
            })
            .collect();
        assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(roots[1], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    #[test]
    fn a_frontier_of_the_wrong_length_is_refused() {
        assert_eq!(Frontier::parse(3, &[0; 32]), Err(MisfitFrontier { size: 3 }));
        assert_eq!(Frontier::parse(2, &[0; 33]), Err(MisfitFrontier { size: 2 }));
        assert!(Frontier::parse(0, &[]).is_ok());
    }
}
