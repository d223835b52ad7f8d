//! Checks every argument and every variable before anything runs (GraphQL, 5.6 and 6.1.2).
//!
//! The library coerces an argument when its field is reached. In a mutation the fields before it have changed something
//! by then, and the answer would be an error without data. So a document whose inputs don't fit is refused whole.
//!
//! Deliberately absent: whether fields, arguments and types exist, and whether variables are defined. That needs no
//! values, and the library checks it before it runs anything; what is unknown here is passed over.

mod value;

use std::collections::HashSet;
use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest};
use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::registry::{MetaInputValue, MetaTypeName, Registry};
use async_graphql::{ErrorExtensionValues, Name, Pos, Positioned, Request, ServerError, ServerResult, Variables};
use async_graphql_value::Value;

use self::value::{Inputs, Misfit};

/// `extensions.code` of a refusal.
pub const CODE: &str = "BAD_USER_INPUT";

/// The check as a part of a schema.
#[derive(Debug, Clone, Copy)]
pub struct CheckInputs;

impl ExtensionFactory for CheckInputs {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for CheckInputs {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        // The document is behind a mutable borrow of the whole request.
        let mut variables = std::mem::take(&mut request.variables);
        let name = request.operation_name.clone();
        let document = request.parsed_query()?;
        if let Some(operation) = operation(document, name.as_deref()) {
            check(&ctx.schema_env.registry, document, operation, &variables)?;
            fill_in_defaults(operation, &mut variables);
        }
        request.variables = variables;
        next.run(ctx, request).await
    }
}

/// The library does not look at defaults when it decides about `@skip` and `@include`.
fn fill_in_defaults(operation: &OperationDefinition, variables: &mut Variables) {
    for definition in &operation.variable_definitions {
        if let Some(default) = &definition.node.default_value {
            variables.entry(definition.node.name.node.clone()).or_insert_with(|| default.node.clone());
        }
    }
}

/// `None` is the library's to complain about.
fn operation<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Option<&'d OperationDefinition> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Single(_), Some(_)) | (DocumentOperations::Multiple(_), None) => None,
    };
    found.map(|operation| &operation.node)
}

/// Checks the variables of an operation, and every argument of its fields and directives, fragments included.
///
/// # Errors
/// A request error that names the place and the type, and never the value: it may be a secret.
fn check(
    registry: &Registry,
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
) -> ServerResult<()> {
    let inputs = Inputs::new(registry, operation, variables);
    let mut walk = Walk { registry, document, inputs, visited: HashSet::new() };
    walk.variables(operation, variables)?;
    walk.directives(&operation.directives)?;
    let root = match operation.ty {
        OperationType::Query => Some(&registry.query_type),
        OperationType::Mutation => registry.mutation_type.as_ref(),
        OperationType::Subscription => registry.subscription_type.as_ref(),
    };
    root.map_or(Ok(()), |root| walk.selection_set(root, &operation.selection_set.node))
}

struct Walk<'a> {
    registry: &'a Registry,
    document: &'a ExecutableDocument,
    inputs: Inputs<'a>,
    /// A fragment's arguments are the same wherever it is spread.
    visited: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn variables(&mut self, operation: &'a OperationDefinition, given: &'a Variables) -> ServerResult<()> {
        for Positioned { pos, node } in &operation.variable_definitions {
            let expected = node.var_type.node.to_string();
            let checked = match given.get(&node.name.node).or(node.default_value.as_ref().map(|value| &value.node)) {
                Some(value) => self.inputs.check_const(&expected, value),
                None if node.var_type.node.nullable => Ok(()),
                None => Err(Misfit::missing(&expected)),
            };
            checked.map_err(|misfit| {
                let misfit = misfit.under(node.name.node.as_str());
                refusal(*pos, format!("The variable `${}` {}", misfit.path(), misfit.complaint()))
            })?;
        }
        Ok(())
    }

    fn selection_set(&mut self, parent: &'a str, set: &'a SelectionSet) -> ServerResult<()> {
        for selection in &set.items {
            self.directives(selection.node.directives())?;
            match &selection.node {
                Selection::Field(field) => self.field(parent, &field.node)?,
                Selection::InlineFragment(inline) => {
                    let condition =
                        inline.node.type_condition.as_ref().map(|condition| condition.node.on.node.as_str());
                    self.selection_set(condition.unwrap_or(parent), &inline.node.selection_set.node)?;
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            }
        }
        Ok(())
    }

    fn fragment(&mut self, name: &'a str) -> ServerResult<()> {
        let Some(fragment) = self.document.fragments.get(name).filter(|_| self.visited.insert(name)) else {
            return Ok(());
        };
        self.directives(&fragment.node.directives)?;
        self.selection_set(fragment.node.type_condition.node.on.node.as_str(), &fragment.node.selection_set.node)
    }

    fn field(&mut self, parent: &str, field: &'a Field) -> ServerResult<()> {
        let name = field.name.node.as_str();
        let Some(known) = self.registry.types.get(parent).and_then(|parent| parent.field_by_name(name)) else {
            return Ok(());
        };
        for (argument, value) in &field.arguments {
            self.argument(known.args.get(argument.node.as_str()), (argument, value), name)?;
        }
        self.selection_set(MetaTypeName::concrete_typename(&known.ty), &field.selection_set.node)
    }

    fn directives(&mut self, directives: &'a [Positioned<Directive>]) -> ServerResult<()> {
        for Positioned { node, .. } in directives {
            let name = node.name.node.as_str();
            let Some(known) = self.registry.directives.get(name) else { continue };
            for (argument, value) in &node.arguments {
                self.argument(known.args.get(argument.node.as_str()), (argument, value), &format!("@{name}"))?;
            }
        }
        Ok(())
    }

    fn argument(
        &mut self,
        known: Option<&MetaInputValue>,
        (name, value): (&'a Positioned<Name>, &'a Positioned<Value>),
        owner: &str,
    ) -> ServerResult<()> {
        let Some(known) = known else { return Ok(()) };
        self.inputs.check_input(known, &value.node).map_err(|misfit| {
            let misfit = misfit.under(name.node.as_str());
            refusal(value.pos, format!("The argument `{}` of `{owner}` {}", misfit.path(), misfit.complaint()))
        })
    }
}

fn refusal(at: Pos, message: String) -> ServerError {
    let mut error = ServerError::new(message, Some(at));
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", CODE);
    error
}
