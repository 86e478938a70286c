//! Pricing as shoppers, staff, orders, catalog and shipping see it, on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod constraints;
mod coupon_uses;
mod coupons;
mod openapi;
mod price_changes;
mod prices;
mod quotes;
mod rates;
mod support;
mod variants;
mod wrong_quotes;
