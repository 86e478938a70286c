//! The routes, and nothing else.

mod coupons;
mod price_changes;
mod prices;
mod quotes;

use axum::extract::DefaultBodyLimit;
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Config;
use crate::app::signer::Signer;

/// Largest file of prices, in bytes.
const LARGEST_FILE: usize = 16 * 1024 * 1024;

/// What handlers need.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    db: PgPool,
    signer: Signer,
    quote_seconds: i64,
}

impl Shop {
    pub(crate) fn new(db: PgPool, signer: Signer, config: &Config) -> Self {
        Self { db, signer, quote_seconds: i64::from(config.quote_seconds) }
    }
}

/// Everything below `/api/pricing/v1/`.
pub(crate) fn routes(shop: Shop) -> OpenApiRouter {
    let files = OpenApiRouter::new()
        .routes(routes!(price_changes::change_prices))
        .layer(DefaultBodyLimit::max(LARGEST_FILE));
    OpenApiRouter::new()
        .routes(routes!(price_changes::adjust_prices))
        .merge(files)
        .routes(routes!(quotes::create_quote))
        .routes(routes!(prices::find_price))
        .routes(routes!(prices::list_prices))
        .routes(routes!(prices::set_price))
        .routes(routes!(coupons::list_coupons, coupons::create_coupon))
        .routes(routes!(coupons::find_coupon))
        .routes(routes!(coupons::end_coupon))
        .with_state(shop)
}
