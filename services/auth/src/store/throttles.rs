//! `throttles`: token buckets that all replicas share.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::Error;
use crate::domain::throttle::Take;

/// What a bucket answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There was enough in it.
    Yes,
    /// It is empty; nothing was taken. There is enough again after so many seconds.
    Empty(u64),
}

fn unix_ms(now: OffsetDateTime) -> Result<i64, Error> {
    i64::try_from(now.unix_timestamp_nanos().div_euclid(1_000_000))
        .map_err(|error| Error::Corrupt(error.to_string()))
}

/// Takes from a bucket, in one statement, so that simultaneous tries cannot take the same token.
pub(crate) async fn take(
    conn: &mut PgConnection,
    take: &Take,
    now: OffsetDateTime,
) -> Result<Taken, Error> {
    let (now_ms, price_ms) = (unix_ms(now)?, take.limit.every_ms * take.cost);
    let size_ms = take.limit.every_ms * take.limit.burst;
    let taken = sqlx::query(
        "insert into throttles as known (bucket, full_at_ms) values ($1, $2 + $3)
         on conflict (bucket) do update
         set full_at_ms = greatest(known.full_at_ms, $2) + $3
         where greatest(known.full_at_ms, $2) + $3 <= $2 + $4",
    )
    .bind(&take.bucket[..])
    .bind(now_ms)
    .bind(price_ms)
    .bind(size_ms)
    .execute(&mut *conn)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Taken::Yes);
    }
    let full_at: Option<i64> =
        sqlx::query_scalar("select full_at_ms from throttles where bucket = $1")
            .bind(&take.bucket[..])
            .fetch_optional(conn)
            .await?;
    let wait_ms = full_at.unwrap_or(now_ms) + price_ms - now_ms - size_ms;
    let seconds = wait_ms.div_euclid(1_000).saturating_add(1).max(1);
    Ok(Taken::Empty(seconds.unsigned_abs()))
}

/// Gives back what turned out to be no guess.
pub(crate) async fn give_back(conn: &mut PgConnection, take: &Take) -> Result<(), Error> {
    sqlx::query("update throttles set full_at_ms = full_at_ms - $2 where bucket = $1")
        .bind(&take.bucket[..])
        .bind(take.limit.every_ms * take.cost)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes buckets that are full: they are as good as none.
pub(crate) async fn forget_full(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<u64, Error> {
    let gone = sqlx::query("delete from throttles where full_at_ms <= $1")
        .bind(unix_ms(now)?)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected())
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;
    use time::Duration;

    use super::*;
    use crate::domain::throttle::Limit;

    const TAKE: Take =
        Take { bucket: [1; 32], limit: Limit { burst: 3, every_ms: 10_000 }, cost: 1 };

    #[sqlx::test]
    async fn a_bucket_gives_its_burst_and_then_one_at_a_time(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let now = kernel::now();

        for _ in 0..3 {
            assert_eq!(take(&mut conn, &TAKE, now).await.unwrap(), Taken::Yes);
        }

        assert_eq!(take(&mut conn, &TAKE, now).await.unwrap(), Taken::Empty(11));
        let later = now + Duration::seconds(10);
        assert_eq!(take(&mut conn, &TAKE, later).await.unwrap(), Taken::Yes);
        assert!(matches!(take(&mut conn, &TAKE, later).await.unwrap(), Taken::Empty(_)));
    }

    #[sqlx::test]
    async fn what_was_given_back_can_be_taken_again(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let now = kernel::now();

        for _ in 0..20 {
            assert_eq!(take(&mut conn, &TAKE, now).await.unwrap(), Taken::Yes);
            give_back(&mut conn, &TAKE).await.unwrap();
        }
    }

    #[sqlx::test]
    async fn only_full_buckets_are_forgotten(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let now = kernel::now();
        take(&mut conn, &TAKE, now).await.unwrap();

        assert_eq!(forget_full(&mut conn, now).await.unwrap(), 0);
        assert_eq!(forget_full(&mut conn, now + Duration::seconds(10)).await.unwrap(), 1);
    }
}
