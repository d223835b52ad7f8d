//! Signature only: replaced at the merge.

use super::{ExecuteError, Execution};
use crate::domain::request::HttpRequest;
use crate::event_log::Provenance;

/// Runs HTTP requests.
#[derive(Clone, Default)]
pub struct Executor;

impl Executor {
    /// Runs one request.
    pub async fn execute(&self, _request: HttpRequest, _provenance: Provenance) -> Result<Execution, ExecuteError> {
        std::future::ready(Err(ExecuteError::Abandoned)).await
    }
}
