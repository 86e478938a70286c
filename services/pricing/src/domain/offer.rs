//! What pricing knows of a SKU that somebody wants, and of sending it.

use kernel::{Currency, Money, Quantity, Sku};

/// Something that is for sale, at its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) sku: Sku,
    /// `prd_…`.
    pub(crate) product_id: String,
    pub(crate) title: String,
    /// Option values, joined; empty when there is one variant only.
    pub(crate) variant_title: String,
    /// `acc_…`; empty for the shop itself.
    pub(crate) seller_id: String,
    pub(crate) unit: Money,
}

/// How a wanted SKU stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Unknown,
    NotForSale,
    /// It has no price in the wanted currency, but one in this.
    OtherCurrency(Currency),
    Offered(Offer),
}

/// A line of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) quantity: Quantity,
    pub(crate) standing: Standing,
}

/// A way of sending a parcel to the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// `standard` or `express`.
    pub(crate) method: String,
    pub(crate) name: String,
    pub(crate) price: Money,
    /// Goods worth at least this, after discount, are sent free of charge.
    pub(crate) free_from: Option<Money>,
}

impl Rate {
    /// What sending goods of this worth costs.
    pub(crate) fn price_for(&self, goods: Money) -> Money {
        match self.free_from {
            Some(from) if goods.minor() >= from.minor() => Money::zero(self.price.currency()),
            _ => self.price,
        }
    }
}
