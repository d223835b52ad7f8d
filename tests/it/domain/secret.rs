use latchkey::domain::connection::Reasoned;
use latchkey::domain::definition::DISPLAY_NAME_LENGTH_MAX;
use latchkey::domain::secret::{
    Created, PreviousVersion, Rotated, Secret, SecretCommand, SecretEvent, SecretProvider, SecretRejection, SecretUsers,
};
use latchkey::domain::{Decider, FieldError};

use super::given;
use crate::log_support::key;

fn created() -> SecretEvent {
    SecretEvent::Created(Created {
        display_name: "Billing".to_owned(),
        provider: SecretProvider::Database,
        reference: None,
        fingerprint: "f1".to_owned(),
        expires_at: None,
    })
}

fn rotated(fingerprint: &str) -> SecretEvent {
    SecretEvent::Rotated(Rotated {
        fingerprint: fingerprint.to_owned(),
        reason: None,
        expires_at: None,
        overlap_until: None,
    })
}

fn deleted() -> SecretEvent {
    SecretEvent::Deleted(Reasoned { reason: None })
}

fn create(display_name: &str) -> SecretCommand {
    SecretCommand::Create { display_name: display_name.to_owned(), fingerprint: "f1".to_owned(), expires_at: None }
}

fn rotate(expected_version: u32) -> SecretCommand {
    SecretCommand::Rotate {
        expected_version,
        fingerprint: "f2".to_owned(),
        expires_at: None,
        overlap_until: None,
        reason: None,
    }
}

fn delete(expected_version: u32) -> SecretCommand {
    SecretCommand::Delete { expected_version, used_by: SecretUsers::default(), reason: None }
}

#[test]
fn a_free_key_takes_a_secret() {
    assert_eq!(given::<Secret>(&[]).decide(create("Billing")), Ok(vec![created()]));
}

#[test]
fn a_key_is_never_reused() {
    for history in [vec![created()], vec![created(), deleted()]] {
        assert_eq!(given::<Secret>(&history).decide(create("Other")), Err(SecretRejection::KeyTaken));
    }
}

#[test]
fn a_rotation_brings_the_next_version_and_the_new_fingerprint() {
    assert_eq!(given::<Secret>(&[created()]).decide(rotate(1)), Ok(vec![rotated("f2")]));
    let state = given::<Secret>(&[created(), rotated("f2")]);
    let active = state.active().unwrap();
    assert_eq!((active.version, active.fingerprint.as_str(), active.display_name.as_str()), (2, "f2", "Billing"));
}

#[test]
fn a_rotation_with_an_overlap_leaves_the_version_before_in_use_until_the_next() {
    let until = "2026-03-08T12:00:00Z".parse().unwrap();
    let expires_at = "2027-03-01T12:00:00Z".parse().unwrap();
    let command = SecretCommand::Rotate {
        expected_version: 1,
        fingerprint: "f2".to_owned(),
        expires_at: Some(expires_at),
        overlap_until: Some(until),
        reason: None,
    };
    let events = given::<Secret>(&[created()]).decide(command).unwrap();
    let state = given::<Secret>(&[vec![created()], events.clone()].concat());
    let active = state.active().unwrap();
    assert_eq!((active.previous, active.expires_at), (Some(PreviousVersion { version: 1, until }), Some(expires_at)));
    let next = given::<Secret>(&[vec![created()], events, vec![rotated("f3")]].concat());
    assert_eq!((next.active().unwrap().previous, next.active().unwrap().expires_at), (None, None));
}

#[test]
fn a_rotation_to_the_same_value_is_a_rotation_too() {
    let history = [created(), rotated("f2")];
    assert_eq!(given::<Secret>(&history).decide(rotate(2)), Ok(vec![rotated("f2")]));
}

#[test]
fn a_change_at_another_version_than_expected_is_a_conflict() {
    for expected in [0, 2] {
        for command in [rotate(expected), delete(expected)] {
            let then = given::<Secret>(&[created()]).decide(command);
            assert_eq!(then, Err(SecretRejection::VersionConflict { expected, current: 1 }));
        }
    }
}

#[test]
fn nothing_can_be_changed_where_nothing_is_or_is_any_more() {
    for (history, version) in [(vec![], 0), (vec![created(), deleted()], 2)] {
        for command in [rotate(version), delete(version)] {
            assert_eq!(given::<Secret>(&history).decide(command), Err(SecretRejection::NotFound));
        }
    }
}

#[test]
fn a_secret_that_connections_or_tasks_use_stays() {
    for (connections, tasks) in [(vec![key("billing"), key("payroll")], vec![]), (vec![], vec![key("invoices")])] {
        let used_by = SecretUsers { connections, tasks };
        let command = SecretCommand::Delete { expected_version: 1, used_by: used_by.clone(), reason: None };
        assert_eq!(given::<Secret>(&[created()]).decide(command), Err(SecretRejection::InUse { used_by }));
    }
}

#[test]
fn a_secret_that_nobody_uses_can_be_deleted() {
    assert_eq!(given::<Secret>(&[created()]).decide(delete(1)), Ok(vec![deleted()]));
    let state = given::<Secret>(&[created(), deleted()]);
    assert_eq!((state.active(), state.version()), (None, 2));
}

#[test]
fn a_display_name_has_bounds() {
    let code = |name: &str| match given::<Secret>(&[]).decide(create(name)) {
        Ok(_) => "fine",
        Err(SecretRejection::Invalid(FieldError { code, .. })) => code,
        Err(other) => panic!("not about a field: {other}"),
    };
    assert_eq!(code(""), "TOO_SHORT");
    assert_eq!(code(" "), "BLANK");
    assert_eq!(code(&"ä".repeat(DISPLAY_NAME_LENGTH_MAX)), "fine");
    assert_eq!(code(&"ä".repeat(DISPLAY_NAME_LENGTH_MAX + 1)), "TOO_LONG");
}
