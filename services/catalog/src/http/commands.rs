//! Changing a product, one intent at a time. Each names the version that the caller has seen (`If-Match`).

use axum::extract::State as Extract;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use kernel::{MediaId, Money, ProductId, Sku, VariantId};
use messaging::Tx;
use serde::Deserialize;
use web::{Check, IfMatch, Json, Path, Problem, Query, SignedIn};

use super::State;
use super::media::whole_body;
use super::view::{self, ProductView};
use crate::app::{Actor, execute, execute_in};
use crate::domain::product::{Command, Offer, Picture};
use crate::error::Error;
use crate::store;

/// Another title.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeTitle {
    title: String,
}

/// Another description.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeDescription {
    /// HTML; what could do harm is left out.
    description: String,
}

/// Another category.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeCategory {
    /// Slug of a category.
    category: String,
}

/// One more variant.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddVariant {
    /// One for each option of the product.
    #[serde(default)]
    option_values: Vec<String>,
    /// Derived from handle and option values when absent.
    sku: Option<Sku>,
    /// The price at which it is first offered; later ones are pricing's.
    price: Money,
    compare_at: Option<Money>,
    /// False: always available.
    #[serde(default = "yes")]
    tracked: bool,
    /// On the shelf at first; later numbers are inventory's.
    #[serde(default)]
    opening_quantity: i64,
}

const fn yes() -> bool {
    true
}

/// A variant that goes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RemoveVariant {
    sku: Sku,
}

async fn run(
    state: &State,
    caller: &web::Caller,
    (id, seen): (ProductId, i64),
    command: Command,
) -> Result<Response, Problem> {
    let current = execute(&state.db, Actor::from(caller), id, seen, command).await?;
    Ok(view::answer(StatusCode::OK, current))
}

/// Change the title.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/change_title", tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    request_body = ChangeTitle, responses((status = 200, body = ProductView)))]
pub(super) async fn change_title(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<ChangeTitle>,
) -> Result<Response, Problem> {
    let mut check = Check::new();
    let title = check.text("title", &body.title, 1..=255);
    let title = check.take(title).map_err(Error::from)?;
    run(&state, &caller, (id, seen), Command::ChangeTitle(title)).await
}

/// Change the description.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/change_description",
    tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    request_body = ChangeDescription, responses((status = 200, body = ProductView)))]
pub(super) async fn change_description(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<ChangeDescription>,
) -> Result<Response, Problem> {
    let mut check = Check::new();
    let html = view::description(&mut check, "description", &body.description);
    let html = check.take(html).map_err(Error::from)?;
    run(&state, &caller, (id, seen), Command::ChangeDescription(html)).await
}

/// Put the product in another category.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/change_category",
    tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    request_body = ChangeCategory, responses((status = 200, body = ProductView)))]
pub(super) async fn change_category(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<ChangeCategory>,
) -> Result<Response, Problem> {
    run(&state, &caller, (id, seen), Command::ChangeCategory(body.category)).await
}

/// Add a variant.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/add_variant", tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    request_body = AddVariant, responses((status = 200, body = ProductView)))]
pub(super) async fn add_variant(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<AddVariant>,
) -> Result<Response, Problem> {
    let mut check = Check::new();
    let values = view::lines(&mut check, "option_values", &body.option_values, 3);
    let price = view::price(&mut check, "price", body.price);
    let compare_at = body.compare_at.filter(|other| other.currency() == body.price.currency());
    let same = compare_at == body.compare_at;
    check.that(same, "compare_at", "expected the currency of the price");
    let opening_quantity = view::quantity(&mut check, "opening_quantity", body.opening_quantity);
    let checked = (|| Some((values?, price?, opening_quantity?)))();
    let (values, price, opening_quantity) = check.take(checked).map_err(Error::from)?;
    let mut tx = Tx::begin(&state.db).await.map_err(Error::from)?;
    let sku = match body.sku {
        Some(sku) => sku,
        None => derived_sku(&mut tx, id, &values).await?,
    };
    let tracked = body.tracked;
    let id_of_variant = VariantId::new();
    let offer =
        Offer { id: id_of_variant, sku, values, price, compare_at, tracked, opening_quantity };
    let command = Command::AddVariant(offer);
    let current = execute_in(&mut tx, Actor::from(&caller), id, seen, command).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(view::answer(StatusCode::OK, current))
}

/// The SKU of a variant that was given none.
async fn derived_sku(
    conn: &mut sqlx::PgConnection,
    id: ProductId,
    values: &[String],
) -> Result<Sku, Error> {
    let found = store::products::find(conn, id).await?;
    let handle = found.map(|current| current.product.handle).unwrap_or_default();
    let sku = crate::domain::import::sku(&handle, values, |_| false);
    let unusable = |error: kernel::SkuError| {
        web::RequestError::InvalidFields(vec![problem::FieldError::new("sku", error)])
    };
    Ok(sku.map_err(unusable)?)
}

/// Remove a variant.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/remove_variant",
    tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    request_body = RemoveVariant, responses((status = 200, body = ProductView)))]
pub(super) async fn remove_variant(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Json(body): Json<RemoveVariant>,
) -> Result<Response, Problem> {
    run(&state, &caller, (id, seen), Command::RemoveVariant(body.sku)).await
}

/// What is seen on a picture.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Described {
    /// For those who cannot see it.
    #[serde(default)]
    alt: String,
}

/// Add a picture.
///
/// The body is the picture itself: PNG, JPEG or WebP, at most 5 MB.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/add_media", tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header), Described),
    request_body(content = Vec<u8>, content_type = "image/*"),
    responses((status = 200, body = ProductView)))]
pub(super) async fn add_media(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
    Query(described): Query<Described>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let bytes = whole_body(body)?;
    let mut check = Check::new();
    let alt = check.text("alt", &described.alt, 0..=300);
    let alt = check.take(alt).map_err(Error::from)?;
    let mut tx = Tx::begin(&state.db).await.map_err(Error::from)?;
    let file = store::pictures::keep(&mut tx, &bytes).await?;
    let picture = Picture { id: MediaId::new(), file, alt, stand_in: false, source: None };
    let command = Command::AddMedia(picture);
    let current = execute_in(&mut tx, Actor::from(&caller), id, seen, command).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(view::answer(StatusCode::OK, current))
}

/// Offer the product for sale.
///
/// A product without a picture gets one that we draw.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/publish", tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    responses((status = 200, body = ProductView)))]
pub(super) async fn publish(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    let current = crate::app::publish(&state.db, Actor::from(&caller), id, seen).await?;
    Ok(view::answer(StatusCode::OK, current))
}

/// Take the product from sale.
#[utoipa::path(post, path = "/api/catalog/v1/products/{product_id}/archive", tag = "products",
    params(("product_id" = ProductId, Path), ("if-match" = String, Header)),
    responses((status = 200, body = ProductView)))]
pub(super) async fn archive(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
    IfMatch(seen): IfMatch,
) -> Result<Response, Problem> {
    run(&state, &caller, (id, seen), Command::Archive).await
}
