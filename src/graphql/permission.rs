//! Permissions: their names, the directive that shows them in the schema, and the one check that enforces them.
//!
//! The check reads the directive of the field that is being resolved, so what the schema says and what is enforced can't
//! differ; a field without the directive is refused. It runs inside resolvers rather than as a guard of the GraphQL
//! library, because a refusing guard on a nullable field takes the field's whole parent with it.

use async_graphql::{Context, InputValueError, InputValueResult, Scalar, ScalarType, TypeDirective, Value};

use super::caller::Caller;
use super::errors::{ApiError, ErrorCode};

/// A right that a caller has or lacks, for example `view:Connection`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// `list:Connection`
    ListConnection,
    /// `view:Connection`
    ViewConnection,
    /// `create:Connection`
    CreateConnection,
    /// `edit:Connection`
    EditConnection,
    /// `edit:ConnectionEndpoint`: to choose where a connection's secret and its tokens go.
    EditConnectionEndpoint,
    /// `delete:Connection`
    DeleteConnection,
    /// `test:Connection`: to have issuers asked without saving anything.
    TestConnection,
    /// `list:Secret`
    ListSecret,
    /// `view:Secret`
    ViewSecret,
    /// `create:Secret`
    CreateSecret,
    /// `edit:Secret`
    EditSecret,
    /// `delete:Secret`
    DeleteSecret,
    /// `list:HttpRequestTask`
    ListHttpRequestTask,
    /// `view:HttpRequestTask`
    ViewHttpRequestTask,
    /// `create:HttpRequestTask`
    CreateHttpRequestTask,
    /// `edit:HttpRequestTask`
    EditHttpRequestTask,
    /// `delete:HttpRequestTask`
    DeleteHttpRequestTask,
    /// `view:UsageData`
    ViewUsageData,
    /// `list:AuditEvent`
    ListAuditEvent,
    /// `execute:HttpRequest`
    ExecuteHttpRequest,
}

impl Permission {
    /// Every permission there is.
    pub const ALL: [Self; 20] = [
        Self::ListConnection,
        Self::ViewConnection,
        Self::CreateConnection,
        Self::EditConnection,
        Self::EditConnectionEndpoint,
        Self::DeleteConnection,
        Self::TestConnection,
        Self::ListSecret,
        Self::ViewSecret,
        Self::CreateSecret,
        Self::EditSecret,
        Self::DeleteSecret,
        Self::ListHttpRequestTask,
        Self::ViewHttpRequestTask,
        Self::CreateHttpRequestTask,
        Self::EditHttpRequestTask,
        Self::DeleteHttpRequestTask,
        Self::ViewUsageData,
        Self::ListAuditEvent,
        Self::ExecuteHttpRequest,
    ];

    /// The permissions of which a connection's own page makes buttons.
    pub const ON_A_CONNECTION: [Self; 7] = [
        Self::ViewConnection,
        Self::EditConnection,
        Self::EditConnectionEndpoint,
        Self::DeleteConnection,
        Self::TestConnection,
        Self::ViewUsageData,
        Self::ExecuteHttpRequest,
    ];

    /// AireGlu's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ListConnection => "list:Connection",
            Self::ViewConnection => "view:Connection",
            Self::CreateConnection => "create:Connection",
            Self::EditConnection => "edit:Connection",
            Self::EditConnectionEndpoint => "edit:ConnectionEndpoint",
            Self::DeleteConnection => "delete:Connection",
            Self::TestConnection => "test:Connection",
            Self::ListSecret => "list:Secret",
            Self::ViewSecret => "view:Secret",
            Self::CreateSecret => "create:Secret",
            Self::EditSecret => "edit:Secret",
            Self::DeleteSecret => "delete:Secret",
            Self::ListHttpRequestTask => "list:HttpRequestTask",
            Self::ViewHttpRequestTask => "view:HttpRequestTask",
            Self::CreateHttpRequestTask => "create:HttpRequestTask",
            Self::EditHttpRequestTask => "edit:HttpRequestTask",
            Self::DeleteHttpRequestTask => "delete:HttpRequestTask",
            Self::ViewUsageData => "view:UsageData",
            Self::ListAuditEvent => "list:AuditEvent",
            Self::ExecuteHttpRequest => "execute:HttpRequest",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }
}

/// A right that a caller has or lacks, for example `view:Connection`.
#[Scalar(name = "Permission")]
impl ScalarType for Permission {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(name) => Self::parse(name).ok_or_else(|| InputValueError::custom("unknown permission")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.name().to_owned())
    }
}

/// The field is answered only for callers that have this permission.
#[TypeDirective(name = "requiresPermission", location = "FieldDefinition")]
pub(super) fn requires_permission(permission: Permission) {}

/// Checks that the caller has the permission which the directive of the current field of `parent` names.
pub(super) fn check<'c>(ctx: &Context<'c>, parent: &str) -> Result<&'c Caller, ApiError> {
    let field = ctx.schema_env.registry.types.get(parent).and_then(|object| object.field_by_name(ctx.field().name()));
    let directive =
        field.and_then(|field| field.directive_invocations.iter().find(|found| found.name == "requiresPermission"));
    let name = match directive.and_then(|directive| directive.args.get("permission")) {
        Some(Value::String(name)) => name.as_str(),
        Some(_) | None => "",
    };
    let Some(permission) = Permission::parse(name) else {
        return Err(ApiError::new(ErrorCode::Forbidden, "Nobody may ask for this field."));
    };
    check_for(ctx, permission)
}

/// Checks that the caller has a permission that only the arguments tell, as for `node`.
pub(super) fn check_for<'c>(ctx: &Context<'c>, permission: Permission) -> Result<&'c Caller, ApiError> {
    match ctx.data_opt::<Caller>() {
        Some(caller) if caller.may(permission) => Ok(caller),
        Some(_) | None => {
            let message = format!("This needs the permission {}.", permission.name());
            Err(ApiError::new(ErrorCode::Forbidden, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permission_is_found_by_its_name() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
        }
        assert_eq!(Permission::parse("view:connection"), None);
    }
}
