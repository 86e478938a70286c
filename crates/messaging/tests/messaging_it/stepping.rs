//! Jobs of several steps, and jobs that are parked: nothing is lost or doubled, and a person decides.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use messaging::{
    Attempt, ErrorClass, GaveUp, Settled, Tx, Worker, Workers, append, enqueue, migrate, parking,
    standing,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::{Running, Topic, Trouble, eventually, fact, metrics};

#[derive(Serialize, Deserialize)]
struct Walk {
    walker: String,
    steps: i64,
}

/// Takes one step at a time, and says so.
#[derive(Clone, Default)]
struct Walker {
    /// So many of the next steps fail after they were taken.
    stumbles: Arc<AtomicU32>,
    /// Where it steps for the first time it stumbles, if these are kept.
    been: Option<Arc<Mutex<HashSet<i64>>>>,
}

struct Steps;

impl Topic for Steps {
    const NAME: &'static str = "test.steps.v1";
}

impl Worker for Walker {
    const QUEUE: &'static str = "walks";
    const BUDGET: u32 = 2;
    type Job = Walk;
    type Outcome = ();
    type Error = Trouble;

    async fn call(&self, _: &Walk, _: &Attempt) -> Result<(), Trouble> {
        Ok(())
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        job: &Walk,
        outcome: Result<&(), GaveUp>,
    ) -> Result<Settled, Trouble> {
        if let Err(GaveUp(reason)) = outcome {
            let end = "insert into walked (walker, step, note) values ($1, 0, $2)";
            sqlx::query(end).bind(&job.walker).bind(reason).execute(&mut **tx).await?;
            return Ok(Settled::Done);
        }
        let step: i64 = sqlx::query_scalar(
            "insert into walked (walker, step) select $1, 1 + count(*) from walked where walker = $1
             returning step",
        )
        .bind(&job.walker)
        .fetch_one(&mut **tx)
        .await?;
        append(tx, [fact::<Steps>(&job.walker, step)]).await?;
        if self.been.as_ref().is_some_and(|been| been.lock().unwrap().insert(step)) {
            return Err(Trouble::Told(ErrorClass::Later));
        }
        let less = |left: u32| left.checked_sub(1);
        if self.stumbles.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            return Err(Trouble::Told(ErrorClass::Later));
        }
        Ok(if step < job.steps { Settled::Again } else { Settled::Done })
    }
}

async fn prepare(db: &PgPool) {
    migrate(db).await.unwrap();
    sqlx::query("create table walked (id bigserial, walker text, step bigint, note text)")
        .execute(db)
        .await
        .unwrap();
}

fn start(db: &PgPool, walker: &Walker) -> Running {
    let workers = Workers::new(db.clone(), metrics()).work(walker.clone());
    Running::start(|stop| workers.run(stop))
}

async fn walk(db: &PgPool, aggregate: &str, walker: &str, steps: i64) -> Uuid {
    let mut tx = Tx::begin(db).await.unwrap();
    let job = Walk { walker: walker.to_owned(), steps };
    let id = enqueue::<Walker>(&mut tx, aggregate, &job).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Who took which step, in order.
async fn walked(db: &PgPool) -> Vec<(String, i64)> {
    sqlx::query_as("select walker, step from walked order by id").fetch_all(db).await.unwrap()
}

async fn count(db: &PgPool, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(db).await.unwrap()
}

async fn idle(db: &PgPool) -> bool {
    count(db, "select count(*) from messaging.job").await == 0
}

async fn parked(db: &PgPool) -> Vec<parking::ParkedMessage> {
    parking::list(&mut db.acquire().await.unwrap(), 10).await.unwrap()
}

fn steps(walker: &str, of: std::ops::RangeInclusive<i64>) -> Vec<(String, i64)> {
    of.map(|step| (walker.to_owned(), step)).collect()
}

#[sqlx::test]
async fn the_steps_of_a_job_come_before_the_next_job_of_its_aggregate(db: PgPool) {
    prepare(&db).await;
    walk(&db, "road", "first", 5).await;
    walk(&db, "road", "second", 2).await;
    let walker = Walker::default();
    let (one, two) = (start(&db, &walker), start(&db, &walker));

    eventually("both walked", || async { idle(&db).await }).await;
    one.stop().await;
    two.stop().await;

    assert_eq!(walked(&db).await, [steps("first", 1..=5), steps("second", 1..=2)].concat());
    let said = "select count(distinct event_id) from messaging.outbox";
    assert_eq!(count(&db, said).await, 7, "each step's event has an id of its own");
}

#[sqlx::test]
async fn a_step_that_fails_leaves_nothing_and_the_next_one_has_the_whole_budget(db: PgPool) {
    prepare(&db).await;
    // One failure for each step: more than the budget allows, if they were counted together.
    let walker = Walker { been: Some(Arc::default()), ..Walker::default() };
    let job = walk(&db, "road", "one", 3).await;
    let running = start(&db, &walker);

    eventually("walked", || async { idle(&db).await }).await;
    running.stop().await;

    assert_eq!(walked(&db).await, steps("one", 1..=3));
    assert_eq!(count(&db, "select count(*) from messaging.outbox").await, 3);
    assert_eq!(standing(&mut db.acquire().await.unwrap(), job).await.unwrap(), None);
}

#[sqlx::test]
async fn a_stop_between_two_steps_leaves_the_rest_to_the_next_process(db: PgPool) {
    prepare(&db).await;
    walk(&db, "road", "one", 40).await;
    let mut stops = 0;
    while !idle(&db).await {
        let running = start(&db, &Walker::default());
        tokio::time::sleep(Duration::from_millis(20)).await;
        running.stop().await;
        stops += 1;
    }

    assert!(stops > 2, "stopped only {stops} times");
    assert_eq!(walked(&db).await, steps("one", 1..=40));
}

/// Has a job fail until it is parked, with another one behind it.
async fn park(db: &PgPool, walker: &Walker) -> (Uuid, Running) {
    prepare(db).await;
    walker.stumbles.store(u32::MAX, Ordering::SeqCst);
    let job = walk(db, "road", "first", 1).await;
    walk(db, "road", "second", 1).await;
    let running = start(db, walker);
    eventually("parked", || async { parked(db).await.len() == 1 }).await;
    walker.stumbles.store(0, Ordering::SeqCst);
    (job, running)
}

#[sqlx::test]
async fn a_parked_job_holds_back_its_aggregate_until_a_person_has_it_tried_again(db: PgPool) {
    let walker = Walker::default();
    let (job, running) = park(&db, &walker).await;
    let mut conn = db.acquire().await.unwrap();
    let held = parked(&db).await.remove(0);
    assert_eq!(
        (held.event_id, held.event_type.as_str(), held.key.as_str(), held.attempts),
        (job, "walks", "road", 2)
    );
    assert_eq!(held.last_error.as_deref(), Some("told to fail as Later"));
    assert!(standing(&mut conn, job).await.unwrap().unwrap().parked);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(walked(&db).await, []);

    assert!(parking::retry(&mut conn, held.id, "ada", "mended").await.unwrap());
    eventually("both walked", || async { idle(&db).await }).await;
    running.stop().await;

    assert_eq!(walked(&db).await, [steps("first", 1..=1), steps("second", 1..=1)].concat());
    assert!(!parking::retry(&mut conn, held.id, "ada", "again").await.unwrap());
    let audit = "select count(*) from messaging.parked_audit where actor = 'ada'";
    assert_eq!(count(&db, audit).await, 1);
}

#[sqlx::test]
async fn a_parked_job_that_a_person_drops_is_settled_as_given_up(db: PgPool) {
    let walker = Walker::default();
    let (_, running) = park(&db, &walker).await;
    let held = parked(&db).await.remove(0);

    let mut conn = db.acquire().await.unwrap();
    assert!(parking::skip(&mut conn, held.id, "ada", "nobody walks there").await.unwrap());
    eventually("the second walked", || async { idle(&db).await }).await;
    running.stop().await;

    assert_eq!(walked(&db).await, [steps("first", 0..=0), steps("second", 1..=1)].concat());
    let note = "select count(*) from walked where note = 'nobody walks there'";
    assert_eq!(count(&db, note).await, 1);
    assert!(parked(&db).await.is_empty());
}

#[sqlx::test]
async fn a_job_that_cannot_be_read_is_parked_and_can_be_dropped(db: PgPool) {
    prepare(&db).await;
    walk(&db, "road", "first", 1).await;
    sqlx::query("update messaging.job set job = '{\"walker\": 1}'").execute(&db).await.unwrap();
    let running = start(&db, &Walker::default());
    eventually("parked", || async { parked(&db).await.len() == 1 }).await;
    let held = parked(&db).await.remove(0);

    let mut conn = db.acquire().await.unwrap();
    assert!(parking::skip(&mut conn, held.id, "ada", "nonsense").await.unwrap());
    eventually("dropped", || async { idle(&db).await }).await;

    running.stop().await;
}
