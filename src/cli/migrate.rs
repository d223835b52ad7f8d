//! `latchkey migrate`

use std::process::ExitCode;

use clap::Args;

use super::{DIFFERENCE, output};
use crate::app::storage;
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Changes nothing; exits with 2 when migrations are pending
    #[arg(long)]
    check: bool,
}

pub(super) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.check {
        let pending = storage::pending_migrations(config)?;
        for name in &pending {
            output::line(format_args!("pending: {name}"))?;
        }
        if pending.is_empty() {
            output::line("up to date")?;
            return Ok(ExitCode::SUCCESS);
        }
        return Ok(ExitCode::from(DIFFERENCE));
    }
    // Opening for writing migrates.
    storage::open(config)?;
    output::line("up to date")?;
    Ok(ExitCode::SUCCESS)
}
