//! The rules of stock, without IO: what a shelf holds, and what a reservation may become.

pub(crate) mod reservation;
pub(crate) mod shelf;
