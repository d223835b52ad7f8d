//! The life of an HTTP Request Task: created, updated, deleted. A Key is never reused.

use serde::{Deserialize, Serialize};

use super::connection::{Reasoned, check_reason};
use super::task_template::{Fingerprints, TaskDefinition, TaskTemplate};
use super::{Decider, FieldError};

/// A task as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Task {
    /// No event yet: the Key is free.
    #[default]
    Unborn,
    /// In use.
    Active(Box<ActiveTask>),
    /// Gone; its Key stays taken.
    Deleted {
        /// Number of events in the stream.
        version: u32,
    },
}

/// A task that has not been deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveTask {
    /// What the log knows of it.
    pub definition: TaskDefinition,
    /// Number of events in the stream, and the version of its sealed values: each event but the delete brings new ones.
    pub version: u32,
}

/// A whole task as somebody wants it. Its secret parts are sealed outside; their fingerprints arrive here.
#[derive(Debug, Clone)]
pub struct TaskDraft {
    /// Everything a person decides.
    pub template: TaskTemplate,
    /// Of what is sealed.
    pub fingerprints: Fingerprints,
}

/// What somebody wants done with a task.
#[derive(Debug, Clone)]
pub enum TaskCommand {
    /// Create it under a free Key.
    Create {
        /// The task.
        draft: Box<TaskDraft>,
    },
    /// Change it.
    Update {
        /// The version that the person saw.
        expected_version: u32,
        /// The whole new task.
        draft: Box<TaskDraft>,
        /// Why, for the log.
        reason: Option<String>,
    },
    /// Delete it for ever, its sealed values included.
    Delete {
        /// The version that the person saw.
        expected_version: u32,
        /// Why, for the log.
        reason: Option<String>,
    },
}

/// What happened to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// `task.created.v1`
    Created(Created),
    /// `task.updated.v1`
    Updated(Updated),
    /// `task.deleted.v1`
    Deleted(Reasoned),
}

/// Payload of `task.created.v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// Everything a person decided, secret parts as fingerprints.
    pub definition: TaskDefinition,
}

/// Payload of `task.updated.v1`: the whole new definition, so that a reader needs no earlier event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// The definition from now on.
    pub definition: TaskDefinition,
    /// Why, in the words of who did it.
    pub reason: Option<String>,
}

/// Why a command on a task is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRejection {
    /// A field is wrong.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// The Key belongs to this or to a deleted task.
    #[error("this Key is taken: a Key is never reused, not even after a delete")]
    KeyTaken,
    /// There is no such task.
    #[error("there is no HTTP Request Task with this Key")]
    NotFound,
    /// Somebody changed the task since the person read it.
    #[error("the task is at version {current}, not at the expected version {expected}")]
    VersionConflict {
        /// The version that the person saw.
        expected: u32,
        /// The version now.
        current: u32,
    },
}

impl TaskDraft {
    /// Checks it and gives what the log is told.
    fn definition(&self) -> Result<TaskDefinition, FieldError> {
        self.template.validate()?;
        self.template.definition(self.fingerprints.clone())
    }
}

impl Task {
    /// The task when it is in use.
    pub fn active(&self) -> Option<&ActiveTask> {
        match self {
            Self::Active(active) => Some(active),
            Self::Unborn | Self::Deleted { .. } => None,
        }
    }

    /// Number of events in the stream.
    pub fn version(&self) -> u32 {
        match self {
            Self::Unborn => 0,
            Self::Active(active) => active.version,
            Self::Deleted { version } => *version,
        }
    }

    fn expect(&self, expected: u32) -> Result<&ActiveTask, TaskRejection> {
        let active = self.active().ok_or(TaskRejection::NotFound)?;
        if active.version == expected {
            Ok(active)
        } else {
            Err(TaskRejection::VersionConflict { expected, current: active.version })
        }
    }
}

impl Decider for Task {
    type Command = TaskCommand;
    type Event = TaskEvent;
    type Rejection = TaskRejection;

    fn decide(&self, command: TaskCommand) -> Result<Vec<TaskEvent>, TaskRejection> {
        match command {
            TaskCommand::Create { draft } => {
                let definition = draft.definition()?;
                match self {
                    Self::Unborn => Ok(vec![TaskEvent::Created(Created { definition })]),
                    Self::Active(_) | Self::Deleted { .. } => Err(TaskRejection::KeyTaken),
                }
            }
            TaskCommand::Update { expected_version, draft, reason } => {
                check_reason(reason.as_deref())?;
                let active = self.expect(expected_version)?;
                let definition = draft.definition()?;
                if definition == active.definition {
                    return Ok(vec![]);
                }
                Ok(vec![TaskEvent::Updated(Updated { definition, reason })])
            }
            TaskCommand::Delete { expected_version, reason } => {
                check_reason(reason.as_deref())?;
                self.expect(expected_version)?;
                Ok(vec![TaskEvent::Deleted(Reasoned { reason })])
            }
        }
    }

    fn evolve(self, event: &TaskEvent) -> Self {
        let version = self.version().saturating_add(1);
        match event {
            TaskEvent::Created(Created { definition }) | TaskEvent::Updated(Updated { definition, .. }) => {
                Self::Active(Box::new(ActiveTask { definition: definition.clone(), version }))
            }
            TaskEvent::Deleted(_) => Self::Deleted { version },
        }
    }
}
