//! What a client did wrong, as data: one interface, so that a new kind of error breaks no client.

use async_graphql::{Context, Interface, SimpleObject};

use super::connection::{self, ConnectionProfile};
use super::errors::ApiError;
use super::http_request_task::HttpRequestTask;
use super::scalars::int;
use super::services::Services;
use crate::domain::connection::ConnectionRejection;
use crate::domain::endpoint::{ConfirmationProblem, Unconfirmed};
use crate::domain::secret::{SecretRejection, SecretUsers};
use crate::domain::task::TaskRejection;
use crate::domain::{FieldError, Key};
use crate::event_log::Conn;
use crate::http::ExecuteError;
use crate::net;
use crate::oauth::{DiscoveryError, TestError};
use crate::projections::{connections, tasks};
use crate::registry::ChangeError;

/// Something that the client can mend.
#[derive(Debug, Clone, Interface)]
#[expect(clippy::duplicated_attributes, reason = "two fields of one type")]
#[graphql(
    field(name = "message", ty = "&String", desc = "One sentence for a person."),
    field(name = "code", ty = "&String", desc = "Stable, upper-case, machine-readable."),
    field(name = "path", ty = "&Vec<String>", desc = "Names from `input` to the field, list indices included.")
)]
pub enum UserError {
    /// A field is wrong.
    InvalidInput(InvalidInput),
    /// Something does not exist.
    NotFound(NotFound),
    /// A Key belongs to somebody else.
    KeyTaken(KeyTaken),
    /// Somebody was faster.
    VersionConflict(VersionConflict),
    /// Connections need the secret.
    SecretInUse(SecretInUse),
    /// An address is not allowed.
    EgressDenied(EgressDenied),
    /// It decides where a secret goes.
    ConfirmationRequired(ConfirmationRequired),
    /// It is being done.
    InFlight(InFlight),
}

/// A field of the input is wrong.
#[derive(Debug, Clone, SimpleObject)]
pub struct InvalidInput {
    message: String,
    code: String,
    path: Vec<String>,
}

/// What the input names does not exist.
#[derive(Debug, Clone, SimpleObject)]
pub struct NotFound {
    message: String,
    code: String,
    path: Vec<String>,
}

/// The Key is taken: a Key is never reused, not even after a delete.
#[derive(Debug, Clone, SimpleObject)]
pub struct KeyTaken {
    message: String,
    code: String,
    path: Vec<String>,
    /// The connection that has the Key; null for a secret, a task, and one that was deleted.
    existing: Option<ConnectionProfile>,
}

/// Somebody changed it since the client read it.
#[derive(Debug, Clone, SimpleObject)]
pub struct VersionConflict {
    message: String,
    code: String,
    path: Vec<String>,
    /// The connection as it is now; null for a secret and a task.
    current: Option<ConnectionProfile>,
    /// The version now.
    current_version: i32,
}

/// Connections or tasks would be left without their secret.
#[derive(Debug, Clone, SimpleObject)]
pub struct SecretInUse {
    message: String,
    code: String,
    path: Vec<String>,
    /// The connections that use it.
    used_by: Vec<ConnectionProfile>,
    /// The HTTP Request Tasks that use it.
    used_by_tasks: Vec<HttpRequestTask>,
}

/// The address guard, or the connection's `allowedHosts`, refuse the host.
#[derive(Debug, Clone, SimpleObject)]
pub struct EgressDenied {
    message: String,
    code: String,
    path: Vec<String>,
    /// The host as in the URL.
    host: String,
    /// The rule that said no.
    rule: String,
}

/// The first call with this idempotency key is still under way: nothing was sent. Ask again when it has ended.
#[derive(Debug, Clone, SimpleObject)]
pub struct InFlight {
    message: String,
    code: String,
    path: Vec<String>,
}

/// The input decides where a secret or its tokens go. That needs the permission `edit:ConnectionEndpoint`, or the secret's
/// current value in `secretConfirmation`.
#[derive(Debug, Clone, SimpleObject)]
pub struct ConfirmationRequired {
    message: String,
    code: String,
    path: Vec<String>,
    /// The fields of the input that decide it.
    fields: Vec<String>,
}

impl From<FieldError> for UserError {
    fn from(error: FieldError) -> Self {
        let FieldError { path, code, message } = error;
        Self::InvalidInput(InvalidInput { message, code: code.to_owned(), path })
    }
}

impl UserError {
    /// Moves the complaint below a parent field.
    #[must_use]
    pub(super) fn under(mut self, parent: &str) -> Self {
        let path = match &mut self {
            Self::InvalidInput(InvalidInput { path, .. })
            | Self::NotFound(NotFound { path, .. })
            | Self::KeyTaken(KeyTaken { path, .. })
            | Self::VersionConflict(VersionConflict { path, .. })
            | Self::SecretInUse(SecretInUse { path, .. })
            | Self::EgressDenied(EgressDenied { path, .. })
            | Self::ConfirmationRequired(ConfirmationRequired { path, .. })
            | Self::InFlight(InFlight { path, .. }) => path,
        };
        path.insert(0, parent.to_owned());
        self
    }

    /// Nothing has the Key at `path`.
    pub(super) fn not_found(message: impl Into<String>, path: &str) -> Self {
        Self::NotFound(NotFound { message: message.into(), code: "NOT_FOUND".to_owned(), path: names(path) })
    }

    /// The connection is at another version than the client thinks.
    pub(super) fn version_conflict(message: String, current: ConnectionProfile) -> Self {
        let current_version = int(current.0.version);
        let (code, path) = ("VERSION_CONFLICT".to_owned(), names("expectedVersion"));
        Self::VersionConflict(VersionConflict { message, code, path, current: Some(current), current_version })
    }

    fn unconfirmed(unconfirmed: &Unconfirmed) -> Self {
        let (code, hint) = match unconfirmed.problem {
            ConfirmationProblem::Missing => {
                ("CONFIRMATION_REQUIRED", "; callers with the permission edit:ConnectionEndpoint need not give it")
            }
            ConfirmationProblem::Wrong => ("CONFIRMATION_WRONG", ""),
            ConfirmationProblem::Locked => ("CONFIRMATION_LOCKED", ""),
            ConfirmationProblem::NoSecret => {
                ("PERMISSION_REQUIRED", "; it needs the permission edit:ConnectionEndpoint")
            }
        };
        Self::ConfirmationRequired(ConfirmationRequired {
            message: format!("{unconfirmed}{hint}"),
            code: code.to_owned(),
            path: names("secretConfirmation"),
            fields: unconfirmed.fields.iter().map(|field| (*field).to_owned()).collect(),
        })
    }

    /// Something that is no connection is at another version than the client thinks.
    pub(super) fn version_conflict_at(message: String, current: u32) -> Self {
        let (code, path) = ("VERSION_CONFLICT".to_owned(), names("expectedVersion"));
        Self::VersionConflict(VersionConflict { message, code, path, current: None, current_version: int(current) })
    }

    fn egress_denied(denied: &net::EgressDenied, path: &str) -> Self {
        Self::EgressDenied(EgressDenied {
            message: denied.to_string(),
            code: "EGRESS_DENIED".to_owned(),
            path: names(path),
            host: denied.host.clone(),
            rule: denied.rule.clone(),
        })
    }
}

/// Tells what of a refused change of a connection the client can mend; what it can't is the error.
pub(super) async fn of_connection(
    ctx: &Context<'_>,
    key: &Key,
    error: ChangeError<ConnectionRejection>,
) -> Result<UserError, ApiError> {
    let rejection = match error {
        ChangeError::Rejected(rejection) => rejection,
        ChangeError::EgressDenied(denied) => return Ok(UserError::egress_denied(&denied, "accessTokenUrl")),
        ChangeError::Discovery(error) => return Ok(of_discovery(&error)),
        ChangeError::Failed(error) => return Err(error.into()),
    };
    let message = rejection.to_string();
    Ok(match rejection {
        ConnectionRejection::Invalid(error) => error.into(),
        ConnectionRejection::Unconfirmed(unconfirmed) => UserError::unconfirmed(&unconfirmed),
        ConnectionRejection::NotFound => UserError::not_found(message, "key"),
        ConnectionRejection::KeyTaken => {
            let existing = connection::find(ctx, key.clone()).await?;
            let code = "KEY_TAKEN".to_owned();
            UserError::KeyTaken(KeyTaken { message, code, path: names("key"), existing })
        }
        ConnectionRejection::VersionConflict { .. } => match connection::find(ctx, key.clone()).await? {
            Some(current) => UserError::version_conflict(message, current),
            // Deleted in between.
            None => UserError::not_found(ConnectionRejection::NotFound.to_string(), "key"),
        },
    })
}

/// Tells what of a refused change of a secret the client can mend; what it can't is the error.
pub(super) async fn of_secret(ctx: &Context<'_>, error: ChangeError<SecretRejection>) -> Result<UserError, ApiError> {
    let rejection = match error {
        ChangeError::Rejected(rejection) => rejection,
        ChangeError::EgressDenied(denied) => return Ok(UserError::egress_denied(&denied, "source")),
        ChangeError::Discovery(error) => return Ok(of_discovery(&error)),
        ChangeError::Failed(error) => return Err(error.into()),
    };
    let message = rejection.to_string();
    Ok(match rejection {
        SecretRejection::Invalid(error) => error.into(),
        SecretRejection::NotFound => UserError::not_found(message, "key"),
        SecretRejection::KeyTaken => {
            let code = "KEY_TAKEN".to_owned();
            UserError::KeyTaken(KeyTaken { message, code, path: names("key"), existing: None })
        }
        SecretRejection::VersionConflict { current, .. } => UserError::version_conflict_at(message, current),
        SecretRejection::InUse { used_by } => {
            let (used_by, used_by_tasks) = users(ctx, used_by).await?;
            let code = "SECRET_IN_USE".to_owned();
            UserError::SecretInUse(SecretInUse { message, code, path: names("key"), used_by, used_by_tasks })
        }
    })
}

async fn users(
    ctx: &Context<'_>,
    used_by: SecretUsers,
) -> Result<(Vec<ConnectionProfile>, Vec<HttpRequestTask>), ApiError> {
    let read = move |conn: &mut Conn<'_>| {
        let by = used_by.connections.iter().map(|key| connections::get(conn, key)).collect::<Result<Vec<_>, _>>()?;
        let tasks = used_by.tasks.iter().map(|key| tasks::get(conn, key)).collect::<Result<Vec<_>, _>>()?;
        Ok((by, tasks))
    };
    let (by, tasks) = Services::of(ctx)?.read(read).await?;
    Ok((
        by.into_iter().flatten().map(ConnectionProfile::from).collect(),
        tasks.into_iter().flatten().map(HttpRequestTask).collect(),
    ))
}

/// Tells what of a refused change of a task the client can mend; what it can't is the error.
pub(super) fn of_task(error: ChangeError<TaskRejection>) -> Result<UserError, ApiError> {
    let rejection = match error {
        ChangeError::Rejected(rejection) => rejection,
        ChangeError::EgressDenied(denied) => return Ok(UserError::egress_denied(&denied, "url")),
        ChangeError::Discovery(error) => return Ok(of_discovery(&error)),
        ChangeError::Failed(error) => return Err(error.into()),
    };
    let message = rejection.to_string();
    Ok(match rejection {
        TaskRejection::Invalid(error) => error.into(),
        TaskRejection::NotFound => UserError::not_found(message, "key"),
        TaskRejection::KeyTaken => {
            let code = "KEY_TAKEN".to_owned();
            UserError::KeyTaken(KeyTaken { message, code, path: names("key"), existing: None })
        }
        TaskRejection::VersionConflict { current, .. } => UserError::version_conflict_at(message, current),
    })
}

/// Tells what of a run that was not made the client can mend. A run has no URL and no connection of its own: what is
/// wrong with those is wrong with the task.
pub(super) fn of_run(error: ExecuteError) -> Result<UserError, ApiError> {
    let is_of_the_task = |path: &[String]| {
        let own = ["variables", "parameterOverrides", "idempotencyKey", "key"];
        path.first().is_none_or(|name| !own.contains(&name.as_str()))
    };
    let mut refused = of_request(error)?;
    match &mut refused {
        UserError::InvalidInput(InvalidInput { path, .. })
        | UserError::NotFound(NotFound { path, .. })
        | UserError::EgressDenied(EgressDenied { path, .. })
            if is_of_the_task(path) =>
        {
            *path = names("key");
        }
        _ => {}
    }
    Ok(refused)
}

/// Tells why an issuer's metadata can't be used.
pub(super) fn of_discovery(error: &DiscoveryError) -> UserError {
    let FieldError { path, code, message } = error.field_error();
    let code = code.to_owned();
    match error.denial() {
        Some(net::EgressDenied { host, rule }) => {
            UserError::EgressDenied(EgressDenied { message, code, path, host: host.clone(), rule: rule.clone() })
        }
        None => UserError::InvalidInput(InvalidInput { message, code, path }),
    }
}

/// Tells what of a request that was not executed the client can mend; what it can't is the error.
pub(super) fn of_request(error: ExecuteError) -> Result<UserError, ApiError> {
    let message = error.to_string();
    match error {
        ExecuteError::Invalid(error) => Ok(error.into()),
        ExecuteError::UnknownConnection(_) => Ok(UserError::not_found(message, "authorization.clientConnection.key")),
        ExecuteError::UnknownTask(_) => Ok(UserError::not_found(message, "key")),
        ExecuteError::TaskSealed(_) => Ok(FieldError::at("key", "TASK_UNAVAILABLE", message).into()),
        ExecuteError::EgressDenied(denied) => Ok(UserError::egress_denied(&denied, "url")),
        ExecuteError::HostNotAllowed { host, .. } => Ok(UserError::EgressDenied(EgressDenied {
            message,
            code: "HOST_NOT_ALLOWED".to_owned(),
            path: names("url"),
            host,
            rule: "allowedHosts".to_owned(),
        })),
        ExecuteError::InFlight => {
            let (code, path) = ("IN_FLIGHT".to_owned(), names("idempotencyKey"));
            Ok(UserError::InFlight(InFlight { message, code, path }))
        }
        error @ (ExecuteError::NotRecorded(_)
        | ExecuteError::EndNotRecorded(_)
        | ExecuteError::Database(_)
        | ExecuteError::Abandoned) => Err(error.into()),
    }
}

/// Tells what of a test that was not made the client can mend; what it can't is the error.
pub(super) fn of_test(error: TestError) -> Result<UserError, ApiError> {
    match error {
        TestError::Running => {
            let (message, code) = (error.to_string(), "TEST_RUNNING".to_owned());
            Ok(UserError::InFlight(InFlight { message, code, path: names("key") }))
        }
        error @ (TestError::TooMany | TestError::NotRecorded(_) | TestError::Abandoned) => Err(error.into()),
    }
}

fn names(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
