//! The routes, and nothing else.

mod locations;
mod movements;
mod stock;

use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Everything below `/api/inventory/v1/`. All of it is for staff.
pub(crate) fn routes(db: PgPool) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(stock::list_stock))
        .routes(routes!(stock::adjust_stock))
        .routes(routes!(movements::list_movements))
        .routes(routes!(locations::list_locations, locations::save_location))
        .with_state(db)
}
