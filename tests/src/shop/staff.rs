//! What the people who run the shop do: imports, prices, stock, coupons.

use std::time::Duration;

use kernel::Money;
use serde::Deserialize;
use serde_json::json;

use super::{Account, Error, Shop, Variant, encoded, fresh_key, json, sent, until};

/// Where an import stands.
#[derive(Clone, Debug, Deserialize)]
pub struct Import {
    /// `imp_…`.
    pub import_id: String,
    /// `received`, `running`, `done` or `refused`.
    pub state: String,
    /// What became of the products.
    pub products: Products,
    /// What was left out and why.
    pub errors: Vec<serde_json::Value>,
}

/// What became of the products of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Products {
    /// In the file.
    pub total: i64,
    /// New ones.
    pub created: i64,
    /// Known ones of which something changed.
    pub changed: i64,
    /// Known ones of which nothing changed.
    pub unchanged: i64,
}

/// What a SKU costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Price {
    /// For `If-Match`.
    pub version: i64,
    /// Each.
    pub price: Money,
}

/// How many of a SKU there are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stock {
    /// The variant.
    pub sku: String,
    /// False: always available.
    pub tracked: bool,
    /// On all shelves.
    pub on_hand: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// `on_hand - reserved`.
    pub available: i64,
}

/// A coupon with its counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Coupon {
    /// Upper case.
    pub code: String,
    /// By confirmed orders.
    pub used: i64,
    /// By orders that are not confirmed yet.
    pub reserved: i64,
}

#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
}

impl Shop {
    /// Imports a Shopify product CSV with prices in EUR, and waits until it is done.
    ///
    /// # Errors
    /// As the shop says, or [`Error::Late`] when it is not done in time.
    pub async fn import_csv(&self, staff: &Account, file: Vec<u8>) -> Result<Import, Error> {
        let request = self.post("/api/catalog/v1/imports?currency=EUR");
        let request = staff.on(request).header("content-type", "text/csv").body(file);
        let started: Import = json(request).await?;
        let path = format!("/api/catalog/v1/imports/{}", started.import_id);
        until("the import's end", Duration::from_secs(120), || async {
            let import: Import = json(staff.on(self.get(&path))).await?;
            Ok(matches!(import.state.as_str(), "done" | "refused").then_some(import))
        })
        .await
    }

    /// The price of a SKU in EUR.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn price(&self, sku: &str) -> Result<Price, Error> {
        json(self.get(&format!("/api/pricing/v1/price?sku={}", encoded(sku)))).await
    }

    /// Sets the price of a SKU that has had a price before.
    ///
    /// # Errors
    /// As the shop says; 412 when somebody else set it meanwhile.
    pub async fn set_price(&self, staff: &Account, sku: &str, to: Money) -> Result<Price, Error> {
        let seen = self.price(sku).await?.version;
        let request = self.post("/api/pricing/v1/prices/set");
        let request = staff.on(request).header("if-match", format!("\"{seen}\""));
        json(request.json(&json!({ "sku": sku, "price": to }))).await
    }

    /// The stock of a SKU.
    ///
    /// # Errors
    /// As the shop says; [`Error::Never`] when inventory does not know it.
    pub async fn stock(&self, staff: &Account, sku: &str) -> Result<Stock, Error> {
        let path = format!("/api/inventory/v1/stock?sku={}", encoded(sku));
        let found: Page<Stock> = json(staff.on(self.get(&path))).await?;
        found.items.into_iter().next().ok_or_else(|| Error::Never(format!("no stock of {sku}")))
    }

    /// Sets how many of a SKU lie on the shelf.
    ///
    /// # Errors
    /// As the shop says; 409 below what is reserved.
    pub async fn set_stock(&self, staff: &Account, sku: &str, to: i64) -> Result<Stock, Error> {
        let body = json!({ "sku": sku, "set_on_hand": to, "reason": "counted" });
        let request = self.post("/api/inventory/v1/stock/adjust");
        json(staff.on(request).header("idempotency-key", fresh_key()).json(&body)).await
    }

    /// Makes a coupon of so many percent, for so many orders if limited.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn create_coupon(
        &self,
        staff: &Account,
        code: &str,
        percent: i32,
        limit: Option<i64>,
    ) -> Result<Coupon, Error> {
        let body = json!({ "code": code, "percent": percent, "use_limit": limit });
        let request = self.post("/api/pricing/v1/coupons").header("idempotency-key", fresh_key());
        json(staff.on(request).json(&body)).await
    }

    /// A coupon with its counts.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn coupon(&self, staff: &Account, code: &str) -> Result<Coupon, Error> {
        json(staff.on(self.get(&format!("/api/pricing/v1/coupons/{code}")))).await
    }

    /// Makes a product of the shop with one variant and so many pieces, and puts it on sale. Returns its
    /// SKU once shoppers can buy it.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn new_product(
        &self,
        staff: &Account,
        title: &str,
        price: Money,
        pieces: i64,
    ) -> Result<Variant, Error> {
        #[derive(Deserialize)]
        struct Draft {
            product_id: String,
            version: i64,
        }
        let key = fresh_key();
        let handle = format!("made-for-a-test-{}", key.get(..12).unwrap_or(&key));
        let body = json!({ "handle": handle, "title": title, "category": self.category().await? });
        let draft: Draft =
            json(staff.on(self.post("/api/catalog/v1/products")).json(&body)).await?;
        let at = |command: &str| format!("/api/catalog/v1/products/{}/{command}", draft.product_id);
        let tag = |version: i64| format!("\"{version}\"");
        let body = json!({ "price": price, "opening_quantity": pieces });
        let request =
            staff.on(self.post(&at("add_variant"))).header("if-match", tag(draft.version));
        let with_variant: Draft = json(request.json(&body)).await?;
        let request = staff.on(self.post(&at("publish")));
        sent(request.header("if-match", tag(with_variant.version))).await?;
        until(&format!("{title} on sale"), Duration::from_secs(30), || async {
            let found = self.find_product(&handle).await?;
            let variant = found.and_then(|product| product.variants.into_iter().next());
            let Some(variant) = variant.filter(|variant| variant.buyable(pieces)) else {
                return Ok(None);
            };
            // Each service learns of it by itself.
            let known = self.stock(staff, &variant.sku).await;
            let priced = self.price(&variant.sku).await;
            Ok((known.is_ok() && priced.is_ok()).then_some(variant))
        })
        .await
    }

    /// The slug of a category that exists.
    async fn category(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Category {
            slug: String,
        }
        let all: Page<Category> = json(self.get("/api/catalog/v1/categories")).await?;
        let first = all.items.into_iter().next();
        first.map(|category| category.slug).ok_or_else(|| Error::Never("no category".to_owned()))
    }
}
