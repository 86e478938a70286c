//! Debezium on the same Postgres, broker and rows: its program is in `tests/debezium`.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Stdio;

use tokio::process::Command;

use crate::Options;
use crate::figures::Figures;
use crate::parts::Parts;

/// What Java may take for objects; all else that it takes comes on top.
pub(crate) const HEAP: &str = "-Xmx512m";
const DATABASE: &str = "bench_debezium";
/// Kept quiet: while draining, that its statistics do not keep up; at the start, that it tries the slot again.
const LOGGING: [&str; 3] = [
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.io.debezium.metrics.stats=error",
    "-Dorg.slf4j.simpleLogger.log.io.debezium.connector.postgresql.connection=error",
];

/// How Debezium is set.
#[derive(Clone, Copy)]
pub(crate) enum Setting {
    Tuned,
    Default,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tuned => "tuned",
            Self::Default => "default",
        })
    }
}

/// Why Debezium cannot be measured here, if it cannot.
pub(crate) async fn obstacle(parts: &Parts, options: &Options) -> Option<String> {
    if options.debezium.is_none() {
        let unknown = || "no classes (--debezium); ./dev bench events builds them".to_owned();
        return Some(options.no_debezium.clone().unwrap_or_else(unknown));
    }
    let level = parts.setting("wal_level").await;
    (level != "logical").then(|| format!("the server's wal_level is {level}; it needs logical"))
}

/// Runs it in a process of its own: memory and machine code of one setting would otherwise be the other's.
pub(crate) async fn measure(
    parts: &Parts,
    options: &Options,
    setting: Setting,
    figures: &mut Figures,
) -> Result<(), String> {
    drop(parts.fresh_database(DATABASE).await);
    let classes = options.debezium.as_deref().unwrap_or_default();
    let (seconds, rounds) = (options.seconds.to_string(), options.rounds.to_string());
    let mut java = Command::new("java");
    java.arg(HEAP)
        .args(LOGGING)
        .args(["-cp", classes, "flotilla.debezium.Main", &setting.to_string()])
        .env("DATABASE_URL", parts.url_of(DATABASE))
        .env("KAFKA_BROKERS", &parts.brokers)
        .env("DEBEZIUM_BACKLOG", options.backlog.to_string())
        .env("DEBEZIUM_ROUNDS", &rounds)
        .env("DEBEZIUM_WARM_SECONDS", &seconds)
        .env("DEBEZIUM_WINDOW_SECONDS", &seconds)
        .env("DEBEZIUM_WINDOWS", &rounds)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let java = java.spawn().map_err(|error| format!("starting java: {error}"))?;
    let output = java.wait_with_output().await.map_err(|error| format!("its end: {error}"))?;
    if !output.status.success() {
        return Err(format!("Debezium ({setting}) ended with {}", output.status));
    }
    let found: BTreeMap<String, f64> =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("its figures: {error}"))?;
    found.iter().for_each(|(name, value)| figures.add(name, *value));
    Ok(())
}
