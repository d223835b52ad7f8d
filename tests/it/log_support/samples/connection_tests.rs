//! Tests of connections: one that went well, one of a draft that did not, one that was cut off.

use latchkey::domain::connection_test::{
    ConnectionTestEvent, StepStatus, TestOutcomeUnknown, TestStarted, TestStep, Tested, TestedToken,
};
use latchkey::domain::failure::{AuthFailureReason, AuthPhase};
use latchkey::domain::{Event, StreamId};
use uuid::Uuid;

use super::super::key;
use super::auth_failure;

/// The test that issued a token.
const FIRST_TEST: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00f1);
/// The test of a draft that failed.
const SECOND_TEST: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00f2);
/// The test that was cut off.
const THIRD_TEST: Uuid = Uuid::from_u128(0x0195_0000_0000_7000_8000_0000_0000_00f3);

pub(crate) fn test_started() -> TestStarted {
    TestStarted {
        connection: Some(key("billing")),
        connection_version: Some(2),
        draft: false,
        host: "idp.example.com".to_owned(),
        authentication: "private_key_jwt".to_owned(),
        secret: Some(key("billing-secret")),
    }
}

pub(crate) fn tested() -> Tested {
    let step =
        |phase, status, detail: &str, duration_us| TestStep { phase, status, detail: detail.to_owned(), duration_us };
    Tested {
        connection: Some(key("billing")),
        connection_version: Some(2),
        secret_version: Some(2),
        ok: true,
        steps: vec![
            step(AuthPhase::Secret, StepStatus::Passed, "version 2 of billing-secret was opened", 150),
            step(AuthPhase::Tls, StepStatus::Skipped, "the Access Token URL is http", 0),
            step(AuthPhase::Token, StepStatus::Warned, "a Bearer token, good for 300 s", 20),
        ],
        token: Some(TestedToken {
            fingerprint: "8899aabbccddeeff".to_owned(),
            lifetime_ms: 300_000,
            scope: Some("invoices".to_owned()),
            token_type: "Bearer".to_owned(),
        }),
        failure: None,
        duration_us: 31_000,
    }
}

/// What came of a draft whose client the issuer does not know.
pub(crate) fn tested_in_vain() -> Tested {
    let failure = auth_failure(AuthFailureReason::InvalidClient);
    let detail = failure.message.clone();
    let step = TestStep { phase: AuthPhase::Response, status: StepStatus::Failed, detail, duration_us: 9 };
    let (connection, connection_version, secret_version) = (None, None, None);
    Tested {
        connection,
        connection_version,
        secret_version,
        ok: false,
        steps: vec![step],
        token: None,
        failure: Some(failure),
        ..tested()
    }
}

pub(super) fn events() -> Vec<(StreamId, Event)> {
    let draft = TestStarted { connection: None, connection_version: None, draft: true, secret: None, ..test_started() };
    let unknown = TestOutcomeUnknown {
        connection: Some(key("billing")),
        reason: "the process stopped before the answer came".to_owned(),
    };
    let all = [
        (FIRST_TEST, ConnectionTestEvent::Started(test_started())),
        (FIRST_TEST, ConnectionTestEvent::Tested(tested())),
        (SECOND_TEST, ConnectionTestEvent::Started(draft)),
        (SECOND_TEST, ConnectionTestEvent::Tested(tested_in_vain())),
        (THIRD_TEST, ConnectionTestEvent::Started(test_started())),
        (THIRD_TEST, ConnectionTestEvent::OutcomeUnknown(unknown)),
    ];
    all.into_iter().map(|(id, event)| (StreamId::Test(id), event.into())).collect()
}
