//! What a client sees of a failure: a code and one sentence. The only place that turns errors into GraphQL errors.
//!
//! Deliberately absent: `Display` on [`ApiError`]. The GraphQL library shows clients the `Display` text of whatever is
//! passed on with `?`, so an error of a lower layer must not fit there: without the trait the compiler refuses it.

use async_graphql::ErrorExtensions;

use crate::command::CommandError;
use crate::domain::event::UnreadableEvent;
use crate::event_log::{AppendError, DatabaseError};
use crate::http::ExecuteError;
use crate::oauth::TestError;
use crate::registry::ChangeError;

/// The stable, machine-readable kind of a failure: `extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The caller lacks the permission that the field requires.
    Forbidden,
    /// An argument is outside its bounds, or does not go with another one.
    InvalidArgument,
    /// A cursor was not made by this list, or points beyond the end of the log.
    InvalidCursor,
    /// Too much at once: the same call may succeed in a moment.
    Busy,
    /// The database can't be reached or written.
    Unavailable,
    /// The request was sent, but its outcome is not on the record: ask the API before sending it again.
    OutcomeNotRecorded,
    /// A fault of Latchkey's.
    Internal,
}

impl ErrorCode {
    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "FORBIDDEN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::InvalidCursor => "INVALID_CURSOR",
            Self::Busy => "BUSY",
            Self::Unavailable => "UNAVAILABLE",
            Self::OutcomeNotRecorded => "OUTCOME_NOT_RECORDED",
            Self::Internal => "INTERNAL",
        }
    }
}

/// The only thing a client sees of a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// What kind.
    pub code: ErrorCode,
    /// One sentence for a person; never the text of a lower layer's error.
    pub message: String,
}

/// A nullable field that can fail. The shape keeps an error in its own field: see `tests/it/graphql_semantics.rs`.
pub type Fallible<T> = Option<Result<T, ApiError>>;

impl ApiError {
    /// A failure with a sentence of its own.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A fault of Latchkey's, logged here and now.
    pub fn internal(error: &dyn std::error::Error) -> Self {
        log(error);
        Self::new(ErrorCode::Internal, "Something went wrong inside Latchkey; its log says what.")
    }

    fn unavailable(error: &dyn std::error::Error) -> Self {
        log(error);
        Self::new(ErrorCode::Unavailable, "The database is not available; nothing was changed.")
    }

    fn busy() -> Self {
        Self::new(ErrorCode::Busy, "Too many changes at once; try again in a moment.")
    }
}

fn log(error: &dyn std::error::Error) {
    let causes: Vec<String> =
        std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string).collect();
    tracing::error!(%error, causes = causes.join(": "), "a GraphQL operation failed");
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        Self::new(error.message).extend_with(|_, extensions| extensions.set("code", error.code.name()))
    }
}

impl From<DatabaseError> for ApiError {
    fn from(error: DatabaseError) -> Self {
        match &error {
            DatabaseError::Open(_) | DatabaseError::Query(_) => Self::unavailable(&error),
            DatabaseError::Missing(_)
            | DatabaseError::Migration(_)
            | DatabaseError::Newer(_)
            | DatabaseError::Corrupt(_) => Self::internal(&error),
        }
    }
}

impl From<UnreadableEvent> for ApiError {
    fn from(error: UnreadableEvent) -> Self {
        Self::internal(&error)
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match &error {
            AppendError::Busy => Self::busy(),
            AppendError::Unavailable(_) | AppendError::Closed => Self::unavailable(&error),
            AppendError::Conflict { .. } | AppendError::Refused(_) => Self::internal(&error),
        }
    }
}

impl<R: std::error::Error + 'static> From<CommandError<R>> for ApiError {
    fn from(error: CommandError<R>) -> Self {
        match error {
            CommandError::Contended => Self::busy(),
            CommandError::Append(error) => error.into(),
            CommandError::Database(error) => error.into(),
            CommandError::Unreadable(error) => error.into(),
            // Whoever expects rejections turns them into user errors; here nobody did.
            CommandError::Rejected(rejection) => Self::internal(&rejection),
        }
    }
}

impl<R: std::error::Error + 'static> From<ChangeError<R>> for ApiError {
    fn from(error: ChangeError<R>) -> Self {
        match error {
            ChangeError::Failed(error) => error.into(),
            ChangeError::Rejected(_) | ChangeError::EgressDenied(_) | ChangeError::Discovery(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<TestError> for ApiError {
    fn from(error: TestError) -> Self {
        match error {
            TestError::NotRecorded(error) => error.into(),
            TestError::TooMany => {
                Self::new(ErrorCode::Busy, "Too many connections are being tested; try again in a moment.")
            }
            TestError::Abandoned => {
                log(&error);
                Self::new(ErrorCode::Unavailable, "Latchkey is stopping; the test was abandoned.")
            }
            TestError::Running => Self::internal(&error),
        }
    }
}

impl From<ExecuteError> for ApiError {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::NotRecorded(error) => error.into(),
            ExecuteError::Database(error) => error.into(),
            ExecuteError::EndNotRecorded(_) => {
                log(&error);
                Self::new(
                    ErrorCode::OutcomeNotRecorded,
                    "The request was sent, but its outcome could not be recorded; ask the API before sending it again.",
                )
            }
            ExecuteError::Abandoned => {
                log(&error);
                Self::new(ErrorCode::Unavailable, "Latchkey is stopping; the request was abandoned.")
            }
            ExecuteError::Invalid(_)
            | ExecuteError::UnknownConnection(_)
            | ExecuteError::UnknownTask(_)
            | ExecuteError::TaskSealed(_)
            | ExecuteError::EgressDenied(_)
            | ExecuteError::HostNotAllowed { .. }
            | ExecuteError::InFlight => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_never_sees_the_text_of_a_database_error() {
        let error = DatabaseError::Open("postgres://user:hunter2@db/latchkey refused".to_owned());
        let shown = async_graphql::Error::from(ApiError::from(error));
        assert!(!format!("{shown:?}").contains("hunter2"));
        assert_eq!(ApiError::from(AppendError::Busy).code, ErrorCode::Busy);
        assert_eq!(ApiError::from(DatabaseError::Corrupt("x".to_owned())).code, ErrorCode::Internal);
    }
}
