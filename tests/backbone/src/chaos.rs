//! `./dev chaos events`: load and faults together, then the verdict.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::checker::{Report, check, drained};
use crate::faults::{Hand, Log, Parts, Scene, Slot, Striker, operate, worker};
use crate::ground::Ground;
use crate::load::{WRITERS, stand_about, write};
use crate::plan::{idle_writers, longest_freeze};
use crate::process::Starter;
use crate::subject::Role;

/// Load before the first fault.
const QUIET: Duration = Duration::from_secs(3);
/// A worker that is killed keeps its jobs for 32 s, so the last one is killed so long before the end.
const WORKER_LEASE: Duration = Duration::from_secs(28);
/// How long a process may take to end in good order.
const GRACE: Duration = Duration::from_secs(15);

/// How long, with which seed, on which parts.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How long it takes in all, about.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Decides what is written and what goes wrong.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many writers stand idle in an open transaction: 1000 from 600 seconds on, 100 below.
    #[arg(long)]
    idle_writers: Option<usize>,
    /// Seconds that have gone by already.
    #[arg(long, default_value_t = 0, hide = true)]
    spent: u64,
    /// A superuser's URL.
    #[arg(long, env = "DATABASE_URL", hide = true, hide_env_values = true)]
    database_url: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS", hide = true)]
    kafka_brokers: String,
    /// The supervisor's list of processes.
    #[arg(long, env = "FLOTILLA_RECORDS", hide = true)]
    records: PathBuf,
    /// Where the processes' logs go.
    #[arg(long, default_value = "target/chaos-events", hide = true)]
    logs: PathBuf,
}

impl Options {
    /// The seed, for the last line.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How long faults may rain, so that there is time to drain and to judge.
    fn storm(&self) -> Duration {
        let drain = (self.seconds / 3).clamp(20, 40).max(self.seconds / 5);
        Duration::from_secs(self.seconds.saturating_sub(self.spent + drain).max(20))
    }

    /// How long everything may take to arrive after the last fault, at the very most.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds.max(180))
    }

    fn starter(&self) -> Result<Starter, Error> {
        let ground = Ground::new(&self.database_url, &self.kafka_brokers, "backbone")?;
        std::fs::create_dir_all(&self.logs)?;
        Ok(Starter {
            // Still the same after it was built anew.
            program: PathBuf::from("/proc/self/exe"),
            ground,
            database_url: self.database_url.clone(),
            without: None,
            logs: self.logs.clone(),
        })
    }
}

/// Writes, strikes, waits and judges.
///
/// # Errors
/// The trial itself failed, which is no verdict.
pub async fn run(options: &Options) -> Result<Report, Error> {
    let log = Log::begin();
    let starter = options.starter()?;
    let ground = &starter.ground;
    let idle = options.idle_writers.unwrap_or_else(|| idle_writers(options.seconds));
    log.say(format_args!("seed {}: database and topics anew", options.seed));
    ground.prepare().await?;
    Hand(ground.clone()).misplace_group().await?;

    log.say(format_args!(
        "{WRITERS} writers; open transactions: {idle} idle writers, a held snapshot, a writer next door"
    ));
    let (writing, operating) = (CancellationToken::new(), CancellationToken::new());
    let mut load = JoinSet::new();
    let seed = options.seed;
    let (here, stop) = (ground.clone(), writing.clone());
    load.spawn(async move { write(here, seed, stop).await.map_err(Error::from) });
    let (here, stop) = (ground.clone(), writing.clone());
    load.spawn(async move {
        stand_about(here, seed, idle, stop).await;
        Ok(())
    });
    let operator = tokio::spawn(operate(ground.clone(), operating.clone()));

    strike(options, &starter, &log).await?;
    log.say("faults are over; writers stop");
    writing.cancel();
    while let Some(ended) = load.join_next().await {
        ended??;
    }
    let report = settle(&starter, &log, options.patience()).await?;
    operating.cancel();
    operator.await?;
    for (kind, count) in log.counts() {
        log.say(format_args!("{count:>4} × {kind}"));
    }
    Ok(report)
}

/// Lets processes run and strikes them and the parts, for as long as there is time.
async fn strike(options: &Options, starter: &Starter, log: &Log) -> Result<(), Error> {
    let (seed, end) = (options.seed, Instant::now() + options.storm());
    let longest_freeze = longest_freeze(options.seconds);
    let scene = Scene {
        log: log.clone(),
        stop: CancellationToken::new(),
        end_consumer: Arc::new(Notify::new()),
    };
    let workers = Scene { stop: CancellationToken::new(), ..scene.clone() };
    let mut lanes = JoinSet::new();
    for (role, number) in
        [(Role::Relay, 0), (Role::Relay, 1), (Role::Consumer, 0), (Role::Consumer, 1)]
    {
        let slot = Slot { starter: starter.clone(), role, number, longest_freeze };
        lanes.spawn(slot.run(scene.clone(), seed));
    }
    lanes.spawn(worker(starter.clone(), workers.clone(), seed, longest_freeze));
    sleep(QUIET).await;
    let (parts, hand) = (Parts::of(options.records.clone()), Hand(starter.ground.clone()));
    let (starter, scene_of_parts, longest) = (starter.clone(), scene.clone(), longest_freeze);
    let striker = Striker { parts, hand, starter, scene: scene_of_parts, longest };
    lanes.spawn(striker.deal(seed));
    let stopping = async {
        let last_worker = end.checked_sub(WORKER_LEASE).unwrap_or(end);
        tokio::time::sleep_until(last_worker).await;
        workers.stop.cancel();
        tokio::time::sleep_until(end).await;
        scene.stop.cancel();
    };
    let faults = async {
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        Ok(())
    };
    tokio::pin!(faults);
    // A fault that fails ends the trial; otherwise the last one is waited for.
    tokio::select! {
        ended = &mut faults => return ended,
        () = stopping => {}
    }
    faults.await
}

/// Lets healthy processes bring everything home, and judges.
async fn settle(starter: &Starter, log: &Log, patience: Duration) -> Result<Report, Error> {
    let mut healthy = Vec::new();
    for role in [Role::Relay, Role::Consumer, Role::Worker] {
        healthy.push(starter.start(role, 3, None)?);
    }
    let tell = |outstanding| log.say(format_args!("to come: {outstanding}"));
    if drained(&starter.ground, patience, tell).await {
        log.say("everything arrived");
    } else {
        log.say(format_args!("not everything arrived within {} s", patience.as_secs()));
    }
    for subject in healthy {
        subject.stop(GRACE).await;
    }
    let report = check(&starter.ground).await?;
    log.say(format_args!("judged; {} identical second copies", report.copies));
    Ok(report)
}
