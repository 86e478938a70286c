//! Reads all that is known of some products, to prepare their documents.

use std::collections::HashMap;

use kernel::{Money, ProductId, VariantId};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;

use crate::domain::page::{Facts, VariantFacts};
use crate::domain::view::MediaView;
use crate::error::Error;

#[derive(FromRow)]
struct ProductRow {
    product_id: ProductId,
    handle: String,
    title: String,
    description_html: String,
    category: String,
    category_name: String,
    seller_id: String,
    vendor: String,
    options: Vec<String>,
    tags: Vec<String>,
    published: bool,
    published_at: Option<OffsetDateTime>,
}

#[derive(FromRow)]
struct VariantRow {
    product_id: ProductId,
    variant_id: VariantId,
    sku: String,
    option_values: Vec<String>,
    tracked: bool,
    price_minor: Option<i64>,
    compare_at_minor: Option<i64>,
    currency: Option<String>,
    counted: Option<bool>,
    available: Option<i64>,
}

/// What is known of a product, and since when it is for sale.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) facts: Facts,
    pub(crate) published_at: Option<OffsetDateTime>,
}

/// All that is known of these products.
pub(crate) async fn find(conn: &mut PgConnection, ids: &[ProductId]) -> Result<Vec<Known>, Error> {
    let mut variants = variants(conn, ids).await?;
    let mut media = media(conn, ids).await?;
    let products: Vec<ProductRow> = sqlx::query_as(
        "select p.product_id, p.handle, p.title, p.description_html, p.category,
             coalesce(c.name, p.category) as category_name, p.seller_id, p.vendor, p.options,
             p.tags, p.state = 'published' as published, p.published_at
         from products p left join categories c on c.slug = p.category
         where p.product_id = any ($1)",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(products
        .into_iter()
        .map(|row| Known {
            published_at: row.published_at,
            facts: Facts {
                variants: variants.remove(&row.product_id).unwrap_or_default(),
                media: media.remove(&row.product_id).unwrap_or_default(),
                product_id: row.product_id,
                handle: row.handle,
                title: row.title,
                description_html: row.description_html,
                category: row.category,
                category_name: row.category_name,
                seller_id: row.seller_id,
                vendor: row.vendor,
                options: row.options,
                tags: row.tags,
                published: row.published,
            },
        })
        .collect())
}

async fn variants(
    conn: &mut PgConnection,
    ids: &[ProductId],
) -> Result<HashMap<ProductId, Vec<VariantFacts>>, Error> {
    let rows: Vec<VariantRow> = sqlx::query_as(
        "select v.product_id, v.variant_id, v.sku, v.option_values, v.tracked, p.price_minor,
             p.compare_at_minor, p.currency, s.tracked as counted, s.available
         from variants v
         left join prices p on p.sku = v.sku
         left join stock s on s.sku = v.sku
         where v.product_id = any ($1)
         order by v.position, v.sku",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut variants: HashMap<ProductId, Vec<VariantFacts>> = HashMap::new();
    for row in rows {
        let currency = row.currency.as_deref().map(str::parse).transpose();
        let currency = currency.map_err(|error| Error::Corrupt(format!("{}: {error}", row.sku)))?;
        let money = |minor: Option<i64>| Some(Money::new(minor?, currency?));
        variants.entry(row.product_id).or_default().push(VariantFacts {
            variant_id: row.variant_id,
            price: money(row.price_minor),
            compare_at: money(row.compare_at_minor),
            stock: row.counted.zip(row.available),
            sku: row.sku,
            option_values: row.option_values,
            tracked: row.tracked,
        });
    }
    Ok(variants)
}

async fn media(
    conn: &mut PgConnection,
    ids: &[ProductId],
) -> Result<HashMap<ProductId, Vec<MediaView>>, sqlx::Error> {
    let rows: Vec<(ProductId, String, String)> = sqlx::query_as(
        "select product_id, url, alt from media where product_id = any ($1)
         order by position, media_id",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    let mut media: HashMap<ProductId, Vec<MediaView>> = HashMap::new();
    for (product, url, alt) in rows {
        media.entry(product).or_default().push(MediaView { url, alt });
    }
    Ok(media)
}
