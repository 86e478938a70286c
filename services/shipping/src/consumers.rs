//! What shipping listens to.

pub(crate) mod orders;
