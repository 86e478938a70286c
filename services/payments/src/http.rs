//! The route table of payments.

mod card_free;
mod payments;
mod webhooks;

use secrecy::SecretString;
use sqlx::PgPool;
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::sandbox_provider::SandboxProvider;

/// What handlers need.
#[derive(Clone, Debug)]
pub(crate) struct Payments {
    pub(crate) db: PgPool,
    pub(crate) provider: SandboxProvider,
    pub(crate) public_url: Url,
    pub(crate) webhook_secret: SecretString,
}

/// Everything that payments answers.
pub(crate) fn routes(state: Payments) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(payments::prepare_payment))
        .routes(routes!(payments::find_payment))
        .routes(routes!(webhooks::receive_webhook))
        .with_state(state)
}
