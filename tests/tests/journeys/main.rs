//! Journeys through a whole fleet, from outside: `./dev test e2e` starts one and runs these against it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod bad_input;
mod browser;
mod cancelling;
mod cards;
mod flash_sale;
mod gateway;
mod guests;
mod otlp;
mod own_writes;
mod price_changes;
mod sellers;
mod story;
mod support;
mod trace;
mod webdriver;
