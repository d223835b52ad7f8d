//! Pages, streams, filters and times.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use latchkey::event_log::{Append, Expected, Filter, Page, Position, Provenance, read};
use uuid::Uuid;

use crate::log_support::{Backend, NoModels, TestLog, backend, created_secret, named, noon, secret_stream};

const MINUTE: Duration = Duration::from_mins(1);

/// Ten events, one a minute from noon on: odd positions in stream `odd`, even ones in `even`.
async fn ten() -> (Backend, TestLog) {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    for position in 1..=10 {
        let stream = secret_stream(if position % 2 == 0 { "even" } else { "odd" });
        let event = if position == 7 { created_secret("seven") } else { named(&position.to_string()) };
        let correlation = Uuid::from_u128(position.min(3));
        let append = test.append(&stream, Expected::Any, vec![event]);
        test.log.append(Append { provenance: Arc::new(Provenance::system(correlation)), ..append }).await.unwrap();
        test.clock.advance(MINUTE);
    }
    (backend, test)
}

fn page(test: &TestLog, page: Page, filter: &Filter) -> Vec<Position> {
    let events = test.log.database().read(|conn| read::page(conn, page, filter)).unwrap();
    events.iter().map(|event| event.position).collect()
}

fn everywhere(limit: u32) -> Page {
    Page::after(0, limit)
}

#[tokio::test]
async fn a_page_is_a_window_in_either_direction() {
    let (_backend, test) = ten().await;
    let all = Filter::default();
    assert_eq!(page(&test, everywhere(3), &all), [1, 2, 3]);
    assert_eq!(page(&test, Page::after(8, 3), &all), [9, 10]);
    assert!(page(&test, Page::after(10, 3), &all).is_empty());
    let backwards = Page { after: 2, before: Some(9), descending: true, limit: 3 };
    assert_eq!(page(&test, backwards, &all), [8, 7, 6]);
    assert_eq!(page(&test, Page { limit: 100, ..backwards }, &all), [8, 7, 6, 5, 4, 3]);
    assert_eq!(page(&test, Page { descending: false, ..backwards }, &all), [3, 4, 5]);
}

#[tokio::test]
async fn a_page_is_never_longer_than_its_limit() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    test.add(&secret_stream("a"), (0..1_001).map(|_| named("x")).collect()).await;
    assert_eq!(page(&test, everywhere(u32::MAX), &Filter::default()).len(), 1_000);
    assert_eq!(page(&test, everywhere(1_000), &Filter::default()).len(), 1_000);
    assert_eq!(page(&test, everywhere(0), &Filter::default()).len(), 0);
}

#[tokio::test]
async fn filters_by_stream_type_story_and_time_agree_in_the_query_and_in_memory() {
    let (_backend, test) = ten().await;
    let at = |minute: i64| Some(noon() + TimeDelta::minutes(minute));
    let none = Filter::default;
    let cases: [(Filter, Vec<Position>); 7] = [
        (Filter { streams: vec!["secret/even".to_owned()], ..none() }, vec![2, 4, 6, 8, 10]),
        (Filter { types: Some(vec!["secret.created.v1".to_owned()]), ..none() }, vec![7]),
        (Filter { correlation_id: Some(Uuid::from_u128(2)), ..none() }, vec![2]),
        (Filter { from: at(4), ..none() }, vec![5, 6, 7, 8, 9, 10]),
        (Filter { to: at(4), ..none() }, vec![1, 2, 3, 4]),
        (Filter { from: at(2), to: at(5), ..none() }, vec![3, 4, 5]),
        (
            Filter { from: at(2), streams: vec!["secret/odd".to_owned(), "secret/x".to_owned()], ..none() },
            vec![3, 5, 7, 9],
        ),
    ];
    let everything = test.everything();
    for (filter, expected) in cases {
        assert_eq!(page(&test, everywhere(100), &filter), expected, "{filter:?}");
        let wanted: Vec<Position> =
            everything.iter().filter(|event| filter.wants(event)).map(|event| event.position).collect();
        assert_eq!(wanted, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_stream_is_read_alone_and_in_order_although_it_was_written_between_others() {
    let (_backend, test) = ten().await;
    let odd = test.log.database().read(|conn| read::stream(conn, &secret_stream("odd"))).unwrap();
    assert_eq!(odd.iter().map(|event| event.position).collect::<Vec<_>>(), [1, 3, 5, 7, 9]);
    assert_eq!(odd.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let none = test.log.database().read(|conn| read::stream(conn, &secret_stream("none"))).unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_moment_is_found_between_positions() {
    let (_backend, test) = ten().await;
    let before = |time| test.log.database().read(|conn| read::position_before(conn, time)).unwrap();
    assert_eq!(before(noon() - TimeDelta::hours(1)), 0);
    assert_eq!(before(noon()), 0, "the first event is at noon, not before");
    assert_eq!(before(noon() + TimeDelta::microseconds(1)), 1);
    assert_eq!(before(noon() + TimeDelta::minutes(5)), 5);
    assert_eq!(before(noon() + TimeDelta::hours(1)), 10);
}

#[tokio::test]
async fn reading_behind_a_moment_skips_nothing_although_the_clock_went_back() {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    for jump in [0, 60, -30] {
        test.clock.jump_wall(TimeDelta::minutes(jump));
        test.add(&secret_stream("a"), vec![named("x")]).await;
    }
    // Recorded at 12:00, 13:00 and 12:30.
    let before = |minute| {
        let time = noon() + TimeDelta::minutes(minute);
        test.log.database().read(|conn| read::position_before(conn, time)).unwrap()
    };
    assert_eq!(before(15), 1, "the events of 13:00 and 12:30 both come behind");
    assert_eq!(before(45), 1);
    assert_eq!(before(61), 3);
}
