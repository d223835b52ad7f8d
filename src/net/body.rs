//! Reads a response body with a cap on its decoded bytes.
//!
//! A few hundred kilobytes of gzip can stand for hundreds of megabytes, so the cap counts what comes out of the decoder,
//! chunk by chunk, and neither `content-length` nor the length on the wire is trusted.

use std::fmt;

use tokio_util::bytes::{Bytes, BytesMut};

use super::error::SendError;

/// What to do with a body that is longer than its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyOverflow {
    /// Keep the bytes up to the cap and say that there were more.
    Truncate,
    /// Refuse the response with [`SendError::BodyTooLarge`].
    Fail,
}

/// A decoded body, at most as long as its cap. `Debug` tells the length only: a body may be a token.
#[derive(Clone, PartialEq, Eq)]
pub struct CappedBody {
    /// The decoded bytes.
    pub bytes: Bytes,
    /// Whether there were more bytes than the cap.
    pub truncated: bool,
}

impl fmt::Debug for CappedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CappedBody").field("len", &self.bytes.len()).field("truncated", &self.truncated).finish()
    }
}

/// Reads to the end of the body or to the cap; beyond it nothing more is read and the connection is given up.
pub(super) async fn read(
    mut response: reqwest::Response,
    bytes_max: usize,
    overflow: BodyOverflow,
) -> Result<CappedBody, SendError> {
    let mut collected = Collected { bytes: BytesMut::new(), bytes_max };
    while let Some(chunk) = response.chunk().await.map_err(SendError::while_reading)? {
        if collected.push(&chunk) {
            continue;
        }
        return match overflow {
            BodyOverflow::Truncate => Ok(CappedBody { bytes: collected.bytes.freeze(), truncated: true }),
            BodyOverflow::Fail => Err(SendError::BodyTooLarge { bytes_max }),
        };
    }
    Ok(CappedBody { bytes: collected.bytes.freeze(), truncated: false })
}

struct Collected {
    bytes: BytesMut,
    bytes_max: usize,
}

impl Collected {
    /// Takes what fits; says whether that was everything.
    fn push(&mut self, chunk: &[u8]) -> bool {
        let room = self.bytes_max.saturating_sub(self.bytes.len());
        let (fits, rest) = chunk.split_at_checked(room).unwrap_or((chunk, &[]));
        self.bytes.extend_from_slice(fits);
        rest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_as_long_as_the_cap_fits_and_one_byte_more_does_not() {
        let mut collected = Collected { bytes: BytesMut::new(), bytes_max: 4 };
        assert!(collected.push(b"abc"));
        assert!(collected.push(b"d"));
        assert!(collected.push(b""));
        assert!(!collected.push(b"e"));
        assert_eq!(&collected.bytes[..], b"abcd");

        let mut collected = Collected { bytes: BytesMut::new(), bytes_max: 4 };
        assert!(!collected.push(b"abcde"));
        assert_eq!(&collected.bytes[..], b"abcd");
    }

    #[test]
    fn debug_does_not_show_the_body() {
        let body = CappedBody { bytes: Bytes::from_static(b"hunter2"), truncated: false };
        assert_eq!(format!("{body:?}"), "CappedBody { len: 7, truncated: false }");
    }
}
