//! What it takes to run one process of the fleet.
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::command;
use crate::probe::Readiness;

/// When a process starts, and in the other direction when it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Postgres.
    Database,
    /// Kafka.
    Broker,
    /// The services and the sandboxes.
    Service,
    /// nginx.
    Gateway,
}

impl Stage {
    /// All stages, in the order of stopping.
    pub(crate) const STOPPING: [Self; 4] =
        [Self::Gateway, Self::Service, Self::Broker, Self::Database];

    /// How this stage's processes are asked to end at once but in good order. Postgres takes
    /// SIGTERM as "when the last client has left" (PostgreSQL manual, "Shutting Down the Server").
    pub(crate) fn signal(self) -> Signal {
        match self {
            Self::Database => Signal::SIGINT,
            Self::Broker | Self::Service | Self::Gateway => Signal::SIGTERM,
        }
    }
}

/// A process to be: what to run, as whom, with which settings.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name in logs and in `./dev restart NAME`.
    pub(crate) name: String,
    /// When it starts and stops.
    pub(crate) stage: Stage,
    /// The executable.
    pub(crate) executable: PathBuf,
    /// Its arguments.
    pub(crate) arguments: Vec<OsString>,
    /// Settings, beside those that the developer's shell has.
    pub(crate) environment: Vec<(String, String)>,
    /// Whom it runs as.
    pub(crate) account: Account,
    /// Where its words go.
    pub(crate) log: PathBuf,
    /// The folder that it runs in.
    pub(crate) folder: PathBuf,
    /// How it shows that it is ready.
    pub(crate) ready: Readiness,
}

impl Program {
    /// Starts the process in a group of its own, so that Ctrl-C reaches us and not it.
    ///
    /// # Errors
    /// When the log cannot be opened or the executable cannot start.
    pub(crate) fn start(&self) -> Result<Child> {
        let log = command::append(&self.log)?;
        let mut command = Command::new(&self.executable);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("sharing the log")?)
            .stderr(log);
        for (name, _) in std::env::vars_os() {
            // Cargo's own settings of this tool would only puzzle a service.
            if name.to_string_lossy().starts_with("CARGO") {
                command.env_remove(name);
            }
        }
        self.account.apply(&mut command);
        command::spawn(&mut command)
    }
}
