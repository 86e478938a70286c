//! Replaying projections: the whole log into tables made anew, which then take the place of the live ones.

mod log;
mod swap;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::time::{Duration, Instant};

use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use self::log::{Arrived, Log};
use crate::consumer::chain::{Step, step};
use crate::consumer::mark::{self, Mark, Place};
use crate::consumer::record::Record;
use crate::position::Position;
use crate::{Error, Projections};

/// Catching up must take no longer before the new tables may take over.
const CLOSE: Duration = Duration::from_secs(1);
/// Nothing came although there should be more.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tables that a replay fills, and those that they will replace. Everything else of the service
/// stays as it is.
pub trait Tables: Send + Sync {
    /// Brings what is made of the projected rows up to date, in the new tables.
    fn settle(&self, conn: &mut PgConnection) -> impl Future<Output = Result<(), Error>> + Send;

    /// Locks the live tables until the end of the transaction against everybody who writes.
    fn lock(&self, conn: &mut PgConnection) -> impl Future<Output = Result<(), Error>> + Send;

    /// Puts the new tables in the place of the live ones.
    fn swap(&self, conn: &mut PgConnection) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Where a replay begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the first event, for empty tables.
    TheBeginning,
    /// Where the tables were when they were replaced, to go back to them.
    Replaced,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Records that were read.
    pub read: u64,
    /// Records that were there and not yet read, when that was last looked at.
    pub left: u64,
    /// Since the beginning.
    pub elapsed: Duration,
}

/// A replay of all projections of one read model. It reads without a consumer group, and does not touch
/// the marks of the live consumer before the end. Nothing but [`Projections`] can be replayed, so it
/// sends nothing:
///
/// ```compile_fail,E0277
/// # use messaging::{Projections, Reaction};
/// fn replay<R: Reaction>(reaction: R) -> Projections {
///     Projections::new().project(reaction)
/// }
/// ```
#[derive(Debug)]
pub struct Replay {
    consumer: &'static str,
    brokers: String,
    /// Whose connections see the new tables.
    pool: PgPool,
    projections: Projections,
}

impl Replay {
    /// A replay for the consumer of that name. Connections of `pool` must find the new tables by the
    /// names that the projections use.
    pub fn new(
        consumer: &'static str,
        brokers: &str,
        pool: PgPool,
        projections: Projections,
    ) -> Self {
        Self { consumer, brokers: brokers.to_owned(), pool, projections }
    }

    /// How many records each topic has: what would be read.
    ///
    /// # Errors
    /// Kafka failed, or has no such topic.
    pub async fn records(&self) -> Result<Vec<(&'static str, u64)>, Error> {
        let log = Log::of(&self.brokers, self.consumer, self.projections.topics().collect())?;
        let mut records: HashMap<&'static str, u64> = HashMap::new();
        for ((topic, _), (begin, end)) in log.extent().await? {
            *records.entry(topic).or_default() += u64::try_from(end - begin).unwrap_or(0);
        }
        let mut records: Vec<_> = records.into_iter().collect();
        records.sort_unstable();
        Ok(records)
    }

    /// Fills the new tables, catches up with the live ones and replaces them.
    ///
    /// # Errors
    /// The log does not begin with the first event, a projection cannot take an event, or database or
    /// broker failed. The live tables are as they were then.
    pub async fn run(
        self,
        from: Start,
        tables: &impl Tables,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<Progress, Error> {
        let log = Log::of(&self.brokers, self.consumer, self.projections.topics().collect())?;
        let mut replaying = Replaying::begin(&self, log, from, progress).await?;
        loop {
            let begun = Instant::now();
            replaying.catch_up().await?;
            let mut tx = self.pool.begin().await?;
            tables.settle(&mut tx).await?;
            tx.commit().await?;
            if begun.elapsed() < CLOSE && replaying.replace(tables).await? {
                return Ok(replaying.told());
            }
        }
    }
}

/// A replay under way.
struct Replaying<'r, F> {
    replay: &'r Replay,
    log: Log,
    arrived: tokio::sync::mpsc::Receiver<Vec<Arrived>>,
    marks: HashMap<Place, Mark>,
    /// The offset that each partition was read up to, exclusively.
    read_to: HashMap<Place, i64>,
    /// Events that a person gave up.
    skipped: HashSet<Uuid>,
    begun: Instant,
    progress: Progress,
    tell: F,
}

impl<'r, F: FnMut(Progress) + Send> Replaying<'r, F> {
    async fn begin(replay: &'r Replay, log: Log, from: Start, tell: F) -> Result<Self, Error> {
        let extent = log.extent().await?;
        let mut marks: HashMap<Place, Mark> = extent
            .keys()
            .map(|place| (*place, Mark { position: Position::NONE, offset: -1 }))
            .collect();
        let mut conn = replay.pool.acquire().await?;
        if from == Start::Replaced {
            let places: Vec<Place> = marks.keys().copied().collect();
            let kept = mark::lock(&mut conn, &replay.kept(), &places).await?;
            if kept.is_empty() {
                return Err(Error::Replay("nothing was replaced".to_owned()));
            }
            marks.extend(kept);
        }
        let skipped: Vec<Uuid> = sqlx::query_scalar(
            "select event_id from messaging.parked where consumer = $1 and state = 'skipped'",
        )
        .bind(replay.consumer)
        .fetch_all(&mut *conn)
        .await?;
        let read_to: HashMap<Place, i64> = extent
            .iter()
            .map(|(place, (begin, _))| (*place, (marks[place].offset + 1).max(*begin)))
            .collect();
        let arrived = log.read(&read_to)?;
        let skipped = skipped.into_iter().collect();
        let (begun, progress) = (Instant::now(), Progress::default());
        Ok(Self { replay, log, arrived, marks, read_to, skipped, begun, progress, tell })
    }

    /// Reads to what is the end now.
    async fn catch_up(&mut self) -> Result<(), Error> {
        let ends = self.log.extent().await?;
        loop {
            let left: i64 = ends
                .iter()
                .map(|(place, (_, end))| (end - self.read_to.get(place).unwrap_or(end)).max(0))
                .sum();
            self.progress.left = u64::try_from(left).unwrap_or(0);
            let told = self.told();
            (self.tell)(told);
            if left == 0 {
                return Ok(());
            }
            let arrived = self.next().await?;
            let mut tx = self.replay.pool.begin().await?;
            self.apply(&mut tx, &arrived).await?;
            tx.commit().await?;
        }
    }

    async fn next(&mut self) -> Result<Vec<Arrived>, Error> {
        let next = tokio::time::timeout(PATIENCE, self.arrived.recv()).await;
        next.ok().flatten().ok_or_else(|| Error::Replay("no more records come".to_owned()))
    }

    /// Projects what arrived, in the caller's transaction.
    async fn apply(&mut self, conn: &mut PgConnection, arrived: &[Arrived]) -> Result<(), Error> {
        let mut by_topic: HashMap<&'static str, Vec<&Record>> = HashMap::new();
        for Arrived { place, offset, record } in arrived {
            self.read_to.insert(*place, offset + 1);
            self.progress.read += 1;
            let Some(record) = record else { continue };
            let mark = self.marks.entry(*place).or_default();
            if mark.position == Position::NONE && record.previous != Position::NONE {
                let (topic, partition) = place;
                let first = format!("{topic}/{partition} does not begin with its first event");
                return Err(Error::Replay(first));
            }
            // After a gap the missing events come again.
            if step(mark.position, record.previous, record.position) != Step::Take {
                continue;
            }
            *mark = Mark { position: record.position, offset: *offset };
            if !self.skipped.contains(&record.meta.event_id) {
                by_topic.entry(place.0).or_default().push(record);
            }
        }
        for (topic, records) in by_topic {
            let projected = self.replay.projections.replay(topic, conn, &records).await;
            projected.map_err(|failure| {
                let (first, last) = (records.first(), records.last());
                let id = |record: Option<&&Record>| record.map(|record| record.meta.event_id);
                let (first, last) = (id(first).unwrap_or_default(), id(last).unwrap_or_default());
                Error::Replay(format!("{topic}, events {first} to {last}: {failure}"))
            })?;
        }
        Ok(())
    }

    fn told(&self) -> Progress {
        Progress { elapsed: self.begun.elapsed(), ..self.progress }
    }
}
