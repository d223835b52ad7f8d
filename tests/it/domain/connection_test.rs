use latchkey::domain::Decider;
use latchkey::domain::connection_test::{
    ConnectionTest, ConnectionTestCommand, ConnectionTestEvent, ConnectionTestRejection, TestEnd, TestOutcomeUnknown,
};

use super::given;
use crate::log_support::samples;

fn start() -> ConnectionTestCommand {
    ConnectionTestCommand::Start(samples::test_started())
}

fn ends() -> [TestEnd; 3] {
    [
        TestEnd::Tested(samples::tested()),
        TestEnd::Tested(samples::tested_in_vain()),
        TestEnd::OutcomeUnknown(TestOutcomeUnknown { connection: None, reason: "the process stopped".to_owned() }),
    ]
}

#[test]
fn a_test_starts_once() {
    let started = ConnectionTestEvent::Started(samples::test_started());
    assert_eq!(given::<ConnectionTest>(&[]).decide(start()), Ok(vec![started.clone()]));
    let again = given::<ConnectionTest>(std::slice::from_ref(&started)).decide(start());
    assert_eq!(again, Err(ConnectionTestRejection::StartedAlready));
    for end in ends() {
        let again = given::<ConnectionTest>(&[started.clone(), end.into()]).decide(start());
        assert_eq!(again, Err(ConnectionTestRejection::StartedAlready));
    }
}

#[test]
fn a_test_ends_once_and_only_after_its_start() {
    let started = ConnectionTestEvent::Started(samples::test_started());
    for end in ends() {
        let command = ConnectionTestCommand::End(end.clone());
        assert_eq!(given::<ConnectionTest>(&[]).decide(command.clone()), Err(ConnectionTestRejection::NotStarted));
        let under_way = given::<ConnectionTest>(std::slice::from_ref(&started));
        assert_eq!(under_way.decide(command.clone()), Ok(vec![end.clone().into()]));
        let ended = given::<ConnectionTest>(&[started.clone(), end.into()]);
        assert_eq!(ended.decide(command), Err(ConnectionTestRejection::EndedAlready));
    }
}
