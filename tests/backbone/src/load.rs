//! Hostile writers: early transaction ids, think time, contended keys, rollbacks, savepoints; and those who
//! stand about with a transaction open.

mod bystanders;

use std::time::Duration;

use messaging::{AppendError, Outgoing, Tx, append};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub use self::bystanders::stand_about;
use crate::ground::Ground;
use crate::identity::Identity;
use crate::plan::{Deed, Dice, KEYS};
use crate::subject::Fact;

/// How many write at a time.
pub const WRITERS: u32 = 24;
/// How long a writer whose database is down waits.
const OUTAGE: Duration = Duration::from_millis(200);

/// Writes until `stop`. An answer that is lost is no matter: what was committed is in the ledger.
///
/// # Errors
/// The aggregates cannot be made.
pub async fn write(ground: Ground, seed: u64, stop: CancellationToken) -> Result<(), sqlx::Error> {
    let pool = ground.patient_pool(WRITERS);
    sqlx::query("insert into aggregate select 'k' || n from generate_series(0, $1 - 1) n")
        .bind(i64::from(KEYS))
        .execute(&pool)
        .await?;
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let dice = Dice::of(seed, "writer", u64::from(number));
        writers.spawn(writer(pool.clone(), dice, stop.clone()));
    }
    writers.join_all().await;
    Ok(())
}

async fn writer(pool: PgPool, mut dice: Dice, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let deed = dice.deed();
        if transact(&pool, &deed).await.is_err() {
            sleep(OUTAGE).await;
        }
        sleep(deed.rest).await;
    }
}

/// Does one transaction.
async fn transact(pool: &PgPool, deed: &Deed) -> Result<(), AppendError> {
    let mut tx = Tx::begin(pool).await?;
    if deed.early {
        sqlx::query("select pg_current_xact_id()").execute(&mut *tx).await?;
        sleep(deed.thinks[0]).await;
    }
    let events = i64::try_from(deed.nonces.len()).unwrap_or(1);
    let version: i64 = sqlx::query_scalar(
        "update aggregate set version = version + $2 where key = $1 returning version",
    )
    .bind(&deed.key)
    .bind(events)
    .fetch_one(&mut *tx)
    .await?;
    let (key, readable) = (&deed.key, deed.readable);
    let first = version - events + 1;
    if let Some(nonce) = deed.taken_back {
        sqlx::raw_sql("savepoint before").execute(&mut *tx).await?;
        let fact = Identity { key: key.clone(), version: first, nonce, readable };
        say(&mut tx, vec![fact]).await?;
        sqlx::raw_sql("rollback to savepoint before").execute(&mut *tx).await?;
    }
    let facts = (first..).zip(&deed.nonces).map(|(version, nonce)| Identity {
        key: key.clone(),
        version,
        nonce: *nonce,
        readable,
    });
    say(&mut tx, facts.collect()).await?;
    sleep(deed.thinks[1]).await;
    if deed.commits {
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(())
}

/// Appends facts, and notes them in the ledger: both commit, or neither does.
async fn say(tx: &mut Tx, facts: Vec<Identity>) -> Result<(), AppendError> {
    for fact in &facts {
        sqlx::query("insert into ledger (key, version, nonce, readable) values ($1, $2, $3, $4)")
            .bind(&fact.key)
            .bind(fact.version)
            .bind(fact.nonce)
            .bind(fact.readable)
            .execute(&mut **tx)
            .await?;
    }
    let events = facts.into_iter().map(|fact| {
        let version = fact.version;
        Outgoing::new(&Fact(fact)).version(version)
    });
    append(tx, events).await
}
