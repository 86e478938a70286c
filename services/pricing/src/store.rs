//! The tables: products and variants, prices, what a quote reads, coupons and their uses, rates, keys.

pub(crate) mod coupon_uses;
pub(crate) mod coupons;
pub(crate) mod keys;
pub(crate) mod prices;
pub(crate) mod quotes;
pub(crate) mod rates;
pub(crate) mod variants;
