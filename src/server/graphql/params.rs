//! The parameters of a GraphQL request, from a JSON body, a query string or a WebSocket message.
//!
//! Every error is a sentence of our own: serde's would repeat what was sent, and that may be a secret.

use std::collections::HashMap;

use async_graphql::{Extensions, Value, Variables};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::form_urlencoded;

/// Why parameters are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParamsError {
    /// Not JSON, or nested deeper than `serde_json`'s 128 levels.
    #[error("The request is not valid JSON.")]
    NotJson,
    /// JSON, but no object.
    #[error("The request must be a JSON object.")]
    NotAnObject,
    /// A list of requests.
    #[error("Batches of requests are not supported.")]
    Batch,
    /// A parameter twice.
    #[error("A parameter is given twice.")]
    Duplicate,
    /// No `query`.
    #[error("The parameter `query` is missing.")]
    QueryMissing,
    /// `query` is no string.
    #[error("The parameter `query` must be a string.")]
    QueryType,
    /// `operationName` is neither a string nor null.
    #[error("The parameter `operationName` must be a string.")]
    OperationNameType,
    /// `variables` is neither an object nor null.
    #[error("The parameter `variables` must be an object.")]
    VariablesType,
    /// `extensions` is neither an object nor null.
    #[error("The parameter `extensions` must be an object.")]
    ExtensionsType,
}

impl ParamsError {
    /// The stable code for `extensions.code`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Batch => "BATCH_NOT_SUPPORTED",
            _ => "BAD_REQUEST",
        }
    }
}

/// The four parameters of GraphQL over HTTP, 5.1.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) query: String,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
    pub(super) extensions: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow)]
    query: Option<&'a RawValue>,
    #[serde(borrow)]
    operation_name: Option<&'a RawValue>,
    #[serde(borrow)]
    variables: Option<&'a RawValue>,
    #[serde(borrow)]
    extensions: Option<&'a RawValue>,
}

impl Params {
    /// Reads a JSON object; unknown members are ignored.
    pub(super) fn from_json(text: &str) -> Result<Self, ParamsError> {
        match text.trim_start_matches([' ', '\t', '\r', '\n']).as_bytes().first() {
            Some(b'{') => {}
            Some(b'[') => return Err(ParamsError::Batch),
            _ if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => return Err(ParamsError::NotAnObject),
            _ => return Err(ParamsError::NotJson),
        }
        let raw: Raw<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ParamsError::Duplicate,
            _ => ParamsError::NotJson,
        })?;
        let query = raw.query.map(RawValue::get).ok_or(ParamsError::QueryMissing)?;
        Ok(Self {
            query: serde_json::from_str(query).map_err(|_| ParamsError::QueryType)?,
            operation_name: optional(raw.operation_name.map(RawValue::get), ParamsError::OperationNameType)?,
            variables: optional(raw.variables.map(RawValue::get), ParamsError::VariablesType)?,
            extensions: extensions(raw.extensions.map(RawValue::get))?,
        })
    }

    /// Reads a query string, in which `variables` and `extensions` are JSON texts; unknown parameters are ignored.
    pub(super) fn from_query_string(text: &str) -> Result<Self, ParamsError> {
        let mut found: HashMap<String, String> = HashMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let is_ours = matches!(&*name, "query" | "operationName" | "variables" | "extensions");
            if is_ours && found.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(ParamsError::Duplicate);
            }
        }
        let given = |name: &str| found.get(name).map(String::as_str).filter(|text| !text.is_empty());
        Ok(Self {
            query: given("query").ok_or(ParamsError::QueryMissing)?.to_owned(),
            operation_name: given("operationName").map(str::to_owned),
            variables: optional(given("variables"), ParamsError::VariablesType)?,
            extensions: extensions(given("extensions"))?,
        })
    }
}

fn optional<'a, T: Deserialize<'a> + Default>(text: Option<&'a str>, error: ParamsError) -> Result<T, ParamsError> {
    text.map_or_else(|| Ok(T::default()), |text| serde_json::from_str(text).map_err(|_| error))
}

fn extensions(text: Option<&str>) -> Result<Extensions, ParamsError> {
    let map: Option<HashMap<String, Value>> = optional(text, ParamsError::ExtensionsType)?;
    Ok(Extensions(map.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> ParamsError {
        Params::from_json(text).unwrap_err()
    }

    #[test]
    fn all_four_parameters_are_read() {
        let text = r#"{"query":"{a}","operationName":"A","variables":{"v":1},"extensions":{"e":true},"more":[]}"#;
        let params = Params::from_json(text).unwrap();
        assert_eq!((params.query.as_str(), params.operation_name.as_deref()), ("{a}", Some("A")));
        assert_eq!(params.variables.get("v"), Some(&Value::from(1)));
        assert_eq!(params.extensions.0.get("e"), Some(&Value::from(true)));
    }

    #[test]
    fn null_is_absent() {
        let params =
            Params::from_json(r#"{"query":"{a}","operationName":null,"variables":null,"extensions":null}"#).unwrap();
        assert!(params.operation_name.is_none() && params.variables.is_empty() && params.extensions.0.is_empty());
        assert_eq!(refused(r#"{"query":null}"#), ParamsError::QueryMissing);
    }

    #[test]
    fn a_wrong_type_is_named() {
        assert_eq!(refused("{"), ParamsError::NotJson);
        assert_eq!(refused(""), ParamsError::NotJson);
        assert_eq!(refused("{} {}"), ParamsError::NotJson);
        assert_eq!(refused("1"), ParamsError::NotAnObject);
        assert_eq!(refused(r#" [{"query":"{a}"}]"#), ParamsError::Batch);
        assert_eq!(refused(r#"{"query":"{a}","query":"{b}"}"#), ParamsError::Duplicate);
        assert_eq!(refused("{}"), ParamsError::QueryMissing);
        assert_eq!(refused(r#"{"query":1}"#), ParamsError::QueryType);
        assert_eq!(refused(r#"{"query":"{a}","operationName":0}"#), ParamsError::OperationNameType);
        assert_eq!(refused(r#"{"query":"{a}","variables":[]}"#), ParamsError::VariablesType);
        assert_eq!(refused(r#"{"query":"{a}","variables":"{}"}"#), ParamsError::VariablesType);
        assert_eq!(refused(r#"{"query":"{a}","extensions":false}"#), ParamsError::ExtensionsType);
    }

    #[test]
    fn variables_are_nested_127_deep_at_the_most() {
        let nested = |levels: usize| {
            let value = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            Params::from_json(&format!(r#"{{"query":"{{a}}","variables":{{"v":{value}}}}}"#))
        };
        // serde_json refuses the 128th level; the object `variables` itself is the first.
        assert!(nested(126).is_ok());
        assert_eq!(nested(127).unwrap_err(), ParamsError::VariablesType);
        assert_eq!(nested(400_000).unwrap_err(), ParamsError::VariablesType);
    }

    #[test]
    fn a_query_string_is_read() {
        let text = "query=%7Ba%7D&operationName=A&variables=%7B%22v%22%3A1%7D&extensions=%7B%7D&x=1";
        let params = Params::from_query_string(text).unwrap();
        assert_eq!((params.query.as_str(), params.operation_name.as_deref()), ("{a}", Some("A")));
        assert_eq!(params.variables.get("v"), Some(&Value::from(1)));
    }

    #[test]
    fn a_query_string_is_refused_for_the_same_reasons() {
        let refused = |text: &str| Params::from_query_string(text).unwrap_err();
        assert_eq!(refused(""), ParamsError::QueryMissing);
        assert_eq!(refused("query="), ParamsError::QueryMissing);
        assert_eq!(refused("query=a&query=b"), ParamsError::Duplicate);
        assert_eq!(refused("query=a&variables=%5B%5D"), ParamsError::VariablesType);
        assert_eq!(refused("query=a&variables=x"), ParamsError::VariablesType);
        assert_eq!(refused("query=a&extensions=1"), ParamsError::ExtensionsType);
    }
}
