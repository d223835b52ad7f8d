//! What a connection is made of: the values a person types into the form, checked once at the border.

use serde::{Deserialize, Serialize};

use super::field::text;
use super::{FieldError, HostRule, HttpUrl};

pub use super::client_authentication::{
    ASSERTION_LIFETIME_MS_DEFAULT, ASSERTION_LIFETIME_MS_MAX, AudienceSource, ClientAuthentication, ClientSecret,
    ClientSecretJwt, CredentialPlacement, HmacAlgorithm, KeyFormat, PrivateKeyJwt, SigningAlgorithm, TlsClientAuth,
};
pub use super::response_mapping::{LifetimeUnit, ResponseMapping};

/// Longest Display Name in characters.
pub const DISPLAY_NAME_LENGTH_MAX: usize = 200;
/// Longest description in characters.
pub const DESCRIPTION_LENGTH_MAX: usize = 2_000;
/// Most labels on one connection.
pub const LABELS_MAX: usize = 32;
/// Longest Client ID in characters.
pub const CLIENT_ID_LENGTH_MAX: usize = 512;
/// Most additional parameters on one connection or one request.
pub const PARAMETERS_MAX: usize = 64;
/// Longest parameter name or value in characters.
pub const PARAMETER_LENGTH_MAX: usize = 4_096;
/// Most entries in `allowedHosts`.
pub const ALLOWED_HOSTS_MAX: usize = 64;
/// Longest time-out of a token request.
pub const REQUEST_TIMEOUT_MS_MAX: u64 = 60_000;
/// Longest refresh skew: a token is never refreshed more than a day early.
pub const REFRESH_SKEW_MS_MAX: u64 = 86_400_000;
/// Most retries of one token request.
pub const TOKEN_RETRIES_MAX: u32 = 5;

/// Parameters that authenticate or select the grant (RFC 6749 §4.4.2, RFC 7521 §4.2): only Latchkey sets them.
pub const RESERVED_PARAMETERS: [&str; 5] =
    ["grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type"];

/// Headers of the token request that authenticate it or describe its body.
pub const RESERVED_HEADERS: [&str; 3] = ["authorization", "content-type", "dpop"];

/// Everything a person decides about a connection except its Key and whether it is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionDefinition {
    /// Display Name.
    pub display_name: String,
    /// Free text.
    pub description: Option<String>,
    /// Free words for filtering.
    pub labels: Vec<String>,
    /// Client ID.
    pub client_id: String,
    /// Access Token URL: the token endpoint (RFC 6749 §3.2).
    pub access_token_url: HttpUrl,
    /// Secret Configuration.
    pub authentication: ClientAuthentication,
    /// Additional parameters of the token request.
    pub parameters: Vec<Parameter>,
    /// How tokens are fetched and kept.
    pub token_policy: TokenPolicy,
    /// Where the token may be sent, beside the base URL's own host.
    pub allowed_hosts: Vec<HostRule>,
    /// What the forward route's paths are relative to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<HttpUrl>,
    /// Where the Access Token URL came from, when it was discovered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery: Option<PinnedMetadata>,
    /// Set when tokens are bound to a key of Latchkey's (DPoP, RFC 9449).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop: Option<DpopAlgorithm>,
    /// For a token endpoint whose answers are not RFC 6749's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_mapping: Option<ResponseMapping>,
}

/// What was found at an issuer (RFC 8414, OpenID Connect Discovery) and holds until a person says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedMetadata {
    /// `issuer`, byte for byte as in the document: a text, because a URL would be normalised.
    pub issuer: String,
    /// `mtls_endpoint_aliases.token_endpoint` (RFC 8705 §5).
    pub mtls_token_endpoint: Option<HttpUrl>,
}

/// JWS algorithms for DPoP proofs, whose keys Latchkey makes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are the RFC's own")]
pub enum DpopAlgorithm {
    Es256,
    Es384,
    Eddsa,
}

/// A name and a value that go with a token request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Parameter {
    /// As it travels, not encoded.
    pub name: String,
    /// As it travels, not encoded.
    pub value: String,
    /// Where it travels.
    pub placement: ParameterPlacement,
}

/// Where a parameter of the token request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ParameterPlacement {
    /// The form body.
    Body,
    /// The URL's query.
    Query,
    /// A header.
    Header,
}

/// How tokens are fetched and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPolicy {
    /// Whether a token serves more than one request.
    pub cache: bool,
    /// How long before its end a token is no longer handed out, in milliseconds.
    pub refresh_skew_ms: u64,
    /// How often a token request is repeated after a network failure, 429 or 5xx.
    pub max_retries: u32,
    /// How long one token request may take, in milliseconds.
    pub request_timeout_ms: u64,
    /// Statuses of an API that mean "this token is not accepted".
    pub expired_status_codes: Vec<u16>,
    /// Life of a token whose answer does not say it, in milliseconds; the operator's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_lifetime_ms: Option<u64>,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self {
            cache: true,
            refresh_skew_ms: 60_000,
            max_retries: 2,
            request_timeout_ms: 10_000,
            expired_status_codes: vec![401],
            default_lifetime_ms: None,
        }
    }
}

impl ConnectionDefinition {
    /// A connection with nothing but what every one has.
    pub fn new(
        display_name: &str,
        client_id: &str,
        access_token_url: HttpUrl,
        authentication: ClientAuthentication,
    ) -> Self {
        Self {
            display_name: display_name.to_owned(),
            description: None,
            labels: Vec::new(),
            client_id: client_id.to_owned(),
            access_token_url,
            authentication,
            parameters: Vec::new(),
            token_policy: TokenPolicy::default(),
            allowed_hosts: Vec::new(),
            base_url: None,
            discovery: None,
            dpop: None,
            response_mapping: None,
        }
    }

    /// Whether the token may be sent to a URL: the base URL's own host, or one that `allowedHosts` names.
    ///
    /// With neither, it may be sent nowhere: whoever may execute requests does not thereby choose where tokens go.
    pub fn may_send_to(&self, url: &HttpUrl) -> bool {
        let is_base = |base: &HttpUrl| base.host() == url.host() && base.port() == url.port();
        self.base_url.as_ref().is_some_and(is_base) || self.allowed_hosts.iter().any(|rule| rule.matches(url))
    }

    /// Checks every field against its bounds.
    ///
    /// # Errors
    /// The first field that is wrong, by the name it has in the GraphQL input.
    pub fn validate(&self) -> Result<(), FieldError> {
        text("displayName", &self.display_name, 1, DISPLAY_NAME_LENGTH_MAX)?;
        if let Some(description) = &self.description {
            let one_line = description.replace(['\n', '\t'], " ");
            text("description", &one_line, 0, DESCRIPTION_LENGTH_MAX)?;
        }
        bounded("labels", self.labels.len(), LABELS_MAX)?;
        for label in &self.labels {
            text("labels", label, 1, super::key::KEY_LENGTH_MAX)?;
        }
        text("clientId", &self.client_id, 1, CLIENT_ID_LENGTH_MAX)?;
        self.validate_access_token_url()?;
        if self.base_url.as_ref().is_some_and(|base| base.as_url().query().is_some()) {
            // Paths are put behind it, and what stands behind a `?` is no path.
            return Err(FieldError::at("baseUrl", "NOT_ALLOWED", "must not have a query"));
        }
        self.authentication.validate(self.discovery.is_some())?;
        if let Some(mapping) = &self.response_mapping {
            mapping.validate()?;
        }
        validate_parameters("parameters", &self.parameters)?;
        self.validate_token_policy()?;
        bounded("allowedHosts", self.allowed_hosts.len(), ALLOWED_HOSTS_MAX)
    }

    /// Its query travels with every token request, beside what Latchkey sets itself.
    fn validate_access_token_url(&self) -> Result<(), FieldError> {
        let mut names = self.access_token_url.as_url().query_pairs().map(|(name, _)| name.trim().to_ascii_lowercase());
        match names.find(|name| RESERVED_PARAMETERS.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let message = format!("{name} is set by Latchkey and can't be in the query");
                Err(FieldError::at("accessTokenUrl", "RESERVED", message))
            }
        }
    }

    fn validate_token_policy(&self) -> Result<(), FieldError> {
        let policy = &self.token_policy;
        within("tokenPolicy.refreshSkew", policy.refresh_skew_ms, 0, REFRESH_SKEW_MS_MAX)?;
        within("tokenPolicy.requestTimeout", policy.request_timeout_ms, 100, REQUEST_TIMEOUT_MS_MAX)?;
        within("tokenPolicy.maxRetries", policy.max_retries.into(), 0, TOKEN_RETRIES_MAX.into())?;
        if let Some(lifetime_ms) = policy.default_lifetime_ms {
            within("tokenPolicy.defaultLifetime", lifetime_ms, 1_000, super::token::LIFETIME_MS_MAX)?;
        }
        let statuses = &policy.expired_status_codes;
        bounded("tokenPolicy.expiredStatusCodes", statuses.len(), 16)?;
        // A 5xx does not say that nothing was done, and a refusal repeats the request whatever its method.
        match statuses.iter().enumerate().find(|(_, status)| !(400..=499).contains(*status)) {
            None => Ok(()),
            Some((index, status)) => Err(FieldError::at(
                &format!("tokenPolicy.expiredStatusCodes.{index}"),
                "OUT_OF_RANGE",
                format!("{status} is not a status between 400 and 499"),
            )),
        }
    }
}

/// Checks the additional parameters of a token request.
///
/// # Errors
/// The first parameter that is too long, reserved, or a header that Latchkey sets itself.
pub fn validate_parameters(path: &str, parameters: &[Parameter]) -> Result<(), FieldError> {
    bounded(path, parameters.len(), PARAMETERS_MAX)?;
    for (index, parameter) in parameters.iter().enumerate() {
        let name_path = format!("{path}.{index}.name");
        text(&name_path, &parameter.name, 1, PARAMETER_LENGTH_MAX)?;
        text(&format!("{path}.{index}.value"), &parameter.value, 0, PARAMETER_LENGTH_MAX)?;
        if parameter.name.trim() != parameter.name {
            return Err(FieldError::at(&name_path, "SURROUNDING_SPACE", "must not begin or end with space"));
        }
        let name = parameter.name.to_ascii_lowercase();
        let mut is_reserved = RESERVED_PARAMETERS.contains(&name.as_str());
        if parameter.placement == ParameterPlacement::Header {
            super::request::header_name(&name_path, &name)?;
            is_reserved |= RESERVED_HEADERS.contains(&name.as_str());
        }
        if is_reserved {
            return Err(FieldError::at(
                &name_path,
                "RESERVED",
                format!("{name} is set by Latchkey and can't be overridden"),
            ));
        }
    }
    Ok(())
}

fn bounded(path: &str, count: usize, max: usize) -> Result<(), FieldError> {
    if count <= max {
        return Ok(());
    }
    Err(FieldError::at(path, "TOO_MANY", format!("must have at most {max} entries, has {count}")))
}

pub(super) fn within(path: &str, value: u64, min: u64, max: u64) -> Result<(), FieldError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(FieldError::at(path, "OUT_OF_RANGE", format!("must be between {min} and {max}, is {value}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_cannot_take_the_place_of_the_credentials() {
        for name in RESERVED_PARAMETERS.into_iter().chain(["CLIENT_SECRET"]) {
            let parameter = Parameter { name: name.into(), value: "x".into(), placement: ParameterPlacement::Body };
            let refusal = validate_parameters("parameters", &[parameter]).unwrap_err();
            assert_eq!((refusal.code, refusal.path.join(".")), ("RESERVED", "parameters.0.name".to_owned()));
        }
        let placed = |placement| Parameter { name: "Authorization".into(), value: "x".into(), placement };
        assert!(validate_parameters("parameters", &[placed(ParameterPlacement::Header)]).is_err());
        assert!(validate_parameters("parameters", &[placed(ParameterPlacement::Body)]).is_ok());
        let spaced = Parameter { name: "client_secret ".into(), ..placed(ParameterPlacement::Body) };
        assert_eq!(validate_parameters("parameters", &[spaced]).unwrap_err().path.join("."), "parameters.0.name");
    }

    fn at(url: &str) -> ConnectionDefinition {
        ConnectionDefinition::new("Name", "client", HttpUrl::parse(url).unwrap(), ClientAuthentication::None)
    }

    #[test]
    fn the_access_token_url_has_no_reserved_parameter_in_its_query() {
        assert_eq!(at("https://idp.example/token?tenant=a").validate(), Ok(()));
        for query in ["client_secret=x", "a=1&Grant_Type=x", "client%5Fassertion=", "client_id+=x"] {
            let refusal = at(&format!("https://idp.example/token?{query}")).validate().unwrap_err();
            assert_eq!((refusal.code, refusal.path.join(".")), ("RESERVED", "accessTokenUrl".to_owned()), "{query}");
        }
    }

    #[test]
    fn a_base_url_has_no_query() {
        let based =
            |url| ConnectionDefinition { base_url: HttpUrl::parse(url).ok(), ..at("https://idp.example/token") };
        assert_eq!(based("https://api.example/v1/").validate(), Ok(()));
        assert_eq!(based("https://api.example/v1?a=b").validate().unwrap_err().path, ["baseUrl"]);
    }

    #[test]
    fn only_a_client_error_can_mean_that_a_token_is_not_accepted() {
        let mut definition = at("https://idp.example/token");
        definition.token_policy.expired_status_codes = vec![400, 499];
        assert_eq!(definition.validate(), Ok(()));
        for status in [399, 500] {
            definition.token_policy.expired_status_codes = vec![401, status];
            let refusal = definition.validate().unwrap_err();
            assert_eq!(
                (refusal.code, refusal.path.join(".").as_str()),
                ("OUT_OF_RANGE", "tokenPolicy.expiredStatusCodes.1")
            );
        }
    }
}
