//! The machinery behind ./dev: brings up the fleet on this machine, tests it and measures it.
mod account;
mod cargo;
mod command;
mod down;
mod fleet;
mod identity;
mod instance;
mod logs;
mod measure;
mod new_service;
mod parts;
mod port_holder;
mod ports;
mod probe;
mod program;
mod progress;
mod records;
mod restart;
mod screen;
mod secrets;
mod settings;
mod signals;
mod status;
mod supervisor;
mod testing;
mod tidy;
mod trial;
mod up;
mod variable;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::instance::Instance;
use crate::measure::Kind;
use crate::screen::Paint;

/// The menu of Flotilla: everything that a developer does, one verb each.
#[derive(Parser)]
#[command(name = "./dev", bin_name = "./dev", disable_version_flag = true)]
struct Menu {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Bring up the whole fleet, or one service; Ctrl-C ends it, the data stays
    Up(up::Options),
    /// End the fleet; the data stays
    Down,
    /// End the fleet and remove its data
    Reset {
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Show per process whether it is up, its port, and how far its events lag behind
    Status,
    /// Show the logs of all processes, or of one
    Logs {
        /// A service, `postgres`, `kafka`, `gateway`, `up`, …
        name: Option<String>,
        /// Go on until Ctrl-C
        #[arg(long, short)]
        follow: bool,
    },
    /// Build, and let one process of the running fleet begin anew
    Restart {
        /// Which one
        name: String,
        /// Of a fleet that was brought up with --release
        #[arg(long)]
        release: bool,
    },
    /// Test everything, or only: a package, `unit`, `lint`, `e2e`
    Test {
        /// What to test; everything when left out
        what: Option<String>,
        /// Only tests whose name contains this
        filter: Option<String>,
    },
    /// Measure the release build (CPU time, throughput, latency, memory) on parts of its own
    Bench(Handed),
    /// Kill everything in turn while orders (`main`) or events (`events`) flow, then check that nothing
    /// was lost
    Chaos(Handed),
    /// Write the skeleton of a new service and give it its place in the fleet
    NewService {
        /// Its name: directory, package, database and path at once
        name: String,
    },
    /// Format every Rust file
    Fmt,
    /// Check the house rules that no compiler knows
    Tidy,
}

/// Words that go on to the program that does the work.
#[derive(clap::Args)]
struct Handed {
    /// Run what was built before
    #[arg(long, hide = true)]
    no_build: bool,
    /// Handed on; `--help` after `--` explains them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn main() -> ExitCode {
    match run(Menu::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            let interrupted = signals::stopping();
            eprintln!("{} {error:#}", screen::paint(Paint::Red, "✗"));
            // 130 is what a shell says of a program that Ctrl-C ended.
            if interrupted { ExitCode::from(130) } else { ExitCode::FAILURE }
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Up(options) => up::run(&options)?,
        Verb::Down => down::run()?,
        Verb::Reset { yes } => down::reset(yes)?,
        Verb::Status => status::run()?,
        Verb::Logs { name, follow } => logs::run(name.as_deref(), follow)?,
        Verb::Restart { name, release } => restart::run(&name, release)?,
        Verb::Test { what, filter } => return testing::run(what.as_deref(), filter.as_deref()),
        Verb::Bench(words) => match words.arguments.split_first() {
            Some((what, rest)) if what == "events" => measure::events(!words.no_build, rest)?,
            Some((what, rest)) if what == "replay" => measure::replay(!words.no_build, rest)?,
            _ => measure::run(Kind::Bench, !words.no_build, &words.arguments)?,
        },
        Verb::Chaos(words) => match words.arguments.first() {
            Some(what) if what == "events" => {
                measure::chaos_of_events(!words.no_build, &words.arguments)?;
            }
            _ => measure::run(Kind::Chaos, !words.no_build, &words.arguments)?,
        },
        Verb::NewService { name } => new_service::run(&name)?,
        Verb::Fmt => command::run(cargo::cargo(&Instance::from_environment()?.root).arg("fmt"))?,
        Verb::Tidy => tidy::run(&Instance::from_environment()?.root)?,
    }
    Ok(ExitCode::SUCCESS)
}
