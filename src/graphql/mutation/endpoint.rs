//! The two ways to say where the token endpoint is: `accessTokenUrl` and `issuer`.

use async_graphql::MaybeUndefined;

use super::super::scalars::UrlText;
use super::definition::Complaints;
use crate::domain::FieldError;
use crate::domain::definition::ConnectionDefinition;
use crate::oauth::Issuer;
use crate::registry::Endpoint;

/// Reads what a new connection must have one of.
pub(super) fn chosen(
    access_token_url: Option<&UrlText>,
    issuer: Option<&UrlText>,
    complaints: &mut Complaints,
) -> Option<Endpoint> {
    let read = match (access_token_url, issuer) {
        (Some(url), None) => url.parse_at("accessTokenUrl").map(Endpoint::Typed),
        (None, Some(issuer)) => Issuer::parse(&issuer.0).map(Endpoint::Published),
        (Some(_), Some(_)) => Err(conflict()),
        (None, None) => {
            let message = "give the Access Token URL, or the issuer that publishes it";
            Err(FieldError::at("accessTokenUrl", "REQUIRED", message))
        }
    };
    complaints.keep(read)
}

/// What an update does to the endpoint.
#[expect(clippy::large_enum_variant, reason = "lives for one input")]
pub(super) enum EndpointChange {
    /// Nothing.
    None,
    /// The URL stays, and no issuer stands behind it any more.
    ForgetIssuer,
    /// It comes from elsewhere.
    To(Endpoint),
}

/// Reads what an update says.
pub(super) fn changed(
    access_token_url: MaybeUndefined<UrlText>,
    issuer: MaybeUndefined<UrlText>,
    complaints: &mut Complaints,
) -> EndpointChange {
    let url = complaints.present("accessTokenUrl", access_token_url);
    let issuer = match (issuer, &url) {
        (MaybeUndefined::Undefined, None) => return EndpointChange::None,
        (MaybeUndefined::Null, None) => return EndpointChange::ForgetIssuer,
        (MaybeUndefined::Undefined | MaybeUndefined::Null, Some(_)) => None,
        (MaybeUndefined::Value(issuer), _) => Some(issuer),
    };
    chosen(url.as_ref(), issuer.as_ref(), complaints).map_or(EndpointChange::None, EndpointChange::To)
}

impl EndpointChange {
    /// Puts it into the definition; who has to be asked before that is all.
    pub(super) fn apply(self, definition: &mut ConnectionDefinition) -> Option<Issuer> {
        match self {
            Self::None => None,
            Self::ForgetIssuer => {
                definition.discovery = None;
                None
            }
            Self::To(endpoint) => {
                (definition.access_token_url, definition.discovery) = endpoint.until_asked();
                endpoint.into_issuer()
            }
        }
    }
}

fn conflict() -> FieldError {
    FieldError::at("issuer", "CONFLICT", "give either the Access Token URL or the issuer that publishes it")
}
