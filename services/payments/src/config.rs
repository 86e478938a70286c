//! The settings that only payments has.

use secrecy::SecretString;
use url::Url;

/// Settings of the payments service.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// The payment provider's API.
    #[arg(long, env = "PAYMENT_PROVIDER_URL", default_value = "http://127.0.0.1:8121")]
    pub payment_provider_url: Url,
    /// Lets us in at the provider.
    #[arg(long, env = "PAYMENT_API_KEY", hide_env_values = true)]
    pub payment_api_key: SecretString,
    /// Signs the provider's webhooks.
    #[arg(long, env = "PAYMENT_WEBHOOK_SECRET", hide_env_values = true)]
    pub payment_webhook_secret: SecretString,
    /// Milliseconds that the provider has for an answer; after that the outcome is unknown.
    #[arg(long, env = "PAYMENT_PROVIDER_TIMEOUT_MS", default_value_t = 4000)]
    pub payment_provider_timeout_ms: u64,
}
