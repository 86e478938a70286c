//! What was measured: printed, and kept as flat JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::load::WARM_UP;

/// Named numbers.
#[derive(Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    pub(crate) fn add(&mut self, name: &str, value: f64) {
        println!("  {name:<34} {value:>14.3}");
        self.0.insert(name.to_owned(), value);
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    pub(crate) fn write(&self, path: &Path) {
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        let text = serde_json::to_string_pretty(&self.0).expect("numbers are JSON");
        fs::write(path, text + "\n").expect("room for the figures");
        println!("written to {}", path.display());
    }
}

/// How long each of some events took, in order.
#[derive(Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self(took)
    }

    /// Of pairs of when an event was written and when it was here, in microseconds; without those of
    /// the warm-up.
    pub(crate) fn after_warm_up(seen: Vec<(i64, i64)>) -> Self {
        let first = seen.iter().map(|(written, _)| *written).min().unwrap_or_default();
        let warm = first + i64::try_from(WARM_UP.as_micros()).expect("seconds");
        let seen = seen.into_iter().filter(|(written, _)| *written >= warm);
        // Clocks that are set meanwhile could put the end before the beginning.
        let took = seen.map(|(written, here)| u64::try_from(here - written).unwrap_or_default());
        Self::of(took.map(Duration::from_micros).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest in milliseconds that so many percent are not above.
    pub(crate) fn percentile_ms(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    }
}

/// The machine, in lines.
pub(crate) fn describe() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "DEBUG: not meant for measuring" } else { "release" };
    vec![
        format!("cpu        {cores} x {}", model.map_or("unknown", |(_, name)| name)),
        format!("kernel     {}", read("/proc/sys/kernel/osrelease").trim()),
        format!("load       {} before it began", read("/proc/loadavg").trim()),
        format!("build      {build}"),
    ]
}
