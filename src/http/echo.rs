//! Blots a token out of an answer that repeats it: an API for trying things out sends back what it was sent, and whoever may
//! make requests is not thereby to see tokens.
//!
//! What is looked for is the token as it was sent. An API that encodes it first gives it away; where tokens may be sent is
//! limited for that reason, too. Deliberately absent: the forward route, whose answers are passed on as they come.

use memchr::memmem::Finder;

use crate::net::OutboundResponse;
use crate::net::header::HeaderValue;

/// A shorter token is no secret, and would be found in texts that have nothing to do with it. In bytes.
const TOKEN_BYTES_MIN: usize = 8;
/// What stands in place of each byte: the length stays, so lengths that were said stay true.
const BLOT: u8 = b'*';

/// Replaces every occurrence of a token in headers and body by as many asterisks.
pub(super) fn blot_out(response: &mut OutboundResponse, token: &str) {
    if token.len() < TOKEN_BYTES_MIN {
        return;
    }
    let finder = Finder::new(token);
    for value in response.headers.values_mut() {
        if let Some(Ok(blotted)) = without(value.as_bytes(), &finder).map(|bytes| HeaderValue::from_bytes(&bytes)) {
            *value = blotted;
        }
    }
    if let Some(blotted) = without(&response.body.bytes, &finder) {
        response.body.bytes = blotted.into();
    }
}

/// The text with the needle blotted out; `None` where it is not in it.
fn without(text: &[u8], needle: &Finder<'_>) -> Option<Vec<u8>> {
    let places: Vec<usize> = needle.find_iter(text).collect();
    if places.is_empty() {
        return None;
    }
    let mut blotted = text.to_vec();
    for place in places {
        blotted.iter_mut().skip(place).take(needle.needle().len()).for_each(|byte| *byte = BLOT);
    }
    Some(blotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occurrence_is_blotted_out_and_the_length_stays() {
        let finder = Finder::new("token-123");
        assert_eq!(without(b"a token-123, token-123b", &finder).unwrap(), b"a *********, *********b");
        assert_eq!(without(b"a token-12", &finder), None);
        assert_eq!(without(b"", &finder), None);
    }
}
