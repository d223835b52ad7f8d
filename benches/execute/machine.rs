//! What the machine is, and what a process has used of it. Reads `/proc`, so Linux only.

use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;

/// Clock ticks a second in `/proc/PID/stat`: `USER_HZ`, which is 100 on every Linux architecture that Rust runs on.
const TICKS_PER_SECOND: u64 = 100;
/// Longest latency that is told apart.
const LATENCY_NS_MAX: u64 = 60_000_000_000;
/// Flushes that are timed.
const FLUSHES: usize = 500;

/// CPU and memory of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time of all threads, those that ended included.
    pub(crate) cpu: Duration,
    /// The most memory that it ever held.
    pub(crate) peak_rss_mib: f64,
}

impl Usage {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in brackets may hold spaces; behind it, utime and stime are the 12th and 13th field (proc(5)).
        let (_, fields) = stat.rsplit_once(") ").context("/proc/PID/stat has no name")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self {
            cpu: Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND),
            peak_rss_mib: kib(&status, "VmHWM:")? / 1_024.0,
        })
    }
}

/// One line: cores, memory, kernel, load.
pub(crate) fn describe() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let memory = kib(&fs::read_to_string("/proc/meminfo")?, "MemTotal:")? / 1_024.0 / 1_024.0;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{cores} cores, {memory:.0} GiB, Linux {}, load {load} before the start", kernel.trim()))
}

/// An empty histogram of nanoseconds, up to a minute.
pub(crate) fn latencies() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3)?)
}

/// How long the disk takes to make 4 KiB durable.
pub(crate) fn flush_times(folder: &std::path::Path) -> anyhow::Result<Histogram<u64>> {
    let mut file = File::create(folder.join("flush"))?;
    let mut times = latencies()?;
    for _ in 0..FLUSHES {
        file.write_all(&[0x55; 4_096])?;
        let start = now();
        file.sync_data()?;
        times.record(start.elapsed().as_nanos().try_into()?)?;
    }
    Ok(times)
}

fn kib(text: &str, name: &str) -> anyhow::Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("no {name}"))?;
    Ok(value.parse()?)
}

#[expect(clippy::disallowed_methods, reason = "measures, decides nothing")]
pub(crate) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Microseconds for each of `count`.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts of some seconds")]
pub(crate) fn per(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1_000_000.0 / count as f64
}

/// `count` a second.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts of some seconds")]
pub(crate) fn rate(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// A quantile of nanoseconds, in milliseconds.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "latencies of some seconds")]
pub(crate) fn ms(nanoseconds: &Histogram<u64>, quantile: f64) -> f64 {
    nanoseconds.value_at_quantile(quantile) as f64 / 1_000_000.0
}
