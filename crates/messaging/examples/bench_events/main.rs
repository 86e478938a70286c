//! `./dev bench events`: the relay measured beside Debezium, and beside the limits of what both stand on.
//!
//! Read `open` (latency at a steady rate, seen from outside), `handled` (until the committed effect), `drain`
//! (a backlog), `outage` (an hour's, in windows), `cost` (what an append adds to a transaction), `raw` (the
//! same broker and database without us), `peer` (Debezium), and `table`, which says what is unfair to whom.
//! `child` is the process that is measured, `load` its writers.
#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a measurement ends at its first trouble"
)]
#![expect(clippy::float_arithmetic, reason = "figures are measured, not counted")]

mod child;
mod cost;
mod drain;
mod figures;
mod handled;
mod load;
mod open;
mod outage;
mod parts;
mod peer;
mod raw;
mod steady;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use self::child::Role;
use self::figures::{Figures, describe};
use self::parts::Parts;
use self::peer::Setting;

/// Events of an hour's outage, and of one to see whether it works.
const OUTAGE: u32 = 3_600_000;
const QUICK_OUTAGE: u32 = 100_000;

/// Measures the relay on a Postgres and a Kafka that nobody else uses.
#[derive(Parser)]
struct Options {
    /// A superuser's URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
    /// Events that wait when a drain begins; thousands.
    #[arg(long, default_value_t = 300_000)]
    backlog: u32,
    /// Seconds of each load.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often each is measured; the best counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only this: drain what an hour's outage of the broker leaves behind at 1,000 events a second.
    #[arg(long)]
    outage: bool,
    /// A minute instead of eight, to see whether it works.
    #[arg(long)]
    quick: bool,
    /// The class path of `tests/debezium`.
    #[arg(long, env = "DEBEZIUM_CLASSES")]
    debezium: Option<String>,
    /// Why there is none.
    #[arg(long, env = "DEBEZIUM_MISSING", hide = true)]
    no_debezium: Option<String>,
    /// Where the figures go.
    #[arg(long, default_value = "target/bench/events.json")]
    out: PathBuf,
    #[command(subcommand)]
    role: Option<Role>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut options = Options::parse();
    let parts = Parts::new(&options.database_url, &options.kafka_brokers);
    if let Some(role) = options.role.take() {
        role.play(&parts).await;
        return ExitCode::SUCCESS;
    }
    if options.quick {
        (options.backlog, options.seconds, options.rounds) = (20_000, 2, 1);
    }
    describe().iter().for_each(|line| println!("{line}"));
    println!("{}", settings(&parts).await);
    let Options { backlog, seconds, rounds, .. } = options;
    println!("sizes      backlog {backlog}, {seconds} s, best of {rounds}");
    let length = Duration::from_secs(seconds);
    let mut figures = Figures::default();

    if options.outage {
        let events = if options.quick { QUICK_OUTAGE } else { OUTAGE };
        outage::measure(&parts, events, &mut figures).await;
        figures.write(&options.out.with_file_name("outage.json"));
        return ExitCode::SUCCESS;
    }
    drains(&parts, &options, &mut figures).await;
    figures.add("raw_insert_per_s", raw::insert(&parts, length).await);
    let cost = cost::measure(&parts, length).await;
    figures.add("writer_cost_percent", cost.percent);
    figures.add("wal_bytes_per_event", cost.wal_bytes_per_event);
    steady::measure(&parts, &options, &mut figures).await;

    let obstacle = peer::obstacle(&parts, &options).await;
    let mut outcome = ExitCode::SUCCESS;
    let settings = [Setting::Tuned, Setting::Default];
    for setting in settings.into_iter().filter(|_| obstacle.is_none()) {
        println!("debezium   {setting}, {}", peer::HEAP);
        if let Err(error) = peer::measure(&parts, &options, setting, &mut figures).await {
            println!("  failed: {error}");
            outcome = ExitCode::FAILURE;
        }
    }
    figures.write(&options.out);
    table::print(&figures);
    if let Some(obstacle) = obstacle {
        println!("Debezium was left out: {obstacle}");
    }
    outcome
}

/// Settings that decide what a commit costs.
async fn settings(parts: &Parts) -> String {
    let mut line = format!("postgres   {}", parts.setting("server_version").await);
    for name in ["fsync", "synchronous_commit", "wal_level", "track_commit_timestamp"] {
        line += &format!(", {name} {}", parts.setting(name).await);
    }
    line
}

/// Raw producer and relay in turn, so that a slow minute of the machine meets both.
async fn drains(parts: &Parts, options: &Options, figures: &mut Figures) {
    // Not measured: a broker that was just started is slow.
    let produce = async |compression, headers| {
        raw::produce(parts, options.backlog, compression, headers).await
    };
    produce("lz4", false).await;
    let (mut raw, mut plain, mut same) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut drained = Vec::new();
    for _ in 0..options.rounds {
        raw = raw.max(produce("lz4", false).await);
        plain = plain.max(produce("none", false).await);
        same = same.max(produce("lz4", true).await);
        drained.push(drain::measure(parts, options.backlog).await);
    }
    let (first, dead) = (drained[0].per_second, drained.iter().map(|it| it.dead_tuples).sum());
    let best = drained.into_iter().max_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let best = best.expect("one round at least");
    figures.add("raw_producer_per_s", raw);
    figures.add("raw_producer_uncompressed_per_s", plain);
    figures.add("raw_producer_same_records_per_s", same);
    figures.add("drain_per_s", best.per_second);
    figures.add("drain_first_per_s", first);
    figures.add("relay_cpu_s_per_100k", best.cpu_s_per_100k);
    figures.add("relay_rss_mb", best.rss_mb);
    figures.add("dead_tuples", dead);
}
