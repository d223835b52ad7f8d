//! Seals secrets, names keys and secrets without showing them, and draws random bytes. All of it by aws-lc-rs.
//!
//! Deliberately absent: the database, configuration and the environment (keys arrive as values), algorithms to choose
//! from, and any `Debug` that prints key bytes. Signing for OAuth lives with OAuth.

pub mod digest;
mod encryption_key;
pub mod key_file;
mod key_ring;
mod random;
mod seal_context;

pub use digest::{equal, sha256};
pub use encryption_key::{EncryptionKey, KeyFormatError, KeyId};
pub use key_ring::{KeyRing, UnsealError};
pub use random::{random_bytes, random_token};
pub use seal_context::SealContext;
