//! The messaging crate against a real Postgres and a real Kafka (`DATABASE_URL`, `KAFKA_BROKERS`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod consuming;
mod parking;
mod relaying;
mod support;
mod working;
