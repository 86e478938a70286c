//! Rates, shipments and tracking.
