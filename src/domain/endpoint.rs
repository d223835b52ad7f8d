//! Where a connection's secret and its tokens go, and which changes decide that anew.
//!
//! Whoever may choose where a credential goes can take it. So such a choice wants either the right to make it or the
//! proof that the person knows the secret already: the value itself, given again.

use super::definition::{AudienceSource, ClientAuthentication, ClientSecretJwt, ConnectionDefinition, PrivateKeyJwt};
use super::{HostRule, Key};

/// Why a choice of destination is refused. No variant repeats a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Unconfirmed {
    /// Names of the fields that choose it, as in the GraphQL input.
    pub fields: Vec<&'static str>,
    /// What is missing.
    pub problem: ConfirmationProblem,
}

/// What a choice of destination lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ConfirmationProblem {
    /// The value was not given.
    #[error("this decides where the secret goes, so the secret's current value is needed again")]
    Missing,
    /// Another value was given.
    #[error("this is not the secret's current value")]
    Wrong,
    /// Too many other values were given.
    #[error("too many wrong values were given; try again later")]
    Locked,
    /// There is no secret to know, so only the right to choose will do.
    #[error("this decides where tokens go, and there is no secret to confirm it with")]
    NoSecret,
}

/// Names the fields by which `after` decides anew where the connection's secret or tokens go; empty when none does.
///
/// Without a connection before, everything is decided anew. Else:
/// - `accessTokenUrl` and `issuer`: by any difference.
/// - `authentication`: by another secret, by another method (which may send what was only signed with before), and by
///   another audience (an assertion is good wherever its audience is).
/// - `baseUrl`: by any other one. To clear it only takes a destination away.
/// - `allowedHosts`: by a rule that no single rule before covers ([`HostRule::covers`]). Fewer, narrower, repeated and
///   reordered rules open nothing.
pub fn chosen_anew(before: Option<&ConnectionDefinition>, after: &ConnectionDefinition) -> Vec<&'static str> {
    let differs = |is_same: fn(&ConnectionDefinition, &ConnectionDefinition) -> bool| {
        before.is_none_or(|before| !is_same(before, after))
    };
    let covered =
        |rule: &HostRule| before.is_some_and(|before| before.allowed_hosts.iter().any(|known| known.covers(rule)));
    let choices = [
        ("accessTokenUrl", differs(|before, after| before.access_token_url == after.access_token_url)),
        ("issuer", differs(|before, after| before.discovery == after.discovery)),
        (
            "authentication",
            differs(|before, after| Credential::of(&before.authentication) == Credential::of(&after.authentication)),
        ),
        ("baseUrl", after.base_url.is_some() && differs(|before, after| before.base_url == after.base_url)),
        ("allowedHosts", !after.allowed_hosts.iter().all(covered)),
    ];
    choices.into_iter().filter(|(_, is_chosen)| *is_chosen).map(|(field, _)| field).collect()
}

/// What an authentication hands out, and to whom it is good.
#[derive(PartialEq, Eq)]
struct Credential<'a> {
    method: std::mem::Discriminant<ClientAuthentication>,
    secret: Option<&'a Key>,
    audience: Option<(Option<&'a str>, AudienceSource)>,
}

impl<'a> Credential<'a> {
    fn of(authentication: &'a ClientAuthentication) -> Self {
        let audience = match authentication {
            ClientAuthentication::ClientSecretJwt(ClientSecretJwt { audience, audience_source, .. })
            | ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt { audience, audience_source, .. }) => {
                Some((audience.as_deref(), *audience_source))
            }
            ClientAuthentication::ClientSecret(_)
            | ClientAuthentication::TlsClientAuth(_)
            | ClientAuthentication::None => None,
        };
        Self { method: std::mem::discriminant(authentication), secret: authentication.secret(), audience }
    }
}

#[cfg(test)]
mod tests {
    use super::super::HttpUrl;
    use super::super::definition::{ClientSecret, CredentialPlacement, PinnedMetadata, SigningAlgorithm};
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).unwrap()
    }

    fn url(text: &str) -> HttpUrl {
        HttpUrl::parse(text).unwrap()
    }

    fn rules(texts: &[&str]) -> Vec<HostRule> {
        texts.iter().map(|text| HostRule::parse(text).unwrap()).collect()
    }

    fn before() -> ConnectionDefinition {
        let secret = ClientSecret::new(key("s"), CredentialPlacement::BasicHeader);
        let authentication = ClientAuthentication::ClientSecret(secret);
        ConnectionDefinition {
            allowed_hosts: rules(&["a.example.com", "*.b.example.com", "c.example.com:8443"]),
            base_url: Some(url("https://a.example.com/v1/")),
            ..ConnectionDefinition::new("Name", "client", url("https://idp.example.com/token"), authentication)
        }
    }

    fn chosen(change: impl FnOnce(&mut ConnectionDefinition)) -> Vec<&'static str> {
        let mut after = before();
        change(&mut after);
        chosen_anew(Some(&before()), &after)
    }

    #[test]
    fn what_names_a_destination_or_a_credential_decides_anew() {
        assert_eq!(chosen(|d| d.access_token_url = url("https://idp.example.com/token2")), ["accessTokenUrl"]);
        assert_eq!(chosen(|d| d.base_url = Some(url("https://a.example.com/v2/"))), ["baseUrl"]);
        let pinned = PinnedMetadata { issuer: "https://idp.example.com".to_owned(), mtls_token_endpoint: None };
        assert_eq!(chosen(|d| d.discovery = Some(pinned)), ["issuer"]);
        let with = |secret: &str| {
            ClientAuthentication::ClientSecret(ClientSecret::new(key(secret), CredentialPlacement::BasicHeader))
        };
        assert_eq!(chosen(|d| d.authentication = with("other")), ["authentication"]);
        let jwt = PrivateKeyJwt::new(key("s"), SigningAlgorithm::Rs256);
        assert_eq!(chosen(|d| d.authentication = ClientAuthentication::PrivateKeyJwt(jwt)), ["authentication"]);
        assert_eq!(chosen(|d| d.authentication = ClientAuthentication::None), ["authentication"]);
    }

    #[test]
    fn another_audience_decides_anew_and_another_key_id_does_not() {
        let with = |change: fn(&mut PrivateKeyJwt)| {
            let mut jwt = PrivateKeyJwt::new(key("s"), SigningAlgorithm::Rs256);
            change(&mut jwt);
            ConnectionDefinition { authentication: ClientAuthentication::PrivateKeyJwt(jwt), ..before() }
        };
        let plain = with(|_| {});
        let elsewhere = with(|jwt| jwt.audience = Some("https://elsewhere.example/".to_owned()));
        assert_eq!(chosen_anew(Some(&plain), &elsewhere), ["authentication"]);
        let source = with(|jwt| jwt.audience_source = AudienceSource::TokenEndpoint);
        assert_eq!(chosen_anew(Some(&plain), &source), ["authentication"]);
        let key_id = with(|jwt| jwt.key_id = Some("k".to_owned()));
        assert_eq!(chosen_anew(Some(&plain), &key_id), [""; 0]);
    }

    #[test]
    fn only_a_host_that_was_closed_is_a_wider_list() {
        for narrower in [
            &[][..],
            &["c.example.com:8443", "a.example.com"],
            &["a.example.com", "a.example.com"],
            &["A.example.com:443", "x.b.example.com", "*.y.b.example.com:80"],
        ] {
            assert_eq!(chosen(|d| d.allowed_hosts = rules(narrower)), [""; 0], "{narrower:?}");
        }
        for wider in ["d.example.com", "b.example.com", "*.example.com", "c.example.com", "c.example.com:8444"] {
            assert_eq!(chosen(|d| d.allowed_hosts.extend(rules(&[wider]))), ["allowedHosts"], "{wider}");
        }
    }

    #[test]
    fn names_and_habits_decide_nothing() {
        let unchanged = chosen(|d| {
            d.display_name = "Other".to_owned();
            d.description = Some("About it".to_owned());
            d.client_id = "other".to_owned();
            d.token_policy.cache = false;
            d.base_url = None;
        });
        assert_eq!(unchanged, [""; 0]);
        let in_body = ClientSecret::new(key("s"), CredentialPlacement::RequestBody);
        assert_eq!(chosen(|d| d.authentication = ClientAuthentication::ClientSecret(in_body)), [""; 0]);
    }

    #[test]
    fn a_new_connection_decides_everything() {
        assert!(chosen_anew(None, &before()).starts_with(&["accessTokenUrl"]));
    }
}
