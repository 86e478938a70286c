//! What every projection must stand: any order of arrival across topics, cut into any batches, leads to
//! the same rows.

use std::collections::{BTreeMap, VecDeque};

use messaging::{Event, Handlers, Meta, Tx};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

/// How many orders of arrival are tried.
const ORDERS: u64 = 60;

/// An event on its way.
type Said = (Meta, Vec<u8>);

/// Events of several topics. Those of one topic and key arrive in the order in which they were said.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    streams: BTreeMap<(&'static str, String), VecDeque<Said>>,
}

impl Corpus {
    /// Nothing was said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what was said after everything else of its topic and key. Its version is the number of
    /// events that there are of them then.
    #[must_use]
    pub fn say<E: Event>(mut self, event: &E) -> Self {
        let mut meta = Meta::now(E::TOPIC, E::TYPE, event.key(), event.subject());
        let stream = self.streams.entry((E::TOPIC, meta.key.clone())).or_default();
        meta.version = i64::try_from(stream.len()).unwrap_or(i64::MAX) + 1;
        stream.push_back((meta, event.encode()));
        self
    }

    /// The events in the order, and the batches, that a seed means; with 0 one stream after the other,
    /// and each event by itself.
    fn arriving(&self, seed: u64) -> Vec<Vec<Said>> {
        let mut streams: Vec<VecDeque<Said>> = self.streams.values().cloned().collect();
        let mut dice = Dice(seed);
        let mut batches = vec![Vec::new()];
        while !streams.is_empty() {
            let chosen = if seed == 0 { 0 } else { dice.roll(streams.len()) };
            match streams.get_mut(chosen).and_then(VecDeque::pop_front) {
                Some(event) => batches.last_mut().unwrap().push(event),
                None => drop(streams.remove(chosen)),
            }
            // With some seeds most batches are long, with others short.
            if seed == 0 || dice.roll(1 + usize::try_from(seed % 9).unwrap()) == 0 {
                batches.push(Vec::new());
            }
        }
        batches
    }
}

/// Hands the corpus to projections in many orders and cuts, each in a transaction that is rolled back,
/// and sees that the rows of all tables but these are the same. `settle` does what a service does with
/// its rows now and then after projecting.
///
/// # Panics
/// When they are not, with the seed of the order; when the corpus changes nothing, or says nothing that
/// one of the projections hears; when a projection or the database fails.
pub async fn any_order_leads_to_the_same_rows(
    db: &PgPool,
    projections: &Handlers,
    corpus: &Corpus,
    except: &[&str],
    settle: impl AsyncFn(&mut PgConnection),
) {
    for topic in projections.projected() {
        let said = corpus.streams.keys().any(|(said, _)| *said == topic);
        assert!(said, "the corpus says nothing of {topic}");
    }
    let before = rows(&mut db.acquire().await.unwrap(), except).await;
    let mut first = None;
    for seed in 0..=ORDERS {
        let mut tx = Tx::begin(db).await.unwrap();
        for (n, batch) in (1..).zip(corpus.arriving(seed)) {
            deliver(projections, &mut tx, batch, seed).await;
            if n % (1 + seed) == 0 {
                settle(&mut tx).await;
            }
        }
        settle(&mut tx).await;
        let rows = rows(&mut tx, except).await;
        tx.rollback().await.unwrap();
        assert_ne!(rows, before, "the corpus changes nothing");
        let first = first.get_or_insert_with(|| rows.clone());
        assert_eq!(rows, *first, "seed {seed}");
    }
}

/// As a consumer does: what a projection hears in one batch, it hears together.
async fn deliver(projections: &Handlers, tx: &mut Tx, batch: Vec<Said>, seed: u64) {
    let mut by_topic: Vec<(&str, Vec<Said>)> = Vec::new();
    for event in batch {
        match by_topic.iter_mut().find(|(topic, _)| *topic == event.0.topic) {
            Some((_, events)) => events.push(event),
            None => by_topic.push((event.0.topic, vec![event])),
        }
    }
    for (topic, events) in by_topic {
        let delivered = projections.deliver(tx, &events).await;
        assert!(delivered.is_ok(), "seed {seed}, {topic}: {delivered:?}");
    }
}

/// The rows of each table of the service.
async fn rows(conn: &mut PgConnection, except: &[&str]) -> BTreeMap<String, Vec<String>> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables
         where schemaname not in ('pg_catalog', 'information_schema', 'messaging')
             and tablename <> all ($1)",
    )
    .bind(except)
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let all = format!("select to_jsonb(t)::text from {table} t order by 1");
        let all = sqlx::query_scalar(AssertSqlSafe(all)).fetch_all(&mut *conn).await.unwrap();
        rows.insert(table, all);
    }
    rows
}

/// A small generator (`SplitMix64`), so that a seed names an order.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests;
