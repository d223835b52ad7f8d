//! The schema: everything that can be asked, in one value.

use async_graphql::{MergedObject, SDLExportOptions, Schema, SchemaBuilder};

use super::audit_event::AuditEventQueries;
use super::auth_failure::AuthFailureQueries;
use super::batches::batches;
use super::coercion::CheckInputs;
use super::connection::ConnectionQueries;
use super::discovery::DiscoveryQueries;
use super::exchange::ExchangeQueries;
use super::http_request_task::HttpRequestTaskQueries;
use super::mutation::Mutation;
use super::node::NodeQueries;
use super::secret::SecretQueries;
use super::services::Services;
use super::subscription::Subscription;
use super::usage::UsageQueries;
use super::viewer::ViewerQueries;

/// Everything that can be asked.
pub type LatchkeySchema = Schema<Query, Mutation, Subscription>;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct Query(
    NodeQueries,
    ViewerQueries,
    ConnectionQueries,
    DiscoveryQueries,
    SecretQueries,
    HttpRequestTaskQueries,
    ExchangeQueries,
    AuthFailureQueries,
    UsageQueries,
    AuditEventQueries,
);

/// Builds the schema. Documents are measured before they get here (`limits`), so the library's own limits stay off.
///
/// Without `introspection` the schema does not describe itself to clients; `schema.graphql` still does.
pub fn build(services: Services, introspection: bool) -> LatchkeySchema {
    let builder = builder().data(batches(services.clone())).data(services);
    if introspection { builder.finish() } else { builder.disable_introspection().finish() }
}

/// The schema in GraphQL's own language, the same at every call: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by().use_space_ident().prefer_single_line_descriptions();
    let text = builder().finish().sdl_with_options(options);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim())
}

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        // "Did you mean" tells names to those who may not introspect.
        .disable_suggestions()
        .extension(CheckInputs)
}
