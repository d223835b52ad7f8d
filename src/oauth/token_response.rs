//! What an answer of the token endpoint means (RFC 6749 §5), as a pure function.
//!
//! Lenient where issuers are known to be sloppy and no harm comes of it (content type, `expires_in` as text, a missing
//! `token_type`); strict where a token would otherwise be sent in a way that nobody asked for. No message contains any
//! part of the body but the `error` code, and that without the client's credentials; what came is in the failure's
//! excerpt, see [`excerpt`].

use std::fmt;

use crate::net::header::{CONTENT_TYPE, HeaderMap};
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::excerpt::{excerpt, sifted};
use super::redactions::Redactions;
use crate::domain::HttpUrl;
use crate::domain::definition::{LifetimeUnit, ResponseMapping};
use crate::domain::failure::{
    AuthFailure, AuthFailureReason, AuthPhase, ERROR_CODE_LENGTH_MAX, ERROR_DESCRIPTION_LENGTH_MAX, OAuthError, tame,
};
use crate::domain::token::lifetime_ms;

/// Longest access token in bytes; servers refuse headers of more than 8 to 32 KiB.
pub const ACCESS_TOKEN_BYTES_MAX: usize = 16_384;
/// Longest `scope` that is kept, in characters.
pub const SCOPE_LENGTH_MAX: usize = 2_000;
/// Life of a token whose answer does not say it (RFC 6749 §5.1 only recommends `expires_in`), in milliseconds, unless
/// it is configured.
pub const LIFETIME_MS_DEFAULT: u64 = 300_000;

/// An access token and what its issuer said about it.
#[derive(Clone)]
pub struct AccessToken {
    /// `access_token`: visible ASCII, so fit for a header.
    pub value: SecretString,
    /// `token_type` as answered; `Bearer` when absent.
    pub token_type: String,
    /// Life from the answer on, in milliseconds, as it is believed; 0 means good for the request at hand only.
    pub lifetime_ms: u64,
    /// Whether the answer said how long.
    pub is_lifetime_stated: bool,
    /// `scope`, capped and tamed.
    pub scope: Option<String>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("token_type", &self.token_type)
            .field("lifetime_ms", &self.lifetime_ms)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// An answer of the token endpoint.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Body, whole.
    pub body: &'a [u8],
    /// Life of a token whose answer does not say it, in milliseconds.
    pub default_lifetime_ms: u64,
    /// Where its parts stand, when not in the usual places.
    pub mapping: Option<&'a ResponseMapping>,
    /// Whether the token must be bound to a key (RFC 9449 §5): then it is a `DPoP` one, else a `Bearer` one.
    pub is_dpop_wanted: bool,
}

/// Reads an answer.
///
/// # Errors
/// An [`AuthFailure`] of phase `RESPONSE` when the issuer refuses or what came is no OAuth answer, of phase `TOKEN` when
/// the token in it is not usable. `attempts` is 0: it is counted by whoever sends.
pub fn parse(answer: Answer<'_>, redactions: &Redactions) -> Result<AccessToken, AuthFailure> {
    let content = content(answer);
    let mut redactions = redactions.clone();
    if let Ok(content) = &content {
        // An issuer may repeat a token elsewhere in its answer.
        let mapped = answer.mapping.and_then(|mapping| mapping.access_token.as_deref());
        let tokens = [mapped.unwrap_or("/access_token"), "/access_token", "/refresh_token", "/id_token"];
        let tokens = tokens.iter().filter_map(|pointer| content.pointer(pointer)?.as_str());
        tokens.for_each(|token| {
            redactions.add_exactly(token);
            redactions.add_exactly(Value::from(token).to_string().trim_matches('"'));
        });
    }
    let reading = Reading { answer, redactions: &redactions };
    reading.read(content).map_err(|failure| AuthFailure { excerpt: excerpt(answer.body, &redactions), ..failure })
}

/// What the body turned out to be, when it is nothing to read a token from.
type NotReadable = &'static str;

/// Reads the body by its looks: the content type is wrong too often.
fn content(answer: Answer<'_>) -> Result<Value, NotReadable> {
    let Ok(text) = std::str::from_utf8(answer.body) else { return Err("answered with bytes that are not UTF-8 text") };
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("answered with an empty body");
    }
    if text.starts_with('<') {
        return Err("answered with an HTML or XML page");
    }
    if text.starts_with(['{', '[', '"']) {
        return match serde_json::from_str::<Value>(text) {
            Ok(content) if content.is_object() || answer.mapping.is_some() => Ok(content),
            Ok(_) => Err("answered with JSON that is not an object"),
            Err(error) if error.is_eof() => Err("answered with JSON that is cut off"),
            Err(_) => Err("answered with text that is almost, but not, JSON"),
        };
    }
    let content_type = answer.headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    let says_form = content_type.is_some_and(|value| value.starts_with(b"application/x-www-form-urlencoded"));
    let members: Map<String, Value> =
        form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into())).collect();
    if says_form || members.contains_key("access_token") || members.contains_key("error") {
        return Ok(Value::Object(members));
    }
    Err("answered with text that is neither JSON nor a form")
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Bool(is_error) => !is_error,
        Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

struct Reading<'a> {
    answer: Answer<'a>,
    redactions: &'a Redactions,
}

impl Reading<'_> {
    fn read(&self, content: Result<Value, NotReadable>) -> Result<AccessToken, AuthFailure> {
        let status = self.answer.status;
        if (300..=399).contains(&status) {
            let why = format!("answered {status}; redirects are not followed at the token endpoint");
            return Err(self.malformed(&why));
        }
        if let Ok(content) = &content
            && let Some(error) = content.get("error").filter(|error| !is_blank(error))
        {
            return Err(self.refusal(error, content));
        }
        if !(200..=299).contains(&status) {
            let reason = AuthFailureReason::of_answer(None, status);
            let message = format!("the token endpoint answered {status} without an OAuth error code");
            return Err(self.failure(AuthPhase::Response, reason, message));
        }
        self.token(&content.map_err(|what| self.malformed(what))?)
    }

    fn refusal(&self, error: &Value, content: &Value) -> AuthFailure {
        let status = self.answer.status;
        // 200 with an error is a refusal in the wrong dress.
        let judged_status = if (200..=299).contains(&status) { 400 } else { status };
        let Value::String(code) = error else {
            let reason = AuthFailureReason::of_answer(None, judged_status);
            let message = format!("the token endpoint answered {status} with an `error` that is not text");
            return self.failure(AuthPhase::Response, reason, message);
        };
        let reason = AuthFailureReason::of_answer(Some(code), judged_status);
        let text = |name| content.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let description = text("error_description").map(|text| self.sifted(text, ERROR_DESCRIPTION_LENGTH_MAX));
        // Whoever shows it makes a link of it: nothing but a web address may be one.
        let uri = text("error_uri").filter(|text| HttpUrl::parse(text).is_ok());
        let uri = uri.map(|text| self.sifted(text, ERROR_DESCRIPTION_LENGTH_MAX));
        let code = self.sifted(code, ERROR_CODE_LENGTH_MAX);
        let message = format!("the token endpoint answered {status} with the error {code}");
        let oauth_error = OAuthError { error: code, error_description: description, error_uri: uri };
        AuthFailure { oauth_error: Some(Box::new(oauth_error)), ..self.failure(AuthPhase::Response, reason, message) }
    }

    fn token(&self, content: &Value) -> Result<AccessToken, AuthFailure> {
        let mapping = self.answer.mapping.cloned().unwrap_or_default();
        let at = |mapped: &Option<String>, usual| content.pointer(mapped.as_deref().unwrap_or(usual));
        let value = self.token_value(at(&mapping.access_token, "/access_token"))?;
        let token_type = self.token_type(at(&mapping.token_type, "/token_type"))?;
        let scope = at(&mapping.scope, "/scope").and_then(Value::as_str).filter(|scope| !scope.is_empty());
        let expires_in = at(&mapping.expires_in, "/expires_in").map_or(Ok(None), number);
        let expires_in = expires_in.map_err(|what| {
            self.unusable(&format!("the expires_in in the answer is {what}, where a number of seconds belongs"))
        })?;
        let expires_in_s = match mapping.expires_in_unit {
            LifetimeUnit::Seconds => expires_in,
            LifetimeUnit::Milliseconds => expires_in.map(|ms| ms / 1_000.0),
        };
        Ok(AccessToken {
            value,
            token_type,
            lifetime_ms: lifetime_ms(expires_in_s, self.answer.default_lifetime_ms),
            is_lifetime_stated: expires_in_s.is_some(),
            scope: scope.map(|scope| self.tamed(scope, SCOPE_LENGTH_MAX)),
        })
    }

    fn token_value(&self, value: Option<&Value>) -> Result<SecretString, AuthFailure> {
        let value = match value {
            Some(Value::String(value)) => value,
            None | Some(Value::Null) => return Err(self.unusable(&self.without_token())),
            Some(_) => return Err(self.unusable("the access_token in the answer is not text")),
        };
        if value.is_empty() {
            return Err(self.unusable("the access_token in the answer is empty"));
        }
        if value.len() > ACCESS_TOKEN_BYTES_MAX {
            return Err(self.unusable("the access_token in the answer has more than 16,384 bytes"));
        }
        // RFC 6750 §2.1; a line end in it would end the header that it travels in.
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.unusable("the access_token in the answer has characters that can't travel in a header"));
        }
        Ok(SecretString::from(value.as_str()))
    }

    fn without_token(&self) -> String {
        match self.answer.mapping.and_then(|mapping| mapping.access_token.as_ref()) {
            None => "the answer has no access_token".to_owned(),
            Some(pointer) => format!("the answer has no token at {pointer}, where the response mapping points"),
        }
    }

    /// RFC 6749 §5.1 requires it; issuers that leave it out mean Bearer. Any other type needs what we don't have. Of a
    /// connection that wants its tokens bound to a key, a token that is bound to none is of no use (RFC 9449 §5).
    fn token_type(&self, value: Option<&Value>) -> Result<String, AuthFailure> {
        let name = match value {
            None | Some(Value::Null) => "Bearer",
            Some(Value::String(name)) => name,
            Some(_) => return Err(self.unusable("the token_type in the answer is not text")),
        };
        let wanted = if self.answer.is_dpop_wanted { "DPoP" } else { "Bearer" };
        if name.eq_ignore_ascii_case(wanted) {
            return Ok(name.to_owned());
        }
        let name = self.sifted(name, ERROR_CODE_LENGTH_MAX);
        Err(self.unusable(&format!("the token is of type \"{name}\"; this connection takes only {wanted}")))
    }

    /// Redacts first: a credential that the cap cuts in two would no longer be found.
    fn tamed(&self, text: &str, max: usize) -> String {
        tame(&self.redactions.apply(text), max)
    }

    /// For texts that are free to say anything: through the sieves of [`excerpt`] first, for the same reason.
    fn sifted(&self, text: &str, max: usize) -> String {
        tame(&sifted(text, self.redactions), max)
    }

    fn malformed(&self, what: &str) -> AuthFailure {
        let message = format!("the token endpoint {what}");
        self.failure(AuthPhase::Response, AuthFailureReason::MalformedResponse, message)
    }

    fn unusable(&self, message: &str) -> AuthFailure {
        self.failure(AuthPhase::Token, AuthFailureReason::MalformedResponse, message.to_owned())
    }

    fn failure(&self, phase: AuthPhase, reason: AuthFailureReason, message: String) -> AuthFailure {
        AuthFailure { http_status: Some(self.answer.status), ..AuthFailure::new(phase, reason, message) }
    }
}

/// `expires_in`: a number, or one written as text; absent is `None`. What is neither is said by its kind: its words may
/// be anything.
fn number(value: &Value) -> Result<Option<f64>, &'static str> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) => return Err("a boolean"),
        Value::Array(_) => return Err("a list"),
        Value::Object(_) => return Err("an object"),
    };
    number.filter(|number| !number.is_nan()).map(Some).ok_or("text that is no number")
}

#[cfg(test)]
mod tests;
