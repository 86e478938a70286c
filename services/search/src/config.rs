//! The settings only this service has: none so far.

/// Settings of search.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Config {}
