//! Baskets: made for guests, there for accounts; lines are set, not added, so that a repeat is harmless.

use axum::extract::State;
use http::StatusCode;
use kernel::{BasketId, Quantity, Sku};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Check, Json, Problem, RequestError};

use super::asker::Shopper;
use crate::Error;
use crate::app::{Orders, TRIES};
use crate::domain::basket::{Basket, BasketLine};
use crate::store;
use crate::tokens::BasketToken;

/// A basket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BasketView {
    basket_id: BasketId,
    /// In the order in which they were put in.
    lines: Vec<BasketLine>,
}

impl BasketView {
    pub(super) fn new(basket_id: BasketId, basket: Basket) -> Self {
        Self { basket_id, lines: basket.lines }
    }
}

/// A new basket and what opens it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewBasket {
    basket_id: BasketId,
    /// Goes into the header `basket-token`. It is shown this once.
    token: String,
}

/// So many of one variant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetLine {
    /// The variant.
    sku: String,
    /// Pieces, 0 to 999; 0 takes the line out.
    quantity: i64,
}

impl SetLine {
    fn check(self) -> Result<(Sku, Option<Quantity>), RequestError> {
        let mut check = Check::new();
        let sku = check.parse("sku", &self.sku);
        let pieces = match self.quantity {
            0 => None,
            pieces => Quantity::new(pieces).ok(),
        };
        let fits = pieces.is_some() || self.quantity == 0;
        check.that(fits, "quantity", "expected a quantity from 0 to 999");
        Ok((check.take(sku)?, pieces))
    }
}

/// Make a basket for a guest.
#[utoipa::path(post, path = "/api/orders/v1/baskets", tag = "baskets",
    responses((status = 201, body = NewBasket)))]
pub(super) async fn create_basket(
    State(orders): State<Orders>,
) -> Result<(StatusCode, Json<NewBasket>), Problem> {
    let token = BasketToken::generate(BasketId::new());
    store::baskets::create(orders.db(), &token).await.map_err(Error::from)?;
    let view = NewBasket { basket_id: token.basket, token: token.to_string() };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Show my basket.
///
/// That of the account that is signed in, else that of the header `basket-token`.
#[utoipa::path(get, path = "/api/orders/v1/basket", tag = "baskets",
    params(("basket-token" = Option<String>, Header, description = "of a guest")),
    responses((status = 200, body = BasketView)))]
pub(super) async fn find_basket(
    State(orders): State<Orders>,
    shopper: Shopper,
) -> Result<Json<BasketView>, Problem> {
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    let known = shopper.basket(&mut conn).await?;
    Ok(Json(BasketView::new(shopper.buyer().basket(), known.lines.0)))
}

/// Set how many of a variant are in my basket.
#[utoipa::path(post, path = "/api/orders/v1/basket/set_line", tag = "baskets",
    request_body = SetLine,
    params(("basket-token" = Option<String>, Header, description = "of a guest")),
    responses((status = 200, body = BasketView)))]
pub(super) async fn set_line(
    State(orders): State<Orders>,
    shopper: Shopper,
    Json(body): Json<SetLine>,
) -> Result<Json<BasketView>, Problem> {
    let (sku, pieces) = body.check()?;
    change(&orders, &shopper, |basket| Ok(basket.set(sku.clone(), pieces)?)).await
}

/// Empty my basket.
#[utoipa::path(post, path = "/api/orders/v1/basket/clear", tag = "baskets",
    params(("basket-token" = Option<String>, Header, description = "of a guest")),
    responses((status = 200, body = BasketView)))]
pub(super) async fn clear_basket(
    State(orders): State<Orders>,
    shopper: Shopper,
) -> Result<Json<BasketView>, Problem> {
    change(&orders, &shopper, |_| Ok(Basket::default())).await
}

/// Reads a basket, changes it and saves it; begins again when it was changed meanwhile. Two
/// statements of their own and no transaction: the version guards the save.
async fn change(
    orders: &Orders,
    shopper: &Shopper,
    change: impl Fn(Basket) -> Result<Basket, Error>,
) -> Result<Json<BasketView>, Problem> {
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    let buyer = shopper.buyer();
    for _ in 0..TRIES {
        let known = shopper.basket(&mut conn).await?;
        let basket = change(known.lines.0)?;
        let saved = store::baskets::save(&mut conn, buyer, &basket, known.version).await;
        if saved.map_err(Error::from)? {
            return Ok(Json(BasketView::new(buyer.basket(), basket)));
        }
    }
    Err(Error::Contended.into())
}
