//! Coupons: made, listed and ended by staff.

mod view;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use messaging::Tx;
use web::idempotency::{self, Scope};
use web::{IdempotencyKey, Json, Page, PageQuery, Path, Problem, Query, Staff};

use self::view::{CouponView, CreateCoupon};
use super::Shop;
use crate::error::Error;
use crate::store::coupons;

/// Make a coupon.
///
/// Either `percent` or `amount`. For staff.
#[utoipa::path(post, path = "/api/pricing/v1/coupons", tag = "coupons",
    params(("Idempotency-Key" = String, Header)), request_body = CreateCoupon,
    responses((status = 201, body = CouponView)))]
pub(super) async fn create_coupon(
    State(shop): State<Shop>,
    Staff(caller): Staff,
    key: IdempotencyKey,
    Json(body): Json<CreateCoupon>,
) -> Result<Response, Problem> {
    let new = body.check()?;
    let scope = Scope::new(caller.account, "POST /coupons", &key, &body);
    let mut tx = Tx::begin(&shop.db).await.map_err(Error::from)?;
    if let Some(stored) = idempotency::begin(&mut tx, &scope).await? {
        return Ok(stored.into_response());
    }
    if !coupons::add(&mut tx, &new).await? {
        return Err(Error::CouponExists(new.code).into());
    }
    let view = CouponView::try_from(new)?;
    let stored = idempotency::finish(&mut tx, &scope, StatusCode::CREATED, &view).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(stored.into_response())
}

/// List coupons.
///
/// By code. For staff.
#[utoipa::path(get, path = "/api/pricing/v1/coupons", tag = "coupons", params(PageQuery),
    responses((status = 200, body = Page<CouponView>)))]
pub(super) async fn list_coupons(
    State(shop): State<Shop>,
    _: Staff,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<CouponView>>, Problem> {
    let limit = query.limit();
    let mut conn = shop.db.acquire().await.map_err(Error::from)?;
    let after = query.after.unwrap_or_default();
    let rows = coupons::list(&mut conn, &after, limit).await?;
    let views: Result<Vec<_>, Error> = rows.into_iter().map(CouponView::try_from).collect();
    Ok(Json(Page::of(views?, limit, |view: &CouponView| view.code().to_owned())))
}

/// Find a coupon.
///
/// For staff.
#[utoipa::path(get, path = "/api/pricing/v1/coupons/{code}", tag = "coupons",
    params(("code" = String, Path)), responses((status = 200, body = CouponView)))]
pub(super) async fn find_coupon(
    State(shop): State<Shop>,
    _: Staff,
    Path(code): Path<String>,
) -> Result<Json<CouponView>, Problem> {
    Ok(Json(find(&shop, &code.to_uppercase()).await?))
}

/// End a coupon.
///
/// No further order gets it; ending it twice has no further effect. For staff.
#[utoipa::path(post, path = "/api/pricing/v1/coupons/{code}/end", tag = "coupons",
    params(("code" = String, Path)), responses((status = 200, body = CouponView)))]
pub(super) async fn end_coupon(
    State(shop): State<Shop>,
    _: Staff,
    Path(code): Path<String>,
) -> Result<Json<CouponView>, Problem> {
    let code = code.to_uppercase();
    let mut conn = shop.db.acquire().await.map_err(Error::from)?;
    coupons::end(&mut conn, &code).await?;
    drop(conn);
    Ok(Json(find(&shop, &code).await?))
}

async fn find(shop: &Shop, code: &str) -> Result<CouponView, Error> {
    let mut conn = shop.db.acquire().await?;
    let row = coupons::find(&mut conn, code).await?;
    row.ok_or_else(|| Error::UnknownCoupon(code.to_owned()))?.try_into()
}
