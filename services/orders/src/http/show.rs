//! One order: as its buyer sees it, and its whole story for staff.

use axum::extract::State;
use kernel::OrderId;
use web::{Json, Path, Problem, Staff};

use super::asker::Asker;
use super::view::{Entry, OrderView};
use crate::app::Orders;
use crate::domain::order::Rejection;
use crate::{Error, store};

/// Show an order with its history.
///
/// To its buyer, to staff, and to whoever has its link; to anybody else there is no such order.
#[utoipa::path(get, path = "/api/orders/v1/orders/{order_id}", tag = "orders",
    params(("order_id" = OrderId, Path), ("access_token" = Option<String>, Query)),
    responses((status = 200, body = OrderView)))]
pub(super) async fn find_order(
    State(orders): State<Orders>,
    Path(id): Path<OrderId>,
    asker: Asker,
) -> Result<Json<OrderView>, Problem> {
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    asker.order(&orders, &mut conn, id).await?;
    let history = store::events::history(&mut conn, id).await.map_err(Error::from)?;
    let contact = store::contacts::find(&mut conn, id).await.map_err(Error::from)?;
    Ok(Json(OrderView::new(id, &history, contact)?))
}

/// Show what happened to an order and what caused it.
#[utoipa::path(get, path = "/api/orders/v1/orders/{order_id}/story", tag = "orders",
    params(("order_id" = OrderId, Path)), responses((status = 200, body = Vec<Entry>)))]
pub(super) async fn find_order_story(
    State(orders): State<Orders>,
    _staff: Staff,
    Path(id): Path<OrderId>,
) -> Result<Json<Vec<Entry>>, Problem> {
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    let history = store::events::history(&mut conn, id).await.map_err(Error::from)?;
    if history.is_empty() {
        return Err(Error::from(Rejection::NoSuchOrder).into());
    }
    Ok(Json(history.into_iter().map(Entry::from).collect()))
}
