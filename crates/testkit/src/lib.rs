//! What tests of services share: a service on a test database, callers with tokens, what was published.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod arrival;
mod eventually;
mod published;
mod service;

pub use arrival::{Corpus, any_order_leads_to_the_same_rows};
pub use eventually::eventually;
pub use published::{Published, published};
pub use service::{Answer, TestService};
