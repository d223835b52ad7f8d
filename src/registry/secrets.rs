//! Storing, rotating and deleting secrets. A value comes in here, is sealed, and never comes out as text.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::idempotency::{self, Taken, Wish};
use super::{ChangeError, Changed, Registry};
use crate::command::{self, Alongside, CommandError, Execution};
use crate::domain::connection::REASON_LENGTH_MAX;
use crate::domain::definition::{ClientAuthentication, PrivateKeyJwt};
use crate::domain::field::text;
use crate::domain::request::IDEMPOTENCY_KEY_LENGTH_MAX;
use crate::domain::secret::{Secret, SecretCommand, SecretRejection, checked_value};
use crate::domain::{FieldError, Key, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, Provenance, StoredEvent};
use crate::oauth::SigningKey;
use crate::projections::connections::ConnectionFilter;
use crate::projections::idempotency::Claim;
use crate::projections::secrets::SecretView;
use crate::projections::{Window, connections, secret_values, secrets};

type Error = ChangeError<SecretRejection>;

/// A secret that shall be kept.
pub struct NewSecret {
    /// Key.
    pub key: Key,
    /// Display Name.
    pub display_name: String,
    /// The value.
    pub value: SecretString,
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

impl Registry {
    /// Stores a secret.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was stored.
    pub async fn create_secret(&self, new: NewSecret, provenance: Provenance) -> Result<Changed<SecretView>, Error> {
        let NewSecret { key, display_name, value, idempotency_key } = new;
        let value = kept(&value)?;
        let fingerprint = self.secret_fingerprint(&value);
        let claim = match &idempotency_key {
            None => None,
            Some(wish) => {
                text("idempotencyKey", wish, 1, IDEMPOTENCY_KEY_LENGTH_MAX).map_err(invalid)?;
                let input = format!("{key}\n{display_name}\n{fingerprint}");
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
            command: SecretCommand::Create { display_name, fingerprint },
            provenance: Arc::new(provenance),
            alongside: Some(self.storing((&key, 1), &value, claim.clone())),
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
        let Rotation { key, expected_version, value, reason } = rotation;
        let value = kept(&value)?;
        check_length(reason.as_deref())?;
        let fingerprint = self.secret_fingerprint(&value);
        let version = expected_version.saturating_add(1);
        let execution = Execution::<Secret> {
            stream: StreamId::Secret(key.clone()),
            command: SecretCommand::Rotate { expected_version, fingerprint, reason },
            provenance: Arc::new(provenance),
            alongside: Some(rotating(key.clone(), value.clone(), self.storing((&key, version), &value, None))),
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
        self.secret_changed(&key, positions).await
    }

    /// Deletes a secret and its value.
    ///
    /// # Errors
    /// [`SecretRejection::InUse`] with the connections that use it; see [`ChangeError`] for the rest.
    pub async fn delete_secret(&self, removal: Removal, provenance: Provenance) -> Result<Changed<SecretView>, Error> {
        let Removal { key, expected_version, reason } = removal;
        let wanted = key.clone();
        let used_by = self.log.database().run(move |conn| connections::using_secret(conn, &wanted)).await?;
        let wanted = key.clone();
        let removing: Alongside = Arc::new(move |conn: &mut Conn<'_>| {
            // Asked again under the lock: a connection may have come in between.
            let used_by = connections::using_secret(conn, &wanted).map_err(Refusal::Database)?;
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
    fn storing(&self, (key, version): (&Key, u32), value: &SecretString, claim: Option<Claim>) -> Alongside {
        let sealed = secret_values::seal(&self.keys, key, version, value.expose_secret());
        let key = key.clone();
        Arc::new(move |conn: &mut Conn<'_>| {
            if let Some(claim) = &claim {
                let refuse = |taken: Taken| Refusal::Rule(Box::new(SecretRejection::Invalid(taken.into())));
                idempotency::claim(conn, claim)?.map_err(refuse)?;
            }
            Ok(secret_values::store(conn, &key, version, &sealed)?)
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

/// In the transaction of the rotation: every connection that signs with the secret must be able to with the new value,
/// one that came a moment ago as well.
fn rotating(key: Key, value: SecretString, storing: Alongside) -> Alongside {
    Arc::new(move |conn: &mut Conn<'_>| {
        let wanted = ConnectionFilter { query: None, secret: Some(key.clone()), states: None };
        let window = Window { after: None, before: None, from_end: false, limit: u32::MAX - 1 };
        let (users, _) = connections::list(conn, &window, &wanted).map_err(Refusal::Database)?;
        for user in users.rows {
            let ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt { key_format, signing_algorithm, .. }) =
                &user.definition.authentication
            else {
                continue;
            };
            if let Err(problem) = SigningKey::parse(value.expose_secret(), *key_format, *signing_algorithm) {
                let message = format!("connection {} can't sign with this value: {problem}", user.key);
                let refused = FieldError::at("source.value", "PRIVATE_KEY_INVALID", message);
                return Err(Refusal::Rule(Box::new(SecretRejection::Invalid(refused))));
            }
        }
        storing(conn)
    })
}

fn kept(value: &SecretString) -> Result<SecretString, Error> {
    checked_value(value.expose_secret()).map(SecretString::from).map_err(invalid)
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
