//! Starts a service, keeps it running, and stops it without losing anything.

use std::future::Future;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::{Args as _, Command, FromArgMatches as _};
use messaging::{Auditor, Consumer, Group, Relay, RelaySettings, Workers};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::Verifier;

use crate::health::Readiness;
use crate::hourly::hourly;
use crate::{
    App, Error, FleetMetrics, Parts, Settings, database, keys, operation, server, telemetry,
};

/// Time for requests, handlers and workers to finish once the process was told to stop.
const PATIENCE: Duration = Duration::from_secs(20);

/// The whole of a service's `main`. A first argument that is the service's own name is skipped, so
/// that an image of this service and one of all services start with the same command line.
#[must_use]
pub fn main<A: App>() -> ExitCode {
    let named = std::env::args().nth(1).is_some_and(|first| first == A::NAME);
    run::<A>(std::env::args().skip(usize::from(named)))
}

/// Runs a service with these arguments, the first being its name. Settings come from flags and the
/// environment; a missing or wrong one is named, and the process ends with status 2.
#[must_use]
pub fn run<A: App>(args: impl IntoIterator<Item = String>) -> ExitCode {
    let command = Command::new(A::NAME).version(A::VERSION);
    let command = A::Config::augment_args(Settings::augment_args(command));
    let matches = match command.try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return usage(A::NAME, &error),
    };
    let settings = Settings::from_arg_matches(&matches);
    let config = A::Config::from_arg_matches(&matches);
    let (settings, config) = match (settings, config) {
        (Ok(settings), Ok(config)) => (settings, config),
        (Err(error), _) | (_, Err(error)) => return usage(A::NAME, &error),
    };
    let threads = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.worker_threads.max(1))
        .max_blocking_threads(16)
        .enable_all()
        .build();
    let outcome = match threads {
        Ok(threads) => threads.block_on(start::<A>(settings, config)),
        Err(error) => Err(Error::other("starting threads", error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            eprintln!("{}: {error}", A::NAME);
            let setting = matches!(error, Error::MissingSetting(_) | Error::WrongSetting { .. });
            ExitCode::from(if setting { 2 } else { 1 })
        }
    }
}

fn usage(service: &str, error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Help and version are no failures. Nobody reads a message that cannot be printed.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    eprintln!("{service}: {error}");
    ExitCode::from(2)
}

async fn start<A: App>(settings: Settings, config: A::Config) -> Result<(), Error> {
    let telemetry = telemetry::init(A::NAME, &settings)?;
    let outcome = serve::<A>(settings, config).await;
    telemetry.flush();
    outcome
}

async fn serve<A: App>(settings: Settings, config: A::Config) -> Result<(), Error> {
    let db = match (A::migrations(), &settings.database_url) {
        (None, _) => None,
        (Some(_), None) => return Err(Error::MissingSetting("DATABASE_URL")),
        (Some(_), Some(url)) => Some(database::pool(url, settings.database_connections, A::NAME)?),
    };
    let parts = Parts::new(settings, Verifier::default(), db);
    let mut service = A::service(&parts, config).await?;
    let metrics = FleetMetrics::new();
    let ready = Readiness::default();
    let routes = server::assemble(A::NAME, A::VERSION, &mut service, &parts, &ready, &metrics);
    let http = server::listen(parts.settings.http_addr).await?;

    // Requests end first, then what listens and works, and last the relay, which sends what they wrote.
    let (no_requests, no_work, no_relay) =
        (CancellationToken::new(), CancellationToken::new(), CancellationToken::new());
    let mut front = JoinSet::new();
    let mut back = JoinSet::new();
    let mut last = JoinSet::new();
    front.spawn(server::serve(http, routes, no_requests.clone()));
    if let Some(grpc) = service.grpc.take() {
        let listener = server::listen(parts.settings.grpc_addr).await?;
        let grpc = server::grpc(grpc, service.readers.take(), &parts, &metrics);
        front.spawn(server::serve(listener, grpc, no_requests.clone()));
    }
    spawn_backbone::<A>(&mut service, &parts, &metrics, &no_work, &no_relay, &mut back, &mut last)
        .await?;
    for (name, task) in std::mem::take(&mut service.tasks) {
        let work = task(no_work.clone());
        back.spawn(async move {
            work.await.inspect_err(|error| tracing::error!(%error, task = name, "task ended"))
        });
    }
    ready.set(true);
    tracing::info!(address = %parts.settings.http_addr, version = A::VERSION, "{} is ready", A::NAME);

    let failure = until_told_or_failed(&mut front, &mut back, &mut last).await;
    ready.set(false);
    for (token, group) in [(no_requests, front), (no_work, back), (no_relay, last)] {
        token.cancel();
        finish(group).await;
    }
    tracing::info!("{} has stopped", A::NAME);
    failure
}

/// The outbox's relay, the consumer, the workers and the keys of a service with a database; the keys
/// alone of one without.
async fn spawn_backbone<A: App>(
    service: &mut crate::Service,
    parts: &Parts,
    metrics: &FleetMetrics,
    no_work: &CancellationToken,
    no_relay: &CancellationToken,
    back: &mut JoinSet<Result<(), Error>>,
    last: &mut JoinSet<Result<(), Error>>,
) -> Result<(), Error> {
    let brokers = parts.settings.kafka_brokers.clone();
    let verifier = parts.verifier.clone();
    let stop = no_work.clone();
    let Some(db) = parts.db.clone() else {
        back.spawn(async move {
            let learn = move |event, _| {
                let key = keys::published(event);
                if let Err(error) = verifier.learn(&key) {
                    tracing::error!(key.id, %error, "auth published a key that is of no use");
                }
            };
            Ok(messaging::follow(&brokers, stop, learn).await?)
        });
        return Ok(());
    };
    if let Some(migrations) = A::migrations() {
        wait_for_schema(&db, migrations).await?;
        keys::load(&db, keys::ACCESS, &verifier).await?;
    }
    back.spawn(keys::keep_loaded(db.clone(), keys::ACCESS, verifier.clone(), stop.clone()));
    let answers = db.clone();
    let forget = move || forget_old(answers.clone());
    back.spawn(hourly("forget old answers", forget, stop.clone()));

    let handlers = std::mem::take(&mut service.handlers).project(keys::OnSigningKey(verifier));
    let metrics = metrics.messaging.clone();
    let consumer = Consumer::new(A::NAME, &brokers, db.clone(), metrics.clone(), handlers);
    let spacing = Duration::from_millis(parts.settings.batch_spacing_ms);
    let consumer = consumer
        .group(group(&parts.settings))
        .strands(parts.settings.consumer_strands)
        .spacing(spacing);
    back.spawn(messages(consumer.run(stop.clone())));

    if !service.workers.is_empty() {
        let workers = Workers::new(db.clone(), metrics.clone()).spacing(spacing);
        let workers = std::mem::take(&mut service.workers)
            .into_iter()
            .fold(workers, |workers, add| add(workers));
        back.spawn(messages(workers.run(stop.clone())));
    }
    if parts.settings.audit_seconds > 0 {
        let every = Duration::from_secs(parts.settings.audit_seconds);
        let auditor = Auditor::new(A::NAME, &brokers, db.clone(), metrics.clone()).every(every);
        back.spawn(messages(auditor.run(stop)));
    }
    let settings = RelaySettings {
        partitions: parts.settings.topic_partitions,
        spacing,
        ..RelaySettings::default()
    };
    let relay = Relay::new(A::NAME, &brokers, db, settings, metrics);
    last.spawn(messages(relay.run(no_relay.clone())));
    Ok(())
}

fn group(settings: &Settings) -> Group {
    Group {
        protocol: settings.consumer_group_protocol,
        instance: settings.consumer_instance_id.clone(),
        session: Duration::from_secs(settings.consumer_session_seconds),
    }
}

async fn messages(work: impl Future<Output = Result<(), messaging::Error>>) -> Result<(), Error> {
    Ok(work.await?)
}

/// Waits for a database that is not there yet; refuses one at another version.
async fn wait_for_schema(
    db: &sqlx::PgPool,
    migrations: &sqlx::migrate::Migrator,
) -> Result<(), Error> {
    static SAID: AtomicBool = AtomicBool::new(false);
    loop {
        match database::schema_is_current(db, migrations).await {
            Err(Error::Database(error)) => {
                if !SAID.swap(true, std::sync::atomic::Ordering::Relaxed) {
                    tracing::warn!(%error, "waiting for the database");
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            outcome => return outcome,
        }
    }
}

async fn forget_old(db: sqlx::PgPool) -> Result<(), sqlx::Error> {
    let mut conn = db.acquire().await?;
    web::idempotency::forget_old(&mut conn).await?;
    operation::forget_old(&mut conn).await?;
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C, or for a part that ended by itself, which is a failure.
async fn until_told_or_failed(
    front: &mut JoinSet<Result<(), Error>>,
    back: &mut JoinSet<Result<(), Error>>,
    last: &mut JoinSet<Result<(), Error>>,
) -> Result<(), Error> {
    let failed = |signal: std::io::Error| Error::other("listening for signals", signal);
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(failed)?;
    let ended = tokio::select! {
        _ = term.recv() => return Ok(()),
        _ = tokio::signal::ctrl_c() => return Ok(()),
        Some(ended) = front.join_next() => ended,
        Some(ended) = back.join_next() => ended,
        Some(ended) = last.join_next() => ended,
    };
    match ended {
        Ok(Ok(())) => Err(Error::other("running", "a part of the service ended by itself")),
        Ok(Err(error)) => Err(error),
        Err(panic) => Err(Error::other("running", panic)),
    }
}

async fn finish(mut group: JoinSet<Result<(), Error>>) {
    let all = async { while group.join_next().await.is_some() {} };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        tracing::warn!("not everything finished in time");
    }
}
