//! Which mails were sent, for staff.

use axum::extract::State;
use kernel::EmailId;
use serde::Deserialize;
use sqlx::PgPool;
use web::{Json, Page, PageQuery, Problem, Query, RequestError, Staff};

use crate::Error;
use crate::store::emails::{self, Entry};

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only mails about this order or account.
    #[serde(default)]
    about: String,
}

/// List e-mails.
///
/// Newest first. What they say is not repeated here.
#[utoipa::path(get, path = "/api/notifications/v1/emails", tag = "notifications",
    params(Filter, PageQuery), responses((status = 200, body = Page<Entry>)))]
pub(super) async fn list_emails(
    _: Staff,
    State(db): State<PgPool>,
    Query(filter): Query<Filter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Entry>>, Problem> {
    let limit = page.limit();
    let before = page.after.as_deref().map(str::parse::<EmailId>).transpose();
    let before = before.map_err(|error| RequestError::MalformedQuery(error.to_string()))?;
    let mut conn = db.acquire().await.map_err(Error::from)?;
    let found =
        emails::list(&mut conn, &filter.about, before, limit + 1).await.map_err(Error::from)?;
    Ok(Json(Page::of(found, limit, |entry| entry.id.to_string())))
}
