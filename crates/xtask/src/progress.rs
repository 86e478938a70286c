//! Shows what is being done and how long each step took.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::screen::{self, Paint};

const NAME_WIDTH: usize = 44;

/// The steps of one verb, with the time of each.
#[derive(Debug)]
pub(crate) struct Progress {
    began: Instant,
    steps: Vec<(String, Duration, bool)>,
}

impl Progress {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self { began: Instant::now(), steps: Vec::new() }
    }

    /// Runs a quiet step behind a ticking line, and prints its time.
    ///
    /// # Errors
    /// The step's own, with the step's name in front.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let began = Instant::now();
        let ticker = screen::interactive().then(|| Ticker::start(name.to_owned(), began));
        if ticker.is_none() {
            screen::say(format!("… {name}"));
        }
        let result = work();
        drop(ticker);
        self.finish(name, began, result)
    }

    /// Runs a step that writes to the screen itself, such as a build.
    ///
    /// # Errors
    /// The step's own, with the step's name in front.
    pub(crate) fn loud_step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let began = Instant::now();
        screen::say(format!("… {name}"));
        let result = work();
        self.finish(name, began, result)
    }

    fn finish<T>(&mut self, name: &str, began: Instant, result: Result<T>) -> Result<T> {
        let took = began.elapsed();
        self.steps.push((name.to_owned(), took, result.is_ok()));
        screen::say(line(name, took, result.is_ok()));
        result.with_context(|| name.to_owned())
    }

    /// Time since the verb began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How many steps went well, and how many did not.
    pub(crate) fn counts(&self) -> (u64, u64) {
        self.steps.iter().fold(
            (0, 0),
            |(good, bad), (_, _, passed)| {
                if *passed { (good + 1, bad) } else { (good, bad + 1) }
            },
        )
    }

    /// All steps as a table, one line each, and the sum.
    pub(crate) fn table(&self) -> String {
        let mut lines: Vec<String> =
            self.steps.iter().map(|(name, took, passed)| line(name, *took, *passed)).collect();
        lines.push(format!("  {:<NAME_WIDTH$} {:>10}", "all", screen::human(self.elapsed())));
        lines.join("\n")
    }
}

fn line(name: &str, took: Duration, passed: bool) -> String {
    let mark =
        if passed { screen::paint(Paint::Green, "✓") } else { screen::paint(Paint::Red, "✗") };
    format!("{mark} {name:<NAME_WIDTH$} {:>10}", screen::human(took))
}

/// A thread that shows the running time of one step, until dropped.
struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Ticker {
    fn start(name: String, began: Instant) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                screen::rewrite(&format!("… {name} {}", screen::human(began.elapsed())));
                std::thread::sleep(Duration::from_millis(100));
            }
            screen::rewrite("");
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_step_and_the_sum() {
        let mut progress = Progress::start();
        progress.step("first", || Ok(())).unwrap();
        progress.step("second", || anyhow::bail!("no luck") as Result<()>).unwrap_err();

        let table = progress.table();

        assert!(table.contains("✓ first") && table.contains("✗ second"), "{table}");
        assert!(table.lines().last().unwrap().contains("all"));
        assert_eq!(progress.counts(), (1, 1));
    }

    #[test]
    fn a_failed_step_is_named_in_its_error() {
        let error = Progress::start()
            .step("start Postgres", || anyhow::bail!("port taken") as Result<()>)
            .unwrap_err();

        assert_eq!(format!("{error:#}"), "start Postgres: port taken");
    }
}
