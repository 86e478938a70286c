//! `./dev status`: per process whether it is up and where, and how far its events lag behind.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::cargo::{self, Profile};
use crate::command;
use crate::instance::Instance;
use crate::records::{Entry, Phase, Records};
use crate::restart;
use crate::screen::{self, Paint};
use crate::secrets::Secrets;
use crate::settings::Settings;

/// Prints the table.
///
/// # Errors
/// When nothing runs, or something that should be up is not.
pub(crate) fn run() -> Result<()> {
    let instance = Instance::from_environment()?;
    let Some(records) = Records::read(&instance.data)? else {
        bail!("nothing runs: ./dev up starts it")
    };
    let lags = backlog(&instance).unwrap_or_default();
    screen::say(format!(
        "{:<18} {:<9} {:>6} {:>8} {:>8} {:>14} {:>16} {:>12}",
        "process",
        "state",
        "port",
        "pid",
        "restarts",
        "oldest unsent",
        "oldest unhandled",
        "differences"
    ));
    let mut down = Vec::new();
    for entry in &records.processes {
        let up = restart::ready(entry);
        screen::say(line(entry, up, &lags));
        if !up {
            down.push(entry.name.as_str());
        }
    }
    if !records.supervisor.is_alive() {
        bail!(
            "nobody watches over these: the process that ran ./dev up is gone; ./dev down ends them"
        );
    }
    if records.phase == Phase::Starting {
        screen::say("Still on its way up.");
    }
    if down.is_empty() { Ok(()) } else { bail!("not ready: {}", down.join(", ")) }
}

fn line(entry: &Entry, up: bool, lags: &Value) -> String {
    let state = if up {
        screen::paint(Paint::Green, "up       ")
    } else {
        screen::paint(Paint::Red, "not ready")
    };
    let lag = |field: &str| age(lags.get(&entry.name).and_then(|lag| lag.get(field)));
    format!(
        "{:<18} {state} {:>6} {:>8} {:>8} {:>14} {:>16} {:>12}",
        entry.name,
        entry.port,
        entry.identity.pid,
        entry.restarts,
        lag("oldest_unsent_ms"),
        lag("oldest_unhandled_ms"),
        differences(lags.get(&entry.name)),
    )
}

/// How many differences there are between a service's topics and its outbox.
fn differences(lag: Option<&Value>) -> String {
    lag.and_then(|lag| lag.get("topic_differences")).map(Value::to_string).unwrap_or_default()
}

/// An age in milliseconds for people; `null` means that nothing waits, no value that nobody knows.
fn age(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Null) => "none".to_owned(),
        Some(value) => value
            .as_u64()
            .map_or_else(|| "?".to_owned(), |millis| screen::human(Duration::from_millis(millis))),
    }
}

/// Asks the `flotilla` binary, as it was built last, for every service's backlog.
fn backlog(instance: &Instance) -> Result<Value> {
    let secrets = Secrets::of(&instance.data)?;
    let settings = Settings::new(instance, &secrets, false)?;
    let binary = [Profile::Dev, Profile::Release]
        .into_iter()
        .find_map(|profile| cargo::binary(&instance.root, profile, "flotilla").ok())
        .context("nothing was built yet")?;
    let binary: &Path = &binary;
    let text = command::capture(Command::new(binary).arg("backlog").envs(settings.tools()))?;
    serde_json::from_str(&text).context("reading the backlog")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_waiting_and_not_known_look_different() {
        let known = json!({ "a": null, "b": 2500, "c": "x" });

        let ages = ["a", "b", "c", "d"].map(|field| age(known.get(field)));

        assert_eq!(ages, ["none", "2.5 s", "?", ""]);
    }
}
