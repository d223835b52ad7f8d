//! Creating, changing and deleting HTTP Request Tasks. What may be secret in one is sealed here.

use std::sync::Arc;

use super::client_certificate::client_identity;
use super::idempotency::{self, Wish};
use super::{ChangeError, Changed, Registry};
use crate::command::{self, Alongside, CommandError, Execution};
use crate::domain::field::text;
use crate::domain::request::{Authorization, IDEMPOTENCY_KEY_LENGTH_MAX};
use crate::domain::task::{Task, TaskCommand, TaskDraft, TaskRejection};
use crate::domain::task_template::{Fingerprints, TaskTemplate, TaskValues};
use crate::domain::{FieldError, Key, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, DatabaseError, Provenance, StoredEvent};
use crate::projections::idempotency::Claim;
use crate::projections::task_values::TaskValuesError;
use crate::projections::tasks::TaskView;
use crate::projections::{connections, secrets, task_values, tasks};

type Error = ChangeError<TaskRejection>;

/// A task that shall be.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Key.
    pub key: Key,
    /// Everything else.
    pub template: TaskTemplate,
    /// Names the wish, so that it is fulfilled once.
    pub idempotency_key: Option<String>,
}

/// A change to a task.
#[derive(Debug, Clone)]
pub struct TaskChange {
    /// Key.
    pub key: Key,
    /// The version that the person saw.
    pub expected_version: u32,
    /// The whole new task.
    pub template: TaskTemplate,
    /// Why, for the log.
    pub reason: Option<String>,
}

/// A task that shall be gone.
#[derive(Debug, Clone)]
pub struct TaskRemoval {
    /// Key.
    pub key: Key,
    /// The version that the person saw.
    pub expected_version: u32,
    /// Why, for the log.
    pub reason: Option<String>,
}

impl Registry {
    /// Creates a task.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was created.
    pub async fn create_task(&self, new: NewTask, provenance: Provenance) -> Result<Changed<TaskView>, Error> {
        let NewTask { key, template, idempotency_key } = new;
        let draft = self.draft(template);
        let claim = match &idempotency_key {
            None => None,
            Some(wish) => Some(self.task_claim(&key, &draft, (wish, &provenance))?),
        };
        if let Some(first) = self.task_created_before(claim.as_ref()).await? {
            return Ok(first);
        }
        draft.template.validate().map_err(invalid)?;
        self.check_target(&draft.template)?;
        self.check_certificate(&draft.template).await?;
        let execution = Execution::<Task> {
            stream: StreamId::Task(key.clone()),
            alongside: Some(self.sealing((&key, 1), &draft.template, claim.clone())),
            command: TaskCommand::Create { draft: Box::new(draft) },
            provenance: Arc::new(provenance),
        };
        match command::execute(&self.log, &self.ids, execution).await {
            Ok(done) => {
                let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
                self.task_changed(&key, positions).await
            }
            // The same wish, sent twice at once: the other one won, and its result is this one's result.
            Err(CommandError::Rejected(TaskRejection::KeyTaken)) => {
                let taken = ChangeError::Rejected(TaskRejection::KeyTaken);
                self.task_created_before(claim.as_ref()).await?.ok_or(taken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Updates a task.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn update_task(&self, change: TaskChange, provenance: Provenance) -> Result<Changed<TaskView>, Error> {
        let TaskChange { key, expected_version, template, reason } = change;
        template.validate().map_err(invalid)?;
        let draft = self.draft(template);
        let wanted = key.clone();
        let before = self.log.database().run(move |conn| tasks::get(conn, &wanted)).await?;
        // Without a task there is nothing to judge: the decision will say so. What did not change is not judged again.
        if let Some(before) = before {
            let (definition, url) = (before.definition, draft.template.sample_url().map_err(invalid)?);
            let is_elsewhere = (definition.scheme.as_str(), definition.host.as_str())
                != (url.as_url().scheme(), url.authority().as_str());
            if is_elsewhere || definition.authorization != draft.template.authorization {
                self.check_target(&draft.template)?;
            }
        }
        self.check_certificate(&draft.template).await?;
        let version = expected_version.saturating_add(1);
        let execution = Execution::<Task> {
            stream: StreamId::Task(key.clone()),
            alongside: Some(self.sealing((&key, version), &draft.template, None)),
            command: TaskCommand::Update { expected_version, draft: Box::new(draft), reason },
            provenance: Arc::new(provenance),
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
        self.task_changed(&key, positions).await
    }

    /// Deletes a task and its sealed values.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was deleted.
    pub async fn delete_task(&self, removal: TaskRemoval, provenance: Provenance) -> Result<Changed<TaskView>, Error> {
        let TaskRemoval { key, expected_version, reason } = removal;
        let wanted = key.clone();
        let removing: Alongside = Arc::new(move |conn: &mut Conn<'_>| Ok(task_values::remove(conn, &wanted)?));
        let execution = Execution::<Task> {
            stream: StreamId::Task(key),
            command: TaskCommand::Delete { expected_version, reason },
            provenance: Arc::new(provenance),
            alongside: Some(removing),
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        Ok(Changed { view: None, positions: done.appended.map(|appended| appended.positions()).unwrap_or_default() })
    }

    /// Reads a whole task, its sealed part included; `None` when there is no such task.
    ///
    /// # Errors
    /// The values can't be unsealed, or the database failed.
    pub async fn task(&self, key: &Key) -> Result<Option<(TaskView, TaskTemplate)>, TaskValuesError> {
        let (key, keys) = (key.clone(), Arc::clone(&self.keys));
        self.log.database().run(move |conn| Ok(task_values::whole(conn, &keys, &key))).await?
    }

    fn draft(&self, template: TaskTemplate) -> TaskDraft {
        let TaskValues { url_query, query, headers, body } = template.values();
        let fingerprint = |purpose, text: serde_json::Result<String>| {
            // Plain values only, so writing them can't fail.
            self.keys.fingerprint(purpose, text.unwrap_or_default().as_bytes())
        };
        let has_query = url_query.is_some() || !query.is_empty();
        let fingerprints = Fingerprints {
            query: has_query.then(|| fingerprint("task-query", serde_json::to_string(&(&url_query, &query)))),
            headers: (!headers.is_empty()).then(|| fingerprint("task-headers", serde_json::to_string(&headers))),
            body: body.map(|body| fingerprint("task-body", serde_json::to_string(&body))),
        };
        TaskDraft { template, fingerprints }
    }

    /// Whether the task's host may be called, and with credentials when it has some.
    fn check_target(&self, template: &TaskTemplate) -> Result<(), Error> {
        let url = template.sample_url().map_err(invalid)?;
        self.egress.check_url(&url).map_err(ChangeError::EgressDenied)?;
        if template.authorization == Authorization::None || self.egress.may_carry_credentials(&url) {
            return Ok(());
        }
        let message = "must start with https://, because the token travels there; an operator may open this host for http \
                       with `egress.allow`";
        Err(invalid(FieldError::at("url", "INSECURE_URL", message)))
    }

    /// Whether the client certificate can be shown to anybody.
    async fn check_certificate(&self, template: &TaskTemplate) -> Result<(), Error> {
        let Some(certificate) = template.client_certificate.clone() else { return Ok(()) };
        let keys = Arc::clone(&self.keys);
        let read = self.log.database().run(move |conn| client_identity(conn, &keys, &certificate)).await?;
        read.map(drop).map_err(invalid)
    }

    /// In the transaction of the event: what the task refers to exists, and its values are sealed beside it.
    fn sealing(&self, (key, version): (&Key, u32), template: &TaskTemplate, claim: Option<Claim>) -> Alongside {
        let sealed = task_values::seal(&self.keys, key, version, &template.values());
        let (key, references) = (key.clone(), References::of(template));
        Arc::new(move |conn: &mut Conn<'_>| {
            references.check(conn).map_err(Refusal::Database)?.map_err(refusal)?;
            if let Some(claim) = &claim {
                idempotency::claim(conn, claim)?.map_err(|taken| refusal(taken.into()))?;
            }
            Ok(task_values::store(conn, &key, version, &sealed)?)
        })
    }

    fn task_claim(&self, key: &Key, draft: &TaskDraft, wish: (&str, &Provenance)) -> Result<Claim, Error> {
        let (wish, provenance) = wish;
        text("idempotencyKey", wish, 1, IDEMPOTENCY_KEY_LENGTH_MAX).map_err(invalid)?;
        // Fingerprints stand for what is secret in it.
        let definition = draft.template.definition(draft.fingerprints.clone()).map_err(invalid)?;
        let input = serde_json::to_string(&(key, definition)).unwrap_or_default();
        let (operation, stream) = ("createHttpRequestTask", StreamId::Task(key.clone()));
        let wish = Wish { operation, actor: &provenance.actor, key: wish, input: &input, stream };
        Ok(idempotency::claim_of(&self.keys, wish))
    }

    /// What the same wish came to before: the task as it was created, even if it was changed or deleted since. Only what
    /// is sealed of it is kept as it is now.
    async fn task_created_before(&self, claim: Option<&Claim>) -> Result<Option<Changed<TaskView>>, Error> {
        let Some(claim) = claim else { return Ok(None) };
        let first = idempotency::first_event(&self.log, claim).await?.map_err(invalid)?;
        let changed = |first: StoredEvent| {
            Ok(Changed { view: Some(TaskView::as_created(&first)?), positions: vec![first.position] })
        };
        first.map(changed).transpose()
    }

    async fn task_changed(&self, key: &Key, positions: Vec<u64>) -> Result<Changed<TaskView>, Error> {
        let wanted = key.clone();
        let view = self.log.database().run(move |conn| tasks::get(conn, &wanted)).await?;
        Ok(Changed { view, positions })
    }
}

/// What a task refers to by Key.
struct References {
    connection: Option<Key>,
    certificate: Option<Key>,
    password: Option<Key>,
}

impl References {
    fn of(template: &TaskTemplate) -> Self {
        let certificate = template.client_certificate.as_ref();
        Self {
            connection: match &template.authorization {
                Authorization::None => None,
                Authorization::ClientConnection { key, .. } => Some(key.clone()),
            },
            certificate: certificate.map(|certificate| certificate.secret.clone()),
            password: certificate.and_then(|certificate| certificate.password.clone()),
        }
    }

    fn check(&self, conn: &mut Conn<'_>) -> Result<Result<(), FieldError>, DatabaseError> {
        if let Some(connection) = &self.connection
            && connections::get(conn, connection)?.is_none()
        {
            let message = "there is no connection with this Key";
            return Ok(Err(FieldError::at("authorization.clientConnection.key", "UNKNOWN_CONNECTION", message)));
        }
        for (field, secret) in [("clientCertificate", &self.certificate), ("clientCertificatePassword", &self.password)]
        {
            if let Some(secret) = secret
                && secrets::get(conn, secret)?.is_none()
            {
                return Ok(Err(FieldError::at(field, "UNKNOWN_SECRET", "there is no secret with this Key")));
            }
        }
        Ok(Ok(()))
    }
}

fn refusal(error: FieldError) -> Refusal {
    Refusal::Rule(Box::new(TaskRejection::Invalid(error)))
}

fn invalid(error: FieldError) -> Error {
    ChangeError::Rejected(TaskRejection::Invalid(error))
}
