//! Products: lists with facets, and single ones.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use runtime::Fresh;
use serde::Deserialize;
use web::{Path, Problem, Query};

use crate::catalogue::Catalogue;
use crate::domain::view::{ListView, ProductView};
use crate::listing::{Listing, Sort, Wanted};

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// Which products are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Words; typing errors are forgiven.
    #[serde(default)]
    q: String,
    /// A category's slug.
    #[serde(default)]
    category: String,
    /// In minor units, inclusive, of the cheapest variant.
    min_price: Option<i64>,
    /// In minor units, inclusive, of the cheapest variant.
    max_price: Option<i64>,
    /// Only what can be bought now.
    #[serde(default)]
    in_stock: bool,
    #[serde(default)]
    sort: Sort,
    /// The cursor of the previous page.
    #[serde(default)]
    after: String,
    /// 1 to 100; 24 when absent.
    limit: Option<i64>,
    /// Only this seller's products: `acc_…`.
    #[serde(default)]
    seller: String,
}

/// List products for sale, with facets.
#[utoipa::path(get, path = "/api/search/v1/products", tag = "products", params(ListQuery),
    responses((status = 200, body = ListView), (status = 422, body = problem::Body)))]
pub(super) async fn list_products(
    State(catalogue): State<Catalogue>,
    fresh: Option<Extension<Fresh>>,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        query: query.q,
        category: query.category,
        seller: query.seller,
        min_price_minor: query.min_price,
        max_price_minor: query.max_price,
        in_stock: query.in_stock,
        sort: query.sort,
        after: query.after,
        // 0 stands for an absent limit inside; a caller who says it means it.
        limit: query.limit.map_or(0, |limit| if limit == 0 { -1 } else { limit }),
    };
    let fresh = fresh.map(|Extension(fresh)| fresh);
    let listed = catalogue.list(Listing::try_from(wanted)?, fresh).await?;
    Ok((JSON, listed.json.clone()).into_response())
}

/// Find a product for sale by handle or id.
#[utoipa::path(get, path = "/api/search/v1/products/{handle_or_id}", tag = "products",
    params(("handle_or_id" = String, Path)),
    responses((status = 200, body = ProductView), (status = 404, body = problem::Body)))]
pub(super) async fn find_product(
    State(catalogue): State<Catalogue>,
    Path(handle_or_id): Path<String>,
) -> Result<Response, Problem> {
    Ok((JSON, catalogue.page(&handle_or_id).await?).into_response())
}
