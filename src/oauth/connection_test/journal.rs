//! What a test has seen so far, step by step.

use std::time::Duration;

use super::micros;
use crate::domain::connection_test::{StepStatus, TestStep, TestedToken};
use crate::domain::failure::{AuthFailure, AuthPhase};

/// The steps of every test, in their order.
const STEPS: [AuthPhase; 8] = [
    AuthPhase::Secret,
    AuthPhase::Assertion,
    AuthPhase::Dns,
    AuthPhase::Connect,
    AuthPhase::Tls,
    AuthPhase::Request,
    AuthPhase::Response,
    AuthPhase::Token,
];

/// What came of a test.
pub(super) struct Report {
    pub steps: Vec<TestStep>,
    pub secret_version: Option<u32>,
    pub token: Option<TestedToken>,
    pub failure: Option<AuthFailure>,
}

/// Takes down the steps as they are made.
#[derive(Default)]
pub(super) struct Journal {
    steps: Vec<TestStep>,
    pub secret_version: Option<u32>,
    pub token: Option<TestedToken>,
}

impl Journal {
    /// A step went well.
    pub(super) fn passed(&mut self, phase: AuthPhase, took: Duration, detail: impl Into<String>) {
        self.passed_but(phase, took, &[detail.into()]);
    }

    /// A step went well; what is said beyond the first sentence are warnings.
    pub(super) fn passed_but(&mut self, phase: AuthPhase, took: Duration, said: &[String]) {
        let status = if said.len() > 1 { StepStatus::Warned } else { StepStatus::Passed };
        self.steps.push(TestStep { phase, status, detail: said.join("; "), duration_us: micros(took) });
    }

    /// A step was not needed.
    pub(super) fn skipped(&mut self, phase: AuthPhase, why: &str) {
        self.steps.push(TestStep { phase, status: StepStatus::Skipped, detail: why.to_owned(), duration_us: 0 });
    }

    /// A step failed: the test ends here.
    pub(super) fn failed(&mut self, phase: AuthPhase, took: Duration, failure: AuthFailure) -> AuthFailure {
        let (status, detail) = (StepStatus::Failed, failure.message.clone());
        self.steps.push(TestStep { phase, status, detail, duration_us: micros(took) });
        failure
    }

    /// Ends the test: every step that was not made is there as skipped.
    pub(super) fn finish(self, failure: Option<AuthFailure>) -> Report {
        let Self { steps: mut made, secret_version, token } = self;
        let missing = |phase| TestStep {
            phase,
            status: StepStatus::Skipped,
            detail: "not tried, because another step failed".to_owned(),
            duration_us: 0,
        };
        let steps = STEPS.into_iter().map(|phase| {
            let found = made.iter().position(|step| step.phase == phase);
            found.map_or_else(|| missing(phase), |index| made.remove(index))
        });
        Report { steps: steps.collect(), secret_version, token, failure }
    }
}
