//! The settings that only shipping has.

use secrecy::SecretString;
use url::Url;

/// Settings of the shipping service.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// The carrier's API.
    #[arg(long, env = "CARRIER_URL", default_value = "http://127.0.0.1:8122")]
    pub carrier_url: Url,
    /// Lets us in at the carrier.
    #[arg(long, env = "CARRIER_API_KEY", hide_env_values = true)]
    pub carrier_api_key: SecretString,
    /// Signs the carrier's webhooks.
    #[arg(long, env = "CARRIER_WEBHOOK_SECRET", hide_env_values = true)]
    pub carrier_webhook_secret: SecretString,
    /// Milliseconds that the carrier has for an answer; after that the outcome is unknown.
    #[arg(long, env = "CARRIER_TIMEOUT_MS", default_value_t = 4000)]
    pub carrier_timeout_ms: u64,
    /// Seconds for packing, in which an order can still be cancelled, before the carrier is called.
    #[arg(long, env = "SHIPPING_HANDLING_SECONDS", default_value_t = 5)]
    pub shipping_handling_seconds: u32,
}
