//! What an operator should know of a stored secret before the issuer says it.

use chrono::{DateTime, TimeDelta, Utc};

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningCode {
    /// The secret is past its end. It is still tried: the issuer decides.
    SecretExpired,
    /// The secret ends soon.
    SecretExpiresSoon,
    /// The issuer did not take the current version, and took the one before.
    PreviousSecretInUse,
}

/// Something to be mended before it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What is the matter.
    pub code: WarningCode,
    /// One or two sentences for a person.
    pub message: String,
    /// When it fails, or failed.
    pub at: DateTime<Utc>,
}

/// What warnings are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretFacts {
    /// When the issuer stops taking the secret, as far as somebody said it.
    pub expires_at: Option<DateTime<Utc>>,
    /// Until when the previous version is tried, if the last token was issued for that one.
    pub previous_in_use_until: Option<DateTime<Utc>>,
}

impl WarningCode {
    /// The public name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SecretExpired => "SECRET_EXPIRED",
            Self::SecretExpiresSoon => "SECRET_EXPIRES_SOON",
            Self::PreviousSecretInUse => "PREVIOUS_SECRET_IN_USE",
        }
    }
}

impl SecretFacts {
    /// The warnings at `now`, where *soon* is closer than `soon`.
    pub fn warnings(self, now: DateTime<Utc>, soon: TimeDelta) -> Vec<Warning> {
        let expiry = self.expires_at.filter(|at| at.signed_duration_since(now) <= soon).map(|at| {
            let day = at.format("%Y-%m-%d");
            if at <= now {
                let message = format!("The secret expired on {day}. Get a new one from the issuer and rotate it.");
                Warning { code: WarningCode::SecretExpired, message, at }
            } else {
                let message = format!("The secret expires on {day}. Get a new one from the issuer and rotate it.");
                Warning { code: WarningCode::SecretExpiresSoon, message, at }
            }
        });
        let previous = self.previous_in_use_until.filter(|until| *until > now).map(|at| {
            let message = format!(
                "The issuer refused the current version of the secret and took the previous one, which is tried until {}. \
                 Give the current one to the issuer.",
                at.format("%Y-%m-%d %H:%M UTC")
            );
            Warning { code: WarningCode::PreviousSecretInUse, message, at }
        });
        expiry.into_iter().chain(previous).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn codes(facts: SecretFacts) -> Vec<&'static str> {
        let warnings = facts.warnings(at("2026-03-01T12:00:00Z"), TimeDelta::days(30));
        warnings.into_iter().map(|warning| warning.code.name()).collect()
    }

    fn expiring(expires_at: &str) -> SecretFacts {
        SecretFacts { expires_at: Some(at(expires_at)), previous_in_use_until: None }
    }

    #[test]
    fn an_end_is_said_thirty_days_before_and_from_then_on() {
        assert_eq!(codes(expiring("2026-03-31T12:00:00.000001Z")), [""; 0]);
        assert_eq!(codes(expiring("2026-03-31T12:00:00Z")), ["SECRET_EXPIRES_SOON"]);
        assert_eq!(codes(expiring("2026-03-01T12:00:00.000001Z")), ["SECRET_EXPIRES_SOON"]);
        assert_eq!(codes(expiring("2026-03-01T12:00:00Z")), ["SECRET_EXPIRED"]);
        assert_eq!(codes(SecretFacts { expires_at: None, previous_in_use_until: None }), [""; 0]);
    }

    #[test]
    fn a_previous_version_is_said_while_it_is_tried() {
        let using = |until| SecretFacts { expires_at: None, previous_in_use_until: Some(at(until)) };
        assert_eq!(codes(using("2026-03-01T12:00:00.000001Z")), ["PREVIOUS_SECRET_IN_USE"]);
        assert_eq!(codes(using("2026-03-01T12:00:00Z")), [""; 0]);
    }
}
