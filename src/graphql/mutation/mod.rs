//! Mutations: verb and noun, one `input`, one payload. A payload's entity is null exactly when `userErrors` is not empty.
//! In inputs an omitted field is unchanged, null clears.

pub mod connection;
pub mod connection_test;
mod definition;
mod endpoint;
pub mod http_request_task;
pub mod request;
pub mod secret;
pub mod secret_source;
mod task_template;
pub mod token;

use async_graphql::MergedObject;

use super::errors::ApiError;
use super::user_errors::UserError;

/// What a mutation came to. The outer error is a fault, the inner ones are the client's.
type Done<T> = Result<Result<T, Vec<UserError>>, ApiError>;

/// Changes, one after the other.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutation(
    connection::ConnectionMutations,
    connection_test::ConnectionTestMutations,
    secret::SecretMutations,
    token::TokenMutations,
    request::RequestMutations,
    http_request_task::HttpRequestTaskMutations,
);
