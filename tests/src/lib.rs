//! Journeys across the fleet: a client of its public API, and a checker of what its databases and topics say.
//!
//! [`shop`] is the client; the journeys, the load generator and the storm of faults are written with it.

pub mod bench;
pub mod chaos;
pub mod checker;
pub mod fleet;
pub mod insist;
pub mod shop;
