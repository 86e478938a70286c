//! The carrier: takes shipments, moves them by itself, and posts what happens to them.
//!
//! Read `depot` (what it knows and how that changes) and `api` (how others see it).

mod api;
mod depot;
mod shipment;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use secrecy::SecretString;
use url::Url;

pub use depot::Depot;
pub use shipment::{Shipment, Stage};

use crate::{Error, serve};

/// Settings of the carrier.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the API and the tracking pages are served.
    #[arg(long, env = "HTTP_ADDR", default_value = "127.0.0.1:8122")]
    pub http_addr: SocketAddr,
    /// The folder in which it remembers.
    #[arg(long, env = "SANDBOX_DIR")]
    pub sandbox_dir: PathBuf,
    /// The Bearer key of those who may use the API.
    #[arg(long, env = "CARRIER_API_KEY", hide_env_values = true)]
    pub carrier_api_key: SecretString,
    /// Signs the webhooks.
    #[arg(long, env = "CARRIER_WEBHOOK_SECRET", hide_env_values = true)]
    pub carrier_webhook_secret: SecretString,
    /// Where webhooks go.
    #[arg(
        long,
        env = "CARRIER_WEBHOOK_URL",
        default_value = "http://127.0.0.1:8080/api/shipping/v1/webhooks"
    )]
    pub carrier_webhook_url: Url,
    /// Milliseconds from one step of a parcel to the next.
    #[arg(long, env = "CARRIER_STEP_MS", default_value_t = 1500)]
    pub carrier_step_ms: u64,
}

/// Runs the carrier until SIGTERM.
///
/// # Errors
/// A taken port, or a data folder that cannot be used.
pub async fn carrier(settings: Settings) -> Result<(), Error> {
    serve::start_logs();
    let stop = serve::until_told()?;
    let listener = serve::listen(settings.http_addr).await?;
    let depot = Depot::open(&settings)?;
    tracing::info!(address = %settings.http_addr, "the carrier sandbox is ready");
    serve::serve(listener, router(depot), stop).await
}

/// The API and the tracking pages.
pub fn router(depot: Depot) -> Router {
    api::routes().with_state(depot)
}
