//! The settings that only this service has: where the others are.

/// Addresses of the services whose facts staff see and change.
#[derive(Clone, Debug, clap::Args)]
#[expect(missing_docs, reason = "each is the address of the service it is named after")]
pub struct Config {
    #[arg(long, env = "AUTH_URL")]
    pub auth_url: String,
    #[arg(long, env = "CATALOG_URL")]
    pub catalog_url: String,
    #[arg(long, env = "INVENTORY_URL")]
    pub inventory_url: String,
    #[arg(long, env = "NOTIFICATIONS_URL")]
    pub notifications_url: String,
    #[arg(long, env = "ORDERS_URL")]
    pub orders_url: String,
    #[arg(long, env = "PAYMENTS_URL")]
    pub payments_url: String,
    #[arg(long, env = "PRICING_URL")]
    pub pricing_url: String,
    #[arg(long, env = "SEARCH_URL")]
    pub search_url: String,
    #[arg(long, env = "SHIPPING_URL")]
    pub shipping_url: String,
}
