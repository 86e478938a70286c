//! Inventory as orders, catalog, shipping and staff see it, on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod concurrency;
mod constraints;
mod openapi;
mod reservations;
mod staff;
mod support;
mod variants;
