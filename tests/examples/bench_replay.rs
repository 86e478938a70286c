//! `./dev bench replay`: a read model rebuilt from a million events while new ones arrive, and compared
//! with the live one row by row.
#![expect(clippy::print_stdout, reason = "it is a program's work and this is how it speaks")]
#![expect(clippy::unwrap_used, reason = "a measurement ends at its first trouble")]
#![expect(clippy::float_arithmetic, reason = "figures are measured, not counted")]

#[path = "../tests/replay_it/world.rs"]
mod world;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;

use self::world::World;

/// Measures a rebuild on a Postgres and a Kafka that nobody else uses.
#[derive(Parser)]
struct Options {
    /// A superuser's URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    kafka_brokers: String,
    /// Events that the log has before.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// New events a second meanwhile.
    #[arg(long, default_value_t = 500)]
    meanwhile: u64,
    /// Where the figures go.
    #[arg(long, default_value = "target/bench/replay.json")]
    out: PathBuf,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let server: PgConnectOptions = options.database_url.parse().unwrap();
    let mut world = World::new(&server, &options.kafka_brokers, options.events).await;
    let said = Instant::now();
    world.say(options.events).await;
    world.relay();
    world.live().await;
    let (events, meanwhile) = (options.events, options.meanwhile);
    println!("{events} events are said and heard, after {:.0} s", said.elapsed().as_secs_f64());
    let enough = CancellationToken::new();

    let rebuilding = async {
        let done = world.rebuild().run(|_| ()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        enough.cancel();
        done
    };
    let (done, new) = tokio::join!(rebuilding, world.go_on(meanwhile, enough.clone()));
    let seconds = done.elapsed.as_secs_f64();
    // No event is lost by counting them as u32: there are no four billions of them.
    let rate = f64::from(u32::try_from(done.read).unwrap()) / seconds;
    println!(
        "{} of them and of {new} new ones replayed in {seconds:.1} s, until the swap",
        done.read
    );
    world.until_all_is_heard().await;
    let back = world.rebuild().back(|_| ()).await.unwrap();
    println!("gone back in {:.1} s", back.elapsed.as_secs_f64());
    let (rows, sent) = (world.compare().await, world.sent().await);
    println!("{rows} rows, the same in both; {sent} events, jobs and parked messages written");
    println!("{rate:.0} events a second");
    assert_eq!(sent, 0, "a replay sends nothing");
    let figures = json!({
        "replay_per_s": rate, "replay_events": done.read, "replay_seconds": seconds,
        "replay_new_events": new, "replay_rows": rows,
    });
    std::fs::create_dir_all(options.out.parent().unwrap()).unwrap();
    std::fs::write(&options.out, format!("{figures:#}\n")).unwrap();
    world.end(&server).await;
}
