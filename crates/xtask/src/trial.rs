//! A whole fleet with ports and data of its own, for journeys, measurements and faults.
use std::process::Command;

use anyhow::{Context, Result};

use crate::cargo::{self, Profile};
use crate::command;
use crate::down;
use crate::instance::Instance;
use crate::records;
use crate::secrets::Secrets;
use crate::settings::{Settings, Variables};

/// Whether the trial's database waits for the disk, as it must where speed is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durable {
    /// As in production.
    Yes,
    /// Quicker, for tests.
    No,
}

/// What a trial's fleet is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// The name of its data folder.
    pub(crate) name: &'static str,
    /// How far its ports are from the developer's.
    pub(crate) port_shift: u16,
    /// Which programs run.
    pub(crate) profile: Profile,
    /// Whether its database waits for the disk.
    pub(crate) durable: Durable,
    /// Settings of services that differ from the usual.
    pub(crate) settings: &'static [(&'static str, &'static str)],
}

/// A running trial; dropping it ends its fleet.
pub(crate) struct Trial {
    instance: Instance,
    profile: Profile,
    ended: bool,
}

impl Trial {
    /// Brings up a fresh fleet from programs that are already built.
    ///
    /// # Errors
    /// When it does not come up.
    pub(crate) fn start(project: &Instance, plan: Plan) -> Result<Self> {
        let Plan { name, port_shift, profile, durable, settings } = plan;
        let instance = project.sibling(name, port_shift)?;
        down::end(&instance)?;
        down::wipe(&instance)?;
        let mut up = Command::new("/proc/self/exe");
        up.args(["up", "--detach", "--no-build"])
            .current_dir(&project.root)
            .envs(settings.iter().copied())
            .env("FLOTILLA_DATA", &instance.data)
            .env("FLOTILLA_PORT_SHIFT", instance.ports.shift().to_string())
            // All load comes from one address here; the limit is for the world.
            .env("GATEWAY_RATE", "1000000");
        up.args((profile == Profile::Release).then_some("--release"));
        up.args((durable == Durable::No).then_some("--no-fsync"));
        let trial = Self { instance, profile, ended: false };
        command::run(&mut up).context("bringing up the fleet")?;
        Ok(trial)
    }

    /// What a journey needs to know: all that the tools know, the shop's address (`FLOTILLA_E2E`), the
    /// list of processes (`FLOTILLA_RECORDS`) and the binary (`FLOTILLA_BIN`).
    ///
    /// # Errors
    /// When the trial's secrets cannot be read.
    pub(crate) fn variables(&self) -> Result<Variables> {
        let secrets = Secrets::of(&self.instance.data)?;
        let settings = Settings::new(&self.instance, &secrets, false)?;
        let binary = cargo::binary(&self.instance.root, self.profile, "flotilla")?;
        let mut variables = settings.tools();
        let mut add = |name: &str, value: String| variables.push((name.to_owned(), value));
        add("FLOTILLA_E2E", settings.public_url());
        add("FLOTILLA_RECORDS", records::path(&self.instance.data).display().to_string());
        add("FLOTILLA_BIN", binary.display().to_string());
        Ok(variables)
    }

    /// Ends the fleet; its data and logs stay for a look until the next trial of that name.
    ///
    /// # Errors
    /// When it does not end.
    pub(crate) fn end(mut self) -> Result<()> {
        self.ended = true;
        down::end(&self.instance)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !self.ended {
            drop(down::end(&self.instance));
        }
    }
}
