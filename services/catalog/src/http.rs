//! The routes.

pub(crate) mod categories;
mod commands;
mod imports;
mod listings;
pub(crate) mod media;
mod products;
mod view;

use axum::extract::DefaultBodyLimit;
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::image;

/// Largest file of products, in bytes.
const LARGEST_FILE: usize = 20 * 1024 * 1024;

/// What handlers work with.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) db: PgPool,
}

/// All documented routes.
pub(crate) fn routes(state: State) -> OpenApiRouter {
    // One byte more than a picture may have, so that it is the picture that is found too large.
    let pictures = OpenApiRouter::new()
        .routes(routes!(media::upload_media))
        .routes(routes!(commands::add_media))
        .layer(DefaultBodyLimit::max(image::LARGEST + 1));
    let files = OpenApiRouter::new()
        .routes(routes!(imports::start_import, imports::list_imports))
        .layer(DefaultBodyLimit::max(LARGEST_FILE));
    OpenApiRouter::new()
        .routes(routes!(products::create_product, products::list_products))
        .routes(routes!(products::find_product))
        .routes(routes!(commands::change_title))
        .routes(routes!(commands::change_description))
        .routes(routes!(commands::change_category))
        .routes(routes!(commands::add_variant))
        .routes(routes!(commands::remove_variant))
        .routes(routes!(commands::publish))
        .routes(routes!(commands::archive))
        .routes(routes!(listings::offer_item))
        .routes(routes!(categories::list_categories, categories::define_category))
        .routes(routes!(imports::find_import))
        .merge(pictures)
        .merge(files)
        .with_state(state)
}
