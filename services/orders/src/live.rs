//! Orders that somebody watches: who waits for which version, and one poll for all of them.
//!
//! A change made in this process wakes the poll at once. Other replicas are asked once a second, in
//! one statement for all watched orders, and only while there are any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kernel::OrderId;
use sqlx::PgPool;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::store;

/// Between two polls when nothing was said.
const SLOWEST: Duration = Duration::from_secs(1);
/// After a change was announced: its transaction is about to commit.
const FASTEST: Duration = Duration::from_millis(10);

/// The watched orders of this process. Copies share them.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    db: PgPool,
    watched: Mutex<Watched>,
    announced: Notify,
    closing: CancellationToken,
}

#[derive(Debug, Default)]
struct Watched {
    versions: HashMap<OrderId, watch::Sender<i64>>,
    polling: bool,
}

impl Live {
    pub(crate) fn new(db: PgPool) -> Self {
        let (watched, announced) = (Mutex::default(), Notify::new());
        let closing = CancellationToken::new();
        Self { inner: Arc::new(Inner { db, watched, announced, closing }) }
    }

    /// Ends with the process, and all watching with it, so that open streams do not hold up its stop.
    pub(crate) async fn end_with(self, stop: CancellationToken) -> Result<(), runtime::Error> {
        stop.cancelled().await;
        self.inner.closing.cancel();
        Ok(())
    }

    /// Resolves when the process stops.
    pub(crate) async fn closed(&self) {
        self.inner.closing.cancelled().await;
    }

    /// An order has changed, or is about to: a hint for those who watch it.
    pub(crate) fn changed(&self, order: OrderId) {
        if self.watched().versions.contains_key(&order) {
            self.inner.announced.notify_one();
        }
    }

    /// Tells of an order's versions from now on, each time there is a new one.
    pub(crate) fn watch(&self, order: OrderId) -> watch::Receiver<i64> {
        let mut watched = self.watched();
        let sender = watched.versions.entry(order).or_insert_with(|| watch::channel(0).0);
        let receiver = sender.subscribe();
        if !std::mem::replace(&mut watched.polling, true) {
            tokio::spawn(self.clone().poll());
        }
        receiver
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.inner.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The orders that are still watched; none ends the poll.
    fn still_watched(&self) -> Option<Vec<OrderId>> {
        let mut watched = self.watched();
        watched.versions.retain(|_, sender| sender.receiver_count() > 0);
        if watched.versions.is_empty() {
            watched.polling = false;
            return None;
        }
        Some(watched.versions.keys().copied().collect())
    }

    async fn poll(self) {
        let mut pause = FASTEST;
        while let Some(orders) = self.still_watched() {
            match store::orders::versions(&self.inner.db, &orders).await {
                Ok(versions) => self.tell(&versions),
                Err(error) => tracing::warn!(%error, "watched orders were not read"),
            }
            let announced = self.inner.announced.notified();
            if tokio::time::timeout(pause, announced).await.is_ok() {
                pause = FASTEST;
                tokio::time::sleep(FASTEST).await;
            } else {
                pause = pause.saturating_mul(3).min(SLOWEST);
            }
        }
    }

    fn tell(&self, versions: &[(OrderId, i64)]) {
        let watched = self.watched();
        for (order, version) in versions {
            if let Some(sender) = watched.versions.get(order) {
                sender.send_if_modified(|known| std::mem::replace(known, *version) != *version);
            }
        }
    }
}
