//! The check finds projections that depend on the order of arrival, or on how batches are cut.

use messaging::{DecodeError, EventSet, Projection};

use super::*;

/// An event whose topic is one of two.
struct Noted<const TOPIC: char> {
    key: String,
    text: String,
}

impl<const TOPIC: char> Noted<TOPIC> {
    const NAME: &str = match TOPIC {
        'a' => "test.a.v1",
        _ => "test.b.v1",
    };

    fn new(key: &str, text: &str) -> Self {
        Self { key: key.to_owned(), text: text.to_owned() }
    }
}

impl<const TOPIC: char> Event for Noted<TOPIC> {
    const TYPE: &'static str = "test.Noted";
    const TOPIC: &'static str = Self::NAME;

    fn key(&self) -> &str {
        &self.key
    }

    fn subject(&self) -> &str {
        &self.key
    }

    fn encode(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }
}

impl<const TOPIC: char> EventSet for Noted<TOPIC> {
    const TOPIC: &'static str = Self::NAME;

    fn decode(_: &str, payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let text = String::from_utf8_lossy(payload).into_owned();
        Ok(Some(Self { key: String::new(), text }))
    }
}

/// What a projection does wrong, if anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Both topics write the same rows.
    OneRowForBothTopics,
    /// Of a batch it keeps the first only.
    FirstOfBatch,
    /// Of events with one key in a batch it keeps the first.
    FirstOfKey,
}

/// Keeps the last text of each key.
struct Keep<const TOPIC: char>(Fault);

impl<const TOPIC: char> Projection for Keep<TOPIC> {
    type Event = Noted<TOPIC>;
    type Error = sqlx::Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(Noted<TOPIC>, Meta)],
    ) -> Result<(), sqlx::Error> {
        let topic = if self.0 == Fault::OneRowForBothTopics { "any" } else { Noted::<TOPIC>::NAME };
        let mut kept = Vec::new();
        for (event, meta) in events {
            let again = kept.contains(&&meta.key);
            if again && self.0 == Fault::FirstOfKey
                || !kept.is_empty() && self.0 == Fault::FirstOfBatch
            {
                continue;
            }
            kept.push(&meta.key);
            let keep = "insert into kept values ($1, $2, $3)
                 on conflict (topic, key) do update set text = excluded.text";
            let keep = sqlx::query(keep).bind(topic).bind(&meta.key).bind(&event.text);
            keep.execute(&mut *conn).await?;
        }
        Ok(())
    }
}

async fn check(db: PgPool, fault: Fault) {
    let table = "create table kept (topic text, key text, text text, primary key (topic, key))";
    sqlx::query(table).execute(&db).await.unwrap();
    let projections = Handlers::new().project(Keep::<'a'>(fault)).project(Keep::<'b'>(fault));
    let corpus = Corpus::new()
        .say(&Noted::<'a'>::new("x", "1"))
        .say(&Noted::<'a'>::new("x", "2"))
        .say(&Noted::<'a'>::new("y", "3"))
        .say(&Noted::<'b'>::new("x", "4"))
        .say(&Noted::<'b'>::new("x", "5"));
    any_order_leads_to_the_same_rows(&db, &projections, &corpus, &[], async |_| ()).await;
}

#[sqlx::test]
async fn a_projection_that_keeps_topics_apart_stands_it(db: PgPool) {
    check(db, Fault::None).await;
}

#[sqlx::test]
#[should_panic(expected = "seed ")]
async fn one_that_mixes_topics_does_not(db: PgPool) {
    check(db, Fault::OneRowForBothTopics).await;
}

#[sqlx::test]
#[should_panic(expected = "seed ")]
async fn nor_one_that_takes_the_first_of_a_batch(db: PgPool) {
    check(db, Fault::FirstOfBatch).await;
}

#[sqlx::test]
#[should_panic(expected = "seed ")]
async fn nor_one_that_takes_the_first_of_a_key(db: PgPool) {
    check(db, Fault::FirstOfKey).await;
}

#[sqlx::test]
#[should_panic(expected = "the corpus says nothing of test.b.v1")]
async fn a_projection_that_hears_nothing_is_not_checked(db: PgPool) {
    let projections = Handlers::new().project(Keep::<'b'>(Fault::None));
    let corpus = Corpus::new().say(&Noted::<'a'>::new("x", "1"));
    any_order_leads_to_the_same_rows(&db, &projections, &corpus, &[], async |_| ()).await;
}
