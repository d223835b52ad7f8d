//! Reads single values. Each layer's values are text or what YAML makes of them; both read the same here.
//!
//! The library's own conversions are not used: they round floats to integers, take `yes` for 1, and repeat the refused
//! value in the error, which may be a secret in the wrong place.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use ::config::{Value, ValueKind};
use bytesize::ByteSize;
use secrecy::SecretString;
use serde::de::{Deserialize, Deserializer, Error};

/// Longest duration: a year. Beyond it the arithmetic of time starts to overflow, and nobody means it.
pub const DURATION_MAX: Duration = Duration::from_hours(365 * 24);

/// Largest size: 1 GiB, for what is limited by a size is held in memory.
pub const SIZE_MAX: ByteSize = ByteSize::gib(1);

/// Most retries of a token request: an identity provider in trouble is not helped by more.
const RETRIES_MAX: u32 = 10;

/// Reads one required value by its `FromStr`.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    optional(deserializer)?.ok_or_else(|| Error::custom("must have a value"))
}

/// Reads one value by its `FromStr`, or none.
pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let Some(text) = scalar(Value::deserialize(deserializer)?).map_err(Error::custom)? else { return Ok(None) };
    text.parse().map(Some).map_err(Error::custom)
}

/// Reads a secret, which must be text already: of `0012` or `1e9` without quotes YAML has made another value.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    match Value::deserialize(deserializer)?.kind {
        ValueKind::Nil => Ok(None),
        ValueKind::String(text) => Ok(Some(SecretString::from(text))),
        _ => Err(Error::custom("must be text: put the value in quotes")),
    }
}

/// Reads a list, or text with commas between the items. Space around items and empty items are dropped.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let value = Value::deserialize(deserializer)?;
    let items = match value.kind {
        ValueKind::Array(items) => {
            let items: Result<Vec<_>, _> = items.into_iter().map(scalar).collect();
            items.map_err(Error::custom)?.into_iter().flatten().collect()
        }
        _ => scalar(value)
            .map_err(Error::custom)?
            .map(|text| text.split(',').map(str::to_owned).collect())
            .unwrap_or_default(),
    };
    let items: Vec<String> = items;
    items
        .iter()
        .map(|item| item.trim())
        .filter(|item| !item.is_empty())
        .map(|item| item.parse().map_err(Error::custom))
        .collect()
}

/// Reads a duration of up to [`DURATION_MAX`].
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let duration: humantime::Duration = parsed(deserializer)?;
    if *duration > DURATION_MAX {
        return Err(Error::custom("must be at most 365 days"));
    }
    Ok(*duration)
}

/// Reads a duration that is more than zero: a time-out of zero would refuse everything.
pub(super) fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match duration(deserializer)? {
        Duration::ZERO => Err(Error::custom("must be more than zero")),
        timeout => Ok(timeout),
    }
}

/// Reads a size from 1 byte to [`SIZE_MAX`].
pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
    let size: ByteSize = parsed(deserializer)?;
    if size == ByteSize::b(0) || size > SIZE_MAX {
        return Err(Error::custom("must be from 1 byte to 1GiB"));
    }
    Ok(size)
}

/// Reads a number of retries.
pub(super) fn retries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let retries: u32 = parsed(deserializer)?;
    if retries > RETRIES_MAX { Err(Error::custom("must be at most 10")) } else { Ok(retries) }
}

/// The text of a single value; `None` for null.
fn scalar(value: Value) -> Result<Option<String>, &'static str> {
    match value.kind {
        ValueKind::Nil => Ok(None),
        ValueKind::Table(_) | ValueKind::Array(_) => Err("must be a single value"),
        ValueKind::String(text) => Ok(Some(text)),
        number @ (ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)) => Ok(Some(number.to_string())),
    }
}
