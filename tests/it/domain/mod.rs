//! The rules, as given / when / then: a history, a command, and what follows.

mod connection;
mod connection_state;
mod connection_test;
mod exchange;
mod replay;
mod secret;
mod task;

use latchkey::domain::Decider;

/// The state that a history leads to.
fn given<D: Decider>(history: &[D::Event]) -> D {
    D::replay(history)
}
