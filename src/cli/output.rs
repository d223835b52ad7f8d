//! Standard output, which can be closed or full at any time: never a reason to panic.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Writes a line.
///
/// # Errors
/// Nobody reads any more, or there is no room.
pub(super) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// Whether an error means that the reader has seen enough, as in `latchkey events | head`: that is no failure.
pub(super) fn is_closed(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == ErrorKind::BrokenPipe)
}
