//! Read models against the log that they stand for.

mod histories;
mod reading;
mod tampering;
