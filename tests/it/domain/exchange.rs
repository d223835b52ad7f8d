use latchkey::domain::Decider;
use latchkey::domain::exchange::{
    Exchange, ExchangeCommand, ExchangeEnd, ExchangeEvent, ExchangeRejection, OutcomeUnknown,
};

use super::given;
use crate::log_support::samples;

fn start() -> ExchangeCommand {
    ExchangeCommand::Start(samples::started())
}

fn ends() -> [ExchangeEnd; 3] {
    [
        ExchangeEnd::Completed(samples::completed()),
        ExchangeEnd::Failed(samples::failed()),
        ExchangeEnd::OutcomeUnknown(OutcomeUnknown {
            connection: None,
            reason: "the process stopped".to_owned(),
            task: None,
        }),
    ]
}

#[test]
fn an_exchange_starts_once() {
    let started = ExchangeEvent::Started(samples::started());
    assert_eq!(given::<Exchange>(&[]).decide(start()), Ok(vec![started.clone()]));
    let again = given::<Exchange>(std::slice::from_ref(&started)).decide(start());
    assert_eq!(again, Err(ExchangeRejection::StartedAlready));
    for end in ends() {
        let history = [started.clone(), end.into()];
        assert_eq!(given::<Exchange>(&history).decide(start()), Err(ExchangeRejection::StartedAlready));
    }
}

#[test]
fn an_exchange_that_never_started_cannot_end() {
    for end in ends() {
        let then = given::<Exchange>(&[]).decide(ExchangeCommand::End(end));
        assert_eq!(then, Err(ExchangeRejection::NotStarted));
    }
}

#[test]
fn a_started_exchange_ends_in_each_way() {
    let started = ExchangeEvent::Started(samples::started());
    for end in ends() {
        let then = given::<Exchange>(std::slice::from_ref(&started)).decide(ExchangeCommand::End(end.clone()));
        assert_eq!(then, Ok(vec![ExchangeEvent::from(end.clone())]));
        let state = given::<Exchange>(&[started.clone(), end.clone().into()]);
        assert_eq!(state, Exchange::Ended(Box::new(samples::started()), Box::new(end)));
    }
}

#[test]
fn an_exchange_ends_once_whatever_the_second_end_says() {
    let started = ExchangeEvent::Started(samples::started());
    for first in ends() {
        let state = given::<Exchange>(&[started.clone(), first.into()]);
        for second in ends() {
            assert_eq!(state.decide(ExchangeCommand::End(second)), Err(ExchangeRejection::EndedAlready));
        }
    }
}
