//! The integration tests: over real sockets and real databases, in one binary, so that everything is linked once.
#![expect(clippy::as_conversions, reason = "a test ends where it is surprised")]

// `cfg(test)` is always set here; clippy needs to see it to know these for tests.
#[cfg(test)]
mod binding;
#[cfg(test)]
mod booted;
#[cfg(test)]
mod client_authentication;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod connection_state;
#[cfg(test)]
mod connection_test;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod demo_tour;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod discovery_pinning;
#[cfg(test)]
mod domain;
#[cfg(test)]
mod edge_http;
#[cfg(test)]
mod edge_server;
#[cfg(test)]
mod edge_socket;
#[cfg(test)]
mod edge_ws;
#[cfg(test)]
mod edge_ws_limits;
#[cfg(test)]
mod event_log;
#[cfg(test)]
mod execute;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod forward;
#[cfg(test)]
mod graphql;
#[cfg(test)]
mod graphql_semantics;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod issuers;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod log_support;
#[cfg(test)]
mod net;
#[cfg(test)]
mod net_identity;
#[cfg(test)]
mod net_probe;
#[cfg(test)]
mod net_stream;
#[cfg(test)]
mod oauth_token_endpoint;
#[cfg(test)]
mod oidc_provider;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod peers;
#[cfg(test)]
mod projections;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod secret_certificates;
#[cfg(test)]
mod secret_versions;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod tls_peer;
#[cfg(test)]
mod token_answers;
#[cfg(test)]
mod token_request;
#[cfg(test)]
mod world;
