//! Variants by SKU, for baskets.

use axum::extract::State;
use serde::Deserialize;
use web::{Json, Page, Problem, Query};

use crate::catalogue::Catalogue;
use crate::domain::view::BasketVariantView;

/// Which variants are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct VariantsQuery {
    /// At most 100 SKUs, with commas between them.
    sku: String,
}

/// List variants by SKU, in the order asked for. What nobody offers is left out.
#[utoipa::path(get, path = "/api/search/v1/variants", tag = "variants", params(VariantsQuery),
    responses((status = 200, body = Page<BasketVariantView>), (status = 422, body = problem::Body)))]
pub(super) async fn list_variants(
    State(catalogue): State<Catalogue>,
    Query(query): Query<VariantsQuery>,
) -> Result<Json<Page<BasketVariantView>>, Problem> {
    let skus: Vec<String> =
        query.sku.split(',').filter(|sku| !sku.is_empty()).map(str::to_owned).collect();
    Ok(Json(Page { items: catalogue.variants(&skus).await?, next: None }))
}
