//! Makes one HTTP request for a caller: authorised by a connection, retried where that is safe, always on the record.
//!
//! Deliberately absent: GraphQL types, the token request itself (`oauth`), the address guard (`net`).

mod attempts;
mod authorizing;
mod echo;
mod execution;
mod executor;
pub mod forward;
mod kept_answers;
mod recording;
mod retries;
mod run;
mod task_run;

pub use execution::{ExecuteError, Execution, HttpAnswer, SentRequest};
pub use executor::{Executor, ExecutorSettings};
pub use kept_answers::{KEPT_BODY_BYTES_MAX, prune_answers};
pub use recording::finish_abandoned;
pub use retries::RETRY_POLICY_DEFAULT;
pub use task_run::TaskRun;

pub use crate::oauth::connection_test::FinishError;
