//! Who gets the parcel and the mails: the personal data of an order, apart from its events.

use kernel::OrderId;
use sqlx::PgConnection;

/// Where mails and the parcel go.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Contact {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) line1: String,
    pub(crate) line2: String,
    pub(crate) postal_code: String,
    pub(crate) city: String,
    pub(crate) country: String,
}

/// The contact of an order.
pub(crate) async fn find(
    conn: &mut PgConnection,
    order: OrderId,
) -> Result<Option<Contact>, sqlx::Error> {
    sqlx::query_as(
        "select email, name, line1, line2, postal_code, city, country
         from order_contacts where order_id = $1",
    )
    .bind(order)
    .fetch_optional(conn)
    .await
}

/// Keeps what somebody wrote when cancelling; free text may name people, so it is no event.
pub(crate) async fn note_cancellation(
    conn: &mut PgConnection,
    order: OrderId,
    note: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("update order_contacts set cancel_note = $2 where order_id = $1")
        .bind(order)
        .bind(note)
        .execute(conn)
        .await?;
    Ok(())
}
