//! `signing_keys`: the keys that sign access tokens, and when.

use sqlx::PgConnection;
use time::OffsetDateTime;
use web::SigningKey;

use crate::Error;
use crate::domain::signing::Term;

/// Serializes the replicas that may publish a key: any number that nothing else here locks.
const LOCK: i64 = 0x6175_7468;

/// Lets nobody else publish a key until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(conn).await?;
    Ok(())
}

/// Every key that still verifies.
pub(crate) async fn list(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Vec<(Term, SigningKey)>, Error> {
    let rows: Vec<(Vec<u8>, OffsetDateTime, OffsetDateTime)> = sqlx::query_as(
        "select seed, signs_from, not_after from signing_keys
         where not_after > $1 order by signs_from",
    )
    .bind(now)
    .fetch_all(conn)
    .await?;
    let key = |(seed, signs_from, not_after): (Vec<u8>, _, _)| {
        let seed = <[u8; 32]>::try_from(seed);
        let seed = seed.map_err(|_| Error::Corrupt("a signing key's length".to_owned()))?;
        Ok((Term { signs_from, not_after }, SigningKey::from_seed(&seed)))
    };
    rows.into_iter().map(key).collect()
}

/// Saves a new key.
pub(crate) async fn save(
    conn: &mut PgConnection,
    key: &SigningKey,
    term: Term,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query(
        "insert into signing_keys (key_id, seed, signs_from, not_after, published_at)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(key.id())
    .bind(&key.seed()[..])
    .bind(term.signs_from)
    .bind(term.not_after)
    .bind(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes keys that verify nothing any more.
pub(crate) async fn forget_old(conn: &mut PgConnection, now: OffsetDateTime) -> Result<u64, Error> {
    let gone = sqlx::query("delete from signing_keys where not_after < $1")
        .bind(now)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}
