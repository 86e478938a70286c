//! The settings only the storefront has: where the others are.

use url::Url;

/// Settings of the storefront.
#[derive(clap::Args, Clone, Debug)]
pub struct Config {
    /// The read model, by gRPC.
    #[arg(long, env = "SEARCH_GRPC_URL")]
    pub search_grpc_url: Url,
    /// Accounts and sessions.
    #[arg(long, env = "AUTH_URL")]
    pub auth_url: Url,
    /// Baskets and orders.
    #[arg(long, env = "ORDERS_URL")]
    pub orders_url: Url,
    /// Quotes.
    #[arg(long, env = "PRICING_URL")]
    pub pricing_url: Url,
    /// Payments.
    #[arg(long, env = "PAYMENTS_URL")]
    pub payments_url: Url,
    /// Sellers' listings.
    #[arg(long, env = "CATALOG_URL")]
    pub catalog_url: Url,
    /// Tracking.
    #[arg(long, env = "SHIPPING_URL")]
    pub shipping_url: Url,
    /// Where the provider's card page is, as browsers see it: the only other place to which a form may lead.
    #[arg(long, env = "PAYMENT_PROVIDER_URL")]
    pub payment_provider_url: Url,
}
