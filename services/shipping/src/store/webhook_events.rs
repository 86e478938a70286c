//! The table `webhook_events`: which webhooks were handled.

use sqlx::PgConnection;

use crate::Error;

/// Takes a webhook for this transaction; `false` when it was handled before.
pub(crate) async fn take(conn: &mut PgConnection, event: &str) -> Result<bool, Error> {
    let taken =
        sqlx::query("insert into webhook_events (event_id) values ($1) on conflict do nothing")
            .bind(event)
            .execute(conn)
            .await?;
    Ok(taken.rows_affected() == 1)
}
