//! Who asks, and from where: what a transport puts beside every GraphQL request.
//!
//! Both types are found by resolvers through `Context::data`. They live here and not in `server`, because resolvers may
//! not look to their right.

use uuid::Uuid;

use super::permission::Permission;
use crate::domain::Actor;

/// Somebody whose credentials have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name under which the event log remembers what is done.
    pub actor: Actor,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

impl Caller {
    /// Somebody who may do everything.
    pub fn with_all_permissions(actor: Actor) -> Self {
        Self { actor, permissions: Permission::ALL.to_vec() }
    }

    /// Whether it has a permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// Where one GraphQL operation came from. Nothing in it is a secret, and nothing in it is proof of anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestInfo {
    /// Unique per operation: a WebSocket gets a new one for each `subscribe`.
    pub request_id: Uuid,
    /// The address of the connected peer, which is the proxy's where there is one.
    pub source_ip: Option<String>,
    /// `User-Agent`, without control characters, at most [`USER_AGENT_CHARS_MAX`] characters.
    pub user_agent: Option<String>,
    /// The trace id of a well-formed W3C `traceparent` header: 32 lower-case hexadecimal digits.
    pub trace_id: Option<String>,
}

/// The longest `User-Agent` that is remembered, in characters.
pub const USER_AGENT_CHARS_MAX: usize = 256;
