//! Keeps what other services said. Each fact has a version, and an older one changes nothing.

use contracts::catalog::{CategoryDefined, MediaAdded, ProductCreated, VariantAdded};
use kernel::{MediaId, Money, ProductId, VariantId};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// What has to be prepared again because of a fact.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stale<'a> {
    /// One product.
    Product(ProductId),
    /// Whatever product has this SKU.
    Sku(&'a str),
    /// All products of a category.
    Category(&'a str),
}

/// Notes that something has to be prepared again.
pub(crate) async fn mark(conn: &mut PgConnection, stale: Stale<'_>) -> Result<(), sqlx::Error> {
    let (product, sku, category) = match stale {
        Stale::Product(product) => (Some(product), None, None),
        Stale::Sku(sku) => (None, Some(sku), None),
        Stale::Category(slug) => (None, None, Some(slug)),
    };
    sqlx::query("insert into stale (product_id, sku, category) values ($1, $2, $3)")
        .bind(product)
        .bind(sku)
        .bind(category)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a category.
pub(crate) async fn define_category(
    conn: &mut PgConnection,
    category: &CategoryDefined,
    version: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into categories as known (slug, name, position, version) values ($1, $2, $3, $4)
         on conflict (slug) do update
         set name = excluded.name, position = excluded.position, version = excluded.version
         where known.version <= excluded.version",
    )
    .bind(&category.slug)
    .bind(&category.name)
    .bind(category.position)
    .bind(version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a new product; one that is known already stays as it is.
pub(crate) async fn create_product(
    conn: &mut PgConnection,
    id: ProductId,
    product: &ProductCreated,
    version: i64,
) -> Result<(), sqlx::Error> {
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
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a further version of a product. False: it is older than what is known, or of no known
/// product, and must change nothing. Events of one change share a version.
pub(crate) async fn advance(
    conn: &mut PgConnection,
    id: ProductId,
    version: i64,
) -> Result<bool, sqlx::Error> {
    let taken =
        sqlx::query("update products set version = $2 where product_id = $1 and version <= $2")
            .bind(id)
            .bind(version)
            .execute(conn)
            .await?;
    Ok(taken.rows_affected() == 1)
}

/// A part of a product that is one text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    Title,
    Description,
    Category,
}

/// Changes a text of a product.
pub(crate) async fn change_text(
    conn: &mut PgConnection,
    id: ProductId,
    what: Text,
    text: &str,
) -> Result<(), sqlx::Error> {
    let statement = match what {
        Text::Title => "update products set title = $2 where product_id = $1",
        Text::Description => "update products set description_html = $2 where product_id = $1",
        Text::Category => "update products set category = $2 where product_id = $1",
    };
    sqlx::query(statement).bind(id).bind(text).execute(conn).await?;
    Ok(())
}

/// Puts a product on sale; its place among the newest is that of the first time.
pub(crate) async fn publish(
    conn: &mut PgConnection,
    id: ProductId,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update products set state = 'published', published_at = coalesce(published_at, $2)
         where product_id = $1",
    )
    .bind(id)
    .bind(at)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a product off sale.
pub(crate) async fn archive(conn: &mut PgConnection, id: ProductId) -> Result<(), sqlx::Error> {
    sqlx::query("update products set state = 'archived' where product_id = $1")
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a variant.
pub(crate) async fn add_variant(
    conn: &mut PgConnection,
    product: ProductId,
    id: VariantId,
    variant: &VariantAdded,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into variants (product_id, sku, variant_id, option_values, tracked, position)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (product_id, sku) do update
         set variant_id = excluded.variant_id, option_values = excluded.option_values,
             tracked = excluded.tracked, position = excluded.position",
    )
    .bind(product)
    .bind(&variant.sku)
    .bind(id)
    .bind(&variant.option_values)
    .bind(variant.tracked)
    .bind(variant.position)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a variant.
pub(crate) async fn remove_variant(
    conn: &mut PgConnection,
    product: ProductId,
    sku: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("delete from variants where product_id = $1 and sku = $2")
        .bind(product)
        .bind(sku)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a picture. A picture that was replaced meanwhile is not taken back.
pub(crate) async fn add_media(
    conn: &mut PgConnection,
    product: ProductId,
    id: MediaId,
    media: &MediaAdded,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into media (media_id, product_id, url, alt, position) values ($1, $2, $3, $4, $5)
         on conflict (media_id) do nothing",
    )
    .bind(id)
    .bind(product)
    .bind(&media.url)
    .bind(&media.alt)
    .bind(media.position)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a picture another address.
pub(crate) async fn replace_media(
    conn: &mut PgConnection,
    id: MediaId,
    url: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("update media set url = $2 where media_id = $1")
        .bind(id)
        .bind(url)
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps a price, unless a newer one is known.
pub(crate) async fn set_price(
    conn: &mut PgConnection,
    sku: &str,
    price: Money,
    compare_at: Option<Money>,
    version: i64,
) -> Result<(), sqlx::Error> {
    let compare_at = compare_at.filter(|money| money.currency() == price.currency());
    sqlx::query(
        "insert into prices as known (sku, version, price_minor, compare_at_minor, currency)
         values ($1, $2, $3, $4, $5)
         on conflict (sku) do update
         set version = excluded.version, price_minor = excluded.price_minor,
             compare_at_minor = excluded.compare_at_minor, currency = excluded.currency
         where known.version <= excluded.version",
    )
    .bind(sku)
    .bind(version)
    .bind(price.minor())
    .bind(compare_at.map(Money::minor))
    .bind(price.currency().code())
    .execute(conn)
    .await?;
    Ok(())
}

/// What is left of a SKU.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// It is counted.
    pub(crate) tracked: bool,
    /// On hand and not reserved.
    pub(crate) available: i64,
}

/// Keeps a stock level, unless a newer one is known.
pub(crate) async fn set_stock(
    conn: &mut PgConnection,
    sku: &str,
    level: Level,
    version: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into stock as known (sku, version, tracked, available) values ($1, $2, $3, $4)
         on conflict (sku) do update
         set version = excluded.version, tracked = excluded.tracked,
             available = excluded.available
         where known.version <= excluded.version",
    )
    .bind(sku)
    .bind(version)
    .bind(level.tracked)
    .bind(level.available)
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use sqlx::PgPool;

    use super::*;

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn an_older_fact_changes_nothing(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let money = |minor| Money::new(minor, Currency::EUR);
        let level = |available| Level { tracked: true, available };
        let named =
            |name: &str| CategoryDefined { slug: "a".into(), name: name.into(), position: 1 };

        for (version, amount) in [(2, 20), (1, 10)] {
            set_price(&mut conn, "a", money(amount), None, version).await.unwrap();
            set_stock(&mut conn, "a", level(amount), version).await.unwrap();
            define_category(&mut conn, &named(&amount.to_string()), version).await.unwrap();
        }

        let kept: (i64, i64, String) =
            sqlx::query_as("select price_minor, available, name from prices, stock, categories")
                .fetch_one(&mut *conn)
                .await
                .unwrap();
        assert_eq!(kept, (20, 20, "20".to_owned()));
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_product_only_goes_forward(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();
        let id = ProductId::derived(b"a");
        create_product(&mut conn, id, &ProductCreated::default(), 1).await.unwrap();

        assert!(advance(&mut conn, id, 3).await.unwrap());
        assert!(advance(&mut conn, id, 3).await.unwrap());
        assert!(!advance(&mut conn, id, 2).await.unwrap());
        assert!(!advance(&mut conn, ProductId::derived(b"b"), 4).await.unwrap());
    }
}
