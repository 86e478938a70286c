//! Cancelling: at once while an order is placed, by asking shipping once it is confirmed.

use axum::extract::State;
use kernel::OrderId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Check, Json, Path, Problem};

use super::asker::{Asker, Sees};
use crate::Error;
use crate::app::Orders;
use crate::domain::order::{By, Command};

/// A wish to cancel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelOrder {
    /// In one's own words, up to 200 characters.
    #[serde(default)]
    reason: Option<String>,
}

/// Where the order is now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderState {
    order_id: OrderId,
    number: String,
    /// `cancelled`, or `recalling` until shipping has held the parcel back.
    status: &'static str,
    version: i64,
}

/// Cancel an order.
///
/// By its buyer or staff, until the carrier has the parcel. Cancelling twice has no further effect.
#[utoipa::path(post, path = "/api/orders/v1/orders/{order_id}/cancel", tag = "orders",
    params(("order_id" = OrderId, Path), ("access_token" = Option<String>, Query)),
    request_body = CancelOrder, responses((status = 200, body = OrderState)))]
pub(super) async fn cancel_order(
    State(orders): State<Orders>,
    Path(id): Path<OrderId>,
    asker: Asker,
    Json(body): Json<CancelOrder>,
) -> Result<Json<OrderState>, Problem> {
    let mut check = Check::new();
    let note = body.reason.as_deref().and_then(|text| check.text("reason", text, 0..=200));
    check.finish()?;
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    let by = match asker.order(&orders, &mut conn, id).await? {
        (_, Sees::AsBuyer) => By::Customer,
        (_, Sees::AsStaff) => By::Staff,
    };
    drop(conn);
    let current = orders.execute(id, Command::Cancel { by }, note.as_deref()).await?;
    Ok(Json(OrderState {
        order_id: id,
        number: current.order.purchase().number.clone(),
        status: current.order.status(),
        version: current.version,
    }))
}
