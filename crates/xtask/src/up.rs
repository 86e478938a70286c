//! `./dev up`: brings up the fleet, watches over it, and takes down what it started.
pub(crate) mod claim;
mod detach;
mod start;

use anyhow::Result;
use nix::sys::stat::{Mode, umask};
use nix::unistd::setsid;

use crate::cargo::Profile;
use crate::instance::{self, Instance};
use crate::parts::postgres::Durability;
use crate::ports;
use crate::progress::Progress;
use crate::screen;
use crate::signals;
use crate::supervisor::Supervisor;

/// How to bring the fleet up.
#[derive(Clone, Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Options {
    /// Only this service, with its database and the broker
    pub(crate) service: Option<String>,
    /// Return when everything is ready; `./dev down` ends it
    #[arg(long)]
    pub(crate) detach: bool,
    /// Answer on <https://localhost> too (Safari refuses `__Host-` cookies without)
    #[arg(long)]
    pub(crate) https: bool,
    /// Build and run the optimized programs
    #[arg(long)]
    pub(crate) release: bool,
    /// Run what was built before
    #[arg(long, hide = true)]
    pub(crate) no_build: bool,
    /// Let the database forget the last moments of a power cut: for tests
    #[arg(long, hide = true)]
    pub(crate) no_fsync: bool,
    /// Leave the shop without the demo catalogue
    #[arg(long, hide = true)]
    pub(crate) no_demo: bool,
    /// We are the process that `--detach` left behind
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

impl Options {
    fn profile(&self) -> Profile {
        Profile::of(self.release)
    }

    fn durability(&self) -> Durability {
        if self.no_fsync { Durability::TestsOnly } else { Durability::Full }
    }
}

/// Runs the verb until somebody asks to stop, or with `--detach` until everything is ready.
///
/// # Errors
/// When something cannot start; whatever did start is ended again.
pub(crate) fn run(options: &Options) -> Result<()> {
    if let Some(name) = &options.service {
        ports::find(name)?;
    }
    // Software that we fetch must be readable for the user that runs it; secrets set their own mode.
    umask(Mode::from_bits_truncate(0o022));
    if options.background {
        setsid()?;
    }
    signals::catch()?;
    let instance = Instance::from_environment()?;
    instance.prepare()?;
    if options.detach {
        return detach::run(&instance);
    }
    instance::announce(&instance);
    claim::folder(&instance)?;
    claim::ports(&instance, options)?;
    let mut supervisor = Supervisor::of(instance.data.clone())?;
    let mut progress = Progress::start();
    let brought_up = start::everything(&instance, options, &mut supervisor, &mut progress);
    let result = brought_up.and_then(|summary| {
        screen::say(summary);
        supervisor.watch()
    });
    screen::say("Stopping everything that this started …");
    supervisor.stop();
    screen::say("Stopped. The data stays for the next ./dev up.");
    result
}
