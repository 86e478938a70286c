//! What a group promises: partitions change hands, events are neither doubled nor left out, and who has
//! a name gets its partitions back.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use messaging::{Consumer, Error, Group, GroupProtocol, Handlers, Meta, Metrics, Reaction, Tx};
use prometheus_client::registry::Registry;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Fact, Running, Service, Topic, Trouble, brokers, eventually, metrics, on_topic,
};

const KEYS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Writes down which member heard what, and takes its time about it.
struct Member<T> {
    name: &'static str,
    takes: Duration,
    topic: PhantomData<T>,
}

impl<T: Topic> Reaction for Member<T> {
    type Event = Fact<T>;
    type Error = Trouble;

    async fn react(&self, tx: &mut Tx, fact: Fact<T>, meta: &Meta) -> Result<(), Trouble> {
        sqlx::query("insert into heard (key, n, event_id, member) values ($1, $2, $3, $4)")
            .bind(&fact.key)
            .bind(fact.n)
            .bind(meta.event_id)
            .bind(self.name)
            .execute(&mut **tx)
            .await?;
        // A sequence keeps what a rolled back transaction drew: it counts attempts.
        sqlx::query("select nextval('attempts')").execute(&mut **tx).await?;
        tokio::time::sleep(self.takes).await;
        Ok(())
    }
}

/// A service several of whose processes share one topic.
async fn service<T: Topic>(db: PgPool) -> Service<T> {
    let service = Service::<T>::new(db).await;
    sqlx::raw_sql("alter table heard add member text; create sequence attempts")
        .execute(&service.db)
        .await
        .unwrap();
    service
}

fn member<T: Topic>(
    service: &Service<T>,
    name: &'static str,
    group: Group,
    takes: Duration,
) -> Consumer {
    measured_member(service, name, group, takes, metrics())
}

fn measured_member<T: Topic>(
    service: &Service<T>,
    name: &'static str,
    group: Group,
    takes: Duration,
    metrics: Metrics,
) -> Consumer {
    let handlers = Handlers::new().react(Member::<T> { name, takes, topic: PhantomData });
    let (db, brokers) = (service.db.clone(), brokers());
    Consumer::new(service.consumer, &brokers, db, metrics, handlers).group(group)
}

fn start(member: Consumer) -> Running {
    Running::start(|stop| member.run(stop))
}

fn named(protocol: GroupProtocol, instance: &str) -> Group {
    Group { protocol, instance: Some(instance.to_owned()), session: Duration::from_secs(30) }
}

fn unnamed(protocol: GroupProtocol) -> Group {
    Group { protocol, ..Group::default() }
}

async fn say_to_all<T: Topic>(service: &Service<T>, n: i64) {
    service.say(&KEYS.map(|key| (key, n))).await;
}

async fn wait_for_all<T: Topic>(service: &Service<T>, last: i64) {
    let all: Vec<i64> = (1..=last).collect();
    for key in KEYS {
        service.wait_for(key, &all).await;
    }
}

/// The members that heard the `n`-th fact of any key.
async fn members<T: Topic>(service: &Service<T>, n: i64) -> Vec<(String, String)> {
    sqlx::query_as("select distinct key, member from heard where n = $1 order by key")
        .bind(n)
        .fetch_all(&service.db)
        .await
        .unwrap()
}

/// Says the next facts until two members have heard of the same `n`.
async fn until_shared<T: Topic>(service: &Service<T>, mut n: i64) -> i64 {
    loop {
        n += 1;
        say_to_all(service, n).await;
        wait_for_all(service, n).await;
        let heard = members(service, n).await;
        if heard.iter().any(|(_, member)| *member != heard[0].1) {
            return n;
        }
        assert!(n < 1_000, "the partitions are never shared");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Members come, stop and die while events flow; afterwards each event has been heard once, in order.
async fn storm<T: Topic>(db: PgPool, protocols: [GroupProtocol; 2]) {
    let service = service::<T>(db).await;
    let relay = service.relay();
    let join = |name, round: usize| {
        let group = unnamed(protocols[round % 2]);
        start(member(&service, name, group, Duration::from_millis(3)))
    };
    let mut running = vec![join("first", 0)];
    let mut n = 0;
    for round in 0..24 {
        let until = Instant::now() + Duration::from_millis(400);
        while Instant::now() < until {
            n += 1;
            say_to_all(&service, n).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        match round % 4 {
            0 | 1 => running.push(join("another", round)),
            2 => running.remove(0).stop().await,
            _ => running.remove(0).kill().await,
        }
    }
    running.push(join("last", 1));

    wait_for_all(&service, n).await;
    let heard = service.count("select count(*) from heard").await;
    assert_eq!(heard, n * 6, "each once");
    eventually("the marks are where the relay has got to", || async {
        let elsewhere = "select count(*) from messaging.consumer_progress c
             left join messaging.outbox_head h using (topic, partition)
             where (c.incarnation, c.window_id, c.seq)
                 <> (coalesce(h.incarnation, 0), coalesce(h.window_id, 0), coalesce(h.seq, 0))";
        service.count(elsewhere).await == 0
    })
    .await;
    assert_eq!(service.count("select count(*) from messaging.parked").await, 0);
    for member in running {
        member.stop().await;
    }
    relay.stop().await;
}

struct ClassicStorm;
impl Topic for ClassicStorm {
    const NAME: &'static str = "it.messaging.storm-classic";
}

#[sqlx::test]
async fn members_that_come_and_go_double_nothing_and_leave_nothing_out(db: PgPool) {
    storm::<ClassicStorm>(db, [GroupProtocol::Classic; 2]).await;
}

struct BrokerStorm;
impl Topic for BrokerStorm {
    const NAME: &'static str = "it.messaging.storm-broker";
}

#[sqlx::test]
async fn nor_do_they_where_the_broker_decides(db: PgPool) {
    storm::<BrokerStorm>(db, [GroupProtocol::Consumer; 2]).await;
}

struct Changeover;
impl Topic for Changeover {
    const NAME: &'static str = "it.messaging.storm-changeover";
}

#[sqlx::test]
async fn nor_do_they_while_a_group_changes_over(db: PgPool) {
    storm::<Changeover>(db, [GroupProtocol::Classic, GroupProtocol::Consumer]).await;
}

/// A member that has to give partitions up first ends what it has in hand of them.
async fn drains<T: Topic>(db: PgPool, protocol: GroupProtocol) {
    const FACTS: i64 = 60;
    let service = service::<T>(db).await;
    let relay = service.relay();
    // Long enough in all for the group to ask for partitions in the middle, whoever decides.
    let slow = Duration::from_millis(20);
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let join =
        |name| start(measured_member(&service, name, unnamed(protocol), slow, metrics.clone()));
    let first = join("first");
    say_to_all(&service, 1).await;
    wait_for_all(&service, 1).await;

    for n in 2..=FACTS {
        say_to_all(&service, n).await;
    }
    let second = join("second");
    let last = until_shared(&service, FACTS).await;

    let mut told = String::new();
    prometheus_client::encoding::text::encode(&mut told, &registry).unwrap();
    let twice = told.lines().find(|line| line.contains("duplicate"));
    let twice = twice.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap());
    let copies = on_topic::<T>().await.len() - usize::try_from(last * 6).unwrap();
    assert_eq!(twice, copies, "only what a relay sent again was in two hands");
    let attempts = service.count("select last_value from attempts").await;
    assert_eq!(attempts, last * 6, "nothing was begun twice");
    second.stop().await;
    first.stop().await;
    relay.stop().await;
}

struct ClassicDrain;
impl Topic for ClassicDrain {
    const NAME: &'static str = "it.messaging.drain-classic";
}

#[sqlx::test]
async fn what_is_in_hand_ends_before_its_partition_is_given_up(db: PgPool) {
    drains::<ClassicDrain>(db, GroupProtocol::Classic).await;
}

struct BrokerDrain;
impl Topic for BrokerDrain {
    const NAME: &'static str = "it.messaging.drain-broker";
}

#[sqlx::test]
async fn so_it_does_where_the_broker_decides(db: PgPool) {
    drains::<BrokerDrain>(db, GroupProtocol::Consumer).await;
}

/// A member with a name stops and comes back well before its session is over: its partitions wait for
/// it, and for nothing else.
async fn comes_back<T: Topic>(db: PgPool, protocol: GroupProtocol) {
    let service = service::<T>(db).await;
    let relay = service.relay();
    let join = |name| start(member(&service, name, named(protocol, name), Duration::ZERO));
    let (stays, leaves) = (join("stays"), join("leaves"));
    let n = until_shared(&service, 0).await;
    let before = members(&service, n).await;

    leaves.stop().await;
    say_to_all(&service, n + 1).await;
    tokio::time::sleep(Duration::from_secs(8)).await;
    let meanwhile = members(&service, n + 1).await;
    let returned = Instant::now();
    let leaves = join("leaves");
    wait_for_all(&service, n + 1).await;
    let took = returned.elapsed();

    assert!(meanwhile.iter().all(|(_, member)| member == "stays"), "{meanwhile:?}");
    assert!(meanwhile.len() < KEYS.len(), "nothing was moved to the one that stays");
    assert_eq!(members(&service, n + 1).await, before, "each has what it had");
    assert!(took < Duration::from_secs(6), "did not wait for the session: {took:?}");
    leaves.stop().await;
    stays.stop().await;
    relay.stop().await;
}

struct ClassicReturn;
impl Topic for ClassicReturn {
    const NAME: &'static str = "it.messaging.return-classic";
}

#[sqlx::test]
async fn who_has_a_name_gets_its_partitions_back(db: PgPool) {
    comes_back::<ClassicReturn>(db, GroupProtocol::Classic).await;
}

struct BrokerReturn;
impl Topic for BrokerReturn {
    const NAME: &'static str = "it.messaging.return-broker";
}

#[sqlx::test]
async fn also_where_the_broker_decides(db: PgPool) {
    comes_back::<BrokerReturn>(db, GroupProtocol::Consumer).await;
}

/// Two processes under one name: one ends and says why, the other works, and nothing is done twice.
async fn twins<T: Topic>(db: PgPool, protocol: GroupProtocol) {
    let service = service::<T>(db).await;
    let relay = service.relay();
    let stop = CancellationToken::new();
    let join = |name| member(&service, name, named(protocol, "twin"), Duration::from_millis(2));
    let older = tokio::spawn(join("older").run(stop.clone()));
    say_to_all(&service, 1).await;
    wait_for_all(&service, 1).await;

    let newer = tokio::spawn(join("newer").run(stop.clone()));
    let (mut n, mut tasks) = (1, vec![("older", older), ("newer", newer)]);
    let until = Instant::now() + Duration::from_secs(30);
    while tasks.iter().all(|(_, task)| !task.is_finished()) {
        assert!(Instant::now() < until, "both go on");
        n += 1;
        say_to_all(&service, n).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ended = tasks.iter().position(|(_, task)| task.is_finished()).unwrap();
    let (who, ended) = tasks.swap_remove(ended);
    say_to_all(&service, n + 1).await;
    wait_for_all(&service, n + 1).await;

    let expected = if protocol == GroupProtocol::Classic { "older" } else { "newer" };
    assert_eq!(who, expected);
    let error = ended.await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::SameInstance(name) if name == "twin"), "{error}");
    stop.cancel();
    for (_, task) in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(service.count("select count(*) from heard").await, (n + 1) * 6);
    relay.stop().await;
}

struct ClassicTwins;
impl Topic for ClassicTwins {
    const NAME: &'static str = "it.messaging.twins-classic";
}

#[sqlx::test]
async fn of_two_under_one_name_the_older_ends_and_says_why(db: PgPool) {
    twins::<ClassicTwins>(db, GroupProtocol::Classic).await;
}

struct BrokerTwins;
impl Topic for BrokerTwins {
    const NAME: &'static str = "it.messaging.twins-broker";
}

#[sqlx::test]
async fn where_the_broker_decides_the_newer_ends(db: PgPool) {
    twins::<BrokerTwins>(db, GroupProtocol::Consumer).await;
}

struct Alone;
impl Topic for Alone {
    const NAME: &'static str = "it.messaging.alone";
}

/// How long a group without a name needs after a stop and after it is alone: no session is waited for.
#[sqlx::test]
async fn who_stops_without_a_name_is_not_waited_for(db: PgPool) {
    let service = service::<Alone>(db).await;
    let relay = service.relay();
    let unnamed = unnamed(GroupProtocol::Classic);
    let join = |name| start(member(&service, name, unnamed.clone(), Duration::ZERO));
    let (stays, leaves) = (join("stays"), join("leaves"));
    let n = until_shared(&service, 0).await;

    leaves.stop().await;
    let stopped = Instant::now();
    say_to_all(&service, n + 1).await;
    eventually("all of it is the other's", || async {
        members(&service, n + 1).await.len() == KEYS.len()
    })
    .await;

    let took = stopped.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    stays.stop().await;
    relay.stop().await;
}
