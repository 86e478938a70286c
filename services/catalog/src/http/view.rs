//! A product as callers see it, and the limits of what they may send.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use kernel::{AccountId, MediaId, Money, ProductId, Sku, VariantId};
use serde::Serialize;
use web::Check;

use crate::app::Current;
use crate::domain::html::{self, Html};
use crate::domain::product::Status;
use crate::publish;

/// A product with its variants and pictures.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ProductView {
    pub(super) product_id: ProductId,
    /// The name in URLs.
    pub(super) handle: String,
    title: String,
    /// Sanitized HTML.
    description_html: String,
    /// Slug of a category.
    category: String,
    /// Absent: the shop itself sells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_id: Option<AccountId>,
    vendor: String,
    options: Vec<String>,
    tags: Vec<String>,
    status: StatusName,
    /// For `If-Match`.
    pub(super) version: i64,
    variants: Vec<VariantView>,
    media: Vec<MediaView>,
}

/// Whether a product is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StatusName {
    /// Not yet.
    Draft,
    /// Yes.
    Published,
    /// No longer.
    Archived,
}

impl From<Status> for StatusName {
    fn from(status: Status) -> Self {
        match status {
            Status::Draft => Self::Draft,
            Status::Published => Self::Published,
            Status::Archived => Self::Archived,
        }
    }
}

impl From<StatusName> for Status {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Draft => Self::Draft,
            StatusName::Published => Self::Published,
            StatusName::Archived => Self::Archived,
        }
    }
}

/// One form of a product, as it was first offered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct VariantView {
    variant_id: VariantId,
    sku: Sku,
    option_values: Vec<String>,
    opening_price: Money,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare_at: Option<Money>,
    tracked: bool,
    opening_quantity: i64,
    position: i32,
}

/// A picture of a product.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MediaView {
    media_id: MediaId,
    url: String,
    alt: String,
    position: i32,
    /// Drawn by us until there is a real one.
    stand_in: bool,
}

impl From<Current> for ProductView {
    fn from(Current { product, version }: Current) -> Self {
        let variants = product.variants.into_iter().map(|variant| VariantView {
            variant_id: variant.id,
            sku: variant.sku,
            option_values: variant.values,
            opening_price: variant.price,
            compare_at: variant.compare_at,
            tracked: variant.tracked,
            opening_quantity: variant.opening_quantity,
            position: variant.position,
        });
        let media = product.media.into_iter().map(|media| MediaView {
            media_id: media.id,
            url: publish::url(&media.file),
            alt: media.alt,
            position: media.position,
            stand_in: media.stand_in,
        });
        Self {
            product_id: product.id,
            handle: product.handle,
            title: product.title,
            description_html: product.description.as_str().to_owned(),
            category: product.category,
            seller_id: product.seller,
            vendor: product.vendor,
            options: product.options,
            tags: product.tags,
            status: product.status.into(),
            version,
            variants: variants.collect(),
            media: media.collect(),
        }
    }
}

/// Answers with a product and its `ETag`.
pub(super) fn answer(status: StatusCode, current: Current) -> Response {
    let etag: HeaderValue = web::etag(current.version);
    (status, [(header::ETAG, etag)], axum::Json(ProductView::from(current))).into_response()
}

/// A description, sanitized.
pub(super) fn description(check: &mut Check, field: &str, text: &str) -> Option<Html> {
    let html = Html::sanitize(text);
    let fits = text.len() <= 2 * html::LONGEST && html.as_str().len() <= html::LONGEST;
    check.that(fits, field, "expected at most 64 kB of HTML");
    fits.then_some(html)
}

/// A price from one minor unit to ten million units with two digits.
pub(super) fn price(check: &mut Check, field: &str, price: Money) -> Option<Money> {
    let fits = (1..=1_000_000_000).contains(&price.minor());
    check.that(fits, field, "expected 1 to 1000000000 minor units");
    fits.then_some(price)
}

/// An opening stock.
pub(super) fn quantity(check: &mut Check, field: &str, quantity: i64) -> Option<i64> {
    let fits = (0..=10_000_000).contains(&quantity);
    check.that(fits, field, "expected 0 to 10000000 pieces");
    fits.then_some(quantity)
}

/// Lines of text with so many characters each, at most `most` of them.
pub(super) fn lines(
    check: &mut Check,
    field: &str,
    lines: &[String],
    most: usize,
) -> Option<Vec<String>> {
    check.that(lines.len() <= most, field, format!("expected at most {most}"));
    let each = lines.iter().enumerate();
    each.map(|(at, line)| check.text(&format!("{field}[{at}]"), line, 1..=100)).collect()
}
