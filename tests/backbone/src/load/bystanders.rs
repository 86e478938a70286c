//! Those who hold things up elsewhere: transactions that stay open in this and in another database.

use std::time::Duration;

use messaging::Tx;
use sqlx::{ConnectOptions, PgConnection, PgPool};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{OUTAGE, say};
use crate::ground::Ground;
use crate::identity::Identity;
use crate::plan::Dice;

/// From one look whether the server still knows of the transaction to the next.
const LOOK: Duration = Duration::from_secs(15);

/// Until `stop`: a writer in another database, a held snapshot, and `idle` writers who have written an
/// event of a key of their own and then do nothing. Half of those commit in the end.
pub async fn stand_about(ground: Ground, seed: u64, idle: usize, stop: CancellationToken) {
    let mut all = JoinSet::new();
    let (here, neighbour) = (ground.options(), ground.neighbour());
    let holding = |options, words| hold(options, words, stop.clone());
    all.spawn(holding(neighbour, "begin; select pg_current_xact_id()"));
    all.spawn(holding(here, "begin isolation level repeatable read; select count(*) from ledger"));
    let pool = ground.patient_pool(u32::try_from(idle).unwrap_or(0).max(1));
    for number in 0..idle {
        let dice = Dice::of(seed, "idle writer", u64::try_from(number).unwrap_or(0));
        all.spawn(idle_writer(pool.clone(), format!("idle-{number}"), dice, stop.clone()));
    }
    all.join_all().await;
}

/// Keeps a transaction open, and opens another one when the server was restarted.
async fn hold(
    options: sqlx::postgres::PgConnectOptions,
    words: &'static str,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        if let Ok(mut conn) = options.connect().await
            && sqlx::raw_sql(words).execute(&mut conn).await.is_ok()
        {
            stay(&mut conn, &stop).await;
        }
        pause(OUTAGE, &stop).await;
    }
}

async fn idle_writer(pool: PgPool, key: String, mut dice: Dice, stop: CancellationToken) {
    while !stop.is_cancelled() {
        // They do not come all at once.
        pause(dice.between(Duration::ZERO, Duration::from_secs(5)), &stop).await;
        let (nonce, commits) = (dice.nonce(), dice.chance(500));
        let _lost_with_the_server = open(&pool, &key, (nonce, commits), &stop).await;
    }
}

async fn open(
    pool: &PgPool,
    key: &str,
    (nonce, commits): (Uuid, bool),
    stop: &CancellationToken,
) -> Result<(), messaging::AppendError> {
    let mut tx = Tx::begin(pool).await?;
    let fact = Identity { key: key.to_owned(), version: 1, nonce, readable: true };
    say(&mut tx, vec![fact]).await?;
    if stay(&mut tx, stop).await && commits {
        tx.commit().await?;
    }
    Ok(())
}

/// Does nothing until `stop`; false if the server ended the transaction before.
async fn stay(conn: &mut PgConnection, stop: &CancellationToken) -> bool {
    while !stop.is_cancelled() {
        pause(LOOK, stop).await;
        if sqlx::query("select 1").execute(&mut *conn).await.is_err() {
            return false;
        }
    }
    true
}

async fn pause(length: Duration, stop: &CancellationToken) {
    tokio::select! { () = sleep(length) => {}, () = stop.cancelled() => {} }
}
