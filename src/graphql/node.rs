//! `node` and `nodes`: anything by its global id (Relay's Global Object Identification).

use async_graphql::{Context, ID, Interface, Object};

use super::audit_event::{self, AuditEvent};
use super::auth_failure::{self, AuthFailure};
use super::connection::{self, ConnectionProfile};
use super::connection_test::{self, ConnectionTest};
use super::errors::{ApiError, Fallible};
use super::exchange::{self, HttpExchange};
use super::filters::entries;
use super::http_request_task::{self, HttpRequestTask};
use super::ids::NodeId;
use super::permission::{self, Permission};
use super::secret::{self, Secret};

/// Anything with a global id.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global id."))]
pub enum Node {
    /// A connection.
    ConnectionProfile(ConnectionProfile),
    /// A secret.
    Secret(Secret),
    /// A task.
    HttpRequestTask(HttpRequestTask),
    /// An exchange.
    HttpExchange(HttpExchange),
    /// An auth failure.
    AuthFailure(AuthFailure),
    /// A test of a connection.
    ConnectionTest(ConnectionTest),
    /// An event.
    AuditEvent(AuditEvent),
}

/// Root fields by global id.
#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// The object with this id. Needs the permission to view objects of its type.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Fallible<Node> {
        find(ctx, &id).await.transpose()
    }

    /// The objects with these ids, in their order; null for those that do not exist.
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Fallible<Vec<Fallible<Node>>> {
        let ids = match entries("ids", Some(ids)) {
            Ok(ids) => ids,
            Err(refusal) => return Some(Err(refusal)),
        };
        let mut nodes = Vec::with_capacity(ids.len());
        for id in &ids {
            nodes.push(find(ctx, id).await.transpose());
        }
        Some(Ok(nodes))
    }
}

async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, ApiError> {
    let Some(id) = NodeId::parse(id) else { return Ok(None) };
    permission::check_for(ctx, permission_for(&id))?;
    Ok(match id {
        NodeId::Connection(key) => connection::find(ctx, key).await?.map(Node::from),
        NodeId::Secret(key) => secret::find(ctx, key).await?.map(Node::from),
        NodeId::HttpRequestTask(key) => http_request_task::find(ctx, key).await?.map(Node::from),
        NodeId::Exchange(id) => exchange::find(ctx, id).await?.map(Node::from),
        NodeId::AuthFailure(position) => auth_failure::find(ctx, position).await?.map(Node::from),
        NodeId::AuthFailureOf(id) => match exchange::find(ctx, id).await? {
            Some(exchange) => exchange.auth_failure().map(Node::from),
            None => connection_test::find(ctx, id).await?.and_then(|test| test.auth_failure()).map(Node::from),
        },
        NodeId::ConnectionTest(id) => connection_test::find(ctx, id).await?.map(Node::from),
        NodeId::AuditEvent(position) => audit_event::find(ctx, position).await?.map(Node::from),
    })
}

fn permission_for(id: &NodeId) -> Permission {
    match id {
        NodeId::Connection(_) | NodeId::ConnectionTest(_) => Permission::ViewConnection,
        NodeId::Secret(_) => Permission::ViewSecret,
        NodeId::HttpRequestTask(_) => Permission::ViewHttpRequestTask,
        NodeId::Exchange(_) | NodeId::AuthFailure(_) | NodeId::AuthFailureOf(_) => Permission::ViewUsageData,
        NodeId::AuditEvent(_) => Permission::ListAuditEvent,
    }
}
