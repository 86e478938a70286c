//! `./dev restart NAME`: builds, then lets one process of the running fleet begin anew.
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::cargo::{self, Profile};
use crate::instance::{self, Instance};
use crate::probe::Readiness;
use crate::program::Stage;
use crate::progress::Progress;
use crate::records::{Entry, Records};
use crate::signals;
use crate::supervisor;

const PATIENCE: Duration = Duration::from_secs(60);

/// Builds what changed and restarts one service, sandbox or part.
///
/// # Errors
/// When nothing runs, nothing has that name, it does not compile, or the process does not come back.
pub(crate) fn run(name: &str, release: bool) -> Result<()> {
    let instance = Instance::from_environment()?;
    let before = entry(&instance, name)?;
    let mut progress = Progress::start();
    if before.stage == Stage::Service {
        let profile = Profile::of(release);
        progress.loud_step("build", || cargo::build(&instance.root, profile))?;
        let built = cargo::binary(&instance.root, profile, "flotilla")?;
        instance::reachable_binary(&instance, &built)?;
    }
    progress.step(&format!("restart {name}"), || {
        fs::write(supervisor::restart_wish(&instance.data, name), "")?;
        ensure!(before.identity.is_alive(), "{name} is down; ./dev logs {name} says why");
        kill(Pid::from_raw(before.identity.pid), before.stage.signal())
            .context("asking it to end")?;
        let back = signals::wait_until(PATIENCE, || {
            let now = entry(&instance, name)?;
            Ok(now.identity != before.identity && ready(&now))
        })?;
        ensure!(back, "{name} is not back; ./dev logs {name} says why");
        Ok(())
    })
}

fn entry(instance: &Instance, name: &str) -> Result<Entry> {
    let records = Records::read(&instance.data)?.context("nothing runs: ./dev up starts it")?;
    let names: Vec<&str> = records.processes.iter().map(|entry| entry.name.as_str()).collect();
    let missing = format!("nothing that runs is called {name}; there are {}", names.join(", "));
    let found = records.processes.iter().find(|entry| entry.name == name);
    found.cloned().context(missing)
}

/// Whether a recorded process answers on its port now.
pub(crate) fn ready(entry: &Entry) -> bool {
    let sandbox = entry.name.starts_with("sandbox-");
    let readiness = match entry.stage {
        Stage::Database => Readiness::Postgres(entry.port),
        Stage::Broker => Readiness::Kafka(entry.port),
        Stage::Service if !sandbox => Readiness::Http { port: entry.port, path: "/readyz" },
        Stage::Service | Stage::Gateway => Readiness::Listens(entry.port),
    };
    entry.identity.is_alive() && readiness.holds()
}
