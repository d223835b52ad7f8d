//! What of an executed request its caller sees.

use super::*;
use crate::domain::HttpUrl;
use crate::domain::request;
use crate::projections::exchanges::EndView;

fn execution() -> Execution {
    let at = DateTime::UNIX_EPOCH;
    let started = domain::Started {
        connection: None,
        connection_version: None,
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        host: "api.example.com".to_owned(),
        path: "/".to_owned(),
        header_names: vec!["x-a".to_owned(), "authorization".to_owned()],
        body_bytes: 0,
        idempotency_fingerprint: None,
        task: None,
        streamed: false,
    };
    let completed = domain::Completed {
        connection: None,
        status: 404,
        body_bytes: 2,
        truncated: false,
        attempts: vec![],
        timings: domain::Timings::default(),
        token: None,
        auth_failure: None,
        task: None,
        streamed: false,
    };
    let end = Some(EndView { position: 2, at, end: ExchangeEnd::Completed(completed) });
    let header = |name: &str, value: &str| request::Header { name: name.to_owned(), value: value.to_owned() };
    Execution {
        exchange: ExchangeView { id: Uuid::from_u128(1), position: 1, started_at: at, started, end },
        request: Some(SentRequest {
            url: HttpUrl::parse("https://api.example.com/?q=1").unwrap(),
            headers: vec![header("x-a", "1"), header("Authorization", "Basic c2VjcmV0")],
        }),
        answer: Some(HttpAnswer {
            status: 404,
            headers: vec![],
            content_type: None,
            body: b"no".as_slice().into(),
            truncated: false,
        }),
        positions: vec![1, 2],
        replayed: false,
    }
}

#[test]
fn whoever_made_the_request_sees_all_of_it_but_no_credentials() {
    let exchange = HttpExchange::from(execution());
    let request = exchange.request_record();
    assert_eq!(request.url.0, "https://api.example.com/?q=1");
    let values: Vec<_> = request.headers.iter().map(|header| header.value.as_deref()).collect();
    assert_eq!(values, [Some("1"), Some("••••")]);
    let Some(HttpExchangeOutcome::Response(response)) = exchange.ending() else { panic!("an answer") };
    let shown = format!("{response:?}");
    assert!(shown.contains("status: 404") && shown.contains(r#"text: Some("no")"#), "{shown}");
}

#[test]
fn an_exchange_that_is_read_later_is_shown_as_it_is_recorded() {
    let exchange = HttpExchange::from(execution().exchange);
    let request = exchange.request_record();
    assert_eq!(request.url.0, "https://api.example.com/");
    assert!(request.headers.iter().all(|header| header.value.is_none()));
    let Some(HttpExchangeOutcome::Response(response)) = exchange.ending() else { panic!("an answer") };
    assert!(format!("{response:?}").contains("body: None"));
}

#[test]
fn a_repeated_call_whose_answer_is_not_kept_any_more_has_no_body() {
    let exchange = HttpExchange::from(Execution { answer: None, replayed: true, ..execution() });
    assert_eq!(exchange.request_record().url.0, "https://api.example.com/?q=1");
    let Some(HttpExchangeOutcome::Response(response)) = exchange.ending() else { panic!("an answer") };
    assert!(format!("{response:?}").contains("body: None"));
}
