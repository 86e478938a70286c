//! Quotes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::quote::Quote;
use kernel::{Currency, Money};
use serde::Deserialize;
use serde_json::json;
use web::client::Client;

use super::{on_behalf, read};
use crate::clients::orders::Basket;
use crate::draft::Draft;
use crate::error::Error;
use crate::visitor::Visitor;

/// Asks pricing.
#[derive(Clone, Debug)]
pub(crate) struct Pricing(pub(crate) Client);

/// A signed quote, with the reason for each number.
#[derive(Debug, Deserialize)]
pub(crate) struct Priced {
    /// The token to place the order with.
    pub(crate) quote: String,
    /// Why each number is what it is.
    #[serde(default)]
    pub(crate) reasons: Vec<Reason>,
    /// Tax that the prices contain.
    #[serde(default)]
    pub(crate) tax_included: Option<Money>,
    /// The ways of sending, the cheapest first.
    #[serde(default)]
    pub(crate) shipping_options: Vec<Way>,
}

/// Why a number is what it is.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reason {
    pub(crate) text: String,
}

/// A way of sending the parcel.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Way {
    pub(crate) method: String,
    pub(crate) name: String,
    pub(crate) price: Money,
}

impl Pricing {
    /// Prices a basket for a destination, a way of sending and a coupon.
    pub(crate) async fn quote(
        &self,
        visitor: &Visitor,
        basket: &Basket,
        draft: &Draft,
    ) -> Result<Priced, Error> {
        let mut body = json!({
            "lines": basket.lines,
            "currency": Currency::EUR,
            "country": draft.address.country,
            "postal_code": draft.address.postal_code,
        });
        if !draft.method.is_empty() {
            body["shipping_method"] = json!(draft.method);
        }
        if !draft.coupon.is_empty() {
            body["coupon"] = json!(draft.coupon);
        }
        if visitor.caller.is_none() {
            body["basket_id"] = json!(basket.basket_id);
        }
        let call = on_behalf(self.0.post("/api/pricing/v1/quotes"), visitor).json(&body);
        read(call.send().await?)
    }
}

/// What a quote says. The signature is for orders to check; here it is only shown.
pub(crate) fn contents(quote: &str) -> Result<Quote, Error> {
    let unreadable = |why: String| Error::Down { part: "The price desk", why };
    let payload = quote.split('.').nth(1).ok_or_else(|| unreadable("no token".to_owned()))?;
    let json = URL_SAFE_NO_PAD.decode(payload).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))
}
