use latchkey::domain::connection::Reasoned;
use latchkey::domain::task::{Created, Task, TaskCommand, TaskDraft, TaskEvent, TaskRejection, Updated};
use latchkey::domain::task_template::{
    BODY_TEMPLATE_BYTES_MAX, BodyTemplate, ENDPOINT_LENGTH_MAX, Fingerprints, TaskTemplate,
};
use latchkey::domain::variables::VARIABLES_MAX;
use latchkey::domain::{Decider, FieldError};

use super::given;
use crate::log_support::samples::{small_task_template, task_template};

fn draft(template: TaskTemplate, body: &str) -> Box<TaskDraft> {
    let fingerprints = Fingerprints { body: Some(body.to_owned()), ..Fingerprints::default() };
    Box::new(TaskDraft { template, fingerprints })
}

fn created() -> TaskEvent {
    let draft = draft(task_template("First"), "b1");
    TaskEvent::Created(Created { definition: draft.template.definition(draft.fingerprints).unwrap() })
}

fn updated(name: &str, body: &str) -> TaskEvent {
    let draft = draft(task_template(name), body);
    let definition = draft.template.definition(draft.fingerprints).unwrap();
    TaskEvent::Updated(Updated { definition, reason: None })
}

fn deleted() -> TaskEvent {
    TaskEvent::Deleted(Reasoned { reason: None })
}

fn update(expected_version: u32, name: &str, body: &str) -> TaskCommand {
    TaskCommand::Update { expected_version, draft: draft(task_template(name), body), reason: None }
}

fn delete(expected_version: u32) -> TaskCommand {
    TaskCommand::Delete { expected_version, reason: None }
}

fn code(rejection: TaskRejection) -> &'static str {
    match rejection {
        TaskRejection::Invalid(FieldError { code, .. }) => code,
        other => panic!("not about a field: {other}"),
    }
}

#[test]
fn a_free_key_takes_a_task_and_the_log_is_told_nothing_secret_of_it() {
    let create = TaskCommand::Create { draft: draft(task_template("First"), "b1") };
    let events = given::<Task>(&[]).decide(create).unwrap();
    assert_eq!(events, [created()]);
    let told = format!("{events:?}");
    assert!(!told.contains("s3cret") && !told.contains("amount") && !told.contains("page"), "{told}");
    assert!(told.contains("x-api-key") && told.contains("/v1/{{tenant}}/invoices"), "{told}");
}

#[test]
fn a_key_is_never_reused() {
    for history in [vec![created()], vec![created(), deleted()]] {
        let create = TaskCommand::Create { draft: draft(task_template("Other"), "b2") };
        assert_eq!(given::<Task>(&history).decide(create), Err(TaskRejection::KeyTaken));
    }
}

#[test]
fn an_update_carries_the_whole_new_definition() {
    assert_eq!(given::<Task>(&[created()]).decide(update(1, "Second", "b1")), Ok(vec![updated("Second", "b1")]));
    let state = given::<Task>(&[created(), updated("Second", "b1")]);
    let active = state.active().unwrap();
    assert_eq!((active.version, active.definition.display_name.as_str()), (2, "Second"));
}

#[test]
fn an_update_to_what_is_there_already_is_satisfied_but_another_body_is_a_change() {
    assert_eq!(given::<Task>(&[created()]).decide(update(1, "First", "b1")), Ok(vec![]));
    assert_eq!(given::<Task>(&[created()]).decide(update(1, "First", "b2")), Ok(vec![updated("First", "b2")]));
}

#[test]
fn a_change_at_another_version_than_expected_is_a_conflict() {
    for expected in [0, 2] {
        for command in [update(expected, "Second", "b1"), delete(expected)] {
            let then = given::<Task>(&[created()]).decide(command);
            assert_eq!(then, Err(TaskRejection::VersionConflict { expected, current: 1 }));
        }
    }
}

#[test]
fn nothing_can_be_changed_where_nothing_is_or_is_any_more() {
    for (history, version) in [(vec![], 0), (vec![created(), deleted()], 2)] {
        for command in [update(version, "Second", "b1"), delete(version)] {
            assert_eq!(given::<Task>(&history).decide(command), Err(TaskRejection::NotFound));
        }
    }
}

#[test]
fn a_deleted_task_is_gone_but_counts_its_events() {
    assert_eq!(given::<Task>(&[created()]).decide(delete(1)), Ok(vec![deleted()]));
    let state = given::<Task>(&[created(), deleted()]);
    assert_eq!((state.active(), state.version()), (None, 2));
}

#[test]
fn a_task_is_held_to_its_bounds() {
    let tried = |template: TaskTemplate| {
        let create = TaskCommand::Create { draft: draft(template, "b") };
        given::<Task>(&[]).decide(create).map(drop).map_err(code)
    };
    let endpoint = |length| TaskTemplate { endpoint: Some("e".repeat(length)), ..small_task_template() };
    assert_eq!(tried(endpoint(ENDPOINT_LENGTH_MAX)), Ok(()));
    assert_eq!(tried(endpoint(ENDPOINT_LENGTH_MAX + 1)), Err("TOO_LONG"));
    let body = |length| TaskTemplate { body: Some(BodyTemplate::Text("b".repeat(length))), ..small_task_template() };
    assert_eq!(tried(body(BODY_TEMPLATE_BYTES_MAX)), Ok(()));
    assert_eq!(tried(body(BODY_TEMPLATE_BYTES_MAX + 1)), Err("TOO_LARGE"));
    let variables = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("{{{{v{number}}}}}")).collect();
        let text = names.concat();
        TaskTemplate { body: Some(BodyTemplate::Text(text)), ..small_task_template() }
    };
    assert_eq!((tried(variables(VARIABLES_MAX)), tried(variables(VARIABLES_MAX + 1))), (Ok(()), Err("TOO_MANY")));
    assert_eq!(tried(task_template(" ")), Err("BLANK"));
    let timed = |timeout_ms| tried(TaskTemplate { timeout_ms: Some(timeout_ms), ..small_task_template() });
    assert_eq!((timed(300_000), timed(300_001)), (Ok(()), Err("OUT_OF_RANGE")));
}
