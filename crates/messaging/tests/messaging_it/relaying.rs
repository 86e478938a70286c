//! What the relay promises: nothing lost, nothing invented, per key in order, second copies identical.

use std::time::{Duration, Instant};

use messaging::{Cause, Relay, Tx, append, backlog};
use sqlx::{ConnectOptions, Connection, PgPool};

use crate::support::{
    Running, Service, Topic, eventually, fact, large_fact, limit, metrics, on_topic, settings,
};

struct Basics;
impl Topic for Basics {
    const NAME: &'static str = "it.messaging.basics";
}

#[sqlx::test]
async fn an_event_arrives_with_its_attributes_and_a_rolled_back_one_does_not(db: PgPool) {
    let service = Service::<Basics>::new(db).await;
    let relay = service.relay();
    let cause = Cause::root();

    cause.clone().scope(service.say(&[("a", 1), ("a", 2), ("b", 1)])).await;
    let mut tx = Tx::begin(&service.db).await.unwrap();
    append(&mut tx, [fact::<Basics>("a", 3)]).await.unwrap();
    tx.rollback().await.unwrap();
    service.say(&[("a", 4)]).await;
    eventually("four records", || async { on_topic::<Basics>().await.len() == 4 }).await;
    relay.stop().await;

    let records = on_topic::<Basics>().await;
    let of_a: Vec<_> = records.iter().filter(|record| record.key == "a").collect();
    assert_eq!(of_a.iter().map(|r| r.payload.as_str()).collect::<Vec<_>>(), ["a 1", "a 2", "a 4"]);
    assert_eq!(of_a[0].header("ce_type"), "it.Fact");
    assert_eq!(of_a[0].header("ce_source"), "/it");
    assert_eq!(of_a[0].header("ce_subject"), "a");
    assert_eq!(of_a[1].header("version"), "2");
    assert_eq!(of_a[1].header("correlation"), cause.correlation.to_string());
    let mut conn = service.db.acquire().await.unwrap();
    assert_eq!(backlog(&mut conn).await.unwrap().unsent, 0);
}

struct Refused;
impl Topic for Refused {
    const NAME: &'static str = "it.messaging.refused";
}

#[sqlx::test]
async fn what_cannot_be_sent_is_refused_in_the_callers_transaction(db: PgPool) {
    messaging::migrate(&db).await.unwrap();
    let mut tx = Tx::begin(&db).await.unwrap();

    let no_key = append(&mut tx, [fact::<Refused>("", 1)]).await;
    let too_large = append(&mut tx, [fact::<Refused>(&"k".repeat(900_001), 1)]).await;

    assert!(matches!(no_key, Err(messaging::AppendError::NoKey(_))));
    assert!(matches!(too_large, Err(messaging::AppendError::TooLarge { .. })));
}

struct Elsewhere;
impl Topic for Elsewhere {
    const NAME: &'static str = "it.messaging.elsewhere";
}

#[sqlx::test]
async fn an_open_writer_in_another_database_or_in_this_one_holds_nothing_up(db: PgPool) {
    let service = Service::<Elsewhere>::new(db).await;
    let elsewhere = service.db.connect_options().as_ref().clone().database("postgres");
    let mut elsewhere = elsewhere.connect().await.unwrap();
    let mut foreign = elsewhere.begin().await.unwrap();
    sqlx::query("select pg_current_xact_id()").execute(&mut *foreign).await.unwrap();
    let mut open = Tx::begin(&service.db).await.unwrap();
    append(&mut open, [fact::<Elsewhere>("slow", 1)]).await.unwrap();
    let relay = service.relay();

    service.say(&[("fast", 1)]).await;
    let begun = Instant::now();
    eventually("the other event", || async { on_topic::<Elsewhere>().await.len() == 1 }).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    open.commit().await.unwrap();
    eventually("the slow one", || async { on_topic::<Elsewhere>().await.len() == 2 }).await;

    relay.stop().await;
    foreign.rollback().await.unwrap();
}

struct Killed;
impl Topic for Killed {
    const NAME: &'static str = "it.messaging.killed";
}

#[sqlx::test]
async fn a_relay_killed_before_it_noted_progress_sends_the_same_bytes_again(db: PgPool) {
    let service = Service::<Killed>::new(db).await;
    service.say(&[("a", 1), ("b", 1), ("c", 1)]).await;
    let relay = service.relay();
    eventually("sent", || async { on_topic::<Killed>().await.len() == 3 }).await;
    relay.stop().await;
    let first = on_topic::<Killed>().await;

    // Exactly what a crash between the acknowledgement and the note leaves behind.
    sqlx::raw_sql(
        "update messaging.outbox_progress set acked_window = 0; delete from messaging.outbox_head",
    )
    .execute(&service.db)
    .await
    .unwrap();
    service.say(&[("a", 2)]).await;
    let relay = service.relay();
    eventually("sent again", || async { on_topic::<Killed>().await.len() == 7 }).await;
    relay.stop().await;

    let all = on_topic::<Killed>().await;
    for record in &first {
        assert_eq!(all.iter().filter(|other| *other == record).count(), 2, "{record:?}");
    }
}

struct Leaders;
impl Topic for Leaders {
    const NAME: &'static str = "it.messaging.leaders";
}

#[sqlx::test]
async fn of_two_relays_one_leads_and_the_other_takes_over(db: PgPool) {
    let service = Service::<Leaders>::new(db).await;
    let first = service.relay();
    eventually("the first leads", || async {
        service.count("select term from messaging.lease").await == 1
    })
    .await;
    let second = service.relay();
    service.say(&[("a", 1)]).await;
    eventually("sent once", || async { on_topic::<Leaders>().await.len() == 1 }).await;

    let begun = Instant::now();
    first.stop().await;
    eventually("handed over", || async {
        service.count("select term from messaging.lease").await == 2
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    let third = service.relay();
    second.kill().await;
    service.say(&[("a", 2)]).await;
    let crashed = Instant::now();
    eventually("taken over", || async {
        service.count("select term from messaging.lease").await == 3
            && on_topic::<Leaders>().await.iter().any(|record| record.payload == "a 2")
    })
    .await;
    assert!(crashed.elapsed() < Duration::from_secs(6));
    third.stop().await;
}

struct Deposed;
impl Topic for Deposed {
    const NAME: &'static str = "it.messaging.deposed";
}

#[sqlx::test]
async fn only_the_holder_of_the_term_can_seal(db: PgPool) {
    let service = Service::<Deposed>::new(db).await;
    service.say(&[("a", 1)]).await;
    sqlx::query("update messaging.lease set term = 7").execute(&service.db).await.unwrap();

    let stale = sqlx::query("select * from messaging.seal(6, 0, false)").execute(&service.db).await;
    let valid =
        sqlx::query("select * from messaging.seal(7, 0, false)").fetch_all(&service.db).await;

    let code = stale.unwrap_err().into_database_error().unwrap();
    assert_eq!(code.code().as_deref(), Some("FL001"));
    assert_eq!(valid.unwrap().len(), 1);
}

#[sqlx::test]
async fn a_sealed_window_is_flushed_even_if_its_events_were_not(db: PgPool) {
    messaging::migrate(&db).await.unwrap();
    let options = db.connect_options().as_ref().clone().options([("synchronous_commit", "off")]);
    let unflushed = PgPool::connect_with(options).await.unwrap();
    let mut conn = unflushed.acquire().await.unwrap();
    for n in 0..50 {
        let mut tx = Tx::begin(&unflushed).await.unwrap();
        append(&mut tx, [fact::<Deposed>("a", n)]).await.unwrap();
        tx.commit().await.unwrap();
        let sealed = format!("select lsn from messaging.seal(0, {n}, false)");
        let flushed: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "with sealed as materialized ({sealed}) select true from sealed"
        )))
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        let behind: bool = sqlx::query_scalar(
            "select pg_current_wal_flush_lsn() >= max(lsn) from messaging.outbox_window",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert!(flushed && behind, "window {} was not flushed", n + 1);
    }
}

struct Rotated;
impl Topic for Rotated {
    const NAME: &'static str = "it.messaging.rotated";
}

#[sqlx::test]
async fn rotation_drops_old_sent_events_without_a_dead_row_and_never_an_unsent_one(db: PgPool) {
    let service = Service::<Rotated>::new(db).await;
    service.say(&[("unsent", 1)]).await;
    let rotate = "select messaging.rotate('0')::int::bigint";
    assert_eq!(service.count(rotate).await, 1);
    assert_eq!(service.count(rotate).await, 1);
    assert_eq!(service.count(rotate).await, 0, "the third child holds an unsent event");

    let relay = service.relay_with(messaging::RelaySettings {
        rotation: Duration::from_millis(100),
        ..settings()
    });
    eventually("sent", || async { on_topic::<Rotated>().await.len() == 1 }).await;
    eventually("gone", || async {
        service.count("select count(*) from messaging.outbox").await == 0
    })
    .await;
    service.say(&[("later", 1)]).await;
    eventually("still sending", || async { on_topic::<Rotated>().await.len() == 2 }).await;
    relay.stop().await;
}

struct Busy;
impl Topic for Busy {
    const NAME: &'static str = "it.messaging.busy";
}

#[sqlx::test]
async fn a_service_that_never_rests_rotates_its_outbox_too(db: PgPool) {
    let service = Service::<Busy>::new(db).await;
    let relay = service.relay_with(messaging::RelaySettings {
        rotation: Duration::from_millis(200),
        ..settings()
    });
    let oldest = "select coalesce(min(version), 0) from messaging.outbox";
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    let mut n = 0;
    while n < 100 || service.count(oldest).await < 50 {
        assert!(tokio::time::Instant::now() < until, "nothing was dropped");
        n += 1;
        messaging::announcing(service.say(&[("a", n)])).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    relay.stop().await;
    eventually("all sent", || async {
        on_topic::<Busy>().await.len() == usize::try_from(n).unwrap()
    })
    .await;
}

struct Farewell;
impl Topic for Farewell {
    const NAME: &'static str = "it.messaging.farewell";
}

#[sqlx::test]
async fn a_relay_that_is_stopped_first_sends_what_was_committed(db: PgPool) {
    let service = Service::<Farewell>::new(db).await;
    let relay = service
        .relay_with(messaging::RelaySettings { spacing: Duration::from_secs(1), ..settings() });
    messaging::announcing(service.say(&[("a", 1)])).await;
    eventually("sent", || async { on_topic::<Farewell>().await.len() == 1 }).await;

    messaging::announcing(service.say(&[("a", 2)])).await;
    relay.stop().await;

    assert_eq!(on_topic::<Farewell>().await.len(), 2);
}

struct Outage;
impl Topic for Outage {
    const NAME: &'static str = "it.messaging.outage";
}

#[sqlx::test]
async fn while_the_broker_is_away_windows_go_on_being_sealed(db: PgPool) {
    let service = Service::<Outage>::new(db).await;
    let nowhere = Relay::new("it", "127.0.0.1:1", service.db.clone(), settings(), metrics());
    let nowhere = Running::start(|stop| nowhere.run(stop));

    let mut n = 0;
    while service.count("select count(distinct id) from messaging.outbox_window").await < 4 {
        assert!(n < 500, "everything waits for one window");
        n += 1;
        service.say(&[("a", n)]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    nowhere.kill().await;
    service.say(&[("a", n + 1)]).await;
    let relay = service.relay();
    let all = usize::try_from(n + 1).unwrap();
    eventually("all sent", || async { on_topic::<Outage>().await.len() == all }).await;
    relay.stop().await;

    let said: Vec<String> = (1..=n + 1).map(|n| format!("a {n}")).collect();
    let sent = on_topic::<Outage>().await;
    assert_eq!(sent.into_iter().map(|record| record.payload).collect::<Vec<_>>(), said);
}

struct Backwards;
impl Topic for Backwards {
    const NAME: &'static str = "it.messaging.backwards";
}

/// An outage left many windows behind, and the last one fails: the others are not all sent again each time.
#[sqlx::test]
async fn progress_is_stored_while_a_backlog_goes_out(db: PgPool) {
    const WINDOWS: i64 = 60;
    let service = Service::<Backwards>::new(db).await;
    limit(Backwards::NAME, 10_000).await;
    for n in 1..=WINDOWS {
        service.say(&[("a", n)]).await;
        sqlx::query("select messaging.seal(0, $1, true)")
            .bind(n - 1)
            .execute(&service.db)
            .await
            .unwrap();
    }
    service.say_all([large_fact::<Backwards>("b", 1, 40_000)]).await;

    let relay = service.relay();
    let withheld = "select count(*) from messaging.outbox_withheld";
    eventually("withheld", || async { service.count(withheld).await == 1 }).await;
    relay.stop().await;

    // It was refused in a batch, then alone; so all of it begins three times.
    let sent = on_topic::<Backwards>().await.len();
    assert!(sent < 2 * usize::try_from(WINDOWS).unwrap(), "{sent}");
}
