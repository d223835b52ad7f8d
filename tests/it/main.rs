//! Tests over real sockets and real databases, in one binary.

// `cfg(test)` is always set here; clippy needs to see it to know these for tests.
#[cfg(test)]
mod net;
#[cfg(test)]
mod oauth_token_endpoint;
