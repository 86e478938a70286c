//! What lies where, and its correction.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::{ProductId, Sku};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;
use web::idempotency::{self, Scope};
use web::{Check, IdempotencyKey, Json, Page, Problem, Query, Staff};

use crate::app::{self, Correcting};
use crate::domain::shelf::Adjustment;
use crate::error::Error;
use crate::store::stock::{self, Filter, Listed};

/// Which SKUs are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct StockQuery {
    /// This SKU alone. SKUs have slashes, so they are not part of the path.
    sku: Option<String>,
    /// Part of a SKU or title, in any case.
    q: Option<String>,
    /// The cursor of the previous page.
    after: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
}

/// One SKU, wherever it lies.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StockView {
    sku: Sku,
    product_id: ProductId,
    title: String,
    /// False: not counted, always available.
    tracked: bool,
    /// True when catalog no longer offers it.
    removed: bool,
    /// Goes up with each change.
    version: i64,
    on_hand: i64,
    reserved: i64,
    available: i64,
    /// In the order in which they are picked from.
    locations: Vec<LevelView>,
}

/// What lies in one place.
#[derive(Debug, Serialize, ToSchema)]
struct LevelView {
    location: String,
    on_hand: i64,
    reserved: i64,
}

impl From<Listed> for StockView {
    fn from(listed: Listed) -> Self {
        let (on_hand, reserved) =
            (listed.on_hand.iter().sum::<i64>(), listed.reserved.iter().sum::<i64>());
        let levels = listed.locations.into_iter().zip(listed.on_hand).zip(listed.reserved);
        let level = |((location, on_hand), reserved)| LevelView { location, on_hand, reserved };
        Self {
            sku: listed.sku,
            product_id: listed.product_id,
            title: listed.title,
            tracked: listed.tracked,
            removed: listed.removed,
            version: listed.version,
            on_hand,
            reserved,
            available: on_hand - reserved,
            locations: levels.map(level).collect(),
        }
    }
}

/// List stock.
///
/// By SKU. For staff.
#[utoipa::path(get, path = "/api/inventory/v1/stock", tag = "stock", params(StockQuery),
    responses((status = 200, body = Page<StockView>)))]
pub(super) async fn list_stock(
    State(db): State<PgPool>,
    _: Staff,
    Query(query): Query<StockQuery>,
) -> Result<Json<Page<StockView>>, Problem> {
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let mut conn = db.acquire().await.map_err(Error::from)?;
    let filter = Filter {
        sku: query.sku.as_deref(),
        text: query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()),
        after: query.after.as_deref().unwrap_or_default(),
        limit,
    };
    let listed = stock::list(&mut conn, filter).await?;
    let items = listed.into_iter().map(StockView::from).collect();
    Ok(Json(Page::of(items, limit, |item: &StockView| item.sku.to_string())))
}

/// A correction: either by so many, or to a counted number.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustStock {
    sku: Sku,
    /// `main` when absent.
    location: Option<String>,
    /// So many more, or fewer when negative.
    delta: Option<i64>,
    /// So many were counted.
    set_on_hand: Option<i64>,
    /// For the list of movements: "stocktaking", "delivery 4711".
    reason: String,
}

impl AdjustStock {
    fn check(&self) -> Result<(Adjustment, String), Error> {
        let mut check = Check::new();
        let reason = check.text("reason", &self.reason, 1..=200);
        let adjustment = match (self.delta, self.set_on_hand) {
            (Some(delta), None) => Some(Adjustment::By(delta)),
            (None, Some(number)) => {
                check.that(number >= 0, "set_on_hand", "expected 0 or more");
                Some(Adjustment::To(number))
            }
            _ => {
                check.wrong("delta", "expected either delta or set_on_hand");
                None
            }
        };
        Ok(check.take(adjustment.zip(reason))?)
    }
}

/// Correct stock.
///
/// What is reserved stays: a number below it is refused. For staff.
#[utoipa::path(post, path = "/api/inventory/v1/stock/adjust", tag = "stock",
    params(("Idempotency-Key" = String, Header)), request_body = AdjustStock,
    responses((status = 200, body = StockView)))]
pub(super) async fn adjust_stock(
    State(db): State<PgPool>,
    Staff(caller): Staff,
    key: IdempotencyKey,
    Json(body): Json<AdjustStock>,
) -> Result<Response, Problem> {
    let (adjustment, reason) = body.check()?;
    let scope = Scope::new(caller.account, "POST /stock/adjust", &key, &body);
    let location = body.location.unwrap_or_else(|| "main".to_owned());
    let wish = Correcting { sku: body.sku, location, adjustment, account: caller.account, reason };
    let mut tx = Tx::begin(&db).await.map_err(Error::from)?;
    if let Some(stored) = idempotency::begin(&mut tx, &scope).await? {
        return Ok(stored.into_response());
    }
    app::adjust(&mut tx, &wish).await?;
    let filter = Filter { sku: Some(wish.sku.as_str()), limit: 1, ..Filter::default() };
    let listed = stock::list(&mut tx, filter).await?.pop();
    let view = StockView::from(listed.ok_or(Error::UnknownSku(wish.sku))?);
    let stored = idempotency::finish(&mut tx, &scope, StatusCode::OK, &view).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(stored.into_response())
}
