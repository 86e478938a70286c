//! What we listen to.

pub(crate) mod auth;
pub(crate) mod orders;
