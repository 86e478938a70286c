//! The auth service over its API, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admin;
mod bad_input;
mod cookies;
mod enumeration;
mod keys;
mod passwords;
mod refresh;
mod registration;
mod roles;
mod sessions;
mod support;
mod throttling;
