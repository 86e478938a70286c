//! Who is asking: an account, a guest with a basket, or somebody with the link to one order.

use axum::extract::FromRequestParts;
use http::request::Parts;
use kernel::OrderId;
use problem::Problem;
use serde::Deserialize;
use sqlx::PgConnection;
use web::{Caller, MaybeCaller, Query, RequestError, cookies, same_site};

use crate::Error;
use crate::app::Orders;
use crate::domain::order::Rejection;
use crate::domain::purchase::Buyer;
use crate::store;
use crate::store::orders::Row;
use crate::tokens::BasketToken;

/// An extractor: the account that is signed in, else the guest whose basket token came along (header
/// `basket-token`, or a browser's cookie). Neither: 401.
#[derive(Clone)]
pub(super) enum Shopper {
    Account(Caller),
    Guest(BasketToken),
}

impl Shopper {
    /// As quotes, payments and baskets name them. Says nothing yet on whether the token is right.
    pub(super) fn buyer(&self) -> Buyer {
        match self {
            Self::Account(caller) => Buyer::Account(caller.account),
            Self::Guest(token) => Buyer::Guest(token.basket),
        }
    }

    /// The shopper's basket.
    ///
    /// # Errors
    /// [`Error::NoSuchBasket`] when a guest's token is wrong, or the basket went into an account's.
    pub(super) async fn basket(
        &self,
        conn: &mut PgConnection,
    ) -> Result<store::baskets::Known, Error> {
        match self {
            Self::Account(caller) => Ok(store::baskets::of_account(conn, caller.account).await?),
            Self::Guest(token) => store::baskets::of_guest(conn, token)
                .await?
                .filter(|basket| basket.merged_into.is_none())
                .ok_or(Error::NoSuchBasket),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Shopper {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if let MaybeCaller(Some(caller)) = MaybeCaller::from_request_parts(parts, state).await? {
            return Ok(Self::Account(caller));
        }
        let header = parts.headers.get("basket-token");
        let text = match header {
            Some(value) => value.to_str().unwrap_or_default(),
            None => {
                let cookie = cookies::read(&parts.headers, cookies::BASKET);
                let cookie = cookie.ok_or(RequestError::NotSignedIn)?;
                if !same_site(&parts.method, &parts.headers) {
                    return Err(RequestError::CrossSite.into());
                }
                cookie
            }
        };
        let token = BasketToken::parse(text).ok_or(Error::NoSuchBasket)?;
        Ok(Self::Guest(token))
    }
}

/// An extractor: whoever wants to see an order. The link's token comes as `?access_token=` or as
/// header `order-token`.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) caller: Option<Caller>,
    token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Link {
    access_token: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let MaybeCaller(caller) = MaybeCaller::from_request_parts(parts, state).await?;
        let Query(link) = Query::<Link>::from_request_parts(parts, state).await?;
        let header = parts.headers.get("order-token").and_then(|value| value.to_str().ok());
        Ok(Self { caller, token: header.map(str::to_owned).or(link.access_token) })
    }
}

/// As whom somebody sees an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sees {
    AsBuyer,
    AsStaff,
}

impl Asker {
    /// The order and as whom the asker sees it. To everybody else it does not exist.
    pub(super) async fn order(
        &self,
        orders: &Orders,
        conn: &mut PgConnection,
        id: OrderId,
    ) -> Result<(Row, Sees), Error> {
        let row = store::orders::find(conn, id).await?.ok_or(Rejection::NoSuchOrder)?;
        let account = self.caller.as_ref().map(|caller| caller.account);
        if account.is_some() && account == row.account {
            return Ok((row, Sees::AsBuyer));
        }
        if self.caller.as_ref().is_some_and(Caller::is_staff) {
            return Ok((row, Sees::AsStaff));
        }
        let secret = orders.secret(conn).await?;
        match &self.token {
            Some(token) if secret.opens(id, token) => Ok((row, Sees::AsBuyer)),
            _ => Err(Rejection::NoSuchOrder.into()),
        }
    }
}
