//! The rules: baskets, what was bought, and the life of an order. No IO.

pub(crate) mod basket;
pub(crate) mod order;
pub(crate) mod purchase;
