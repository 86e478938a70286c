//! Placing an order: a signed quote, a payment and an address become an order, calling nobody.

use axum::extract::State;
use contracts::quote::Quote;
use http::StatusCode;
use kernel::{OrderId, PaymentId};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::idempotency::{self, Scope, Stored};
use web::{Check, IdempotencyKey, Json, Problem, RequestError};

use super::asker::Shopper;
use crate::app::{Orders, TRIES, worth_another_try};
use crate::domain::purchase::Buyer;
use crate::store::contacts::Contact;
use crate::{Error, quotes};

/// What it takes to place an order.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceOrder {
    /// From `POST /api/pricing/v1/quotes`, not older than 15 minutes.
    quote: String,
    /// From `POST /api/payments/v1/payments`; absent when the quote's total is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment_id: Option<String>,
    /// Where mails about the order go.
    email: String,
    /// Where the parcel goes; country and postal code as quoted.
    address: Address,
}

/// Where a parcel goes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    /// 1 to 100 characters.
    name: String,
    /// Street and number, 1 to 200 characters.
    line1: String,
    /// Anything else, up to 200 characters.
    #[serde(default)]
    line2: String,
    /// 1 to 20 characters.
    postal_code: String,
    /// 1 to 100 characters.
    city: String,
    /// ISO 3166-1 alpha-2.
    country: String,
}

/// An order that was placed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlacedOrder {
    order_id: OrderId,
    /// For people: `F7K2-9QXM`.
    number: String,
    /// `placed`: accepted, not yet confirmed.
    status: &'static str,
    /// Opens the order without signing in.
    access_token: String,
    version: i64,
}

impl PlaceOrder {
    fn check(&self) -> Result<(Option<PaymentId>, Contact), RequestError> {
        let mut check = Check::new();
        check.that(!self.quote.is_empty(), "quote", "expected a signed quote");
        let payment = self.payment_id.as_deref().and_then(|id| check.parse("payment_id", id));
        let email = check.email("email", &self.email);
        let to = &self.address;
        let name = check.text("address.name", &to.name, 1..=100);
        let line1 = check.text("address.line1", &to.line1, 1..=200);
        let line2 = check.text("address.line2", &to.line2, 0..=200);
        let postal_code = check.text("address.postal_code", &to.postal_code, 1..=20);
        let city = check.text("address.city", &to.city, 1..=100);
        let country = check.country("address.country", &to.country);
        let values = (|| {
            let (email, name, line1, line2) = (email?, name?, line1?, line2?);
            let (postal_code, city, country) = (postal_code?, city?, country?);
            let contact = Contact { email, name, line1, line2, postal_code, city, country };
            Some((payment, contact))
        })();
        check.take(values)
    }
}

/// Shipping and tax were priced for the quoted destination, so the parcel goes nowhere else.
fn check_destination(quote: &Quote, contact: &Contact) -> Result<(), RequestError> {
    let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
    let mut check = Check::new();
    let differs = |quoted: &str| format!("the quote is for {quoted}; ask for a new one");
    let country = same(&quote.country, &contact.country);
    check.that(country, "address.country", differs(&quote.country));
    let postal_code = same(&quote.postal_code, &contact.postal_code);
    check.that(postal_code, "address.postal_code", differs(&quote.postal_code));
    check.finish()
}

/// Where there is something to pay there is a payment, and only there.
fn check_payment(quote: &Quote, payment: Option<PaymentId>) -> Result<(), RequestError> {
    let free = quote.total_minor == 0;
    let mut check = Check::new();
    check.that(free || payment.is_some(), "payment_id", "expected a payment of the quoted total");
    check.that(!free || payment.is_none(), "payment_id", "expected none: there is nothing to pay");
    check.finish()
}

/// Place an order.
///
/// The answer says that the order is accepted; whether it is confirmed shows within seconds. The same
/// request with the same `Idempotency-Key` gets the same answer and makes no second order.
#[utoipa::path(post, path = "/api/orders/v1/orders", tag = "orders", request_body = PlaceOrder,
    params(("idempotency-key" = String, Header),
           ("basket-token" = Option<String>, Header, description = "of a guest")),
    responses((status = 201, body = PlacedOrder)))]
pub(super) async fn place_order(
    State(orders): State<Orders>,
    shopper: Shopper,
    key: IdempotencyKey,
    Json(body): Json<PlaceOrder>,
) -> Result<Stored, Problem> {
    let (payment, contact) = body.check()?;
    let wish = Wish { shopper, key, body, payment, contact };
    let mut tries = 0;
    loop {
        tries += 1;
        match place(&orders, &wish).await {
            Err(error) if worth_another_try(&error) && tries < TRIES => {}
            outcome => return Ok(outcome?),
        }
    }
}

struct Wish {
    shopper: Shopper,
    key: IdempotencyKey,
    body: PlaceOrder,
    payment: Option<PaymentId>,
    contact: Contact,
}

/// One transaction: the key, the order, its events, its timer and the answer, or nothing of it.
async fn place(orders: &Orders, wish: &Wish) -> Result<Stored, Error> {
    let buyer = wish.shopper.buyer();
    let scope = Scope::new(buyer, "place_order", &wish.key, &wish.body);
    // Judged only if there is no answer yet: a repeated request may come after the quote's time.
    let quote = orders.quotes().read(orders.db(), &wish.body.quote, buyer).await;
    let mut tx = Tx::begin(orders.db()).await?;
    if let Buyer::Guest(_) = buyer {
        wish.shopper.basket(&mut tx).await?;
    }
    if let Some(answer) = idempotency::begin(&mut tx, &scope).await? {
        return Ok(answer);
    }
    let quote = quote?;
    check_destination(&quote, &wish.contact)?;
    check_payment(&quote, wish.payment)?;
    let id = OrderId::new();
    let purchase = quotes::purchase(quote, buyer, wish.payment, id)?;
    let (current, access_token) = orders.place_in(&mut tx, id, purchase, &wish.contact).await?;
    let answer = PlacedOrder {
        order_id: id,
        number: current.order.purchase().number.clone(),
        status: current.order.status(),
        access_token,
        version: current.version,
    };
    let stored = idempotency::finish(&mut tx, &scope, StatusCode::CREATED, &answer).await?;
    tx.commit().await?;
    tracing::Span::current().record("order.id", tracing::field::display(id));
    Ok(stored)
}
