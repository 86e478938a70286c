//! From an event's transaction in one database to its committed effect in another's.

use std::time::Duration;

use messaging::{Consumer, Handlers, Meta, Metrics, Reaction, Tx};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::child::{self, Role};
use crate::figures::Latencies;
use crate::load::Load;
use crate::parts::{Noted, Parts};

const WRITTEN_IN: &str = "bench_open";
const HANDLED_IN: &str = "bench_handled";
/// How long effects may still come after the load.
const LATE: Duration = Duration::from_secs(10);

struct Effect;

impl Reaction for Effect {
    type Event = Noted;
    type Error = sqlx::Error;

    async fn react(&self, tx: &mut Tx, event: Noted, _: &Meta) -> Result<(), sqlx::Error> {
        let effect = sqlx::query("insert into effects (written) values ($1)");
        effect.bind(Noted::written(event.payload())).execute(&mut **tx).await.map(drop)
    }
}

/// One run. When an effect was committed is what Postgres says (`track_commit_timestamp`).
pub(crate) async fn run(parts: &Parts, load: Load) -> Latencies {
    drop(parts.fresh(WRITTEN_IN).await);
    let pool = parts.fresh_database(HANDLED_IN).await;
    sqlx::raw_sql("create table effects (id bigserial primary key, written bigint not null)")
        .execute(&pool)
        .await
        .expect("a table");
    let stop = CancellationToken::new();
    let metrics = Metrics::register(&mut prometheus_client::registry::Registry::default());
    let handlers = Handlers::new().react(Effect);
    let consumer = Consumer::new("bench_handled", &parts.brokers, pool.clone(), metrics, handlers);
    let consumer = tokio::spawn(consumer.run(stop.clone()));
    let child = Role::Serve { database: WRITTEN_IN.to_owned(), load }.spawn(parts);
    let expected = i64::try_from(load.total()).expect("few");
    let all = tokio::time::timeout(
        crate::load::WARM_UP + load.length() + LATE,
        until_handled(&pool, expected),
    );
    all.await.expect("every event was handled");
    child::end_serving(child).await;
    stop.cancel();
    consumer.await.expect("a task").expect("a consumer");
    let effects: Vec<(i64, i64)> = sqlx::query_as(
        "select written, (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
         from effects",
    )
    .fetch_all(&pool)
    .await
    .expect("effects");
    assert_eq!(i64::try_from(effects.len()).expect("few"), expected, "each was handled once");
    Latencies::after_warm_up(effects)
}

/// Looks seldom, so as not to disturb.
async fn until_handled(pool: &PgPool, expected: i64) {
    loop {
        let last = sqlx::query_scalar("select coalesce(max(id), 0) from effects");
        let last: i64 = last.fetch_one(pool).await.expect("effects");
        if last >= expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
