//! Turns Ctrl-C, a hang-up and a request to end into one flag that every wait looks at.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Catches the signals from now on. Handlers, unlike masks, do not pass to the programs we start.
///
/// # Errors
/// When the kernel refuses a handler.
pub(crate) fn catch() -> Result<()> {
    let flag = STOP.get_or_init(Arc::default);
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("catching signals")?;
    }
    Ok(())
}

/// Whether somebody asked us to stop.
pub(crate) fn stopping() -> bool {
    STOP.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// The error that unwinds a verb when somebody asked us to stop.
///
/// # Errors
/// When that is so.
pub(crate) fn check() -> Result<()> {
    if stopping() { bail!("stopped on request") } else { Ok(()) }
}

/// Waits until `done` says so, looking every 50 ms; `false` when `limit` passes first.
///
/// # Errors
/// Those of `done`, and a request to stop.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> Result<bool>) -> Result<bool> {
    let deadline = Instant::now() + limit;
    loop {
        check()?;
        if done()? {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
