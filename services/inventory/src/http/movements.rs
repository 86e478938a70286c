//! What went on and off the shelves, and why.

use axum::extract::State;
use kernel::{AccountId, OrderId, Sku};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use utoipa::ToSchema;
use web::{Json, Page, Problem, Query, RequestError, Staff};

use crate::error::Error;
use crate::store::movements::{self, Movement};

/// Whose movements are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct MovementQuery {
    /// The SKU.
    sku: Sku,
    /// The cursor of the previous page.
    after: Option<i64>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
}

/// A change of what is on hand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MovementView {
    id: i64,
    sku: Sku,
    location: String,
    /// So many more, or fewer when negative.
    change: i64,
    /// `opening`, `adjusted` or `dispatched`.
    cause: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// Who adjusted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Finds everything else that the same request set off.
    correlation_id: String,
    #[serde(with = "time::serde::rfc3339")]
    moved_at: OffsetDateTime,
}

impl From<Movement> for MovementView {
    fn from(movement: Movement) -> Self {
        Self {
            id: movement.id,
            sku: movement.sku,
            location: movement.location,
            change: movement.change,
            cause: movement.cause,
            order_id: movement.order_id,
            account_id: movement.account_id,
            reason: movement.reason,
            correlation_id: movement.correlation.to_string(),
            moved_at: movement.moved_at,
        }
    }
}

/// List movements of a SKU.
///
/// The latest first. For staff.
#[utoipa::path(get, path = "/api/inventory/v1/movements", tag = "stock", params(MovementQuery),
    responses((status = 200, body = Page<MovementView>)))]
pub(super) async fn list_movements(
    State(db): State<PgPool>,
    _: Staff,
    Query(query): Query<MovementQuery>,
) -> Result<Json<Page<MovementView>>, Problem> {
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let mut conn = db.acquire().await.map_err(RequestError::from)?;
    let before = query.after.unwrap_or(i64::MAX);
    let found: Result<_, Error> = movements::list(&mut conn, &query.sku, before, limit).await;
    let items = found?.into_iter().map(MovementView::from).collect();
    Ok(Json(Page::of(items, limit, |movement: &MovementView| movement.id.to_string())))
}
