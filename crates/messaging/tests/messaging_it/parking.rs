//! What cannot be handled is held back with its followers, and nothing else is.

use messaging::{ErrorClass, Meta, Reaction, Tx, enqueue, parking};
use sqlx::PgPool;

use crate::support::{Fact, Service, Topic, Trouble, eventually};
use crate::working::{Charge, Till};

const NOTHING_HELD: &str = "select count(*) from messaging.parked_key";

struct Poison;
impl Topic for Poison {
    const NAME: &'static str = "it.messaging.poison";
}

#[sqlx::test]
async fn a_poisoned_key_waits_in_order_for_a_person_and_other_keys_go_on(db: PgPool) {
    let service = Service::<Poison>::new(db).await;
    service.fail("bad", 2, ErrorClass::Permanent, u32::MAX);
    let (relay, consumer) = (service.relay(), service.consumer());

    service.say(&[("bad", 1), ("bad", 2), ("good", 1), ("bad", 3), ("good", 2)]).await;
    service.wait_for("good", &[1, 2]).await;
    service.say(&[("bad", 4), ("good", 3)]).await;
    service.wait_for("good", &[1, 2, 3]).await;
    let held = "select count(*) from messaging.parked where state = 'waiting'";
    eventually("three held", || async { service.count(held).await == 3 }).await;

    let mut conn = service.db.acquire().await.unwrap();
    let listed = parking::list(&mut conn, 10).await.unwrap();
    let what: Vec<_> =
        listed.iter().map(|m| (m.key.as_str(), m.blocking, m.state.as_str())).collect();
    assert_eq!(what, [("bad", true, "person"), ("bad", false, "person"), ("bad", false, "person")]);
    assert!(listed[0].first_error.as_deref().unwrap().contains("told to fail"));
    assert_eq!(service.heard("bad").await, [1]);

    service.faults.lock().unwrap().clear();
    assert!(parking::retry(&mut conn, listed[0].id, "ops", "mended").await.unwrap());
    service.wait_for("bad", &[1, 2, 3, 4]).await;
    eventually("free", || async { service.count(NOTHING_HELD).await == 0 }).await;
    service.say(&[("bad", 5)]).await;
    service.wait_for("bad", &[1, 2, 3, 4, 5]).await;
    assert!(!parking::retry(&mut conn, listed[0].id, "ops", "again").await.unwrap());
    assert_eq!(service.count("select count(*) from messaging.parked_audit").await, 1);
    consumer.stop().await;
    relay.stop().await;
}

struct Skipped;
impl Topic for Skipped {
    const NAME: &'static str = "it.messaging.skipped";
}

#[sqlx::test]
async fn an_undecodable_event_is_parked_by_its_key_and_can_be_skipped(db: PgPool) {
    let service = Service::<Skipped>::new(db).await;
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("a", 1), ("a", -2), ("a", 3)]).await;
    let held = "select count(*) from messaging.parked where state = 'waiting'";
    eventually("two held", || async { service.count(held).await == 2 }).await;
    let mut conn = service.db.acquire().await.unwrap();
    let listed = parking::list(&mut conn, 10).await.unwrap();

    assert!(parking::skip(&mut conn, listed[0].id, "ops", "nonsense").await.unwrap());

    service.wait_for("a", &[1, 3]).await;
    eventually("free", || async { service.count(NOTHING_HELD).await == 0 }).await;
    assert!(!parking::skip(&mut conn, listed[0].id, "ops", "twice").await.unwrap());
    consumer.stop().await;
    relay.stop().await;
}

struct Later;
impl Topic for Later {
    const NAME: &'static str = "it.messaging.later";
}

#[sqlx::test]
async fn a_key_that_fails_for_a_while_is_tried_again_by_itself_and_drains_in_order(db: PgPool) {
    let service = Service::<Later>::new(db).await;
    service.fail("a", 1, ErrorClass::Later, 2);
    let (relay, consumer) = (service.relay(), service.consumer());

    service.say(&[("a", 1), ("a", 2), ("b", 1)]).await;
    service.wait_for("b", &[1]).await;
    assert_eq!(service.heard("a").await, [0_i64; 0]);
    for n in 3..=30 {
        service.say(&[("a", n)]).await;
    }

    service.wait_for("a", &(1..=30).collect::<Vec<_>>()).await;
    eventually("free", || async { service.count(NOTHING_HELD).await == 0 }).await;
    consumer.stop().await;
    relay.stop().await;
}

struct Overlap;
impl Topic for Overlap {
    const NAME: &'static str = "it.messaging.overlap";
}

#[sqlx::test]
async fn what_another_owner_parked_a_moment_ago_holds_back_its_followers_here(db: PgPool) {
    let service = Service::<Overlap>::new(db).await;
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("a", 1)]).await;
    service.wait_for("a", &[1]).await;
    // The owner before this one still has a batch in flight: it parks the second event.
    let mut other = service.db.begin().await.unwrap();
    sqlx::query("select from messaging.consumer_progress for update")
        .execute(&mut *other)
        .await
        .unwrap();
    service.say(&[("a", 2), ("a", 3)]).await;
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'";
    eventually("this one waits", || async { service.count(waits).await >= 1 }).await;
    sqlx::raw_sql(
        "insert into messaging.parked_key (consumer, topic, key, partition, state)
         select consumer, topic, 'a', partition, 'person'
         from messaging.consumer_progress where seq > 0;
         update messaging.consumer_progress p
         set window_id = w.id, seq = o.seq
         from messaging.outbox o, messaging.outbox_window w
         where p.seq > 0 and o.version = 2 and w.id > 0
             and w.id = (select max(id) from messaging.outbox_window)",
    )
    .execute(&mut *other)
    .await
    .unwrap();
    other.commit().await.unwrap();

    let held = "select count(*) from messaging.parked where state = 'waiting' and version = 3";
    eventually("held behind the second", || async { service.count(held).await == 1 }).await;

    assert_eq!(service.heard("a").await, [1]);
    consumer.stop().await;
    relay.stop().await;
}

struct Meanwhile;
impl Topic for Meanwhile {
    const NAME: &'static str = "it.messaging.meanwhile";
}

#[sqlx::test]
async fn a_skip_asked_for_during_a_try_counts_whatever_comes_of_the_try(db: PgPool) {
    let service = Service::<Meanwhile>::new(db).await;
    service.fail("a", 1, ErrorClass::Permanent, u32::MAX);
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("a", 1)]).await;
    service.say(&[("a", 2)]).await;
    let held = "select count(*) from messaging.parked where state = 'waiting'";
    eventually("two held", || async { service.count(held).await == 2 }).await;
    let mut conn = service.db.acquire().await.unwrap();
    let first = parking::list(&mut conn, 1).await.unwrap().remove(0).id;

    // The handler's own insert waits, so that the skip comes while a try is at work.
    let mut slow = service.db.begin().await.unwrap();
    sqlx::query("lock table heard in exclusive mode").execute(&mut *slow).await.unwrap();
    assert!(parking::retry(&mut conn, first, "ops", "look").await.unwrap());
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'";
    eventually("the try waits", || async { service.count(waits).await == 1 }).await;
    let skip = tokio::spawn(async move { parking::skip(&mut conn, first, "ops", "no use").await });
    eventually("the skip waits", || async { service.count(waits).await == 2 }).await;
    slow.rollback().await.unwrap();

    assert!(skip.await.unwrap().unwrap());
    service.wait_for("a", &[2]).await;
    eventually("free", || async { service.count(NOTHING_HELD).await == 0 }).await;
    consumer.stop().await;
    relay.stop().await;
}

struct Deferred;
impl Topic for Deferred {
    const NAME: &'static str = "it.messaging.deferred";
}

#[sqlx::test]
async fn a_try_that_only_the_commit_refuses_counts_and_other_keys_go_on(db: PgPool) {
    let service = Service::<Deferred>::new(db).await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'no first of bad'; end $$;
         create constraint trigger refused after insert on heard deferrable initially deferred
             for each row when (new.key = 'bad' and new.n = 1) execute function refuse()",
    )
    .execute(&service.db)
    .await
    .unwrap();
    service.fail("good", 1, ErrorClass::Later, 1);
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("bad", 1)]).await;
    let for_a_person = "select count(*) from messaging.parked_key where state = 'person'";
    eventually("parked", || async { service.count(for_a_person).await == 1 }).await;

    let mut conn = service.db.acquire().await.unwrap();
    let bad = parking::list(&mut conn, 1).await.unwrap().remove(0).id;
    assert!(parking::retry(&mut conn, bad, "ops", "try").await.unwrap());
    service.say(&[("good", 1)]).await;

    service.wait_for("good", &[1]).await;
    eventually("for a person again", || async { service.count(for_a_person).await == 1 }).await;
    let tried = "select attempts::bigint from messaging.parked where key = 'bad'";
    assert_eq!(service.count(tried).await, 2);
    assert_eq!(service.heard("bad").await, [] as [i64; 0]);
    consumer.stop().await;
    relay.stop().await;
}

struct Panicking;
impl Topic for Panicking {
    const NAME: &'static str = "it.messaging.panicking";
}

#[sqlx::test]
async fn an_event_whose_decoding_panics_is_parked_and_the_strand_lives_on(db: PgPool) {
    let service = Service::<Panicking>::new(db).await;
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("bad", i64::MIN), ("bad", 1), ("good", 1), ("better", 1), ("best", 1)]).await;

    service.wait_for("good", &[1]).await;

    eventually("parked", || async { service.count(NOTHING_HELD).await == 1 }).await;
    consumer.stop().await;
    relay.stop().await;
}

struct Unwritable;
impl Topic for Unwritable {
    const NAME: &'static str = "it.messaging.unwritable";
}

/// Enqueues a job for each fact. Postgres takes no NUL in a text.
struct Cashier;

impl Reaction for Cashier {
    type Event = Fact<Unwritable>;
    type Error = Trouble;

    async fn react(&self, tx: &mut Tx, fact: Fact<Unwritable>, _: &Meta) -> Result<(), Trouble> {
        let order = if fact.key == "bad" { "\0".to_owned() } else { fact.key };
        let job = Charge { order, n: u32::try_from(fact.n).unwrap() };
        enqueue::<Till>(tx, "any", &job).await?;
        Ok(())
    }
}

#[sqlx::test]
async fn what_cannot_be_written_at_the_end_of_a_batch_holds_back_its_key_and_no_other(db: PgPool) {
    let service = Service::<Unwritable>::new(db).await;
    let (relay, consumer) = (service.relay(), service.consumer_with(Cashier));

    service.say(&[("good", 1), ("bad", 1), ("good", 2), ("better", 3)]).await;

    let jobs = "select count(*) from messaging.job";
    eventually("three jobs", || async { service.count(jobs).await == 3 }).await;
    let for_a_person = "select count(*) from messaging.parked_key where state = 'person'";
    assert_eq!(service.count(for_a_person).await, 1);
    consumer.stop().await;
    relay.stop().await;
}
