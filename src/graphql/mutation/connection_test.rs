//! `testConnection`

use async_graphql::{Context, Object, OneofObject, SimpleObject};

use super::super::connection;
use super::super::connection_test::ConnectionTest;
use super::super::errors::Fallible;
use super::super::permission::{self, Permission, requires_permission};
use super::super::scalars::KeyText;
use super::super::services::Services;
use super::super::user_errors::{self, UserError};
use super::Done;
use super::connection::{CreateConnectionInput, read_new};
use crate::domain::FieldError;
use crate::domain::connection::ConnectionRejection;
use crate::event_log::Provenance;
use crate::oauth::TestSubject;
use crate::registry::NewConnection;

/// What is to be tested: exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum TestConnectionInput {
    /// The saved connection with this Key, disabled or not.
    Key(KeyText),
    /// A connection that is saved nowhere. It chooses where its secret goes, so that needs what creating it would: the
    /// permission `edit:ConnectionEndpoint`, or `secretConfirmation`. Its Key may be taken; `idempotencyKey` and `testFirst`
    /// mean nothing here.
    Draft(Box<CreateConnectionInput>),
}

/// What became of `testConnection`.
#[derive(Debug, SimpleObject)]
pub struct TestConnectionPayload {
    /// The test, passed or failed; null exactly when there are user errors.
    test: Option<ConnectionTest>,
    /// What the client can mend.
    user_errors: Vec<UserError>,
}

/// Tests of connections.
#[derive(Default)]
pub struct ConnectionTestMutations;

#[Object]
impl ConnectionTestMutations {
    /// Asks for a token, step by step, and throws it away. Asks once, and right away even while requests are held back. One
    /// test of a connection runs at a time.
    #[graphql(directive = requires_permission::apply(Permission::TestConnection))]
    async fn test_connection(&self, ctx: &Context<'_>, input: TestConnectionInput) -> Fallible<TestConnectionPayload> {
        Some(test(ctx, input).await.map(|done| match done {
            Ok(test) => TestConnectionPayload { test: Some(test), user_errors: vec![] },
            Err(user_errors) => TestConnectionPayload { test: None, user_errors },
        }))
    }
}

async fn test(ctx: &Context<'_>, input: TestConnectionInput) -> Done<ConnectionTest> {
    let caller = permission::check(ctx, "Mutation")?;
    let services = Services::of(ctx)?;
    let provenance = services.provenance(ctx, caller);
    match input {
        TestConnectionInput::Key(key) => {
            let key = match key.parse_at("key") {
                Ok(key) => key,
                Err(error) => return Ok(Err(vec![error.into()])),
            };
            let Some(profile) = connection::find(ctx, key.clone()).await? else {
                return Ok(Err(vec![UserError::not_found(ConnectionRejection::NotFound.to_string(), "key")]));
            };
            let subject = TestSubject { key, version: Some(profile.0.version), definition: profile.0.definition };
            run(services, subject, provenance).await
        }
        TestConnectionInput::Draft(input) => {
            let new = match read_new(*input, caller, &services.token_policy) {
                // Nothing is created, so there is nothing that an earlier wish could have come to.
                Ok(new) => NewConnection { idempotency_key: None, ..new },
                Err(complaints) => {
                    let under = |complaint: FieldError| complaint.under("draft").into();
                    return Ok(Err(complaints.into_iter().map(under).collect()));
                }
            };
            let done = test_draft(ctx, &new).await?;
            Ok(done.map_err(|errors| errors.into_iter().map(|error| error.under("draft")).collect()))
        }
    }
}

/// Tests a connection that shall be, unless it is already, and complains when no token is issued.
pub(super) async fn test_new(ctx: &Context<'_>, new: &NewConnection, test: &mut Option<ConnectionTest>) -> Done<()> {
    let caller = permission::check_for(ctx, Permission::TestConnection)?;
    let services = Services::of(ctx)?;
    match services.registry.is_created_already(new, &services.provenance(ctx, caller)).await {
        Ok(true) => return Ok(Ok(())),
        Ok(false) => {}
        Err(error) => return Ok(Err(vec![user_errors::of_connection(ctx, &new.key, error).await?])),
    }
    let tested = match test_draft(ctx, new).await? {
        Ok(tested) => tested,
        Err(user_errors) => return Ok(Err(user_errors)),
    };
    let is_ok = tested.0.tested.ok;
    *test = Some(tested);
    let message = "the test failed, so the connection was not created; `test` says why";
    Ok(if is_ok { Ok(()) } else { Err(vec![FieldError::at("testFirst", "TEST_FAILED", message).into()]) })
}

/// Tests a connection that shall be, if it could be created.
async fn test_draft(ctx: &Context<'_>, new: &NewConnection) -> Done<ConnectionTest> {
    let caller = permission::check_for(ctx, Permission::TestConnection)?;
    let services = Services::of(ctx)?;
    let provenance = services.provenance(ctx, caller);
    match services.registry.check_new(new, &provenance).await {
        Ok(definition) => {
            run(services, TestSubject { key: new.key.clone(), version: None, definition }, provenance).await
        }
        Err(error) => Ok(Err(vec![user_errors::of_connection(ctx, &new.key, error).await?])),
    }
}

async fn run(services: &Services, subject: TestSubject, provenance: Provenance) -> Done<ConnectionTest> {
    match services.tester.test(subject, provenance).await {
        Ok(view) => Ok(Ok(ConnectionTest(view))),
        Err(error) => Ok(Err(vec![user_errors::of_test(error)?])),
    }
}
