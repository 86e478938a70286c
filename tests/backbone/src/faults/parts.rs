//! Postgres and Kafka: killed and frozen from outside; the supervisor starts them again.

use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use crate::Error;

/// How long the supervisor may take to start a part again.
const RESTART: Duration = Duration::from_secs(60);

/// The parts, as the supervisor records them.
#[derive(Clone, Debug)]
pub struct Parts {
    records: PathBuf,
}

#[derive(Deserialize)]
struct Records {
    processes: Vec<Process>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Process {
    name: String,
    identity: Identity,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Identity {
    pid: i32,
    started: u64,
}

impl Parts {
    /// Those of this list.
    #[must_use]
    pub fn of(records: PathBuf) -> Self {
        Self { records }
    }

    /// Ends Postgres as `pg_ctl stop -m immediate` does (SIGQUIT: no checkpoint, clients cut off).
    ///
    /// # Errors
    /// It is not there, or does not come back.
    pub async fn restart_database(&self) -> Result<(), Error> {
        self.restart("postgres", Signal::SIGQUIT).await
    }

    /// Kills the broker.
    ///
    /// # Errors
    /// It is not there, or does not come back.
    pub async fn restart_broker(&self) -> Result<(), Error> {
        self.restart("kafka", Signal::SIGKILL).await
    }

    /// Lets the broker stand still for a while.
    ///
    /// # Errors
    /// It is not there.
    pub async fn freeze_broker(&self, length: Duration) -> Result<(), Error> {
        let process = self.process("kafka")?;
        process.signal(Signal::SIGSTOP)?;
        sleep(length).await;
        process.signal(Signal::SIGCONT)
    }

    async fn restart(&self, name: &str, signal: Signal) -> Result<(), Error> {
        let process = self.process(name)?;
        // The supervisor then knows that it is to start again at once.
        std::fs::write(self.records.with_file_name(format!("restart-{name}")), "")?;
        process.signal(signal)?;
        let until = Instant::now() + RESTART;
        while self.process(name)?.identity == process.identity {
            if Instant::now() > until {
                return Err(Error::Overdue(format!("{name} was not started again")));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn process(&self, name: &str) -> Result<Process, Error> {
        let text = std::fs::read_to_string(&self.records)?;
        let records: Records = serde_json::from_str(&text)?;
        let found = records.processes.into_iter().find(|process| process.name == name);
        found.ok_or_else(|| Error::Overdue(format!("no process of ours is called {name}")))
    }
}

impl Process {
    fn signal(&self, signal: Signal) -> Result<(), Error> {
        kill(Pid::from_raw(self.identity.pid), signal).map_err(|errno| Error::System(errno.into()))
    }
}
