//! Reads from a request's head who sends it, as far as that can be known.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, USER_AGENT};
use uuid::Uuid;

use crate::graphql::caller::{RequestInfo, USER_AGENT_CHARS_MAX};

/// Describes a request. The source is the connected peer: `X-Forwarded-For` can be written by anybody.
pub(in crate::server) fn request_info(request: &HttpRequest, request_id: Uuid) -> RequestInfo {
    RequestInfo {
        request_id,
        source_ip: request.peer_addr().map(|address| address.ip().to_string()),
        user_agent: user_agent(request.headers()),
        trace_id: trace_id(request.headers()),
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(USER_AGENT)?.as_bytes());
    let text: String = value.chars().filter(|character| !character.is_control()).take(USER_AGENT_CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

/// The `trace-id` of a `traceparent` (W3C Trace Context, 3.2.2), also of a later version that keeps the beginning.
fn trace_id(headers: &HeaderMap) -> Option<String> {
    let mut sent = headers.get_all("traceparent");
    let (Some(value), None) = (sent.next(), sent.next()) else { return None };
    let mut parts = value.to_str().ok()?.split('-');
    let version = parts.next().filter(|text| is_hex(text, 2) && *text != "ff")?;
    let trace = parts.next().filter(|text| is_hex(text, 32) && !is_zero(text))?;
    parts.next().filter(|text| is_hex(text, 16) && !is_zero(text))?;
    parts.next().filter(|text| is_hex(text, 2))?;
    (version != "00" || parts.next().is_none()).then(|| trace.to_owned())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn with(name: HeaderName, value: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value).unwrap());
        headers
    }

    #[test]
    fn the_user_agent_is_cut_and_cleaned() {
        let longest = "x".repeat(USER_AGENT_CHARS_MAX);
        assert_eq!(user_agent(&with(USER_AGENT, longest.as_bytes())), Some(longest.clone()));
        assert_eq!(user_agent(&with(USER_AGENT, format!("{longest}y").as_bytes())), Some(longest));
        assert_eq!(user_agent(&with(USER_AGENT, b"a\tb\xc2\x85c")), Some("abc".to_owned()));
        assert_eq!(user_agent(&with(USER_AGENT, b"")), None);
        assert_eq!(user_agent(&HeaderMap::new()), None);
    }

    #[test]
    fn a_well_formed_traceparent_gives_its_trace_id() {
        let name = HeaderName::from_static("traceparent");
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for text in [format!("00-{trace}-00f067aa0ba902b7-01"), format!("01-{trace}-00f067aa0ba902b7-00-more")] {
            assert_eq!(trace_id(&with(name.clone(), text.as_bytes())).as_deref(), Some(trace), "{text}");
        }
        for text in [
            String::new(),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-00f067aa0ba902b7"),
            format!("00-{trace}x-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(trace_id(&with(name.clone(), text.as_bytes())), None, "{text}");
        }
    }
}
