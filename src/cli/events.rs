//! `latchkey events`

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Args;

use crate::app::storage;
use crate::config::Config;
use crate::event_log::read::{self, PAGE_EVENTS_MAX};
use crate::event_log::{Filter, Page, Position};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Starts behind this position
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    after: Position,
    /// Ends after this many events
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
    /// Only this type, such as `token.request_failed.v1`; may be given more than once
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only this stream, such as `connection/my-client`; may be given more than once
    #[arg(long = "stream", value_name = "STREAM")]
    streams: Vec<String>,
}

pub(super) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let database = storage::open_reader(config)?;
    let types = Some(arguments.types.clone()).filter(|types| !types.is_empty());
    let filter = Filter { types, streams: arguments.streams.clone(), ..Filter::default() };
    let mut out = BufWriter::new(io::stdout().lock());
    let mut after = arguments.after;
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let limit = u32::try_from(left).unwrap_or(PAGE_EVENTS_MAX).min(PAGE_EVENTS_MAX);
        let page = database.read(|conn| read::page(conn, Page::after(after, limit), &filter))?;
        let Some(last) = page.last() else { break };
        after = last.position;
        left = left.saturating_sub(u64::try_from(page.len()).unwrap_or(u64::MAX));
        for event in &page {
            // The very bytes that were hashed: docs/event-format.md.
            out.write_all(&event.record)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
