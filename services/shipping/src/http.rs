//! The route table of shipping.

mod rates;
mod shipments;
mod webhooks;

use secrecy::SecretString;
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What handlers need.
#[derive(Clone, Debug)]
pub(crate) struct Shipping {
    pub(crate) db: PgPool,
    pub(crate) webhook_secret: SecretString,
}

/// Everything that shipping answers.
pub(crate) fn routes(state: Shipping) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(rates::list_rates))
        .routes(routes!(rates::set_rate))
        .routes(routes!(shipments::find_shipment))
        .routes(routes!(webhooks::receive_webhook))
        .with_state(state)
}
