//! From a basket to an order: quote, payment, placing, and watching what becomes of it.

use std::time::Duration;

use kernel::Money;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Buyer, Error, Shop, fresh_key, json, until};

/// Where a parcel goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Address {
    /// Who gets it.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// As quoted.
    pub postal_code: String,
    /// The town.
    pub city: String,
    /// ISO 3166-1 alpha-2, as quoted.
    pub country: String,
}

impl Default for Address {
    fn default() -> Self {
        let [name, line1, postal_code, city, country] =
            ["Ada Lovelace", "Hafenstraße 1", "20457", "Hamburg", "DE"].map(str::to_owned);
        Self { name, line1, postal_code, city, country }
    }
}

/// A price that the shop has signed.
#[derive(Clone, Debug, Deserialize)]
pub struct Quote {
    /// For placing the order.
    pub quote: String,
    /// Of all lines, before any discount.
    pub goods: Money,
    /// Off the goods.
    pub discount: Money,
    /// For the parcel.
    pub shipping: Money,
    /// On top.
    pub tax: Money,
    /// `goods - discount + shipping + tax`.
    pub total: Money,
}

/// A payment that waits for a card.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PreparedPayment {
    /// `pay_…`.
    pub payment_id: String,
    /// The processor's card page.
    pub redirect_url: String,
}

/// An order that the shop has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Placed {
    /// `ord_…`.
    pub order_id: String,
    /// For people: `F7K2-9QXM`.
    pub number: String,
    /// `placed`.
    pub status: String,
    /// Opens the order without signing in.
    pub access_token: String,
}

/// An order as its buyer sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct Order {
    /// `ord_…`.
    pub order_id: String,
    /// For people.
    pub number: String,
    /// `placed`, `confirmed`, `recalling`, `shipped`, `delivered` or `cancelled`.
    pub status: String,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// Why it was cancelled.
    pub cancellation: Option<Cancellation>,
    /// The parcel.
    pub tracking: Option<Tracking>,
    /// Everything that happened, the oldest first.
    pub history: Vec<Step>,
}

/// One variant of an order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderLine {
    /// The variant.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
}

/// Why an order was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Cancellation {
    /// `out_of_stock`, `payment_declined` …
    pub reason: String,
    /// More of it, for people.
    pub details: String,
}

/// Where the parcel can be followed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tracking {
    /// The carrier's number.
    pub tracking_number: String,
}

/// One step of an order's history.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// Counts from 1.
    pub version: i64,
    /// What happened: `placed`, `stock_reserved` …
    pub event: String,
    /// The order's status since.
    pub status: String,
    /// RFC 3339.
    pub at: String,
    /// Nothing will follow.
    #[serde(rename = "final")]
    pub last: bool,
}

impl Order {
    /// True if the order has, or once had, that status.
    #[must_use]
    pub fn reached(&self, status: &str) -> bool {
        self.history.iter().any(|step| step.status == status)
    }

    /// True when nothing will follow.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.history.last().is_some_and(|step| step.last)
    }

    /// Why it was cancelled, if it was.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.cancellation.as_ref().map(|why| why.reason.as_str())
    }
}

impl Shop {
    /// The price of lines (SKU and pieces) at an address.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn quote(
        &self,
        buyer: &Buyer,
        lines: &[(&str, i64)],
        to: &Address,
        coupon: Option<&str>,
    ) -> Result<Quote, Error> {
        let lines: Vec<_> =
            lines.iter().map(|(sku, pieces)| json!({ "sku": sku, "quantity": pieces })).collect();
        let body = json!({
            "basket_id": buyer.basket_id(), "currency": "EUR", "country": to.country,
            "postal_code": to.postal_code, "coupon": coupon, "lines": lines,
        });
        json(buyer.on(self.post("/api/pricing/v1/quotes")).json(&body)).await
    }

    /// Opens a card page for an amount.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn prepare_payment(
        &self,
        buyer: &Buyer,
        amount: Money,
    ) -> Result<PreparedPayment, Error> {
        let mut body = json!({
            "amount": amount, "return_url": format!("{}/checkout/review", self.places.gateway),
        });
        if let (Some(basket), Some(fields)) = (buyer.basket_id(), body.as_object_mut()) {
            fields.insert("basket_id".to_owned(), basket.into());
        }
        let request = self.post("/api/payments/v1/payments").header("idempotency-key", fresh_key());
        json(buyer.on(request).json(&body)).await
    }

    /// Places an order under a key; the same key gets the same answer.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn place(
        &self,
        buyer: &Buyer,
        (quote, payment): (&Quote, &PreparedPayment),
        (email, to): (&str, &Address),
        key: &str,
    ) -> Result<Placed, Error> {
        let body = json!({
            "quote": quote.quote, "payment_id": payment.payment_id, "email": email, "address": to,
        });
        let request = self.post("/api/orders/v1/orders").header("idempotency-key", key);
        json(buyer.on(request).json(&body)).await
    }

    /// The whole checkout with a card: quote, payment, card page, placing.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn buy(
        &self,
        buyer: &Buyer,
        lines: &[(&str, i64)],
        email: &str,
        card: &str,
    ) -> Result<Placed, Error> {
        let to = Address::default();
        let quote = self.quote(buyer, lines, &to, None).await?;
        let payment = self.prepare_payment(buyer, quote.total).await?;
        self.enter_card(&payment.redirect_url, card).await?;
        self.place(buyer, (&quote, &payment), (email, &to), &fresh_key()).await
    }

    /// An order, by its link.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn order(&self, placed: &Placed) -> Result<Order, Error> {
        let path = format!("/api/orders/v1/orders/{}", placed.order_id);
        json(self.get(&path).header("order-token", &placed.access_token)).await
    }

    /// Asks to cancel an order, by its link; returns its status.
    ///
    /// # Errors
    /// As the shop says: 409 once the carrier has the parcel.
    pub async fn cancel(&self, placed: &Placed) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Now {
            status: String,
        }
        let path = format!("/api/orders/v1/orders/{}/cancel", placed.order_id);
        let request = self.post(&path).header("order-token", &placed.access_token);
        Ok(json::<Now>(request.json(&json!({ "reason": "changed my mind" }))).await?.status)
    }

    /// Waits until an order has reached a status.
    ///
    /// # Errors
    /// [`Error::Never`] when the order has ended otherwise, [`Error::Late`] when the time is up.
    pub async fn wait_until(
        &self,
        placed: &Placed,
        status: &str,
        patience: Duration,
    ) -> Result<Order, Error> {
        let what = format!("order {} {status}", placed.number);
        until(&what, patience, || async {
            let order = self.order(placed).await?;
            if order.reached(status) {
                return Ok(Some(order));
            }
            match order.ended() {
                true => Err(Error::Never(format!("{what}: it is {order:?}"))),
                false => Ok(None),
            }
        })
        .await
    }

    /// Waits until nothing more will happen to an order.
    ///
    /// # Errors
    /// [`Error::Late`] when the time is up.
    pub async fn wait_until_ended(
        &self,
        placed: &Placed,
        patience: Duration,
    ) -> Result<Order, Error> {
        let what = format!("the end of order {}", placed.number);
        until(&what, patience, || async {
            Ok(Some(self.order(placed).await?).filter(Order::ended))
        })
        .await
    }
}
