//! The command line: what `latchkey` understands. Each command is one file.

mod events;
mod migrate;
mod output;
mod replay;
mod serve;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, LogFormat, Overrides, Sources};
use crate::telemetry;

/// Exit code for a difference that was found, or for something that is still to be done.
const DIFFERENCE: u8 = 2;
/// Exit code for a command that was written wrongly (`EX_USAGE`).
const USAGE: u8 = 64;

/// Keeps OAuth 2.0 client credentials connections and turns them into authorised HTTP calls, every one on the record.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 ok · 1 failed · 2 a difference was found, or something is pending · 64 usage
Configuration: defaults < files < environment (LATCHKEY_SERVER__LISTEN=…) < flags; see docs/configuration.md";

#[derive(Debug, Args)]
struct Global {
    /// Configuration file; may be given more than once, later ones win [default: ./latchkey.yaml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// Directory of the database, the key and the admin token
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server
    Serve(ServeArgs),
    /// Prints the GraphQL schema
    Schema,
    /// Brings the database schema up to date
    Migrate(migrate::Arguments),
    /// Prints the event log, one JSON record a line, exactly as it was hashed; also while a server runs
    Events(events::Arguments),
    /// Replays the event log from the beginning
    Replay(replay::Arguments),
}

/// Flags of `serve`.
#[derive(Debug, Args)]
struct ServeArgs {
    /// Address and port to listen on [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Runs a demo issuer and a demo API inside, with one connection to them that works
    #[arg(long)]
    demo: bool,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // `--help` and `--version` come this way, too, and are no mistakes.
            let code = if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
            // A closed pipe is all that can go wrong here.
            let _ = error.print();
            return code;
        }
    };
    match execute(cli) {
        Ok(code) => code,
        Err(error) if output::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("latchkey: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { global, command } = cli;
    match command {
        Command::Schema => {
            output::line(crate::graphql::schema::sdl().trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(arguments) => {
            let overrides =
                Overrides { listen: arguments.listen, demo: arguments.demo.then_some(true), data_dir: None };
            serve::run(load(global, overrides)?)
        }
        Command::Migrate(arguments) => migrate::run(&load(global, Overrides::default())?, &arguments),
        Command::Events(arguments) => events::run(&load(global, Overrides::default())?, &arguments),
        Command::Replay(arguments) => replay::run(&load(global, Overrides::default())?, &arguments),
    }
}

fn load(global: Global, mut overrides: Overrides) -> anyhow::Result<Config> {
    overrides.data_dir = global.data_dir;
    let config = Config::load(Sources::of_process(global.config, overrides)?)?;
    let filter = &config.telemetry.log.filter;
    match config.telemetry.log.format {
        LogFormat::Pretty => telemetry::init_pretty(filter),
        LogFormat::Json => telemetry::init_json(filter),
    }
    .context("telemetry.log")?;
    Ok(config)
}
