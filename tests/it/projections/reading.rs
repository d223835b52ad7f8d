//! What lists and sums say.

use latchkey::domain::StreamId;
use latchkey::domain::connection::{ConnectionEvent, Created};
use latchkey::domain::definition::ConnectionDefinition;
use latchkey::domain::exchange::ExchangeEvent;
use latchkey::projections::Window;
use latchkey::projections::connections::{self, ConnectionFilter};
use latchkey::projections::usage::{self, Span, UsageQuery};
use uuid::Uuid;

use crate::log_support::{TestLog, backend, definition, key, noon, samples};

async fn create(test: &TestLog, name: &str, definition: ConnectionDefinition) {
    let created = ConnectionEvent::Created(Created { definition });
    test.add(&StreamId::Connection(key(name)), vec![created.into()]).await;
}

fn found(test: &TestLog, query: &str) -> Vec<String> {
    let filter = ConnectionFilter { query: Some(query.to_owned()), secret: None, states: None };
    let window = Window { after: None, before: None, from_end: false, limit: 100 };
    let (slice, total) = test.log.database().read(|conn| connections::list(conn, &window, &filter)).unwrap();
    assert_eq!(usize::try_from(total).unwrap(), slice.rows.len());
    slice.rows.into_iter().map(|view| view.key.to_string()).collect()
}

#[tokio::test]
async fn a_search_takes_its_text_as_it_is() {
    let backend = backend();
    let test = backend.log();
    create(&test, "a", definition("100% of_it", "s")).await;
    create(&test, "b", definition("100 pieces, of it", "s")).await;
    assert_eq!(found(&test, "100%"), ["a"]);
    assert_eq!(found(&test, "of_it"), ["a"]);
    assert!(found(&test, "\\").is_empty());
    assert_eq!(found(&test, "100"), ["a", "b"]);
    assert_eq!(found(&test, ""), ["a", "b"]);
}

#[tokio::test]
async fn a_search_knows_no_case_not_even_beyond_ascii() {
    let backend = backend();
    let test = backend.log();
    create(&test, "a", definition("Ärzte Ÿ", "s")).await;
    create(&test, "b", definition("Other", "s")).await;
    for query in ["Ärzte", "ärzte", "ÄRZTE", "RZTE", "ÿ"] {
        assert_eq!(found(&test, query), ["a"], "{query}");
    }
}

#[tokio::test]
async fn a_search_looks_at_what_people_typed_and_not_at_how_it_is_stored() {
    let backend = backend();
    let test = backend.log();
    let mut described = definition("Say \"hi\"", "s");
    described.description = Some("first\nsecond".to_owned());
    described.labels = vec!["emea".to_owned()];
    create(&test, "a", described).await;
    create(&test, "other", definition("Other", "s")).await;
    for query in ["say \"hi\"", "first\nsecond", "EMEA"] {
        assert_eq!(found(&test, query), ["a"], "{query}");
    }
    for query in ["MY-CLIENT", "idp.example.com"] {
        assert_eq!(found(&test, query), ["a", "other"], "{query}");
    }
    for query in ["token_policy", "BASIC_HEADER", "null", "\":"] {
        assert!(found(&test, query).is_empty(), "{query}");
    }
}

#[tokio::test]
async fn a_search_follows_an_update() {
    use latchkey::domain::connection::Updated;
    let backend = backend();
    let test = backend.log();
    create(&test, "a", definition("Before", "s")).await;
    let updated = ConnectionEvent::Updated(Updated { definition: definition("After", "s"), reason: None });
    test.add(&StreamId::Connection(key("a")), vec![updated.into()]).await;
    assert!(found(&test, "before").is_empty());
    assert_eq!(found(&test, "after"), ["a"]);
}

#[tokio::test]
async fn usage_of_a_step_below_one_minute_is_by_the_minute() {
    let backend = backend();
    let test = backend.log();
    for number in 0..2 {
        let stream = StreamId::Exchange(Uuid::from_u128(number));
        let events = [ExchangeEvent::Started(samples::started()), ExchangeEvent::Completed(samples::completed())];
        test.add(&stream, events.into_iter().map(Into::into).collect()).await;
        test.clock.advance(std::time::Duration::from_mins(1));
    }
    for step_minutes in [0, -1, 1] {
        let span = Span::new(noon(), noon() + chrono::TimeDelta::hours(1), step_minutes);
        let wanted = UsageQuery { connections: vec![], tasks: vec![], span, latency: true };
        let usage = test.log.database().read(|conn| usage::read(conn, &wanted)).unwrap();
        assert_eq!((usage.totals.requests, usage.series.len()), (2, 2), "{step_minutes}");
    }
}
