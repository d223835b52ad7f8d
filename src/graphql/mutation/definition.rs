//! From inputs to a connection's definition. Everything that is wrong on the way is collected, so that a form can show
//! all of it at once; the bounds of what can be read are the domain's own.

use async_graphql::MaybeUndefined;

use super::super::client_authentication::{ClientAuthenticationInput, PrivateKeyJwtInput};
use super::super::definition::{ParameterInput, TokenPolicyInput};
use super::super::scalars::{DurationText, moved};
use crate::domain::FieldError;
use crate::domain::HostRule;
use crate::domain::definition::{
    ASSERTION_LIFETIME_MS_DEFAULT, ClientAuthentication, ClientSecret, ClientSecretJwt, Parameter, PrivateKeyJwt,
    TlsClientAuth, TokenPolicy,
};

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
            let (form_encode, client_id_in_body) = (input.form_encode, input.client_id_in_body);
            let placement = input.placement.into();
            Some(ClientAuthentication::ClientSecret(ClientSecret { secret, placement, form_encode, client_id_in_body }))
        }
        ClientAuthenticationInput::ClientSecretJwt(input) => {
            let secret = complaints.keep(input.secret.parse_at("authentication.clientSecretJwt.secret"));
            let lifetime_ms = lifetime("authentication.clientSecretJwt.lifetime", input.lifetime, complaints);
            Some(ClientAuthentication::ClientSecretJwt(ClientSecretJwt {
                secret: secret?,
                signing_algorithm: input.signing_algorithm.into(),
                audience: input.audience,
                audience_source: input.audience_source.into(),
                lifetime_ms: lifetime_ms?,
            }))
        }
        ClientAuthenticationInput::PrivateKeyJwt(input) => private_key_jwt(input, complaints),
        ClientAuthenticationInput::TlsClientAuth(input) => {
            let secret = complaints.keep(input.secret.parse_at("authentication.tlsClientAuth.secret"))?;
            Some(ClientAuthentication::TlsClientAuth(TlsClientAuth { secret, self_signed: input.self_signed }))
        }
        ClientAuthenticationInput::None(true) => Some(ClientAuthentication::None),
        ClientAuthenticationInput::None(false) => {
            let refusal = FieldError::at("authentication.none", "MUST_BE_TRUE", "must be true, or another method");
            complaints.keep(Err(refusal))
        }
    }
}

fn private_key_jwt(input: PrivateKeyJwtInput, complaints: &mut Complaints) -> Option<ClientAuthentication> {
    let secret = complaints.keep(input.secret.parse_at("authentication.privateKeyJwt.secret"));
    let lifetime_ms = lifetime("authentication.privateKeyJwt.lifetime", input.lifetime, complaints);
    Some(ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt {
        secret: secret?,
        key_id: input.key_id,
        key_format: input.key_format.into(),
        signing_algorithm: input.signing_algorithm.into(),
        audience: input.audience,
        lifetime_ms: lifetime_ms?,
        audience_source: input.audience_source.into(),
        x5t: input.x5t,
        x5t_s256: input.x5t_s256,
    }))
}

/// How long an assertion lives, in milliseconds.
fn lifetime(path: &str, given: Option<DurationText>, complaints: &mut Complaints) -> Option<u64> {
    complaints.keep(given.map_or(Ok(ASSERTION_LIFETIME_MS_DEFAULT), |lifetime| lifetime.parse_at(path)))
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

/// Merges a policy over the one before. On create that is the default, which an operator may have configured.
pub(super) fn token_policy(
    input: TokenPolicyInput,
    before: TokenPolicy,
    default: &TokenPolicy,
    complaints: &mut Complaints,
) -> TokenPolicy {
    let default = default.clone();
    let skew = duration("tokenPolicy.refreshSkew", input.refresh_skew, complaints);
    let timeout = duration("tokenPolicy.requestTimeout", input.request_timeout, complaints);
    let lifetime = duration("tokenPolicy.defaultLifetime", input.default_lifetime, complaints);
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
        default_lifetime_ms: match lifetime {
            MaybeUndefined::Undefined => before.default_lifetime_ms,
            MaybeUndefined::Null => default.default_lifetime_ms,
            MaybeUndefined::Value(lifetime_ms) => Some(lifetime_ms),
        },
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

/// Omitted is unchanged, null clears.
pub(super) fn cleared<T, U: From<T>>(value: MaybeUndefined<T>, before: Option<U>) -> Option<U> {
    match value {
        MaybeUndefined::Undefined => before,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value.into()),
    }
}

/// Null clears a list.
pub(super) fn list<T>(value: MaybeUndefined<Vec<T>>) -> Option<Vec<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(Vec::new()),
        MaybeUndefined::Value(list) => Some(list),
    }
}
