//! The route table.

mod emails;

use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes(db: PgPool) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(emails::list_emails)).with_state(db)
}
