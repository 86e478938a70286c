//! The parent's end of a subject: start it, kill it, freeze it, see how it is.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use clap::ValueEnum;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::ground::Ground;
use crate::subject::{Interruption, Role, Without};

/// How subjects are started.
#[derive(Clone, Debug)]
pub struct Starter {
    /// This very program.
    pub program: PathBuf,
    /// Where the trial takes place.
    pub ground: Ground,
    /// A superuser's URL.
    pub database_url: String,
    /// Which guard they leave out.
    pub without: Option<Without>,
    /// The folder of their logs.
    pub logs: PathBuf,
}

impl Starter {
    /// Starts one, to be interrupted as said.
    ///
    /// # Errors
    /// It cannot start.
    pub fn start(
        &self,
        role: Role,
        slot: usize,
        interruption: Option<Interruption>,
    ) -> Result<Subject, Error> {
        let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
        let log = self.logs.join(format!("{}-{slot}.log", word(&role)));
        let mut command = Command::new(&self.program);
        command
            .args(["subject", "--role", &word(&role), "--name", &self.ground.name])
            .env("DATABASE_URL", &self.database_url)
            .env("KAFKA_BROKERS", &self.ground.brokers)
            .arg("--log")
            .arg(log)
            // It ends when this end is closed, however we end.
            .stdin(Stdio::piped())
            .kill_on_drop(true);
        if let Some(interruption) = interruption {
            command.args(["--interruption", &interruption.to_string()]);
        }
        if let Some(without) = self.without {
            let name = without.to_possible_value();
            command.args(name.iter().flat_map(|name| ["--without", name.get_name()]));
        }
        Ok(Subject { child: command.spawn()? })
    }
}

/// How a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It works, or could.
    Alive,
    /// It stands still.
    Frozen,
    /// It is gone.
    Dead,
}

/// A running subject; dropping it kills it.
#[derive(Debug)]
pub struct Subject {
    child: Child,
}

impl Subject {
    /// How it is now.
    pub fn state(&mut self) -> State {
        match (self.child.try_wait(), self.child.id()) {
            (Ok(None), Some(id)) => {
                let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
                // proc(5): the state follows the name, which is in parentheses and may hold anything.
                let state = stat.rsplit_once(')').map(|(_, rest)| rest.trim_start().as_bytes());
                if state.is_some_and(|state| state.first() == Some(&b'T')) {
                    State::Frozen
                } else {
                    State::Alive
                }
            }
            _ => State::Dead,
        }
    }

    /// Waits until it dies or freezes, for `patience` at most.
    pub async fn interrupted(&mut self, patience: Duration) -> State {
        let until = Instant::now() + patience;
        loop {
            let state = self.state();
            if state != State::Alive || Instant::now() >= until {
                return state;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Kills it wherever it is.
    pub async fn kill(mut self) {
        // It may be dead already.
        let _dead = self.child.kill().await;
    }

    /// Freezes it.
    pub fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Asks it to end in good order, and kills it if it does not in `patience`.
    pub async fn stop(mut self, patience: Duration) {
        self.signal(Signal::SIGTERM);
        if tokio::time::timeout(patience, self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            // It is our child and not waited for, so the id is still its own.
            let _dead = kill(Pid::from_raw(id), signal);
        }
    }
}
