//! The orders service on a real database: what people ask, what others say, what time does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod arrival;
mod baskets;
mod cancelling;
mod deadline;
mod following;
mod free;
mod input;
mod lists;
mod placing;
mod process;
mod quotes;
mod support;
