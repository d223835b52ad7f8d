//! Makes one HTTP request for a caller: authorised by a connection, retried where that is safe, always on the record.
//!
//! Deliberately absent: GraphQL types, the token request itself (`oauth`), the address guard (`net`).

mod attempts;
mod execution;
mod executor;
mod recording;
mod run;

pub use execution::{ExecuteError, Execution, HttpAnswer, SentRequest};
pub use executor::{Executor, ExecutorSettings};
pub use recording::{FinishError, finish_abandoned};
