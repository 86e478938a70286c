//! Who a process is: its id together with the moment it began, so that a recycled id is never hit.
use std::fs;

use serde::{Deserialize, Serialize};

/// A process that cannot be mistaken for a later one with the same id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The process id.
    pub(crate) pid: i32,
    /// Clock ticks from boot to the process's start, field 22 of `/proc/<pid>/stat` (proc(5)).
    pub(crate) started: u64,
    /// The boot that `started` counts from.
    pub(crate) boot: String,
}

impl Identity {
    /// The process that has this id now, unless it is gone or a zombie.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        stat.running().then(|| Self { pid, started: stat.started, boot: boot() })
    }

    /// Whether this very process still runs.
    pub(crate) fn is_alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }
}

struct Stat {
    state: char,
    started: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The program's name stands in parentheses and may hold spaces and parentheses itself, so
    /// the fields are counted from the last one.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let mut fields = fields.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let started = fields.nth(18)?.parse().ok()?;
        Some(Self { state, started })
    }

    fn running(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_hostile_program_name_does_not_shift_the_fields() {
        let fields = "S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0";

        let stat = Stat::parse(&format!("42 (a) S (b c) {fields}")).unwrap();

        assert_eq!((stat.state, stat.started), ('S', 777));
    }

    #[test]
    fn a_recycled_id_is_somebody_else() {
        let me = Identity::of(i32::try_from(std::process::id()).unwrap()).unwrap();

        assert!(me.is_alive());
        assert!(!Identity { started: me.started - 1, ..me.clone() }.is_alive());
        assert!(!Identity { boot: "an earlier boot".to_owned(), ..me }.is_alive());
    }

    #[test]
    fn a_zombie_is_dead() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while Identity::of(pid).is_some() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }

        assert!(Stat::read(pid).is_some(), "not reaped yet, so the kernel still lists it");
        assert_eq!(Identity::of(pid), None);
        child.wait().unwrap();
    }
}
