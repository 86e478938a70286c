//! The tables: what was told, what is prepared of it, and how it is read.

pub(crate) mod documents;
pub(crate) mod facts;
pub(crate) mod known;
pub(crate) mod listing;
pub(crate) mod products;
pub(crate) mod seen;
