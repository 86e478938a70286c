//! What payments listens to.

pub(crate) mod orders;
pub(crate) mod shipping;
