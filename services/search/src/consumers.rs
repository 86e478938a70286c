//! What search listens to, one file per service.

pub(crate) mod catalog;
pub(crate) mod inventory;
pub(crate) mod pricing;
