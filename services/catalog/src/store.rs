//! Every SQL statement of the service, a module for each table.

pub(crate) mod categories;
pub(crate) mod imports;
pub(crate) mod pictures;
pub(crate) mod products;
pub(crate) mod variants;
