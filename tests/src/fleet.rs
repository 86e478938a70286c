//! The fleet under trial: where its parts are, and its processes as the supervisor records them.

use std::path::PathBuf;

use serde::Deserialize;

/// Services that have a database.
pub const WITH_DATABASE: [&str; 9] = [
    "auth",
    "catalog",
    "inventory",
    "notifications",
    "orders",
    "payments",
    "pricing",
    "search",
    "shipping",
];

/// Every service.
pub const SERVICES: [&str; 11] = [
    "auth",
    "backoffice",
    "catalog",
    "inventory",
    "notifications",
    "orders",
    "payments",
    "pricing",
    "search",
    "shipping",
    "storefront",
];

/// Where the parts are, as `./dev chaos` and `./dev bench` say; see also [`crate::shop::Places`].
#[derive(Clone, Debug, clap::Args)]
pub struct Fleet {
    /// The supervisor's list of processes.
    #[arg(long, env = "FLOTILLA_RECORDS", hide = true)]
    pub records: PathBuf,
    /// Every service's database, `{service}` for its name, as the role that owns the tables.
    #[arg(long, env = "DATABASE_URL_TEMPLATE", hide = true, hide_env_values = true)]
    pub database_url_template: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS", hide = true)]
    pub kafka_brokers: String,
}

/// A process of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Process {
    /// As in `./dev logs NAME`.
    pub name: String,
    /// The port that shows whether it is ready.
    pub port: u16,
    /// Which process it is.
    pub identity: Identity,
    /// How often it was started anew.
    pub restarts: u32,
}

/// A process that cannot be mistaken for a later one with its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Identity {
    /// The process id.
    pub pid: i32,
    /// Clock ticks from boot to its start.
    pub started: u64,
}

#[derive(Deserialize)]
struct Records {
    processes: Vec<Process>,
}

/// Why the fleet cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The records cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The records say something else than expected.
    #[error("the supervisor's records: {0}")]
    Damaged(#[from] serde_json::Error),
    /// The supervisor does not run such a process.
    #[error("no process is called {0}")]
    NoSuchProcess(String),
    /// The signal could not be sent.
    #[error("killing {0}: {1}")]
    Spared(String, nix::errno::Errno),
}

impl Fleet {
    /// A service's database.
    #[must_use]
    pub fn database(&self, service: &str) -> String {
        self.database_url_template.replace("{service}", service)
    }

    /// All processes as they are now.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub fn processes(&self) -> Result<Vec<Process>, FleetError> {
        let path = self.records.display().to_string();
        let text = std::fs::read_to_string(&self.records)
            .map_err(|source| FleetError::Unreadable { path, source })?;
        Ok(serde_json::from_str::<Records>(&text)?.processes)
    }

    /// The process of that name.
    ///
    /// # Errors
    /// When there is none.
    pub fn process(&self, name: &str) -> Result<Process, FleetError> {
        let mut all = self.processes()?.into_iter();
        let found = all.find(|process| process.name == name);
        found.ok_or_else(|| FleetError::NoSuchProcess(name.to_owned()))
    }
}

impl Process {
    /// Whether this very process still runs; its id may have gone to another one.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.identity.pid));
        stat.is_ok_and(|stat| started(&stat) == Some(self.identity.started))
    }

    /// Kills it at once, as a power cut would; false when it was dead already.
    ///
    /// # Errors
    /// When the system does not allow it.
    pub fn kill(&self) -> Result<bool, FleetError> {
        use nix::sys::signal::{Signal, kill};
        if !self.is_alive() {
            return Ok(false);
        }
        match kill(nix::unistd::Pid::from_raw(self.identity.pid), Signal::SIGKILL) {
            Ok(()) => Ok(true),
            Err(nix::errno::Errno::ESRCH) => Ok(false),
            Err(error) => Err(FleetError::Spared(self.name.clone(), error)),
        }
    }
}

/// Field 22 of `/proc/<pid>/stat` (proc(5)) of a process that is no zombie. The name in parentheses may
/// hold anything, so fields count from the last one.
fn started(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X")).then(|| fields.nth(18)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_process_is_not_mistaken_for_its_successor() {
        let stat = |state: &str| {
            format!("42 (a) S (b) {state} 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0")
        };

        assert_eq!(started(&stat("S")), Some(777));
        assert_eq!(started(&stat("Z")), None);
        let me = i32::try_from(std::process::id()).unwrap();
        let text = std::fs::read_to_string("/proc/self/stat").unwrap();
        let identity = Identity { pid: me, started: started(&text).unwrap() };
        let process = Process { name: "me".into(), port: 1, identity, restarts: 0 };
        assert!(process.is_alive());
        let earlier = Identity { pid: me, started: process.identity.started - 1 };
        assert!(!Process { identity: earlier, ..process }.kill().unwrap());
    }
}
