//! The card processor: sessions with a card page, authorizations, signed webhooks.
//!
//! Read `book` (what it knows), `till` (how that changes), `api` and `pages` (how others see it).

mod api;
mod book;
mod cards;
mod pages;
mod till;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use secrecy::SecretString;
use url::Url;

pub use book::{Authorization, Status};
pub use till::Till;

use crate::{Error, serve};

/// Settings of the card processor.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the API and the card pages are served.
    #[arg(long, env = "HTTP_ADDR", default_value = "127.0.0.1:8121")]
    pub http_addr: SocketAddr,
    /// The address at which browsers find the card pages; `http://<http_addr>` when absent.
    #[arg(long, env = "SANDBOX_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// The folder in which it remembers.
    #[arg(long, env = "SANDBOX_DIR")]
    pub sandbox_dir: PathBuf,
    /// The Bearer key of those who may use the API.
    #[arg(long, env = "PAYMENT_API_KEY", hide_env_values = true)]
    pub payment_api_key: SecretString,
    /// Signs the webhooks.
    #[arg(long, env = "PAYMENT_WEBHOOK_SECRET", hide_env_values = true)]
    pub payment_webhook_secret: SecretString,
    /// Where webhooks go.
    #[arg(
        long,
        env = "PAYMENT_WEBHOOK_URL",
        default_value = "http://127.0.0.1:8080/api/payments/v1/webhooks"
    )]
    pub payment_webhook_url: Url,
}

/// Runs the card processor until SIGTERM.
///
/// # Errors
/// A taken port, or a data folder that cannot be used.
pub async fn payments(settings: Settings) -> Result<(), Error> {
    serve::start_logs();
    let stop = serve::until_told()?;
    let listener = serve::listen(settings.http_addr).await?;
    let till = Till::open(&settings)?;
    tracing::info!(address = %settings.http_addr, "the payments sandbox is ready");
    serve::serve(listener, router(till), stop).await
}

/// The API and the card pages.
pub fn router(till: Till) -> Router {
    api::routes().merge(pages::routes()).with_state(till)
}
