//! One pass: everything that the relay says it has sent since the last one.

use std::collections::{HashMap, HashSet};

use futures::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres};
use tokio::time::Instant;
use uuid::Uuid;

use super::book::{self, Place, Scope};
use super::lane::{Copy, Event, Lane};
use super::log::Log;
use crate::{Error, Metrics, partition_of};

/// So many windows share a statement.
const WINDOWS: i64 = 256;
/// So many events are read before they are looked for.
const EVENTS: usize = 5_000;
/// So many copies are gathered before they are looked up.
const COPIES: usize = 5_000;
/// After each statement the pass rests for so many times as long as that took: it has a share of one
/// core and no more, however far it is behind.
const REST: u32 = 2;
/// So many differences of one pass are told one by one; all are counted.
const TOLD: u32 = 100;

/// What a pass needs.
pub(super) struct Pass<'a> {
    pub(super) service: &'a str,
    pub(super) brokers: &'a str,
    pub(super) pool: &'a PgPool,
    pub(super) owner: Uuid,
    pub(super) metrics: &'a Metrics,
}

impl Pass<'_> {
    /// Compares everything that is new; whether topics are looked at too where nothing is new says
    /// `thorough`. Returns whether this process is the one that compares.
    pub(super) async fn run(&self, thorough: bool) -> Result<bool, Error> {
        let begun = Instant::now();
        let mut conn = self.pool.acquire().await?;
        if !book::hold(&mut conn, self.owner).await? {
            return Ok(false);
        }
        let scope = book::scope(&mut conn).await?;
        if thorough || scope.compared.is_none_or(|compared| compared < scope.sent) {
            Box::pin(self.compare(&mut conn, scope)).await?;
        }
        book::done(&mut conn, self.owner, begun.elapsed()).await?;
        Ok(true)
    }

    async fn compare(
        &self,
        conn: &mut PoolConnection<Postgres>,
        scope: Scope,
    ) -> Result<(), Error> {
        let mut log = Log::connect(self.service, self.brokers)?;
        // After what was sent is known, so that all of it is before these ends; and before the newest
        // window is asked for, so that whatever is before these ends was sealed by then.
        let places = scope.places.keys().cloned().collect();
        let ends = if scope.places.is_empty() { HashMap::new() } else { log.ends(places).await? };
        let sealed = book::sealed(conn).await?;
        let Some(mut compared) = scope.compared else {
            let begin = |(place, end): (Place, i64)| (place, Lane::new(end, end, None));
            let lanes = ends.into_iter().map(begin).collect();
            return book::store(conn, self.owner, sealed, &lanes, 0).await;
        };
        let (lanes, found) = lanes(&scope, compared, &ends);
        compared = compared.max(scope.forgotten);
        log.read(&lanes)?;
        let mut pass = Reading { pass: self, conn, log, lanes, forgotten: scope.forgotten, found };
        while compared < scope.sent {
            let to = scope.sent.min(compared + WINDOWS);
            let begun = Instant::now();
            pass.events(compared, to).await?;
            pass.store(to).await?;
            compared = to;
            tokio::time::sleep(begun.elapsed() * REST).await;
        }
        pass.rest(scope.sent, sealed).await?;
        pass.store(compared.max(scope.sent)).await?;
        let log = pass.log;
        // Closing the client takes a moment.
        let _closed = tokio::task::spawn_blocking(move || drop(log)).await;
        Ok(())
    }
}

/// Where each partition goes on, and how many differences that tells of.
fn lanes(scope: &Scope, compared: i64, ends: &HashMap<Place, i64>) -> (HashMap<Place, Lane>, u32) {
    let late = compared < scope.forgotten;
    if late {
        tracing::error!(
            from = compared + 1,
            to = scope.forgotten,
            "the outbox has forgotten windows that were never compared with the topics",
        );
    }
    let mut found = u32::from(late);
    let lanes = scope.places.iter().map(|(place, &(offset, last))| {
        let end = ends.get(place).copied().unwrap_or(0);
        let shrunk = end < offset;
        if shrunk {
            found += 1;
            let (topic, partition) = (&place.0, place.1);
            tracing::error!(
                topic,
                partition,
                end,
                offset,
                "the topic ends before what was compared",
            );
        }
        let last = last.filter(|_| !late && !shrunk);
        (place.clone(), Lane::new(if shrunk { 0 } else { offset }, end, last))
    });
    (lanes.collect(), found)
}

fn lane<'l>(lanes: &'l mut HashMap<Place, Lane>, place: &Place) -> Result<&'l mut Lane, Error> {
    lanes.get_mut(place).ok_or_else(|| Error::Corrupt(format!("{} has no head", place.0)))
}

/// A pass with its partitions.
struct Reading<'a> {
    pass: &'a Pass<'a>,
    conn: &'a mut PoolConnection<Postgres>,
    log: Log,
    lanes: HashMap<Place, Lane>,
    forgotten: i64,
    /// Differences that are told already.
    found: u32,
}

impl Reading<'_> {
    /// Finds the events of these windows on their topics.
    async fn events(&mut self, after: i64, to: i64) -> Result<(), Error> {
        let partitions = self.lanes.keys().map(|(_, partition)| partition + 1).max().unwrap_or(0);
        let mut rows = book::events(self.conn, after, to);
        let mut some = Vec::new();
        loop {
            // Mostly all of them: then the outbox is not locked while topics are read.
            while some.len() < EVENTS
                && let Some(row) = rows.try_next().await?
            {
                some.push(row);
            }
            if some.is_empty() {
                return Ok(());
            }
            for row in some.drain(..) {
                let place = (row.topic.clone(), partition_of(row.key().as_bytes(), partitions));
                let (position, event) = (row.position(), row.into_event());
                self.pass.metrics.audited.inc();
                while !lane(&mut self.lanes, &place)?.meet(position, &event) {
                    self.log.pull(&place, &mut self.lanes).await?;
                }
            }
        }
    }

    /// Reads the rest of every partition, of which all that is left should be copies.
    async fn rest(&mut self, sent: i64, sealed: i64) -> Result<(), Error> {
        let places: Vec<Place> = self.lanes.keys().cloned().collect();
        for place in places {
            while let Some(lane) = self.lanes.get_mut(&place)
                && !lane.rest(sent, sealed)
            {
                let many = lane.copies.len() >= COPIES;
                self.log.pull(&place, &mut self.lanes).await?;
                if many {
                    self.copies().await?;
                }
            }
        }
        Ok(())
    }

    /// Holds each copy against the event at its position.
    async fn copies(&mut self) -> Result<(), Error> {
        let copies = self.lanes.values().flat_map(|lane| &lane.copies);
        let positions: HashSet<_> = copies.map(|copy| copy.position).collect();
        let windows: HashSet<i64> = positions.iter().map(|position| position.window).collect();
        let mut events: HashMap<(Place, _), Event> = HashMap::with_capacity(positions.len());
        let partitions = self.lanes.keys().map(|(_, partition)| partition + 1).max().unwrap_or(0);
        for window in windows.into_iter().filter(|window| *window > self.forgotten) {
            let mut rows = book::events(self.conn, window - 1, window);
            while let Some(row) = rows.try_next().await? {
                let place = (row.topic.clone(), partition_of(row.key().as_bytes(), partitions));
                if positions.contains(&row.position()) {
                    events.insert((place, row.position()), row.into_event());
                }
            }
        }
        for (place, lane) in &mut self.lanes {
            for copy in std::mem::take(&mut lane.copies) {
                let Copy { position, .. } = copy;
                if position.window > self.forgotten {
                    let event = events.get(&(place.clone(), position));
                    lane.findings.extend(copy.against(event));
                }
            }
        }
        Ok(())
    }

    /// Tells what was found and stores how far this is.
    async fn store(&mut self, window: i64) -> Result<(), Error> {
        self.copies().await?;
        let mut found = std::mem::take(&mut self.found);
        for ((topic, partition), lane) in &mut self.lanes {
            for finding in std::mem::take(&mut lane.findings) {
                if found < TOLD {
                    finding.tell(topic, *partition);
                }
                found += 1;
            }
        }
        self.pass.metrics.differences.inc_by(found.into());
        book::store(self.conn, self.pass.owner, window, &self.lanes, found.into()).await
    }
}
