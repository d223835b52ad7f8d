//! From inputs to a connection's definition. Everything that is wrong on the way is collected, so that a form can show
//! all of it at once; the bounds of what can be read are the domain's own.

use async_graphql::MaybeUndefined;

use super::super::definition::{ClientAuthenticationInput, ParameterInput, TokenPolicyInput};
use super::super::scalars::{DurationText, moved};
use crate::domain::FieldError;
use crate::domain::HostRule;
use crate::domain::definition::{ASSERTION_LIFETIME_MS_DEFAULT, ClientAuthentication, Parameter, TokenPolicy};

/// Complaints about the fields of one input.
#[derive(Default)]
pub(super) struct Complaints(Vec<FieldError>);

impl Complaints {
    /// The value, or `None` and a complaint.
    pub(super) fn keep<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.0.push(error)).ok()
    }

    /// A field that can't be cleared: null is a complaint, omitted is `None`.
    pub(super) fn present<T>(&mut self, path: &str, value: MaybeUndefined<T>) -> Option<T> {
        match value {
            MaybeUndefined::Value(value) => Some(value),
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => {
                self.0.push(FieldError::at(path, "REQUIRED", "can't be cleared"));
                None
            }
        }
    }

    /// All complaints.
    pub(super) fn into_errors(self) -> Vec<FieldError> {
        self.0
    }
}

/// Reads *Secret Configuration*.
pub(super) fn authentication(
    input: ClientAuthenticationInput,
    complaints: &mut Complaints,
) -> Option<ClientAuthentication> {
    match input {
        ClientAuthenticationInput::ClientSecret(input) => {
            let secret = complaints.keep(input.secret.parse_at("authentication.clientSecret.secret"))?;
            Some(ClientAuthentication::ClientSecret { secret, placement: input.placement.into() })
        }
        ClientAuthenticationInput::PrivateKeyJwt(input) => {
            let secret = complaints.keep(input.secret.parse_at("authentication.privateKeyJwt.secret"));
            let lifetime = input.lifetime.map(|lifetime| lifetime.parse_at("authentication.privateKeyJwt.lifetime"));
            let lifetime_ms = complaints.keep(lifetime.unwrap_or(Ok(ASSERTION_LIFETIME_MS_DEFAULT)));
            Some(ClientAuthentication::PrivateKeyJwt {
                secret: secret?,
                key_id: input.key_id,
                key_format: input.key_format.into(),
                signing_algorithm: input.signing_algorithm.into(),
                audience: input.audience,
                lifetime_ms: lifetime_ms?,
            })
        }
    }
}

/// Reads additional parameters; their bounds are the domain's.
pub(in super::super) fn parameters(input: Vec<ParameterInput>) -> Vec<Parameter> {
    let read = |ParameterInput { name, value, placement }| Parameter { name, value, placement: placement.into() };
    input.into_iter().map(read).collect()
}

/// Reads `allowedHosts`.
pub(super) fn allowed_hosts(input: &[String], complaints: &mut Complaints) -> Vec<HostRule> {
    let rules = input
        .iter()
        .enumerate()
        .map(|(index, text)| HostRule::parse(text).map_err(|error| moved(error, &format!("allowedHosts.{index}"))));
    rules.filter_map(|rule| complaints.keep(rule)).collect()
}

/// Merges a policy over the one before. On create that is the default.
pub(super) fn token_policy(input: TokenPolicyInput, before: TokenPolicy, complaints: &mut Complaints) -> TokenPolicy {
    let default = TokenPolicy::default();
    let skew = duration("tokenPolicy.refreshSkew", input.refresh_skew, complaints);
    let timeout = duration("tokenPolicy.requestTimeout", input.request_timeout, complaints);
    let retries = converted(input.max_retries, |retries| count("tokenPolicy.maxRetries", retries), complaints);
    let statuses = converted(
        input.expired_status_codes,
        |codes| codes.into_iter().map(|code| count("tokenPolicy.expiredStatusCodes", code)).collect(),
        complaints,
    );
    TokenPolicy {
        cache: merged(input.cache, before.cache, default.cache),
        refresh_skew_ms: merged(skew, before.refresh_skew_ms, default.refresh_skew_ms),
        max_retries: merged(retries, before.max_retries, default.max_retries),
        request_timeout_ms: merged(timeout, before.request_timeout_ms, default.request_timeout_ms),
        expired_status_codes: merged(statuses, before.expired_status_codes, default.expired_status_codes),
    }
}

/// Omitted is unchanged, null is the default.
fn merged<T>(value: MaybeUndefined<T>, before: T, default: T) -> T {
    match value {
        MaybeUndefined::Undefined => before,
        MaybeUndefined::Null => default,
        MaybeUndefined::Value(value) => value,
    }
}

fn duration(path: &str, value: MaybeUndefined<DurationText>, complaints: &mut Complaints) -> MaybeUndefined<u64> {
    converted(value, |text| text.parse_at(path), complaints)
}

fn converted<T, U>(
    value: MaybeUndefined<T>,
    convert: impl FnOnce(T) -> Result<U, FieldError>,
    complaints: &mut Complaints,
) -> MaybeUndefined<U> {
    match value {
        MaybeUndefined::Undefined => MaybeUndefined::Undefined,
        MaybeUndefined::Null => MaybeUndefined::Null,
        MaybeUndefined::Value(value) => {
            complaints.keep(convert(value)).map_or(MaybeUndefined::Undefined, MaybeUndefined::Value)
        }
    }
}

fn count<T: TryFrom<i32>>(path: &str, value: i32) -> Result<T, FieldError> {
    T::try_from(value).map_err(|_| FieldError::at(path, "OUT_OF_RANGE", format!("{value} is out of range")))
}
