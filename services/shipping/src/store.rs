//! The tables of shipping.

pub(crate) mod rates;
pub(crate) mod shipments;
pub(crate) mod tracking_events;
