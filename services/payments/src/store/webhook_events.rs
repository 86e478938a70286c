//! The table `webhook_events`: which webhooks were handled.

use sqlx::PgConnection;

use crate::Error;

/// Forgets webhooks older than 30 days; signatures count for five minutes.
pub(crate) async fn forget_old(conn: &mut PgConnection) -> Result<u64, Error> {
    let old = "delete from webhook_events where received_at < now() - interval '30 days'";
    Ok(sqlx::query(old).execute(conn).await?.rows_affected())
}

/// Takes a webhook for this transaction; `false` when it was handled before.
pub(crate) async fn take(conn: &mut PgConnection, event: &str) -> Result<bool, Error> {
    let taken =
        sqlx::query("insert into webhook_events (event_id) values ($1) on conflict do nothing")
            .bind(event)
            .execute(conn)
            .await?;
    Ok(taken.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test]
    async fn webhooks_are_forgotten_after_thirty_days(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        for (event, age) in [("evt_old", "31 days"), ("evt_new", "29 days")] {
            assert!(take(&mut conn, event).await.unwrap());
            let old =
                "update webhook_events set received_at = now() - $2::interval where event_id = $1";
            sqlx::query(old).bind(event).bind(age).execute(&mut *conn).await.unwrap();
        }

        let forgotten = forget_old(&mut conn).await.unwrap();

        assert_eq!(forgotten, 1);
        assert!(!take(&mut conn, "evt_new").await.unwrap());
        assert!(take(&mut conn, "evt_old").await.unwrap());
    }
}
