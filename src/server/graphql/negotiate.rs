//! The media type of an answer (GraphQL over HTTP, 4). That of a body is checked where bodies are read.

use actix_web::http::header::{ACCEPT, HeaderMap};

use super::response::Refusal;
use crate::server::body::is_utf8;

/// The media type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum AnswerType {
    /// `application/json`, for clients that ask for nothing else: 200 even if the document is refused.
    #[default]
    Json,
    /// `application/graphql-response+json`: the status code tells the truth.
    GraphqlResponse,
}

impl AnswerType {
    /// The value of `Content-Type`.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// Chooses by `Accept`: the highest weight wins, then the one named first; nothing and `*/*` mean JSON.
    pub(super) fn negotiate(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut best: Option<(u16, Self)> = None;
        let mut asked = false;
        for value in headers.get_all(ACCEPT) {
            let value = value.to_str().map_err(|_| Refusal::NotAcceptable)?;
            for range in value.split(',').map(str::trim).filter(|range| !range.is_empty()) {
                asked = true;
                let Some((weight, answer)) = offer(range) else { continue };
                if weight > best.map_or(0, |(weight, _)| weight) {
                    best = Some((weight, answer));
                }
            }
        }
        match best {
            Some((_, answer)) => Ok(answer),
            None if asked => Err(Refusal::NotAcceptable),
            None => Ok(Self::Json),
        }
    }
}

/// Reads one media range; the weight is in thousandths (RFC 9110, 12.4.2).
fn offer(range: &str) -> Option<(u16, AnswerType)> {
    let mut parts = range.split(';').map(str::trim);
    let answer = match parts.next()?.to_ascii_lowercase().as_str() {
        "application/graphql-response+json" => AnswerType::GraphqlResponse,
        "application/json" | "application/*" | "*/*" => AnswerType::Json,
        _ => return None,
    };
    let mut weight = 1_000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => weight = thousandths(value.trim())?,
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    (weight > 0).then_some((weight, answer))
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let weight = format!("{whole}{fraction:0<3}").parse().ok()?;
    (matches!(whole, "0" | "1") && weight <= 1_000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn accepted(accept: &'static str) -> Option<AnswerType> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        AnswerType::negotiate(&headers).ok()
    }

    #[test]
    fn no_wish_means_json() {
        assert_eq!(AnswerType::negotiate(&HeaderMap::new()).ok(), Some(AnswerType::Json));
        assert_eq!(accepted(""), Some(AnswerType::Json));
        assert_eq!(accepted("*/*"), Some(AnswerType::Json));
        assert_eq!(accepted("application/*;q=0.1"), Some(AnswerType::Json));
    }

    #[test]
    fn the_heavier_wish_wins_then_the_first() {
        let both = "application/graphql-response+json, application/json;q=0.9";
        assert_eq!(accepted(both), Some(AnswerType::GraphqlResponse));
        let both = "application/graphql-response+json;q=0.8, application/json;q=0.9";
        assert_eq!(accepted(both), Some(AnswerType::Json));
        assert_eq!(accepted("application/json, application/graphql-response+json"), Some(AnswerType::Json));
        assert_eq!(
            accepted("text/html, Application/GraphQL-Response+JSON; charset=UTF-8"),
            Some(AnswerType::GraphqlResponse)
        );
    }

    #[test]
    fn what_we_do_not_speak_is_not_acceptable() {
        for accept in [
            "text/html",
            "application/json;q=0",
            "application/json;q=2",
            "application/json;q=0.0001",
            "application/json; charset=latin1",
        ] {
            assert_eq!(accepted(accept), None, "{accept}");
        }
    }
}
