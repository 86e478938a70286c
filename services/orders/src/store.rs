//! The tables: baskets, events of orders, orders as lists show them, contacts, secrets.

pub(crate) mod baskets;
pub(crate) mod contacts;
pub(crate) mod events;
pub(crate) mod orders;
pub(crate) mod secrets;
