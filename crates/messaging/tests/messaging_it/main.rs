//! The messaging crate against a real Postgres and a real Kafka (`DATABASE_URL`, `KAFKA_BROKERS`).
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test is told its parts by the environment")]

mod auditing;
mod consuming;
mod grouping;
mod parking;
mod relaying;
mod stepping;
mod support;
mod withholding;
mod working;
