//! Nobody outside may choose both where a credential goes and which one: whoever chooses a destination has the right to,
//! or gives the secret's value again.
//!
//! Guessing is limited: after [`WRONG_CONFIRMATIONS_MAX`] wrong values for one secret, the same actor's values for it are
//! not looked at for [`CONFIRMATION_PAUSE`]. That is kept in memory only, so a restart forgives; a value worth the name of
//! a secret can't be guessed in some thousand attempts either way. The values are compared in constant time and neither
//! logged nor kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::{ChangeError, Registry};
use crate::clock::Clock;
use crate::crypto;
use crate::domain::connection::ConnectionRejection;
use crate::domain::definition::ConnectionDefinition;
use crate::domain::endpoint::{ConfirmationProblem, Unconfirmed, chosen_anew};
use crate::domain::secret::checked_value;
use crate::domain::{Actor, Key};
use crate::projections::secret_values::{self, SecretValueError};

/// Wrong values for one secret that one actor may give before a pause.
pub const WRONG_CONFIRMATIONS_MAX: u32 = 10;
/// How long the pause is, counted from the first wrong value.
pub const CONFIRMATION_PAUSE: Duration = Duration::from_mins(15);
/// Most pairs of actor and secret whose wrong values are counted at a time; beyond it every value is wrong.
const TALLIES_MAX: usize = 10_000;

/// By what somebody may choose where a secret goes.
pub enum EndpointAuthority {
    /// By right (`edit:ConnectionEndpoint`).
    Right,
    /// By knowing the secret: what they say is its value.
    Knowledge(SecretString),
    /// By nothing.
    Nothing,
}

/// A connection's definition that may choose where its secret goes.
pub struct Choice<'a> {
    /// The definition until now; `None` for a connection that shall be.
    pub before: Option<&'a ConnectionDefinition>,
    /// The definition from now on.
    pub after: &'a ConnectionDefinition,
    /// Who wants it.
    pub actor: &'a Actor,
    /// By what they may.
    pub authority: &'a EndpointAuthority,
}

/// A secret whose value was given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// Key.
    pub secret: Key,
    /// The version whose value it was.
    pub version: u32,
    fields: Vec<&'static str>,
}

impl Confirmed {
    /// The refusal for when the secret is at another version by the time of the change.
    pub(super) fn outdated(&self) -> Unconfirmed {
        Unconfirmed { fields: self.fields.clone(), problem: ConfirmationProblem::Wrong }
    }
}

impl Registry {
    /// Checks that a definition chooses no destination, or that who wants it may choose. The secret to be confirmed is the
    /// one that would be sent: that of the new definition. It must be at the same version still when the change is made.
    ///
    /// # Errors
    /// [`ConnectionRejection::Unconfirmed`]; the database failed.
    pub async fn confirm(&self, choice: Choice<'_>) -> Result<Option<Confirmed>, ChangeError<ConnectionRejection>> {
        let Choice { before, after, actor, authority } = choice;
        let fields = chosen_anew(before, after);
        if fields.is_empty() {
            return Ok(None);
        }
        let refuse = |fields, problem| {
            Err(ChangeError::Rejected(ConnectionRejection::Unconfirmed(Unconfirmed { fields, problem })))
        };
        let (given, secret) = match (authority, after.authentication.secret()) {
            (EndpointAuthority::Right, _) => return Ok(None),
            (EndpointAuthority::Knowledge(_) | EndpointAuthority::Nothing, None) => {
                return refuse(fields, ConfirmationProblem::NoSecret);
            }
            (EndpointAuthority::Nothing, Some(_)) => return refuse(fields, ConfirmationProblem::Missing),
            (EndpointAuthority::Knowledge(given), Some(secret)) => (given, secret.clone()),
        };
        let (keys, wanted) = (Arc::clone(&self.keys), secret.clone());
        let opened = self.log.database().run(move |conn| Ok(secret_values::open(conn, &keys, &wanted))).await?;
        let (version, value) = match opened {
            Ok(opened) => opened,
            Err(SecretValueError::Database(error)) => return Err(error.into()),
            // What can't be read can't be confirmed.
            Err(SecretValueError::Missing | SecretValueError::Sealed(_)) => {
                return refuse(fields, ConfirmationProblem::Wrong);
            }
        };
        // As it would have been kept; what could not be kept is not the value.
        let is_right = || {
            checked_value(given.expose_secret())
                .is_ok_and(|given| crypto::equal(given.as_bytes(), kept(&value).as_bytes()))
        };
        match self.confirmations.judge((actor, &secret), is_right) {
            Ok(()) => Ok(Some(Confirmed { secret, version, fields })),
            Err(problem) => {
                tracing::warn!(actor = actor.id, %secret, ?problem, "a secret was not confirmed");
                refuse(fields, problem)
            }
        }
    }
}

/// The value without the space that earlier versions kept around a key.
fn kept(value: &str) -> &str {
    checked_value(value).unwrap_or(value)
}

/// Counts wrong values.
pub(super) struct Confirmations {
    clock: Clock,
    // A std lock: held for one comparison, never across an await, so that many guesses at once are counted one by one.
    wrong: Mutex<HashMap<(String, Key), Tally>>,
}

struct Tally {
    count: u32,
    /// When the first wrong value came, on the monotonic clock.
    since: Duration,
}

impl Confirmations {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, wrong: Mutex::default() }
    }

    fn judge(
        &self,
        (actor, secret): (&Actor, &Key),
        is_right: impl FnOnce() -> bool,
    ) -> Result<(), ConfirmationProblem> {
        let now = self.clock.monotonic();
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|_, tally| now.saturating_sub(tally.since) < CONFIRMATION_PAUSE);
        let who = (actor.id.clone(), secret.clone());
        let count = wrong.get(&who).map_or(0, |tally| tally.count);
        let is_full = count == 0 && wrong.len() >= TALLIES_MAX;
        if count >= WRONG_CONFIRMATIONS_MAX || is_full {
            return Err(ConfirmationProblem::Locked);
        }
        if is_right() {
            return Ok(());
        }
        wrong.entry(who).or_insert(Tally { count: 0, since: now }).count = count.saturating_add(1);
        Err(ConfirmationProblem::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    #[test]
    fn after_ten_wrong_values_even_the_right_one_waits_for_the_pause_to_end() {
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let confirmations = Confirmations::new(clock.clone());
        let (admin, secret) = (Actor::admin(), key("s"));
        let judge = |is_right: bool| confirmations.judge((&admin, &secret), || is_right);
        for _ in 0..WRONG_CONFIRMATIONS_MAX {
            assert_eq!(judge(true), Ok(()));
            assert_eq!(judge(false), Err(ConfirmationProblem::Wrong));
        }
        assert_eq!(judge(true), Err(ConfirmationProblem::Locked));
        assert_eq!(confirmations.judge((&admin, &key("other")), || true), Ok(()));
        assert_eq!(confirmations.judge((&Actor::system(), &secret), || true), Ok(()));
        clock.advance(CONFIRMATION_PAUSE.saturating_sub(Duration::from_micros(1)));
        assert_eq!(judge(true), Err(ConfirmationProblem::Locked));
        clock.advance(Duration::from_micros(1));
        assert_eq!(judge(true), Ok(()));
    }

    #[test]
    fn what_is_counted_has_a_bound() {
        let confirmations = Confirmations::new(Clock::manual("2026-03-01T12:00:00Z".parse().unwrap()));
        let secret = key("s");
        let guess = |number: usize| {
            let actor = Actor { id: format!("u-{number}"), ..Actor::admin() };
            confirmations.judge((&actor, &secret), || false)
        };
        for number in 0..TALLIES_MAX {
            assert_eq!(guess(number), Err(ConfirmationProblem::Wrong));
        }
        assert_eq!(guess(TALLIES_MAX), Err(ConfirmationProblem::Locked));
        assert_eq!(guess(0), Err(ConfirmationProblem::Wrong), "who is counted already goes on");
    }
}
