//! What a connection is made of, on the way in and on the way out.

use async_graphql::{Enum, InputObject, SimpleObject};

use super::scalars::{DurationText, int};
use crate::domain::definition as domain;

/// Where a parameter of the token request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::ParameterPlacement")]
pub enum ParameterPlacement {
    /// The form body.
    Body,
    /// The URL's query.
    Query,
    /// A header.
    Header,
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, SimpleObject)]
pub struct Parameter {
    /// As it travels, not encoded.
    name: String,
    /// As it travels, not encoded.
    value: String,
    /// Where it travels.
    placement: ParameterPlacement,
}

impl From<&domain::Parameter> for Parameter {
    fn from(parameter: &domain::Parameter) -> Self {
        let placement = parameter.placement.into();
        Self { name: parameter.name.clone(), value: parameter.value.clone(), placement }
    }
}

/// How tokens are fetched and kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct TokenPolicy {
    /// Whether a token serves more than one request.
    cache: bool,
    /// How long before its end a token is no longer handed out.
    refresh_skew: DurationText,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    max_retries: i32,
    /// How long one token request may take.
    request_timeout: DurationText,
    /// Statuses of an API that mean "this token is not accepted".
    expired_status_codes: Vec<i32>,
    /// Life of a token whose answer does not say it; the operator's default when null.
    default_lifetime: Option<DurationText>,
}

impl From<&domain::TokenPolicy> for TokenPolicy {
    fn from(policy: &domain::TokenPolicy) -> Self {
        Self {
            cache: policy.cache,
            refresh_skew: DurationText::of_ms(policy.refresh_skew_ms),
            max_retries: int(policy.max_retries),
            request_timeout: DurationText::of_ms(policy.request_timeout_ms),
            expired_status_codes: policy.expired_status_codes.iter().map(|status| i32::from(*status)).collect(),
            default_lifetime: policy.default_lifetime_ms.map(DurationText::of_ms),
        }
    }
}

/// JWS algorithms for DPoP proofs, whose keys Latchkey makes itself (RFC 9449).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::DpopAlgorithm")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum DpopAlgorithm {
    #[graphql(name = "ES256")]
    Es256,
    #[graphql(name = "ES384")]
    Es384,
    #[graphql(name = "EDDSA")]
    Eddsa,
}

/// What a lifetime is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::LifetimeUnit")]
pub enum LifetimeUnit {
    /// As RFC 6749 section 5.1 says.
    Seconds,
    /// Thousandths of it.
    Milliseconds,
}

/// Where the parts of a token answer stand, for an endpoint that does not answer as RFC 6749 section 5.1 says.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "ResponseMappingInput")]
pub struct ResponseMapping {
    /// RFC 6901 pointer to the token, such as `/data/token`; the usual place when null.
    access_token: Option<String>,
    /// RFC 6901 pointer to its lifetime.
    expires_in: Option<String>,
    /// What the lifetime is counted in.
    #[graphql(default_with = "LifetimeUnit::Seconds")]
    expires_in_unit: LifetimeUnit,
    /// RFC 6901 pointer to its type. With a mapping, an answer without one means Bearer.
    token_type: Option<String>,
    /// RFC 6901 pointer to its scope.
    scope: Option<String>,
}

impl From<&domain::ResponseMapping> for ResponseMapping {
    fn from(mapping: &domain::ResponseMapping) -> Self {
        let domain::ResponseMapping { access_token, expires_in, expires_in_unit, token_type, scope } = mapping.clone();
        Self { access_token, expires_in, expires_in_unit: expires_in_unit.into(), token_type, scope }
    }
}

impl From<ResponseMapping> for domain::ResponseMapping {
    fn from(mapping: ResponseMapping) -> Self {
        let ResponseMapping { access_token, expires_in, expires_in_unit, token_type, scope } = mapping;
        Self { access_token, expires_in, expires_in_unit: expires_in_unit.into(), token_type, scope }
    }
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, InputObject)]
pub struct ParameterInput {
    /// As it travels, not encoded.
    pub name: String,
    /// As it travels, not encoded.
    pub value: String,
    /// Where it travels.
    #[graphql(default_with = "ParameterPlacement::Body")]
    pub placement: ParameterPlacement,
}

/// How tokens are fetched and kept. On update an omitted field stays as it is; null stands for the default.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TokenPolicyInput {
    /// Whether a token serves more than one request.
    pub cache: async_graphql::MaybeUndefined<bool>,
    /// How long before its end a token is no longer handed out.
    pub refresh_skew: async_graphql::MaybeUndefined<DurationText>,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    pub max_retries: async_graphql::MaybeUndefined<i32>,
    /// How long one token request may take.
    pub request_timeout: async_graphql::MaybeUndefined<DurationText>,
    /// Statuses of an API that mean "this token is not accepted".
    pub expired_status_codes: async_graphql::MaybeUndefined<Vec<i32>>,
    /// Life of a token whose answer does not say it; null stands for the operator's default.
    pub default_lifetime: async_graphql::MaybeUndefined<DurationText>,
}
