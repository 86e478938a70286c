//! Baskets and orders.

use kernel::Money;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use web::client::Client;

use super::{accepted, on_behalf, read};
use crate::draft::Draft;
use crate::error::Error;
use crate::visitor::Visitor;

/// Asks orders.
#[derive(Clone, Debug)]
pub(crate) struct Orders(pub(crate) Client);

/// A basket.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Basket {
    #[serde(default)]
    pub(crate) basket_id: String,
    #[serde(default)]
    pub(crate) lines: Vec<BasketLine>,
}

impl Basket {
    /// Pieces of all lines.
    pub(crate) fn pieces(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// So many of one variant.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct BasketLine {
    pub(crate) sku: String,
    pub(crate) quantity: i64,
}

/// A guest's new basket.
#[derive(Debug, Deserialize)]
pub(crate) struct NewBasket {
    pub(crate) token: String,
}

/// Where a parcel goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) name: String,
    pub(crate) line1: String,
    #[serde(default)]
    pub(crate) line2: String,
    pub(crate) postal_code: String,
    pub(crate) city: String,
    pub(crate) country: String,
}

/// An order that was placed.
#[derive(Debug, Deserialize)]
pub(crate) struct Placed {
    pub(crate) order_id: String,
    pub(crate) access_token: String,
}

/// An order.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    pub(crate) order_id: String,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) totals: Totals,
    #[serde(default)]
    pub(crate) coupon: Option<String>,
    #[serde(default)]
    pub(crate) contact: Option<Contact>,
    #[serde(default)]
    pub(crate) cancellation: Option<Cancellation>,
    #[serde(default)]
    pub(crate) tracking: Option<Parcel>,
    #[serde(default)]
    pub(crate) can_cancel: bool,
    #[serde(default)]
    pub(crate) history: Vec<Step>,
}

/// So many of one variant, at the price that was promised.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) variant_title: String,
    pub(crate) quantity: i64,
    pub(crate) total: Money,
}

/// What an order costs.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Totals {
    pub(crate) goods: Money,
    pub(crate) discount: Money,
    pub(crate) shipping: Money,
    pub(crate) tax: Money,
    pub(crate) total: Money,
}

/// Where mails and the parcel go.
#[derive(Debug, Deserialize)]
pub(crate) struct Contact {
    pub(crate) email: String,
    #[serde(flatten)]
    pub(crate) address: Address,
}

/// Why an order was cancelled.
#[derive(Debug, Deserialize)]
pub(crate) struct Cancellation {
    pub(crate) reason: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) details: String,
}

/// A parcel.
#[derive(Debug, Deserialize)]
pub(crate) struct Parcel {
    #[serde(default)]
    pub(crate) carrier: String,
    #[serde(default, alias = "number")]
    pub(crate) tracking_number: String,
}

/// A step of an order's history.
#[derive(Debug, Deserialize)]
pub(crate) struct Step {
    pub(crate) status: String,
    pub(crate) text: String,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) at: OffsetDateTime,
    #[serde(default, rename = "final")]
    pub(crate) last: bool,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next: Option<String>,
}

/// An order in a list, or what a seller has sold of one.
#[derive(Debug, Deserialize)]
pub(crate) struct Summary {
    pub(crate) order_id: String,
    pub(crate) number: String,
    pub(crate) status: String,
    pub(crate) lines: Vec<Line>,
    #[serde(default)]
    pub(crate) total: Option<Money>,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) placed_at: OffsetDateTime,
}

impl Orders {
    /// Makes a basket for a guest.
    pub(crate) async fn new_basket(&self) -> Result<NewBasket, Error> {
        read(self.0.post("/api/orders/v1/baskets").send().await?)
    }

    /// The visitor's basket; an empty one for those who have none.
    pub(crate) async fn basket(&self, visitor: &Visitor) -> Result<Basket, Error> {
        if visitor.caller.is_none() && visitor.basket.is_none() {
            return Ok(Basket::default());
        }
        let answer = on_behalf(self.0.get("/api/orders/v1/basket"), visitor).send().await?;
        match read(answer) {
            // The cookie of a basket that is gone is no basket.
            Err(error) if error.code() == "no_such_basket" => Ok(Basket::default()),
            basket => basket,
        }
    }

    /// Sets how many of a variant are in the basket; 0 takes it out.
    pub(crate) async fn set_line(
        &self,
        visitor: &Visitor,
        line: &BasketLine,
    ) -> Result<Basket, Error> {
        let call = on_behalf(self.0.post("/api/orders/v1/basket/set_line"), visitor);
        read(call.json(line).send().await?)
    }

    /// Puts a guest's basket into that of the account with this access token.
    pub(crate) async fn merge(&self, access: &str, basket: &str) -> Result<Basket, Error> {
        let call = self.0.post("/api/orders/v1/basket/merge").bearer(access);
        read(call.json(&json!({ "token": basket })).send().await?)
    }

    /// Places an order; one that costs nothing has no payment.
    pub(crate) async fn place(&self, visitor: &Visitor, draft: &Draft) -> Result<Placed, Error> {
        let mut body = json!({
            "quote": draft.quote,
            "email": draft.email,
            "address": draft.address,
        });
        if !draft.payment.is_empty() {
            body["payment_id"] = json!(draft.payment);
        }
        let call = on_behalf(self.0.post("/api/orders/v1/orders"), visitor);
        read(call.idempotency_key(&draft.key).json(&body).send().await?)
    }

    /// An order, for its account or whoever has its link's token.
    pub(crate) async fn order(
        &self,
        visitor: &Visitor,
        id: &str,
        token: &str,
    ) -> Result<Order, Error> {
        let path = format!("/api/orders/v1/orders/{}", escape(id));
        let call = on_behalf(self.0.get(&path), visitor);
        let call = if token.is_empty() { call } else { call.header("order-token", token) };
        found(read(call.send().await?))
    }

    /// Asks to cancel an order.
    pub(crate) async fn cancel(
        &self,
        visitor: &Visitor,
        id: &str,
        token: &str,
    ) -> Result<(), Error> {
        let path = format!("/api/orders/v1/orders/{}/cancel", escape(id));
        let call = on_behalf(self.0.post(&path), visitor).json(&json!({}));
        let call = if token.is_empty() { call } else { call.header("order-token", token) };
        found(accepted(call.send().await?).map(drop))
    }

    /// The account's orders, newest first.
    pub(crate) async fn list(
        &self,
        visitor: &Visitor,
        after: &str,
    ) -> Result<Page<Summary>, Error> {
        let path = format!("/api/orders/v1/orders{}", page(after));
        read(on_behalf(self.0.get(&path), visitor).send().await?)
    }

    /// What the account has sold, newest first.
    pub(crate) async fn sales(
        &self,
        visitor: &Visitor,
        after: &str,
    ) -> Result<Page<Summary>, Error> {
        let path = format!("/api/orders/v1/sales{}", page(after));
        read(on_behalf(self.0.get(&path), visitor).send().await?)
    }
}

fn page(after: &str) -> String {
    if after.is_empty() { String::new() } else { format!("?after={}", escape(after)) }
}

/// A value inside a path or query.
fn escape(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What is not there, or not for this visitor, is a page that does not exist.
fn found<T>(answer: Result<T, Error>) -> Result<T, Error> {
    match answer {
        Err(Error::Refused(body)) if body.status == 404 => Err(Error::NotFound),
        answer => answer,
    }
}
