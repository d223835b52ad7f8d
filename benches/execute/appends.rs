//! The event log in this process, on a file, with the real read models: durable events a second.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use hdrhistogram::Histogram;
use latchkey::clock::{Clock, Ids};
use latchkey::crypto::{EncryptionKey, KeyRing};
use latchkey::domain::actor::Actor;
use latchkey::domain::exchange::{Attempt, Completed, ExchangeEvent, Started, Timings, TokenSource, TokenUse};
use latchkey::domain::{Key, StreamId};
use latchkey::event_log::{
    Append, AppendError, Database, EventLog, Expected, LogSettings, NewEvent, Provenance, Synchronous,
};
use latchkey::projections::{Directory, ReadModels};
use tempfile::TempDir;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::machine;

/// Tasks that append at the same time, each waiting for its own event before the next.
const APPENDERS: [usize; 4] = [1, 32, 64, 256];
/// Appends before the measurement.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long each row is measured.
const MEASURED: Duration = Duration::from_secs(4);

/// Measures and prints every row.
pub(crate) fn run() -> anyhow::Result<()> {
    // On the disk of the build: the folder for temporary files is often in memory.
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
    let flushes = machine::flush_times(folder.path())?;
    let (p50, p99) = (machine::ms(&flushes, 0.5), machine::ms(&flushes, 0.99));
    println!("\nOne flush of 4 KiB on this disk: p50 {p50:.3} ms, p99 {p99:.3} ms\n");
    println!("| appenders | events/s | p50 ms | p99 ms | CPU µs/event |");
    println!("|--:|--:|--:|--:|--:|");
    for appenders in APPENDERS {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let log = runtime.block_on(open(&folder.path().join(format!("{appenders}.db"))))?;
        let measured = runtime.block_on(measure(&log, appenders))?;
        runtime.block_on(log.close());
        let Measured { latency, took, cpu } = measured;
        let (events, rate) = (latency.len(), machine::rate(latency.len(), took));
        let (p50, p99, cpu) = (machine::ms(&latency, 0.5), machine::ms(&latency, 0.99), machine::per(cpu, events));
        println!("| {appenders} | {rate:.0} | {p50:.2} | {p99:.2} | {cpu:.0} |");
    }
    Ok(())
}

async fn open(path: &Path) -> anyhow::Result<EventLog> {
    let database = Database::open_sqlite(path, Synchronous::Full)?;
    database.migrate()?;
    let directory = Arc::new(database.run(Directory::load).await?);
    let log = EventLog::open(LogSettings {
        database,
        keys: Arc::new(KeyRing::new(&EncryptionKey::generate(), &[])),
        clock: Clock::system(),
        projector: Arc::new(ReadModels::new(directory)),
    })?;
    Ok(log)
}

struct Measured {
    /// Nanoseconds from the wish to the durable event.
    latency: Histogram<u64>,
    took: Duration,
    /// Of this whole process.
    cpu: Duration,
}

async fn measure(log: &EventLog, appenders: usize) -> anyhow::Result<Measured> {
    let latency = Arc::new(Mutex::new(machine::latencies()?));
    let begin = machine::now() + WARM_UP;
    let window = Window { begin, end: begin + MEASURED };
    let mut tasks = JoinSet::new();
    for _ in 0..appenders {
        let (log, latency) = (log.clone(), Arc::clone(&latency));
        tasks.spawn(async move { append_until(&log, window, &latency).await });
    }
    tokio::time::sleep_until(window.begin.into()).await;
    let before = machine::Usage::of(std::process::id())?.cpu;
    tokio::time::sleep_until(window.end.into()).await;
    let cpu = machine::Usage::of(std::process::id())?.cpu.saturating_sub(before);
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let latency = Arc::into_inner(latency).context("an appender is still at work")?;
    Ok(Measured { latency: latency.into_inner().unwrap_or_else(PoisonError::into_inner), took: MEASURED, cpu })
}

#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// Records one exchange after another; counts the events that were durable within the window.
async fn append_until(log: &EventLog, window: Window, latency: &Mutex<Histogram<u64>>) -> anyhow::Result<()> {
    let ids = Ids::random();
    let key = Key::parse("bench")?;
    while machine::now() < window.end {
        let exchange = ids.next();
        let pair = [ExchangeEvent::Started(started(&key)), ExchangeEvent::Completed(completed(&key))];
        for (version, event) in (0..).zip(pair) {
            let asked = machine::now();
            append(log, (exchange, version), NewEvent { id: ids.next(), event: event.into() }).await?;
            let durable = machine::now();
            if durable >= window.begin && durable < window.end {
                let took = u64::try_from(durable.duration_since(asked).as_nanos())?;
                latency.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(took);
            }
        }
    }
    Ok(())
}

async fn append(log: &EventLog, (exchange, version): (Uuid, u32), event: NewEvent) -> Result<(), AppendError> {
    let provenance = Provenance {
        actor: Actor::admin(),
        request_id: Some(exchange),
        source_ip: Some("127.0.0.1".to_owned()),
        user_agent: Some("bench/1.0".to_owned()),
        ..Provenance::system(exchange)
    };
    let append = Append {
        stream: StreamId::Exchange(exchange),
        expected: Expected::Version(version),
        events: vec![event],
        provenance: Arc::new(provenance),
        alongside: None,
    };
    log.append(append).await.map(drop)
}

/// As a plain GET through a connection leaves it.
fn started(key: &Key) -> Started {
    Started {
        connection: Some(key.clone()),
        connection_version: Some(1),
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        host: "api.example.com".to_owned(),
        path: "/v1/customers/42/orders".to_owned(),
        header_names: vec!["accept".to_owned(), "x-request-id".to_owned()],
        body_bytes: 0,
        idempotency_fingerprint: None,
        task: None,
        streamed: false,
    }
}

/// As a first answer with a cached token leaves it.
fn completed(key: &Key) -> Completed {
    Completed {
        connection: Some(key.clone()),
        status: 200,
        body_bytes: 1_024,
        truncated: false,
        attempts: vec![Attempt { offset_us: 310, status: Some(200), reason: None, duration_us: 840 }],
        timings: Timings { queued_us: 290, token_us: 3, dns_us: None, first_byte_us: Some(790), total_us: 1_150 },
        token: Some(TokenUse { source: TokenSource::Cache, fingerprint: "0123456789abcdef".to_owned() }),
        auth_failure: None,
        task: None,
        streamed: false,
    }
}
