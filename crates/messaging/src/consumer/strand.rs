//! A strand: the partitions whose records are handled one after the other, whatever their topic.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::{self, Done, Stopped};
use super::erased::Failure;
use super::mark::{Mark, Place};
use super::plan::{self, Next};
use super::record::Record;
use super::{Shared, backoff};
use crate::metrics::TopicLabels;
use crate::outage::Outage;
use crate::wake;

/// At most so many records share a transaction.
const BATCH: usize = 100;
/// How long a gap may last before a person is told.
const GAP_ALARM: Duration = Duration::from_secs(30);

/// What the reader tells a strand, in order.
pub(super) enum Order {
    /// A partition is now ours, from this mark on.
    Assign(Place, Mark),
    Handle(Box<Record>),
    /// Forget these partitions and answer: everything handed over before is done then.
    Revoke(Vec<Place>, oneshot::Sender<()>),
}

/// What a strand waits for.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Waits(String);

/// What is known of a partition that is ours.
struct Partition {
    mark: Mark,
    gap_since: Option<Instant>,
    alarmed: bool,
}

pub(super) struct Strand {
    pub(super) shared: Shared,
    /// The shortest time between two batches.
    pub(super) spacing: Duration,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
    /// Records handed over and not yet done, which the reader keeps low.
    pub(super) waiting: Arc<AtomicUsize>,
    /// Where the reader hears how far offsets may be committed.
    pub(super) done: mpsc::UnboundedSender<(Place, i64)>,
    pub(super) stop: CancellationToken,
}

impl Strand {
    /// Runs until the reader hangs up, or `stop` while the database is down.
    pub(super) async fn run(mut self) {
        let mut partitions = HashMap::new();
        let mut orders = Vec::with_capacity(BATCH);
        let mut next = Instant::now();
        while self.orders.recv_many(&mut orders, BATCH).await > 0 {
            tokio::time::sleep_until(next).await;
            while orders.len() < BATCH
                && let Ok(order) = self.orders.try_recv()
            {
                orders.push(order);
            }
            next = Instant::now() + self.spacing;
            let mut records = Vec::with_capacity(orders.len());
            for order in orders.drain(..) {
                match order {
                    Order::Handle(record) => records.push(*record),
                    Order::Assign(place, mark) => {
                        self.all(&mut partitions, std::mem::take(&mut records)).await;
                        partitions
                            .insert(place, Partition { mark, gap_since: None, alarmed: false });
                    }
                    Order::Revoke(places, answer) => {
                        self.all(&mut partitions, std::mem::take(&mut records)).await;
                        partitions.retain(|place, _| !places.contains(place));
                        // A reader that no longer waits has given the partitions up already.
                        let _answered = answer.send(());
                    }
                }
            }
            self.all(&mut partitions, records).await;
        }
    }

    /// Handles records until they are committed, parked, or no longer ours.
    async fn all(&self, partitions: &mut HashMap<Place, Partition>, mut records: Vec<Record>) {
        let count = records.len();
        records.retain(|record| self.may_be_new(partitions, record));
        if !records.is_empty() && !self.try_batch(partitions, &records).await {
            for record in &records {
                self.one(partitions, record).await;
            }
        }
        self.waiting.fetch_sub(count, Ordering::AcqRel);
    }

    /// Drops what needs no transaction to be dropped: second copies, and partitions given up.
    fn may_be_new(&self, partitions: &HashMap<Place, Partition>, record: &Record) -> bool {
        let Some(partition) = partitions.get(&record.place()) else { return false };
        let new = record.position > partition.mark.position;
        if !new {
            self.shared.metrics.record(record.meta.topic, "duplicate");
        }
        new
    }

    /// Tries all records in one transaction; false if they have to be taken one by one.
    async fn try_batch(
        &self,
        partitions: &mut HashMap<Place, Partition>,
        records: &[Record],
    ) -> bool {
        match self.attempt(partitions, records, None).await {
            Ok(done) => {
                self.committed(partitions, records, done);
                true
            }
            Err(_) => {
                self.shared.metrics.batch_failures.inc();
                false
            }
        }
    }

    /// Takes one record in a transaction of its own: again at once if that may help, parked if it
    /// does not, and waiting for as long as the world is down.
    async fn one(&self, partitions: &mut HashMap<Place, Partition>, record: &Record) {
        let records = std::slice::from_ref(record);
        let (mut tries, mut probes) = (1, 0);
        let mut outage = Outage::of("handling events");
        let mut parking: Option<Failure> = None;
        while !self.stop.is_cancelled() {
            let stopped = match self.attempt(partitions, records, parking.as_ref()).await {
                Ok(done) => {
                    outage.over();
                    return self.committed(partitions, records, done);
                }
                Err(stopped) => stopped,
            };
            let message = stopped.message();
            let failure = match stopped {
                Stopped::Record(failure) => Some(failure),
                Stopped::Machinery(_) => None,
            };
            match failure.map(|failure| (plan::after(failure.class, tries), failure)) {
                Some((Next::Again, _)) => {
                    tries += 1;
                    tokio::time::sleep(backoff::at_once()).await;
                }
                Some((Next::Park, failure)) => {
                    tracing::error!(
                        event.id = %record.meta.event_id, event.r#type = record.meta.event_type,
                        topic = record.meta.topic, key = record.meta.key,
                        class = failure.class.name(), error = message, "event parked",
                    );
                    parking = Some(failure);
                }
                Some((Next::Wait, _)) | None => {
                    outage.failed(&Waits(message));
                    let pause = tokio::time::sleep(backoff::outage(probes));
                    probes += 1;
                    tokio::select! { () = pause => {}, () = self.stop.cancelled() => {} }
                }
            }
        }
    }

    async fn attempt(
        &self,
        partitions: &HashMap<Place, Partition>,
        records: &[Record],
        parking: Option<&Failure>,
    ) -> Result<Done, Stopped> {
        let places = records.iter().map(Record::place);
        let known = places.filter_map(|place| Some((place, partitions.get(&place)?.mark)));
        let known = known.collect();
        let run = batch::run(&self.shared, records, parking, &known);
        wake::announcing(run).await
    }

    #[expect(clippy::disallowed_methods, reason = "a metric, which no test sets a clock for")]
    fn committed(
        &self,
        partitions: &mut HashMap<Place, Partition>,
        records: &[Record],
        done: Done,
    ) {
        wake::effects();
        self.shared.metrics.batches.inc();
        let now = OffsetDateTime::now_utc();
        let mut gaps = HashSet::new();
        for (record, outcome) in records.iter().zip(&done.outcomes) {
            let topic = record.meta.topic;
            self.shared.metrics.record(topic, outcome);
            match *outcome {
                "handled" => {
                    let age = (now - record.meta.occurred_at).as_seconds_f64();
                    let labels = TopicLabels { topic };
                    self.shared.metrics.critical_time.get_or_create(&labels).observe(age);
                }
                "gap" => {
                    gaps.insert(record.place());
                }
                _ => {
                    gaps.remove(&record.place());
                }
            }
        }
        for (place, mark) in done.marks {
            if let Some(partition) = partitions.get_mut(&place) {
                partition.moved(place, mark, gaps.contains(&place), &self.shared);
            }
            // Only a cache for people and tools: the mark is what counts.
            let _reader_gone = self.done.send((place, mark.offset));
        }
    }
}

impl Partition {
    fn moved(&mut self, place: Place, mark: Mark, gap: bool, shared: &Shared) {
        self.mark = mark;
        let gauge = shared.metrics.gaps.get_or_create(&TopicLabels { topic: place.0 }).clone();
        match (gap, self.gap_since) {
            (true, None) => {
                self.gap_since = Some(Instant::now());
                gauge.inc();
                tracing::warn!(topic = place.0, partition = place.1, mark = %mark.position, "gap");
            }
            (true, Some(since)) if since.elapsed() > GAP_ALARM && !self.alarmed => {
                self.alarmed = true;
                tracing::error!(
                    topic = place.0, partition = place.1, mark = %mark.position,
                    "events are missing after the mark; nothing is handled until they come",
                );
            }
            (false, Some(_)) => {
                (self.gap_since, self.alarmed) = (None, false);
                gauge.dec();
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
}
