//! The settings that only catalog has.

use std::net::SocketAddr;

/// Settings of catalog.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// One address from which pictures may be fetched although it is private, such as a picture server of
    /// one's own.
    #[arg(long, env = "PICTURES_ALLOWED_FROM")]
    pub pictures_allowed_from: Option<SocketAddr>,
}
