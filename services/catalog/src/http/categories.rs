//! Categories.

use axum::extract::State as Extract;
use http::StatusCode;
use messaging::{Outgoing, Tx};
use serde::{Deserialize, Serialize};
use web::{Check, Json, Problem, Staff};

use super::State;
use crate::domain::slug;
use crate::error::Error;
use crate::store;
use crate::store::categories::Category;

/// A category.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct CategoryView {
    slug: String,
    name: String,
    position: i32,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self { slug: category.slug, name: category.name, position: category.position }
    }
}

/// All categories, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Categories {
    items: Vec<CategoryView>,
}

/// A category to be, or as it shall be called from now on.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DefineCategory {
    /// Derived from the name when absent.
    slug: Option<String>,
    name: String,
    /// Lower ones come first; last when absent.
    position: Option<i32>,
}

/// List the categories.
#[utoipa::path(get, path = "/api/catalog/v1/categories", tag = "categories",
    responses((status = 200, body = Categories)))]
pub(super) async fn list_categories(
    Extract(state): Extract<State>,
) -> Result<Json<Categories>, Problem> {
    let mut conn = state.db.acquire().await.map_err(Error::from)?;
    let categories = store::categories::list(&mut conn).await?;
    Ok(Json(Categories { items: categories.into_iter().map(Into::into).collect() }))
}

/// Define a category, or rename it.
#[utoipa::path(post, path = "/api/catalog/v1/categories", tag = "categories",
    request_body = DefineCategory, responses((status = 200, body = CategoryView)))]
pub(super) async fn define_category(
    Extract(state): Extract<State>,
    _: Staff,
    Json(body): Json<DefineCategory>,
) -> Result<(StatusCode, Json<CategoryView>), Problem> {
    let mut check = Check::new();
    let name = check.text("name", &body.name, 1..=100);
    let slug = body.slug.unwrap_or_else(|| slug::of(&body.name));
    let message = "expected lower-case letters, digits and single dashes, at most 120";
    check.that(slug::fits(&slug), "slug", message);
    let name = check.take(name).map_err(Error::from)?;
    let mut tx = Tx::begin(&state.db).await.map_err(Error::from)?;
    define(&mut tx, &slug, &name, body.position).await?;
    let all = store::categories::list(&mut tx).await?;
    tx.commit().await.map_err(Error::from)?;
    let saved = all.into_iter().find(|category| category.slug == slug);
    let saved = saved.ok_or(Error::Corrupt("no category after it was saved"))?;
    Ok((StatusCode::OK, Json(saved.into())))
}

/// Defines a category and says so, unless it was so already.
async fn define(tx: &mut Tx, slug: &str, name: &str, position: Option<i32>) -> Result<(), Error> {
    if let Some(saved) = store::categories::save(tx, slug, name, position).await? {
        let Category { slug, name, position, version } = saved;
        let defined = contracts::catalog::CategoryDefined { slug, name, position };
        messaging::append(tx, [Outgoing::new(&defined).version(version)]).await?;
    }
    Ok(())
}

/// Defines a category unless there is one of that slug, whatever its name.
pub(crate) async fn define_if_new(tx: &mut Tx, slug: &str, name: &str) -> Result<(), Error> {
    if store::categories::exists(tx, slug).await? {
        return Ok(());
    }
    define(tx, slug, name, None).await
}
