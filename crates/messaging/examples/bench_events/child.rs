//! What is measured from outside runs in a process of its own: another copy of this program.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use clap::Subcommand;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::load::{self, Load};
use crate::parts::Parts;

/// Writers' threads have this name; all others of such a process are the relay's.
const WRITER: &str = "writer";
/// After the last event was written, before the processor time is read.
const REST: Duration = Duration::from_millis(100);

/// What a child does.
#[derive(Subcommand)]
pub(crate) enum Role {
    /// Relays until it is killed.
    Relay {
        /// Which database.
        database: String,
    },
    /// As a service: writers and the relay together, until it is killed.
    Serve {
        /// Which database.
        database: String,
        /// Events a second, how many to a transaction, for how many seconds.
        #[command(flatten)]
        load: Load,
    },
}

impl Role {
    /// The child's side.
    pub(crate) async fn play(self, parts: &Parts) {
        let (Self::Relay { database } | Self::Serve { database, .. }) = &self;
        let relay = parts.relay(parts.pool(database)).run(CancellationToken::new());
        let relay = tokio::spawn(relay);
        if let Self::Serve { database, load } = &self {
            let writers = std::thread::Builder::new().name(WRITER.to_owned()).spawn({
                let (parts, database, load) = (parts.clone(), database.clone(), *load);
                move || serve(&parts, &database, load)
            });
            drop(writers.expect("a thread"));
        }
        relay.await.expect("a task").expect("a relay");
    }

    /// The parent's side.
    pub(crate) fn spawn(&self, parts: &Parts) -> Child {
        let program = std::env::current_exe().expect("a program");
        let words = match self {
            Self::Relay { database } => vec!["relay".to_owned(), database.clone()],
            Self::Serve { database, load } => {
                [vec!["serve".to_owned(), database.clone()], load.words()].concat()
            }
        };
        Command::new(program)
            .args(words)
            .env("DATABASE_URL", &parts.url)
            .env("KAFKA_BROKERS", &parts.brokers)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a child")
    }
}

/// Writes on threads that are told apart, and prints what is [`Served`].
fn serve(parts: &Parts, database: &str, load: Load) {
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(WRITER)
        .enable_all()
        .build()
        .expect("threads");
    threads.block_on(async {
        let pool = parts.pool(database);
        load::write(&pool, load, load::WARM_UP).await;
        let before = others_cpu_s();
        let late = load::write(&pool, load, load.length()).await;
        tokio::time::sleep(REST).await;
        println!("{} {}", others_cpu_s() - before, late.percentile_ms(99));
    });
}

/// Processor seconds of this process without its writers (`/proc/…/schedstat`: nanoseconds first).
fn others_cpu_s() -> f64 {
    let threads =
        fs::read_dir("/proc/self/task").expect("threads").map(|it| it.expect("one").path());
    threads
        .filter_map(|thread| {
            // One that has ended meanwhile took next to nothing.
            let name = fs::read_to_string(thread.join("comm")).ok()?;
            let spent = fs::read_to_string(thread.join("schedstat")).ok()?;
            let nanoseconds: f64 = spent.split_whitespace().next()?.parse().ok()?;
            (name.trim() != WRITER).then_some(nanoseconds / 1e9)
        })
        .sum()
}

/// What a [`Role::Serve`] tells at its end.
pub(crate) struct Served {
    /// Processor seconds of the relay.
    pub(crate) cpu_s: f64,
    /// How late 99 % of the transactions began.
    pub(crate) late_ms: f64,
}

/// Waits for what it tells, and ends it.
pub(crate) async fn end_serving(mut child: Child) -> Served {
    let mut told = String::new();
    let stdout = child.stdout.as_mut().expect("it is ours to read");
    BufReader::new(stdout).read_line(&mut told).await.expect("figures");
    child.kill().await.expect("it ends");
    let mut words = told.split_whitespace();
    let mut figure = || words.next().expect("a figure").parse().expect("a number");
    Served { cpu_s: figure(), late_ms: figure() }
}

/// Processor seconds and the highest resident memory in MiB of a process (proc(5)).
pub(crate) fn usage(pid: u32) -> (f64, f64) {
    /// Seconds in a clock tick (`USER_HZ` is 100).
    const TICK_S: f64 = 0.01;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks")).sum();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("memory");
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().expect("kilobytes");
    (ticks * TICK_S, kilobytes / 1_024.0)
}
