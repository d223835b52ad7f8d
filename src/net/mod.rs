//! The way out: the one HTTP client of Latchkey, and the guard that decides where it may go.
//!
//! Everything that leaves the process goes through [`HttpClient::send`]: requests of users, token requests, discovery
//! and JWKS. So every one of them passes the address guard, is never redirected by itself, never uses a proxy, and has
//! limits on time, headers and decoded body.
//!
//! Deliberately absent: OAuth, GraphQL, retries, recording, and following redirects. [`redirect::next_hop`] only says
//! where a redirect leads; whoever drives the hops sends each one through the guard again.

mod address;
pub mod allow;
mod body;
mod cause;
mod client;
mod error;
mod guard;
pub mod redirect;
mod resolver;

pub use allow::AllowRuleError;
pub use body::{BodyOverflow, CappedBody};
pub use client::{
    ClientBuildError, ClientTimeouts, HttpClient, OutboundRequest, OutboundResponse, RESPONSE_HEADER_BYTES_MAX,
    RESPONSE_HEADERS_MAX, Timings,
};
pub use error::{SendError, TimeoutPhase};
pub use guard::{DNS_ANSWERS_MAX, EgressDenied, EgressPolicy};
pub use resolver::{DnsFailure, LOOKUPS_MAX};

pub use reqwest::Method;
pub use reqwest::header;
pub use tokio_util::bytes::Bytes;
