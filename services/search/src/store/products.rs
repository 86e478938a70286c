//! Keeps what catalog said of products, many changes at once. A product only goes forward: what is older
//! than the version that is known changes nothing.

use std::collections::{BTreeMap, HashMap};

use contracts::catalog::{MediaAdded, ProductCreated, VariantAdded};
use kernel::{MediaId, ProductId, VariantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Keeps new products; one that is known already stays as it is.
pub(crate) async fn create(
    conn: &mut PgConnection,
    created: &BTreeMap<ProductId, (i64, &ProductCreated)>,
) -> Result<(), sqlx::Error> {
    for (id, (version, product)) in created {
        sqlx::query(
            "insert into products (product_id, version, handle, title, description_html, category,
                 seller_id, vendor, options, tags)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (product_id) do nothing",
        )
        .bind(id)
        .bind(version)
        .bind(&product.handle)
        .bind(&product.title)
        .bind(&product.description_html)
        .bind(&product.category)
        .bind(&product.seller_id)
        .bind(&product.vendor)
        .bind(&product.options)
        .bind(&product.tags)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// The versions of products, which are locked.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    ids: &[ProductId],
) -> Result<HashMap<ProductId, i64>, sqlx::Error> {
    let rows: Vec<(ProductId, i64)> = sqlx::query_as(
        "select product_id, version from products where product_id = any ($1)
         order by product_id for update",
    )
    .bind(ids)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

/// What becomes of a product itself.
#[derive(Debug, Default)]
pub(crate) struct Change<'a> {
    pub(crate) version: i64,
    pub(crate) title: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) category: Option<&'a str>,
    pub(crate) state: Option<&'static str>,
    /// When it was put on sale, the first time: its place among the newest.
    pub(crate) published_at: Option<OffsetDateTime>,
}

/// Changes products.
pub(crate) async fn change(
    conn: &mut PgConnection,
    changes: &BTreeMap<ProductId, Change<'_>>,
) -> Result<(), sqlx::Error> {
    let ids: Vec<ProductId> = changes.keys().copied().collect();
    let text = |of: fn(&Change<'_>) -> Option<String>| changes.values().map(of).collect::<Vec<_>>();
    sqlx::query(
        "update products p
         set version = c.version, title = coalesce(c.title, p.title),
             description_html = coalesce(c.description, p.description_html),
             category = coalesce(c.category, p.category), state = coalesce(c.state, p.state),
             published_at = coalesce(p.published_at, c.published_at)
         from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                     $7::timestamptz[])
             as c (product_id, version, title, description, category, state, published_at)
         where p.product_id = c.product_id",
    )
    .bind(ids)
    .bind(changes.values().map(|change| change.version).collect::<Vec<_>>())
    .bind(text(|change| change.title.map(str::to_owned)))
    .bind(text(|change| change.description.map(str::to_owned)))
    .bind(text(|change| change.category.map(str::to_owned)))
    .bind(text(|change| change.state.map(str::to_owned)))
    .bind(changes.values().map(|change| change.published_at).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Variants by product and SKU, each with what it is now; nothing if it was removed.
pub(crate) type Variants<'a> =
    BTreeMap<(ProductId, &'a str), Option<(VariantId, &'a VariantAdded)>>;

/// Keeps variants and forgets those that were removed.
pub(crate) async fn keep_variants(
    conn: &mut PgConnection,
    variants: &Variants<'_>,
) -> Result<(), sqlx::Error> {
    let (mut gone, mut products) = (Vec::new(), Vec::new());
    for ((product, sku), variant) in variants {
        let Some((id, variant)) = variant else {
            products.push(*product);
            gone.push(*sku);
            continue;
        };
        sqlx::query(
            "insert into variants (product_id, sku, variant_id, option_values, tracked, position)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (product_id, sku) do update
             set variant_id = excluded.variant_id, option_values = excluded.option_values,
                 tracked = excluded.tracked, position = excluded.position",
        )
        .bind(product)
        .bind(sku)
        .bind(id)
        .bind(&variant.option_values)
        .bind(variant.tracked)
        .bind(variant.position)
        .execute(&mut *conn)
        .await?;
    }
    if !gone.is_empty() {
        let forget = "delete from variants
             where (product_id, sku) in (select * from unnest($1::uuid[], $2::text[]))";
        sqlx::query(forget).bind(products).bind(gone).execute(conn).await?;
    }
    Ok(())
}

/// Keeps pictures. A picture that was replaced meanwhile is not taken back.
pub(crate) async fn add_media(
    conn: &mut PgConnection,
    media: &[(ProductId, MediaId, &MediaAdded)],
) -> Result<(), sqlx::Error> {
    if media.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into media (product_id, media_id, url, alt, position)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[])
         on conflict (media_id) do nothing",
    )
    .bind(media.iter().map(|(product, ..)| *product).collect::<Vec<_>>())
    .bind(media.iter().map(|(_, id, _)| *id).collect::<Vec<_>>())
    .bind(media.iter().map(|(.., media)| media.url.as_str()).collect::<Vec<_>>())
    .bind(media.iter().map(|(.., media)| media.alt.as_str()).collect::<Vec<_>>())
    .bind(media.iter().map(|(.., media)| media.position).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives pictures other addresses.
pub(crate) async fn replace_media(
    conn: &mut PgConnection,
    urls: &BTreeMap<MediaId, &str>,
) -> Result<(), sqlx::Error> {
    if urls.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update media m set url = r.url from unnest($1::uuid[], $2::text[]) as r (media_id, url)
         where m.media_id = r.media_id",
    )
    .bind(urls.keys().copied().collect::<Vec<_>>())
    .bind(urls.values().copied().collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}
