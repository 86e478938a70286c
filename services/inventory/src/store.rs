//! The tables: locations, stock (items and levels), reservations (with lines), movements.

pub(crate) mod locations;
pub(crate) mod movements;
pub(crate) mod reservations;
pub(crate) mod stock;
