//! Tests of the whole, in one binary, because each binary is linked anew.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that meets something unexpected has failed"
)]

mod edge_http;
mod edge_server;
mod edge_socket;
mod edge_ws;
mod edge_ws_limits;
mod graphql_semantics;
