//! Brings up each part in order: databases and broker, build, topics, migrations, services, gateway.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::cargo;
use crate::command;
use crate::fleet;
use crate::instance::{self, Instance};
use crate::parts::{gateway, kafka, postgres};
use crate::ports::{self, SERVICES, Service};
use crate::progress::Progress;
use crate::screen;
use crate::secrets::Secrets;
use crate::settings::{self, Settings, Variables};
use crate::supervisor::Supervisor;
use crate::up::Options;

/// How long a part may take to be ready on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Brings up what `options` ask for, and returns what to tell the developer.
///
/// # Errors
/// The first thing that did not work.
pub(crate) fn everything(
    instance: &Instance,
    options: &Options,
    supervisor: &mut Supervisor,
    progress: &mut Progress,
) -> Result<String> {
    let alone = options.service.as_deref().map(ports::find).transpose()?;
    let secrets = Secrets::of(&instance.data)?;
    let settings = Settings::new(instance, &secrets, options.https)?;
    let parts = start_parts(instance, options, &secrets, supervisor, progress)?;
    if !options.no_build {
        progress.loud_step("build", || cargo::build(&instance.root, options.profile()))?;
    }
    let built = cargo::binary(&instance.root, options.profile(), "flotilla")?;
    let binary = instance::reachable_binary(instance, &built)?;
    for name in parts {
        progress.step(&format!("{name} answers"), || supervisor.wait_ready(name, PATIENCE))?;
    }
    let tools = Tools { instance, binary: &binary, settings: &settings };
    tools.provision(alone, progress)?;
    let programs = match alone {
        Some(service) => vec![fleet::service(instance, &settings, &binary, service)?],
        None => fleet::programs(instance, &settings, &binary)?,
    };
    let what = alone.map_or_else(|| "services and sandboxes".to_owned(), |one| one.name.to_owned());
    progress.step(&format!("{what} ready"), || {
        let names: Vec<String> = programs.iter().map(|program| program.name.clone()).collect();
        programs.into_iter().try_for_each(|program| supervisor.start(program))?;
        names.iter().try_for_each(|name| supervisor.wait_ready(name, PATIENCE))
    })?;
    if let Some(service) = alone {
        let port = instance.ports.http(service.name).unwrap_or_default();
        return Ok(format!("{what} answers on http://127.0.0.1:{port}. Ctrl-C ends it."));
    }
    progress.step("gateway", || {
        supervisor.start(gateway::prepare(instance, &settings, &binary, options.https)?)?;
        supervisor.wait_ready(gateway::NAME, PATIENCE)
    })?;
    if !options.no_demo {
        progress.step("demo catalogue", || tools.load_demo())?;
    }
    Ok(summary(instance, &settings, progress))
}

/// Starts Postgres and Kafka without waiting for them, and returns the names of those started.
fn start_parts(
    instance: &Instance,
    options: &Options,
    secrets: &Secrets,
    supervisor: &mut Supervisor,
    progress: &mut Progress,
) -> Result<Vec<&'static str>> {
    let mut started = Vec::new();
    if settings::given_postgres().is_none() {
        progress.step("Postgres: programs and cluster", || {
            supervisor.start(postgres::prepare(instance, secrets, options.durability())?)
        })?;
        started.push(postgres::NAME);
    }
    if settings::given_brokers().is_none() {
        progress
            .step("Kafka: programs and storage", || supervisor.start(kafka::prepare(instance)?))?;
        started.push(kafka::NAME);
    }
    Ok(started)
}

/// The `flotilla` binary's own tools, run as the fleet's unprivileged user.
struct Tools<'a> {
    instance: &'a Instance,
    binary: &'a Path,
    settings: &'a Settings,
}

impl Tools<'_> {
    /// Databases, roles, topics, keys and tables; each step changes nothing when done before.
    fn provision(&self, alone: Option<Service>, progress: &mut Progress) -> Result<()> {
        progress
            .step("databases and roles", || self.run(&["dev-databases"], self.settings.tools()))?;
        progress.step("topics", || self.run(&["topics"], self.settings.tools()))?;
        progress.step("keys", || {
            let keys = self.instance.data.join("keys");
            self.instance.account.make_folder(&keys, 0o700)?;
            self.run(&["dev-keys", &keys.to_string_lossy()], self.settings.common())
        })?;
        let migrated: Vec<Service> = match alone {
            Some(service) => vec![service],
            None => SERVICES.to_vec(),
        };
        progress.step("migrations", || {
            migrated.iter().filter(|service| service.database).try_for_each(|service| {
                self.run(&["migrate", service.name], self.settings.migration(*service))
                    .with_context(|| service.name)
            })
        })
    }

    /// Loads the demo catalogue once per data folder, and keeps what the tool says (the logins).
    fn load_demo(&self) -> Result<()> {
        let kept = logins(self.instance);
        if kept.is_file() {
            return Ok(());
        }
        let mut command = self.command(&["demo"], self.settings.tools());
        let words = command::capture(&mut command)?;
        fs::write(&kept, words).context("keeping the demo logins")
    }

    fn run(&self, arguments: &[&str], variables: Variables) -> Result<()> {
        let mut command = self.command(arguments, variables);
        command::run_logged(&mut command, &self.instance.log("tools"))
    }

    fn command(&self, arguments: &[&str], variables: Variables) -> Command {
        let mut command = Command::new(self.binary);
        command.args(arguments).envs(variables).current_dir(&self.instance.data);
        self.instance.account.apply(&mut command);
        command
    }
}

/// What the demo tool said about itself when it had loaded everything.
fn logins(instance: &Instance) -> PathBuf {
    instance.data.join("demo.txt")
}

fn summary(instance: &Instance, settings: &Settings, progress: &Progress) -> String {
    let shop = settings.public_url();
    let mail = instance.ports.sandbox("mail").unwrap_or_default();
    let demo = fs::read_to_string(logins(instance)).unwrap_or_default();
    format!(
        "\nFlotilla is up after {}.\n\n  shop      {shop}/\n  staff     {shop}/admin\n  API       \
         {shop}/api/docs\n  mailbox   http://localhost:{mail}/\n\n{}\n\n./dev status · ./dev logs orders -f \
         · ./dev down (or Ctrl-C where it runs)",
        screen::human(progress.elapsed()),
        demo.trim_end()
    )
}
