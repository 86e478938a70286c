//! `./dev down` and `./dev reset`: end the fleet, and on request forget its data.
use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::instance::Instance;
use crate::progress::Progress;
use crate::records::Records;
use crate::screen;

/// Everything in a data folder that a reset removes. Fetched software and test fleets stay.
const DATA: [&str; 10] = [
    "postgres",
    "kafka",
    "nginx",
    "sandbox",
    "keys",
    "logs",
    "run",
    "bin",
    "secrets.json",
    "demo.txt",
];

/// How long the supervisor may take to end everything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Ends the fleet of this data folder; nothing else is touched. Harmless when nothing runs.
///
/// # Errors
/// When it does not end.
pub(crate) fn run() -> Result<()> {
    let instance = Instance::from_environment()?;
    if Records::read(&instance.data)?.is_none() {
        screen::say("Nothing runs.");
        return Ok(());
    }
    Progress::start().step("down", || end(&instance))
}

/// Ends the fleet of a data folder without a word, if one runs.
///
/// # Errors
/// When it does not end.
pub(crate) fn end(instance: &Instance) -> Result<()> {
    let Some(records) = Records::read(&instance.data)? else { return Ok(()) };
    if records.supervisor.is_alive() {
        let _ = kill(Pid::from_raw(records.supervisor.pid), Signal::SIGTERM);
        let deadline = Instant::now() + PATIENCE;
        // Not interrupted by Ctrl-C: ending is what that asks for too.
        while records.supervisor.is_alive() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        ensure!(!records.supervisor.is_alive(), "process {} does not end", records.supervisor.pid);
    }
    // What a killed supervisor left, and what it started between our look and its end.
    for left in [Some(records), Records::read(&instance.data)?].into_iter().flatten() {
        left.end_processes();
    }
    Records::remove(&instance.data);
    Ok(())
}

/// Ends the fleet and removes its data, after asking when somebody sits at a terminal.
///
/// # Errors
/// When it does not end, or a file cannot be removed.
pub(crate) fn reset(yes: bool) -> Result<()> {
    let instance = Instance::from_environment()?;
    if !yes && std::io::stdin().is_terminal() && !confirmed(&instance)? {
        screen::say("Nothing was changed.");
        return Ok(());
    }
    end(&instance)?;
    Progress::start().step("remove the data", || wipe(&instance))
}

/// Removes what a fleet keeps.
///
/// # Errors
/// When a file cannot be removed.
pub(crate) fn wipe(instance: &Instance) -> Result<()> {
    for name in DATA {
        let path = instance.data.join(name);
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn confirmed(instance: &Instance) -> Result<bool> {
    let mut out = std::io::stdout();
    write!(out, "Remove all data in {}? [y/N] ", instance.data.display())?;
    out.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
