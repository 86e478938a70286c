//! Products: creating and reading them. Changing them is `commands`.

use axum::extract::State as Extract;
use axum::response::Response;
use http::StatusCode;
use kernel::ProductId;
use messaging::Tx;
use serde::Deserialize;
use web::{Check, Json, Page, PageQuery, Path, Problem, Query, SignedIn};

use super::State;
use super::view::{self, ProductView, StatusName};
use crate::app::{Actor, Change};
use crate::domain::product::{Command, Draft, Rejection};
use crate::domain::slug;
use crate::error::Error;
use crate::store;
use crate::store::products::Filter;

/// A product to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateProduct {
    /// The name in URLs, for ever; derived from the title when absent.
    handle: Option<String>,
    title: String,
    /// HTML; what could do harm is left out.
    #[serde(default)]
    description: String,
    /// Slug of a category.
    category: String,
    #[serde(default)]
    vendor: String,
    /// Names of the options, at most three.
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// Create a product.
///
/// It is a draft, not yet for sale. Staff makes products of the shop; anybody else's are their own.
#[utoipa::path(post, path = "/api/catalog/v1/products", tag = "products",
    request_body = CreateProduct, responses((status = 201, body = ProductView)))]
pub(super) async fn create_product(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Json(body): Json<CreateProduct>,
) -> Result<Response, Problem> {
    let draft = draft(body, Actor::from(&caller)).map_err(Error::from)?;
    Ok(view::answer(StatusCode::CREATED, create(&state, draft).await?))
}

fn draft(body: CreateProduct, actor: Actor) -> Result<Draft, web::RequestError> {
    let id = ProductId::new();
    let mut check = Check::new();
    let title = check.text("title", &body.title, 1..=255);
    let handle = match body.handle {
        Some(handle) => {
            let message = "expected lower-case letters, digits and single dashes, at most 120";
            check.that(slug::fits(&handle), "handle", message);
            handle
        }
        None => fresh_handle(&body.title, id),
    };
    let description = view::description(&mut check, "description", &body.description);
    let vendor = check.text("vendor", &body.vendor, 0..=255);
    let options = view::lines(&mut check, "options", &body.options, 3);
    let tags = view::lines(&mut check, "tags", &body.tags, 50);
    let (category, seller) = (body.category, actor.seller());
    let draft = (|| {
        let (title, description, vendor) = (title?, description?, vendor?);
        let (options, tags) = (options?, tags?);
        Some(Draft { id, handle, title, description, category, seller, vendor, options, tags })
    })();
    check.take(draft)
}

/// A handle that nobody has: of the title, and the end of the product's id.
pub(super) fn fresh_handle(title: &str, id: ProductId) -> String {
    let mut handle = slug::of(title);
    handle.truncate(80);
    let id = id.to_string();
    let end = id.get(id.len().saturating_sub(8)..).unwrap_or_default();
    match handle.trim_end_matches('-') {
        "" => format!("item-{end}"),
        front => format!("{front}-{end}"),
    }
}

async fn create(state: &State, draft: Draft) -> Result<crate::app::Current, Error> {
    let mut tx = Tx::begin(&state.db).await?;
    let mut change = Change::new(draft.id);
    change.run(&mut tx, Command::Create(draft)).await?;
    let current = change.save(&mut tx).await?;
    tx.commit().await?;
    Ok(current)
}

/// Find a product.
///
/// Drafts and archived products too, for staff and for whom they belong to; there is nothing for others.
#[utoipa::path(get, path = "/api/catalog/v1/products/{product_id}", tag = "products",
    params(("product_id" = ProductId, Path)), responses((status = 200, body = ProductView)))]
pub(super) async fn find_product(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Path(id): Path<ProductId>,
) -> Result<Response, Problem> {
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let found = store::products::find(&mut conn, id).await?;
    let own = found.filter(|current| Actor::from(&caller).owns(&current.product));
    let current = own.ok_or(Error::from(Rejection::NoSuchProduct))?;
    Ok(view::answer(StatusCode::OK, current))
}

/// What a list of products is narrowed to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowed {
    /// A piece of the title, the handle or a SKU.
    q: Option<String>,
    /// Only products of this status.
    status: Option<StatusName>,
    /// The cursor of the previous page.
    after: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
}

/// List products.
///
/// All of them for staff, newest first; their own for everybody else.
#[utoipa::path(get, path = "/api/catalog/v1/products", tag = "products", params(Narrowed),
    responses((status = 200, body = Page<ProductView>)))]
pub(super) async fn list_products(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    Query(narrowed): Query<Narrowed>,
) -> Result<Json<Page<ProductView>>, Problem> {
    let limit = PageQuery { after: None, limit: narrowed.limit }.limit();
    let mut check = Check::new();
    let before = narrowed.after.and_then(|after| check.parse("after", &after));
    check.finish().map_err(Error::from)?;
    let filter = Filter {
        seller: Actor::from(&caller).seller(),
        words: narrowed.q.filter(|words| !words.trim().is_empty()),
        status: narrowed.status.map(Into::into),
        before,
    };
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let products = store::products::list(&mut conn, &filter, limit + 1).await?;
    let items = products.into_iter().map(ProductView::from).collect();
    Ok(Json(Page::of(items, limit, |view| view.product_id.to_string())))
}
