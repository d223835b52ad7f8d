//! The values of a task's variables, and what becomes of one in each place that it may stand in.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::FieldError;
use super::template::is_variable_name;

/// Most variables of one task, and of one run.
pub const VARIABLES_MAX: usize = 64;

/// The values of a task's variables.
#[derive(Clone, PartialEq, Eq)]
pub enum Variables {
    /// Any variable, filled with something harmless: for checking a task when it is saved.
    Sample,
    /// What a run was given.
    Given(Map<String, Value>),
}

/// Where a variable stands. A value can't leave its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A segment of a URL's path, or a URL's query: percent-encoded but for RFC 3986 §2.3 unreserved characters, so it
    /// is neither a further segment nor a further pair.
    Url,
    /// A header's value: no control characters, so it is no further header.
    Header,
    /// A plain text, or a part that is encoded as a whole afterwards.
    Text,
    /// Within a string of a JSON text: escaped (RFC 8259 §7).
    JsonString,
    /// A JSON value of its own: any JSON.
    JsonValue,
    /// A form (`application/x-www-form-urlencoded`).
    Form,
}

impl Variables {
    /// Reads the variables of a run: null, or an object.
    ///
    /// # Errors
    /// At `variables`, or at the variable.
    pub fn parse(given: Option<Value>) -> Result<Self, FieldError> {
        let map = match given {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(map)) => map,
            Some(_) => return Err(FieldError::at("variables", "INVALID_VARIABLES", "must be a JSON object")),
        };
        if map.len() > VARIABLES_MAX {
            return Err(FieldError::at("variables", "TOO_MANY", "must have at most 64 entries"));
        }
        if map.keys().any(|name| !is_variable_name(name)) {
            let message = "must have names of up to 64 letters, digits and \"_\" that start with no digit";
            return Err(FieldError::at("variables", "INVALID_VARIABLES", message));
        }
        Ok(Self::Given(map))
    }

    /// The names that were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let map = match self {
            Self::Sample => None,
            Self::Given(map) => Some(map),
        };
        map.into_iter().flat_map(|map| map.keys().map(String::as_str))
    }

    /// The text that stands for a variable in a place.
    ///
    /// # Errors
    /// At `variables.<name>`: `MISSING_VARIABLE`, `INVALID_VARIABLE` for a type that has no text there, and
    /// `CONTROL_CHARACTER` in a header. The value is never repeated.
    pub fn fill(&self, place: Place, name: &str) -> Result<String, FieldError> {
        let map = match self {
            Self::Sample if place == Place::JsonValue => return Ok("null".to_owned()),
            Self::Sample => return Ok("x".to_owned()),
            Self::Given(map) => map,
        };
        let Some(value) = map.get(name) else {
            return Err(variable_error(name, "MISSING_VARIABLE", "the task needs this variable"));
        };
        if place == Place::JsonValue {
            return Ok(value.to_string());
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                let message = "must be a string, a number or a boolean: null, lists and objects can only stand alone in a \
                               JSON body";
                return Err(variable_error(name, "INVALID_VARIABLE", message));
            }
        };
        match place {
            // A plus stands for a space, and a plus itself was encoded.
            Place::Url => Ok(form_encoded(&text).replace('+', "%20")),
            Place::Header if text.chars().any(char::is_control) => Err(variable_error(
                name,
                "CONTROL_CHARACTER",
                "stands in a header and must not contain control characters",
            )),
            Place::Header | Place::Text => Ok(text),
            Place::JsonString => {
                let quoted = Value::String(text).to_string();
                let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                Ok(inner.unwrap_or_default().to_owned())
            }
            Place::Form => Ok(form_encoded(&text)),
            Place::JsonValue => Ok(value.to_string()),
        }
    }
}

fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Complains about a variable of a run.
pub(super) fn variable_error(name: &str, code: &'static str, message: &str) -> FieldError {
    FieldError { path: vec!["variables".to_owned(), name.to_owned()], code, message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(place: Place, value: impl Into<Value>) -> Result<String, &'static str> {
        let variables = Variables::parse(Some(json!({ "v": value.into() }))).unwrap();
        variables.fill(place, "v").map_err(|error| {
            assert_eq!(error.path, ["variables", "v"]);
            error.code
        })
    }

    #[test]
    fn a_value_can_not_leave_its_place() {
        let nasty = "a/b?c=d&e#\\\"\r\n %2e+ü~";
        assert_eq!(
            filled(Place::Url, json!(nasty)).as_deref(),
            Ok("a%2Fb%3Fc%3Dd%26e%23%5C%22%0D%0A%20%252e%2B%C3%BC%7E")
        );
        assert_eq!(filled(Place::Header, json!(nasty)), Err("CONTROL_CHARACTER"));
        for control in ["\r", "\n", "\0", "\u{7f}", "\u{85}"] {
            assert_eq!(filled(Place::Header, json!(control)), Err("CONTROL_CHARACTER"));
        }
        assert_eq!(filled(Place::Header, json!("a b: ü")).as_deref(), Ok("a b: ü"));
        assert_eq!(filled(Place::JsonString, json!("\"},\n{\\")).as_deref(), Ok(r#"\"},\n{\\"#));
        assert_eq!(filled(Place::Form, json!("a b&c=d+")).as_deref(), Ok("a+b%26c%3Dd%2B"));
        assert_eq!(filled(Place::Text, json!(nasty)).as_deref(), Ok(nasty));
    }

    #[test]
    fn only_a_json_body_takes_more_than_texts_numbers_and_booleans() {
        for place in [Place::Url, Place::Header, Place::Text, Place::JsonString, Place::Form] {
            assert_eq!(filled(place, json!(1.5)).as_deref(), Ok("1.5"));
            assert_eq!(filled(place, json!(true)).as_deref(), Ok("true"));
            for value in [json!(null), json!([1]), json!({ "a": 1 })] {
                assert_eq!(filled(place, value), Err("INVALID_VARIABLE"), "{place:?}");
            }
        }
        assert_eq!(filled(Place::JsonValue, json!({ "a": [1, null] })).as_deref(), Ok(r#"{"a":[1,null]}"#));
        assert_eq!(filled(Place::JsonValue, json!("\"")).as_deref(), Ok(r#""\"""#));
    }

    #[test]
    fn variables_are_an_object_of_a_bounded_number_of_names() {
        let code = |value| Variables::parse(Some(value)).map(drop).map_err(|error| error.code);
        for wrong in [json!([]), json!("a"), json!(1), json!({ "a.b": 1 }), json!({ "": 1 })] {
            assert_eq!(code(wrong), Err("INVALID_VARIABLES"));
        }
        let many = |count: usize| code((0..count).map(|number| (format!("v{number}"), json!(1))).collect());
        assert_eq!((many(VARIABLES_MAX), many(VARIABLES_MAX + 1)), (Ok(()), Err("TOO_MANY")));
        assert_eq!(Variables::parse(None).unwrap().fill(Place::Text, "a").unwrap_err().code, "MISSING_VARIABLE");
    }
}
