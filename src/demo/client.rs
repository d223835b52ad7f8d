//! Client authentication at the token endpoint (RFC 6749 §2.3, RFC 7521 §4.2).

use actix_web::http::header::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::refusal::TokenRefusal;
use super::state::State;
use super::{CLIENT_ID, assertion};

/// The parameters of a token request, each named at most once.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Parses `application/x-www-form-urlencoded`. A parameter without a value counts as left out (RFC 6749 §3.2).
    pub(super) fn parse(body: &[u8]) -> Result<Self, TokenRefusal> {
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(TokenRefusal::InvalidRequest("a parameter is repeated"));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(parameters))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// How a client says who it is.
enum Claim<'a> {
    Secret { id: String, secret: SecretString },
    Assertion(&'a str),
}

/// Checks that the request comes from the registered client.
pub(super) fn authenticate(
    state: &State,
    authorization: Option<&HeaderValue>,
    form: &Form,
) -> Result<(), TokenRefusal> {
    match claim(authorization, form)? {
        Claim::Secret { id, secret } => {
            let known = state.client_secret.expose_secret().as_bytes();
            let same = secret.expose_secret().as_bytes().ct_eq(known);
            if id == CLIENT_ID && bool::from(same) {
                Ok(())
            } else {
                Err(TokenRefusal::InvalidClient("unknown client or wrong secret"))
            }
        }
        Claim::Assertion(assertion) => assertion::verify(state, assertion),
    }
}

/// Finds the one authentication method of the request; a client must not use two (RFC 6749 §2.3).
fn claim<'a>(authorization: Option<&HeaderValue>, form: &'a Form) -> Result<Claim<'a>, TokenRefusal> {
    let client_id = form.get("client_id");
    let assertion = match (form.get("client_assertion_type"), form.get("client_assertion")) {
        (Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), Some(assertion)) => Some(assertion),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(TokenRefusal::InvalidRequest("unknown client_assertion_type")),
        (Some(_), None) | (None, Some(_)) => {
            return Err(TokenRefusal::InvalidRequest("client_assertion and client_assertion_type go together"));
        }
    };
    let claim = match (authorization, form.get("client_secret"), assertion) {
        (Some(header), None, None) => basic(header)?,
        (None, Some(secret), None) => match client_id {
            Some(id) => Claim::Secret { id: id.to_owned(), secret: secret.into() },
            None => return Err(TokenRefusal::InvalidRequest("client_id is missing")),
        },
        (None, None, Some(assertion)) => {
            if client_id.is_some_and(|id| id != CLIENT_ID) {
                return Err(TokenRefusal::InvalidClient("client_id and assertion name different clients"));
            }
            Claim::Assertion(assertion)
        }
        (None, None, None) => return Err(TokenRefusal::InvalidClient("no client authentication")),
        _ => return Err(TokenRefusal::InvalidRequest("more than one client authentication method")),
    };
    if let (Claim::Secret { id, .. }, Some(client_id)) = (&claim, client_id)
        && id != client_id
    {
        return Err(TokenRefusal::InvalidRequest("two different client identifiers"));
    }
    Ok(claim)
}

/// `Authorization: Basic base64(form-encoded id ":" form-encoded secret)` (RFC 6749 §2.3.1).
fn basic(header: &HeaderValue) -> Result<Claim<'static>, TokenRefusal> {
    let refused = TokenRefusal::InvalidClient("the Authorization header is not well-formed Basic");
    let (scheme, encoded) = header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(refused)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(refused);
    }
    let pair = STANDARD.decode(encoded.trim()).ok().and_then(|pair| String::from_utf8(pair).ok()).ok_or(refused)?;
    let (id, secret) = pair.split_once(':').ok_or(refused)?;
    let id = form_decode(id).ok_or(refused)?;
    let secret = form_decode(secret).ok_or(refused)?;
    Ok(Claim::Secret { id, secret: secret.into() })
}

/// Undoes form encoding of a single value; `None` for a `%` without two hex digits, and for what is not UTF-8.
fn form_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                hex::decode(digits).ok()?.pop()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_encoding_is_undone() {
        assert_eq!(form_decode("a+b%3a%25%C3%A9=&").as_deref(), Some("a b:%é=&"));
    }

    #[test]
    fn broken_form_encoding_is_refused() {
        for broken in ["%", "%4", "%zz", "%+1", "%ff"] {
            assert_eq!(form_decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn an_empty_parameter_counts_as_left_out_and_a_repeated_one_is_refused() {
        let form = Form::parse(b"scope=&grant_type=client_credentials").unwrap();
        assert_eq!((form.get("scope"), form.get("grant_type")), (None, Some("client_credentials")));
        assert!(Form::parse(b"scope=a&scope=a").is_err());
    }
}
