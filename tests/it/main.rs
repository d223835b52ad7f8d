//! Tests of the whole, in one binary, because each binary is linked anew.

mod edge_http;
mod edge_server;
mod edge_ws;
mod graphql_semantics;
