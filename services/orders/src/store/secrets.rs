//! Secrets that the database made when it was set up.

use sqlx::PgConnection;

use crate::tokens::AccessSecret;

/// The key of the links that open an order.
pub(crate) async fn order_access(conn: &mut PgConnection) -> Result<AccessSecret, sqlx::Error> {
    let value = "select value from secrets where name = 'order_access'";
    Ok(AccessSecret::new(sqlx::query_scalar(value).fetch_one(conn).await?))
}
