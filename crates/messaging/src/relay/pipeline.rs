//! The leader's loop: seal, read, produce, and, as the acknowledgements come in, remember how far.

mod care;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::produce::{Missing, Producer, Record};
use super::progress::{self, Changed, Heads};
use super::refusal::Caution;
use super::seal::{Window, seal, sealed_from};
use super::withhold::{Fate, Holds};
use super::{Relay, headers, lease, read, withheld};
use crate::outage::Outage;
use crate::position::Position;
use crate::trial::Step;
use crate::wake::Pacer;
use crate::{Error, partition_of};

/// So many windows may be on their way at once; the producer keeps the order of each partition.
const IN_FLIGHT: usize = 8;
/// How far the stored progress may lag behind the acknowledgements.
const LAG: Duration = Duration::from_millis(50);
/// How often the age of the outbox's current child is looked at.
const ROTATION_LOOK: Duration = Duration::from_secs(60);

struct Pipeline<'r> {
    relay: &'r Relay,
    term: i64,
    caution: &'r mut Caution,
    holds: Holds,
    /// Windows are sent that may have been sent before.
    repeats: bool,
    /// Copies of released events that were met in acknowledged windows, which is not stored yet.
    copies: Vec<i64>,
    /// When to look again whether something that is withheld can go.
    next_look: Instant,
    /// Topics that could not be read, and when to try again.
    unreadable: HashMap<String, Instant>,
    source: String,
    conn: PgConnection,
    producer: Producer,
    heads: Heads,
    /// The last window that was sent.
    last: Window,
    /// Windows that were sent and are not known to be acknowledged, in order.
    unacked: VecDeque<Sent>,
    /// The last window up to which all is acknowledged.
    acked: i64,
    /// The heads that moved with the acknowledged windows and are not stored yet.
    moved: Changed,
    /// The window that the stored progress names.
    stored: i64,
    stored_at: Instant,
    rotation_looked_at: Option<Instant>,
}

/// A window on its way.
struct Sent {
    id: i64,
    begun: Instant,
    records: u64,
    missing: Arc<Missing>,
    /// The heads as this window leaves them.
    heads: Changed,
    /// Copies of released events in it.
    copies: Vec<i64>,
}

/// Runs until `stop`, the first failure, or the end of the term. What is refused meanwhile is noted.
pub(super) async fn run(
    relay: &Relay,
    term: i64,
    stop: &CancellationToken,
    outage: &mut Outage,
    caution: &mut Caution,
) -> Result<(), Error> {
    let (mut pipeline, unacked) = Pipeline::open(relay, term, caution).await?;
    let done = pipeline.work(unacked, stop, outage).await;
    pipeline.caution.learn(pipeline.producer.take_refusals());
    done?;
    let _closed = pipeline.conn.close().await;
    Ok(())
}

/// Opens a connection of the relay's own, because its settings are not for others.
///
/// Progress may be lost in a crash, and stale statistics must not turn the look-up into a scan. A
/// scan that is discouraged costs so much on paper (of a table with one row, there is no other way)
/// that Postgres would compile it, for a hundred times what it takes. The seal waits for its own
/// commit whatever is set here.
async fn connect(pool: &PgPool) -> Result<PgConnection, sqlx::Error> {
    let mut conn = pool.connect_options().as_ref().clone().connect().await?;
    sqlx::query(
        "select set_config('synchronous_commit', 'off', false),
             set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)",
    )
    .execute(&mut conn)
    .await?;
    Ok(conn)
}

impl<'r> Pipeline<'r> {
    /// Connects, and reads where to go on.
    async fn open(
        relay: &'r Relay,
        term: i64,
        caution: &'r mut Caution,
    ) -> Result<(Self, Vec<Window>), Error> {
        let mut conn = connect(&relay.pool).await?;
        let (acked, heads) = progress::load(&mut conn).await?;
        let mut windows = sealed_from(&mut conn, acked).await?;
        if windows.first().map(|window| window.id) != Some(acked) {
            return Err(Error::Corrupt(format!("window {acked} is missing")));
        }
        let last = windows.remove(0);
        let mut holds = withheld::load(&mut conn, acked).await?;
        caution.apply(&mut holds);
        let producer = Producer::new(&relay.brokers, caution.careful())?;
        let pipeline = Self {
            relay,
            term,
            caution,
            holds,
            repeats: true,
            copies: Vec::new(),
            next_look: Instant::now(),
            unreadable: HashMap::new(),
            source: format!("/{}", relay.service),
            conn,
            producer,
            heads,
            last,
            unacked: VecDeque::with_capacity(IN_FLIGHT),
            acked,
            moved: Changed::default(),
            stored: acked,
            stored_at: Instant::now(),
            rotation_looked_at: None,
        };
        Ok((pipeline, windows))
    }

    async fn work(
        &mut self,
        unacked: Vec<Window>,
        stop: &CancellationToken,
        outage: &mut Outage,
    ) -> Result<(), Error> {
        self.catch_up(unacked).await?;
        self.repeats = false;
        outage.over();
        let mut pacer = Pacer::of_events(self.relay.settings.spacing);
        while !stop.is_cancelled() {
            let more = self.look_after().await?;
            let looked = Instant::now();
            if let Some(window) = self.seal_next(more || pacer.told()).await? {
                self.send(window).await?;
                self.store_if_due().await?;
                pacer.found(looked.elapsed());
            } else {
                self.store().await?;
            }
            // Also where there is always something to send.
            self.rotate_if_due().await?;
            if more {
                self.at_most(IN_FLIGHT - 1).await?;
                continue;
            }
            tokio::select! {
                result = self.acked_while(pacer.pause()) => result?,
                () = stop.cancelled() => {}
            }
        }
        // What was committed since the last look; nobody may come to send it for a long time.
        if let Some(window) = self.seal_next(false).await? {
            self.send(window).await?;
        }
        self.at_most(0).await?;
        self.store().await
    }

    /// Sends what was sealed before, and what came since.
    async fn catch_up(&mut self, mut unacked: Vec<Window>) -> Result<(), Error> {
        // Sealed before anything is sent: an outage, in which one attempt follows another, leaves behind
        // many windows of a few seconds each, not one of everything.
        let newest = unacked.last().map_or(self.last.id, |window| window.id);
        unacked.extend(self.seal(newest, false).await?);
        let mut rest = Duration::ZERO;
        for window in unacked {
            // Who writes meanwhile is not to feel it.
            self.acked_while(tokio::time::sleep(rest)).await?;
            let begun = Instant::now();
            self.send(window).await?;
            self.store_if_due().await?;
            rest = begun.elapsed();
        }
        Ok(())
    }

    /// Seals the window after the last one that was sent.
    async fn seal_next(&mut self, told: bool) -> Result<Option<Window>, Error> {
        self.seal(self.last.id, told).await
    }

    async fn seal(&mut self, after: i64, told: bool) -> Result<Option<Window>, Error> {
        let term = self.term;
        let trial = self.relay.settings.trial;
        trial.pass(Step::Sealing);
        let sealed = seal(&mut self.conn, trial.guards.fence, term, after, told).await?;
        if sealed.is_some() {
            trial.pass(Step::Sealed);
        }
        Ok(sealed)
    }

    /// Hands over one window, behind all before it.
    async fn send(&mut self, window: Window) -> Result<(), Error> {
        let (begun, missing) = (Instant::now(), Arc::default());
        let fates = self.decide(&window).await?;
        let partitions = self.relay.settings.partitions;
        let timestamp_ms = milliseconds(window.sealed_at)?;
        let trial = self.relay.settings.trial;
        let mut rows = read::rows(&mut self.conn, trial.guards.cut, &self.last, &window);
        let mut records = 0_u64;
        while let Some(row) = rows.try_next().await? {
            if records == 0 {
                trial.pass(Step::Read);
            }
            let event = read::Event::of(&row)?;
            let fate = fates.of(&event);
            if fate == Fate::Delay {
                continue;
            }
            let read::Event { seq, topic, mut key, mut payload, .. } = event;
            self.producer.check(topic, partitions).await?;
            let partition = partition_of(key.as_bytes(), partitions);
            let position = Position { incarnation: window.incarnation, window: window.id, seq };
            let previous = self.heads.advance(topic, partition, position);
            let headers = if fate == Fate::Withhold {
                (key, payload) = ("", &[]);
                headers::empty(&self.source, &event, position, previous)?
            } else {
                headers::of(&self.source, &event, position, previous)?
            };
            let missing = &missing;
            self.producer
                .enqueue(Record { topic, partition, key, payload, timestamp_ms, headers, missing })
                .await?;
            // Who hears a topic for the first time takes whatever comes first; so nothing may get there
            // before the first record does.
            if previous == Position::NONE {
                self.producer.settled(missing).await?;
            }
            records += 1;
        }
        drop(rows);
        trial.pass(Step::Produced);
        let heads = self.heads.take_changed();
        let copies = fates.copies;
        self.unacked.push_back(Sent { id: window.id, begun, records, missing, heads, copies });
        self.last = window;
        self.note_acked()
    }

    /// Goes over the windows that are acknowledged, in order.
    fn note_acked(&mut self) -> Result<(), Error> {
        self.producer.failure()?;
        while let Some(sent) = self.unacked.pop_front_if(|sent| sent.missing.none()) {
            self.producer.refused()?;
            self.relay.settings.trial.pass(Step::Acked);
            self.acked = sent.id;
            self.moved.extend(sent.heads);
            self.copies.extend(sent.copies);
            self.relay.metrics.windows.inc();
            self.relay.metrics.sent.inc_by(sent.records);
            self.relay.metrics.seal_to_ack.observe(sent.begun.elapsed().as_secs_f64());
        }
        Ok(())
    }

    /// Waits until at most so many windows are on their way.
    async fn at_most(&mut self, windows: usize) -> Result<(), Error> {
        self.note_acked()?;
        while self.unacked.len() > windows {
            self.producer.changed().await;
            self.note_acked()?;
        }
        Ok(())
    }

    /// Notes acknowledgements until `pause` is over and there is room for a window. Dropped at an
    /// await, it has lost nothing.
    async fn acked_while(&mut self, pause: impl Future<Output = ()>) -> Result<(), Error> {
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return self.at_most(IN_FLIGHT - 1).await,
                () = self.producer.changed() => self.note_acked()?,
            }
        }
    }

    async fn store_if_due(&mut self) -> Result<(), Error> {
        if self.stored_at.elapsed() < LAG { Ok(()) } else { self.store().await }
    }

    async fn store(&mut self) -> Result<(), Error> {
        if self.stored < self.acked {
            if self.copies.is_empty() {
                progress::store(&mut self.conn, self.acked, &mut self.moved).await?;
            } else {
                let mut tx = self.conn.begin().await?;
                progress::store(&mut tx, self.acked, &mut self.moved).await?;
                withheld::met(&mut tx, &self.copies).await?;
                tx.commit().await?;
                self.copies.clear();
            }
            self.stored = self.acked;
            self.stored_at = Instant::now();
            self.relay.settings.trial.pass(Step::Advanced);
        }
        Ok(())
    }

    async fn rotate_if_due(&mut self) -> Result<(), Error> {
        let rotation = self.relay.settings.rotation;
        let look = rotation.min(ROTATION_LOOK);
        if self.rotation_looked_at.is_some_and(|at| at.elapsed() < look) {
            return Ok(());
        }
        self.rotation_looked_at = Some(Instant::now());
        let rotated: Result<bool, sqlx::Error> = sqlx::query_scalar("select messaging.rotate($1)")
            .bind(lease::interval(rotation))
            .fetch_one(&mut self.conn)
            .await;
        match rotated {
            Ok(true) => tracing::info!("sent events past their retention are gone"),
            Ok(false) => {}
            // A busy table is tried again at the next look.
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "cannot rotate the outbox"
                );
            }
        }
        Ok(())
    }
}

/// A record's timestamp.
fn milliseconds(at: OffsetDateTime) -> Result<i64, Error> {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000)
        .map_err(|error| Error::Corrupt(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[sqlx::test]
    async fn nothing_that_the_relay_asks_is_worth_compiling(db: PgPool) {
        crate::migrate(&db).await.unwrap();
        let mut conn = connect(&db).await.unwrap();

        let plan: Vec<String> = sqlx::query_scalar(
            "explain analyze update messaging.outbox_progress set acked_window = 1
             where acked_window < 1",
        )
        .fetch_all(&mut conn)
        .await
        .unwrap();

        assert!(!plan.iter().any(|line| line.contains("JIT")), "{plan:#?}");
    }
}
