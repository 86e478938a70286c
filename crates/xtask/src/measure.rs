//! `./dev bench` and `./dev chaos`: a program of the `e2e` package against a fleet of its own.
use std::process::Command;

use anyhow::Result;

use crate::cargo::{self, Profile};
use crate::command;
use crate::instance::Instance;
use crate::progress::Progress;
use crate::signals;
use crate::trial::{Durable, Trial};

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How fast: optimized programs, a database that waits for the disk.
    Bench,
    /// Whether anything is lost while processes are killed.
    Chaos,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Bench => "bench",
            Self::Chaos => "chaos",
        }
    }

    fn profile(self) -> Profile {
        match self {
            Self::Bench => Profile::Release,
            Self::Chaos => Profile::Dev,
        }
    }

    fn port_shift(self) -> u16 {
        match self {
            Self::Bench => 9000,
            Self::Chaos => 11_000,
        }
    }
}

/// Builds, brings up the fleet, hands `arguments` on to the program, and ends the fleet.
///
/// # Errors
/// When anything fails, the program's own verdict included.
pub(crate) fn run(kind: Kind, build: bool, arguments: &[String]) -> Result<()> {
    signals::catch()?;
    let instance = Instance::from_environment()?;
    instance.prepare()?;
    let mut progress = Progress::start();
    let profile = kind.profile();
    if build {
        progress.loud_step("build", || cargo::build(&instance.root, profile))?;
    }
    let program = cargo::program(&instance.root, profile, kind.name())?;
    // Killing Postgres must lose nothing either, so both wait for the disk.
    let trial = progress.loud_step("fleet", || {
        Trial::start(&instance, kind.name(), kind.port_shift(), profile, Durable::Yes)
    })?;
    let variables = trial.variables()?;
    let verdict = command::run(
        Command::new(program).args(arguments).envs(variables).current_dir(&instance.root),
    );
    // The program's last line is the verdict and stays the last: nothing is said after it.
    drop(trial);
    verdict
}
