//! `./dev test`: the one test command, for people and for the build server alike.
mod buf;
mod executables;
mod journeys;
mod libtest;
mod runner;

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::cargo;
use crate::command;
use crate::instance::Instance;
use crate::measure;
use crate::parts::alone;
use crate::parts::postgres::Durability;
use crate::progress::Progress;
use crate::screen::{self, Paint};
use crate::signals;
use crate::testing::executables::TestProgram;
use crate::testing::libtest::Tally;
use crate::tidy;

/// The package that holds the journeys through a whole fleet.
const JOURNEYS: &str = "e2e";

/// The package that puts the event backbone under faults.
const BACKBONE: &str = "backbone";

/// What `./dev test` was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    Everything,
    Checks,
    Unit,
    Journeys,
    Package(String),
}

impl Choice {
    fn parse(word: Option<&str>) -> Self {
        match word {
            None => Self::Everything,
            Some("lint") => Self::Checks,
            Some("unit") => Self::Unit,
            Some(JOURNEYS) => Self::Journeys,
            Some(package) => Self::Package(package.to_owned()),
        }
    }

    fn checks(&self) -> bool {
        matches!(self, Self::Everything | Self::Checks)
    }

    fn journeys(&self) -> bool {
        matches!(self, Self::Everything | Self::Journeys)
    }

    /// Whether the event backbone is put under faults.
    fn events(&self) -> bool {
        matches!(self, Self::Everything) || self.runs(BACKBONE) && *self != Self::Unit
    }

    fn runs(&self, package: &str) -> bool {
        match self {
            Self::Everything | Self::Unit => true,
            Self::Checks | Self::Journeys => false,
            Self::Package(name) => name == package,
        }
    }
}

/// Runs what was asked for, prints each step's time, and ends with `N passed, N failed`.
///
/// # Errors
/// Only when not even a beginning can be made; failures are in the exit code.
pub(crate) fn run(what: Option<&str>, filter: Option<&str>) -> Result<ExitCode> {
    signals::catch()?;
    let instance = Instance::from_environment()?;
    instance.prepare()?;
    let mut progress = Progress::start();
    let mut tally = Tally::default();
    let choice = Choice::parse(what);
    let result = all_steps(&instance, &choice, filter, &mut progress, &mut tally);
    screen::say(format!("\n{}", progress.table()));
    if let Err(error) = &result {
        screen::say(format!("\n{} {error:#}", screen::paint(Paint::Red, "✗")));
    }
    let (good, bad) = progress.counts();
    let failed = tally.failed + bad;
    screen::say(format!("{} passed, {failed} failed", tally.passed + good));
    Ok(if result.is_ok() && failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn all_steps(
    instance: &Instance,
    choice: &Choice,
    filter: Option<&str>,
    progress: &mut Progress,
    tally: &mut Tally,
) -> Result<()> {
    let root = &instance.root;
    if choice.checks() {
        progress
            .loud_step("format", || command::run(cargo::cargo(root).args(["fmt", "--check"])))?;
        progress.loud_step("tidy", || tidy::run(root))?;
        progress.loud_step("contracts", || buf::check(instance))?;
        progress.loud_step("clippy", || {
            let arguments = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            command::run(cargo::cargo(root).args(arguments))
        })?;
    }
    if *choice == Choice::Checks {
        return Ok(());
    }
    let programs = progress.loud_step("build", || executables::build(root))?;
    let (journeys, others): (Vec<TestProgram>, Vec<TestProgram>) =
        programs.into_iter().partition(|program| is_journey(&program.package, &program.target));
    let chosen: Vec<&TestProgram> =
        others.iter().filter(|program| choice.runs(&program.package)).collect();
    if let Choice::Package(name) = choice {
        ensure!(!chosen.is_empty(), "no package called {name} has tests");
    }
    if !chosen.is_empty() {
        let parts = progress.step("parts for the tests", || {
            // Clear of the developer's fleet and of the journeys' one.
            alone::start(instance, ("test-parts", 7000), Durability::TestsOnly, &[])
        })?;
        runner::all(&chosen, &parts.variables, filter, progress, tally)?;
        progress.step("end the parts", || {
            drop(parts);
            Ok(())
        })?;
    }
    if choice.events() && filter.is_none() {
        progress.loud_step("short chaos of events", || measure::short_chaos_of_events(root))?;
    }
    if choice.journeys() {
        journeys::run(instance, &journeys, filter, progress, tally).context("journeys")?;
    }
    Ok(())
}

/// The package of the journeys also holds the checker, whose tests want a database and no fleet.
fn is_journey(package: &str, target: &str) -> bool {
    package == JOURNEYS && target == "journeys"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checker_is_no_journey() {
        assert!(is_journey("e2e", "journeys") && !is_journey("e2e", "checker_it"));
    }

    #[test]
    fn everything_is_everything_and_a_package_is_only_itself() {
        let all = Choice::parse(None);
        let one = Choice::parse(Some("orders"));

        assert!(all.checks() && all.journeys() && all.runs("orders") && all.runs("e2e"));
        assert!(!one.checks() && !one.journeys() && one.runs("orders") && !one.runs("catalog"));
        assert!(all.events() && !one.events());
        assert!(Choice::parse(Some("backbone")).events() && !Choice::parse(Some("unit")).events());
    }
}
