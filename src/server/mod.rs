//! The HTTP edge: what may come in, from whom, and in which shape it goes out.
//!
//! Deliberately absent: decisions. A request is measured, authenticated, handed to the right module, and answered.

pub mod assets;
pub mod auth;
pub mod body;
pub mod forward;
pub mod graphql;
pub mod headers;
pub mod health;
pub mod origin;
mod problem;
pub mod session;
