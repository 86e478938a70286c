//! The tables.

pub(crate) mod emails;
