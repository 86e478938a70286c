//! Journeys across the fleet.

pub mod checker;
