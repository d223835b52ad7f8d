//! Creating, changing and deleting connections.

use std::sync::Arc;

use super::confirmation::{Choice, Confirmed, EndpointAuthority};
use super::credentials::{self, Unserviceable};
use super::idempotency::{self, Wish};
use super::{ChangeError, Registry};
use crate::command::{self, Alongside, CommandError, Execution};
use crate::domain::connection::{Connection, ConnectionCommand, ConnectionRejection};
use crate::domain::definition::{ClientAuthentication, ConnectionDefinition};
use crate::domain::field::text;
use crate::domain::request::IDEMPOTENCY_KEY_LENGTH_MAX;
use crate::domain::{FieldError, HttpUrl, Key, StreamId};
use crate::event_log::append::Refusal;
use crate::event_log::{Conn, Position, Provenance, StoredEvent};
use crate::oauth::{Issuer, MetadataWarning, Pins};
use crate::projections::connections::{self, ConnectionView};
use crate::projections::idempotency::Claim;
use crate::projections::secret_values::SecretValueError;
use crate::projections::{secret_values, secrets};

type Error = ChangeError<ConnectionRejection>;

/// A connection that shall be.
pub struct NewConnection {
    /// Key.
    pub key: Key,
    /// Everything else.
    pub definition: ConnectionDefinition,
    /// Who says where the token endpoint is; the definition then holds the stand-in of [`super::Endpoint`].
    pub issuer: Option<Issuer>,
    /// Names the wish, so that it is fulfilled once.
    pub idempotency_key: Option<String>,
    /// By what the caller may choose where the secret goes.
    pub authority: EndpointAuthority,
}

/// A change to a connection.
pub struct ConnectionChange {
    /// Key.
    pub key: Key,
    /// What shall change.
    pub command: ConnectionCommand,
    /// By what the caller may choose where the secret goes.
    pub authority: EndpointAuthority,
    /// As [`NewConnection::issuer`].
    pub issuer: Option<Issuer>,
}

/// What a change of a connection led to.
#[derive(Debug, Clone)]
pub struct SavedConnection {
    /// The connection after it; `None` after a delete.
    pub view: Option<ConnectionView>,
    /// Positions of its events; empty when nothing had to change.
    pub positions: Vec<Position>,
    /// What the issuer does not list, when it was asked.
    pub metadata_warnings: Vec<MetadataWarning>,
}

/// A connection that shall be, found good.
struct Judged {
    definition: ConnectionDefinition,
    metadata_warnings: Vec<MetadataWarning>,
    confirmed: Option<Confirmed>,
}

impl Registry {
    /// Checks everything about a connection that shall be but whether its Key is free, and creates nothing: before a draft is
    /// tested. Gives the definition that it would be created with: with the Access Token URL that its issuer publishes.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub async fn check_new(&self, new: &NewConnection, provenance: &Provenance) -> Result<ConnectionDefinition, Error> {
        self.judge_new(new, provenance).await.map(|judged| judged.definition)
    }

    /// Whether the same wish was fulfilled before, so that to create the connection would only give it again.
    ///
    /// # Errors
    /// The idempotency key was used for another input; the database failed.
    pub async fn is_created_already(&self, new: &NewConnection, provenance: &Provenance) -> Result<bool, Error> {
        let claim = self.claim_of(new, provenance)?;
        Ok(self.created_before(claim.as_ref()).await?.is_some())
    }

    fn claim_of(&self, new: &NewConnection, provenance: &Provenance) -> Result<Option<Claim>, Error> {
        let wish = new.idempotency_key.as_deref().map(|wish| (wish, provenance));
        self.claim_for(&new.key, &new.definition, wish)
    }

    /// Completes and checks the definition, and that who wants it may choose where its secret goes.
    async fn judge_new(&self, new: &NewConnection, provenance: &Provenance) -> Result<Judged, Error> {
        new.definition.validate().map_err(invalid)?;
        let (definition, metadata_warnings) = self.locate(new.definition.clone(), new.issuer.as_ref()).await?;
        self.check_definition(&definition, None).await?;
        let choice = Choice { before: None, after: &definition, actor: &provenance.actor, authority: &new.authority };
        let confirmed = self.confirm(choice).await?;
        Ok(Judged { definition, metadata_warnings, confirmed })
    }

    /// Creates a connection.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was created.
    pub async fn create_connection(
        &self,
        new: NewConnection,
        provenance: Provenance,
    ) -> Result<SavedConnection, Error> {
        let claim = self.claim_of(&new, &provenance)?;
        if let Some(first) = self.created_before(claim.as_ref()).await? {
            return Ok(first);
        }
        let Judged { definition, metadata_warnings, confirmed } = self.judge_new(&new, &provenance).await?;
        let key = new.key;
        let needs = Needs { secret: needed_secret(&definition.authentication), confirmed };
        let execution = Execution::<Connection> {
            stream: StreamId::Connection(key.clone()),
            command: ConnectionCommand::Create { definition: Box::new(definition) },
            provenance: Arc::new(provenance),
            alongside: Some(alongside(needs, claim.clone())),
        };
        match command::execute(&self.log, &self.ids, execution).await {
            Ok(done) => {
                let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
                self.saved(&key, positions, metadata_warnings).await
            }
            // The same wish, sent twice at once: the other one won, and its result is this one's result.
            Err(CommandError::Rejected(ConnectionRejection::KeyTaken)) => {
                let taken = ChangeError::Rejected(ConnectionRejection::KeyTaken);
                self.created_before(claim.as_ref()).await?.ok_or(taken)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Updates, enables, disables or deletes a connection.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn change_connection(
        &self,
        change: ConnectionChange,
        provenance: Provenance,
    ) -> Result<SavedConnection, Error> {
        let ConnectionChange { key, mut command, issuer, authority } = change;
        let (mut with, mut pins, mut metadata_warnings) = (None, None, Vec::new());
        if let ConnectionCommand::Update { definition: Some(definition), expected_version, .. } = &mut command {
            definition.validate().map_err(invalid)?;
            let wanted = key.clone();
            let before = self.log.database().run(move |conn| connections::get(conn, &wanted)).await?;
            // Without a connection there is nothing to judge: the decision will say so.
            let mut confirmed = None;
            if let Some(ConnectionView { version, definition: before, .. }) = before {
                // A definition is judged against the very one that it replaces, so the versions must agree here already.
                let (expected, current) = (*expected_version, version);
                if expected != current {
                    return Err(ChangeError::Rejected(ConnectionRejection::VersionConflict { expected, current }));
                }
                (**definition, metadata_warnings) = self.locate((**definition).clone(), issuer.as_ref()).await?;
                pins = issuer.and_then(|_| Pins::of(definition));
                self.check_definition(definition, Some(&before)).await?;
                let choice = Choice {
                    before: Some(&before),
                    after: definition,
                    actor: &provenance.actor,
                    authority: &authority,
                };
                confirmed = self.confirm(choice).await?;
            }
            let needs = Needs { secret: needed_secret(&definition.authentication), confirmed };
            with = Some(alongside(needs, None));
        }
        let execution = Execution::<Connection> {
            stream: StreamId::Connection(key.clone()),
            command,
            provenance: Arc::new(provenance),
            alongside: with,
        };
        let done = command::execute(&self.log, &self.ids, execution).await?;
        let positions = done.appended.map(|appended| appended.positions()).unwrap_or_default();
        // A question that was open is answered, also when nothing had to change because the issuer came back to what is
        // pinned.
        if let Some(pins) = &pins {
            self.observe_metadata(&key, pins).await;
        }
        self.saved(&key, positions, metadata_warnings).await
    }

    /// Checks what the pure rules can't: the address and the stored key. What did not change is not judged again, so
    /// that a Display Name can be mended while an issuer's address is closed.
    async fn check_definition(
        &self,
        definition: &ConnectionDefinition,
        before: Option<&ConnectionDefinition>,
    ) -> Result<(), Error> {
        if before.is_none_or(|before| before.access_token_url != definition.access_token_url) {
            self.check_address(&definition.access_token_url)?;
        }
        if before.is_none_or(|before| before.authentication != definition.authentication) {
            self.check_key(&definition.authentication).await?;
        }
        Ok(())
    }

    fn check_address(&self, url: &HttpUrl) -> Result<(), Error> {
        self.egress.check_url(url).map_err(ChangeError::EgressDenied)?;
        if self.egress.may_carry_credentials(url) {
            return Ok(());
        }
        let message = "must start with https://, because the client's secret travels there; an operator may open this \
                       host for http with `egress.allow`";
        Err(invalid(FieldError::at("accessTokenUrl", "INSECURE_URL", message)))
    }

    /// Checks that the stored secret exists and serves the method.
    async fn check_key(&self, authentication: &ClientAuthentication) -> Result<(), Error> {
        let Some((secret, field)) = needed_secret(authentication) else { return Ok(()) };
        let keys = Arc::clone(&self.keys);
        let opened = self.log.database().run(move |conn| Ok(secret_values::open(conn, &keys, &secret))).await?;
        let value = match opened {
            Ok((_, value)) => value,
            Err(SecretValueError::Missing) => return Err(invalid(unknown_secret(&field))),
            Err(SecretValueError::Sealed(_)) => {
                let message = "the stored secret can't be unsealed; store it again";
                return Err(invalid(FieldError::at(&field, "SECRET_UNAVAILABLE", message)));
            }
            Err(SecretValueError::Database(error)) => return Err(error.into()),
        };
        credentials::check(authentication, &value).map_err(|Unserviceable { code, field, message }| {
            invalid(FieldError::at(&format!("{}.{field}", authentication.field()), code, message))
        })
    }

    fn claim_for(
        &self,
        key: &Key,
        definition: &ConnectionDefinition,
        wish: Option<(&str, &Provenance)>,
    ) -> Result<Option<Claim>, Error> {
        let Some((wish, provenance)) = wish else { return Ok(None) };
        text("idempotencyKey", wish, 1, IDEMPOTENCY_KEY_LENGTH_MAX).map_err(invalid)?;
        let input = serde_json::to_string(&(key, definition)).unwrap_or_default();
        Ok(Some(idempotency::claim_of(
            &self.keys,
            Wish {
                operation: "createConnection",
                actor: &provenance.actor,
                key: wish,
                input: &input,
                stream: StreamId::Connection(key.clone()),
            },
        )))
    }

    /// What the same wish came to before: the connection as it was created, even if it was changed or deleted since.
    async fn created_before(&self, claim: Option<&Claim>) -> Result<Option<SavedConnection>, Error> {
        let Some(claim) = claim else { return Ok(None) };
        let first = idempotency::first_event(&self.log, claim).await?.map_err(invalid)?;
        let changed = |first: StoredEvent| {
            let (view, positions) = (Some(ConnectionView::as_created(&first)?), vec![first.position]);
            Ok(SavedConnection { view, positions, metadata_warnings: Vec::new() })
        };
        first.map(changed).transpose()
    }

    async fn saved(
        &self,
        key: &Key,
        positions: Vec<Position>,
        metadata_warnings: Vec<MetadataWarning>,
    ) -> Result<SavedConnection, Error> {
        let wanted = key.clone();
        let view = self.log.database().run(move |conn| connections::get(conn, &wanted)).await?;
        Ok(SavedConnection { view, positions, metadata_warnings })
    }
}

/// What must be so in the transaction of the append.
struct Needs {
    /// The secret that must exist, and the field that names it.
    secret: Option<(Key, String)>,
    /// The secret whose value must not have been replaced.
    confirmed: Option<Confirmed>,
}

/// In the transaction of the append: the secret must exist, or a delete of it that came in between would leave a
/// connection without one; and it must be the value that was confirmed.
fn alongside(needs: Needs, claim: Option<Claim>) -> Alongside {
    Arc::new(move |conn: &mut Conn<'_>| {
        if let Some((secret, field)) = &needs.secret {
            let Some(now) = secrets::get(conn, secret).map_err(Refusal::Database)? else {
                return Err(refusal(unknown_secret(field)));
            };
            if let Some(confirmed) = &needs.confirmed
                && confirmed.version != now.version
            {
                return Err(Refusal::Rule(Box::new(ConnectionRejection::from(confirmed.outdated()))));
            }
        }
        match &claim {
            None => Ok(()),
            Some(claim) => idempotency::claim(conn, claim)?.map_err(|taken| refusal(taken.into())),
        }
    })
}

fn refusal(error: FieldError) -> Refusal {
    Refusal::Rule(Box::new(ConnectionRejection::Invalid(error)))
}

fn invalid(error: FieldError) -> Error {
    ChangeError::Rejected(ConnectionRejection::Invalid(error))
}

fn unknown_secret(field: &str) -> FieldError {
    FieldError::at(field, "UNKNOWN_SECRET", "there is no secret with this Key")
}

/// The secret that the client proves itself with, and the field that names it.
fn needed_secret(authentication: &ClientAuthentication) -> Option<(Key, String)> {
    authentication.secret().map(|secret| (secret.clone(), format!("{}.secret", authentication.field())))
}
