//! Bodies with JSON in them: what may be announced, and how much of it is read for how long.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{self, BytesMut};
use futures_util::StreamExt;

/// How long a body may take to arrive, unless said otherwise.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyRefused {
    /// Not JSON by its own account, or compressed.
    #[error("The body must be application/json in UTF-8, not compressed.")]
    MediaType,
    /// Too long.
    #[error("The body is longer than {max} bytes.")]
    TooLarge {
        /// The limit.
        max: usize,
    },
    /// Too slow.
    #[error("The body did not arrive in time.")]
    Timeout,
    /// Broken off, or framed badly.
    #[error("The body could not be read.")]
    Unreadable,
}

impl BodyRefused {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::MediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooLarge { .. } => "PAYLOAD_TOO_LARGE",
            Self::Timeout => "REQUEST_TIMEOUT",
            Self::Unreadable => "BAD_REQUEST",
        }
    }

    /// The status of the answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Unreadable => StatusCode::BAD_REQUEST,
        }
    }
}

/// Lets JSON in UTF-8 pass, not compressed, and nothing else.
///
/// Forms, multipart and plain text are what another site can make a browser send without asking first.
pub fn check_type(headers: &HeaderMap) -> Result<(), BodyRefused> {
    let mut sent = headers.get_all(CONTENT_TYPE);
    let (Some(value), None) = (sent.next(), sent.next()) else { return Err(BodyRefused::MediaType) };
    let value = value.to_str().map_err(|_| BodyRefused::MediaType)?;
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_in_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) => !name.trim().eq_ignore_ascii_case("charset") || is_utf8(charset),
        None => parameter.is_empty(),
    });
    let is_plain =
        headers.get_all(CONTENT_ENCODING).all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_json && is_in_utf8 && is_plain { Ok(()) } else { Err(BodyRefused::MediaType) }
}

/// Whether the value of a `charset` parameter means UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// Reads a body of at most `bytes_max` within `limit`, whether its length was announced or not.
pub async fn read(
    request: &HttpRequest,
    mut body: web::Payload,
    bytes_max: usize,
    limit: Duration,
) -> Result<BytesMut, BodyRefused> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > bytes_max)) {
        return Err(BodyRefused::TooLarge { max: bytes_max });
    }
    let read = async {
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| BodyRefused::Unreadable)?;
            if whole.len().saturating_add(chunk.len()) > bytes_max {
                return Err(BodyRefused::TooLarge { max: bytes_max });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    };
    tokio::time::timeout(limit, read).await.unwrap_or(Err(BodyRefused::Timeout))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn passes(values: &[&'static str], encoding: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        check_type(&headers).is_ok()
    }

    #[test]
    fn a_body_is_json_in_utf8() {
        for value in ["application/json", "Application/JSON; Charset=\"UTF-8\"", "application/json;charset=utf8"] {
            assert!(passes(&[value], None), "{value}");
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
            assert!(!passes(&[value], None), "{value}");
        }
        assert!(!passes(&[], None));
        assert!(!passes(&["application/json", "text/plain"], None));
    }

    #[test]
    fn a_compressed_body_is_refused() {
        assert!(passes(&["application/json"], Some("identity")));
        assert!(!passes(&["application/json"], Some("gzip")));
    }
}
