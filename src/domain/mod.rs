//! The rules of Latchkey, pure: what may happen (`decide`) and what it means (`evolve`).
//!
//! Deliberately absent: async, I/O, a clock, randomness, logging, and the names of diesel, reqwest, actix and
//! async-graphql. Time, ids and random values arrive inside commands, so a history replays to the same state on any
//! machine. Everything here can be tested with three lists: given (events), when (a command), then (events or a refusal).

pub mod actor;
pub mod client_authentication;
pub mod connection;
pub mod connection_state;
pub mod connection_test;

pub mod decider;
pub mod definition;
pub mod endpoint;
pub mod event;
pub mod exchange;
pub mod failure;

pub mod field;
pub mod filling;
pub mod host_rule;
pub mod key;
pub mod metadata;
pub mod request;
pub mod response_mapping;
pub mod secret;
pub mod secret_warning;

pub mod stream;
pub mod task;
pub mod task_credentials;
pub mod task_template;
pub mod template;
mod timestamp;
pub mod token;

pub mod url;
pub mod variables;

pub use actor::{Actor, ActorType};
pub use decider::Decider;

pub use event::Event;
pub use field::FieldError;
pub use host_rule::HostRule;
pub use key::Key;
pub use stream::StreamId;
pub use url::HttpUrl;
