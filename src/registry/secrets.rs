//! Storing, rotating and deleting secrets. A value comes in here, is sealed, and never comes out as text.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::client_certificate::client_identity;
use super::credentials::{self, Unserviceable};
use super::idempotency::{self, Taken, Wish};
use super::{ChangeError, Changed, Registry};
use crate::command::{self, Alongside, CommandError, Execution};
use crate::domain::connection::REASON_LENGTH_MAX;
use crate::domain::field::text;
use crate::domain::request::IDEMPOTENCY_KEY_LENGTH_MAX;
use crate::domain::secret::{Secret, SecretCommand, SecretRejection, SecretUsers, checked_value, overlap_until};
use crate::domain::{FieldError, Key, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, DatabaseError, Provenance, StoredEvent};
use crate::net::ClientIdentity;
use crate::projections::connections::ConnectionFilter;
use crate::projections::idempotency::Claim;
use crate::projections::secret_values::NewValue;
use crate::projections::secrets::SecretView;
use crate::projections::{Window, connections, secret_values, secrets, tasks};

type Error = ChangeError<SecretRejection>;

/// A secret that shall be kept.
pub struct NewSecret {
    /// Key.
    pub key: Key,
    /// Display Name.
    pub display_name: String,
    /// The value.
    pub value: SecretString,
    /// When the issuer stops taking it.
    pub expires_at: Option<DateTime<Utc>>,
    /// Names the wish, so that it is fulfilled once.
    pub idempotency_key: Option<String>,
}

/// A new value for a secret.
pub struct Rotation {
    /// Key.
    pub key: Key,
    /// The version that the person saw.
    pub expected_version: u32,
    /// The new value.
    pub value: SecretString,
    /// When the issuer stops taking it.
    pub expires_at: Option<DateTime<Utc>>,
    /// How long the value before is still tried, in milliseconds; without it, that value is dropped at once.
    pub overlap_ms: Option<u64>,
    /// The time now, from which on the overlap counts.
    pub now: DateTime<Utc>,
    /// Why, for the log.
    pub reason: Option<String>,
}

/// A secret that shall be gone.
#[derive(Debug, Clone)]
pub struct Removal {
    /// Key.
    pub key: Key,
    /// The version that the person saw.
    pub expected_version: u32,
    /// Why, for the log.
    pub reason: Option<String>,
}

/// What is written together with a value.
struct Storing {
    claim: Option<Claim>,
    overlap_until: Option<DateTime<Utc>>,
}

impl Registry {
    /// Stores a secret.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was stored.
    pub async fn create_secret(&self, new: NewSecret, provenance: Provenance) -> Result<Changed<SecretView>, Error> {
        let NewSecret { key, display_name, value, expires_at, idempotency_key } = new;
        let value = kept(&value)?;
        let expires_at = ending(expires_at, &value);
        let fingerprint = self.secret_fingerprint(&value);
        let claim = match &idempotency_key {
            None => None,
            Some(wish) => {
                text("idempotencyKey", wish, 1, IDEMPOTENCY_KEY_LENGTH_MAX).map_err(invalid)?;
                let expiry = expires_at.map(|at| format!("\n{}", at.timestamp_micros())).unwrap_or_default();
                let input = format!("{key}\n{display_name}\n{fingerprint}{expiry}");
                let stream = StreamId::Secret(key.clone());
                let actor = &provenance.actor;
                let wish = Wish { operation: "createSecret", actor, key: wish, input: &input, stream };
                Some(idempotency::claim_of(&self.keys, wish))
            }
        };
        if let Some(first) = self.stored_before(claim.as_ref()).await? {
            return Ok(first);
        }
        let execution = Execution::<Secret> {
            stream: StreamId::Secret(key.clone()),
            command: SecretCommand::Create { display_name, fingerprint, expires_at },
            provenance: Arc::new(provenance),
            alongside: Some(self.storing((&key, 1), &value, Storing { claim: claim.clone(), overlap_until: None })),
        };
        match command::execute(&self.log, &self.ids, execution).await {
            Ok(done) => {
                let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
                self.secret_changed(&key, positions).await
            }
            Err(CommandError::Rejected(SecretRejection::KeyTaken)) => {
                let taken = ChangeError::Rejected(SecretRejection::KeyTaken);
                self.stored_before(claim.as_ref()).await?.ok_or(taken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Replaces the value of a secret. Connections that sign with it keep working or the rotation is refused.
    ///
    /// # Errors
    /// See [`ChangeError`]; the old value is still in use.
    pub async fn rotate_secret(
        &self,
        rotation: Rotation,
        provenance: Provenance,
    ) -> Result<Changed<SecretView>, Error> {
        let Rotation { key, expected_version, value, expires_at, overlap_ms, now, reason } = rotation;
        let value = kept(&value)?;
        check_length(reason.as_deref())?;
        let fingerprint = self.secret_fingerprint(&value);
        let expires_at = ending(expires_at, &value);
        let overlap_until = overlap_until(now, overlap_ms).map_err(invalid)?;
        let version = expected_version.saturating_add(1);
        let storing = self.storing((&key, version), &value, Storing { claim: None, overlap_until });
        let execution = Execution::<Secret> {
            stream: StreamId::Secret(key.clone()),
            command: SecretCommand::Rotate { expected_version, fingerprint, expires_at, overlap_until, reason },
            provenance: Arc::new(provenance),
            alongside: Some(self.rotating(key.clone(), value.clone(), storing)),
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
        self.secret_changed(&key, positions).await
    }

    /// Deletes a secret and its value.
    ///
    /// # Errors
    /// [`SecretRejection::InUse`] with those that use it; see [`ChangeError`] for the rest.
    pub async fn delete_secret(&self, removal: Removal, provenance: Provenance) -> Result<Changed<SecretView>, Error> {
        let Removal { key, expected_version, reason } = removal;
        let wanted = key.clone();
        let used_by = self.log.database().run(move |conn| users_of(conn, &wanted)).await?;
        let wanted = key.clone();
        let removing: Alongside = Arc::new(move |conn: &mut Conn<'_>| {
            // Asked again under the lock: somebody may have come in between.
            let used_by = users_of(conn, &wanted).map_err(Refusal::Database)?;
            if !used_by.is_empty() {
                return Err(Refusal::Rule(Box::new(SecretRejection::InUse { used_by })));
            }
            Ok(secret_values::remove(conn, &wanted)?)
        });
        let execution = Execution::<Secret> {
            stream: StreamId::Secret(key.clone()),
            command: SecretCommand::Delete { expected_version, used_by, reason },
            provenance: Arc::new(provenance),
            alongside: Some(removing),
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        Ok(Changed { view: None, positions: done.appended.map(|appended| appended.positions()).unwrap_or_default() })
    }

    /// Seals the value and stores it in the transaction of the event that tells of it.
    fn storing(&self, (key, version): (&Key, u32), value: &SecretString, storing: Storing) -> Alongside {
        let Storing { claim, overlap_until } = storing;
        let sealed = secret_values::seal(&self.keys, key, version, value.expose_secret());
        let new = NewValue { version, sealed, overlap_until };
        let key = key.clone();
        Arc::new(move |conn: &mut Conn<'_>| {
            if let Some(claim) = &claim {
                let refuse = |taken: Taken| Refusal::Rule(Box::new(SecretRejection::Invalid(taken.into())));
                idempotency::claim(conn, claim)?.map_err(refuse)?;
            }
            Ok(secret_values::store(conn, &key, &new)?)
        })
    }

    /// In the transaction of the rotation: every connection and task that uses the secret must be able to use the new
    /// value, one that came a moment ago as well.
    fn rotating(&self, key: Key, value: SecretString, storing: Alongside) -> Alongside {
        let keys = Arc::clone(&self.keys);
        Arc::new(move |conn: &mut Conn<'_>| {
            let wanted = ConnectionFilter { query: None, secret: Some(key.clone()), states: None };
            let window = Window { after: None, before: None, from_end: false, limit: u32::MAX - 1 };
            let (users, _) = connections::list(conn, &window, &wanted).map_err(Refusal::Database)?;
            let refused = |code, message| {
                let error = FieldError::at("source.value", code, message);
                Refusal::Rule(Box::new(SecretRejection::Invalid(error)))
            };
            for user in users.rows {
                let checked = credentials::check(&user.definition.authentication, value.expose_secret());
                if let Err(Unserviceable { code, message, .. }) = checked {
                    return Err(refused(code, format!("connection {} can't use this value: {message}", user.key)));
                }
            }
            // Stored first: a certificate is read together with its password, and one of them is the new value.
            storing(conn)?;
            for user in tasks::using_secret(conn, &key).map_err(Refusal::Database)? {
                let task = tasks::get(conn, &user).map_err(Refusal::Database)?;
                let Some(certificate) = task.and_then(|task| task.definition.client_certificate) else { continue };
                if let Err(error) = client_identity(conn, &keys, &certificate).map_err(Refusal::Database)? {
                    let message = format!("HTTP Request Task {user} can't use this value: {}", error.message);
                    return Err(refused(error.code, message));
                }
            }
            Ok(())
        })
    }

    fn secret_fingerprint(&self, value: &SecretString) -> String {
        self.keys.fingerprint("secret", value.expose_secret().as_bytes())
    }

    /// What the same wish came to before: the secret as it was created, even if it was rotated or deleted since.
    async fn stored_before(&self, claim: Option<&Claim>) -> Result<Option<Changed<SecretView>>, Error> {
        let Some(claim) = claim else { return Ok(None) };
        let first = idempotency::first_event(&self.log, claim).await?.map_err(invalid)?;
        let changed = |first: StoredEvent| {
            Ok(Changed { view: Some(SecretView::as_created(&first)?), positions: vec![first.position] })
        };
        first.map(changed).transpose()
    }

    async fn secret_changed(&self, key: &Key, positions: Vec<u64>) -> Result<Changed<SecretView>, Error> {
        let wanted = key.clone();
        let view = self.log.database().run(move |conn| secrets::get(conn, &wanted)).await?;
        Ok(Changed { view, positions })
    }
}

fn users_of(conn: &mut Conn<'_>, secret: &Key) -> Result<SecretUsers, DatabaseError> {
    Ok(SecretUsers { connections: connections::using_secret(conn, secret)?, tasks: tasks::using_secret(conn, secret)? })
}

fn kept(value: &SecretString) -> Result<SecretString, Error> {
    checked_value(value.expose_secret()).map(SecretString::from).map_err(invalid)
}

/// When a value ends: as somebody says, else when its certificate does. To the microsecond, the finest that every supported
/// database stores.
fn ending(said: Option<DateTime<Utc>>, value: &SecretString) -> Option<DateTime<Utc>> {
    let of_certificate = || ClientIdentity::from_pem(value.expose_secret()).ok().map(|identity| identity.not_after());
    said.or_else(of_certificate).map(|at| at.trunc_subsecs(6))
}

fn check_length(reason: Option<&str>) -> Result<(), Error> {
    match reason {
        None => Ok(()),
        Some(reason) => text("reason", reason, 0, REASON_LENGTH_MAX).map_err(invalid),
    }
}

fn invalid(error: FieldError) -> Error {
    ChangeError::Rejected(SecretRejection::Invalid(error))
}
