//! `signing_keys`: the private keys that sign quotes.

use std::ops::Range;

use sqlx::PgConnection;
use web::SigningKey;

use crate::domain::key_schedule::not_after;
use crate::error::Error;

/// A key and the Unix seconds during which it signs.
#[derive(Debug)]
pub(crate) struct Scheduled {
    pub(crate) key: SigningKey,
    pub(crate) signs: Range<i64>,
}

/// Lets one replica at a time decide about keys, until its transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection) -> Result<(), Error> {
    let lock = "select pg_advisory_xact_lock(hashtextextended('pricing.signing_keys', 0))";
    sqlx::query(lock).execute(conn).await?;
    Ok(())
}

/// When the newest key stops signing.
pub(crate) async fn last(conn: &mut PgConnection) -> Result<Option<i64>, Error> {
    let last = "select max(signs_until) from signing_keys";
    Ok(sqlx::query_scalar(last).fetch_one(conn).await?)
}

/// Keeps a new key.
pub(crate) async fn add(conn: &mut PgConnection, new: &Scheduled) -> Result<(), Error> {
    sqlx::query(
        "insert into signing_keys (key_id, seed, signs_from, signs_until) values ($1, $2, $3, $4)",
    )
    .bind(new.key.id())
    .bind(new.key.seed().as_slice())
    .bind(new.signs.start)
    .bind(new.signs.end)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets keys with which nothing can be signed or checked any more.
pub(crate) async fn forget(conn: &mut PgConnection, now: i64) -> Result<(), Error> {
    let age = not_after(0);
    let forget = "delete from signing_keys where signs_until + $2 < $1";
    sqlx::query(forget).bind(now).bind(age).execute(conn).await?;
    Ok(())
}

/// The key that signs at a moment.
pub(crate) async fn signing(conn: &mut PgConnection, now: i64) -> Result<Option<Scheduled>, Error> {
    let row: Option<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "select seed, signs_from, signs_until from signing_keys
         where signs_from <= $1 and $1 < signs_until order by signs_from desc limit 1",
    )
    .bind(now)
    .fetch_optional(conn)
    .await?;
    let Some((seed, from, until)) = row else { return Ok(None) };
    let seed: [u8; 32] = seed.try_into().map_err(|_| Error::Corrupt("signing_keys.seed"))?;
    Ok(Some(Scheduled { key: SigningKey::from_seed(&seed), signs: from..until }))
}
