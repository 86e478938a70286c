//! The prepared documents: what is stale, how they are written, and how one is read.

use std::collections::HashMap;

use contracts::search::Product;
use kernel::ProductId;
use prost::Message as _;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::page::Document;
use crate::domain::view::{BasketVariantView, CategoryView, ProductView};
use crate::error::Error;
use crate::grpc::message;

/// What a note says: a product, a SKU, a category, or everything.
type Note = (Option<ProductId>, Option<String>, Option<String>, Option<bool>);

/// Takes at most `limit` notes of what is stale, and names the products that they mean.
pub(crate) async fn take_stale(
    conn: &mut PgConnection,
    limit: i64,
) -> Result<(usize, Vec<ProductId>), sqlx::Error> {
    let notes: Vec<Note> = sqlx::query_as(
        "delete from stale where id in (select id from stale order by id limit $1)
         returning product_id, sku, category, everything",
    )
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    let products: Vec<ProductId> = notes.iter().filter_map(|note| note.0).collect();
    let skus: Vec<&str> = notes.iter().filter_map(|note| note.1.as_deref()).collect();
    let categories: Vec<&str> = notes.iter().filter_map(|note| note.2.as_deref()).collect();
    let everything = notes.iter().any(|note| note.3 == Some(true));
    // A statement of its own: it sees everything that was committed together with the notes.
    let ids = sqlx::query_scalar(
        "select product_id from unnest($1::uuid[]) as named (product_id)
         union select product_id from variants where sku = any ($2)
         union select product_id from products where category = any ($3) or $4
         order by product_id",
    )
    .bind(&products)
    .bind(&skus)
    .bind(&categories)
    .bind(everything)
    .fetch_all(conn)
    .await?;
    Ok((notes.len(), ids))
}

/// Card and page of these products, as they are now.
pub(crate) async fn prepared(
    conn: &mut PgConnection,
    ids: &[ProductId],
) -> Result<HashMap<ProductId, (String, String)>, sqlx::Error> {
    let rows: Vec<(ProductId, String, String)> =
        sqlx::query_as("select product_id, card, page from documents where product_id = any ($1)")
            .bind(ids)
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(id, card, page)| (id, (card, page))).collect())
}

/// A document with its two JSON forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prepared<'a> {
    pub(crate) document: &'a Document,
    pub(crate) card: &'a str,
    pub(crate) page: &'a str,
    pub(crate) published_at: OffsetDateTime,
}

/// Writes a document. Words of the title count most, then vendor and category, tags, description;
/// each both as it is and as its English stem.
pub(crate) async fn save(
    conn: &mut PgConnection,
    prepared: Prepared<'_>,
) -> Result<(), sqlx::Error> {
    let Document { card, page, text } = prepared.document;
    sqlx::query(
        "insert into documents (product_id, handle, title, category, seller_id, price_minor,
             currency, available, published_at, card, page, page_message, words)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
             setweight(to_tsvector('simple', $3) || to_tsvector('english', $3), 'A')
             || setweight(to_tsvector('simple', $13) || to_tsvector('english', $13), 'B')
             || setweight(to_tsvector('simple', $14) || to_tsvector('english', $14), 'C')
             || setweight(to_tsvector('english', $15), 'D'))
         on conflict (product_id) do update
         set handle = excluded.handle, title = excluded.title, category = excluded.category,
             price_minor = excluded.price_minor, currency = excluded.currency,
             available = excluded.available, published_at = excluded.published_at,
             card = excluded.card, page = excluded.page, page_message = excluded.page_message,
             words = excluded.words",
    )
    .bind(card.product_id)
    .bind(&card.handle)
    .bind(&card.title)
    .bind(&card.category)
    .bind(&page.seller_id)
    .bind(card.price_from.minor())
    .bind(card.price_from.currency().code())
    .bind(card.available)
    .bind(prepared.published_at)
    .bind(prepared.card)
    .bind(prepared.page)
    .bind(message::product(page).encode_to_vec())
    .bind(format!("{} {}", page.vendor, page.category_name))
    .bind(page.tags.join(" "))
    // A tsvector holds 1 MB at most; what comes after so much text finds nobody.
    .bind(text.chars().take(50_000).collect::<String>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes what changes without a change of words: prices, stock, pictures.
pub(crate) async fn save_wordless(
    conn: &mut PgConnection,
    prepared: Prepared<'_>,
) -> Result<(), sqlx::Error> {
    let Document { card, page, .. } = prepared.document;
    sqlx::query(
        "update documents set price_minor = $2, currency = $3, available = $4, card = $5,
             page = $6, page_message = $7
         where product_id = $1",
    )
    .bind(card.product_id)
    .bind(card.price_from.minor())
    .bind(card.price_from.currency().code())
    .bind(card.available)
    .bind(prepared.card)
    .bind(prepared.page)
    .bind(message::product(page).encode_to_vec())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets documents of products that are no longer for sale.
pub(crate) async fn delete(conn: &mut PgConnection, ids: &[ProductId]) -> Result<(), sqlx::Error> {
    sqlx::query("delete from documents where product_id = any ($1)")
        .bind(ids)
        .execute(conn)
        .await?;
    Ok(())
}

/// Says that lists made so far are out of date.
pub(crate) async fn next_generation(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("update generation set number = number + 1").execute(conn).await?;
    Ok(())
}

/// The generation of lists made now.
pub(crate) async fn generation(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select number from generation").fetch_one(conn).await
}

/// The page of a product as JSON, by handle or id.
pub(crate) async fn page(
    conn: &mut PgConnection,
    handle_or_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    match handle_or_id.parse::<ProductId>() {
        Ok(id) => {
            sqlx::query_scalar("select page from documents where product_id = $1")
                .bind(id)
                .fetch_optional(conn)
                .await
        }
        Err(_) => {
            sqlx::query_scalar(
                "select page from documents where handle = $1 order by product_id limit 1",
            )
            .bind(handle_or_id)
            .fetch_optional(conn)
            .await
        }
    }
}

/// The page of a product as a message, by handle or id.
pub(crate) async fn page_message(
    conn: &mut PgConnection,
    handle_or_id: &str,
) -> Result<Option<Product>, Error> {
    let bytes: Option<Vec<u8>> =
        match handle_or_id.parse::<ProductId>() {
            Ok(id) => {
                sqlx::query_scalar("select page_message from documents where product_id = $1")
                    .bind(id)
                    .fetch_optional(conn)
                    .await?
            }
            Err(_) => sqlx::query_scalar(
                "select page_message from documents where handle = $1 order by product_id limit 1",
            )
            .bind(handle_or_id)
            .fetch_optional(conn)
            .await?,
        };
    let page = bytes.map(|bytes| Product::decode(bytes.as_slice())).transpose();
    page.map_err(|error| Error::Corrupt(error.to_string()))
}

/// Variants for a basket, in the order of `skus`; those that nobody offers are left out.
pub(crate) async fn variants(
    conn: &mut PgConnection,
    skus: &[String],
) -> Result<Vec<BasketVariantView>, Error> {
    let pages: Vec<String> = sqlx::query_scalar(
        "select page from documents where product_id in
             (select product_id from variants where sku = any ($1))
         order by product_id",
    )
    .bind(skus)
    .fetch_all(conn)
    .await?;
    let mut known = HashMap::new();
    for page in pages {
        let page: ProductView =
            serde_json::from_str(&page).map_err(|error| Error::Corrupt(error.to_string()))?;
        let image_url = page.media.first().map(|media| media.url.clone()).unwrap_or_default();
        for variant in page.variants {
            known.entry(variant.sku.clone()).or_insert_with(|| BasketVariantView {
                variant,
                product_id: page.product_id,
                product_handle: page.handle.clone(),
                product_title: page.title.clone(),
                image_url: image_url.clone(),
            });
        }
    }
    Ok(skus.iter().filter_map(|sku| known.remove(sku)).collect())
}

/// The categories that have products, in their order.
pub(crate) async fn categories(conn: &mut PgConnection) -> Result<Vec<CategoryView>, sqlx::Error> {
    let rows: Vec<(String, String, i64, String)> = sqlx::query_as(
        "select d.category as slug, coalesce(c.name, d.category) as name, count(*) as products,
             coalesce((array_agg(d.card::jsonb ->> 'image_url' order by d.published_at, d.product_id)
                 filter (where d.card::jsonb ->> 'image_url' <> ''))[1], '') as image_url
         from documents d left join categories c on c.slug = d.category
         group by d.category, c.name, c.position
         order by c.position nulls last, d.category",
    )
    .fetch_all(conn)
    .await?;
    let view = |(slug, name, products, image_url)| CategoryView { slug, name, products, image_url };
    Ok(rows.into_iter().map(view).collect())
}
