//! The integration tests: over real sockets and real databases, in one binary, so that everything is linked once.

// `cfg(test)` is always set here; clippy needs to see it to know these for tests.
#[cfg(test)]
mod demo;
#[cfg(test)]
mod edge_http;
#[cfg(test)]
mod edge_server;
#[cfg(test)]
mod edge_ws;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod graphql;
#[cfg(test)]
mod graphql_semantics;
#[cfg(test)]
mod net;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod world;
