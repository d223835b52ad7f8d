//! `latchkey serve`

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use tokio::signal::unix::{SignalKind, signal};

use super::output;
use crate::app::{App, Running};
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
    if let Err(error) = greet(&running, new_token.as_ref(), &data_dir) {
        // The server does its work whether somebody reads its greeting or not; the token is in its file.
        tracing::warn!(%error, "the greeting could not be written to standard output");
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

fn greet(running: &Running, new_token: Option<&SecretString>, data_dir: &Path) -> io::Result<()> {
    let (address, data_dir) = (running.address(), data_dir.display());
    output::line(format_args!("Latchkey is listening on http://{address} (GraphiQL: http://{address}/graphiql)"))?;
    match new_token {
        // Shown once, here and nowhere else: never to a log.
        Some(token) => {
            output::line(format_args!("Admin token: {} (kept in {data_dir}/admin-token)", token.expose_secret()))?;
        }
        None => output::line(format_args!("Admin token: as configured, or in {data_dir}/admin-token"))?,
    }
    match running.demo() {
        Some(demo) => {
            let (issuer, api) = (demo.issuer_url(), demo.api_url());
            // For connections of one's own to the demo. The token endpoint is the only thing that it opens.
            let secret = demo.client_secret().expose_secret();
            output::line(format_args!("Demo client: {} · its secret: {secret}", crate::demo::CLIENT_ID))?;
            output::line(format_args!("Demo issuer: {issuer} · demo API: {api} · connection: demo"))
        }
        None => Ok(()),
    }
}
