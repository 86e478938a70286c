//! Orders as answers show them.

use kernel::{Money, OrderId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Error;
use crate::domain::order::{Event, Order, Parcel, Why, evolve};
use crate::domain::purchase::{Line, Totals};
use crate::store::contacts::Contact;
use crate::store::events::{Stored, upcast};
use crate::store::orders::Row;

/// An order in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderSummary {
    pub(super) order_id: OrderId,
    /// For people.
    number: String,
    /// `placed`, `confirmed`, `recalling`, `shipped`, `delivered` or `cancelled`.
    status: String,
    version: i64,
    lines: Vec<Line>,
    total: Money,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The address that it was placed with; for staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    placed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    shipped_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    delivered_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<OffsetDateTime>,
}

impl OrderSummary {
    pub(super) fn new(row: Row, email: Option<String>) -> Self {
        Self {
            order_id: row.id,
            number: row.number,
            status: row.status,
            version: row.version,
            lines: row.lines.0,
            total: row.totals.total,
            reason: row.reason,
            email,
            placed_at: row.placed_at,
            confirmed_at: row.confirmed_at,
            shipped_at: row.shipped_at,
            delivered_at: row.delivered_at,
            cancelled_at: row.cancelled_at,
        }
    }
}

/// One step of an order's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Step {
    pub(super) version: i64,
    /// The event: `placed`, `stock_reserved`, `shipped` …
    event: String,
    /// The order's status since.
    pub(super) status: &'static str,
    /// What happened, for people.
    text: String,
    /// Who told: `customer`, `staff`, or a service.
    cause: &'static str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// True when nothing will follow.
    #[serde(rename = "final")]
    pub(super) last: bool,
}

/// Replays stored events: the order, and each step that led to it.
pub(super) fn replay(history: &[Stored]) -> Result<(Order, Vec<Step>), Error> {
    let mut order = None;
    let mut steps = Vec::with_capacity(history.len());
    for stored in history {
        let event: Event = upcast(&stored.kind, stored.data.clone())?;
        order = evolve(order, &event);
        let state = order.as_ref().ok_or_else(|| Error::Corrupt("no state".to_owned()))?;
        steps.push(Step {
            version: stored.version,
            event: stored.kind.clone(),
            status: state.status(),
            text: event.words(),
            cause: event.told_by(),
            at: stored.recorded_at,
            last: state.ended(),
        });
    }
    Ok((order.ok_or_else(|| Error::Corrupt("an order without events".to_owned()))?, steps))
}

/// Why an order was cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CancellationView {
    reason: Why,
    /// The reason, for people.
    text: &'static str,
    /// More of it: "shirt/blue: 3 wanted, 1 left". May be empty.
    details: String,
}

/// Where mails and the parcel go.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContactView {
    email: String,
    name: String,
    line1: String,
    line2: String,
    postal_code: String,
    city: String,
    country: String,
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let Contact { email, name, line1, line2, postal_code, city, country } = contact;
        Self { email, name, line1, line2, postal_code, city, country }
    }
}

/// An order with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderView {
    order_id: OrderId,
    number: String,
    status: &'static str,
    version: i64,
    lines: Vec<Line>,
    totals: Totals,
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<String>,
    shipping_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<CancellationView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking: Option<Parcel>,
    /// True while asking to cancel makes sense.
    can_cancel: bool,
    history: Vec<Step>,
}

impl OrderView {
    pub(super) fn new(
        order_id: OrderId,
        history: &[Stored],
        contact: Option<Contact>,
    ) -> Result<Self, Error> {
        let (order, history) = replay(history)?;
        let purchase = order.purchase().clone();
        let cancellation = order.cancellation().map(|why| CancellationView {
            reason: why.reason,
            text: why.reason.words(),
            details: why.details.clone(),
        });
        Ok(Self {
            order_id,
            number: purchase.number,
            status: order.status(),
            version: history.last().map_or(0, |step| step.version),
            lines: purchase.lines,
            totals: purchase.totals,
            coupon: purchase.coupon,
            shipping_method: purchase.shipping_method,
            contact: contact.map(ContactView::from),
            cancellation,
            tracking: order.parcel().cloned(),
            can_cancel: matches!(order, Order::Placed { .. } | Order::Confirmed { .. }),
            history,
        })
    }
}

/// An entry of the event store, for staff.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Entry {
    version: i64,
    #[serde(rename = "type")]
    kind: String,
    #[schema(value_type = Object)]
    data: serde_json::Value,
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
    /// The same for everything that one request set off, in every service.
    correlation: Uuid,
    /// The event or job that led to this one; absent for a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<Uuid>,
}

impl From<Stored> for Entry {
    fn from(stored: Stored) -> Self {
        let Stored { version, kind, data, recorded_at, correlation, causation } = stored;
        Self { version, kind, data, recorded_at, correlation, causation }
    }
}
