//! `latchkey serve`

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::Context;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::clock::{Clock, Ids};
use crate::config::Config;

/// Runs the server until SIGTERM or SIGINT.
pub(super) fn run(config: Config) -> anyhow::Result<ExitCode> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("another TLS library was set up before ours"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(config))
}

async fn serve(config: Config) -> anyhow::Result<ExitCode> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listen = config.server.listen;
    // Before the database is opened: a second server on one address should say so, and not "in use by process".
    let listener = TcpListener::bind(listen).with_context(|| format!("can't listen on {listen}"))?;
    listener.set_nonblocking(true)?;
    let data_dir = config.data_dir.clone();
    let app = App::build(config, Clock::system(), Ids::random()).await?;
    let new_token = app.new_admin_token().cloned();
    let running = app.start(listener)?;
    let address = running.address();
    println!("Latchkey is listening on http://{address} (GraphiQL: http://{address}/graphiql)");
    match new_token {
        // Shown once, here and nowhere else: never to a log.
        Some(token) => println!("Admin token: {} (kept in {}/admin-token)", token.expose_secret(), data_dir.display()),
        None => println!("Admin token: as configured, or in {}/admin-token", data_dir.display()),
    }
    if let Some(demo) = running.demo() {
        println!("Demo issuer: {} · demo API: {} · connection: demo", demo.issuer_url(), demo.api_url());
    }
    let until = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    running.run(until).await?;
    Ok(ExitCode::SUCCESS)
}
