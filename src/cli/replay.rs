//! `latchkey replay`

use std::process::ExitCode;

use clap::Args;

use super::{DIFFERENCE, output};
use crate::app::storage;
use crate::config::Config;
use crate::projections::rebuild;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Rebuilds every read model from zero, compares it with what is stored, and checks positions, stream versions and
    /// the tree; exits with 2 when anything differs
    #[arg(long, required = true)]
    check: bool,
}

pub(super) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    debug_assert!(arguments.check, "clap requires it");
    let database = storage::open_reader(config)?;
    let scratch = tempfile::tempdir()?;
    let report = rebuild::check(&database, &scratch.path().join("replay.db"))?;
    for finding in &report.findings {
        output::line(finding)?;
    }
    if report.findings.is_empty() {
        output::line(format_args!("{} events replayed: every read model and the tree say the same", report.events))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format_args!("{} events replayed, {} finding(s)", report.events, report.findings.len()))?;
    Ok(ExitCode::from(DIFFERENCE))
}
