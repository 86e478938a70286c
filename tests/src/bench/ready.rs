//! How long each service takes from its start until it is ready, its database migrated.

use std::collections::BTreeMap;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::fleet::{Fleet, FleetError, Process, SERVICES};
use crate::shop::{Error, Shop};

/// The longest time that a service may take to end and start again.
const PATIENCE: Duration = Duration::from_mins(1);

/// Restarts every service, one after the other; milliseconds from each start until `/readyz` says 200.
///
/// # Errors
/// When a service does not come back.
pub(crate) async fn measure(
    fleet: &Fleet,
    shop: &Shop,
) -> Result<BTreeMap<&'static str, u64>, Error> {
    let mut all = BTreeMap::new();
    for service in SERVICES {
        let before = fleet.process(service).map_err(broken)?;
        // The supervisor starts what was asked to end without a pause.
        let wish = fleet.records.with_file_name(format!("restart-{service}"));
        std::fs::write(&wish, "").map_err(|error| Error::Never(error.to_string()))?;
        kill(Pid::from_raw(before.identity.pid), Signal::SIGTERM)
            .map_err(|error| Error::Never(format!("{service}: {error}")))?;
        let begin = Instant::now();
        let after = successor(fleet, &before, begin).await?;
        let url = format!("http://127.0.0.1:{}/readyz", after.port);
        while !shop.http().get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
            patient(service, begin)?;
            sleep(Duration::from_millis(2)).await;
        }
        all.insert(service, since_start(&after));
    }
    Ok(all)
}

async fn successor(fleet: &Fleet, before: &Process, begin: Instant) -> Result<Process, Error> {
    loop {
        let now = fleet.process(&before.name).map_err(broken)?;
        if now.identity != before.identity {
            return Ok(now);
        }
        patient(&before.name, begin)?;
        sleep(Duration::from_millis(2)).await;
    }
}

/// Milliseconds since a process was started. Start and now are both in clock ticks of 10 ms since boot
/// (proc(5): `stat` field 22, `uptime`), so it is right to 10 ms.
fn since_start(process: &Process) -> u64 {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let now: u64 = uptime
        .split_whitespace()
        .next()
        .and_then(|seconds| seconds.replace('.', "").parse().ok())
        .unwrap_or(0);
    now.saturating_sub(process.identity.started) * 10
}

fn patient(service: &str, begin: Instant) -> Result<(), Error> {
    if begin.elapsed() < PATIENCE {
        return Ok(());
    }
    Err(Error::Late { what: format!("{service} ready again"), patience: PATIENCE })
}

fn broken(error: FleetError) -> Error {
    Error::Never(error.to_string())
}
