//! Signing in: what a guest put into a basket goes into the account's.

use axum::extract::State;
use kernel::{AccountId, Sku};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Json, Problem, SignedIn};

use super::baskets::BasketView;
use crate::Error;
use crate::app::{Orders, TRIES, worth_another_try};
use crate::domain::purchase::{Buyer, account_basket};
use crate::store;
use crate::tokens::BasketToken;

/// The basket that the caller had as a guest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MergeBasket {
    /// Of the guest's basket.
    token: String,
}

/// The account's basket after the merge.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MergedBasket {
    #[serde(flatten)]
    basket: BasketView,
    /// Variants for which the account's basket had no room.
    left_out: Vec<Sku>,
}

/// Put a guest's basket into mine.
///
/// Quantities are added up to 999, and the guest's basket ends. Merging it again changes nothing.
#[utoipa::path(post, path = "/api/orders/v1/basket/merge", tag = "baskets",
    request_body = MergeBasket, responses((status = 200, body = MergedBasket)))]
pub(super) async fn merge_basket(
    State(orders): State<Orders>,
    SignedIn(caller): SignedIn,
    Json(body): Json<MergeBasket>,
) -> Result<Json<MergedBasket>, Problem> {
    let token = BasketToken::parse(&body.token).ok_or(Error::NoSuchBasket)?;
    let mut tries = 0;
    loop {
        tries += 1;
        match merge(&orders, caller.account, &token).await {
            Err(error) if worth_another_try(&error) && tries < TRIES => {}
            outcome => return Ok(Json(outcome?)),
        }
    }
}

async fn merge(
    orders: &Orders,
    account: AccountId,
    token: &BasketToken,
) -> Result<MergedBasket, Error> {
    let mut tx = orders.db().begin().await?;
    let guest = store::baskets::of_guest(&mut tx, token).await?.ok_or(Error::NoSuchBasket)?;
    let mine = store::baskets::of_account(&mut tx, account).await?;
    let id = account_basket(account);
    match guest.merged_into {
        Some(into) if into == id => {
            let basket = BasketView::new(id, mine.lines.0);
            return Ok(MergedBasket { basket, left_out: Vec::new() });
        }
        // It went into the basket of somebody else who had its token.
        Some(_) => return Err(Error::NoSuchBasket),
        None => {}
    }
    let (merged, left_out) = mine.lines.0.merge(guest.lines.0);
    let buyer = Buyer::Account(account);
    let done = store::baskets::end(&mut tx, token.basket, guest.version, id).await?
        && store::baskets::save(&mut tx, buyer, &merged, mine.version).await?;
    if !done {
        return Err(Error::Contended);
    }
    tx.commit().await?;
    Ok(MergedBasket { basket: BasketView::new(id, merged), left_out })
}
