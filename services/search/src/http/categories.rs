//! Categories that have products.

use axum::extract::State;
use web::{Json, Page, Problem};

use crate::catalogue::Catalogue;
use crate::domain::view::CategoryView;

/// List the categories that have products, in their order.
#[utoipa::path(get, path = "/api/search/v1/categories", tag = "categories",
    responses((status = 200, body = Page<CategoryView>)))]
pub(super) async fn list_categories(
    State(catalogue): State<Catalogue>,
) -> Result<Json<Page<CategoryView>>, Problem> {
    Ok(Json(Page { items: catalogue.categories().await?, next: None }))
}
