//! What runs, written down in the data folder so that other calls of ./dev find and end it.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::program::Stage;

/// How far the fleet has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Still on its way up.
    Starting,
    /// Everything is ready.
    Ready,
}

/// One process of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its name, as in `./dev logs NAME`.
    pub(crate) name: String,
    /// When it stops.
    pub(crate) stage: Stage,
    /// The port that shows whether it is ready.
    pub(crate) port: u16,
    /// The process itself.
    pub(crate) identity: Identity,
    /// How often it was started anew.
    pub(crate) restarts: u32,
}

/// Everything that one `./dev up` runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Records {
    /// The process that watches over the others.
    pub(crate) supervisor: Identity,
    /// How far it has come.
    pub(crate) phase: Phase,
    /// The others.
    pub(crate) processes: Vec<Entry>,
}

impl Records {
    /// The records of a data folder, `None` when nothing was started there.
    ///
    /// # Errors
    /// When the file is damaged.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>> {
        let path = path(data);
        let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
        let records = serde_json::from_str(&text);
        Ok(Some(records.with_context(|| format!("{} is damaged", path.display()))?))
    }

    /// Replaces the records of a data folder in one go.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn write(&self, data: &Path) -> Result<()> {
        let path = path(data);
        let fresh = path.with_extension("new");
        fs::write(&fresh, serde_json::to_string_pretty(self)?)
            .and_then(|()| fs::rename(&fresh, &path))
            .with_context(|| format!("writing {}", path.display()))
    }

    /// Forgets what ran.
    pub(crate) fn remove(data: &Path) {
        drop(fs::remove_file(path(data)));
    }

    /// Ends what is left of these processes, stage by stage; returns the names of those it ended.
    pub(crate) fn end_processes(&self) -> Vec<String> {
        let mut ended = Vec::new();
        for stage in Stage::STOPPING {
            let of_stage: Vec<&Entry> =
                self.processes.iter().filter(|entry| entry.stage == stage).collect();
            let alive = of_stage.iter().filter(|entry| entry.identity.is_alive());
            ended.extend(alive.map(|entry| entry.name.clone()));
            let all: Vec<&Identity> = of_stage.iter().map(|entry| &entry.identity).collect();
            end_all(&all, stage.signal(), || {});
        }
        ended
    }
}

/// Where the records of a data folder are; tools that kill processes on purpose read them too.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("run/fleet.json")
}

/// How long a process may take to end in good order.
const GRACE: Duration = Duration::from_secs(20);

/// Signals these processes, waits, and kills the groups of those that do not listen. `reap` is
/// called while waiting, for a caller whose children they are.
pub(crate) fn end_all(identities: &[&Identity], signal: Signal, mut reap: impl FnMut()) {
    for identity in identities.iter().filter(|identity| identity.is_alive()) {
        let _ = kill(Pid::from_raw(identity.pid), signal);
    }
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline && identities.iter().any(|identity| identity.is_alive()) {
        reap();
        std::thread::sleep(Duration::from_millis(25));
    }
    for identity in identities.iter().filter(|identity| identity.is_alive()) {
        // Each of ours leads a group that has its id.
        let _ = killpg(Pid::from_raw(identity.pid), Signal::SIGKILL);
    }
    reap();
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    use super::*;

    fn records(identity: Identity, stage: Stage) -> Records {
        let me = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        let name = "sleeper".to_owned();
        let entry = Entry { name, stage, port: 1, identity, restarts: 0 };
        Records { supervisor: me, phase: Phase::Starting, processes: vec![entry] }
    }

    #[test]
    fn only_the_recorded_process_is_ended_and_not_a_later_one_with_its_id() {
        let mut child = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
        let identity = Identity::of(i32::try_from(child.id()).unwrap()).unwrap();
        let earlier = Identity { started: identity.started - 1, ..identity.clone() };

        let spared = records(earlier, Stage::Database).end_processes();
        let ended = records(identity, Stage::Service).end_processes();

        assert!(spared.is_empty());
        assert_eq!(ended, ["sleeper"]);
        // Each stage has a signal of its own, so this tells which of the two calls ended it.
        assert_eq!(child.wait().unwrap().signal(), Some(Signal::SIGTERM as i32));
    }

    #[test]
    fn records_come_back_as_they_were_written() {
        let data = std::env::temp_dir().join(format!("xtask-records-{}", std::process::id()));
        fs::create_dir_all(data.join("run")).unwrap();
        let me = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        let records = records(me, Stage::Broker);

        records.write(&data).unwrap();
        let read = Records::read(&data).unwrap();

        fs::remove_dir_all(&data).unwrap();
        assert_eq!(read, Some(records));
    }
}
