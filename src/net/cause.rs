//! Walks the causes of an error, also through `std::io::Error`, whose `source` skips the error it wraps.

use std::error::Error;
use std::{io, iter};

/// Longest text taken from a foreign error; some list every name of a peer's certificate.
pub(super) const CAUSE_CHARS_MAX: usize = 300;

/// Yields the error itself, then its causes, outermost first.
pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |current| next(*current))
}

fn next<'a>(current: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => current.source(),
    }
}

/// Finds the first cause of type `T`.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The text of the innermost cause: the outer ones name the URL or only say that something failed.
pub(super) fn root_text(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().map(ToString::to_string).unwrap_or_default();
    text.chars().take(CAUSE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Inner(String);

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_error_wrapped_by_io_is_found_and_its_text_is_the_root() {
        let error = Outer(io::Error::other(Inner("the reason".to_owned())));
        assert!(find::<Inner>(&error).is_some());
        assert_eq!(root_text(&error), "the reason");
    }

    #[test]
    fn a_long_text_is_cut_at_its_limit() {
        assert_eq!(root_text(&Inner("é".repeat(CAUSE_CHARS_MAX))).chars().count(), CAUSE_CHARS_MAX);
        assert_eq!(root_text(&Inner("é".repeat(CAUSE_CHARS_MAX + 1))).chars().count(), CAUSE_CHARS_MAX);
    }
}
