//! The process under trial: a relay, a consumer or a worker on real messaging, in a program of its own, so
//! that it can be killed and frozen like any other.

mod handler;
mod interruption;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use messaging::trial::{Cut, Fence, Guards, Trial};
use messaging::{Consumer, Group, GroupProtocol, Handlers, Metrics, Relay, RelaySettings, Workers};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub use self::handler::Fact;
use self::handler::{Echoer, OnFact};
pub use self::interruption::{Interruption, Manner, STEPS_OF_CONSUMER, STEPS_OF_RELAY};
use crate::Error;
use crate::ground::Ground;
use crate::identity::PARTITIONS;

/// How long a crashed leader's lease lasts here; also what a freeze has to outlast.
pub const LEASE: Duration = Duration::from_millis(1_500);

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Role {
    /// From the outbox to Kafka.
    Relay,
    /// From Kafka to effects.
    Consumer,
    /// From jobs to echoes.
    Worker,
}

/// A guard to leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Without {
    /// Reads whatever is above the highest sequence number so far.
    Snapshots,
    /// Reads what lies below the oldest running transaction.
    SnapshotDifference,
    /// Orders a window by transaction id.
    SequenceOrder,
    /// Goes on sealing after its term, behind its own last window.
    TermCheck,
    /// Goes on sealing after its term, behind whatever window is the newest.
    Fence,
    /// Commits effects before the mark.
    OneTransaction,
    /// Takes whatever comes after the mark.
    Chain,
    /// Passes over what fails.
    Parking,
}

/// `chaos_events subject`: not for people.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// What to be.
    #[arg(long)]
    pub role: Role,
    /// The database's and the consumer's name.
    #[arg(long)]
    pub name: String,
    /// A superuser's URL.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: String,
    /// Kafka's bootstrap servers.
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    /// Where to die or freeze, as `step:passage:manner`.
    #[arg(long)]
    pub interruption: Option<Interruption>,
    /// Which guard to leave out.
    #[arg(long)]
    pub without: Option<Without>,
    /// Who decides which consumer has which partitions.
    #[arg(long, env = "CONSUMER_GROUP_PROTOCOL", default_value_t = GroupProtocol::Classic)]
    pub group_protocol: GroupProtocol,
    /// The log to append to.
    #[arg(long)]
    pub log: Option<PathBuf>,
}

/// Runs until SIGTERM.
///
/// # Errors
/// What messaging cannot wait out.
pub async fn run(options: Options) -> Result<(), Error> {
    if let Some(path) = &options.log {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let filter = tracing_subscriber::EnvFilter::new("info");
        let log = std::sync::Mutex::new(log);
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(log).with_ansi(false).init();
    }
    interruption::die_with_parent();
    let at = options.interruption.map(interruption::arm);
    let trial = Trial { guards: guards(options.without), at };
    let ground = Ground::new(&options.database_url, &options.kafka_brokers, &options.name)?;
    let (pool, brokers) = (ground.pool(10), ground.brokers.as_str());
    let metrics = Metrics::register(&mut prometheus_client::registry::Registry::default());
    let stop = CancellationToken::new();
    let work = async {
        match options.role {
            Role::Relay => {
                let (lease, partitions) = (LEASE, PARTITIONS);
                let settings =
                    RelaySettings { partitions, lease, trial, ..RelaySettings::default() };
                Relay::new("backbone", brokers, pool, settings, metrics).run(stop.clone()).await
            }
            Role::Consumer => {
                let name = Box::leak(options.name.clone().into_boxed_str());
                let handlers = Handlers::new().react(OnFact);
                let consumer = Consumer::new(name, brokers, pool, metrics, handlers);
                let group = Group { protocol: options.group_protocol, ..Group::default() };
                consumer.group(group).trial(trial).run(stop.clone()).await
            }
            Role::Worker => {
                let worker = Echoer(pool.clone());
                Workers::new(pool, metrics).work(worker).run(stop.clone()).await
            }
        }
    };
    let mut asked = signal(SignalKind::terminate())?;
    let stopping = async {
        asked.recv().await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ended = work => Ok(ended?),
        () = stopping => Ok(()),
    }
}

fn guards(without: Option<Without>) -> Guards {
    let all = Guards::all();
    match without {
        None => all,
        Some(Without::Snapshots) => Guards { cut: Cut::Cursor, ..all },
        Some(Without::SnapshotDifference) => Guards { cut: Cut::Horizon, ..all },
        Some(Without::SequenceOrder) => Guards { cut: Cut::ByTransaction, ..all },
        Some(Without::TermCheck) => Guards { fence: Fence::Number, ..all },
        Some(Without::Fence) => Guards { fence: Fence::Nothing, ..all },
        Some(Without::OneTransaction) => Guards { mark_with_effect: false, ..all },
        Some(Without::Chain) => Guards { chain: false, ..all },
        Some(Without::Parking) => Guards { parking: false, ..all },
    }
}
