//! The way from a stored secret to a token, one step after the other.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::super::client_authentication::{TokenRequestInput, TokenRequestParts};
use super::super::secret_versions::SecretVersions;
use super::super::token_endpoint::{Granted, TokenRequest, classify};
use super::Inner;
use super::journal::{Journal, Report};
use crate::domain::HttpUrl;
use crate::domain::connection_test::TestedToken;
use crate::domain::definition::{ClientAuthentication, ConnectionDefinition, TokenPolicy};
use crate::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use crate::net::{ClientIdentity, ProbeStep, SendError};

/// A certificate that ends sooner than this is worth a warning.
pub const CERTIFICATE_WARNING: TimeDelta = TimeDelta::days(14);

/// What the stored secret gave.
struct Credentials {
    versions: SecretVersions,
    identity: Option<ClientIdentity>,
}

impl Inner {
    /// Goes as far as it can until the deadline, on the monotonic clock.
    pub(super) async fn walk(&self, definition: &ConnectionDefinition, deadline: Duration) -> Report {
        let mut journal = Journal::default();
        let ended = self.steps(&mut journal, definition, deadline).await;
        journal.finish(ended.err())
    }

    async fn steps(
        &self,
        journal: &mut Journal,
        definition: &ConnectionDefinition,
        deadline: Duration,
    ) -> Result<(), AuthFailure> {
        let credentials = self.open(journal, definition).await?;
        let url = self.sign(journal, definition, credentials.versions.current())?;
        self.reach(journal, &url, (credentials.identity.as_ref(), deadline)).await?;
        let current = journal.secret_version;
        let granted = self.exchange(journal, definition, (&credentials.versions, deadline)).await?;
        let token = &granted.token;
        journal.token = Some(TestedToken {
            fingerprint: self.keys.fingerprint("access-token", token.value.expose_secret().as_bytes()),
            lifetime_ms: token.lifetime_ms,
            scope: token.scope.clone(),
            token_type: token.token_type.clone(),
        });
        let seconds = token.lifetime_ms / 1_000;
        let detail = format!("a {} token, good for {seconds} s; it was thrown away", token.token_type);
        let mut said = vec![detail];
        said.extend(token_warnings(definition, &granted));
        if journal.secret_version != current {
            said.push("the issuer takes only the value that the secret had before its rotation".to_owned());
        }
        journal.passed_but(AuthPhase::Token, Duration::ZERO, &said);
        Ok(())
    }

    /// SECRET: the stored value is there, and is a certificate with its key where one is needed.
    async fn open(&self, journal: &mut Journal, definition: &ConnectionDefinition) -> Result<Credentials, AuthFailure> {
        let start = self.clock.monotonic();
        let key = definition.authentication.secret();
        let opened = SecretVersions::open(self.log.database(), &self.keys, key, self.clock.now()).await;
        let took = |clock: &crate::clock::Clock| clock.monotonic().saturating_sub(start);
        let fail = |journal: &mut Journal, failure| Err(journal.failed(AuthPhase::Secret, took(&self.clock), failure));
        let versions = match opened {
            Ok(versions) => versions,
            Err(failure) => return fail(journal, failure),
        };
        let Some(key) = key else {
            journal.skipped(AuthPhase::Secret, "a public client has no secret");
            return Ok(Credentials { versions, identity: None });
        };
        let version = versions.current_version();
        journal.secret_version = Some(version);
        let identity = match &definition.authentication {
            ClientAuthentication::TlsClientAuth(_) => {
                match ClientIdentity::from_pem(versions.current().expose_secret()) {
                    Ok(identity) => Some(identity),
                    Err(problem) => {
                        let message = format!("the stored client certificate {problem}");
                        let failure = AuthFailure::new(AuthPhase::Secret, AuthFailureReason::KeyInvalid, message);
                        return fail(journal, failure);
                    }
                }
            }
            _ => None,
        };
        let mut said = vec![format!("version {version} of {key} was opened")];
        said.extend(identity.as_ref().and_then(|identity| self.ends_soon("client's", identity.not_after())));
        journal.passed_but(AuthPhase::Secret, took(&self.clock), &said);
        Ok(Credentials { versions, identity })
    }

    /// ASSERTION: the request can be made, and signed where the method signs. What is made here is thrown away; gives
    /// where it would have gone.
    fn sign(
        &self,
        journal: &mut Journal,
        definition: &ConnectionDefinition,
        secret: &SecretString,
    ) -> Result<HttpUrl, AuthFailure> {
        let start = self.clock.monotonic();
        let jti = self.ids.next().to_string();
        let parameters = &definition.parameters;
        let input = TokenRequestInput { definition, secret, parameters, now: self.clock.now(), jti: &jti, dpop: None };
        let built = TokenRequestParts::build(input);
        let took = self.clock.monotonic().saturating_sub(start);
        match built {
            Err(failure) if failure.phase == AuthPhase::Assertion => {
                return Err(journal.failed(AuthPhase::Assertion, took, failure));
            }
            Ok(_) | Err(_) => match &definition.authentication {
                ClientAuthentication::PrivateKeyJwt(_) | ClientAuthentication::ClientSecretJwt(_) => {
                    journal.passed(AuthPhase::Assertion, took, "an assertion was signed");
                }
                ClientAuthentication::ClientSecret(_)
                | ClientAuthentication::TlsClientAuth(_)
                | ClientAuthentication::None => {
                    journal.skipped(AuthPhase::Assertion, "this method signs nothing");
                }
            },
        }
        built.map(|parts| parts.url).map_err(|failure| journal.failed(AuthPhase::Request, took, failure))
    }

    /// DNS, CONNECT, TLS: there is a way, and it leads to whom the certificate names.
    async fn reach(
        &self,
        journal: &mut Journal,
        url: &HttpUrl,
        (identity, deadline): (Option<&ClientIdentity>, Duration),
    ) -> Result<(), AuthFailure> {
        let left = deadline.saturating_sub(self.clock.monotonic());
        let probe = self.client.probe(url, identity, left).await;
        for (phase, step) in [(AuthPhase::Dns, probe.dns), (AuthPhase::Connect, probe.connect)] {
            take_down(journal, phase, (step, None))?;
        }
        let warning = probe.certificate_ends.and_then(|ends| self.ends_soon("server's", ends));
        match probe.tls {
            ProbeStep::Skipped => {
                journal.skipped(AuthPhase::Tls, "the Access Token URL is http");
                Ok(())
            }
            step => take_down(journal, AuthPhase::Tls, (step, warning)),
        }
    }

    /// REQUEST, RESPONSE, TOKEN: the issuer gives a token that can be used. Sending and waiting is the time of REQUEST;
    /// reading what came takes none to speak of.
    async fn exchange(
        &self,
        journal: &mut Journal,
        definition: &ConnectionDefinition,
        (versions, deadline): (&SecretVersions, Duration),
    ) -> Result<Granted, AuthFailure> {
        let once = ConnectionDefinition {
            token_policy: TokenPolicy { max_retries: 0, ..definition.token_policy.clone() },
            ..definition.clone()
        };
        let start = self.clock.monotonic();
        let request =
            TokenRequest { definition: &once, secret: versions.current(), parameters: &once.parameters, deadline };
        let outcome = versions.ask(&self.endpoint, request).await.map_err(|refusal| refusal.failure);
        let took = self.clock.monotonic().saturating_sub(start);
        let reached = match &outcome {
            Ok(_) => AuthPhase::Token,
            Err(failure) if matches!(failure.phase, AuthPhase::Response | AuthPhase::Token) => failure.phase,
            // It got no answer, for whatever reason: the way was open a moment ago.
            Err(_) => AuthPhase::Request,
        };
        if reached != AuthPhase::Request {
            let mut said = vec!["the token request was answered".to_owned()];
            if definition.access_token_url.as_url().scheme() == "http" {
                let warning = "it went without TLS: whoever is on the way can read the credentials and the token";
                said.push(warning.to_owned());
            }
            journal.passed_but(AuthPhase::Request, took, &said);
        }
        if reached == AuthPhase::Token {
            journal.passed(AuthPhase::Response, Duration::ZERO, "the answer is one of RFC 6749");
        }
        let of_failure = if reached == AuthPhase::Request { took } else { Duration::ZERO };
        let (granted, version) = outcome.map_err(|failure| journal.failed(reached, of_failure, failure))?;
        if definition.authentication.secret().is_some() {
            journal.secret_version = Some(version);
        }
        Ok(granted)
    }

    fn ends_soon(&self, whose: &str, ends: DateTime<Utc>) -> Option<String> {
        let is_soon = ends - self.clock.now() < CERTIFICATE_WARNING;
        is_soon.then(|| format!("the {whose} certificate ends on {}", ends.format("%Y-%m-%d")))
    }
}

fn take_down(
    journal: &mut Journal,
    phase: AuthPhase,
    (step, warning): (ProbeStep, Option<String>),
) -> Result<(), AuthFailure> {
    match step {
        ProbeStep::Passed { took, detail } => {
            let said: Vec<String> = [Some(detail), warning].into_iter().flatten().collect();
            journal.passed_but(phase, took, &said);
            Ok(())
        }
        ProbeStep::Failed { took, error } => Err(journal.failed(phase, took, unreachable_at(phase, &error))),
        ProbeStep::Skipped => Ok(()),
    }
}

fn unreachable_at(phase: AuthPhase, error: &SendError) -> AuthFailure {
    let (_, reason) = classify(error);
    AuthFailure::new(phase, reason, format!("the token endpoint can't be reached: {error}"))
}

/// What a person would want to know although there is a token.
fn token_warnings(definition: &ConnectionDefinition, granted: &Granted) -> Vec<String> {
    let mut warnings = Vec::new();
    if !granted.token.is_lifetime_stated {
        warnings.push("the answer does not say how long it lives (expires_in)".to_owned());
    }
    let asked = definition.parameters.iter().filter(|parameter| parameter.name == "scope");
    // RFC 6749 section 5.1: a scope that is not in the answer is the one that was asked for.
    if let Some(granted) = &granted.token.scope {
        let given: Vec<&str> = granted.split_whitespace().collect();
        let missing: Vec<&str> =
            asked.flat_map(|scope| scope.value.split_whitespace()).filter(|scope| !given.contains(scope)).collect();
        if !missing.is_empty() {
            warnings.push(format!("less scope was given than asked for: {} is missing", missing.join(" ")));
        }
    }
    if definition.allowed_hosts.is_empty() && definition.base_url.is_none() {
        warnings.push("the token may be sent nowhere yet: there is neither an allowed host nor a base URL".to_owned());
    }
    warnings
}
