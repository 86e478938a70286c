//! What Kafka refuses for good: it holds back its key or its topic, nothing else, and goes when it can.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use messaging::withheld::{self, WithheldEvent};
use messaging::{RelaySettings, Tx, append, backlog, follow};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Fact, PARTITIONS, Raw, Service, Topic, brokers, delete, eventually, fact, large_fact, limit,
    make_anew, on_topic,
};

const LOW: u32 = 10_000;
const HIGH: u32 = 1_048_576;
/// Compressed, this is above the low limit.
const LARGE: usize = 40_000;

impl<T: Topic> Service<T> {
    async fn withheld(&self) -> Vec<WithheldEvent> {
        withheld::list(&mut self.db.acquire().await.unwrap(), 100).await.unwrap()
    }

    /// The numbers of what is withheld of a key.
    async fn held_back(&self, key: &str) -> Vec<String> {
        let withheld = self.withheld().await;
        let of_key = withheld.iter().filter(|event| event.key == key);
        of_key.map(|event| text(&event.payload).to_owned()).collect()
    }

    async fn release(&self, key: &str) {
        let withheld = self.withheld().await;
        let id = withheld.iter().find(|event| event.key == key).unwrap().id;
        let mut conn = self.db.acquire().await.unwrap();
        assert!(withheld::release(&mut conn, id, "somebody", "the limit is raised").await.unwrap());
    }
}

/// A payload without its ballast.
fn text(payload: &[u8]) -> &str {
    let text = std::str::from_utf8(payload).unwrap();
    text.match_indices(' ').nth(1).map_or(text, |(end, _)| &text[..end])
}

/// Asserts that each partition is a chain for those who hear it from the first record on.
fn assert_chained(records: &[Raw]) {
    let parse = |text: &str| -> Vec<i64> { text.split('.').map(|n| n.parse().unwrap()).collect() };
    let mut marks: HashMap<i32, Vec<i64>> = HashMap::new();
    for record in records {
        let mark = marks.entry(record.partition).or_insert_with(|| vec![0, 0, 0]);
        let (previous, position) =
            (parse(record.header("previous")), parse(record.header("position")));
        if previous == *mark {
            *mark = position;
        }
    }
    for record in records {
        assert!(parse(record.header("position")) <= marks[&record.partition], "gap: {record:?}");
    }
}

struct TooLarge;
impl Topic for TooLarge {
    const NAME: &'static str = "it.messaging.too_large";
}

#[sqlx::test]
async fn a_record_that_is_too_large_holds_back_its_key_until_it_is_released(db: PgPool) {
    let service = Service::<TooLarge>::new(db).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.say(&[("a", 1)]).await;
    service.wait_for("a", &[1]).await;

    limit(TooLarge::NAME, LOW).await;
    let facts = [large_fact::<TooLarge>("a", 2, LARGE), fact::<TooLarge>("b", 1)];
    service.say_all(facts.into_iter().chain([fact::<TooLarge>("a", 3)])).await;
    service.say(&[("c", 1), ("a", 4)]).await;
    for key in ["b", "c"] {
        service.wait_for(key, &[1]).await;
    }
    eventually("held back", || async { service.held_back("a").await == ["a 2", "a 3", "a 4"] })
        .await;
    let refusals = service.withheld().await.into_iter().map(|event| event.refusal.is_some());
    assert_eq!(refusals.collect::<Vec<_>>(), [true, false, false]);

    // Another leader knows it, too.
    relay.kill().await;
    let relay = service.relay();
    service.say(&[("b", 2), ("a", 5)]).await;
    service.wait_for("b", &[1, 2]).await;
    let mut conn = service.db.acquire().await.unwrap();
    let behind = backlog(&mut conn).await.unwrap();
    assert_eq!(behind.withheld, 4);
    assert!(behind.oldest_withheld.is_some());
    drop(conn);
    assert_eq!(service.heard("a").await, [1]);

    // It is refused again, and order holds.
    service.release("a").await;
    eventually("refused again", || async {
        let withheld = service.withheld().await;
        withheld.len() == 4
            && withheld.iter().all(|event| event.state == "person")
            && service.count("select count(*) from messaging.outbox").await > 8
    })
    .await;
    service.say(&[("c", 2)]).await;
    service.wait_for("c", &[1, 2]).await;
    assert_eq!(service.heard("a").await, [1]);

    limit(TooLarge::NAME, HIGH).await;
    service.release("a").await;
    service.wait_for("a", &[1, 2, 3, 4, 5]).await;
    service.say(&[("a", 6)]).await;
    service.wait_for("a", &[1, 2, 3, 4, 5, 6]).await;
    assert!(service.withheld().await.is_empty());
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<TooLarge>().await);
}

struct GivenUp;
impl Topic for GivenUp {
    const NAME: &'static str = "it.messaging.given_up";
}

#[sqlx::test]
async fn an_event_that_is_given_up_lets_those_behind_it_go(db: PgPool) {
    let service = Service::<GivenUp>::new(db).await;
    limit(GivenUp::NAME, LOW).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.say_all([large_fact::<GivenUp>("a", 1, LARGE), fact::<GivenUp>("a", 2)]).await;
    eventually("held back", || async { service.held_back("a").await.len() == 2 }).await;

    let id = service.withheld().await[0].id;
    let mut conn = service.db.acquire().await.unwrap();
    assert!(withheld::skip(&mut conn, id, "somebody", "nobody needs it").await.unwrap());
    service.wait_for("a", &[2]).await;

    eventually("nothing is withheld", || async { service.withheld().await.is_empty() }).await;
    assert!(!withheld::skip(&mut conn, id, "somebody", "again").await.unwrap());
    let decided = "select count(*) from messaging.outbox_withheld_audit where action = 'skip'";
    assert_eq!(service.count(decided).await, 1);
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<GivenUp>().await);
}

struct Heard;
impl Topic for Heard {
    const NAME: &'static str = "it.messaging.heard";
}

#[sqlx::test]
async fn what_was_heard_before_a_crash_is_not_sent_again_when_it_is_refused_after_it(db: PgPool) {
    let service = Service::<Heard>::new(db).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.say_all([large_fact::<Heard>("a", 1, LARGE), fact::<Heard>("b", 1)]).await;
    service.wait_for("a", &[1]).await;
    relay.stop().await;

    // What a crash before the note leaves behind; meanwhile the limit is lowered.
    sqlx::raw_sql(
        "update messaging.outbox_progress set acked_window = 0; delete from messaging.outbox_head",
    )
    .execute(&service.db)
    .await
    .unwrap();
    limit(Heard::NAME, LOW).await;
    let relay = service.relay();
    service.say(&[("a", 2)]).await;
    eventually("held back", || async { service.held_back("a").await == ["a 1", "a 2"] }).await;
    service.release("a").await;

    service.wait_for("a", &[1, 2]).await;
    eventually("nothing is withheld", || async { service.withheld().await.is_empty() }).await;
    assert_eq!(service.heard("b").await, [1]);
    let heard = "select count(*) from messaging.outbox_withheld_audit where action = 'heard'";
    // The second one may have got there behind the first, before the relay noticed the refusal.
    assert!(service.count(heard).await >= 1);
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<Heard>().await);
}

struct Batches;
impl Topic for Batches {
    const NAME: &'static str = "it.messaging.batches";
}

#[sqlx::test]
async fn records_that_are_refused_only_together_are_sent_one_by_one(db: PgPool) {
    let service = Service::<Batches>::new(db).await;
    limit(Batches::NAME, LOW).await;
    let key = |n: i64| format!("k{}", n % 20);
    service.say_all((1..=400).map(|n| large_fact::<Batches>(&key(n), n, 400))).await;
    service.say_all([large_fact::<Batches>("a", 1, LARGE), fact::<Batches>("b", 1)]).await;
    let relay = service.relay();

    eventually("all but one are there", || async {
        let records = on_topic::<Batches>().await;
        let there: std::collections::HashSet<_> =
            records.iter().filter(|record| !record.key.is_empty()).map(|r| &r.payload).collect();
        there.len() == 401
    })
    .await;

    eventually("the other is withheld", || async { service.held_back("a").await == ["a 1"] }).await;
    assert_eq!(service.withheld().await.len(), 1);
    relay.stop().await;
    assert_chained(&on_topic::<Batches>().await);
}

struct Gone;
impl Topic for Gone {
    const NAME: &'static str = "it.messaging.gone";
}
struct Present;
impl Topic for Present {
    const NAME: &'static str = "it.messaging.present";
}

#[sqlx::test]
async fn a_missing_topic_delays_its_own_events_only_and_they_go_when_it_is_there(db: PgPool) {
    let service = Service::<Present>::new(db).await;
    make_anew(Gone::NAME).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.say(&[("a", 1)]).await;
    service.say_all([fact::<Gone>("x", 1)]).await;
    service.wait_for("a", &[1]).await;
    eventually("sent", || async { on_topic::<Gone>().await.len() == 1 }).await;

    delete(Gone::NAME).await;
    for n in 2..6 {
        let mut tx = Tx::begin(&service.db).await.unwrap();
        append(&mut tx, [fact::<Gone>("x", n), fact::<Present>("a", n)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    service.wait_for("a", &[1, 2, 3, 4, 5]).await;
    eventually("delayed", || async { service.held_back("x").await.len() == 4 }).await;
    assert!(service.withheld().await.iter().all(|event| event.state == "topic"));

    // Another leader, and what is said to it, change nothing.
    relay.kill().await;
    let relay = service.relay();
    service.say(&[("a", 6)]).await;
    service.say_all([fact::<Gone>("x", 6), fact::<Gone>("y", 1)]).await;
    service.wait_for("a", &[1, 2, 3, 4, 5, 6]).await;
    eventually("delayed, too", || async { service.withheld().await.len() == 6 }).await;

    make_anew(Gone::NAME).await;
    eventually("nothing is withheld", || async { service.withheld().await.is_empty() }).await;
    service.say_all([fact::<Gone>("x", 7)]).await;
    eventually("all there", || async {
        let records = on_topic::<Gone>().await;
        let of_x = records.iter().filter(|record| record.key == "x");
        let of_x: Vec<&str> = of_x.map(|record| record.payload.as_str()).collect();
        of_x == ["x 2", "x 3", "x 4", "x 5", "x 6", "x 7"]
    })
    .await;
    relay.stop().await;
    consumer.stop().await;
}

struct Elsewhere;
impl Topic for Elsewhere {
    const NAME: &'static str = "it.messaging.elsewhere";
}
struct Refusing;
impl Topic for Refusing {
    const NAME: &'static str = "it.messaging.refusing";
}

/// What is refused while the leader asks for another topic, which is missing, is not forgotten.
#[sqlx::test]
async fn a_refusal_is_not_lost_while_a_missing_topic_is_looked_for(db: PgPool) {
    const LARGE_ONES: i64 = 25;
    let service = Service::<Refusing>::new(db).await;
    delete(Elsewhere::NAME).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.say(&[("b", 1)]).await;
    service.say_all([fact::<Elsewhere>("x", 1)]).await;
    service.wait_for("b", &[1]).await;
    eventually("delayed", || async { service.held_back("x").await.len() == 1 }).await;
    relay.stop().await;
    let relay = service.relay();
    limit(Refusing::NAME, LOW).await;

    for n in 1..=LARGE_ONES {
        service.say_all([large_fact::<Refusing>(&format!("k{n}"), 1, LARGE)]).await;
        tokio::time::sleep(std::time::Duration::from_millis(70)).await;
    }
    service.say(&[("b", 2)]).await;

    service.wait_for("b", &[1, 2]).await;
    eventually("all are withheld", || async {
        service.count("select count(*) from messaging.outbox_withheld where withheld").await
            == LARGE_ONES
    })
    .await;
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<Refusing>().await);
}

struct Seldom;
impl Topic for Seldom {
    const NAME: &'static str = "it.messaging.seldom";
}

/// The record behind a refused one is on the topic, behind a gap, and is the first of it for a long time.
#[sqlx::test]
async fn what_was_behind_a_gap_of_a_partition_that_is_seldom_used_counts_as_not_heard(db: PgPool) {
    let service = Service::<Seldom>::new(db).await;
    let relay = service.relay();
    service.say(&[("a", 1)]).await;
    eventually("sent", || async { on_topic::<Seldom>().await.len() == 1 }).await;
    relay.stop().await;
    make_anew(Seldom::NAME).await;
    sqlx::raw_sql(
        "update messaging.outbox_progress set acked_window = 0; delete from messaging.outbox_head;
         update messaging.outbox_window set sealed_at = sealed_at - interval '1 hour'",
    )
    .execute(&service.db)
    .await
    .unwrap();
    let (consumer, relay) = (service.consumer(), service.relay());
    service.wait_for("a", &[1]).await;
    let (told, stop) = (Arc::new(Mutex::new(Vec::new())), CancellationToken::new());
    let (tell, stopped) = (Arc::clone(&told), stop.clone());
    let following = tokio::spawn(async move {
        follow::<Fact<Seldom>>(&brokers(), stopped, move |fact, _| {
            tell.lock().unwrap().push(fact.n);
        })
        .await
    });

    limit(Seldom::NAME, LOW).await;
    service.say_all([large_fact::<Seldom>("a", 2, LARGE), fact::<Seldom>("a", 3)]).await;
    eventually("held back", || async { service.held_back("a").await == ["a 2", "a 3"] }).await;
    limit(Seldom::NAME, HIGH).await;
    service.release("a").await;

    service.say(&[("a", 4)]).await;
    service.wait_for("a", &[1, 2, 3, 4]).await;
    eventually("who follows hears the same", || async { *told.lock().unwrap() == [1, 2, 3, 4] })
        .await;
    stop.cancel();
    following.await.unwrap().unwrap();
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<Seldom>().await);
}

struct Twice;
impl Topic for Twice {
    const NAME: &'static str = "it.messaging.twice";
}

/// A leader sends what a missing topic delayed, and crashes before it forgets that; then the limit is lower.
#[sqlx::test]
async fn what_was_delayed_and_heard_before_a_crash_is_not_sent_again_when_it_is_refused(
    db: PgPool,
) {
    let service = Service::<Twice>::new(db).await;
    delete(Twice::NAME).await;
    let relay = service.relay();
    service.say(&[("b", 0)]).await;
    eventually("delayed", || async { service.withheld().await.len() == 1 }).await;
    service.say_all([large_fact::<Twice>("a", 1, LARGE), fact::<Twice>("b", 1)]).await;
    eventually("delayed, too", || async { service.withheld().await.len() == 3 }).await;
    relay.stop().await;
    sqlx::raw_sql(
        "create table rows_before as table messaging.outbox_withheld;
         create table heads_before as table messaging.outbox_head",
    )
    .execute(&service.db)
    .await
    .unwrap();
    make_anew(Twice::NAME).await;
    let (consumer, relay) = (service.consumer(), service.relay());
    service.wait_for("a", &[1]).await;
    eventually("nothing is withheld", || async { service.withheld().await.is_empty() }).await;
    relay.stop().await;
    sqlx::raw_sql(
        "insert into messaging.outbox_withheld table rows_before;
         delete from messaging.outbox_head; insert into messaging.outbox_head table heads_before",
    )
    .execute(&service.db)
    .await
    .unwrap();
    limit(Twice::NAME, LOW).await;
    let relay = service.relay();
    eventually("held back", || async {
        let withheld = service.withheld().await;
        withheld.len() == 1 && withheld[0].state == "person"
    })
    .await;

    limit(Twice::NAME, HIGH).await;
    service.release("a").await;
    service.say(&[("a", 2)]).await;

    service.wait_for("a", &[1, 2]).await;
    assert_eq!(service.heard("b").await, [0, 1]);
    relay.stop().await;
    consumer.stop().await;
    assert_chained(&on_topic::<Twice>().await);
}

struct Crowd;
impl Topic for Crowd {
    const NAME: &'static str = "it.messaging.crowd";
}
struct Bystander;
impl Topic for Bystander {
    const NAME: &'static str = "it.messaging.bystander";
}

/// To store so much must neither hold up the renewal of the lease nor grow with the square.
#[sqlx::test]
async fn a_huge_window_of_a_missing_topic_does_not_cost_the_lead(db: PgPool) {
    let service = Service::<Bystander>::new(db).await;
    delete(Crowd::NAME).await;
    let usual = RelaySettings { partitions: PARTITIONS, ..RelaySettings::default() };
    let (consumer, relay) = (service.consumer(), service.relay_with(usual));
    service.say_all([fact::<Crowd>("x", 1)]).await;
    eventually("delayed", || async { service.held_back("x").await.len() == 1 }).await;
    let term = "select term from messaging.lease";
    let before = service.count(term).await;

    sqlx::query(
        "insert into messaging.outbox (slot, event_id, topic, type, key, subject, version,
             correlation, payload)
         select 0, gen_random_uuid(), $1, 'it.Fact', 'k' || n % 1000, 'k', n, gen_random_uuid(),
             convert_to('k ' || n, 'utf8')
         from generate_series(1, 150000) n",
    )
    .bind(Crowd::NAME)
    .execute(&service.db)
    .await
    .unwrap();
    service.say(&[("a", 1)]).await;

    service.wait_for("a", &[1]).await;
    assert_eq!(service.count("select count(*) from messaging.outbox_withheld").await, 150_001);
    assert_eq!(service.count(term).await, before);
    relay.stop().await;
    consumer.stop().await;
}

struct Unreadable;
impl Topic for Unreadable {
    const NAME: &'static str = "it.messaging.unreadable";
}
struct Readable;
impl Topic for Readable {
    const NAME: &'static str = "it.messaging.readable";
}

#[sqlx::test]
async fn a_topic_that_cannot_be_read_holds_up_the_release_of_no_other(db: PgPool) {
    let service = Service::<Readable>::new(db).await;
    make_anew(Unreadable::NAME).await;
    for topic in [Readable::NAME, Unreadable::NAME] {
        limit(topic, LOW).await;
    }
    let (consumer, relay) = (service.consumer(), service.relay());
    let keys = ["k1", "k2", "k3", "k4", "k5", "k6"];
    service.say_all(keys.map(|key| large_fact::<Unreadable>(key, 1, LARGE))).await;
    service.say_all([large_fact::<Readable>("a", 1, LARGE)]).await;
    eventually("held back", || async { service.withheld().await.len() == 7 }).await;

    delete(Unreadable::NAME).await;
    limit(Readable::NAME, HIGH).await;
    for key in keys {
        service.release(key).await;
    }
    // It has tried by then.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    service.release("a").await;

    service.wait_for("a", &[1]).await;
    relay.stop().await;
    consumer.stop().await;
}
