//! `./dev bench` and `./dev chaos`: a program of the `e2e` package against a fleet of its own.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cargo::{self, Profile};
use crate::command;
use crate::instance::Instance;
use crate::parts::postgres::Durability;
use crate::parts::{alone, debezium};
use crate::progress::Progress;
use crate::signals;
use crate::trial::{Durable, Plan, Trial};

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How fast: optimized programs, a database that waits for the disk.
    Bench,
    /// Whether anything is lost while processes are killed.
    Chaos,
}

impl Kind {
    fn plan(self) -> Plan {
        match self {
            Self::Bench => Plan {
                name: "bench",
                port_shift: 9000,
                profile: Profile::Release,
                durable: Durable::Yes,
                settings: &[("CARRIER_STEP_MS", "500")],
            },
            // Killing Postgres must lose nothing, so this waits for the disk too. Orders whose parts
            // died are given up sooner than in 15 minutes, so that all are final when it ends.
            Self::Chaos => Plan {
                name: "chaos",
                port_shift: 11_000,
                profile: Profile::Dev,
                durable: Durable::Yes,
                settings: &[
                    ("ORDER_DEADLINE_SECONDS", "180"),
                    ("RESERVATION_SECONDS", "360"),
                    ("CARRIER_STEP_MS", "300"),
                ],
            },
        }
    }
}

/// A program, built, and what goes before it.
struct Ready {
    instance: Instance,
    progress: Progress,
    program: PathBuf,
}

fn prepare(profile: Profile, build: bool, program: &str) -> Result<Ready> {
    signals::catch()?;
    let instance = Instance::from_environment()?;
    instance.prepare()?;
    let mut progress = Progress::start();
    if build {
        progress.loud_step("build", || cargo::build(&instance.root, profile))?;
    }
    let program = cargo::program(&instance.root, profile, program)?;
    Ok(Ready { instance, progress, program })
}

impl Ready {
    /// Starts a Postgres and a Kafka alone, and hands `arguments` on to the program.
    fn measure(
        mut self,
        place: (&str, u16),
        settings: &[&str],
        variable: Option<(String, String)>,
        arguments: &[String],
    ) -> Result<()> {
        let parts = self
            .progress
            .step("parts", || alone::start(&self.instance, place, Durability::Full, settings))?;
        let variables = parts.variables.iter().cloned().chain(variable);
        let mut program = Command::new(self.program);
        command::run(program.args(arguments).envs(variables).current_dir(&self.instance.root))
    }
}

/// Debezium reads the log as changes of rows; when an effect was committed, Postgres knows.
const EVENTS_SETTINGS: [&str; 2] = ["wal_level=logical", "track_commit_timestamp=on"];

/// Measures the relay on a Postgres that waits for the disk and a Kafka, without services, and Debezium
/// beside it where it can be built.
///
/// # Errors
/// When anything fails.
pub(crate) fn events(build: bool, arguments: &[String]) -> Result<()> {
    let mut ready = prepare(Profile::Release, build, "bench_events")?;
    let peer = match ready.progress.step("debezium", || debezium::build(&ready.instance)) {
        Ok(classes) => ("DEBEZIUM_CLASSES", classes),
        // Ours can be measured without it; the program says what is missing, and why.
        Err(error) => {
            signals::check()?;
            ("DEBEZIUM_MISSING", format!("{error:#}"))
        }
    };
    let peer = (peer.0.to_owned(), peer.1);
    ready.measure(("bench-events", 13_000), &EVENTS_SETTINGS, Some(peer), arguments)
}

/// Measures a rebuild of the product read model on a Postgres that waits for the disk and a Kafka, without
/// services.
///
/// # Errors
/// When anything fails.
pub(crate) fn replay(build: bool, arguments: &[String]) -> Result<()> {
    let ready = prepare(Profile::Release, build, "bench_replay")?;
    ready.measure(("bench-replay", 12_500), &[], None, arguments)
}

/// Puts the event backbone under faults: writers, relays and consumers of its own on a Postgres that waits
/// for the disk and a Kafka, which the program kills and we start again.
///
/// # Errors
/// When anything fails, the program's own verdict included.
pub(crate) fn chaos_of_events(build: bool, arguments: &[String]) -> Result<()> {
    let Ready { instance, mut progress, program } = prepare(Profile::Dev, build, "chaos_events")?;
    let begun = Instant::now();
    let mut parts = progress.step("parts", || {
        // A thousand idle writers, and everybody else.
        let settings = ["max_connections=1200"];
        alone::start(&instance, ("chaos-events", 12_000), Durability::Full, &settings)
    })?;
    let spent = begun.elapsed().as_secs().to_string();
    let mut chaos = Command::new(program);
    parts.run(chaos.args(arguments).args(["--spent", &spent]).current_dir(&instance.root))
}

/// The same as a developer's `./dev chaos events`, in two minutes.
///
/// # Errors
/// When the checker finds anything.
pub(crate) fn short_chaos_of_events(root: &Path) -> Result<()> {
    let mut chaos = Command::new("/proc/self/exe");
    chaos.args(["chaos", "--no-build", "events", "--seconds", "120", "--seed", "1"]);
    command::run(chaos.current_dir(root)).context("the checker found a violation")
}

/// Builds, brings up the fleet, hands `arguments` on to the program, and ends the fleet.
///
/// # Errors
/// When anything fails, the program's own verdict included.
pub(crate) fn run(kind: Kind, build: bool, arguments: &[String]) -> Result<()> {
    let plan = kind.plan();
    let Ready { instance, mut progress, program } = prepare(plan.profile, build, plan.name)?;
    let trial = progress.loud_step("fleet", || Trial::start(&instance, plan))?;
    let variables = trial.variables()?;
    let verdict = command::run(
        Command::new(program).args(arguments).envs(variables).current_dir(&instance.root),
    );
    // The program's last line is the verdict and stays the last: nothing is said after it.
    drop(trial);
    verdict
}
