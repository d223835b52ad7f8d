//! What holds for every history, likely or not.

use latchkey::domain::Decider;
use latchkey::domain::connection::{Connection, ConnectionCommand, ConnectionEvent, Created, Reasoned, Updated};
use latchkey::domain::exchange::{Exchange, ExchangeCommand, ExchangeEnd, ExchangeEvent, OutcomeUnknown};
use latchkey::domain::secret::{self, Rotated, Secret, SecretCommand, SecretEvent, SecretProvider, SecretUsers};
use latchkey::domain::task::{Task, TaskCommand, TaskDraft};
use latchkey::domain::task_template::Fingerprints;
use proptest::prelude::*;

use crate::log_support::{definition, samples};

fn connection_event() -> impl Strategy<Value = ConnectionEvent> {
    let definition = "[a-c]".prop_map(|name| definition(&name, "s"));
    prop_oneof![
        definition.clone().prop_map(|definition| ConnectionEvent::Created(Created { definition })),
        definition.prop_map(|definition| ConnectionEvent::Updated(Updated { definition, reason: None })),
        Just(ConnectionEvent::Disabled(Reasoned::default())),
        Just(ConnectionEvent::Enabled(Reasoned::default())),
        Just(ConnectionEvent::Deleted(Reasoned::default())),
    ]
}

fn connection_command() -> impl Strategy<Value = ConnectionCommand> {
    let definition = "[a-c]{0,2}".prop_map(|name| Box::new(definition(&name, "s")));
    prop_oneof![
        definition.clone().prop_map(|definition| ConnectionCommand::Create { definition }),
        (0..8_u32, proptest::option::of(definition), any::<Option<bool>>()).prop_map(
            |(expected_version, definition, enabled)| ConnectionCommand::Update {
                expected_version,
                definition,
                enabled,
                reason: None
            }
        ),
        (0..8_u32).prop_map(|expected_version| ConnectionCommand::Delete {
            expected_version,
            reason: Some("why".to_owned())
        }),
    ]
}

fn secret_event() -> impl Strategy<Value = SecretEvent> {
    prop_oneof![
        "[a-c]".prop_map(|display_name| SecretEvent::Created(secret::Created {
            display_name,
            provider: SecretProvider::Database,
            reference: None,
            fingerprint: "f".to_owned(),
            expires_at: None,
        })),
        "[a-c]".prop_map(|fingerprint| SecretEvent::Rotated(Rotated {
            fingerprint,
            reason: None,
            expires_at: None,
            overlap_until: None
        })),
        Just(SecretEvent::Deleted(Reasoned::default())),
    ]
}

fn secret_command() -> impl Strategy<Value = SecretCommand> {
    prop_oneof![
        "[a-c]{0,2}".prop_map(|display_name| SecretCommand::Create {
            display_name,
            fingerprint: "f".to_owned(),
            expires_at: None
        }),
        (0..8_u32).prop_map(|expected_version| SecretCommand::Rotate {
            expected_version,
            fingerprint: "g".to_owned(),
            expires_at: None,
            overlap_until: None,
            reason: None
        }),
        (0..8_u32).prop_map(|expected_version| SecretCommand::Delete {
            expected_version,
            used_by: SecretUsers::default(),
            reason: None
        }),
    ]
}

fn task_command() -> impl Strategy<Value = TaskCommand> {
    let draft = "[a-c]{0,2}".prop_map(|name| {
        Box::new(TaskDraft { template: samples::task_template(&name), fingerprints: Fingerprints::default() })
    });
    prop_oneof![
        draft.clone().prop_map(|draft| TaskCommand::Create { draft }),
        (0..8_u32, draft).prop_map(|(expected_version, draft)| TaskCommand::Update {
            expected_version,
            draft,
            reason: None
        }),
        (0..8_u32).prop_map(|expected_version| TaskCommand::Delete { expected_version, reason: None }),
    ]
}

fn end() -> impl Strategy<Value = ExchangeEnd> {
    prop_oneof![
        Just(ExchangeEnd::Completed(samples::completed())),
        Just(ExchangeEnd::Failed(samples::failed())),
        Just(ExchangeEnd::OutcomeUnknown(OutcomeUnknown {
            connection: None,
            reason: "stopped".to_owned(),
            task: None
        })),
    ]
}

fn exchange_event() -> impl Strategy<Value = ExchangeEvent> {
    prop_oneof![Just(ExchangeEvent::Started(samples::started())), end().prop_map(ExchangeEvent::from)]
}

/// Runs commands from an empty state; returns the state and the history that made it.
fn run<D: Decider>(commands: Vec<D::Command>, mut check: impl FnMut(&D, &[D::Event], &D)) -> (D, Vec<D::Event>) {
    let mut state = D::default();
    let mut history = Vec::new();
    for command in commands {
        let Ok(events) = state.decide(command) else { continue };
        let before = D::replay(&history);
        state = events.iter().fold(state, D::evolve);
        check(&before, &events, &state);
        history.extend(events);
    }
    (state, history)
}

/// Number of events, as versions count them.
fn count<E>(events: &[E]) -> u32 {
    u32::try_from(events.len()).unwrap()
}

proptest! {
    #[test]
    fn any_events_in_any_order_replay_and_each_counts(
        connection in proptest::collection::vec(connection_event(), 0..20),
        secret in proptest::collection::vec(secret_event(), 0..20),
        exchange in proptest::collection::vec(exchange_event(), 0..20),
    ) {
        prop_assert_eq!(Connection::replay(&connection).version(), count(&connection));
        prop_assert_eq!(Secret::replay(&secret).version(), count(&secret));
        let started = exchange.iter().any(|event| matches!(event, ExchangeEvent::Started(_)));
        prop_assert_eq!(Exchange::replay(&exchange) != Exchange::Unborn, started);
    }

    #[test]
    fn a_connection_decides_what_it_can_live_with(
        commands in proptest::collection::vec(connection_command(), 0..20),
    ) {
        let (state, history) = run::<Connection>(commands, |before, events, after| {
            assert_eq!(after.version(), before.version() + count(events));
        });
        prop_assert_eq!(&state, &Connection::replay(&history), "the same history gives the same state");
        prop_assert_eq!(state.version(), count(&history));
        let births = history.iter().filter(|event| matches!(event, ConnectionEvent::Created(_))).count();
        prop_assert!(births <= 1);
        let create = ConnectionCommand::Create { definition: Box::new(definition("a", "s")) };
        prop_assert_eq!(state.decide(create).is_ok(), history.is_empty(), "a Key is taken once and for ever");
        if let Some(active) = state.active() {
            prop_assert_eq!(active.definition.validate(), Ok(()), "what was decided is valid");
            let same = ConnectionCommand::Update {
                expected_version: active.version,
                definition: Some(Box::new(active.definition.clone())),
                enabled: Some(active.enabled),
                reason: None,
            };
            prop_assert_eq!(state.decide(same), Ok(vec![]), "asking for what is there changes nothing");
        }
    }

    #[test]
    fn a_secret_decides_what_it_can_live_with(commands in proptest::collection::vec(secret_command(), 0..20)) {
        let (state, history) = run::<Secret>(commands, |before, events, after| {
            assert_eq!(after.version(), before.version() + count(events));
        });
        prop_assert_eq!(&state, &Secret::replay(&history));
        prop_assert_eq!(state.version(), count(&history));
        let create = SecretCommand::Create { display_name: "a".to_owned(), fingerprint: "f".to_owned(), expires_at: None };
        prop_assert_eq!(state.decide(create).is_ok(), history.is_empty());
    }

    #[test]
    fn a_task_decides_what_it_can_live_with(commands in proptest::collection::vec(task_command(), 0..20)) {
        let (state, history) = run::<Task>(commands, |before, events, after| {
            assert_eq!(after.version(), before.version() + count(events));
        });
        prop_assert_eq!(&state, &Task::replay(&history));
        prop_assert_eq!(state.version(), count(&history));
        let template = samples::task_template("a");
        let create = TaskCommand::Create { draft: Box::new(TaskDraft { template, fingerprints: Fingerprints::default() }) };
        prop_assert_eq!(state.decide(create).is_ok(), history.is_empty(), "a Key is taken once and for ever");
    }

    #[test]
    fn an_exchange_has_one_start_and_at_most_one_end(ends in proptest::collection::vec(end(), 0..4), starts in 0..3) {
        let start = ExchangeCommand::Start(samples::started());
        let mut commands: Vec<_> = (0..starts).map(|_| start.clone()).collect();
        commands.extend(ends.iter().cloned().map(ExchangeCommand::End));
        let (state, history) = run::<Exchange>(commands, |_, events, _| assert_eq!(events.len(), 1));
        let expected = if starts == 0 { 0 } else { 1 + ends.len().min(1) };
        prop_assert_eq!(history.len(), expected);
        prop_assert_eq!(state.decide(start).is_ok(), history.is_empty());
    }
}
