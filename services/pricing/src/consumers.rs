//! What pricing listens to.

pub(crate) mod catalog;
pub(crate) mod orders;
pub(crate) mod shipping;
