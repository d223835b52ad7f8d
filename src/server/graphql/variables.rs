//! Checks the variables of a request against their definitions (GraphQL, 6.1.2), as far as that needs no schema.
//!
//! The library notices a missing variable only when a field wants it, and answers with a field error; the specification
//! wants a request error, before anything has run.

use async_graphql::Value;
use async_graphql::Variables;
use async_graphql::parser::types::{BaseType, OperationDefinition, Type};

/// A variable that its definition does not allow. Its value is not repeated: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum VariableError {
    /// Nothing given for a type that ends in `!`.
    #[error("The variable `${name}` of the required type `{expected}` is not given.")]
    Missing {
        /// The variable.
        name: String,
        /// Its type, as the document writes it.
        expected: String,
    },
    /// The JSON type does not fit.
    #[error("The value of the variable `${name}` does not fit its type `{expected}`.")]
    Unfit {
        /// The variable.
        name: String,
        /// Its type, as the document writes it.
        expected: String,
    },
}

/// Checks presence, nullness, and the JSON types of the five built-in scalars, also inside lists.
///
/// Enumerations, input objects and other scalars are the schema's to judge.
pub(super) fn check(operation: &OperationDefinition, variables: &Variables) -> Result<(), VariableError> {
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = definition.name.node.as_str();
        let expected = &definition.var_type.node;
        match variables.get(name) {
            Some(value) if fits(expected, value) => {}
            Some(Value::Null) => return Err(missing(name, expected)),
            Some(_) => return Err(VariableError::Unfit { name: name.to_owned(), expected: expected.to_string() }),
            None if expected.nullable || definition.default_value.is_some() => {}
            None => return Err(missing(name, expected)),
        }
    }
    Ok(())
}

fn missing(name: &str, expected: &Type) -> VariableError {
    VariableError::Missing { name: name.to_owned(), expected: expected.to_string() }
}

fn fits(expected: &Type, value: &Value) -> bool {
    match (&expected.base, value) {
        (_, Value::Null) => expected.nullable,
        (BaseType::List(item), Value::List(values)) => values.iter().all(|value| fits(item, value)),
        // A single value stands for a list of one (GraphQL, 3.11).
        (BaseType::List(item), value) => fits(item, value),
        (BaseType::Named(name), value) => scalar_fits(name.as_str(), value),
    }
}

fn scalar_fits(name: &str, value: &Value) -> bool {
    match (name, value) {
        ("Int" | "ID", Value::Number(number)) => number.is_i64() || number.is_u64(),
        ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
        ("Int" | "ID" | "Float" | "String" | "Boolean", _) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;
    use crate::graphql::limits::{Documents, Limits};

    fn checked(definition: &str, variables: serde_json::Value) -> Result<(), VariableError> {
        let text = format!("query({definition}){{a}}");
        assert!(parse_query(&text).is_ok());
        let document = Documents::new(Limits::default()).parse(&text).unwrap();
        check(document.operation(None).unwrap(), &Variables::from_json(variables))
    }

    #[test]
    fn a_required_variable_must_be_given() {
        let expected = Err(VariableError::Missing { name: "v".to_owned(), expected: "[Int!]!".to_owned() });
        assert_eq!(checked("$v:[Int!]!", json!({})), expected);
        assert_eq!(checked("$v:[Int!]!", json!({"v": null})), expected);
        assert_eq!(checked("$v:[Int!]!", json!({"v": []})), Ok(()));
    }

    #[test]
    fn a_default_or_a_nullable_type_may_be_left_out() {
        assert_eq!(checked("$v:Int! = 1", json!({})), Ok(()));
        assert_eq!(checked("$v:Int", json!({})), Ok(()));
        assert_eq!(checked("$v:Int", json!({"v": null})), Ok(()));
        assert!(checked("$v:Int! = 1", json!({"v": null})).is_err());
    }

    #[test]
    fn built_in_scalars_take_their_json_types() {
        for (definition, good, bad) in [
            ("$v:Int", json!(1), json!(1.5)),
            ("$v:Int", json!(-1), json!("1")),
            ("$v:Float", json!(1), json!("1")),
            ("$v:String", json!("x"), json!(1)),
            ("$v:Boolean", json!(true), json!("true")),
            ("$v:ID", json!("x"), json!(1.5)),
            ("$v:ID", json!(1), json!(true)),
            ("$v:[[Int!]]", json!([[1], null]), json!([[null]])),
            ("$v:[Int]", json!(1), json!({"v": 1})),
        ] {
            assert_eq!(checked(definition, json!({ "v": good })), Ok(()), "{definition} {good}");
            assert!(checked(definition, json!({ "v": bad })).is_err(), "{definition} {bad}");
        }
    }

    #[test]
    fn other_types_are_left_to_the_schema() {
        assert_eq!(checked("$v:Anything!", json!({"v": {"a": [1]}})), Ok(()));
    }

    #[test]
    fn the_value_is_not_repeated() {
        let error = checked("$v:Int!", json!({"v": "canary"})).unwrap_err();
        assert_eq!(error.to_string(), "The value of the variable `$v` does not fit its type `Int!`.");
    }
}
