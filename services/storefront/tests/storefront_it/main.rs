//! Tests of the pages, against services that answer as the contracts say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checkout;
mod guard;
mod own_writes;
mod pages;
mod search;
mod sell;
mod services;
mod world;
