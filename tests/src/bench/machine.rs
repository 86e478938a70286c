//! What was measured on, and with which settings.

use std::fs;

use sqlx::{Connection as _, PgConnection};

use crate::fleet::Fleet;

/// Lines that describe the machine.
pub(crate) fn describe() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let memory = read("/proc/meminfo");
    let memory = memory.lines().next().unwrap_or_default().replace("MemTotal:", "");
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    vec![
        format!("cpu        {cores} x {}", model.map_or("unknown", |(_, name)| name)),
        format!("memory     {}", memory.trim()),
        format!("kernel     {}", read("/proc/sys/kernel/osrelease").trim()),
        format!("load       {} before it began", load.join(" ")),
        format!(
            "build      {}",
            if cfg!(debug_assertions) { "DEBUG: not meant for measuring" } else { "release" }
        ),
    ]
}

/// Settings of the database that decide what a commit costs.
///
/// # Errors
/// The database cannot be asked.
pub(crate) async fn settings(fleet: &Fleet) -> Result<String, sqlx::Error> {
    let mut conn = PgConnection::connect(&fleet.database("orders")).await?;
    let (version, fsync, synchronous): (String, String, String) = sqlx::query_as(
        "select current_setting('server_version'), current_setting('fsync'),
             current_setting('synchronous_commit')",
    )
    .fetch_one(&mut conn)
    .await?;
    conn.close().await?;
    Ok(format!("postgres   {version}, fsync {fsync}, synchronous_commit {synchronous}"))
}
