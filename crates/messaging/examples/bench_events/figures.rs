//! What was measured: printed, and kept as flat JSON.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Named numbers.
#[derive(Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    pub(crate) fn add(&mut self, name: &str, value: f64) {
        println!("  {name:<28} {value:>14.3}");
        self.0.insert(name.to_owned(), value);
    }

    /// Adds a percentile of samples (nearest rank), in milliseconds.
    pub(crate) fn add_percentile(&mut self, name: &str, samples: &mut [Duration], percent: usize) {
        self.add(name, percentile(samples, percent).as_secs_f64() * 1_000.0);
    }

    pub(crate) fn write(&self, path: &Path) {
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        let text = serde_json::to_string_pretty(&self.0).expect("numbers are JSON");
        fs::write(path, text + "\n").expect("room for the figures");
        println!("written to {}", path.display());
    }
}

/// The smallest sample that so many percent are not above.
pub(crate) fn percentile(samples: &mut [Duration], percent: usize) -> Duration {
    samples.sort_unstable();
    let rank = (samples.len() * percent).div_ceil(100).max(1);
    samples.get(rank - 1).copied().unwrap_or_default()
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
