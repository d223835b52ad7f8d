//! From parameters to an answer: what both transports do with a request once they have read it.

use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, Response};
use futures_util::FutureExt;

use super::Endpoint;
use super::params::Params;
use super::response::Refusal;
use crate::graphql::caller::{Caller, RequestInfo};

/// A request that is within all limits. Its inputs are checked by the schema (`graphql::coercion`).
pub(super) struct Operation {
    pub(super) kind: OperationType,
    pub(super) request: Request,
}

impl<E: Executor> Endpoint<E> {
    /// Checks the document, and puts the caller beside the request.
    pub(super) fn prepare(&self, params: Params, caller: Caller, info: RequestInfo) -> Result<Operation, Refusal> {
        let checked = self.documents.parse(&params.query)?;
        let operation = checked.operation(params.operation_name.as_deref())?;
        // The text is not needed once it is parsed: without it no extension of the schema can log a literal secret.
        let mut request = Request::new("").variables(params.variables).data(caller).data(info);
        request.operation_name = params.operation_name;
        request.extensions = params.extensions;
        request.set_parsed_query(checked.document().clone());
        Ok(Operation { kind: operation.ty, request })
    }

    /// Runs a query or a mutation.
    ///
    /// The caller's future is dropped when the client goes away. A query ends with it, there and then. A mutation runs
    /// to its end on the application's own runtime, because half of it may have happened already.
    pub(super) async fn execute(&self, operation: Operation) -> Result<Response, Refusal> {
        let executor = self.executor.clone();
        match operation.kind {
            OperationType::Query => AssertUnwindSafe(executor.execute(operation.request))
                .catch_unwind()
                .await
                .map_err(|_| Refusal::Internal),
            OperationType::Mutation => {
                let run = async move { executor.execute(operation.request).await };
                self.tasks.spawn_on(run, &self.runtime).await.map_err(|_| Refusal::Internal)
            }
            OperationType::Subscription => Err(Refusal::SubscriptionOverHttp),
        }
    }
}
