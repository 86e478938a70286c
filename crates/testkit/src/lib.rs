//! What tests of services share: a service on a test database, callers with tokens, what was published.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod eventually;
mod published;
mod service;

pub use eventually::eventually;
pub use published::{Published, published};
pub use service::{Answer, TestService};
