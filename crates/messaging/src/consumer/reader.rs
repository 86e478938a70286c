//! The reader: takes records from Kafka, hands them to the strands, and owns the assignment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::assign::{Change, Membership};
use super::mark::{self, Place};
use super::record::Record;
use super::strand::{Order, Strand};
use super::{Shared, backoff};
use crate::Error;
use crate::outage::Outage;
use crate::trial::Step;

/// A strand with more records than this in hand gets no new ones…
const MANY: usize = 2_000;
/// …until it has no more than this.
const FEW: usize = 500;
/// Nothing is read for that long at most; then the partitions of the full strand are paused, so that the
/// others and the group go on. Not at once: what was fetched of a paused partition is thrown away, and
/// fetching it again waits for the request under way.
const HOLD: Duration = Duration::from_secs(1);
/// How long partitions that are given up may take to finish what is in hand.
const DRAIN: Duration = Duration::from_secs(10);

struct Reader {
    shared: Shared,
    group: Membership,
    strands: Vec<Line>,
    assigned: Vec<Place>,
    stop: CancellationToken,
    outage: Outage,
}

/// The reader's end of a strand.
struct Line {
    orders: mpsc::UnboundedSender<Order>,
    waiting: Arc<AtomicUsize>,
    full_since: Option<Instant>,
    paused: bool,
}

/// Runs until `stop`, or until the group wants this member no more.
pub(super) async fn run(
    shared: Shared,
    group: Membership,
    (strands, spacing): (usize, Duration),
    stop: CancellationToken,
) -> Result<(), Error> {
    let (done_in, mut done) = mpsc::unbounded_channel();
    let topics: Vec<&str> = shared.handlers.topics().collect();
    group.kafka.subscribe(&topics)?;
    let mut tasks = tokio::task::JoinSet::new();
    let lines = (0..strands).map(|_| {
        let (orders, inbox) = mpsc::unbounded_channel();
        let (waiting, shared) = (Arc::new(AtomicUsize::new(0)), shared.clone());
        let (done, stop) = (done_in.clone(), stop.clone());
        let waits = Arc::clone(&waiting);
        let strand = Strand { shared, spacing, orders: inbox, waiting: waits, done, stop };
        tasks.spawn(strand.run());
        Line { orders, waiting, full_since: None, paused: false }
    });
    let strands = lines.collect();
    let outage = Outage::of("reading from kafka");
    let (assigned, stopped) = (Vec::new(), stop.clone());
    let mut reader = Reader { shared, group, strands, assigned, stop: stopped, outage };
    let mut pressure = tokio::time::interval(Duration::from_millis(20));
    pressure.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(change) = reader.group.changes.recv() => reader.change(change).await,
            Some((place, offset)) = done.recv() => reader.store_offset(place, offset),
            message = reader.group.kafka.recv(), if !reader.holds() => match message {
                Ok(message) => {
                    reader.outage.over();
                    hand_over(&reader.shared, &reader.strands, &message);
                }
                Err(error) => {
                    if let Some(refused) = reader.group.refused() {
                        reader.close().await;
                        return Err(refused);
                    }
                    reader.outage.failed(&error);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            // A strand that has too much in hand is looked after; the others need no clock.
            _ = pressure.tick(), if reader.strands.iter().any(|line| line.full_since.is_some()) => {}
            // It goes on for as long as there is a reader: its partitions would be stuck.
            Some(_) = tasks.join_next() => {
                reader.close().await;
                return Err(Error::Corrupt("a strand of the consumer panicked".into()));
            }
        }
        reader.relieve();
    }
    reader.close().await;
    while tasks.join_next().await.is_some() {}
    Ok(())
}

fn hand_over(shared: &Shared, strands: &[Line], message: &BorrowedMessage<'_>) {
    let Some((topic, _)) = shared.handlers.get(message.topic()) else { return };
    shared.trial.pass(Step::Fetched);
    match Record::read(topic, message) {
        Ok(record) => {
            let line = &strands[strand_of(record.partition, strands.len())];
            line.waiting.fetch_add(1, Ordering::AcqRel);
            // A strand ends only with the reader.
            let _strand_ended = line.orders.send(Order::Handle(Box::new(record)));
        }
        Err(error) => {
            shared.metrics.record(topic, "foreign");
            tracing::error!(
                topic,
                partition = message.partition(),
                offset = message.offset(),
                error = &error as &dyn std::error::Error,
                "no relay sent this record; ignored",
            );
        }
    }
}

fn strand_of(partition: i32, strands: usize) -> usize {
    usize::try_from(partition).unwrap_or(0) % strands
}

impl Reader {
    async fn change(&mut self, change: Change) {
        match change {
            Change::Assign(places) => {
                let places = self.known(&places);
                self.assign(&places).await;
            }
            Change::Revoke(places) => {
                let places = self.known(&places);
                self.revoke(&places).await;
            }
        }
    }

    fn known(&self, places: &[(String, i32)]) -> Vec<Place> {
        let handlers = &self.shared.handlers;
        let known = |(topic, partition): &(String, i32)| {
            handlers.get(topic).map(|(topic, _)| (topic, *partition))
        };
        places.iter().filter_map(known).collect()
    }

    /// Starts each partition behind its mark in the database, for which it waits if it must.
    async fn assign(&mut self, places: &[Place]) {
        let mut probes = 0;
        let mut outage = Outage::of("loading marks");
        let marks = loop {
            match self.load(places).await {
                Ok(marks) => break marks,
                Err(error) => {
                    outage.failed(&error);
                }
            }
            let pause = tokio::time::sleep(backoff::outage(probes));
            tokio::select! { () = pause => {}, () = self.stop.cancelled() => return }
            probes += 1;
        };
        outage.over();
        let mut list = TopicPartitionList::new();
        for (place @ (topic, partition), mark) in marks {
            let line = &self.strands[strand_of(partition, self.strands.len())];
            let _strand_ended = line.orders.send(Order::Assign(place, mark));
            // Offsets are never negative, so this cannot be refused.
            let _valid =
                list.add_partition_offset(topic, partition, Offset::Offset(mark.offset + 1));
            self.assigned.push(place);
        }
        if let Err(error) = self.group.kafka.incremental_assign(&list) {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot assign");
        }
        self.pause_again();
    }

    async fn load(
        &self,
        places: &[Place],
    ) -> Result<std::collections::HashMap<Place, mark::Mark>, sqlx::Error> {
        let mut conn = self.shared.pool.acquire().await?;
        mark::load(&mut conn, self.shared.name, places).await
    }

    /// Lets the strands finish what they have of these partitions, then gives them up. A strand
    /// that takes too long is harmless: its transaction holds the mark, and the next owner reads
    /// the mark under that lock.
    async fn revoke(&mut self, places: &[Place]) {
        let answers = self.strands.iter().map(|line| {
            let (answer, answered) = oneshot::channel();
            let _strand_ended = line.orders.send(Order::Revoke(places.to_vec(), answer));
            answered
        });
        let all = futures::future::join_all(answers.collect::<Vec<_>>());
        if tokio::time::timeout(DRAIN, all).await.is_err() {
            tracing::warn!("partitions are given up with work in flight");
        }
        self.assigned.retain(|place| !places.contains(place));
        let mut list = TopicPartitionList::new();
        for (topic, partition) in places {
            list.add_partition(topic, *partition);
        }
        if let Err(error) = self.group.kafka.incremental_unassign(&list) {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot unassign");
        }
    }

    fn store_offset(&self, (topic, partition): Place, offset: i64) {
        if offset >= 0 && self.assigned.contains(&(topic, partition)) {
            // The partition may just be lost; the mark is what counts.
            let _lost = self.group.kafka.store_offset(topic, partition, offset);
            self.shared.trial.pass(Step::OffsetStored);
        }
    }

    /// Whether to read nothing for a moment.
    fn holds(&self) -> bool {
        self.strands.iter().any(|line| line.full_since.is_some() && !line.paused)
    }

    /// Notes which strands have too much in hand; pauses the partitions of those that have had it for
    /// long, and resumes the others.
    fn relieve(&mut self) {
        let mut changed = false;
        for line in &mut self.strands {
            let waiting = line.waiting.load(Ordering::Acquire);
            let full = waiting > if line.full_since.is_some() { FEW } else { MANY };
            line.full_since = full.then(|| line.full_since.unwrap_or_else(Instant::now));
            let paused = line.full_since.is_some_and(|since| since.elapsed() > HOLD);
            changed |= paused != line.paused;
            line.paused = paused;
        }
        if changed {
            self.pause_again();
        }
    }

    fn pause_again(&self) {
        let (mut pause, mut resume) = (TopicPartitionList::new(), TopicPartitionList::new());
        for (topic, partition) in &self.assigned {
            let paused = self.strands[strand_of(*partition, self.strands.len())].paused;
            let list = if paused { &mut pause } else { &mut resume };
            list.add_partition(topic, *partition);
        }
        for result in [self.group.kafka.pause(&pause), self.group.kafka.resume(&resume)] {
            if let Err(error) = result {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot pause or resume");
            }
        }
    }

    /// Ends the strands and leaves the group.
    async fn close(mut self) {
        let places = std::mem::take(&mut self.assigned);
        self.revoke(&places).await;
        let group = self.group;
        // Leaving the group talks to the broker.
        let _left = tokio::task::spawn_blocking(move || drop(group)).await;
    }
}
