//! The tables of payments.

pub(crate) mod early_wishes;
pub(crate) mod payments;
pub(crate) mod webhook_events;
