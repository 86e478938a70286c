//! Runs the journeys against a whole fleet that lives for them alone.
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::cargo::{self, Profile};
use crate::command;
use crate::instance::Instance;
use crate::progress::Progress;
use crate::testing::executables::TestProgram;
use crate::testing::libtest::Tally;
use crate::testing::runner;
use crate::trial::{Durable, Plan, Trial};

/// Where the services send their traces; a journey listens there.
const COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9317");

const FLEET: Plan = Plan {
    name: "test-e2e",
    port_shift: 5000,
    profile: Profile::Dev,
    durable: Durable::No,
    settings: &[COLLECTOR],
};

/// Starts the fleet, runs every journey, and a short storm of faults where that is written.
///
/// # Errors
/// When the fleet does not come up, or a journey fails.
pub(super) fn run(
    instance: &Instance,
    programs: &[TestProgram],
    filter: Option<&str>,
    progress: &mut Progress,
    tally: &mut Tally,
) -> Result<()> {
    ensure!(!programs.is_empty(), "the package e2e has no tests");
    let trial = progress.loud_step("fleet for the journeys", || Trial::start(instance, FLEET))?;
    let mut variables = trial.variables()?;
    variables.push((COLLECTOR.0.to_owned(), COLLECTOR.1.to_owned()));
    let programs: Vec<&TestProgram> = programs.iter().collect();
    let result = runner::all(&programs, &variables, filter, progress, tally);
    progress.step("end the fleet", || trial.end())?;
    result?;
    if filter.is_none() && cargo::program(&instance.root, Profile::Dev, "chaos").is_ok() {
        progress.loud_step("short chaos", || short_chaos(instance))?;
    }
    Ok(())
}

/// The same as a developer's `./dev chaos main`, with few orders.
fn short_chaos(instance: &Instance) -> Result<()> {
    let mut chaos = Command::new("/proc/self/exe");
    chaos.args(["chaos", "--no-build", "main", "--orders", "60", "--seed", "1"]);
    command::run(chaos.current_dir(&instance.root)).context("chaos found a violation")
}
