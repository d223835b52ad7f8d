//! One value against one type (GraphQL, 3.5 to 3.12, "Input Coercion").

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::OperationDefinition;
use async_graphql::registry::{MetaInputValue, MetaType, MetaTypeName, Registry};
use async_graphql::{Number, Variables};
use async_graphql_value::{ConstValue, Value};
use chrono::DateTime;

/// Where and why a value does not fit. The value itself is not in it.
#[derive(Debug)]
pub(super) struct Misfit {
    /// From the value to the argument or variable, the names of the schema only.
    steps: Vec<String>,
    expected: String,
    why: Why,
}

#[derive(Debug, Clone, Copy)]
enum Why {
    Missing,
    Unfit,
    UnknownField,
    NotOneField,
}

impl Misfit {
    /// Nothing, or null, where something must be.
    pub(super) fn missing(expected: &str) -> Self {
        Self::new(expected, Why::Missing)
    }

    fn new(expected: &str, why: Why) -> Self {
        Self { steps: Vec::new(), expected: expected.to_owned(), why }
    }

    /// Says which field or argument the value is in.
    pub(super) fn under(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The way to the value, such as `input.targets[2].key`.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            if !path.is_empty() && !step.starts_with('[') {
                path.push('.');
            }
            path.push_str(step);
        }
        path
    }

    /// What is wrong, as the end of a sentence.
    pub(super) fn complaint(&self) -> String {
        let expected = &self.expected;
        match self.why {
            Why::Missing => format!("is required: its type is `{expected}`."),
            Why::Unfit => format!("does not fit its type `{expected}`."),
            Why::UnknownField => format!("has a field that its type `{expected}` has not."),
            Why::NotOneField => format!("must have exactly one field, and that not null: its type is `{expected}`."),
        }
    }
}

/// A value of the document, or one without variables: of the request, or a default.
#[derive(Clone, Copy)]
enum Input<'a> {
    Literal(&'a Value),
    Const(&'a ConstValue),
}

/// What a value looks like from outside.
enum Shape<'a> {
    Variable(&'a str),
    Null,
    Number(&'a Number),
    Text(&'a str),
    Boolean,
    Name(&'a str),
    List(Vec<Input<'a>>),
    Object(Vec<(&'a str, Input<'a>)>),
    /// Of no transport of ours.
    Binary,
}

impl<'a> Input<'a> {
    fn shape(self) -> Shape<'a> {
        match self {
            Self::Literal(Value::Variable(name)) => Shape::Variable(name),
            Self::Literal(Value::Null) | Self::Const(ConstValue::Null) => Shape::Null,
            Self::Literal(Value::Number(number)) | Self::Const(ConstValue::Number(number)) => Shape::Number(number),
            Self::Literal(Value::String(text)) | Self::Const(ConstValue::String(text)) => Shape::Text(text),
            Self::Literal(Value::Boolean(_)) | Self::Const(ConstValue::Boolean(_)) => Shape::Boolean,
            Self::Literal(Value::Enum(name)) | Self::Const(ConstValue::Enum(name)) => Shape::Name(name),
            Self::Literal(Value::List(items)) => Shape::List(items.iter().map(Input::Literal).collect()),
            Self::Const(ConstValue::List(items)) => Shape::List(items.iter().map(Input::Const).collect()),
            Self::Literal(Value::Object(fields)) => {
                Shape::Object(fields.iter().map(|(name, value)| (name.as_str(), Input::Literal(value))).collect())
            }
            Self::Const(ConstValue::Object(fields)) => {
                Shape::Object(fields.iter().map(|(name, value)| (name.as_str(), Input::Const(value))).collect())
            }
            Self::Literal(Value::Binary(_)) | Self::Const(ConstValue::Binary(_)) => Shape::Binary,
        }
    }
}

/// What a variable stands for.
#[derive(Clone, Copy)]
enum Known<'a> {
    Absent,
    Value(&'a ConstValue),
}

/// Judges values by a schema's types and one request's variables.
pub(super) struct Inputs<'a> {
    registry: &'a Registry,
    variables: HashMap<&'a str, Known<'a>>,
    /// Variables with the types that they fit: a long list may be named in a thousand places.
    fitting: HashSet<(&'a str, String)>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(registry: &'a Registry, operation: &'a OperationDefinition, given: &'a Variables) -> Self {
        let known = operation.variable_definitions.iter().map(|definition| {
            let name = &definition.node.name.node;
            let default = definition.node.default_value.as_ref().map(|value| &value.node);
            (name.as_str(), given.get(name).or(default).map_or(Known::Absent, Known::Value))
        });
        Self { registry, variables: known.collect(), fitting: HashSet::new() }
    }

    /// Judges what an argument or a field of an input object is given; a variable without a value is nothing given.
    pub(super) fn check_input(&mut self, known: &MetaInputValue, value: &'a Value) -> Result<(), Misfit> {
        self.check_given(known, Input::Literal(value))
    }

    /// Judges a value without variables.
    pub(super) fn check_const(&mut self, expected: &str, value: &'a ConstValue) -> Result<(), Misfit> {
        self.check(expected, Input::Const(value))
    }

    fn check_given(&mut self, known: &MetaInputValue, input: Input<'a>) -> Result<(), Misfit> {
        if known.default_value.is_some() && self.is_absent(input) {
            return Ok(());
        }
        self.check(&known.ty, input)
    }

    fn is_absent(&self, input: Input<'a>) -> bool {
        match input {
            Input::Literal(Value::Variable(name)) => matches!(self.variables.get(name.as_str()), Some(Known::Absent)),
            Input::Literal(_) | Input::Const(_) => false,
        }
    }

    fn check(&mut self, expected: &str, input: Input<'a>) -> Result<(), Misfit> {
        let shape = input.shape();
        if let Shape::Variable(name) = shape {
            return self.check_variable(expected, name);
        }
        match (MetaTypeName::create(expected), shape) {
            (MetaTypeName::NonNull(_), Shape::Null) => Err(Misfit::missing(expected)),
            (MetaTypeName::NonNull(inner), _) => self.check(inner, input),
            (MetaTypeName::List(_) | MetaTypeName::Named(_), Shape::Null) => Ok(()),
            (MetaTypeName::List(item), Shape::List(items)) => {
                items.into_iter().enumerate().try_for_each(|(index, value)| {
                    self.check(item, value).map_err(|misfit| misfit.under(format!("[{index}]")))
                })
            }
            // A single value stands for a list of one (GraphQL, 3.11).
            (MetaTypeName::List(item), _) => self.check(item, input),
            (MetaTypeName::Named(name), shape) => self.check_named(name, shape),
        }
    }

    /// The library compares the type of a variable with the type of its place, but not in every place.
    fn check_variable(&mut self, expected: &str, name: &'a str) -> Result<(), Misfit> {
        match self.variables.get(name).copied() {
            Some(Known::Absent) if MetaTypeName::create(expected).is_non_null() => Err(Misfit::missing(expected)),
            // That a variable is not defined is the library's to say.
            Some(Known::Absent) | None => Ok(()),
            Some(Known::Value(value)) => {
                let fits = (name, expected.to_owned());
                if !self.fitting.contains(&fits) {
                    self.check(expected, Input::Const(value))?;
                    self.fitting.insert(fits);
                }
                Ok(())
            }
        }
    }

    fn check_named(&mut self, name: &str, shape: Shape<'a>) -> Result<(), Misfit> {
        let fits = match (self.registry.types.get(name), shape) {
            (Some(MetaType::InputObject { input_fields, oneof, .. }), Shape::Object(fields)) => {
                self.one_field(name, &fields, *oneof)?;
                return self.check_fields(name, input_fields.values(), &fields);
            }
            // JSON has no names; the library takes a text of the document as well.
            (Some(MetaType::Enum { enum_values, .. }), Shape::Name(value) | Shape::Text(value)) => {
                enum_values.contains_key(value)
            }
            (Some(MetaType::InputObject { .. } | MetaType::Enum { .. }), _) => false,
            (Some(MetaType::Scalar { .. }), shape) => scalar_fits(name, &shape),
            // Unknown, or no type of inputs: the library's to say.
            (_, _) => true,
        };
        if fits { Ok(()) } else { Err(Misfit::new(name, Why::Unfit)) }
    }

    /// GraphQL, 3.10.1 "`OneOf` Input Objects".
    fn one_field(&self, name: &str, fields: &[(&str, Input<'a>)], oneof: bool) -> Result<(), Misfit> {
        let mut given = fields.iter().filter(|(_, value)| !self.is_absent(*value));
        let is_one = match (given.next(), given.next()) {
            (Some((_, value)), None) => !self.is_null(*value),
            (_, _) => false,
        };
        if is_one || !oneof { Ok(()) } else { Err(Misfit::new(name, Why::NotOneField)) }
    }

    fn is_null(&self, input: Input<'a>) -> bool {
        match input.shape() {
            Shape::Null => true,
            Shape::Variable(name) => matches!(self.variables.get(name), Some(Known::Value(ConstValue::Null))),
            _ => false,
        }
    }

    fn check_fields<'r>(
        &mut self,
        name: &str,
        known: impl Iterator<Item = &'r MetaInputValue>,
        given: &[(&'a str, Input<'a>)],
    ) -> Result<(), Misfit> {
        let given: HashMap<&str, Input<'a>> = given.iter().copied().collect();
        let mut recognised = 0;
        for field in known {
            let checked = match given.get(field.name.as_str()) {
                Some(input) => {
                    recognised += 1;
                    self.check_given(field, *input)
                }
                None if field.default_value.is_some() || !MetaTypeName::create(&field.ty).is_non_null() => Ok(()),
                None => Err(Misfit::missing(&field.ty)),
            };
            checked.map_err(|misfit| misfit.under(field.name.as_str()))?;
        }
        if recognised == given.len() { Ok(()) } else { Err(Misfit::new(name, Why::UnknownField)) }
    }
}

/// Scalars of the API's own are texts, and what a text must look like is said by their fields.
fn scalar_fits(name: &str, shape: &Shape<'_>) -> bool {
    match (name, shape) {
        ("JSON", _) | ("Boolean", Shape::Boolean) => true,
        // 32 bits, whatever the language of the server has (GraphQL, 3.5.1).
        ("Int", Shape::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", Shape::Number(number)) => number.as_f64().is_some_and(f64::is_finite),
        ("ID", Shape::Number(number)) => number.is_i64(),
        ("DateTime", Shape::Text(text)) => DateTime::parse_from_rfc3339(text).is_ok(),
        ("Boolean" | "Int" | "Float", _) => false,
        (_, shape) => matches!(shape, Shape::Text(_)),
    }
}
