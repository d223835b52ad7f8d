//! The API's own scalars.
//!
//! They take any string: what is wrong with it is said as an `InvalidInput` with the path of the field, which a form can
//! show where it belongs; a scalar that refuses would turn it into an error of the whole request.

use std::borrow::Cow;

use async_graphql::registry::{MetaType, MetaTypeId, Registry};
use async_graphql::{InputType, InputValueError, InputValueResult, NewType, Scalar, ScalarType, Value};
use iso8601_duration::Duration as IsoDuration;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::{FieldError, HttpUrl, Key};
use crate::event_log::Position;

/// Longest text of a duration in characters.
const DURATION_LENGTH_MAX: usize = 64;
/// Longest duration that can be told from another, in milliseconds: ten years.
const DURATION_MS_MAX: f64 = 315_576_000_000.0;

/// `^[a-z][a-z0-9-]{0,62}$`, for example `my-client`. Never reused, not even after a delete.
#[derive(Debug, Clone, PartialEq, Eq, NewType)]
#[graphql(name = "Key")]
pub struct KeyText(pub String);

/// An absolute URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlText(pub String);

/// An ISO 8601 duration without years and months, for example `PT1.5S`. Settings are durations; measured times are
/// numbers whose names end in `Ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationText(pub String);

/// The position of an event in the log as a decimal string: it may be larger than an `Int`.
#[derive(Debug, Clone, PartialEq, Eq, NewType)]
#[graphql(name = "Sequence")]
pub struct SequenceText(pub String);

/// A secret on its way in. It has no way out: this type can't be the type of an output field.
#[derive(Clone)]
pub struct SecretText(pub SecretString);

/// An absolute URL.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for UrlText {
    fn parse(value: Value) -> InputValueResult<Self> {
        <String as ScalarType>::parse(value).map(Self).map_err(InputValueError::propagate)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// An ISO 8601 duration without years and months, for example `PT1.5S`. Settings are durations; measured times are
/// numbers whose names end in `Ms`.
#[Scalar(name = "Duration", specified_by_url = "https://scalars.graphql.org/chillicream/duration.html")]
impl ScalarType for DurationText {
    fn parse(value: Value) -> InputValueResult<Self> {
        <String as ScalarType>::parse(value).map(Self).map_err(InputValueError::propagate)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl KeyText {
    /// Parses the Key of the field at `path`.
    pub(super) fn parse_at(&self, path: &str) -> Result<Key, FieldError> {
        Key::parse(&self.0).map_err(|error| moved(error, path))
    }
}

impl From<&Key> for KeyText {
    fn from(key: &Key) -> Self {
        Self(key.to_string())
    }
}

impl UrlText {
    /// Parses the URL of the field at `path`.
    pub(super) fn parse_at(&self, path: &str) -> Result<HttpUrl, FieldError> {
        HttpUrl::parse(&self.0).map_err(|error| moved(error, path))
    }
}

impl DurationText {
    /// Writes milliseconds.
    pub(super) fn of_ms(ms: u64) -> Self {
        let (seconds, rest) = (ms / 1_000, ms % 1_000);
        if rest == 0 {
            return Self(format!("PT{seconds}S"));
        }
        let fraction = format!("{rest:03}");
        Self(format!("PT{seconds}.{}S", fraction.trim_end_matches('0')))
    }

    /// Parses the duration of the field at `path` into milliseconds.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be between 0 and DURATION_MS_MAX right before"
    )]
    pub(super) fn parse_at(&self, path: &str) -> Result<u64, FieldError> {
        let invalid =
            || FieldError::at(path, "INVALID_DURATION", "is not an ISO 8601 duration such as PT30S or PT1.5S");
        if self.0.len() > DURATION_LENGTH_MAX {
            return Err(invalid());
        }
        let parsed = IsoDuration::parse(&self.0).map_err(|_| invalid())?;
        let IsoDuration { year, month, day, hour, minute, second } = parsed;
        let parts = [year, month, day, hour, minute, second];
        if year != 0.0 || month != 0.0 || parts.iter().any(|part| !part.is_finite() || *part < 0.0) {
            return Err(invalid());
        }
        let hours = f64::from(day) * 24.0 + f64::from(hour);
        let ms = ((hours * 60.0 + f64::from(minute)) * 60.0 + f64::from(second)) * 1_000.0;
        if ms > DURATION_MS_MAX {
            return Err(invalid());
        }
        Ok(ms.round() as u64)
    }
}

impl SequenceText {
    /// Parses the position, if it is one.
    pub(super) fn parse(&self) -> Option<Position> {
        let is_plain = self.0.bytes().all(|byte| byte.is_ascii_digit());
        self.0.parse().ok().filter(|_| is_plain)
    }
}

impl From<Position> for SequenceText {
    fn from(position: Position) -> Self {
        Self(position.to_string())
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(..)")
    }
}

impl InputType for SecretText {
    type RawValueType = str;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("SecretString")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Scalar, |_| MetaType::Scalar {
            name: Self::type_name().into_owned(),
            description: Some("A secret on its way in. No output field has this type.".to_owned()),
            is_valid: None,
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            specified_by_url: None,
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        })
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::String(text)) => Ok(Self(text.into())),
            // The library's own complaint would repeat the value.
            Some(_) | None => Err(InputValueError::custom("a string is expected")),
        }
    }

    fn to_value(&self) -> Value {
        Value::Null
    }

    fn as_raw_value(&self) -> Option<&str> {
        Some(self.0.expose_secret())
    }
}

/// Moves a complaint to the field at `path`, whose names are separated by dots.
pub(super) fn moved(error: FieldError, path: &str) -> FieldError {
    FieldError { path: path.split('.').map(str::to_owned).collect(), ..error }
}

/// A count as the API's `Int`, which has 32 bits: what is larger reads as the largest.
pub(super) fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

/// Microseconds as milliseconds.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "exact up to 285 years")]
pub(super) fn ms(us: u64) -> f64 {
    us as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<u64, &'static str> {
        DurationText(text.to_owned()).parse_at("timeout").map_err(|error| error.code)
    }

    #[test]
    fn durations_are_read_to_the_millisecond() {
        assert_eq!(parsed("PT30S"), Ok(30_000));
        assert_eq!(parsed("PT1.5S"), Ok(1_500));
        assert_eq!(parsed("PT0.001S"), Ok(1));
        assert_eq!(parsed("PT1M0.25S"), Ok(60_250));
        assert_eq!(parsed("P1DT1H"), Ok(90_000_000));
        for bad in
            ["", "30", "30s", "PT-5S", "P1Y", "P1M", "PT1e30S", "PTinfS", "PTNaNS", &format!("PT{}S", "1".repeat(64))]
        {
            assert_eq!(parsed(bad), Err("INVALID_DURATION"), "{bad}");
        }
    }

    #[test]
    fn durations_are_written_so_that_they_read_back() {
        for (ms, text) in [(0, "PT0S"), (1, "PT0.001S"), (1_500, "PT1.5S"), (60_000, "PT60S")] {
            assert_eq!(DurationText::of_ms(ms).0, text);
            assert_eq!(parsed(text), Ok(ms));
        }
    }

    #[test]
    fn a_sequence_is_plain_digits() {
        let sequence = |text: &str| SequenceText(text.to_owned()).parse();
        assert_eq!(sequence("18446744073709551615"), Some(u64::MAX));
        for bad in ["", "+1", "-1", "1.0", "0x1", "18446744073709551616"] {
            assert_eq!(sequence(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = SecretText::parse(Some(Value::String("hunter2".to_owned()))).unwrap();
        assert_eq!((format!("{secret:?}"), InputType::to_value(&secret)), ("SecretText(..)".to_owned(), Value::Null));
        let refusal = SecretText::parse(Some(Value::from(4711))).unwrap_err();
        assert!(!format!("{refusal:?}").contains("4711"));
    }
}
