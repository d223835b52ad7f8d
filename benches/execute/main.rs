//! What a call and a durable event cost: `make bench`. What the figures mean: `docs/performance.md`.
//!
//! Everything runs on this machine: the server in a process of its own, the load, the token endpoint and the API in this
//! one. Rates depend on the machine and on what else it does; CPU per request and ratios within one run travel better.

mod appends;
mod fixture;
mod load;
mod machine;
mod server;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;

use self::fixture::Fixture;
use self::load::{Load, Sums};
use self::machine::Usage;
use self::server::Server;

/// The product's own allocator, for the part that runs in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keep-alive connections of the load, each with one request under way.
const CONNECTIONS: [usize; 3] = [1, 32, 256];
/// Load before the measurement, for caches, pools and the first token.
const WARM_UP: Duration = Duration::from_secs(1);
/// How long each row is measured.
const MEASURED: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(errors) => {
            println!("\n{errors} answers were wrong");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("\nthe benchmark was broken off: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs everything; the number of wrong answers.
fn run() -> anyhow::Result<u64> {
    let machine = machine::describe()?;
    println!("{machine}\n");
    // A part may be named: `cargo bench --bench execute -- appends`.
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    let mut errors = 0;
    if wants("calls") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        errors = runtime.block_on(calls())?;
    }
    if wants("appends") {
        appends::run()?;
    }
    Ok(errors)
}

/// Calls over HTTP: the API itself, the least a GraphQL request can be, and a request executed through a connection.
async fn calls() -> anyhow::Result<u64> {
    let fixture = Fixture::start()?;
    let server = Server::start(&fixture).await?;
    let mut errors = 0;
    println!("| work | connections | requests/s | p50 ms | p99 ms | CPU µs/request | peak RSS MiB | wrong answers |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for connections in CONNECTIONS {
        errors += row("the API, called directly", connections, &fixture.direct(), None).await?;
        errors += row("`{ __typename }`", connections, &server.typename(), Some(&server)).await?;
        let before = fixture.served();
        errors += row("`executeHttpRequest`", connections, &server.execute(&fixture), Some(&server)).await?;
        ensure!(fixture.served() > before, "no request reached the API");
    }
    ensure!(fixture.tokens() == 1, "{} tokens were fetched where one is enough", fixture.tokens());
    Ok(errors)
}

/// Measures and prints one row; the number of wrong answers.
async fn row(work: &str, connections: usize, load: &Load, server: Option<&Server>) -> anyhow::Result<u64> {
    let usage = || server.map(|server| Usage::of(server.pid())).transpose();
    let driving = load.drive(connections).await?;
    tokio::time::sleep(WARM_UP).await;
    let before = usage()?;
    driving.reset()?;
    tokio::time::sleep(MEASURED).await;
    let sums = driving.sums()?;
    let after = usage()?;
    driving.stop().await?;
    let Sums { answers, wrong, first_wrong, took, latency, .. } = sums;
    ensure!(answers > 0, "{work}: no answer in {MEASURED:?}");
    if let Some(wrong) = first_wrong {
        println!("\n{work}: a wrong answer: {wrong}\n");
    }
    let (cpu, rss) = match before.zip(after) {
        Some((before, after)) => (
            format!("{:.0}", machine::per(after.cpu.saturating_sub(before.cpu), answers)),
            format!("{:.0}", after.peak_rss_mib),
        ),
        None => ("–".to_owned(), "–".to_owned()),
    };
    let rate = machine::rate(answers, took);
    let (p50, p99) = (machine::ms(&latency, 0.5), machine::ms(&latency, 0.99));
    println!("| {work} | {connections} | {rate:.0} | {p50:.2} | {p99:.2} | {cpu} | {rss} | {wrong} |");
    Ok(wrong)
}
