//! Orders: the list, one order with its history, cancelling it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use kernel::Money;
use serde::Deserialize;
use serde_json::json;

use super::{Done, StaffPage, done, encode, filtered, page};
use crate::api::{Api, Listing};
use crate::error::Error;

#[derive(Debug, Deserialize)]
struct Entry {
    order_id: String,
    number: String,
    status: String,
    total: Money,
    placed_at: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "orders.html")]
struct OrdersPage {
    title: &'static str,
    section: &'static str,
    done: String,
    filter: Filter,
    statuses: &'static [&'static str],
    orders: Vec<Entry>,
    next: Option<String>,
}

const STATUSES: &[&str] =
    &["placed", "confirmed", "recalling", "shipped", "delivered", "cancelled"];

pub(super) async fn list(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Response, Error> {
    let wanted = [("q", &*filter.q), ("status", &*filter.status), ("after", &*filter.after)];
    let path = filtered("/api/orders/v1/orders?all=true&limit=50", &wanted);
    let found: Listing<Entry> = api.get(&path, &caller).await?;
    page(&OrdersPage {
        title: "Orders",
        section: "orders",
        done: String::new(),
        filter,
        statuses: STATUSES,
        orders: found.items,
        next: found.next.map(|next| encode(&next)),
    })
}

#[derive(Debug, Deserialize)]
struct Line {
    sku: String,
    title: String,
    #[serde(default)]
    variant_title: String,
    quantity: i64,
    total: Money,
}

#[derive(Debug, Deserialize)]
struct Totals {
    goods: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
    total: Money,
}

#[derive(Debug, Deserialize)]
struct Order {
    order_id: String,
    number: String,
    status: String,
    lines: Vec<Line>,
    totals: Totals,
}

/// One entry of an order's event stream.
#[derive(Debug, Deserialize)]
struct Chapter {
    version: i64,
    #[serde(rename = "type")]
    kind: String,
    recorded_at: String,
    correlation: String,
    #[serde(default)]
    causation: Option<String>,
}

#[derive(Debug, Deserialize)]
struct MailEntry {
    template: String,
    recipient: String,
    sent_at: Option<String>,
    failure: Option<String>,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    title: String,
    section: &'static str,
    done: String,
    order: Order,
    story: Vec<Chapter>,
    mails: Vec<MailEntry>,
    cancellable: bool,
}

pub(super) async fn show(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(note): Query<Done>,
) -> Result<Response, Error> {
    let path = format!("/api/orders/v1/orders/{}", encode(&id));
    let order: Order = api.get(&path, &caller).await?;
    let story: Vec<Chapter> = api.get(&format!("{path}/story"), &caller).await?;
    let mails = format!("/api/notifications/v1/emails?about={}", encode(&id));
    // The order is shown also when notifications is down.
    let mails = api.get::<Listing<MailEntry>>(&mails, &caller).await;
    let mails = mails.map(|found| found.items).unwrap_or_default();
    let cancellable = matches!(order.status.as_str(), "placed" | "confirmed");
    page(&OrderPage {
        title: format!("Order {}", order.number),
        section: "orders",
        done: note.done,
        order,
        story,
        mails,
        cancellable,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Cancel {
    #[serde(default)]
    reason: String,
}

pub(super) async fn cancel(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Form(form): Form<Cancel>,
) -> Result<Response, Error> {
    let path = format!("/api/orders/v1/orders/{}/cancel", encode(&id));
    api.post(&path, &caller, None, None, &json!({ "reason": form.reason })).await?;
    Ok(done(&format!("/admin/orders/{}", encode(&id)), "the order is cancelled or being recalled"))
}
