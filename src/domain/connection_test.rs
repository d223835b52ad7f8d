//! One test of a connection: a real token exchange, on the record before anything is sent, whose token nobody gets.

use serde::{Deserialize, Serialize};

use super::failure::{AuthFailure, AuthPhase};
use super::{Decider, Key};

/// A test as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectionTest {
    /// No event yet.
    #[default]
    Unborn,
    /// Recorded; whether anything was sent is not known yet.
    Started(Box<TestStarted>),
    /// Ended, one way or another.
    Ended(Box<TestStarted>, Box<TestEnd>),
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestEnd {
    /// It went as far as it could.
    Tested(Tested),
    /// The process stopped in between.
    OutcomeUnknown(TestOutcomeUnknown),
}

/// What is to be recorded about a test.
#[derive(Debug, Clone)]
pub enum ConnectionTestCommand {
    /// Before anything is sent.
    Start(TestStarted),
    /// After the last step.
    End(TestEnd),
}

/// What happened in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionTestEvent {
    /// `connection_test.started.v1`
    Started(TestStarted),
    /// `connection.tested.v1`
    Tested(Tested),
    /// `connection_test.outcome_unknown.v1`
    OutcomeUnknown(TestOutcomeUnknown),
}

/// Payload of `connection_test.started.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestStarted {
    /// The saved connection that is tested; `None` for a draft.
    pub connection: Option<Key>,
    /// Its version.
    pub connection_version: Option<u32>,
    /// Whether the definition is saved nowhere.
    pub draft: bool,
    /// Host of the token endpoint, and port where its URL names one.
    pub host: String,
    /// The method of client authentication, as in a definition.
    pub authentication: String,
    /// Key of the secret that the client proves itself with.
    pub secret: Option<Key>,
}

/// Payload of `connection.tested.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// As in the start.
    pub connection: Option<Key>,
    /// As in the start.
    pub connection_version: Option<u32>,
    /// Version of the secret that was used; `None` when none was needed or none could be had.
    pub secret_version: Option<u32>,
    /// Whether no step failed.
    pub ok: bool,
    /// Every step, in order.
    pub steps: Vec<TestStep>,
    /// What is known of the token that came and was thrown away.
    pub token: Option<TestedToken>,
    /// Why there was no token.
    pub failure: Option<AuthFailure>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
}

/// Payload of `connection_test.outcome_unknown.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestOutcomeUnknown {
    /// As in the start.
    pub connection: Option<Key>,
    /// Why nobody knows.
    pub reason: String,
}

/// One step on the way to a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestStep {
    /// Which one.
    pub phase: AuthPhase,
    /// How it ended.
    pub status: StepStatus,
    /// What was found, or what is wrong, for a person. Never holds a secret or a token.
    pub detail: String,
    /// How long it took, in microseconds.
    pub duration_us: u64,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepStatus {
    /// All is well.
    Passed,
    /// It works, but a person would want to know something.
    Warned,
    /// Here it ends.
    Failed,
    /// It was not needed, or an earlier step failed.
    Skipped,
}

/// What is known of a token that was thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestedToken {
    /// Keyed fingerprint.
    pub fingerprint: String,
    /// Life from the answer on, in milliseconds, as it is believed.
    pub lifetime_ms: u64,
    /// `scope` of the answer.
    pub scope: Option<String>,
    /// `token_type` of the answer.
    pub token_type: String,
}

/// Why a record of a test is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionTestRejection {
    /// A test starts once.
    #[error("the test has started already")]
    StartedAlready,
    /// A test that never started can't end.
    #[error("the test has not started")]
    NotStarted,
    /// A test ends once.
    #[error("the test has ended already")]
    EndedAlready,
}

impl Decider for ConnectionTest {
    type Command = ConnectionTestCommand;
    type Event = ConnectionTestEvent;
    type Rejection = ConnectionTestRejection;

    fn decide(&self, command: ConnectionTestCommand) -> Result<Vec<ConnectionTestEvent>, ConnectionTestRejection> {
        use ConnectionTestCommand::{End, Start};
        match (self, command) {
            (Self::Unborn, Start(started)) => Ok(vec![ConnectionTestEvent::Started(started)]),
            (Self::Started(_) | Self::Ended(..), Start(_)) => Err(ConnectionTestRejection::StartedAlready),
            (Self::Unborn, End(_)) => Err(ConnectionTestRejection::NotStarted),
            (Self::Started(_), End(end)) => Ok(vec![end.into()]),
            (Self::Ended(..), End(_)) => Err(ConnectionTestRejection::EndedAlready),
        }
    }

    fn evolve(self, event: &ConnectionTestEvent) -> Self {
        let end = match event {
            ConnectionTestEvent::Started(started) => return Self::Started(Box::new(started.clone())),
            ConnectionTestEvent::Tested(tested) => TestEnd::Tested(tested.clone()),
            ConnectionTestEvent::OutcomeUnknown(unknown) => TestEnd::OutcomeUnknown(unknown.clone()),
        };
        match self {
            Self::Started(started) | Self::Ended(started, _) => Self::Ended(started, Box::new(end)),
            Self::Unborn => Self::Unborn,
        }
    }
}

impl From<TestEnd> for ConnectionTestEvent {
    fn from(end: TestEnd) -> Self {
        match end {
            TestEnd::Tested(tested) => Self::Tested(tested),
            TestEnd::OutcomeUnknown(unknown) => Self::OutcomeUnknown(unknown),
        }
    }
}
