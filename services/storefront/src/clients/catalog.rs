//! Listings of sellers.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use web::client::Client;

use super::{on_behalf, read};
use crate::error::Error;
use crate::visitor::Visitor;

/// Asks catalog.
#[derive(Clone, Debug)]
pub(crate) struct Catalog(pub(crate) Client);

/// An item that somebody offers.
#[derive(Debug, Serialize)]
pub(crate) struct Offer<'a> {
    pub(crate) title: &'a str,
    /// HTML.
    pub(crate) description: &'a str,
    pub(crate) category: &'a str,
    pub(crate) price: kernel::Money,
    pub(crate) quantity: i64,
    /// A picture that was sent before; empty: one is drawn.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) picture: &'a str,
}

/// A picture that was sent.
#[derive(Debug, Deserialize)]
pub(crate) struct Picture {
    /// Names it in an offer.
    pub(crate) media_id: String,
    pub(crate) url: String,
}

/// An item that is offered.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) handle: String,
}

/// A category in which things can be offered, also one without products.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Category {
    pub(crate) slug: String,
    pub(crate) name: String,
}

#[derive(Deserialize)]
struct Categories {
    items: Vec<Category>,
}

impl Catalog {
    /// Offers an item. The key makes another try safe.
    pub(crate) async fn offer(
        &self,
        visitor: &Visitor,
        offer: &Offer<'_>,
        key: &str,
    ) -> Result<Listed, Error> {
        let call = on_behalf(self.0.post("/api/catalog/v1/listings"), visitor);
        read(call.idempotency_key(key).json(offer).send().await?)
    }

    /// Sends a picture for an item to come. The same picture gets the same id.
    pub(crate) async fn send_picture(
        &self,
        visitor: &Visitor,
        bytes: Bytes,
    ) -> Result<Picture, Error> {
        let call = on_behalf(self.0.post("/api/catalog/v1/media"), visitor);
        read(call.header("content-type", "application/octet-stream").body(bytes).send().await?)
    }

    /// All categories.
    pub(crate) async fn categories(&self) -> Result<Vec<Category>, Error> {
        let categories: Categories = read(self.0.get("/api/catalog/v1/categories").send().await?)?;
        Ok(categories.items)
    }
}
