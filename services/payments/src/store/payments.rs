//! The table `payments`.

use kernel::{Money, OrderId, PaymentId};
use messaging::Cause;
use sqlx::types::Uuid;
use sqlx::{FromRow, PgConnection};

use crate::Error;
use crate::domain::payment::{Payment, Stage, Wish};

/// A payment with what only its storage knows.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: PaymentId,
    pub(crate) payment: Payment,
    pub(crate) session: String,
    /// The provider's own name for the hold.
    pub(crate) authorization: Option<String>,
    /// Why it was declined, for people.
    pub(crate) reason: Option<String>,
    pub(crate) version: i64,
}

#[derive(FromRow)]
struct Row {
    payment_id: PaymentId,
    principal: String,
    amount_minor: i64,
    currency: String,
    session: String,
    authorization_ref: Option<String>,
    order_id: Option<OrderId>,
    stage: String,
    wish: String,
    reason: Option<String>,
    version: i64,
}

const STAGES: [(Stage, &str); 7] = [
    (Stage::Prepared, "prepared"),
    (Stage::Requested, "requested"),
    (Stage::Authorized, "authorized"),
    (Stage::Captured, "captured"),
    (Stage::Declined, "declined"),
    (Stage::Voided, "voided"),
    (Stage::Refunded, "refunded"),
];

/// A stage as the table and the API write it.
pub(crate) fn stage_name(stage: Stage) -> &'static str {
    STAGES.iter().find(|(known, _)| *known == stage).map_or("", |(_, name)| name)
}

pub(super) const fn wish_name(wish: Wish) -> &'static str {
    match wish {
        Wish::Hold => "hold",
        Wish::Take => "take",
        Wish::Release => "release",
    }
}

pub(super) fn wish_of(name: &str) -> Result<Wish, Error> {
    let all = [Wish::Hold, Wish::Take, Wish::Release];
    all.into_iter().find(|wish| wish_name(*wish) == name).ok_or(Error::Corrupt("wish"))
}

impl TryFrom<Row> for Record {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let currency = row.currency.parse().map_err(|_| Error::Corrupt("currency"))?;
        let stage = STAGES.iter().find(|(_, name)| *name == row.stage);
        Ok(Self {
            id: row.payment_id,
            payment: Payment {
                principal: row.principal,
                amount: Money::new(row.amount_minor, currency),
                order: row.order_id,
                stage: stage.ok_or(Error::Corrupt("stage"))?.0,
                wish: wish_of(&row.wish)?,
            },
            session: row.session,
            authorization: row.authorization_ref,
            reason: row.reason,
            version: row.version,
        })
    }
}

/// Reads a payment.
pub(crate) async fn find(conn: &mut PgConnection, id: PaymentId) -> Result<Option<Record>, Error> {
    let row: Option<Row> = sqlx::query_as("select * from payments where payment_id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    row.map(Record::try_from).transpose()
}

/// Reads a payment and keeps others from changing it until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, id: PaymentId) -> Result<Option<Record>, Error> {
    let row: Option<Row> =
        sqlx::query_as("select * from payments where payment_id = $1 for update")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    row.map(Record::try_from).transpose()
}

/// The payment of an order, once it has asked for one.
pub(crate) async fn of_order(
    conn: &mut PgConnection,
    order: OrderId,
) -> Result<Option<PaymentId>, Error> {
    let id = sqlx::query_scalar("select payment_id from payments where order_id = $1")
        .bind(order)
        .fetch_optional(conn)
        .await?;
    Ok(id)
}

/// Keeps a payment that a shopper prepares.
pub(crate) async fn prepare(
    conn: &mut PgConnection,
    id: PaymentId,
    principal: &str,
    amount: Money,
    session: &str,
) -> Result<(), Error> {
    sqlx::query(
        "insert into payments (payment_id, principal, amount_minor, currency, session)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(id)
    .bind(principal)
    .bind(amount.minor())
    .bind(amount.currency().code())
    .bind(session)
    .execute(conn)
    .await?;
    Ok(())
}

/// Saves a payment that was locked, the first time with what led to it; returns its new version.
pub(crate) async fn save(conn: &mut PgConnection, record: &Record) -> Result<i64, Error> {
    let cause = Cause::to_remember();
    let version = sqlx::query_scalar(
        "update payments
         set order_id = $2, stage = $3, wish = $4, authorization_ref = $5, reason = $6,
             correlation = coalesce(correlation, $7), traceparent = coalesce(traceparent, $8),
             version = version + 1, changed_at = now()
         where payment_id = $1
         returning version",
    )
    .bind(record.id)
    .bind(record.payment.order)
    .bind(stage_name(record.payment.stage))
    .bind(wish_name(record.payment.wish))
    .bind(&record.authorization)
    .bind(&record.reason)
    .bind(cause.correlation)
    .bind(cause.traceparent)
    .fetch_one(conn)
    .await?;
    Ok(version)
}

/// What led to a payment, for what is heard about it later from outside.
pub(crate) async fn cause(conn: &mut PgConnection, id: PaymentId) -> Result<Option<Cause>, Error> {
    let kept: Option<(Option<Uuid>, Option<String>)> =
        sqlx::query_as("select correlation, traceparent from payments where payment_id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    Ok(kept.and_then(|(correlation, traceparent)| {
        Some(Cause { correlation: correlation?, causation: None, traceparent })
    }))
}
