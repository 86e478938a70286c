//! The one path to change: lock, decide, save, say, in the caller's transaction.

pub(crate) mod coupons;
pub(crate) mod price_changes;
pub(crate) mod prices;
pub(crate) mod signer;
