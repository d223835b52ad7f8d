//! Sets up logging: to standard error, for people or as JSON, filtered by the configuration.
//!
//! Deliberately absent: globals other than the one subscriber that `tracing` needs, and any reading of `RUST_LOG`.

use std::io::{self, IsTerminal};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterFn, ParseError};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry};

/// Libraries that say too much below `warn`.
///
/// At `debug` and `trace` they write requests as they go over the wire (headers with bearer tokens and client secrets, frame
/// bytes, TLS messages) and the parameters of SQL statements. No one who sets `trace` to look at Latchkey asks for that, and
/// logs are copied to places where no secret may be. Who does need it names the library: `info,hyper=trace`.
const DISCREET: [&str; 8] =
    ["actix_http", "actix_server", "h2", "hyper", "reqwest", "rustls", "tokio_postgres", "tungstenite"];

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `telemetry.log.filter` is no list of levels.
    #[error("telemetry.log.filter must be levels by module, such as info,latchkey=debug")]
    Filter(#[source] ParseError),
    /// The process logs somewhere already.
    #[error("logging is set up already")]
    AlreadySetUp(#[source] TryInitError),
}

/// Writes events somewhere, in some form.
type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs to standard error in lines for people, with colours on a terminal.
pub fn init_pretty(filter: &str) -> Result<(), TelemetryError> {
    let lines = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).boxed();
    subscriber(lines, filter)?.try_init().map_err(TelemetryError::AlreadySetUp)
}

/// Logs to standard error as one JSON object a line.
pub fn init_json(filter: &str) -> Result<(), TelemetryError> {
    subscriber(json(io::stderr), filter)?.try_init().map_err(TelemetryError::AlreadySetUp)
}

fn json<W>(writer: W) -> Lines
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    fmt::layer().json().with_writer(writer).boxed()
}

fn subscriber(lines: Lines, filter: &str) -> Result<impl Subscriber + Send + Sync + use<>, TelemetryError> {
    let levels = EnvFilter::builder().parse(filter).map_err(TelemetryError::Filter)?;
    let named = named_libraries(filter);
    // A filter of its own beside the configured one: a directive for a span (`[request]=trace`) opens everything that
    // happens inside the span, whatever the levels by module say.
    let discreet = FilterFn::new(move |metadata| is_discreet(metadata, &named));
    Ok(Registry::default().with(lines).with(levels).with(discreet))
}

/// Whether an event may be written as far as the libraries go that say too much.
fn is_discreet(metadata: &Metadata<'_>, named: &[String]) -> bool {
    let target = metadata.target();
    *metadata.level() <= Level::WARN
        || !DISCREET.iter().any(|library| target.starts_with(library))
        || named.iter().any(|name| target.starts_with(name.as_str()))
}

/// The targets of the filter's directives (`target[span{field=value}]=level`) that are, or are in, such a library.
fn named_libraries(filter: &str) -> Vec<String> {
    filter
        .split(',')
        .filter_map(|directive| directive.split(['=', '[']).next())
        .filter(|target| DISCREET.iter().any(|library| target.starts_with(library)))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written under `filter` of some events of Latchkey and of its libraries, the last two inside a span.
    fn written(filter: &str) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let subscriber = subscriber(json(move || writer.clone()), filter).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "latchkey::app", "own-info");
            tracing::trace!(target: "latchkey::app", "own-trace");
            tracing::warn!(target: "hyper::proto", "hyper-warn");
            tracing::info!(target: "hyper::proto", "hyper-info");
            tracing::trace!(target: "hyper_util::client", "util-trace");
            tracing::debug!(target: "reqwest::connect", "reqwest-debug");
            tracing::trace!(target: "h2::codec", "h2-trace");
            tracing::debug!(target: "rustls::client", "rustls-debug");
            tracing::debug!(target: "tokio_postgres::query", "postgres-debug");
            let span = tracing::error_span!(target: "latchkey::app", "request");
            span.in_scope(|| {
                tracing::trace!(target: "latchkey::app", "own-in-span");
                tracing::trace!(target: "hyper::headers", "hyper-in-span");
            });
        });
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn messages(filter: &str) -> Vec<String> {
        let message = |line: &str| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["fields"]["message"].as_str().unwrap().to_owned()
        };
        written(filter).lines().map(message).collect()
    }

    #[test]
    fn the_filter_chooses_levels_by_module() {
        assert_eq!(messages("info"), ["own-info", "hyper-warn"]);
        assert_eq!(messages("error,latchkey=trace"), ["own-info", "own-trace", "own-in-span"]);
        assert_eq!(messages("off"), [""; 0]);
    }

    #[test]
    fn the_http_libraries_stay_at_warn_under_trace() {
        assert_eq!(messages("trace"), ["own-info", "own-trace", "hyper-warn", "own-in-span"]);
    }

    #[test]
    fn a_directive_for_a_span_does_not_open_the_http_libraries() {
        assert_eq!(messages("[request]=trace"), ["own-in-span"]);
    }

    #[test]
    fn a_library_that_is_named_speaks_and_the_others_stay_silent() {
        assert_eq!(messages("off,h2=trace"), ["h2-trace"]);
        assert_eq!(messages("off,hyper_util=trace"), ["util-trace"]);
        let hyper = ["own-info", "hyper-warn", "hyper-info", "util-trace", "hyper-in-span"];
        assert_eq!(messages("info,hyper=trace"), hyper);
    }

    #[test]
    fn an_event_is_one_json_object_with_level_and_target() {
        let line = written("latchkey=info");
        assert_eq!(line.lines().count(), 1);
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(event["level"], "INFO");
        assert_eq!(event["target"], "latchkey::app");
    }

    #[test]
    fn a_filter_that_cannot_be_read_names_its_key() {
        let Err(error) = subscriber(json(io::sink), "info,latchkey=loud") else { panic!("accepted") };
        assert!(error.to_string().contains("telemetry.log.filter"), "{error}");
    }
}
