use latchkey::domain::connection::{
    Connection, ConnectionCommand, ConnectionEvent, ConnectionRejection, Created, REASON_LENGTH_MAX, Reasoned, Updated,
};
use latchkey::domain::definition::{
    ConnectionDefinition, LABELS_MAX, Parameter, ParameterPlacement, REFRESH_SKEW_MS_MAX, TOKEN_RETRIES_MAX,
};
use latchkey::domain::{Decider, FieldError};

use super::given;
use crate::log_support::definition;

fn created() -> ConnectionEvent {
    ConnectionEvent::Created(Created { definition: definition("Billing", "billing-secret") })
}

fn updated(display_name: &str, reason: Option<&str>) -> ConnectionEvent {
    let definition = definition(display_name, "billing-secret");
    ConnectionEvent::Updated(Updated { definition, reason: reason.map(str::to_owned) })
}

fn reasoned(reason: Option<&str>) -> Reasoned {
    Reasoned { reason: reason.map(str::to_owned) }
}

fn create(definition: ConnectionDefinition) -> ConnectionCommand {
    ConnectionCommand::Create { definition: Box::new(definition) }
}

fn rename(expected_version: u32, display_name: &str) -> ConnectionCommand {
    ConnectionCommand::Update {
        expected_version,
        definition: Some(Box::new(definition(display_name, "billing-secret"))),
        enabled: None,
        reason: None,
    }
}

fn switch(expected_version: u32, enabled: bool) -> ConnectionCommand {
    ConnectionCommand::Update { expected_version, definition: None, enabled: Some(enabled), reason: None }
}

fn delete(expected_version: u32) -> ConnectionCommand {
    ConnectionCommand::Delete { expected_version, reason: None }
}

#[test]
fn a_free_key_takes_a_connection() {
    let then = given::<Connection>(&[]).decide(create(definition("Billing", "billing-secret")));
    assert_eq!(then, Ok(vec![created()]));
}

#[test]
fn a_new_connection_is_enabled_and_at_version_1() {
    let state = given::<Connection>(&[created()]);
    let active = state.active().unwrap();
    assert_eq!((active.enabled, active.version), (true, 1));
    assert_eq!(active.definition, definition("Billing", "billing-secret"));
}

#[test]
fn a_key_that_is_in_use_is_taken() {
    let then = given::<Connection>(&[created()]).decide(create(definition("Other", "other")));
    assert_eq!(then, Err(ConnectionRejection::KeyTaken));
}

#[test]
fn a_key_stays_taken_after_the_delete() {
    let history = [created(), ConnectionEvent::Deleted(reasoned(None))];
    let then = given::<Connection>(&history).decide(create(definition("Other", "other")));
    assert_eq!(then, Err(ConnectionRejection::KeyTaken));
}

#[test]
fn nothing_can_be_changed_where_nothing_is() {
    for command in [rename(0, "New"), switch(0, false), delete(0)] {
        assert_eq!(given::<Connection>(&[]).decide(command), Err(ConnectionRejection::NotFound));
    }
}

#[test]
fn nothing_can_be_changed_after_the_delete() {
    let history = [created(), ConnectionEvent::Deleted(reasoned(None))];
    for command in [rename(2, "New"), switch(2, false), delete(2)] {
        assert_eq!(given::<Connection>(&history).decide(command), Err(ConnectionRejection::NotFound));
    }
}

#[test]
fn a_change_at_another_version_than_expected_is_a_conflict() {
    let history = [created(), updated("Second", None)];
    for expected in [0, 1, 3] {
        for command in [rename(expected, "Third"), switch(expected, false), delete(expected)] {
            let then = given::<Connection>(&history).decide(command);
            assert_eq!(then, Err(ConnectionRejection::VersionConflict { expected, current: 2 }));
        }
    }
}

#[test]
fn an_update_carries_the_whole_new_definition_and_its_reason() {
    let command = ConnectionCommand::Update {
        expected_version: 1,
        definition: Some(Box::new(definition("Second", "billing-secret"))),
        enabled: None,
        reason: Some("renamed".to_owned()),
    };
    let then = given::<Connection>(&[created()]).decide(command);
    assert_eq!(then, Ok(vec![updated("Second", Some("renamed"))]));
}

#[test]
fn an_update_to_what_is_there_already_is_satisfied() {
    assert_eq!(given::<Connection>(&[created()]).decide(rename(1, "Billing")), Ok(vec![]));
    assert_eq!(given::<Connection>(&[created()]).decide(switch(1, true)), Ok(vec![]));
}

#[test]
fn one_command_can_rename_and_disable() {
    let command = ConnectionCommand::Update {
        expected_version: 1,
        definition: Some(Box::new(definition("Second", "billing-secret"))),
        enabled: Some(false),
        reason: Some("closing".to_owned()),
    };
    let disabled = ConnectionEvent::Disabled(reasoned(Some("closing")));
    let then = given::<Connection>(&[created()]).decide(command);
    assert_eq!(then, Ok(vec![updated("Second", Some("closing")), disabled]));
}

#[test]
fn a_disabled_connection_can_be_enabled_once() {
    let history = [created(), ConnectionEvent::Disabled(reasoned(None))];
    let enabled = ConnectionEvent::Enabled(reasoned(None));
    assert_eq!(given::<Connection>(&history).decide(switch(2, true)), Ok(vec![enabled]));
    assert_eq!(given::<Connection>(&history).decide(switch(2, false)), Ok(vec![]));
}

#[test]
fn an_update_leaves_a_disabled_connection_disabled() {
    let history = [created(), ConnectionEvent::Disabled(reasoned(None)), updated("Second", None)];
    let state = given::<Connection>(&history);
    assert!(!state.active().unwrap().enabled);
}

#[test]
fn a_deleted_connection_is_gone_but_counts_its_events() {
    let then = given::<Connection>(&[created()]).decide(delete(1));
    assert_eq!(then, Ok(vec![ConnectionEvent::Deleted(reasoned(None))]));
    let state = given::<Connection>(&[created(), ConnectionEvent::Deleted(reasoned(None))]);
    assert_eq!((state.active(), state.version()), (None, 2));
}

#[test]
fn a_reason_has_a_longest_length_and_no_control_characters() {
    let with = |reason: String| {
        let command = ConnectionCommand::Delete { expected_version: 1, reason: Some(reason) };
        given::<Connection>(&[created()]).decide(command).map(|events| events.len()).map_err(code)
    };
    assert_eq!(with("ä".repeat(REASON_LENGTH_MAX)), Ok(1));
    assert_eq!(with("ä".repeat(REASON_LENGTH_MAX + 1)), Err("TOO_LONG"));
    assert_eq!(with("a\nb".to_owned()), Err("CONTROL_CHARACTER"));
}

#[test]
fn a_definition_is_held_to_its_bounds_by_create_and_update() {
    let parameter =
        Parameter { name: "client_secret".to_owned(), value: "x".to_owned(), placement: ParameterPlacement::Body };
    let fine = definition("Billing", "billing-secret");
    let mut labels = fine.clone();
    labels.labels = vec!["a".to_owned(); LABELS_MAX + 1];
    let mut reserved = fine.clone();
    reserved.parameters = vec![parameter];
    let mut skew = fine.clone();
    skew.token_policy.refresh_skew_ms = REFRESH_SKEW_MS_MAX + 1;
    let mut retries = fine.clone();
    retries.token_policy.max_retries = TOKEN_RETRIES_MAX + 1;
    let mut status = fine;
    status.token_policy.expired_status_codes = vec![200];
    let nameless = definition("", "billing-secret");
    for (wrong, expected) in [
        (labels, "TOO_MANY"),
        (reserved, "RESERVED"),
        (skew, "OUT_OF_RANGE"),
        (retries, "OUT_OF_RANGE"),
        (status, "OUT_OF_RANGE"),
        (nameless, "TOO_SHORT"),
    ] {
        let update = ConnectionCommand::Update {
            expected_version: 1,
            definition: Some(Box::new(wrong.clone())),
            enabled: None,
            reason: None,
        };
        assert_eq!(given::<Connection>(&[]).decide(create(wrong)).map_err(code), Err(expected));
        assert_eq!(given::<Connection>(&[created()]).decide(update).map_err(code), Err(expected));
    }
}

fn code(rejection: ConnectionRejection) -> &'static str {
    match rejection {
        ConnectionRejection::Invalid(FieldError { code, .. }) => code,
        other => panic!("not about a field: {other}"),
    }
}
