//! The payments service against a real Postgres and the real sandbox processor.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cards;
mod faults;
mod preparing;
mod support;
mod table;
mod webhooks;
