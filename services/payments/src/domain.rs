//! What may happen to a payment, without any IO.

pub(crate) mod card_number;
pub(crate) mod payment;
#[cfg(test)]
mod races;
pub(crate) mod work;
