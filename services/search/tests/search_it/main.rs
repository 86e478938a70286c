//! Tests of the whole search service on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod arrival;
mod lists;
mod own_writes;
mod pages;
mod support;
mod words;
