//! How a product looks in its tables; what is read is parsed and not trusted.

use kernel::{AccountId, Currency, MediaId, Money, ProductId, Sku, VariantId};

use crate::app::Current;
use crate::domain::html::Html;
use crate::domain::product::{Media, Product, Status, Variant};
use crate::error::Error;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ProductRow {
    pub(super) id: ProductId,
    handle: String,
    title: String,
    description_html: String,
    category: String,
    seller_id: Option<AccountId>,
    vendor: String,
    options: Vec<String>,
    tags: Vec<String>,
    status: String,
    version: i64,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct VariantRow {
    id: VariantId,
    product_id: ProductId,
    sku: Sku,
    option_values: Vec<String>,
    price_minor: i64,
    currency: String,
    compare_at_minor: Option<i64>,
    tracked: bool,
    opening_quantity: i64,
    position: i32,
    removed_at: Option<time::OffsetDateTime>,
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct MediaRow {
    id: MediaId,
    product_id: ProductId,
    file: String,
    alt: String,
    position: i32,
    stand_in: bool,
    source: Option<String>,
}

/// A status as the table writes it.
pub(super) const fn status_text(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Published => "published",
        Status::Archived => "archived",
    }
}

fn status(text: &str) -> Result<Status, Error> {
    match text {
        "draft" => Ok(Status::Draft),
        "published" => Ok(Status::Published),
        "archived" => Ok(Status::Archived),
        _ => Err(Error::Corrupt("a product's status")),
    }
}

impl ProductRow {
    pub(super) fn with(
        self,
        variants: &[VariantRow],
        media: &[MediaRow],
    ) -> Result<Current, Error> {
        let own = || variants.iter().filter(|row| row.product_id == self.id);
        let next_position = own().map(|row| row.position + 1).max().unwrap_or(0);
        let offered: Result<Vec<_>, Error> =
            own().filter(|row| row.removed_at.is_none()).map(VariantRow::variant).collect();
        let media = media.iter().filter(|row| row.product_id == self.id).map(MediaRow::media);
        let product = Product {
            id: self.id,
            handle: self.handle,
            title: self.title,
            description: Html::stored(self.description_html),
            category: self.category,
            seller: self.seller_id,
            vendor: self.vendor,
            options: self.options,
            tags: self.tags,
            status: status(&self.status)?,
            variants: offered?,
            media: media.collect(),
            next_position,
        };
        Ok(Current { product, version: self.version })
    }
}

impl VariantRow {
    fn variant(&self) -> Result<Variant, Error> {
        let currency: Currency =
            self.currency.parse().map_err(|_| Error::Corrupt("a variant's currency"))?;
        Ok(Variant {
            id: self.id,
            sku: self.sku.clone(),
            values: self.option_values.clone(),
            price: Money::new(self.price_minor, currency),
            compare_at: self.compare_at_minor.map(|minor| Money::new(minor, currency)),
            tracked: self.tracked,
            opening_quantity: self.opening_quantity,
            position: self.position,
        })
    }
}

impl MediaRow {
    fn media(&self) -> Media {
        Media {
            id: self.id,
            file: self.file.clone(),
            alt: self.alt.clone(),
            position: self.position,
            stand_in: self.stand_in,
            source: self.source.clone(),
        }
    }
}
