//! A quote as callers see it: the signed token, and all that it says in the clear.

use contracts::quote::Quote;
use kernel::{Money, Quantity, QuoteId, Sku};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::domain::offer::Rate;
use crate::domain::quote::{Priced, PricedLine, Reason};

/// A priced basket: `total = goods - discount + shipping + tax`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuoteView {
    /// For placing the order: a JWT.
    quote: String,
    quote_id: QuoteId,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    lines: Vec<LineView>,
    goods: Money,
    discount: Money,
    shipping: Money,
    /// On top; nothing where prices include it.
    tax: Money,
    /// Contained in the prices; nothing where it comes on top.
    tax_included: Money,
    total: Money,
    /// Upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    coupon: Option<String>,
    /// The chosen one of `shipping_options`.
    shipping_method: String,
    /// The cheapest first, at what they cost for these goods.
    shipping_options: Vec<ShippingOption>,
    /// Why each number is what it is.
    reasons: Vec<ReasonView>,
}

/// A line with its price.
#[derive(Debug, Serialize, ToSchema)]
struct LineView {
    sku: Sku,
    product_id: String,
    title: String,
    variant_title: String,
    seller_id: String,
    quantity: Quantity,
    unit_price: Money,
    /// Before any discount.
    total: Money,
    /// This line's part of the discount.
    discount: Money,
}

/// A way of sending the parcel.
#[derive(Debug, Serialize, ToSchema)]
struct ShippingOption {
    method: String,
    name: String,
    price: Money,
}

/// Why a number is what it is.
#[derive(Debug, Serialize, ToSchema)]
struct ReasonView {
    /// `coupon`, `shipping`, `free_shipping`, `tax_included` or `tax_added`.
    code: &'static str,
    /// For people.
    text: String,
    amount: Money,
}

impl QuoteView {
    pub(super) fn new(token: String, quote: &Quote, priced: Priced) -> Self {
        let expires_at = OffsetDateTime::from_unix_timestamp(quote.exp);
        Self {
            quote: token,
            quote_id: quote.jti,
            expires_at: expires_at.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            lines: priced.lines.into_iter().map(LineView::from).collect(),
            goods: priced.goods,
            discount: priced.discount,
            shipping: priced.shipping,
            tax: priced.tax,
            tax_included: priced.tax_included,
            total: priced.total,
            coupon: quote.coupon.clone(),
            shipping_method: quote.shipping_method.clone(),
            shipping_options: priced.options.into_iter().map(ShippingOption::from).collect(),
            reasons: priced.reasons.into_iter().map(ReasonView::from).collect(),
        }
    }
}

impl From<PricedLine> for LineView {
    fn from(line: PricedLine) -> Self {
        Self {
            sku: line.offer.sku,
            product_id: line.offer.product_id,
            title: line.offer.title,
            variant_title: line.offer.variant_title,
            seller_id: line.offer.seller_id,
            quantity: line.quantity,
            unit_price: line.offer.unit,
            total: line.total,
            discount: line.discount,
        }
    }
}

impl From<Rate> for ShippingOption {
    fn from(Rate { method, name, price, .. }: Rate) -> Self {
        Self { method, name, price }
    }
}

impl From<Reason> for ReasonView {
    fn from(Reason { code, text, amount }: Reason) -> Self {
        Self { code, text, amount }
    }
}
