//! What is to be seen of what others wrote, for those who wait for it.

use contracts::{CategoryEvent, PriceEvent, ProductEvent, StockEvent};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use messaging::EventSet as _;
use runtime::{Awaited, ReadModel, Seen};
use sqlx::PgPool;
use tokio::sync::watch;

use crate::refresh;
use crate::store::seen::{self, About};

/// The documents, as far as they are prepared.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    db: PgPool,
}

impl Shown {
    pub(crate) const fn new(db: PgPool) -> Self {
        Self { db }
    }

    async fn seen(&self, writes: &[Awaited]) -> Result<Vec<Seen>, sqlx::Error> {
        let asked: Vec<_> = writes.iter().map(|write| (about(write), write.step)).collect();
        let mut conn = self.db.acquire().await?;
        let known = seen::find(&mut conn, &asked).await?;
        let seen = writes.iter().zip(&asked).zip(known).map(|((awaited, (about, _)), known)| {
            if *about == About::Nothing {
                return Seen { version: awaited.write.version, shown: true, step: None };
            }
            // What was noted until all of it was known has to be prepared; later notes are of later facts.
            let here = known.version >= awaited.write.version && known.whole;
            let step = known.last_note.filter(|_| here);
            Seen { version: known.version, shown: here && step.is_none(), step }
        });
        Ok(seen.collect())
    }
}

impl ReadModel for Shown {
    fn look<'a>(&'a self, writes: &'a [Awaited]) -> BoxFuture<'a, Result<Vec<Seen>, sqlx::Error>> {
        self.seen(writes).boxed()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        refresh::refreshed()
    }
}

/// What a write is about; nothing that is shown here if its topic is another, or no such thing can exist.
fn about(Awaited { write, .. }: &Awaited) -> About<'_> {
    match write.topic.as_str() {
        ProductEvent::TOPIC => write.subject.parse().map_or(About::Nothing, About::Product),
        PriceEvent::TOPIC => About::Price(&write.subject),
        StockEvent::TOPIC => About::Stock(&write.subject),
        CategoryEvent::TOPIC => About::Category(&write.subject),
        _ => About::Nothing,
    }
}
