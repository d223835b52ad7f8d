//! `discoverIssuer`: what an issuer publishes, for a form to show before anything is saved.

use async_graphql::{Context, Object, SimpleObject};

use super::errors::{ApiError, Fallible};
use super::permission::{self, Permission, requires_permission};
use super::scalars::UrlText;
use super::services::Services;
use super::user_errors::{self, UserError};
use crate::oauth::{Issuer, Metadata};

/// What an issuer says about itself (RFC 8414 section 2), as far as clients without users are concerned. A list is null
/// where the issuer says nothing.
#[derive(Debug, SimpleObject)]
pub struct DiscoveredMetadata {
    /// `issuer`
    issuer: UrlText,
    /// `token_endpoint`: the Access Token URL of a connection to this issuer.
    token_endpoint: UrlText,
    /// `token_endpoint` of `mtls_endpoint_aliases` (RFC 8705 section 5).
    mtls_token_endpoint: Option<UrlText>,
    /// `grant_types_supported`
    grant_types_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_methods_supported`
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// `token_endpoint_auth_signing_alg_values_supported`
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    /// `dpop_signing_alg_values_supported` (RFC 9449 section 5.1)
    dpop_signing_alg_values_supported: Option<Vec<String>>,
    /// What a person should know although it stops nothing.
    warnings: Vec<String>,
}

/// What came of asking an issuer.
#[derive(Debug, SimpleObject)]
pub struct IssuerDiscovery {
    /// What it publishes; null exactly when there are user errors.
    metadata: Option<DiscoveredMetadata>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

impl From<Metadata> for DiscoveredMetadata {
    fn from(metadata: Metadata) -> Self {
        let Metadata { pins, grant_types, auth_methods, signing_algorithms, dpop_algorithms, warnings } = metadata;
        Self {
            issuer: UrlText(pins.issuer.to_string()),
            token_endpoint: UrlText(pins.token_endpoint.to_string()),
            mtls_token_endpoint: pins.mtls_token_endpoint.map(|url| UrlText(url.to_string())),
            grant_types_supported: grant_types,
            token_endpoint_auth_methods_supported: auth_methods,
            token_endpoint_auth_signing_alg_values_supported: signing_algorithms,
            dpop_signing_alg_values_supported: dpop_algorithms,
            warnings: warnings.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Root fields about issuers.
#[derive(Default)]
pub struct DiscoveryQueries;

#[Object]
impl DiscoveryQueries {
    /// What an issuer publishes right now. Asks it; keeps nothing.
    #[graphql(directive = requires_permission::apply(Permission::TestConnection))]
    async fn discover_issuer(&self, ctx: &Context<'_>, issuer: UrlText) -> Fallible<IssuerDiscovery> {
        if let Err(refusal) = permission::check(ctx, "Query") {
            return Some(Err(refusal));
        }
        Some(discover(ctx, &issuer).await.map(|discovered| match discovered {
            Ok(metadata) => IssuerDiscovery { metadata: Some(metadata.into()), user_errors: vec![] },
            Err(error) => IssuerDiscovery { metadata: None, user_errors: vec![error] },
        }))
    }
}

async fn discover(ctx: &Context<'_>, issuer: &UrlText) -> Result<Result<Metadata, UserError>, ApiError> {
    let issuer = match Issuer::parse(&issuer.0) {
        Ok(issuer) => issuer,
        Err(error) => return Ok(Err(error.into())),
    };
    let discovered = Services::of(ctx)?.registry.discover(&issuer).await;
    Ok(discovered.map_err(|error| user_errors::of_discovery(&error)))
}
