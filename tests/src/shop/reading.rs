//! What shoppers read: lists with facets, and products.

use std::time::Duration;

use kernel::Money;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Error, Shop, encoded, json};
use crate::insist::insist;

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Listing {
    /// Products.
    pub items: Vec<Card>,
    /// On all pages.
    pub total: i64,
    /// For the next page.
    pub next: Option<String>,
}

/// A product in a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Card {
    /// `prd_…`.
    pub product_id: String,
    /// Its name in URLs.
    pub handle: String,
    /// What it is called.
    pub title: String,
    /// Slug.
    pub category: String,
    /// Of the cheapest variant.
    pub price_from: Money,
    /// Something of it can be bought now.
    pub available: bool,
}

/// A product with its variants.
#[derive(Clone, Debug, Deserialize)]
pub struct Product {
    /// `prd_…`.
    pub product_id: String,
    /// Its name in URLs.
    pub handle: String,
    /// What it is called.
    pub title: String,
    /// Names of the options.
    pub options: Vec<String>,
    /// Its forms.
    pub variants: Vec<Variant>,
    /// `acc_…`; empty for the shop itself.
    pub seller_id: String,
}

/// One form of a product.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Variant {
    /// Names it in baskets.
    pub sku: String,
    /// One for each option.
    pub option_values: Vec<String>,
    /// Absent: not for sale.
    pub price: Option<Money>,
    /// Stock is counted.
    pub tracked: bool,
    /// What can be bought now, if it is counted.
    pub available: i64,
}

impl Variant {
    /// True when somebody can buy so many of it now.
    #[must_use]
    pub const fn buyable(&self, pieces: i64) -> bool {
        self.price.is_some() && (!self.tracked || self.available >= pieces)
    }
}

impl Shop {
    /// What a path answers to somebody who has written something and will have nothing older: the token
    /// is the `Sync-Token` of the answer to that.
    ///
    /// # Errors
    /// As the shop says; that it is behind only after half a minute.
    pub async fn seeing<T: DeserializeOwned>(&self, path: &str, token: &str) -> Result<T, Error> {
        insist(Duration::from_secs(30), || {
            let request = self.get(path).header("sync-token", token);
            json(request.header("prefer", "handling=strict"))
        })
        .await
    }

    /// A list; the query is as in URLs, without the question mark.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn listing(&self, query: &str) -> Result<Listing, Error> {
        json(self.get(&format!("/api/search/v1/products?{query}"))).await
    }

    /// Products that match words.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn search(&self, words: &str) -> Result<Vec<Card>, Error> {
        Ok(self.listing(&format!("q={}", encoded(words))).await?.items)
    }

    /// A product by handle or id.
    ///
    /// # Errors
    /// 404 when nobody offers it, else as the shop says.
    pub async fn product(&self, handle_or_id: &str) -> Result<Product, Error> {
        json(self.get(&format!("/api/search/v1/products/{}", encoded(handle_or_id)))).await
    }

    /// A product, or nothing while nobody offers it.
    ///
    /// # Errors
    /// As the shop says, apart from 404.
    pub async fn find_product(&self, handle_or_id: &str) -> Result<Option<Product>, Error> {
        match self.product(handle_or_id).await {
            Ok(product) => Ok(Some(product)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
