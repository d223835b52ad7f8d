//! Whether a connection works: a fold of what happened to it, to its secret, to its tokens and in its tests.
//!
//! | state | what happened last |
//! |---|---|
//! | `UNTESTED` | it was created, its definition was changed or its secret rotated, and no token was asked for since |
//! | `AUTHORIZED` | a token was issued, or a test went through |
//! | `DEGRADED` | no token could be had, but an earlier one is still good; or an API refused even a fresh token |
//! | `FAILING` | no token could be had, and there is no earlier one that is still good |
//! | `SECRET_UNAVAILABLE` | the secret could not be read or is no key that can sign: the issuer was not even asked |
//! | `DISABLED` | somebody disabled it |
//!
//! A refusal by an API stays until the next token: whether the API takes the old one again is in no event about tokens.
//! `DEGRADED` turns into `FAILING` by itself when the earlier token ends, so every question comes with a time.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::connection::ConnectionEvent;
use super::connection_test::{ConnectionTestEvent, Tested};
use super::definition::ConnectionDefinition;
use super::failure::{AuthFailure, AuthFailureReason};
use super::secret::SecretEvent;
use super::token::{Issued, RequestFailed, TokenEvent};
use super::{Event, Key, StreamId};

/// Whether a connection works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionState {
    /// Nobody knows yet.
    Untested,
    /// It works.
    Authorized,
    /// It works still, or in part.
    Degraded,
    /// It does not work.
    Failing,
    /// Its secret can't be used.
    SecretUnavailable,
    /// It is not to be used.
    Disabled,
}

impl ConnectionState {
    /// The persisted and public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Untested => "UNTESTED",
            Self::Authorized => "AUTHORIZED",
            Self::Degraded => "DEGRADED",
            Self::Failing => "FAILING",
            Self::SecretUnavailable => "SECRET_UNAVAILABLE",
            Self::Disabled => "DISABLED",
        }
    }
}

/// How a connection stands, as its events made it. Time decides the rest: see [`Standing::state_at`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    enabled: bool,
    outcome: Outcome,
    /// Version of the connection with which its definition came: what was asked for before it says nothing about it.
    definition_version: u32,
    secret: Option<Key>,
    /// Version of the secret as of its last rotation under this definition, else 0.
    secret_version: u32,
    /// Until when the value before that rotation is as good.
    overlap_until: Option<DateTime<Utc>>,
    valid_until: Option<DateTime<Utc>>,
    consecutive_failures: u32,
    next_attempt_at: Option<DateTime<Utc>>,
    since: DateTime<Utc>,
}

/// How the last attempt to get a token, or to use one, ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Outcome {
    Untested,
    Authorized,
    Failed { reason: AuthFailureReason, message: String },
    Refused { message: String },
}

/// Whose standing an event changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern<'a> {
    /// That of this connection.
    Connection(&'a Key),
    /// That of every connection that uses this secret.
    UsersOf(&'a Key),
}

/// An event with what its record says about it.
#[derive(Debug, Clone, Copy)]
pub struct Fact<'a> {
    /// What happened.
    pub event: &'a Event,
    /// To which stream.
    pub stream: &'a StreamId,
    /// As which event of that stream.
    pub version: u32,
    /// When it was recorded.
    pub at: DateTime<Utc>,
}

impl<'a> Fact<'a> {
    /// Whose standing the fact may change; `None` for nobody's.
    pub fn concern(&self) -> Option<Concern<'a>> {
        match self.event {
            Event::Connection(_) | Event::Token(_) => self.stream.key().map(Concern::Connection),
            Event::Secret(SecretEvent::Rotated(_)) => self.stream.key().map(Concern::UsersOf),
            Event::ConnectionTest(ConnectionTestEvent::Tested(tested)) => {
                tested.connection.as_ref().map(Concern::Connection)
            }
            Event::Secret(SecretEvent::Created(_) | SecretEvent::Deleted(_))
            | Event::Metadata(_)
            | Event::Task(_)
            | Event::Exchange(_)
            | Event::ConnectionTest(ConnectionTestEvent::Started(_) | ConnectionTestEvent::OutcomeUnknown(_)) => None,
        }
    }
}

impl Standing {
    /// How a connection stands that was created just now.
    pub fn created(definition: &ConnectionDefinition, at: DateTime<Utc>) -> Self {
        Self {
            enabled: true,
            outcome: Outcome::Untested,
            definition_version: 1,
            secret: definition.authentication.secret().cloned(),
            secret_version: 0,
            overlap_until: None,
            valid_until: None,
            consecutive_failures: 0,
            next_attempt_at: None,
            since: at,
        }
    }

    /// The state at a moment.
    pub fn state_at(&self, now: DateTime<Utc>) -> ConnectionState {
        if !self.enabled {
            return ConnectionState::Disabled;
        }
        match &self.outcome {
            Outcome::Untested => ConnectionState::Untested,
            Outcome::Authorized => ConnectionState::Authorized,
            Outcome::Refused { .. } => ConnectionState::Degraded,
            Outcome::Failed {
                reason: AuthFailureReason::SecretUnavailable | AuthFailureReason::KeyInvalid, ..
            } => ConnectionState::SecretUnavailable,
            Outcome::Failed { .. } if self.valid_until.is_some_and(|until| until > now) => ConnectionState::Degraded,
            Outcome::Failed { .. } => ConnectionState::Failing,
        }
    }

    /// Since when it is in the state that it has at a moment.
    pub fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self.turns_at() {
            Some(turn) if turn <= now => turn,
            Some(_) | None => self.since,
        }
    }

    /// When the state it had at [`Standing::since`] turns by itself, from `DEGRADED` to `FAILING`; `None` when it does not.
    pub fn turns_at(&self) -> Option<DateTime<Utc>> {
        let until = self.valid_until?;
        let is_degraded = self.state_at(self.since) == ConnectionState::Degraded;
        (is_degraded && self.state_at(until) == ConnectionState::Failing).then_some(until)
    }

    /// Why it is in the state that it has at a moment, for a person; `None` when all is well.
    pub fn reason(&self, now: DateTime<Utc>) -> Option<String> {
        if !self.enabled {
            return Some("The connection is disabled.".to_owned());
        }
        match &self.outcome {
            Outcome::Untested => Some(
                "No token was asked for since the connection was created, its definition changed or its secret rotated."
                    .to_owned(),
            ),
            Outcome::Authorized => None,
            Outcome::Refused { message } => Some(format!("{message}.")),
            Outcome::Failed { message, .. } => match self.valid_until {
                Some(until) if self.state_at(now) == ConnectionState::Degraded => {
                    let until = until.format("%Y-%m-%d %H:%M:%S UTC");
                    Some(format!("{message}. A token that was issued earlier is good until {until}."))
                }
                Some(_) | None => Some(format!("{message}.")),
            },
        }
    }

    /// When an event last changed its state.
    pub fn changed_at(&self) -> DateTime<Utc> {
        self.since
    }

    /// Key of its secret, if it has one.
    pub fn secret(&self) -> Option<&Key> {
        self.secret.as_ref()
    }

    /// How many attempts to get a token have failed since the last that did not.
    pub fn consecutive_failures(&self) -> u32 {
        self.consecutive_failures
    }

    /// Until when token requests are held back, as of a moment.
    pub fn next_attempt_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next_attempt_at.filter(|next| self.enabled && *next > now)
    }

    /// Folds one fact that concerns the connection. After its deletion nothing is left to stand.
    #[must_use]
    pub fn evolve(self, fact: Fact<'_>) -> Option<Self> {
        let (state, since) = (self.state_at(fact.at), self.since(fact.at));
        let next = match fact.event {
            Event::Connection(event) => self.after_change(event, fact)?,
            Event::Token(event) => self.after_token(event, fact.at),
            Event::Secret(SecretEvent::Rotated(rotated)) => {
                let overlap_until = rotated.overlap_until;
                Self { secret_version: fact.version, overlap_until, ..self.untested() }
            }
            Event::ConnectionTest(ConnectionTestEvent::Tested(tested)) => self.after_test(tested, fact.at),
            Event::Secret(_) | Event::Metadata(_) | Event::Task(_) | Event::Exchange(_) | Event::ConnectionTest(_) => {
                self
            }
        };
        let since = if next.state_at(fact.at) == state { since } else { fact.at };
        Some(Self { since, ..next })
    }

    fn after_change(self, event: &ConnectionEvent, fact: Fact<'_>) -> Option<Self> {
        Some(match event {
            ConnectionEvent::Created(created) => Self::created(&created.definition, fact.at),
            ConnectionEvent::Updated(updated) => {
                let secret = updated.definition.authentication.secret().cloned();
                let (secret_version, overlap_until) =
                    if secret == self.secret { (self.secret_version, self.overlap_until) } else { (0, None) };
                let definition_version = fact.version;
                Self { definition_version, secret, secret_version, overlap_until, ..self.untested() }
            }
            // Tokens are kept for one version of the connection, and this is another one.
            ConnectionEvent::Disabled(_) => Self { enabled: false, valid_until: None, next_attempt_at: None, ..self },
            ConnectionEvent::Enabled(_) => Self { enabled: true, valid_until: None, next_attempt_at: None, ..self },
            ConnectionEvent::Deleted(_) => return None,
        })
    }

    fn after_token(self, event: &TokenEvent, at: DateTime<Utc>) -> Self {
        match event {
            TokenEvent::Issued(issued) => self.after_issue(issued, at),
            TokenEvent::RequestFailed(failed) => self.after_failure(failed, at),
            TokenEvent::Rejected(rejected) if rejected.connection_version < self.definition_version => self,
            // A refused token is dropped, or known not to help.
            TokenEvent::Rejected(rejected) => match self.outcome {
                Outcome::Untested | Outcome::Authorized | Outcome::Refused { .. } if rejected.conclusive => {
                    let outcome = Outcome::Refused { message: sentence(&rejected.failure) };
                    Self { outcome, valid_until: None, ..self }
                }
                _ => Self { valid_until: None, ..self },
            },
            TokenEvent::Evicted(_) => Self { valid_until: None, ..self },
        }
    }

    fn after_issue(self, issued: &Issued, at: DateTime<Utc>) -> Self {
        if issued.connection_version < self.definition_version || self.is_outdated(issued.secret_version, at) {
            return self;
        }
        let lifetime = TimeDelta::milliseconds(i64::try_from(issued.lifetime_ms).unwrap_or(i64::MAX));
        let ends = at.checked_add_signed(lifetime).filter(|_| issued.lifetime_ms > 0);
        Self { valid_until: self.valid_until.max(ends), ..self.authorized() }
    }

    fn after_failure(self, failed: &RequestFailed, at: DateTime<Utc>) -> Self {
        // Nobody asked the issuer: that it is disabled, or held back, is known already.
        let was_not_asked =
            matches!(failed.failure.reason, AuthFailureReason::ConnectionDisabled | AuthFailureReason::CircuitOpen);
        if was_not_asked || failed.connection_version < self.definition_version {
            return self;
        }
        let backoff = failed.backoff_ms.and_then(|ms| i64::try_from(ms).ok()).and_then(TimeDelta::try_milliseconds);
        let next_attempt_at = backoff.and_then(|backoff| at.checked_add_signed(backoff));
        Self { next_attempt_at, ..self.failed(failed.failure.reason, sentence(&failed.failure)) }
    }

    /// Whether a version of the secret is not to be used any more at a moment.
    fn is_outdated(&self, secret_version: u32, at: DateTime<Utc>) -> bool {
        secret_version < self.secret_version && self.overlap_until.is_none_or(|until| until <= at)
    }

    fn after_test(self, tested: &Tested, at: DateTime<Utc>) -> Self {
        let is_older = tested.connection_version.is_some_and(|version| version < self.definition_version)
            || tested.secret_version.is_some_and(|version| self.is_outdated(version, at));
        match &tested.failure {
            _ if is_older => self,
            None => self.authorized(),
            Some(failure) => {
                let next_attempt_at = self.next_attempt_at;
                Self { next_attempt_at, ..self.failed(failure.reason, sentence(failure)) }
            }
        }
    }

    fn untested(self) -> Self {
        let outcome = Outcome::Untested;
        Self { outcome, valid_until: None, consecutive_failures: 0, next_attempt_at: None, ..self }
    }

    fn authorized(self) -> Self {
        Self { outcome: Outcome::Authorized, consecutive_failures: 0, next_attempt_at: None, ..self }
    }

    fn failed(self, reason: AuthFailureReason, message: String) -> Self {
        let consecutive_failures = self.consecutive_failures.saturating_add(1);
        Self { outcome: Outcome::Failed { reason, message }, consecutive_failures, ..self }
    }
}

/// What went wrong, with the issuer's own words where it had any.
fn sentence(failure: &AuthFailure) -> String {
    match failure.oauth_error.as_ref().and_then(|error| error.error_description.as_deref()) {
        Some(words) => format!("{}: {}", failure.message, words.trim_end_matches('.')),
        None => failure.message.clone(),
    }
}
