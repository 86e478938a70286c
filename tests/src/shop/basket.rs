//! Baskets of guests and accounts.

use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::json;

use super::{Account, Error, Shop, json};

/// A guest, who is known by a basket alone.
#[derive(Clone, Debug, Deserialize)]
pub struct Guest {
    /// `bsk_…`.
    pub basket_id: String,
    /// Opens the basket.
    pub token: String,
}

/// Whoever buys.
#[derive(Clone, Debug)]
pub enum Buyer {
    /// Without an account.
    Guest(Guest),
    /// Signed in.
    Account(Box<Account>),
}

impl Buyer {
    /// Puts what names the buyer on a request.
    pub fn on(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Guest(guest) => request.header("basket-token", &guest.token),
            Self::Account(account) => account.on(request),
        }
    }

    /// The guest's basket, which quotes and payments want to know.
    #[must_use]
    pub fn basket_id(&self) -> Option<&str> {
        match self {
            Self::Guest(guest) => Some(&guest.basket_id),
            Self::Account(_) => None,
        }
    }
}

impl From<Guest> for Buyer {
    fn from(guest: Guest) -> Self {
        Self::Guest(guest)
    }
}

impl From<Account> for Buyer {
    fn from(account: Account) -> Self {
        Self::Account(Box::new(account))
    }
}

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Basket {
    /// `bsk_…`.
    pub basket_id: String,
    /// In the order in which they were put in.
    pub lines: Vec<BasketLine>,
}

/// So many of one variant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BasketLine {
    /// The variant.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
}

impl Shop {
    /// A guest with an empty basket.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn guest(&self) -> Result<Guest, Error> {
        json(self.post("/api/orders/v1/baskets")).await
    }

    /// The buyer's basket.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn basket(&self, buyer: &Buyer) -> Result<Basket, Error> {
        json(buyer.on(self.get("/api/orders/v1/basket"))).await
    }

    /// Sets how many of a variant are in the basket.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn set_line(&self, buyer: &Buyer, sku: &str, quantity: i64) -> Result<Basket, Error> {
        let body = json!({ "sku": sku, "quantity": quantity });
        json(buyer.on(self.post("/api/orders/v1/basket/set_line")).json(&body)).await
    }

    /// Puts a guest's basket into an account's.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn merge_basket(&self, account: &Account, guest: &Guest) -> Result<Basket, Error> {
        let body = json!({ "token": guest.token });
        json(account.on(self.post("/api/orders/v1/basket/merge")).json(&body)).await
    }
}
