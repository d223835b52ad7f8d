//! The actix application: what answers on Latchkey's own port.

pub mod assets;
