//! `./dev bench events`: the relay measured beside the limits of what it stands on.
//!
//! Read `open` (load at a steady rate, and who observes it), `drain` (a backlog, by a relay process of its
//! own), `raw` (the same broker and database without us), `cost` (what an append adds to a transaction).
//! Latency is taken where an event arrives at a Kafka consumer, so it includes the acknowledgement and
//! more.
#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a measurement ends at its first trouble"
)]
#![expect(clippy::float_arithmetic, reason = "figures are measured, not counted")]

mod cost;
mod drain;
mod figures;
mod open;
mod parts;
mod raw;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

use self::figures::{Figures, describe};

/// Measures the relay on a Postgres and a Kafka that nobody else uses.
#[derive(Parser)]
struct Options {
    /// A superuser's URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
    /// Events that wait when the drain begins.
    #[arg(long, default_value_t = 300_000)]
    backlog: u32,
    /// Seconds of each load.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Where the figures go.
    #[arg(long, default_value = "target/bench/events.json")]
    out: PathBuf,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Only relays, for a parent that measures it.
    Relay {
        /// Which database.
        database: String,
    },
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let parts = parts::Parts::new(&options.database_url, &options.kafka_brokers);
    if let Some(Role::Relay { database }) = options.role {
        return drain::relay(&parts, &database).await;
    }
    describe().iter().for_each(|line| println!("{line}"));
    println!("{}", parts.settings().await);
    let length = Duration::from_secs(options.seconds);
    let mut figures = Figures::default();

    let raw = raw::produce(&parts, options.backlog).await;
    figures.add("raw_producer_per_s", raw);
    let mut acks = raw::produce_at(&parts, 2_000, length).await;
    figures.add_percentile("raw_producer_p99_ms_2k", &mut acks, 99);
    figures.add("raw_insert_per_s", raw::insert(&parts, length).await);

    let cost = cost::measure(&parts, length).await;
    figures.add("writer_cost_percent", cost.percent);
    figures.add("wal_bytes_per_event", cost.wal_bytes_per_event);

    let drained = drain::measure(&parts, options.backlog).await;
    figures.add("drain_per_s", drained.per_second);
    figures.add("relay_cpu_s_per_100k", drained.cpu_s_per_100k);
    figures.add("relay_rss_mb", drained.rss_mb);
    figures.add("dead_tuples", drained.dead_tuples);

    for (rate, per_transaction, name) in [(500, 1, "500"), (2_000, 1, "2k"), (5_000, 5, "5k")] {
        let mut best = open::best_of_three(&parts, (rate, per_transaction), length).await;
        println!(
            "load       {rate} a second, {per_transaction} to a transaction: {} seen",
            best.len()
        );
        if rate < 5_000 {
            figures.add_percentile(&format!("ack_p50_ms_{name}"), &mut best, 50);
        }
        figures.add_percentile(&format!("ack_p99_ms_{name}"), &mut best, 99);
    }
    figures.write(&options.out);
}
