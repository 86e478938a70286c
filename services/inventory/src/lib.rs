//! Stock by SKU and location, and its reservations.
