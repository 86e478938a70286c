//! A Postgres and a Kafka alone, without services, in a folder and on ports of their own.
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::command;
use crate::down;
use crate::instance::Instance;
use crate::parts::postgres::Durability;
use crate::parts::{kafka, postgres};
use crate::records;
use crate::secrets::Secrets;
use crate::settings::{self, Settings, Variables};
use crate::supervisor::Supervisor;

const PATIENCE: Duration = Duration::from_secs(180);

/// The running parts; dropping them ends them.
pub(crate) struct Alone {
    supervisor: Supervisor,
    /// How a program finds them: `DATABASE_URL` (a superuser's) and `KAFKA_BROKERS`; and the list of
    /// processes, for those who kill them (`FLOTILLA_RECORDS`).
    pub(crate) variables: Variables,
}

/// Starts fresh parts, the server with some `settings` more, and takes what the environment gives
/// (`FLOTILLA_POSTGRES_URL`, `KAFKA_BROKERS`) in their place.
///
/// # Errors
/// When a part cannot start.
pub(crate) fn start(
    instance: &Instance,
    (name, port_shift): (&str, u16),
    durability: Durability,
    settings: &[&str],
) -> Result<Alone> {
    let own = instance.sibling(name, port_shift)?;
    crate::up::claim::folder(&own)?;
    down::wipe(&own)?;
    own.prepare()?;
    let secrets = Secrets::of(&own.data)?;
    let mut supervisor = Supervisor::of(own.data.clone())?;
    let mut started = Vec::new();
    if settings::given_postgres().is_none() {
        let mut server = postgres::prepare(&own, &secrets, durability)?;
        for setting in settings {
            server.arguments.extend(["-c".into(), setting.into()]);
        }
        supervisor.start(server)?;
        started.push(postgres::NAME);
    }
    if settings::given_brokers().is_none() {
        supervisor.start(kafka::prepare(&own)?)?;
        started.push(kafka::NAME);
    }
    started.iter().try_for_each(|name| supervisor.wait_ready(name, PATIENCE))?;
    let mut variables = Settings::new(&own, &secrets, false)?.for_tests();
    let records = records::path(&own.data).display().to_string();
    variables.push(("FLOTILLA_RECORDS".to_owned(), records));
    Ok(Alone { supervisor, variables })
}

impl Alone {
    /// Runs a program against the parts to its end, and starts those again that die meanwhile.
    ///
    /// # Errors
    /// When the program fails.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.envs(variables);
        command::run_beside(command, || self.supervisor.look_after())
    }
}
