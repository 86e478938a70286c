//! The signed promise of a price that pricing gives and orders keeps (a JWT, RFC 7519, signed with EdDSA).

use kernel::{Currency, Money, Quantity, QuoteId, Sku};
use serde::{Deserialize, Serialize};

/// What the token says. Amounts are in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Unique; an order takes it once.
    pub jti: QuoteId,
    /// Always `pricing`.
    pub iss: String,
    /// Always `orders`.
    pub aud: String,
    /// Who may use it: an account (`acc_…`) or a guest's basket (`bsk_…`).
    pub sub: String,
    /// Unix seconds.
    pub iat: i64,
    /// Unix seconds; 15 minutes after `iat`.
    pub exp: i64,
    /// Of every amount.
    pub currency: Currency,
    /// ISO 3166-1 alpha-2 of the destination that was priced.
    pub country: String,
    /// Postal code of the destination that was priced.
    pub postal_code: String,
    /// `standard` or `express`.
    pub shipping_method: String,
    /// Upper case; absent when none was used.
    pub coupon: Option<String>,
    /// What is bought.
    pub lines: Vec<QuoteLine>,
    /// Sum of the lines.
    pub goods_minor: i64,
    /// Taken off the goods.
    pub discount_minor: i64,
    /// For sending the parcel.
    pub shipping_minor: i64,
    /// On top of the rest.
    pub tax_minor: i64,
    /// `goods - discount + shipping + tax`.
    pub total_minor: i64,
}

/// So many of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteLine {
    /// The variant.
    pub sku: Sku,
    /// `prd_…`.
    pub product_id: String,
    /// The product's title.
    pub title: String,
    /// The variant's option values, joined; empty when there is one variant only.
    pub variant_title: String,
    /// `acc_…`; empty for the shop itself.
    pub seller_id: String,
    /// Pieces.
    pub quantity: Quantity,
    /// For one piece.
    pub unit_minor: i64,
    /// For all pieces, before any discount.
    pub total_minor: i64,
}

impl Quote {
    /// An amount of the quote's currency.
    #[must_use]
    pub const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}
