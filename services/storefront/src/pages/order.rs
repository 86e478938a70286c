//! The page of an order, which follows it while it is open.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::clients::orders::{Order, Totals};
use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::{Jar, Visitor};

/// The states on the way, and what they are called.
const STEPS: [(&str, &str); 4] = [
    ("placed", "Placed"),
    ("confirmed", "Confirmed"),
    ("shipped", "On its way"),
    ("delivered", "Delivered"),
];

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    frame: Frame,
    order: Order,
    steps: Vec<Stop>,
    headline: String,
    /// Nothing will follow.
    over: bool,
    /// The link's token; empty for the account's own.
    token: String,
    /// A cancellation was refused a moment ago.
    too_late: bool,
}

/// A station of the order's way.
struct Stop {
    name: &'static str,
    reached: bool,
    current: bool,
    at: String,
}

impl OrderPage {
    fn money(&self, money: &kernel::Money) -> String {
        show::money(*money)
    }

    fn country<'a>(&self, code: &'a str) -> &'a str {
        show::country(code)
    }

    fn totals(&self) -> &Totals {
        &self.order.totals
    }

    /// `?t=…` for links of this page; empty for the account's own.
    fn link_token(&self) -> String {
        if self.token.is_empty() { String::new() } else { format!("?t={}", self.token) }
    }

    /// Where the browser listens for changes.
    fn events(&self) -> String {
        let id = &self.order.order_id;
        let token = if self.token.is_empty() {
            String::new()
        } else {
            format!("?access_token={}", self.token)
        };
        format!("/api/orders/v1/orders/{id}/events{token}")
    }

    fn declined(&self) -> bool {
        self.order.cancellation.as_ref().is_some_and(|why| why.reason != "by_customer")
    }
}

fn stops(order: &Order) -> Vec<Stop> {
    let status = if order.status == "recalling" { "confirmed" } else { order.status.as_str() };
    let here = STEPS.iter().position(|(name, _)| *name == status);
    let at = |status: &str| {
        let step = order.history.iter().find(|step| step.status == status);
        step.map(|step| show::short_minute(step.at)).unwrap_or_default()
    };
    let stop = |(index, (status, name)): (usize, &(&'static str, &'static str))| Stop {
        name,
        reached: here.map_or(!at(status).is_empty(), |here| index <= here),
        current: here == Some(index),
        at: at(status),
    };
    STEPS.iter().enumerate().map(stop).collect()
}

fn headline(status: &str) -> &'static str {
    match status {
        "placed" => "Thank you! We are checking stock and payment.",
        "confirmed" => "Your order is confirmed and being packed.",
        "recalling" => "We are trying to hold your parcel back.",
        "shipped" => "Your order is on its way.",
        "delivered" => "Your order has arrived.",
        "cancelled" => "This order was cancelled.",
        _ => "Your order",
    }
}

/// The token of a link in a mail, and what just happened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    t: String,
    late: String,
}

/// An order, for its account or whoever has its link.
pub(super) async fn show_order(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(link): Query<Link>,
) -> Result<Response, Error> {
    let order = match shop.orders.order(&visitor, &id, &link.t).await {
        // It may be the visitor's own: after signing in they are led back here.
        Err(Error::NotFound) if visitor.caller.is_none() && link.t.is_empty() => {
            return Err(Error::SignIn(visitor.here.clone()));
        }
        order => order?,
    };
    let mut frame = shop.frame(&format!("Order {} · Flotilla", order.number), &visitor).await;
    let mut jar = Jar::default();
    // A confirmed order has emptied the basket. That the basket cannot be read is no reason to hide the order.
    if let Ok(basket) = shop.orders.basket(&visitor).await {
        frame.pieces = u32::try_from(basket.pieces()).unwrap_or(0);
        jar = jar.pieces(basket.pieces());
    }
    let over = order.history.last().is_some_and(|step| step.last)
        || matches!(order.status.as_str(), "delivered" | "cancelled");
    let page = page(&OrderPage {
        frame,
        steps: stops(&order),
        headline: headline(&order.status).to_owned(),
        over,
        token: link
            .t
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
            .collect(),
        too_late: link.late == "1",
        order,
    })?;
    Ok(jar.on(page))
}

/// Asks to cancel an order.
pub(super) async fn cancel_order(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(link): Form<Link>,
) -> Result<Response, Error> {
    let late = match shop.orders.cancel(&visitor, &id, &link.t).await {
        Ok(()) => "",
        Err(error) if error.code().starts_with("order_") => "late=1&",
        Err(error) => return Err(error),
    };
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let token: String = url::form_urlencoded::byte_serialize(link.t.as_bytes()).collect();
    let token = if token.is_empty() { token } else { format!("t={token}") };
    Ok(Redirect::to(&format!("/orders/{id}?{late}{token}")).into_response())
}
