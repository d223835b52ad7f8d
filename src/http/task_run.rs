//! Runs an HTTP Request Task: fills its variables in and executes the request that comes out.

use std::sync::Arc;

use serde_json::Value;

use super::execution::{ExecuteError, Execution};
use super::executor::{Admitted, Call, Executor, ExecutorSettings};
use crate::domain::definition::{Parameter, validate_parameters};
use crate::domain::field::text;
use crate::domain::request::{Authorization, IDEMPOTENCY_KEY_LENGTH_MAX, override_parameters};
use crate::domain::variables::Variables;
use crate::domain::{FieldError, Key, StreamId};
use crate::event_log::Provenance;
use crate::projections::task_values::{self, TaskValuesError};
use crate::registry::client_identity;
use crate::registry::idempotency::{self, Wish};

/// A run of a task.
#[derive(Clone)]
pub struct TaskRun {
    /// Key of the task.
    pub key: Key,
    /// An object, or nothing.
    pub variables: Option<Value>,
    /// Merged over the task's own, by name and placement.
    pub parameter_overrides: Vec<Parameter>,
    /// Names the run, so that it is made at most once.
    pub idempotency_key: Option<String>,
}

impl std::fmt::Debug for TaskRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The variables are the caller's business only.
        f.debug_struct("TaskRun").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Executor {
    /// Runs a task. It goes on to its recorded end even when the returned future is dropped.
    ///
    /// # Errors
    /// See [`ExecuteError`]. An auth failure or an API that can't be reached is no error but an outcome.
    pub async fn run_task(&self, run: TaskRun, provenance: Provenance) -> Result<Execution, ExecuteError> {
        self.track(move |parts| async move { parts.run_task(run, provenance).await }).await
    }
}

impl ExecutorSettings {
    async fn run_task(&self, run: TaskRun, provenance: Provenance) -> Result<Execution, ExecuteError> {
        let mut call = Call { id: self.ids.next(), called_at: self.clock.monotonic(), claim: None };
        if let Some(wish) = &run.idempotency_key {
            text("idempotencyKey", wish, 1, IDEMPOTENCY_KEY_LENGTH_MAX)?;
            // What was asked for, not what it led to: asked again after the task was edited, the first result counts.
            let input =
                serde_json::to_string(&(&run.key, &run.variables, &run.parameter_overrides)).unwrap_or_default();
            let (operation, stream) = ("runHttpRequestTask", StreamId::Exchange(call.id));
            let wish = Wish { operation, actor: &provenance.actor, key: wish, input: &input, stream };
            let claim = idempotency::claim_of(&self.keys, wish);
            if let Some(stream) = idempotency::earlier(&self.log, &claim).await?? {
                return self.replay(stream, None).await;
            }
            call.claim = Some(claim);
        }
        let variables = Variables::parse(run.variables)?;
        validate_parameters("parameterOverrides", &run.parameter_overrides)?;
        let (key, keys) = (run.key.clone(), Arc::clone(&self.keys));
        let found = self.log.database().run(move |conn| Ok(task_values::whole(conn, &keys, &key))).await?;
        let template = match found {
            Ok(Some((_, template))) => template,
            Ok(None) => return Err(ExecuteError::UnknownTask(run.key)),
            Err(TaskValuesError::Database(error)) => return Err(error.into()),
            Err(TaskValuesError::Missing | TaskValuesError::Sealed(_)) => {
                return Err(ExecuteError::TaskSealed(run.key));
            }
        };
        let mut request = template.request(&variables)?;
        match &mut request.authorization {
            Authorization::None if run.parameter_overrides.is_empty() => {}
            Authorization::None => {
                let message = "have no use: the task's Auth Type is none";
                return Err(FieldError::at("parameterOverrides", "NOT_ALLOWED", message).into());
            }
            Authorization::ClientConnection { parameter_overrides, .. } => {
                *parameter_overrides = override_parameters(parameter_overrides, &run.parameter_overrides);
            }
        }
        let certificate = template.client_certificate;
        request.task = Some(run.key);
        let admitted = self.admit(request)?;
        let identity = match certificate {
            None => None,
            Some(certificate) => {
                let keys = Arc::clone(&self.keys);
                let read = self.log.database().run(move |conn| client_identity(conn, &keys, &certificate)).await?;
                Some(read?)
            }
        };
        let admitted = Admitted { identity, ..admitted };
        self.make(admitted, call, provenance).await
    }
}
