//! CPU time and memory of the fleet's processes, as the kernel accounts them (proc(5)).

use std::collections::BTreeMap;
use std::fs;

use crate::fleet::{Fleet, FleetError, SERVICES};

/// Microseconds in one clock tick: `USER_HZ` is 100 on every Linux architecture that we run on.
const TICK_US: u64 = 10_000;

/// CPU time since the start of each process, in microseconds by its name in the records.
pub(crate) type Usage = BTreeMap<String, u64>;

/// What one process and its descendants have used, those included that have ended and were waited for:
/// exited Postgres backends stay in the postmaster's account.
///
/// # Errors
/// When the supervisor's records cannot be read.
pub(crate) fn usage(fleet: &Fleet) -> Result<Usage, FleetError> {
    let all = processes();
    let mut usage = Usage::new();
    for process in fleet.processes()? {
        let mut ticks = 0;
        let mut family = vec![process.identity.pid];
        while let Some(pid) = family.pop() {
            if let Some(stat) = all.get(&pid) {
                ticks += stat.ticks;
            }
            family.extend(all.iter().filter(|(_, stat)| stat.parent == pid).map(|(pid, _)| *pid));
        }
        *usage.entry(process.name).or_default() += ticks * TICK_US;
    }
    Ok(usage)
}

/// What was used between two looks, in microseconds by process.
pub(crate) fn between(before: &Usage, after: &Usage) -> Usage {
    let used = after.iter().map(|(name, after)| {
        let before = before.get(name).copied().unwrap_or(0);
        (name.clone(), after.saturating_sub(before))
    });
    used.collect()
}

/// The sum over all processes, in microseconds.
pub(crate) fn total(usage: &Usage) -> u64 {
    usage.values().sum()
}

/// Memory of all services in kilobytes: PSS, in which shared pages count once.
///
/// # Errors
/// When the supervisor's records cannot be read.
pub(crate) fn services_pss_kb(fleet: &Fleet) -> Result<u64, FleetError> {
    let services = fleet.processes()?.into_iter();
    let services = services.filter(|process| SERVICES.contains(&process.name.as_str()));
    let pss = services.filter_map(|process| {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.identity.pid));
        field(&rollup.ok()?, "Pss:")
    });
    Ok(pss.sum())
}

/// The number behind a name, as in `Pss:    1234 kB`.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: i32,
    /// Of itself and of children that were waited for, user and system.
    ticks: u64,
}

fn processes() -> BTreeMap<i32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, stat(&text)?))
    })
    .collect()
}

/// Fields 4 (parent) and 14 to 17 (times); the name in parentheses may hold anything.
fn stat(text: &str) -> Option<Stat> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let parent = fields.get(1)?.parse().ok()?;
    let times = fields.get(11..15)?.iter().filter_map(|time| time.parse::<u64>().ok());
    Some(Stat { parent, ticks: times.sum() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_process_and_of_its_late_children_are_summed() {
        let text = "42 (a b) c) S 7 42 42 0 -1 0 0 0 0 0 100 20 3 4 20 0 1 0 777";

        assert_eq!(stat(text), Some(Stat { parent: 7, ticks: 127 }));
    }

    #[test]
    fn our_own_time_goes_up() {
        let me = i32::try_from(std::process::id()).unwrap();
        let ticks = || processes()[&me].ticks;
        let begin = ticks();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while ticks() < begin + 2 && std::time::Instant::now() < end {}

        assert!(ticks() >= begin + 2);
    }

    #[test]
    fn what_began_later_counts_from_zero() {
        let before = Usage::from([("a".to_owned(), 10)]);
        let after = Usage::from([("a".to_owned(), 30), ("b".to_owned(), 5)]);

        assert_eq!(total(&between(&before, &after)), 25);
        assert_eq!(field("Rss: 9 kB\nPss:   1234 kB\n", "Pss:"), Some(1_234));
    }
}
