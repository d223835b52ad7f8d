//! `ConnectionTest`: a real token exchange, step by step, whose token nobody got.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::auth_failure::{AuthFailure, AuthPhase};
use super::errors::ApiError;
use super::ids::NodeId;
use super::scalars::ms;
use super::services::Services;
use super::token_status::TokenStatus;
use crate::domain::connection_test as domain;
use crate::projections::connection_tests::{self as model, ConnectionTestView};
use crate::projections::token_status;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::StepStatus")]
pub enum StepStatus {
    /// All is well.
    Passed,
    /// It works, but a person would want to know something.
    Warned,
    /// Here the test ended.
    Failed,
    /// It was not needed, or another step failed.
    Skipped,
}

/// One step on the way to a token.
#[derive(Debug, Clone, SimpleObject)]
pub struct TestStep {
    /// Which one.
    phase: AuthPhase,
    /// How it ended.
    status: StepStatus,
    /// What was found, or what is wrong, for a person.
    detail: String,
    /// How long it took, in milliseconds.
    duration_ms: f64,
}

/// A test of a connection or of a draft.
#[derive(Debug, Clone)]
pub struct ConnectionTest(pub(super) ConnectionTestView);

/// A real token exchange, step by step. The token was thrown away.
#[Object]
impl ConnectionTest {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        NodeId::ConnectionTest(self.0.id).to_id()
    }

    /// When it ended.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Whether a token was issued.
    async fn ok(&self) -> bool {
        self.0.tested.ok
    }

    /// Every step, in order.
    async fn steps(&self) -> Vec<TestStep> {
        let step = |step: &domain::TestStep| TestStep {
            phase: step.phase.into(),
            status: step.status.into(),
            detail: step.detail.clone(),
            duration_ms: ms(step.duration_us),
        };
        self.0.tested.steps.iter().map(step).collect()
    }

    /// What is known of the token that was issued and thrown away.
    async fn token(&self) -> Option<TokenStatus> {
        let ConnectionTestView { position, at, tested, .. } = &self.0;
        let token = tested.token.as_ref()?;
        let lifetime = TimeDelta::milliseconds(i64::try_from(token.lifetime_ms).unwrap_or(i64::MAX));
        let status = token_status::TokenStatus {
            position: *position,
            fetched_at: *at,
            expires_at: at.checked_add_signed(lifetime).unwrap_or(*at),
            scope: token.scope.clone(),
            token_type: token.token_type.clone(),
            fingerprint: token.fingerprint.clone(),
        };
        Some(status.into())
    }

    /// Why no token was issued.
    async fn failure(&self) -> Option<AuthFailure> {
        self.auth_failure()
    }
}

impl ConnectionTest {
    /// Why no token was issued.
    pub(super) fn auth_failure(&self) -> Option<AuthFailure> {
        let ConnectionTestView { id, position, at, tested } = &self.0;
        Some(AuthFailure {
            id: NodeId::AuthFailureOf(*id),
            position: *position,
            occurred_at: *at,
            connection: tested.connection.clone(),
            exchange: None,
            task: None,
            trace_id: None,
            failure: tested.failure.clone()?,
        })
    }
}

/// Reads one test.
pub(super) async fn find(ctx: &Context<'_>, id: Uuid) -> Result<Option<ConnectionTest>, ApiError> {
    let view = Services::of(ctx)?.read(move |conn| model::get(conn, id)).await?;
    Ok(view.map(ConnectionTest))
}
