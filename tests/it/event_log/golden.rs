//! Records that were written once and must be understood for ever: `tests/golden/events-v1.ndjson`.

use std::collections::BTreeSet;

use latchkey::domain::Event;
use latchkey::domain::event::NAMES;
use latchkey::event_log::StoredEvent;
use serde_json::Value;

use super::leaves::leaf;

/// One line a record; never written again.
pub(crate) const CORPUS: &str = include_str!("../../golden/events-v1.ndjson");

/// The one table of persisted names.
const TABLE_OF_NAMES: &str = include_str!("../../../src/domain/event.rs");

/// Every persisted name that the code writes.
pub(crate) fn written_names() -> BTreeSet<&'static str> {
    let arms = TABLE_OF_NAMES.split("=> \"").skip(1);
    arms.filter_map(|arm| arm.split('"').next()).collect()
}

pub(crate) fn records() -> Vec<StoredEvent> {
    let parse = |(position, line): (u64, &str)| {
        StoredEvent::parse(position, line.as_bytes().to_vec(), leaf(line.as_bytes())).unwrap()
    };
    (1..).zip(CORPUS.lines()).map(parse).collect()
}

#[test]
fn the_corpus_has_a_record_of_every_type() {
    let corpus: BTreeSet<String> = records().into_iter().map(|record| record.event_type).collect();
    let corpus: BTreeSet<&str> = corpus.iter().map(String::as_str).collect();
    assert_eq!(corpus, written_names());
    assert!(corpus.len() >= 16);
}

#[test]
fn the_table_of_names_tells_in_which_streams_each_stands() {
    let written = records().into_iter().map(|record| {
        let stream = record.stream.to_string();
        (record.event_type, stream.split('/').next().unwrap().to_owned())
    });
    let written: BTreeSet<(String, String)> = written.collect();
    let table = NAMES.map(|(name, category)| (name.to_owned(), category.to_owned()));
    assert_eq!(written, BTreeSet::from(table));
}

#[test]
fn every_old_record_is_understood_and_its_payload_encodes_to_the_same_bytes() {
    for record in records() {
        let event = record.event().unwrap();
        assert_eq!(event.name(), record.event_type);
        assert_eq!(event.payload().unwrap().get(), record.payload.get(), "position {}", record.position);
    }
}

#[test]
fn the_fields_of_an_old_record_are_read_as_they_are_written() {
    for (record, line) in records().into_iter().zip(CORPUS.lines()) {
        let written: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| written[field].as_str().map(str::to_owned);
        assert_eq!(Some(record.stream.to_string()), text("stream"));
        assert_eq!(Some(record.id.to_string()), text("id"));
        assert_eq!(u64::from(record.version), written["version"]);
        assert_eq!(record.request_id.map(|id| id.to_string()), text("request_id"));
        assert_eq!(record.trace_id, text("trace_id"));
        assert_eq!(Some(record.correlation_id.to_string()), text("correlation_id"));
        assert_eq!(record.causation_id.map(|id| id.to_string()), text("causation_id"));
        assert_eq!(serde_json::to_value(&record.actor).unwrap(), written["actor"]);
        assert_eq!(serde_json::to_value(&record.personal).unwrap(), written["personal"]);
        let recorded_at = record.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        assert_eq!(Some(recorded_at), text("recorded_at"));
    }
}

#[test]
fn what_is_no_record_of_this_format_and_place_is_refused() {
    let line = CORPUS.lines().next().unwrap();
    let parse = |position, text: &str| StoredEvent::parse(position, text.as_bytes().to_vec(), [0; 32]);
    assert!(parse(1, line).is_ok());
    let later = parse(1, &line.replacen("\"format\":1", "\"format\":2", 1)).unwrap_err();
    assert!(later.to_string().contains("position 1 has format 2"), "{later}");
    let elsewhere = parse(2, line).unwrap_err();
    assert!(elsewhere.to_string().contains("position 2 says that it is 1"), "{elsewhere}");
    assert!(parse(1, &line[1..]).is_err());
}

#[test]
fn a_field_that_a_newer_version_added_is_ignored_and_an_unknown_type_is_not() {
    let payload = r#"{"reason":null,"added_later":[1,2]}"#;
    assert!(Event::parse("connection.enabled.v1", payload).is_ok());
    assert!(Event::parse("connection.enabled.v2", payload).is_err());
    assert!(Event::parse("connection.enabled.v1", "{\"reason\":1}").is_err());
}
