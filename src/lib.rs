//! Latchkey: OAuth 2.0 client credentials connections, and the authorised HTTP calls made through them.
//!
//! This page is the map of the code. A module may `use crate::` only what stands to its left (a test reads the sources
//! and fails on an upward import):
//!
//! ```text
//! domain ← { clock, config, crypto, net, telemetry } ← event_log ← command ← projections ← oauth ← registry ← http
//!        ← graphql ← server ← demo ← app ← cli ← main
//! ```
//!
//! | to find | look in |
//! |---|---|
//! | what may happen to a connection, a secret, an exchange | [`domain`]: pure `decide` and `evolve`, no I/O, no clock |
//! | the names and payloads of events | [`domain::event`], and `docs/event-format.md` for their bytes |
//! | how an event becomes durable | [`event_log`]: one writer, group commit, gapless positions, Merkle frontier, feed |
//! | how a command reaches the log | [`command`]: load, decide, append, again when a race was lost |
//! | what is true now | [`projections`]: read models that move in the append's own transaction |
//! | tokens | [`oauth`]: client authentication, discovery, token endpoint, cache, single flight, back-off, DPoP, provider |
//! | creating and changing connections, secrets and tasks | [`registry`] |
//! | executing an HTTP request, running a task, forwarding | [`http`]: record, authorise, send, record, answer |
//! | what may leave the process | [`net`]: the one HTTP client and the address guard |
//! | the API | [`graphql`]: a file for each noun of the schema; [`server`]: HTTP, WebSocket, health, pages |
//! | how it is put together, started and stopped | [`app`], [`cli`] |
//! | the issuer and API of `--demo` | [`demo`] |
//!
//! One home each: time and ids in [`clock`], the environment in [`config`], keys and randomness in [`crypto`].

pub mod app;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod crypto;
pub mod demo;
pub mod domain;
pub mod event_log;
pub mod graphql;
pub mod http;
pub mod net;
pub mod oauth;
pub mod projections;
pub mod registry;
pub mod server;
pub mod telemetry;
