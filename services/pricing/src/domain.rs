//! The rules of prices, without IO: tax, coupons, quotes, and when keys change.

pub(crate) mod coupon;
pub(crate) mod coupon_use;
pub(crate) mod key_schedule;
pub(crate) mod offer;
pub(crate) mod price;
pub(crate) mod price_sheet;
pub(crate) mod quote;
pub(crate) mod tax;
