//! The shipping service against a real Postgres and the real sandbox carrier.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journeys;
mod rates;
mod recalls;
mod support;
mod table;
mod webhooks;
