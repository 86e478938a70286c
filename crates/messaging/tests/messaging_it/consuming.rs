//! What the consumer promises: each event's effect once, per key in order, whatever is restarted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use messaging::{Consumer, ErrorClass, Handlers, follow};
use sqlx::PgPool;

use crate::support::{Fact, Running, Service, Topic, brokers, eventually, metrics};

struct Restarts;
impl Topic for Restarts {
    const NAME: &'static str = "it.messaging.restarts";
}

#[sqlx::test]
async fn effects_happen_once_and_in_order_across_restarts_and_second_copies(db: PgPool) {
    let service = Service::<Restarts>::new(db).await;
    let (relay, consumer) = (service.relay(), service.consumer());
    for n in 1..=20 {
        service.say(&[("a", n), ("b", n), ("c", n), ("d", n)]).await;
    }
    service.wait_for("a", &(1..=20).collect::<Vec<_>>()).await;
    consumer.kill().await;
    relay.stop().await;

    sqlx::raw_sql(
        "update messaging.outbox_progress set acked_window = 0; delete from messaging.outbox_head",
    )
    .execute(&service.db)
    .await
    .unwrap();
    let (relay, consumer) = (service.relay(), service.consumer());
    for n in 21..=40 {
        service.say(&[("a", n), ("b", n), ("c", n), ("d", n)]).await;
    }

    let all: Vec<i64> = (1..=40).collect();
    for key in ["a", "b", "c", "d"] {
        service.wait_for(key, &all).await;
    }
    assert_eq!(service.count("select count(*) from heard").await, 160);
    consumer.stop().await;
    relay.stop().await;
}

struct Two;
impl Topic for Two {
    const NAME: &'static str = "it.messaging.two";
}

#[sqlx::test]
async fn two_consumers_share_the_work_and_hand_it_over(db: PgPool) {
    let service = Service::<Two>::new(db).await;
    let (relay, first) = (service.relay(), service.consumer());
    service.say(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]).await;
    service.wait_for("d", &[1]).await;
    let second = service.consumer();
    for n in 2..=200 {
        service.say(&[("a", n), ("b", n), ("c", n), ("d", n)]).await;
        if n == 100 {
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        }
    }
    first.stop().await;

    let all: Vec<i64> = (1..=200).collect();
    for key in ["a", "b", "c", "d"] {
        service.wait_for(key, &all).await;
    }
    second.stop().await;
    relay.stop().await;
}

struct Outage;
impl Topic for Outage {
    const NAME: &'static str = "it.messaging.outage";
}

#[sqlx::test]
async fn an_outage_is_waited_for_and_contention_tried_again_and_nothing_is_parked(db: PgPool) {
    let service = Service::<Outage>::new(db).await;
    service.fail("a", 2, ErrorClass::Unavailable, 6);
    service.fail("a", 3, ErrorClass::Retry, 2);
    let (relay, consumer) = (service.relay(), service.consumer());

    service.say(&[("a", 1), ("a", 2), ("a", 3), ("a", 4)]).await;

    service.wait_for("a", &[1, 2, 3, 4]).await;
    assert_eq!(service.count("select count(*) from messaging.parked").await, 0);
    consumer.stop().await;
    relay.stop().await;
}

struct Missing;
impl Topic for Missing {
    const NAME: &'static str = "it.messaging.missing";
}

#[sqlx::test]
async fn after_a_gap_nothing_is_handled_until_the_missing_events_come(db: PgPool) {
    let service = Service::<Missing>::new(db).await;
    let relay = service.relay();
    service.say(&[("a", 1)]).await;
    service.say(&[("a", 2)]).await;
    eventually("sent", || async {
        service.count("select coalesce(max(seq), 0)::bigint from messaging.outbox_head").await == 2
    })
    .await;
    relay.stop().await;
    // The head claims one event more than was sent, as if the broker had lost it.
    sqlx::query("update messaging.outbox_head set seq = seq + 1, window_id = window_id + 1")
        .execute(&service.db)
        .await
        .unwrap();
    let (relay, consumer) = (service.relay(), service.consumer());
    service.say(&[("a", 3)]).await;

    service.wait_for("a", &[1, 2]).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;

    assert_eq!(service.heard("a").await, [1, 2]);
    consumer.stop().await;
    relay.stop().await;
}

struct Twice;
impl Topic for Twice {
    const NAME: &'static str = "it.messaging.twice";
}

#[sqlx::test]
async fn a_second_handler_for_a_topic_is_refused(db: PgPool) {
    struct Deaf;
    impl messaging::Reaction for Deaf {
        type Event = Fact<Twice>;
        type Error = std::convert::Infallible;

        async fn react(
            &self,
            _: &mut messaging::Tx,
            _: Fact<Twice>,
            _: &messaging::Meta,
        ) -> Result<(), Self::Error> {
            Ok(())
        }
    }
    let handlers = Handlers::new().react(Deaf).react(Deaf);
    let consumer = Consumer::new("twice", &brokers(), db, metrics(), handlers);

    let result = consumer.run(tokio_util::sync::CancellationToken::new()).await;

    assert!(matches!(result, Err(messaging::Error::HandledTwice("it.messaging.twice"))));
}

struct Followed;
impl Topic for Followed {
    const NAME: &'static str = "it.messaging.followed";
}

#[sqlx::test]
async fn a_follower_sees_every_event_from_the_beginning_and_those_to_come(db: PgPool) {
    let service = Service::<Followed>::new(db).await;
    let relay = service.relay();
    service.say(&[("a", 1), ("b", 2)]).await;
    let sum = Arc::new(AtomicI64::new(0));
    let seen = Arc::clone(&sum);

    let follower = Running::start(|stop| async move {
        follow::<Fact<Followed>>(&brokers(), stop, move |fact, _| {
            seen.fetch_add(fact.n, Ordering::AcqRel);
        })
        .await
    });
    eventually("both", || async { sum.load(Ordering::Acquire) == 3 }).await;
    service.say(&[("a", 4)]).await;
    eventually("the third", || async { sum.load(Ordering::Acquire) == 7 }).await;

    follower.stop().await;
    relay.stop().await;
}

struct Projected;
impl Topic for Projected {
    const NAME: &'static str = "it.messaging.projected";
}

/// Keeps the last fact of each key, and how many came together.
struct Last;

impl messaging::Projection for Last {
    type Event = Fact<Projected>;
    type Error = sqlx::Error;

    async fn project(
        &self,
        conn: &mut sqlx::PgConnection,
        events: &[(Fact<Projected>, messaging::Meta)],
    ) -> Result<(), sqlx::Error> {
        for (fact, meta) in events {
            if fact.key == "bad" {
                return Err(sqlx::Error::RowNotFound);
            }
            sqlx::query("insert into heard (key, n, event_id, version) values ($1, $2, $3, $4)")
                .bind(&fact.key)
                .bind(fact.n)
                .bind(meta.event_id)
                .bind(i64::try_from(events.len()).unwrap())
                .execute(&mut *conn)
                .await?;
        }
        Ok(())
    }
}

#[sqlx::test]
async fn a_projection_hears_a_batch_at_once_and_one_by_one_when_an_event_of_it_fails(db: PgPool) {
    let service = Service::<Projected>::new(db).await;
    let relay = service.relay();
    for n in 0..4 {
        service.say(&[("a", n), ("b", n)]).await;
    }
    let sent = "select count(*) from messaging.outbox";
    eventually("written", || async { service.count(sent).await == 8 }).await;
    let consumer = service.consumer_of(Handlers::new().project(Last));
    service.wait_for("a", &[0, 1, 2, 3]).await;
    service.wait_for("b", &[0, 1, 2, 3]).await;

    service.say(&[("a", 4), ("bad", 1), ("b", 4), ("bad", 2), ("a", 5)]).await;
    service.wait_for("a", &[0, 1, 2, 3, 4, 5]).await;
    service.wait_for("b", &[0, 1, 2, 3, 4]).await;

    let together = "select max(version) from heard";
    assert!(service.count(together).await > 1, "no two events were heard together");
    let parked = "select count(*) from messaging.parked where key = 'bad'";
    eventually("both parked", || async { service.count(parked).await == 2 }).await;
    assert_eq!(service.count("select count(*) from messaging.parked").await, 2);
    consumer.stop().await;
    relay.stop().await;
}
