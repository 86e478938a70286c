//! Catalog as callers see it: the real router on a real database.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod categories;
mod commands;
mod demo;
mod imports;
mod interrupted;
mod listings;
mod media;
mod remote_pictures;
mod support;
