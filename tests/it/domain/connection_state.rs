//! How a connection stands after what happened to it.

use chrono::{DateTime, TimeDelta, Utc};
use latchkey::domain::connection::{ConnectionEvent, Reasoned, Updated};
use latchkey::domain::connection_state::{ConnectionState, Fact, Standing};
use latchkey::domain::connection_test::{ConnectionTestEvent, Tested};
use latchkey::domain::failure::{AuthFailure, AuthFailureReason, AuthPhase};
use latchkey::domain::secret::{Rotated, SecretEvent};
use latchkey::domain::token::{Evicted, IssueReason, Issued, Rejected, RequestFailed, TokenEvent};
use latchkey::domain::{Event, StreamId};

use crate::log_support::{definition, key, samples};

/// A moment, in seconds after noon.
fn at(seconds: i64) -> DateTime<Utc> {
    let noon: DateTime<Utc> = "2026-03-01T12:00:00Z".parse().unwrap();
    noon + TimeDelta::seconds(seconds)
}

/// A connection created at noon, and what happened to it: seconds after noon, version in the stream, event.
fn standing(history: &[(i64, u32, Event)]) -> Standing {
    let stream = StreamId::Connection(key("a"));
    let created = Standing::created(&definition("A", "s"), at(0));
    history.iter().fold(created, |standing, (seconds, version, event)| {
        standing.evolve(Fact { event, stream: &stream, version: *version, at: at(*seconds) }).unwrap()
    })
}

/// A token that is good for a hundred seconds.
fn issued() -> Event {
    Event::Token(TokenEvent::Issued(Issued {
        connection_version: 1,
        secret_version: 1,
        fingerprint: "f".to_owned(),
        lifetime_ms: 100_000,
        scope: None,
        token_type: "Bearer".to_owned(),
        reason: IssueReason::First,
        attempts: 1,
        duration_us: 1,
    }))
}

fn failed(reason: AuthFailureReason) -> Event {
    let failure = samples::auth_failure(reason);
    let reason = IssueReason::Refresh;
    Event::Token(TokenEvent::RequestFailed(RequestFailed {
        connection_version: 1,
        reason,
        failure,
        duration_us: 1,
        backoff_ms: Some(5_000),
    }))
}

fn rejected(conclusive: bool) -> Event {
    let failure = AuthFailure::new(AuthPhase::Resource, AuthFailureReason::TokenRejected, "the API refused the token");
    let fingerprint = "f".to_owned();
    Event::Token(TokenEvent::Rejected(Rejected { connection_version: 1, fingerprint, conclusive, failure }))
}

fn tested(tested: Tested) -> Event {
    let (connection, connection_version) = (Some(key("a")), Some(1));
    Event::ConnectionTest(ConnectionTestEvent::Tested(Tested { connection, connection_version, ..tested }))
}

fn rotated(overlap_until: Option<DateTime<Utc>>) -> Event {
    let fingerprint = "g".to_owned();
    Event::Secret(SecretEvent::Rotated(Rotated { fingerprint, reason: None, expires_at: None, overlap_until }))
}

fn disabled() -> Event {
    Event::Connection(ConnectionEvent::Disabled(Reasoned::default()))
}

fn enabled() -> Event {
    Event::Connection(ConnectionEvent::Enabled(Reasoned::default()))
}

fn updated() -> Event {
    Event::Connection(ConnectionEvent::Updated(Updated { definition: definition("B", "s"), reason: None }))
}

#[test]
fn a_new_connection_is_untested() {
    let standing = standing(&[]);
    assert_eq!(standing.state_at(at(1_000)), ConnectionState::Untested);
    assert_eq!(standing.since(at(1_000)), at(0));
}

#[test]
fn a_token_or_a_test_makes_it_authorized_however_old_they_get() {
    for event in [issued(), tested(samples::tested())] {
        let standing = standing(&[(10, 1, event)]);
        assert_eq!(standing.state_at(at(100_000)), ConnectionState::Authorized);
        assert_eq!((standing.since(at(100_000)), standing.reason(at(100_000))), (at(10), None));
    }
}

#[test]
fn a_failed_refresh_degrades_it_until_the_earlier_token_ends() {
    let standing = standing(&[(10, 1, issued()), (60, 2, failed(AuthFailureReason::InvalidClient))]);
    assert_eq!(standing.state_at(at(109)), ConnectionState::Degraded);
    assert_eq!(standing.since(at(109)), at(60));
    assert_eq!(standing.turns_at(), Some(at(110)));
    assert_eq!(standing.state_at(at(110)), ConnectionState::Failing);
    assert_eq!(standing.since(at(500)), at(110));
    let reason = standing.reason(at(109)).unwrap();
    assert!(reason.contains("client unknown – see manual") && reason.contains("12:01:50 UTC"), "{reason}");
    assert!(!standing.reason(at(110)).unwrap().contains("good until"));
}

#[test]
fn without_an_earlier_token_it_fails_and_counts() {
    let failure = || failed(AuthFailureReason::ServerError);
    let standing = standing(&[(10, 1, failure()), (20, 2, failure()), (30, 3, tested(samples::tested_in_vain()))]);
    assert_eq!(standing.state_at(at(30)), ConnectionState::Failing);
    assert_eq!((standing.since(at(30)), standing.consecutive_failures(), standing.turns_at()), (at(10), 3, None));
    assert_eq!((standing.next_attempt_at(at(24)), standing.next_attempt_at(at(25))), (Some(at(25)), None));
}

#[test]
fn a_success_forgets_failures() {
    let standing = standing(&[(10, 1, failed(AuthFailureReason::Timeout)), (20, 2, issued())]);
    assert_eq!(standing.state_at(at(20)), ConnectionState::Authorized);
    assert_eq!((standing.consecutive_failures(), standing.next_attempt_at(at(11))), (0, None));
}

#[test]
fn a_secret_that_cannot_be_used_has_a_state_of_its_own() {
    for reason in [AuthFailureReason::SecretUnavailable, AuthFailureReason::KeyInvalid] {
        let standing = standing(&[(10, 1, issued()), (60, 2, failed(reason))]);
        assert_eq!(standing.state_at(at(61)), ConnectionState::SecretUnavailable);
        assert_eq!((standing.state_at(at(500)), standing.turns_at()), (ConnectionState::SecretUnavailable, None));
    }
}

#[test]
fn a_conclusive_refusal_by_an_api_degrades_it_until_the_next_token() {
    let refused = [(10, 1, issued()), (20, 2, rejected(true))];
    assert_eq!(standing(&refused).state_at(at(500)), ConnectionState::Degraded);
    assert_eq!(standing(&refused).turns_at(), None);
    let [first, second] = refused;
    let standing = standing(&[first, second, (30, 3, issued())]);
    assert_eq!(standing.state_at(at(30)), ConnectionState::Authorized);
}

#[test]
fn a_refused_or_evicted_token_is_no_longer_good() {
    let evicted = Event::Token(TokenEvent::Evicted(Evicted { fingerprints: vec![], reason: None }));
    for event in [rejected(false), rejected(true), evicted] {
        let failure = failed(AuthFailureReason::ServerError);
        let gone_before = standing(&[(10, 1, issued()), (20, 2, event.clone()), (30, 3, failure.clone())]);
        assert_eq!(gone_before.state_at(at(31)), ConnectionState::Failing);
        let gone_after = standing(&[(10, 1, issued()), (20, 2, failure), (30, 3, event)]);
        assert_eq!(gone_after.state_at(at(31)), ConnectionState::Failing);
        assert_eq!(gone_after.since(at(31)), at(30));
    }
}

#[test]
fn a_change_or_a_rotation_makes_it_untested_and_what_was_asked_before_says_nothing() {
    for event in [updated(), rotated(None)] {
        let standing = standing(&[(10, 1, issued()), (20, 2, event), (30, 3, issued())]);
        assert_eq!(standing.state_at(at(40)), ConnectionState::Untested);
        assert_eq!(standing.since(at(40)), at(20));
    }
    let outdated = [(20, 2, updated()), (30, 1, failed(AuthFailureReason::InvalidClient)), (31, 1, rejected(true))];
    assert_eq!(standing(&outdated).state_at(at(40)), ConnectionState::Untested);
    let test = tested(samples::tested_in_vain());
    assert_eq!(standing(&[(20, 2, updated()), (30, 2, test)]).state_at(at(40)), ConnectionState::Untested);
}

#[test]
fn the_value_before_a_rotation_counts_as_long_as_it_is_still_tried() {
    let after = |seconds| standing(&[(20, 2, rotated(Some(at(30)))), (seconds, 1, issued())]).state_at(at(100));
    assert_eq!(after(29), ConnectionState::Authorized);
    assert_eq!(after(30), ConnectionState::Untested);
}

#[test]
fn a_disabled_connection_stands_as_before_when_it_is_enabled_again() {
    let failing = [(10, 1, failed(AuthFailureReason::InvalidClient)), (20, 2, disabled())];
    assert_eq!(standing(&failing).state_at(at(20)), ConnectionState::Disabled);
    assert_eq!(standing(&failing).next_attempt_at(at(11)), None);
    let [first, second] = failing;
    let again = standing(&[first, second, (30, 3, enabled())]);
    assert_eq!((again.state_at(at(30)), again.since(at(30))), (ConnectionState::Failing, at(30)));
}

#[test]
fn being_asked_while_disabled_or_held_back_is_no_failure() {
    for reason in [AuthFailureReason::ConnectionDisabled, AuthFailureReason::CircuitOpen] {
        let standing = standing(&[(10, 1, issued()), (20, 2, failed(reason))]);
        assert_eq!((standing.state_at(at(20)), standing.consecutive_failures()), (ConnectionState::Authorized, 0));
    }
}

#[test]
fn a_deleted_connection_does_not_stand() {
    let event = Event::Connection(ConnectionEvent::Deleted(Reasoned::default()));
    let stream = StreamId::Connection(key("a"));
    assert_eq!(standing(&[]).evolve(Fact { event: &event, stream: &stream, version: 2, at: at(1) }), None);
}
