//! The routes, and nothing else.

mod categories;
mod products;
mod variants;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::catalogue::Catalogue;

pub(crate) fn routes(catalogue: Catalogue) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(products::list_products))
        .routes(routes!(products::find_product))
        .routes(routes!(categories::list_categories))
        .routes(routes!(variants::list_variants))
        .with_state(catalogue)
}
