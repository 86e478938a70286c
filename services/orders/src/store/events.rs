//! The event store: an order is its events, in order; the first writer of a version wins.

use kernel::OrderId;
use messaging::Cause;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Error;
use crate::domain::order::Event;

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub(crate) struct Stored {
    /// 1 for the first event of the order.
    pub(crate) version: i64,
    #[sqlx(rename = "type")]
    pub(crate) kind: String,
    pub(crate) data: Value,
    pub(crate) recorded_at: OffsetDateTime,
    pub(crate) correlation: Uuid,
    pub(crate) causation: Option<Uuid>,
}

/// Reads a stored event as today's. This is where old shapes are lifted to new ones: a shape that
/// changes takes a new type name (`shipped_2`), and the old name gets an arm here that makes the new
/// event of it. Rows are never rewritten.
pub(crate) fn upcast(kind: &str, data: Value) -> Result<Event, Error> {
    let event = serde_json::json!({ "type": kind, "data": data });
    serde_json::from_value(event).map_err(|error| Error::Corrupt(format!("event {kind}: {error}")))
}

/// Splits an event into the columns `type` and `data`.
fn columns(event: &Event) -> Result<(String, Value), Error> {
    let mut value = serde_json::to_value(event)?;
    let kind = value["type"].as_str().map(str::to_owned);
    let kind = kind.ok_or_else(|| Error::Corrupt("an event has no type".to_owned()))?;
    Ok((kind, value["data"].take()))
}

/// Events in the shape of columns, ready for `unnest`.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) versions: Vec<i64>,
    pub(crate) kinds: Vec<String>,
    pub(crate) data: Vec<Value>,
    pub(crate) correlation: Uuid,
    pub(crate) causation: Option<Uuid>,
}

impl Columns {
    /// The events that follow after `version`, with the cause of the current task.
    pub(crate) fn after(version: i64, events: &[Event]) -> Result<Self, Error> {
        let cause = Cause::current();
        let mut all =
            Self { correlation: cause.correlation, causation: cause.causation, ..Self::default() };
        for (version, event) in (version + 1..).zip(events) {
            let (kind, data) = columns(event)?;
            all.versions.push(version);
            all.kinds.push(kind);
            all.data.push(data);
        }
        Ok(all)
    }
}

/// The events of an order, its row locked until the transaction ends.
pub(crate) async fn load_locked(
    conn: &mut PgConnection,
    order: OrderId,
) -> Result<Vec<Event>, Error> {
    let rows: Vec<(String, Value)> =
        sqlx::query_as("select type, data from locked_order_events($1)")
            .bind(order)
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(|(kind, data)| upcast(&kind, data)).collect()
}

/// The events of an order, as stored.
pub(crate) async fn history(
    conn: &mut PgConnection,
    order: OrderId,
) -> Result<Vec<Stored>, sqlx::Error> {
    sqlx::query_as(
        "select version, type, data, recorded_at, correlation, causation
         from order_events where order_id = $1 order by version",
    )
    .bind(order)
    .fetch_all(conn)
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Events as the first release wrote them. This list only grows: orders live for ever.
    fn recorded() -> Vec<(&'static str, Value)> {
        let eur = |minor: i64| json!({ "minor": minor, "currency": "EUR" });
        let purchase = json!({
            "number": "F7K2-9QXM",
            "buyer": { "guest": "bsk_0192f0c1000070008000000000000001" },
            "quote": "quo_0192f0c1000070008000000000000002",
            "payment": "pay_0192f0c1000070008000000000000003",
            "lines": [{
                "sku": "shirt/blue", "product_id": "", "title": "Shirt", "variant_title": "Blue",
                "seller_id": "acc_0192f0c1000070008000000000000004", "quantity": 2,
                "unit_price": eur(1000), "total": eur(2000),
            }],
            "totals": { "goods": eur(2000), "discount": eur(0), "shipping": eur(490),
                        "tax": eur(0), "total": eur(2490) },
            "country": "DE", "shipping_method": "standard",
        });
        vec![
            ("placed", json!({ "purchase": purchase, "deadline": 900 })),
            ("stock_reserved", Value::Null),
            ("coupon_reserved", Value::Null),
            ("payment_requested", Value::Null),
            ("payment_authorized", Value::Null),
            ("confirmed", Value::Null),
            ("recalled", json!({ "by": "customer" })),
            ("recall_refused", Value::Null),
            ("shipped", json!({ "parcel": { "carrier": "Heron", "tracking_number": "H1" } })),
            ("delivered", Value::Null),
            ("cancelled", json!({ "why": { "reason": "out_of_stock", "details": "none left" } })),
            ("stock_released", Value::Null),
            ("coupon_released", Value::Null),
            ("payment_voided", Value::Null),
        ]
    }

    #[test]
    fn every_event_that_was_ever_written_is_read_and_written_alike() {
        for (kind, data) in recorded() {
            let event = upcast(kind, data.clone()).unwrap();

            assert_eq!(columns(&event).unwrap(), (kind.to_owned(), data));
        }
    }

    #[test]
    fn an_event_that_nobody_can_have_written_is_an_error() {
        assert!(matches!(upcast("framed", Value::Null), Err(Error::Corrupt(_))));
        assert!(matches!(upcast("placed", json!({})), Err(Error::Corrupt(_))));
    }
}
