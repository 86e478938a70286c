//! What cannot be handled is held back with its followers, and nothing else is.

use messaging::{ErrorClass, parking};
use sqlx::PgPool;

use crate::support::{Service, Topic, eventually};

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
