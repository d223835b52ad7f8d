//! The way out: the one HTTP client of Latchkey, and the guard that decides where it may go.
//!
//! Everything that leaves the process goes through [`HttpClient`]: requests of users, token requests, discovery and JWKS
//! by [`HttpClient::send`], what is passed through by [`HttpClient::open`], and tests of the way by
//! [`HttpClient::probe`]. So every one of them passes the address guard, is never redirected by itself, never uses a
//! proxy, verifies the server's certificate, and has limits on time and size.
//!
//! Deliberately absent: OAuth, GraphQL, retries, recording, and following redirects. [`redirect::next_hop`] only says
//! where a redirect leads; whoever drives the hops sends each one through the guard again.

mod activity;
mod address;
pub mod allow;
mod body;
mod cause;
mod certificate;
mod client;
mod error;
mod guard;
mod identity;
mod pem;
mod pkcs12;
mod pools;
mod probe;
pub mod redirect;
mod resolver;
mod stream;
mod tls;
mod trust;

pub use allow::AllowRuleError;
pub use body::{BodyOverflow, CappedBody};
pub use client::{
    ClientBuildError, ClientTimeouts, HttpClient, OutboundRequest, OutboundResponse, RESPONSE_HEADER_BYTES_MAX,
    RESPONSE_HEADERS_MAX, Timings,
};
pub use error::{RequestBodyProblem, SendError, TimeoutPhase};
pub use guard::{DNS_ANSWERS_MAX, EgressDenied, EgressPolicy};
pub use identity::{
    ClientIdentity, IDENTITY_BYTES_MAX, IDENTITY_CERTIFICATES_MAX, IdentityDigest, IdentityProblem, pkcs12_to_pem,
};
pub use pools::IDENTITY_POOLS_MAX;
pub use probe::{Probe, ProbeStep};
pub use resolver::{DnsFailure, LOOKUPS_MAX};
pub use stream::{RequestBody, ResponseBody, StreamingRequest, StreamingResponse};
pub use trust::{TRUSTED_BYTES_MAX, TrustError, TrustedCertificates};

pub use reqwest::Method;
pub use reqwest::header;
pub use tokio_util::bytes::Bytes;
