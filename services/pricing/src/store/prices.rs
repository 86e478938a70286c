//! `prices`: what a SKU costs in a list. The variant's row is the lock of its prices.

use kernel::{Currency, Money, ProductId, Sku};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;

/// The list that everybody pays by.
pub(crate) const DEFAULT: &str = "default";

/// A price, and the higher one it is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
}

/// The price of a SKU in the default list of a currency.
pub(crate) async fn find(
    conn: &mut PgConnection,
    sku: &Sku,
    currency: Currency,
) -> Result<Option<Price>, Error> {
    let row: Option<(i64, Option<i64>)> = sqlx::query_as(
        "select price_minor, compare_at_minor from prices
         where sku = $1 and price_list = $2 and currency = $3",
    )
    .bind(sku)
    .bind(DEFAULT)
    .bind(currency.code())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(price, compare_at)| Price {
        price: Money::new(price, currency),
        compare_at: compare_at.map(|minor| Money::new(minor, currency)),
    }))
}

/// True when the SKU has a price in any list of any currency.
pub(crate) async fn any(conn: &mut PgConnection, sku: &Sku) -> Result<bool, Error> {
    let any = "select exists (select from prices where sku = $1)";
    Ok(sqlx::query_scalar(any).bind(sku).fetch_one(conn).await?)
}

/// Sets a price in the default list of its currency, which begins with its first price; gives the
/// version of the SKU's prices after that. The caller holds the variant's lock.
pub(crate) async fn save(conn: &mut PgConnection, sku: &Sku, price: Price) -> Result<i64, Error> {
    let currency = price.price.currency();
    sqlx::query("insert into price_lists (code, currency) values ($1, $2) on conflict do nothing")
        .bind(DEFAULT)
        .bind(currency.code())
        .execute(&mut *conn)
        .await?;
    let version = sqlx::query_scalar(
        "with price as (
             insert into prices (price_list, currency, sku, price_minor, compare_at_minor)
             values ($1, $2, $3, $4, $5)
             on conflict (sku, price_list, currency) do update
             set price_minor = excluded.price_minor,
                 compare_at_minor = excluded.compare_at_minor, set_at = now()
         )
         update variants set price_version = price_version + 1 where sku = $3
         returning price_version",
    )
    .bind(DEFAULT)
    .bind(currency.code())
    .bind(sku)
    .bind(price.price.minor())
    .bind(price.compare_at.map(Money::minor))
    .fetch_one(conn)
    .await?;
    Ok(version)
}

/// A price for people.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) sku: Sku,
    pub(crate) product_id: ProductId,
    pub(crate) title: String,
    pub(crate) variant_title: String,
    pub(crate) for_sale: bool,
    pub(crate) version: i64,
    pub(crate) currency: String,
    pub(crate) price_minor: i64,
    pub(crate) compare_at_minor: Option<i64>,
    pub(crate) set_at: OffsetDateTime,
}

/// Which prices a list shows.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) sku: Option<&'a str>,
    /// Part of a SKU or title, any case.
    pub(crate) text: Option<&'a str>,
    /// The SKU and currency that came last.
    pub(crate) after: (&'a str, &'a str),
    pub(crate) limit: i64,
}

/// Lists prices of the default list by SKU and currency, one more than `limit` when there are more.
pub(crate) async fn list(
    conn: &mut PgConnection,
    filter: Filter<'_>,
) -> Result<Vec<Listed>, Error> {
    let listed = sqlx::query_as(
        "select v.sku, v.product_id, p.title, v.variant_title,
             v.offered and p.published as for_sale, v.price_version as version,
             x.currency, x.price_minor, x.compare_at_minor, x.set_at
         from prices x join variants v using (sku) join products p using (product_id)
         where x.price_list = $1 and (x.sku, x.currency) > ($2, $3)
             and ($4::text is null or x.sku = $4)
             and ($5::text is null or strpos(lower(x.sku || ' ' || p.title), lower($5)) > 0)
         order by x.sku, x.currency limit $6 + 1",
    )
    .bind(DEFAULT)
    .bind(filter.after.0)
    .bind(filter.after.1)
    .bind(filter.sku)
    .bind(filter.text)
    .bind(filter.limit)
    .fetch_all(conn)
    .await?;
    Ok(listed)
}
