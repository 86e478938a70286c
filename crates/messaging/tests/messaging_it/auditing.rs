//! What the auditor promises: whatever differs between a topic and the outbox is told, and nothing else.

use std::time::Duration;

use messaging::{Auditor, backlog};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use sqlx::PgPool;

use crate::support::{
    Raw, Running, Service, Topic, brokers, eventually, metrics, on_topic, settings,
};

fn auditor<T: Topic>(service: &Service<T>) -> Running {
    let auditor = Auditor::new("it", &brokers(), service.db.clone(), metrics());
    Running::start(|stop| auditor.every(Duration::from_millis(50)).run(stop))
}

impl<T: Topic> Service<T> {
    /// Waits until the auditor is where the relay is.
    async fn audited(&self) {
        eventually("everything is compared", || async {
            let mut conn = self.db.acquire().await.unwrap();
            let unsent = backlog(&mut conn).await.unwrap().unsent;
            let behind = "select p.acked_window - coalesce(a.window_id, -1)
                 from messaging.outbox_progress p, messaging.audit a";
            unsent == 0 && self.count(behind).await == 0
        })
        .await;
    }

    async fn differences(&self) -> i64 {
        self.count("select differences from messaging.audit").await
    }

    async fn wait_for_differences(&self, differences: i64) {
        eventually(&format!("{differences} differences"), || async {
            self.differences().await >= differences
        })
        .await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(self.differences().await, differences);
    }
}

/// Puts a record on the topic as whoever may write to it can.
async fn forge<T: Topic>(record: &Raw) {
    let kafka: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap();
    let headers = record.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    });
    let forged = FutureRecord::to(T::NAME)
        .partition(record.partition)
        .key(&record.key)
        .payload(&record.payload)
        .headers(headers);
    kafka.send(forged, Duration::from_secs(10)).await.unwrap();
}

fn with(record: &Raw, header: &str, value: &str) -> Raw {
    let mut changed = record.clone();
    for (key, old) in &mut changed.headers {
        if key == header {
            value.clone_into(old);
        }
    }
    changed
}

struct Healthy;
impl Topic for Healthy {
    const NAME: &'static str = "it.messaging.audit-healthy";
}

#[sqlx::test]
async fn a_relay_that_dies_and_sends_again_is_no_difference(db: PgPool) {
    let service = Service::<Healthy>::new(db).await;
    let auditor = auditor(&service);
    eventually("it has begun", || async {
        service.count("select count(*) from messaging.audit where window_id is not null").await == 1
    })
    .await;
    let mut n = 0;
    for _ in 0..4 {
        let relay = service.relay();
        for _ in 0..40 {
            n += 1;
            service.say(&[("a", n), ("b", n), ("c", n), ("d", n)]).await;
        }
        relay.kill().await;
        sqlx::query("update messaging.lease set held_until = '-infinity'")
            .execute(&service.db)
            .await
            .unwrap();
    }
    let relay = service.relay();
    service.audited().await;
    relay.stop().await;
    // And once more everything, from the first window on.
    sqlx::raw_sql(
        "update messaging.outbox_progress set acked_window = 0; delete from messaging.outbox_head",
    )
    .execute(&service.db)
    .await
    .unwrap();
    let relay = service.relay();
    service.audited().await;
    service.say(&[("a", n + 1)]).await;
    service.audited().await;

    let copies = on_topic::<Healthy>().await.len();
    assert!(copies >= 2 * usize::try_from(n).unwrap() * 4, "{copies} records");
    assert_eq!(service.differences().await, 0);
    auditor.stop().await;
    relay.stop().await;
}

struct Tampered;
impl Topic for Tampered {
    const NAME: &'static str = "it.messaging.audit-tampered";
}

#[sqlx::test]
async fn records_that_nobody_committed_are_told_whatever_they_claim(db: PgPool) {
    let service = Service::<Tampered>::new(db).await;
    let relay = service.relay();
    let auditor = auditor(&service);
    eventually("it has begun", || async {
        service.count("select count(*) from messaging.audit where window_id is not null").await == 1
    })
    .await;
    service.say(&[("a", 1), ("a", 2)]).await;
    service.audited().await;
    let genuine = on_topic::<Tampered>().await.remove(0);
    let id = uuid::Uuid::new_v4().to_string();

    forge::<Tampered>(&genuine).await;
    service.say(&[("a", 3)]).await;
    service.audited().await;
    assert_eq!(service.differences().await, 0, "an equal copy is none");

    let changed = Raw { payload: "a 7".to_owned(), ..genuine.clone() };
    forge::<Tampered>(&changed).await;
    service.say(&[("a", 4)]).await;
    service.wait_for_differences(1).await;

    forge::<Tampered>(&with(&genuine, "ce_id", &id)).await;
    forge::<Tampered>(&with(&genuine, "ce_type", "it.Other")).await;
    forge::<Tampered>(&Raw { key: "b".to_owned(), ..genuine.clone() }).await;
    forge::<Tampered>(&Raw { partition: (genuine.partition + 1) % 3, ..genuine.clone() }).await;
    forge::<Tampered>(&Raw { headers: Vec::new(), ..genuine.clone() }).await;
    // Of a window to come: it must neither hide what comes behind it nor make that look wrong.
    forge::<Tampered>(&with(&with(&genuine, "position", "1.9000000.1"), "ce_id", &id)).await;
    service.say(&[("a", 5), ("a", 6)]).await;
    service.wait_for_differences(7).await;

    service.say(&[("a", 7)]).await;
    service.audited().await;
    assert_eq!(service.differences().await, 7, "and all is well again");
    auditor.stop().await;
    relay.stop().await;
}

struct Lost;
impl Topic for Lost {
    const NAME: &'static str = "it.messaging.audit-lost";
}

#[sqlx::test]
async fn an_event_that_was_never_sent_is_told(db: PgPool) {
    let service = Service::<Lost>::new(db).await;
    let relay = service.relay();
    let auditor = auditor(&service);
    service.say(&[("a", 1), ("b", 1), ("c", 1)]).await;
    service.audited().await;
    let windows = service.count("select acked_window from messaging.outbox_progress").await;
    auditor.stop().await;

    // A row of a window that is acknowledged already, as if the relay had passed over it.
    sqlx::query(
        "insert into messaging.outbox (slot, xid, event_id, topic, type, key, subject, version,
             correlation, payload)
         select slot, xid, gen_random_uuid(), topic, type, key, subject, 9, correlation, payload
         from messaging.outbox where key = 'b' and version = 1",
    )
    .execute(&service.db)
    .await
    .unwrap();
    sqlx::query("update messaging.audit set window_id = $1 - 1")
        .bind(windows)
        .execute(&service.db)
        .await
        .unwrap();
    sqlx::raw_sql("delete from messaging.audit_partition").execute(&service.db).await.unwrap();
    let auditor = self::auditor(&service);
    service.wait_for_differences(1).await;

    service.say(&[("b", 2), ("b", 3)]).await;
    service.audited().await;
    assert_eq!(service.differences().await, 2, "the one behind it does not name it");
    auditor.stop().await;
    relay.stop().await;
}

struct Rotated;
impl Topic for Rotated {
    const NAME: &'static str = "it.messaging.audit-rotated";
}

#[sqlx::test]
async fn rotation_is_no_difference_unless_it_overtakes_the_auditor(db: PgPool) {
    let service = Service::<Rotated>::new(db).await;
    let relay = service
        .relay_with(messaging::RelaySettings { rotation: Duration::from_hours(1), ..settings() });
    let rotate = async || {
        service.sent().await;
        // It gives way to whoever reads the outbox.
        eventually("rotated", || async {
            let rotated = sqlx::query_scalar("select messaging.rotate('0 s')");
            rotated.fetch_one(&service.db).await.unwrap_or(false)
        })
        .await;
    };
    let auditor = auditor(&service);
    for n in 1..=8 {
        service.say(&[("a", n), ("b", n)]).await;
        service.audited().await;
        rotate().await;
    }
    assert_eq!(service.differences().await, 0);

    auditor.stop().await;
    for n in 9..=13 {
        service.say(&[("a", n), ("b", n)]).await;
        rotate().await;
    }
    let auditor = self::auditor(&service);
    service.wait_for_differences(1).await;
    service.say(&[("a", 14), ("b", 14)]).await;
    service.audited().await;

    assert_eq!(service.differences().await, 1, "it goes on from there");
    auditor.stop().await;
    relay.stop().await;
}

impl<T: Topic> Service<T> {
    /// Waits until the relay has sent everything.
    async fn sent(&self) {
        eventually("everything is sent", || async {
            let mut conn = self.db.acquire().await.unwrap();
            backlog(&mut conn).await.unwrap().unsent == 0
        })
        .await;
    }
}

struct Turns;
impl Topic for Turns {
    const NAME: &'static str = "it.messaging.audit-turns";
}

#[sqlx::test]
async fn one_process_compares_at_a_time_and_another_goes_on(db: PgPool) {
    let service = Service::<Turns>::new(db).await;
    let relay = service.relay();
    let (first, second) = (auditor(&service), auditor(&service));
    let owner = async || -> Option<uuid::Uuid> {
        sqlx::query_scalar("select owner from messaging.audit")
            .fetch_one(&service.db)
            .await
            .unwrap()
    };
    service.say(&[("a", 1)]).await;
    service.audited().await;
    let before = owner().await;
    for n in 2..20 {
        service.say(&[("a", n)]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    service.audited().await;
    assert_eq!(owner().await, before, "one of them");

    first.stop().await;
    second.stop().await;
    let third = auditor(&service);
    service.say(&[("a", 20)]).await;
    service.audited().await;

    assert_ne!(owner().await, before);
    assert_eq!(service.differences().await, 0);
    third.stop().await;
    relay.stop().await;
}
