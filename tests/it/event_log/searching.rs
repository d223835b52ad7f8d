//! Events are found by who caused them.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use latchkey::domain::ActorType;
use latchkey::event_log::{Append, Conn, Database, Expected, Filter, Page, Position, Provenance, read};
use uuid::Uuid;

use crate::log_support::{Backend, NoModels, TestLog, all_events, backend, by, created_secret, named, secret_stream};

/// Sixteen events: those of Latchkey itself at even positions, of Ada at 1, 5, 9 and 13, of Ben at 3, 7, 11 and 15. Every
/// fourth creates something.
async fn sixteen() -> (Backend, TestLog) {
    let backend = backend();
    let test = backend.log_with(Arc::new(NoModels));
    for position in 1..=16 {
        let provenance = match position % 4 {
            1 => by("ada", "Ada"),
            3 => by("ben", "Ben"),
            _ => Provenance::system(Uuid::nil()),
        };
        let event = if position % 4 == 0 { created_secret("x") } else { named("x") };
        let append = test.append(&secret_stream("s"), Expected::Any, vec![event]);
        test.log.append(Append { provenance: Arc::new(provenance), ..append }).await.unwrap();
    }
    (backend, test)
}

fn page(database: &Database, page: Page, filter: &Filter) -> Vec<Position> {
    let events = database.read(|conn| read::page(conn, page, filter)).unwrap();
    events.iter().map(|event| event.position).collect()
}

fn of(actors: &[&str], actor_types: &[ActorType], types: &[&str]) -> Filter {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let types = Some(owned(types)).filter(|types| !types.is_empty());
    Filter { actors: owned(actors), actor_types: actor_types.to_vec(), types, ..Filter::default() }
}

#[tokio::test]
async fn by_actor_and_kind_of_actor_the_query_and_the_memory_agree() {
    let (_backend, test) = sixteen().await;
    let cases: [(Filter, Vec<Position>); 8] = [
        (of(&["ada"], &[], &[]), vec![1, 5, 9, 13]),
        (of(&["ada", "ben"], &[], &[]), vec![1, 3, 5, 7, 9, 11, 13, 15]),
        (of(&["nobody"], &[], &[]), vec![]),
        (of(&[], &[ActorType::System], &[]), vec![2, 4, 6, 8, 10, 12, 14, 16]),
        (of(&[], &[ActorType::System], &["secret.created.v1"]), vec![4, 8, 12, 16]),
        (of(&[], &[ActorType::Cli, ActorType::Service], &[]), vec![]),
        (of(&["ada"], &[ActorType::System], &[]), vec![]),
        (of(&["ben", "system"], &[ActorType::User], &["secret.rotated.v1", "other.v1"]), vec![3, 7, 11, 15]),
    ];
    let everything = test.everything();
    for (filter, expected) in cases {
        assert_eq!(page(test.log.database(), Page::after(0, 100), &filter), expected, "{filter:?}");
        let wanted = everything.iter().filter(|event| filter.wants(event)).map(|event| event.position);
        assert_eq!(wanted.collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn an_actors_events_come_page_by_page_in_either_direction() {
    let (_backend, test) = sixteen().await;
    let filter = of(&["ada", "ben"], &[], &[]);
    let page = |window| page(test.log.database(), window, &filter);
    assert_eq!(page(Page::after(3, 3)), [5, 7, 9]);
    let backwards = Page { after: 0, before: None, descending: true, limit: 3 };
    assert_eq!(page(backwards), [15, 13, 11]);
    assert_eq!(page(Page { before: Some(11), ..backwards }), [9, 7, 5]);
    assert_eq!(page(Page { before: Some(11), after: 5, ..backwards }), [9, 7]);
}

#[tokio::test]
async fn no_type_at_all_is_not_every_type() {
    let (_backend, test) = sixteen().await;
    let none = Filter { types: Some(vec![]), ..Filter::default() };
    assert_eq!(page(test.log.database(), Page::after(0, 100), &none), [0; 0]);
    assert!(!test.everything().iter().any(|event| none.wants(event)));
}

#[tokio::test]
async fn a_log_from_before_the_actors_were_columns_gets_them_filled_in() {
    let (backend, test) = sixteen().await;
    test.log.close().await;
    let before = all_events(&backend.database);
    let undo = include_str!("../../../migrations/sqlite/2026-11-23-000009_event_actors/down.sql");
    backend
        .database
        .write(|conn| match conn {
            Conn::Sqlite(c) => {
                c.batch_execute(undo)?;
                Ok(c.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = '20261123000009'")?)
            }
            Conn::Postgres(_) => panic!("the test runs on SQLite"),
        })
        .unwrap();
    assert_eq!(backend.database.migrate().unwrap(), ["20261123000009"]);
    let after = all_events(&backend.database);
    let records = |events: &[latchkey::event_log::StoredEvent]| {
        events.iter().map(|event| (event.position, event.record.clone(), event.leaf_hash)).collect::<Vec<_>>()
    };
    assert_eq!(records(&after), records(&before), "no byte of the log changes");
    assert_eq!(backend.database.read(|conn| read::misfiled(conn, &after)).unwrap(), [0; 0]);
    assert_eq!(page(&backend.database, Page::after(0, 100), &of(&["ada"], &[], &[])), [1, 5, 9, 13]);
    let changed = backend.database.write(|conn| match conn {
        Conn::Sqlite(c) => Ok(c.batch_execute("UPDATE events SET actor_id = 'other'")?),
        Conn::Postgres(c) => Ok(c.batch_execute("UPDATE events SET actor_id = 'other'")?),
    });
    assert!(changed.unwrap_err().to_string().contains("append-only"));
}
