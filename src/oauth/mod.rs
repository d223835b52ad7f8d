//! The OAuth 2.0 client: how a connection proves who it is, asks for a token, and what it keeps of the answer.
//!
//! The pure parts (what is sent, what an answer means, what a key is) know nothing of sockets; [`token_endpoint`] and
//! [`discovery`] are the only places that send. Deliberately absent: HTTP requests of users, SQL, and following
//! redirects: a token request carries the client's secret, so where it goes is decided by the connection alone.

pub mod assertion;
pub mod backoff;
pub mod binding;
pub mod cache;
mod certificate;
pub mod challenge;
pub mod client_authentication;
pub mod client_secret;
pub mod client_secret_jwt;
pub mod connection_test;
pub mod discovery;
pub mod dpop;
pub mod dpop_nonce;
pub mod excerpt;
mod jwk;
mod jws;
pub mod kept;
mod key_pair;
mod key_problem;
mod pem;
pub mod private_key;
pub mod provider;
pub mod redactions;
pub mod refusals;
pub mod retry;
pub mod secret_versions;
pub mod single_flight;
pub mod token_endpoint;
pub mod token_response;

pub use assertion::{Assertion, AssertionSigner};
pub use backoff::{BackoffPolicy, Backoffs};
pub use binding::Binding;
pub use cache::{CachedToken, KeptToken, NewToken, TokenCache, TokenKey, TokenKeyParts};
pub use certificate::Thumbprints;
pub use client_authentication::{TokenBindingProof, TokenRequestInput, TokenRequestParts};
pub use client_secret::SecretTransport;
pub use client_secret_jwt::SecretKey;
pub use connection_test::{ConnectionTester, TestError, TestSubject, TesterSettings};
pub use discovery::{Discovery, DiscoveryError, Issuer, Metadata, MetadataWarning, Pins};
pub use dpop::{DpopKey, DpopProblem, Proof};
pub use dpop_nonce::{DpopNonce, DpopNonces};
pub use key_problem::{KeyKind, KeyProblem};
pub use private_key::{KeyNames, SigningKey};
pub use provider::{Held, NoToken, ProviderSettings, TokenProvider, TokenWish};
pub use redactions::Redactions;
pub use retry::RetryPolicy;
pub use secret_versions::SecretVersions;
pub use single_flight::{FlightLost, Joined, SingleFlight};
pub use token_endpoint::{Granted, Refusal, TokenEndpoint, TokenRequest};
pub use token_response::{AccessToken, Answer};
