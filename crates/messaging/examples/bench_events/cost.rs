//! What an append adds to the transaction that it is in: transactions a second, and write-ahead log.

use std::time::{Duration, Instant};

use messaging::{Outgoing, Tx, append};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::task::JoinSet;

use crate::parts::{Noted, Parts};

const WRITERS: u64 = 16;
/// Turns of each kind; alternating, so that a slow minute of the machine meets both.
const TURNS: u32 = 3;
const COUNTED: u32 = 20_000;

/// What was found.
pub(crate) struct Cost {
    /// How many percent fewer transactions there are with one event each.
    pub(crate) percent: f64,
    /// Bytes of write-ahead log for an event of 350 bytes, without full-page images.
    pub(crate) wal_bytes_per_event: f64,
}

/// Measures both.
pub(crate) async fn measure(parts: &Parts, length: Duration) -> Cost {
    let pool = parts.fresh("bench_cost").await;
    // As placing an order: an idempotency key, the order, its first event, its lines.
    sqlx::raw_sql(
        "create table keys (key uuid primary key, body jsonb);
         create table orders (id uuid primary key, status text not null, data jsonb not null);
         create table order_events (order_id uuid, version bigint, data jsonb,
                                    primary key (order_id, version));
         create table lines (order_id uuid, sku text, quantity bigint, primary key (order_id, sku))",
    )
    .execute(&pool)
    .await
    .expect("tables");
    let (mut with, mut without) = (0, 0);
    for _ in 0..TURNS {
        without += place(&pool, length / (2 * TURNS), false).await;
        with += place(&pool, length / (2 * TURNS), true).await;
    }
    let percent = 100.0 * (1.0 - f64::from(with) / f64::from(without));
    Cost { percent, wal_bytes_per_event: wal(parts).await }
}

async fn place(pool: &PgPool, length: Duration, saying: bool) -> u32 {
    let begun = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let pool = pool.clone();
        writers.spawn(async move {
            let mut placed = 0_u32;
            while begun.elapsed() < length {
                one(&pool, writer, saying).await.expect("an order");
                placed += 1;
            }
            placed
        });
    }
    writers.join_all().await.into_iter().sum()
}

async fn one(pool: &PgPool, writer: u64, saying: bool) -> Result<(), sqlx::Error> {
    let (id, data) = (
        uuid::Uuid::new_v4(),
        serde_json::json!({ "status": "placed", "padding": "x".repeat(600) }),
    );
    let mut tx = Tx::begin(pool).await?;
    let key =
        sqlx::query("insert into keys (key, body) values ($1, $2)").bind(uuid::Uuid::new_v4());
    key.bind(&data).execute(&mut *tx).await?;
    let order = sqlx::query("insert into orders (id, status, data) values ($1, 'placed', $2)");
    order.bind(id).bind(&data).execute(&mut *tx).await?;
    let event = sqlx::query("insert into order_events values ($1, 1, $2)").bind(id);
    event.bind(&data).execute(&mut *tx).await?;
    let lines =
        sqlx::query("insert into lines select $1, 'sku-' || n, n from generate_series(1, 2) n");
    lines.bind(id).execute(&mut *tx).await?;
    if saying {
        let event = Outgoing::new(&Noted::new(writer)).version(1);
        append(&mut tx, [event]).await.expect("room");
    }
    tx.commit().await
}

/// The log that events alone write, one to a transaction, less what a transaction writes anyway.
async fn wal(parts: &Parts) -> f64 {
    let pool = parts.fresh_database("bench_wal").await;
    let mut admin = PgConnection::connect(&parts.url).await.expect("Postgres");
    set_others(&mut admin, "off").await;
    let mut bytes = [0_i64; 2];
    for (saying, bytes) in [false, true].into_iter().zip(&mut bytes) {
        let before = position(&mut admin).await;
        for n in 0..COUNTED {
            let mut tx = Tx::begin(&pool).await.expect("a transaction");
            sqlx::query("select pg_current_xact_id()").execute(&mut *tx).await.expect("an id");
            if saying {
                let event = Outgoing::new(&Noted::new(u64::from(n))).version(1);
                append(&mut tx, [event]).await.expect("room");
            }
            tx.commit().await.expect("a commit");
        }
        *bytes = position(&mut admin).await - before;
    }
    set_others(&mut admin, "on").await;
    let more = u32::try_from(bytes[1] - bytes[0]).expect("an event writes something");
    f64::from(more) / f64::from(COUNTED)
}

/// What else writes to the log: images of whole pages, and vacuums of what was measured before.
async fn set_others(admin: &mut PgConnection, to: &'static str) {
    for name in ["full_page_writes", "autovacuum"] {
        let set = format!("alter system set {name} = {to}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *admin).await.expect("a superuser");
    }
    sqlx::query("select pg_reload_conf()").execute(&mut *admin).await.expect("a superuser");
    sqlx::query("checkpoint").execute(&mut *admin).await.expect("a superuser");
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn position(admin: &mut PgConnection) -> i64 {
    let at = sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint");
    at.fetch_one(admin).await.expect("a position")
}
