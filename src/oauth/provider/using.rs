//! How a token travels to an API, and what the API's answer says about it.

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::super::dpop::{DPOP, DpopProblem, Proof};
use super::super::dpop_nonce::demanded_by_resource;
use super::{Held, TokenProvider};
use crate::domain::HttpUrl;
use crate::net::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use crate::net::{ClientIdentity, Method};

impl Held {
    /// The certificate that the token may be bound to (RFC 8705 §3), to be presented wherever the token goes.
    pub fn identity(&self) -> Option<&ClientIdentity> {
        self.token.binding.identity.as_ref()
    }
}

impl TokenProvider {
    /// The headers that carry a token in one request: `Authorization` (RFC 6750 §2.1), and for a token that is bound to a
    /// key a `DPoP` proof that no other request may carry (RFC 9449 §7.1). They are marked as sensitive.
    ///
    /// # Errors
    /// The proof could not be signed.
    pub fn authorization(&self, held: &Held, (method, url): (&Method, &HttpUrl)) -> Result<HeaderMap, DpopProblem> {
        let token = held.token.token.value.expose_secret();
        let mut headers = HeaderMap::new();
        let scheme = match &held.token.binding.dpop {
            None => "Bearer",
            Some(key) => {
                let (nonce, jti) = (self.inner.api_nonces.latest(url), self.inner.ids.next().to_string());
                let issued_at = self.inner.clock.now();
                let (nonce, access_token) = (nonce.as_ref(), Some(token));
                let proof = key.proof(Proof { method, url, nonce, access_token, jti: &jti, issued_at })?;
                headers.insert(&DPOP, sensitive(&proof).ok_or(DpopProblem::SigningFailed)?);
                "DPoP"
            }
        };
        // Tokens are visible ASCII, so one that can't travel can't be here.
        let value = Zeroizing::new(format!("{scheme} {token}"));
        headers.extend(sensitive(&value).map(|value| (AUTHORIZATION, value)));
        Ok(headers)
    }

    /// Keeps the nonce of an API's answer, and says whether the API demands to see it: then the same request is worth
    /// sending once more (RFC 9449 §9), and the answer says nothing about the token.
    pub fn demands_nonce(&self, held: &Held, url: &HttpUrl, (status, headers): (u16, &HeaderMap)) -> bool {
        if held.token.binding.dpop.is_none() {
            return false;
        }
        self.inner.api_nonces.remember(url, headers);
        demanded_by_resource(status, headers).is_some()
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
