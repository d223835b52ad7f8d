//! Media types, in and out (GraphQL over HTTP, 4 and 5.1).

use actix_web::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::response::Refusal;

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

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// Lets JSON in UTF-8 pass, not compressed, and nothing else.
///
/// Forms, multipart and plain text are what another site can make a browser send without asking first.
pub(super) fn check_body_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut sent = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (sent.next(), sent.next()) else { return Err(Refusal::UnsupportedMediaType) };
    let value = value.to_str().map_err(|_| Refusal::UnsupportedMediaType)?;
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) => !name.trim().eq_ignore_ascii_case("charset") || is_utf8(charset),
        None => parameter.is_empty(),
    });
    let is_plain =
        headers.get_all(CONTENT_ENCODING).all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_utf8 && is_plain { Ok(()) } else { Err(Refusal::UnsupportedMediaType) }
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

    fn body_type(values: &[&'static str], encoding: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        check_body_type(&headers).is_ok()
    }

    #[test]
    fn a_body_is_json_in_utf8() {
        for value in ["application/json", "Application/JSON; Charset=\"UTF-8\"", "application/json;charset=utf8"] {
            assert!(body_type(&[value], None), "{value}");
        }
        for value in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            "application/json; charset=utf-16",
            "application/jsonx",
            "application/json, text/plain",
        ] {
            assert!(!body_type(&[value], None), "{value}");
        }
        assert!(!body_type(&[], None));
        assert!(!body_type(&["application/json", "text/plain"], None));
    }

    #[test]
    fn a_compressed_body_is_refused() {
        assert!(body_type(&["application/json"], Some("identity")));
        assert!(!body_type(&["application/json"], Some("gzip")));
    }
}
