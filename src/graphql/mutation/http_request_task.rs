//! `createHttpRequestTask`, `updateHttpRequestTask`, `deleteHttpRequestTask`, `runHttpRequestTask`.

use async_graphql::{Context, InputObject, Json, MaybeUndefined, Object, SimpleObject};

use super::super::definition::ParameterInput;
use super::super::errors::{ApiError, Fallible};
use super::super::exchange::HttpMethod;
use super::super::http_request_task::{HttpRequestTask, template};
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::{DurationText, KeyText};
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::Done;
use super::connection::version;
use super::definition::{Complaints, parameters};
use super::request::{AuthorizationInput, ExecuteHttpRequestPayload, HeaderInput, HttpBodyInput, NameValueInput};
use super::task_template::{patched, read_new};
use crate::domain::task::TaskRejection;
use crate::http::TaskRun;
use crate::registry::{NewTask, TaskChange, TaskRemoval};

/// An HTTP Request Task to be created. Variables are written `{{name}}`: in the path and query of the URL, in values of
/// the query and of headers, and in the body. What they are filled with is escaped by the place they stand in.
#[derive(InputObject)]
pub struct CreateHttpRequestTaskInput {
    /// Key: `^[a-z][a-z0-9-]{0,62}$`, never reused.
    pub(super) key: KeyText,
    /// Display Name.
    pub(super) display_name: String,
    /// Groups tasks.
    pub(super) endpoint: Option<String>,
    /// Method.
    #[graphql(default_with = "HttpMethod::Get")]
    pub(super) method: HttpMethod,
    /// Where to. Scheme, host and port can't hold variables.
    pub(super) url: String,
    /// In order; names may repeat.
    pub(super) headers: Option<Vec<HeaderInput>>,
    /// Added to the URL's own query.
    pub(super) query: Option<Vec<NameValueInput>>,
    /// What is sent. In a `text` with a JSON `Content-Type` a variable outside of quotes stands for any JSON value.
    pub(super) body: Option<HttpBodyInput>,
    /// Auth Type.
    pub(super) authorization: AuthorizationInput,
    /// For everything: token, retries, answer. When null: 30 seconds, and 5 minutes with `retryOnFailure`.
    pub(super) timeout: Option<DurationText>,
    /// Whether redirects of the API are followed.
    #[graphql(default)]
    pub(super) follow_redirects: bool,
    /// Retry external requests on failure: see `executeHttpRequest`.
    #[graphql(default)]
    pub(super) retry_on_failure: bool,
    /// Whether POST and PATCH are retried without an `Idempotency-Key` header, too: the API may do it twice.
    #[graphql(default)]
    pub(super) retry_non_idempotent: bool,
    /// Key of a stored secret with a certificate and its private key, which the request shows to the API: PEM, or
    /// PKCS#12 in base64.
    pub(super) client_certificate: Option<KeyText>,
    /// Key of a stored secret that opens the PKCS#12.
    pub(super) client_certificate_password: Option<KeyText>,
    /// Names the wish: asked again with the same input, it gives the first result.
    idempotency_key: Option<String>,
}

/// A change to an HTTP Request Task. Omitted is unchanged, null clears. A value `••••` that the client was shown and
/// sends back is unchanged, too.
#[derive(InputObject)]
pub struct UpdateHttpRequestTaskInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// Display Name.
    pub(super) display_name: MaybeUndefined<String>,
    /// Groups tasks.
    pub(super) endpoint: MaybeUndefined<String>,
    /// Method.
    pub(super) method: MaybeUndefined<HttpMethod>,
    /// Where to. Scheme, host and port can't hold variables.
    pub(super) url: MaybeUndefined<String>,
    /// In order; names may repeat.
    pub(super) headers: MaybeUndefined<Vec<HeaderInput>>,
    /// Added to the URL's own query.
    pub(super) query: MaybeUndefined<Vec<NameValueInput>>,
    /// What is sent.
    pub(super) body: MaybeUndefined<HttpBodyInput>,
    /// Auth Type.
    pub(super) authorization: MaybeUndefined<AuthorizationInput>,
    /// For everything: token, retries, answer.
    pub(super) timeout: MaybeUndefined<DurationText>,
    /// Whether redirects of the API are followed.
    pub(super) follow_redirects: MaybeUndefined<bool>,
    /// Retry external requests on failure.
    pub(super) retry_on_failure: MaybeUndefined<bool>,
    /// Whether POST and PATCH are retried without an `Idempotency-Key` header, too.
    pub(super) retry_non_idempotent: MaybeUndefined<bool>,
    /// Key of a stored secret with a client certificate.
    pub(super) client_certificate: MaybeUndefined<KeyText>,
    /// Key of a stored secret that opens the certificate.
    pub(super) client_certificate_password: MaybeUndefined<KeyText>,
    /// Why, for the log.
    reason: Option<String>,
}

/// An HTTP Request Task to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteHttpRequestTaskInput {
    /// Key.
    key: KeyText,
    /// The version that the client read.
    expected_version: i32,
    /// Why, for the log.
    reason: Option<String>,
}

/// A run of an HTTP Request Task.
#[derive(InputObject)]
pub struct RunHttpRequestTaskInput {
    /// Key.
    key: KeyText,
    /// An object with a value for each variable of the task: strings, numbers and booleans; in a JSON body, outside of
    /// quotes, any JSON.
    variables: Option<Json<serde_json::Value>>,
    /// Merged over the task's own, by name and placement; an empty value removes a parameter.
    parameter_overrides: Option<Vec<ParameterInput>>,
    /// Names the run: it is made at most once.
    idempotency_key: Option<String>,
}

/// What became of `createHttpRequestTask`.
#[derive(Debug, SimpleObject)]
pub struct CreateHttpRequestTaskPayload {
    /// The task; null exactly when there are user errors.
    task: Option<HttpRequestTask>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `updateHttpRequestTask`.
#[derive(Debug, SimpleObject)]
pub struct UpdateHttpRequestTaskPayload {
    /// The task; null exactly when there are user errors.
    task: Option<HttpRequestTask>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// What became of `deleteHttpRequestTask`.
#[derive(Debug, SimpleObject)]
pub struct DeleteHttpRequestTaskPayload {
    /// Key of what is gone; null exactly when there are user errors.
    deleted_key: Option<KeyText>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// Changes and runs of HTTP Request Tasks.
#[derive(Default)]
pub struct HttpRequestTaskMutations;

#[Object]
impl HttpRequestTaskMutations {
    /// Creates an HTTP Request Task.
    #[graphql(directive = requires_permission::apply(Permission::CreateHttpRequestTask))]
    async fn create_http_request_task(
        &self,
        ctx: &Context<'_>,
        input: CreateHttpRequestTaskInput,
    ) -> Fallible<CreateHttpRequestTaskPayload> {
        Some(create(ctx, input).await.map(|done| match done {
            Ok(task) => CreateHttpRequestTaskPayload { task: Some(task), user_errors: vec![] },
            Err(user_errors) => CreateHttpRequestTaskPayload { task: None, user_errors },
        }))
    }

    /// Changes an HTTP Request Task.
    #[graphql(directive = requires_permission::apply(Permission::EditHttpRequestTask))]
    async fn update_http_request_task(
        &self,
        ctx: &Context<'_>,
        input: UpdateHttpRequestTaskInput,
    ) -> Fallible<UpdateHttpRequestTaskPayload> {
        Some(update(ctx, input).await.map(|done| match done {
            Ok(task) => UpdateHttpRequestTaskPayload { task: Some(task), user_errors: vec![] },
            Err(user_errors) => UpdateHttpRequestTaskPayload { task: None, user_errors },
        }))
    }

    /// Deletes an HTTP Request Task for ever; its Key stays taken.
    #[graphql(directive = requires_permission::apply(Permission::DeleteHttpRequestTask))]
    async fn delete_http_request_task(
        &self,
        ctx: &Context<'_>,
        input: DeleteHttpRequestTaskInput,
    ) -> Fallible<DeleteHttpRequestTaskPayload> {
        Some(delete(ctx, input).await.map(|done| match done {
            Ok(key) => DeleteHttpRequestTaskPayload { deleted_key: Some(key), user_errors: vec![] },
            Err(user_errors) => DeleteHttpRequestTaskPayload { deleted_key: None, user_errors },
        }))
    }

    /// Runs an HTTP Request Task: fills its variables in, makes the request, and records it.
    #[graphql(directive = requires_permission::apply(Permission::ExecuteHttpRequest))]
    async fn run_http_request_task(
        &self,
        ctx: &Context<'_>,
        input: RunHttpRequestTaskInput,
    ) -> Fallible<ExecuteHttpRequestPayload> {
        Some(run(ctx, input).await)
    }
}

async fn create(ctx: &Context<'_>, input: CreateHttpRequestTaskInput) -> Done<HttpRequestTask> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let idempotency_key = input.idempotency_key.clone();
    let mut complaints = Complaints::default();
    let read = read_new(input, &mut complaints);
    let complaints = complaints.into_errors();
    let (Some((key, template)), true) = (read, complaints.is_empty()) else {
        return Ok(Err(complaints.into_iter().map(UserError::from).collect()));
    };
    let new = NewTask { key, template, idempotency_key };
    match services.registry.create_task(new, services.provenance(ctx, caller)).await {
        Ok(changed) => Ok(present(changed.view.map(HttpRequestTask))),
        Err(error) => Ok(Err(vec![user_errors::of_task(error)?])),
    }
}

async fn update(ctx: &Context<'_>, input: UpdateHttpRequestTaskInput) -> Done<HttpRequestTask> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let read = input.key.parse_at("key").and_then(|key| Ok((key, version(input.expected_version)?)));
    let (key, expected) = match read {
        Ok(read) => read,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let Some((view, before)) = template(ctx, &key).await? else {
        return Ok(Err(vec![UserError::not_found(TaskRejection::NotFound.to_string(), "key")]));
    };
    // What is wrong with a change to something that has changed since is of no use to anybody. The real check is made
    // where the change is decided.
    if expected != view.version {
        let conflict = TaskRejection::VersionConflict { expected, current: view.version };
        return Ok(Err(vec![UserError::version_conflict_at(conflict.to_string(), view.version)]));
    }
    let mut complaints = Complaints::default();
    let reason = input.reason.clone();
    let template = patched(before, input, &mut complaints);
    let complaints = complaints.into_errors();
    if !complaints.is_empty() {
        return Ok(Err(complaints.into_iter().map(UserError::from).collect()));
    }
    let change = TaskChange { key, expected_version: expected, template, reason };
    match services.registry.update_task(change, services.provenance(ctx, caller)).await {
        Ok(changed) => Ok(present(changed.view.map(HttpRequestTask))),
        Err(error) => Ok(Err(vec![user_errors::of_task(error)?])),
    }
}

async fn delete(ctx: &Context<'_>, input: DeleteHttpRequestTaskInput) -> Done<KeyText> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let read = input.key.parse_at("key").and_then(|key| Ok((key, version(input.expected_version)?)));
    let (key, expected_version) = match read {
        Ok(read) => read,
        Err(error) => return Ok(Err(vec![error.into()])),
    };
    let removal = TaskRemoval { key, expected_version, reason: input.reason };
    match services.registry.delete_task(removal, services.provenance(ctx, caller)).await {
        Ok(_) => Ok(Ok(input.key)),
        Err(error) => Ok(Err(vec![user_errors::of_task(error)?])),
    }
}

async fn run(ctx: &Context<'_>, input: RunHttpRequestTaskInput) -> Result<ExecuteHttpRequestPayload, ApiError> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let key = match input.key.parse_at("key") {
        Ok(key) => key,
        Err(error) => return Ok(ExecuteHttpRequestPayload::refused(error.into())),
    };
    let run = TaskRun {
        key,
        variables: input.variables.map(|Json(variables)| variables),
        parameter_overrides: parameters(input.parameter_overrides.unwrap_or_default()),
        idempotency_key: input.idempotency_key,
    };
    match services.executor.run_task(run, services.provenance(ctx, caller)).await {
        Ok(execution) => Ok(execution.into()),
        Err(error) => Ok(ExecuteHttpRequestPayload::refused(user_errors::of_run(error)?)),
    }
}

/// What was changed may have been deleted by somebody else before it was read again.
fn present(task: Option<HttpRequestTask>) -> Result<HttpRequestTask, Vec<UserError>> {
    task.ok_or_else(|| vec![UserError::not_found("the task was deleted since", "key")])
}
