//! Payments.

use kernel::Money;
use serde::Deserialize;
use serde_json::json;
use web::client::Client;

use super::{on_behalf, read};
use crate::error::Error;
use crate::visitor::Visitor;

/// Asks payments.
#[derive(Clone, Debug)]
pub(crate) struct Payments(pub(crate) Client);

/// A payment that waits for a card.
#[derive(Debug, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) payment_id: String,
    /// The provider's card page.
    pub(crate) redirect_url: String,
}

/// A payment to prepare.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) amount: Money,
    /// Where the provider's page leads back to.
    pub(crate) return_url: &'a str,
    /// The guest's basket.
    pub(crate) basket_id: &'a str,
    /// The same key gets the same page.
    pub(crate) key: &'a str,
}

impl Payments {
    /// Prepares a payment. Nothing is charged until an order asks for it.
    pub(crate) async fn prepare(
        &self,
        visitor: &Visitor,
        wanted: Wanted<'_>,
    ) -> Result<Prepared, Error> {
        let mut body = json!({ "amount": wanted.amount, "return_url": wanted.return_url });
        if visitor.caller.is_none() {
            body["basket_id"] = json!(wanted.basket_id);
        }
        let call = on_behalf(self.0.post("/api/payments/v1/payments"), visitor);
        read(call.idempotency_key(wanted.key).json(&body).send().await?)
    }
}
