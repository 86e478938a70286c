//! What workers promise: one key for all tries, one job of an aggregate at a time, claims that fence.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use messaging::{
    Attempt, ErrorClass, GaveUp, Settled, Tx, Worker, Workers, announcing, append, enqueue,
    enqueue_at, migrate,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::Barrier;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::{Running, Topic, Trouble, eventually, fact, metrics};

#[derive(Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) order: String,
    pub(crate) n: u32,
}

/// One call: order, number, key, try.
type Call = (String, u32, Uuid, u32);

#[derive(Clone, Default)]
pub(crate) struct Till {
    calls: Arc<Mutex<Vec<Call>>>,
    fails: Arc<Mutex<Vec<ErrorClass>>>,
    takes: Duration,
    /// Calls end when so many are at work.
    together: Option<Arc<Barrier>>,
}

impl Worker for Till {
    const QUEUE: &'static str = "charges";
    const BUDGET: u32 = 3;
    type Job = Charge;
    type Outcome = u32;
    type Error = Trouble;

    async fn call(&self, job: &Charge, attempt: &Attempt) -> Result<u32, Trouble> {
        let call = (job.order.clone(), job.n, attempt.idempotency_key, attempt.number);
        self.calls.lock().unwrap().push(call);
        tokio::time::sleep(self.takes).await;
        if let Some(together) = &self.together {
            together.wait().await;
        }
        match self.fails.lock().unwrap().pop() {
            Some(class) => Err(Trouble::Told(class)),
            None => Ok(job.n),
        }
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Charge,
        outcome: Result<&u32, GaveUp>,
    ) -> Result<Settled, Trouble> {
        let outcome = outcome.map_or_else(|gave_up| gave_up.to_string(), ToString::to_string);
        sqlx::query("insert into settled (order_id, outcome) values ($1, $2)")
            .bind(&job.order)
            .bind(outcome)
            .execute(&mut **tx)
            .await?;
        append(tx, [fact::<Slips>(&job.order, i64::from(job.n))]).await?;
        if job.order == "torn" {
            return Err(Trouble::Told(ErrorClass::Permanent));
        }
        Ok(Settled::Done)
    }
}

struct Slips;

impl Topic for Slips {
    const NAME: &'static str = "test.slips.v1";
}

async fn prepare(db: &PgPool) {
    migrate(db).await.unwrap();
    sqlx::query("create table settled (id bigserial, order_id text, outcome text)")
        .execute(db)
        .await
        .unwrap();
}

fn start(db: &PgPool, till: &Till) -> Running {
    let workers = Workers::new(db.clone(), metrics()).work(till.clone());
    Running::start(|stop| workers.run(stop))
}

async fn charge(db: &PgPool, order: &str, n: u32) {
    queue::<Till>(db, order, &Charge { order: order.to_owned(), n }).await;
}

async fn queue<W: Worker>(db: &PgPool, aggregate: &str, job: &W::Job) {
    let mut tx = Tx::begin(db).await.unwrap();
    enqueue::<W>(&mut tx, aggregate, job).await.unwrap();
    tx.commit().await.unwrap();
}

async fn settled(db: &PgPool, order: &str) -> Vec<String> {
    sqlx::query_scalar("select outcome from settled where order_id = $1 order by id")
        .bind(order)
        .fetch_all(db)
        .await
        .unwrap()
}

async fn wait_for(db: &PgPool, order: &str, outcomes: &[&str]) {
    eventually(&format!("{order} settled"), || async { settled(db, order).await == outcomes })
        .await;
}

#[sqlx::test]
async fn all_tries_of_a_job_share_one_key_and_an_outage_uses_up_none(db: PgPool) {
    prepare(&db).await;
    let till = Till::default();
    *till.fails.lock().unwrap() = vec![
        ErrorClass::Later,
        ErrorClass::Unavailable,
        ErrorClass::Unavailable,
        ErrorClass::Later,
    ];
    let workers = start(&db, &till);

    charge(&db, "o1", 7).await;
    wait_for(&db, "o1", &["7"]).await;
    workers.stop().await;

    let calls = till.calls.lock().unwrap().clone();
    assert!(calls.iter().all(|call| call.2 == calls[0].2));
    assert_eq!(calls.iter().map(|call| call.3).collect::<Vec<_>>(), [1, 2, 2, 2, 3]);
}

#[sqlx::test]
async fn a_job_gives_up_at_once_on_a_permanent_error_and_otherwise_at_its_budget(db: PgPool) {
    prepare(&db).await;
    let till = Till::default();
    *till.fails.lock().unwrap() = vec![ErrorClass::Permanent];
    let workers = start(&db, &till);
    charge(&db, "o1", 1).await;
    wait_for(&db, "o1", &["gave up: told to fail as Permanent"]).await;

    *till.fails.lock().unwrap() = vec![ErrorClass::Later; 3];
    charge(&db, "o2", 1).await;
    wait_for(&db, "o2", &["gave up: told to fail as Later"]).await;

    workers.stop().await;
    assert_eq!(till.calls.lock().unwrap().len(), 4);
}

#[sqlx::test]
async fn jobs_of_one_aggregate_run_in_order_and_those_of_others_meanwhile(db: PgPool) {
    prepare(&db).await;
    let till = Till { takes: Duration::from_millis(30), ..Till::default() };
    // The first try of the first job fails: those behind it wait for it all the same.
    *till.fails.lock().unwrap() = vec![ErrorClass::Later];
    charge(&db, "o1", 1).await;
    let (one, two) = (start(&db, &till), start(&db, &till));
    eventually("the first try", || async { !till.calls.lock().unwrap().is_empty() }).await;
    for n in 2..=5 {
        charge(&db, "o1", n).await;
        charge(&db, "o2", n).await;
    }

    wait_for(&db, "o1", &["1", "2", "3", "4", "5"]).await;
    wait_for(&db, "o2", &["2", "3", "4", "5"]).await;
    one.stop().await;
    two.stop().await;
}

#[sqlx::test]
async fn a_timer_runs_when_it_is_due_and_holds_up_nobody_before(db: PgPool) {
    prepare(&db).await;
    let till = Till::default();
    let workers = start(&db, &till);
    let due = OffsetDateTime::now_utc() + Duration::from_secs(2);
    let mut tx = Tx::begin(&db).await.unwrap();
    let timer = Charge { order: "o1".into(), n: 1 };
    enqueue_at::<Till>(&mut tx, "o1", &timer, due).await.unwrap();
    tx.commit().await.unwrap();
    charge(&db, "o1", 2).await;

    wait_for(&db, "o1", &["2"]).await;
    assert!(OffsetDateTime::now_utc() < due);
    wait_for(&db, "o1", &["2", "1"]).await;
    assert!(OffsetDateTime::now_utc() >= due);
    workers.stop().await;
}

#[sqlx::test]
async fn an_outcome_counts_only_with_the_claim_that_took_the_job(db: PgPool) {
    prepare(&db).await;
    let till = Till { takes: Duration::from_millis(500), ..Till::default() };
    let workers = start(&db, &till);
    charge(&db, "o1", 1).await;
    eventually("called", || async { till.calls.lock().unwrap().len() == 1 }).await;

    // Another process took the job over, as after a lease that ran out.
    sqlx::query("update messaging.job set token = gen_random_uuid(), leased_until = 'infinity'")
        .execute(&db)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(settled(&db, "o1").await, [""; 0]);
    sqlx::query("update messaging.job set leased_until = '-infinity'").execute(&db).await.unwrap();

    wait_for(&db, "o1", &["1"]).await;
    workers.stop().await;
    let calls = till.calls.lock().unwrap().clone();
    assert_eq!((calls.len(), calls[0].2 == calls[1].2), (2, true));
}

#[sqlx::test]
async fn outcomes_that_come_together_share_a_transaction_unless_one_is_refused(db: PgPool) {
    prepare(&db).await;
    for order in ["o1", "o2", "torn", "o3"] {
        charge(&db, order, 1).await;
    }
    let till = Till { together: Some(Arc::new(Barrier::new(4))), ..Till::default() };
    let workers = start(&db, &till);
    for order in ["o1", "o2", "o3"] {
        wait_for(&db, order, &["1"]).await;
    }
    let stuck = "select count(*) from messaging.job where stuck_at is not null";
    eventually("one is for a person", || async { count(&db, stuck).await == 1 }).await;

    for order in ["p1", "p2", "p3", "p4"] {
        charge(&db, order, 2).await;
    }
    for order in ["p1", "p2", "p3", "p4"] {
        wait_for(&db, order, &["2"]).await;
    }
    workers.stop().await;

    // Neither the outcome nor the event of the one that failed is there, and no other is twice.
    assert_eq!(settled(&db, "torn").await, [""; 0]);
    assert_eq!(count(&db, "select count(*) from messaging.outbox").await, 7);
    assert_eq!(count(&db, "select count(distinct key) from messaging.outbox").await, 7);
    let together = "select count(distinct xid) from messaging.outbox where key like 'p%'";
    assert!(count(&db, together).await < 4, "of four that ended together");
}

async fn count(db: &PgPool, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(db).await.unwrap()
}

#[derive(Clone, Default)]
struct Butterfingers;

impl Worker for Butterfingers {
    const QUEUE: &'static str = "butterfingers";
    const BUDGET: u32 = 2;
    type Job = Charge;
    type Outcome = ();
    type Error = Trouble;

    async fn call(&self, _: &Charge, _: &Attempt) -> Result<(), Trouble> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        _: &Charge,
        _: Result<&(), GaveUp>,
    ) -> Result<Settled, Trouble> {
        sqlx::query("insert into settled (outcome) values ('dropped')").execute(&mut **tx).await?;
        panic!("settling panics");
    }
}

#[sqlx::test]
async fn a_settlement_that_panics_uses_up_attempts_and_then_waits_for_a_person(db: PgPool) {
    prepare(&db).await;
    let job = Charge { order: "a".to_owned(), n: 1 };
    queue::<Butterfingers>(&db, "a", &job).await;
    let workers = Workers::new(db.clone(), metrics()).work(Butterfingers);
    let running = Running::start(|stop| workers.run(stop));

    let stuck = "select count(*) from messaging.job where stuck_at is not null and attempts = 2";
    eventually("stuck", || async {
        sqlx::query_scalar::<_, i64>(stuck).fetch_one(&db).await.unwrap() == 1
    })
    .await;

    let settled: i64 =
        sqlx::query_scalar("select count(*) from settled").fetch_one(&db).await.unwrap();
    assert_eq!(settled, 0);
    running.stop().await;
}

/// What happened to which job, and when.
type Moment = (&'static str, u32, Instant);

/// Takes its time to settle, and notes when it was called and when it began and ended to settle.
#[derive(Clone, Default)]
struct Slow {
    moments: Arc<Mutex<Vec<Moment>>>,
}

impl Slow {
    fn note(&self, what: &'static str, n: u32) {
        self.moments.lock().unwrap().push((what, n, Instant::now()));
    }

    fn when(&self, what: &str, n: u32) -> Option<Instant> {
        let moments = self.moments.lock().unwrap();
        moments.iter().find(|moment| (moment.0, moment.1) == (what, n)).map(|moment| moment.2)
    }
}

impl Worker for Slow {
    const QUEUE: &'static str = "slow";
    type Job = Charge;
    type Outcome = ();
    type Error = Trouble;

    async fn call(&self, job: &Charge, _: &Attempt) -> Result<(), Trouble> {
        self.note("called", job.n);
        Ok(())
    }

    async fn settle(
        &self,
        _: &mut Tx,
        job: &Charge,
        _: Result<&(), GaveUp>,
    ) -> Result<Settled, Trouble> {
        self.note("settling", job.n);
        tokio::time::sleep(Duration::from_millis(40)).await;
        self.note("settled", job.n);
        Ok(Settled::Done)
    }
}

#[sqlx::test]
async fn a_job_that_comes_while_the_one_before_it_is_settled_does_not_wait_for_the_clock(
    db: PgPool,
) {
    prepare(&db).await;
    let slow = Slow::default();
    let workers = Workers::new(db.clone(), metrics()).work(slow.clone());
    let workers = Running::start(|stop| workers.run(stop));
    let say = async |n| {
        announcing(async {
            let job = Charge { order: "a".to_owned(), n };
            queue::<Slow>(&db, "a", &job).await;
        })
        .await;
    };
    for n in (1..10).step_by(2) {
        say(n).await;
        eventually("settling", || async { slow.when("settling", n).is_some() }).await;
        say(n + 1).await;
        eventually("called", || async { slow.when("called", n + 1).is_some() }).await;
        eventually("settled", || async { slow.when("settled", n + 1).is_some() }).await;
    }
    workers.stop().await;

    let waited = |n| slow.when("called", n + 1).unwrap() - slow.when("settled", n).unwrap();
    let longest = (1..10).step_by(2).map(waited).max().unwrap();
    assert!(longest < Duration::from_millis(120), "{longest:?}");
}

/// Says something when it is called, and again when it settles.
struct Chatty(PgPool);

impl Worker for Chatty {
    const QUEUE: &'static str = "chatty";
    type Job = Charge;
    type Outcome = ();
    type Error = Trouble;

    async fn call(&self, job: &Charge, _: &Attempt) -> Result<(), Trouble> {
        let mut tx = Tx::begin(&self.0).await?;
        append(&mut tx, [fact::<Slips>(&job.order, 1)]).await?;
        Ok(tx.commit().await?)
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Charge,
        _: Result<&(), GaveUp>,
    ) -> Result<Settled, Trouble> {
        append(tx, [fact::<Slips>(&job.order, 2)]).await?;
        Ok(Settled::Done)
    }
}

#[sqlx::test]
async fn what_a_call_says_and_what_its_settlement_says_have_ids_of_their_own(db: PgPool) {
    prepare(&db).await;
    let job = Charge { order: "a".to_owned(), n: 1 };
    queue::<Chatty>(&db, "a", &job).await;
    let workers = Workers::new(db.clone(), metrics()).work(Chatty(db.clone()));
    let running = Running::start(|stop| workers.run(stop));

    let said = "select count(*) from messaging.outbox";
    eventually("both", || async { count(&db, said).await == 2 }).await;
    running.stop().await;

    assert_eq!(count(&db, "select count(distinct event_id) from messaging.outbox").await, 2);
}

#[sqlx::test]
async fn a_stop_while_the_database_is_away_waits_for_all_outcomes_at_once(db: PgPool) {
    prepare(&db).await;
    let orders = ["o1", "o2", "o3", "o4", "o5", "o6"];
    for order in orders {
        charge(&db, order, 1).await;
    }
    let patience = Duration::from_millis(500);
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(1).acquire_timeout(patience);
    let away = options.connect_with(db.connect_options().as_ref().clone()).await.unwrap();
    let till = Till { takes: Duration::from_millis(300), ..Till::default() };
    let workers = start(&away, &till);
    eventually("called", || async { till.calls.lock().unwrap().len() == orders.len() }).await;
    let taken = away.acquire().await.unwrap();
    let begun = Instant::now();

    workers.stop().await;

    // The calls end, then settling together, each alone and giving back each wait in vain.
    assert!(begun.elapsed() < till.takes + 4 * patience, "{:?}", begun.elapsed());
    drop(taken);
}

#[sqlx::test]
async fn outcomes_are_recorded_while_a_claim_has_to_wait(db: PgPool) {
    prepare(&db).await;
    let till = Till { takes: Duration::from_millis(300), ..Till::default() };
    let workers = start(&db, &till);
    charge(&db, "o1", 1).await;
    eventually("called", || async { till.calls.lock().unwrap().len() == 1 }).await;
    // Claims of one queue take turns, and this one's does not end.
    let mut turn = db.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('messaging.claim.charges', 0))")
        .execute(&mut *turn)
        .await
        .unwrap();
    charge(&db, "o2", 1).await;

    wait_for(&db, "o1", &["1"]).await;

    assert_eq!(till.calls.lock().unwrap().len(), 1);
    turn.commit().await.unwrap();
    wait_for(&db, "o2", &["1"]).await;
    workers.stop().await;
}
