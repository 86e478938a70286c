//! The orders as lists show them, written together with the events that they are a projection of.

use kernel::{AccountId, OrderId};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::contacts::Contact;
use super::events::Columns;
use crate::Error;
use crate::domain::order::{Event, Order};
use crate::domain::purchase::{Line, Totals};

/// A row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) account: Option<AccountId>,
    pub(crate) status: String,
    pub(crate) version: i64,
    pub(crate) lines: Json<Vec<Line>>,
    pub(crate) totals: Json<Totals>,
    pub(crate) reason: Option<String>,
    pub(crate) placed_at: OffsetDateTime,
    pub(crate) confirmed_at: Option<OffsetDateTime>,
    pub(crate) shipped_at: Option<OffsetDateTime>,
    pub(crate) delivered_at: Option<OffsetDateTime>,
    pub(crate) cancelled_at: Option<OffsetDateTime>,
}

/// Writes a new order: its row, its contact and its first events.
///
/// # Errors
/// The quote or the payment was used, or the number is taken.
pub(crate) async fn create(
    conn: &mut PgConnection,
    id: OrderId,
    order: &Order,
    events: &[Event],
    contact: &Contact,
) -> Result<(), Error> {
    let columns = Columns::after(0, events)?;
    let purchase = order.purchase();
    let sellers: Vec<AccountId> = purchase.lines.iter().filter_map(|line| line.seller_id).collect();
    sqlx::query(
        "with the_order as (
             insert into orders (id, number, account, quote_id, payment_id, status, version,
                                 lines, totals, sellers)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ), the_contact as (
             insert into order_contacts
                 (order_id, email, name, line1, line2, postal_code, city, country)
             values ($1, $16, $17, $18, $19, $20, $21, $22)
         )
         insert into order_events (order_id, version, type, data, correlation, causation)
         select $1, e.*, $14, $15 from unnest($11::bigint[], $12::text[], $13::jsonb[]) as e",
    )
    .bind(id)
    .bind(&purchase.number)
    .bind(purchase.buyer.account())
    .bind(purchase.quote)
    .bind(purchase.payment)
    .bind(order.status())
    .bind(columns.versions.last())
    .bind(Json(&purchase.lines))
    .bind(Json(&purchase.totals))
    .bind(sellers)
    .bind(&columns.versions)
    .bind(&columns.kinds)
    .bind(&columns.data)
    .bind(columns.correlation)
    .bind(columns.causation)
    .bind(&contact.email)
    .bind(&contact.name)
    .bind(&contact.line1)
    .bind(&contact.line2)
    .bind(&contact.postal_code)
    .bind(&contact.city)
    .bind(&contact.country)
    .execute(conn)
    .await?;
    Ok(())
}

/// Appends events behind `version` and brings the row up to date; returns the new version.
///
/// # Errors
/// [`Error::Contended`] when somebody else wrote since `version`.
pub(crate) async fn append(
    conn: &mut PgConnection,
    id: OrderId,
    version: i64,
    order: &Order,
    events: &[Event],
) -> Result<i64, Error> {
    let columns = Columns::after(version, events)?;
    let now = columns.versions.last().copied().unwrap_or(version);
    let updated = sqlx::query(
        "with appended as (
             insert into order_events (order_id, version, type, data, correlation, causation)
             select $1, e.*, $7, $8 from unnest($4::bigint[], $5::text[], $6::jsonb[]) as e
         )
         update orders set status = $9, version = $3, reason = $10,
             confirmed_at = case when $9 = 'confirmed' then coalesce(confirmed_at, now())
                                 else confirmed_at end,
             shipped_at = case when $9 = 'shipped' then coalesce(shipped_at, now())
                               else shipped_at end,
             delivered_at = case when $9 = 'delivered' then coalesce(delivered_at, now())
                                 else delivered_at end,
             cancelled_at = case when $9 = 'cancelled' then coalesce(cancelled_at, now())
                                 else cancelled_at end
         where id = $1 and version = $2",
    )
    .bind(id)
    .bind(version)
    .bind(now)
    .bind(&columns.versions)
    .bind(&columns.kinds)
    .bind(&columns.data)
    .bind(columns.correlation)
    .bind(columns.causation)
    .bind(order.status())
    .bind(order.cancellation().map(|why| why.reason.as_str()))
    .execute(conn)
    .await?;
    if updated.rows_affected() == 0 { Err(Error::Contended) } else { Ok(now) }
}

/// One order.
pub(crate) async fn find(conn: &mut PgConnection, id: OrderId) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as("select * from orders where id = $1").bind(id).fetch_optional(conn).await
}

/// The versions of the orders that somebody watches.
pub(crate) async fn versions(
    db: &PgPool,
    orders: &[OrderId],
) -> Result<Vec<(OrderId, i64)>, sqlx::Error> {
    sqlx::query_as("select id, version from orders where id = any($1)")
        .bind(orders)
        .fetch_all(db)
        .await
}

/// The orders of an account, newest first, older than `after`.
pub(crate) async fn of_account(
    db: &PgPool,
    account: AccountId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "select * from orders where account = $1 and ($2::uuid is null or id < $2)
         order by id desc limit $3",
    )
    .bind(account)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// The orders with items of a seller, newest first, older than `after`.
pub(crate) async fn of_seller(
    db: &PgPool,
    seller: AccountId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "select * from orders where sellers @> array[$1] and ($2::uuid is null or id < $2)
         order by id desc limit $3",
    )
    .bind(seller)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// What staff looks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) status: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) email: Option<String>,
}

/// An order and the mail address that it was placed with.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct WithEmail {
    #[sqlx(flatten)]
    pub(crate) row: Row,
    pub(crate) email: String,
}

/// All orders, newest first, older than `after`, with their mail addresses.
pub(crate) async fn search(
    db: &PgPool,
    wanted: &Wanted,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<WithEmail>, sqlx::Error> {
    sqlx::query_as(
        "select o.*, coalesce(c.email, '') as email
         from orders o left join order_contacts c on c.order_id = o.id
         where ($1::text is null or o.status = $1) and ($2::text is null or o.number = $2)
           and ($3::text is null or c.email = $3) and ($4::uuid is null or o.id < $4)
         order by o.id desc limit $5",
    )
    .bind(&wanted.status)
    .bind(&wanted.number)
    .bind(&wanted.email)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
}
