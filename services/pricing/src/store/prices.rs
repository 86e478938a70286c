//! `prices`: what a SKU costs in a list. The variant's row is the lock of its prices.

use std::collections::HashMap;

use kernel::{AccountId, Currency, Money, ProductId, Sku};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::price::Price;
use crate::error::Error;

/// The list that everybody pays by.
pub(crate) const DEFAULT: &str = "default";

/// The prices that these SKUs have in the default list of a currency.
pub(crate) async fn find(
    conn: &mut PgConnection,
    skus: &[&Sku],
    currency: Currency,
) -> Result<HashMap<Sku, Price>, Error> {
    let rows: Vec<(Sku, i64, Option<i64>)> = sqlx::query_as(
        "select sku, price_minor, compare_at_minor from prices
         where sku = any($1) and price_list = $2 and currency = $3",
    )
    .bind(skus.iter().map(|sku| sku.as_str()).collect::<Vec<_>>())
    .bind(DEFAULT)
    .bind(currency.code())
    .fetch_all(conn)
    .await?;
    let money = |minor| Money::new(minor, currency);
    let price = |(sku, price, compare_at): (Sku, i64, Option<i64>)| {
        (sku, Price { price: money(price), compare_at: compare_at.map(money) })
    };
    Ok(rows.into_iter().map(price).collect())
}

/// True when the SKU has a price in any list of any currency.
pub(crate) async fn any(conn: &mut PgConnection, sku: &Sku) -> Result<bool, Error> {
    let any = "select exists (select from prices where sku = $1)";
    Ok(sqlx::query_scalar(any).bind(sku).fetch_one(conn).await?)
}

/// Sets prices of different SKUs in the default lists of their currencies, which begin with their
/// first price; gives the version of each SKU's prices after that. The caller holds the locks of the
/// variants.
pub(crate) async fn save(
    conn: &mut PgConnection,
    prices: &[(&Sku, Price)],
) -> Result<HashMap<Sku, i64>, Error> {
    if prices.is_empty() {
        return Ok(HashMap::new());
    }
    let skus: Vec<&str> = prices.iter().map(|(sku, _)| sku.as_str()).collect();
    let currencies: Vec<&str> = prices.iter().map(|(_, one)| one.price.currency().code()).collect();
    let price: Vec<i64> = prices.iter().map(|(_, one)| one.price.minor()).collect();
    let compare_at: Vec<Option<i64>> =
        prices.iter().map(|(_, one)| one.compare_at.map(Money::minor)).collect();
    sqlx::query(
        "insert into price_lists (code, currency) select distinct $1, c from unnest($2::text[]) as c
         on conflict do nothing",
    )
    .bind(DEFAULT)
    .bind(&currencies)
    .execute(&mut *conn)
    .await?;
    let versions: Vec<(Sku, i64)> = sqlx::query_as(
        "with price as (
             insert into prices (price_list, sku, currency, price_minor, compare_at_minor)
             select $1, p.*
             from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) as p
             on conflict (sku, price_list, currency) do update
             set price_minor = excluded.price_minor,
                 compare_at_minor = excluded.compare_at_minor, set_at = now()
         )
         update variants set price_version = price_version + 1 where sku = any($2)
         returning sku, price_version",
    )
    .bind(DEFAULT)
    .bind(&skus)
    .bind(&currencies)
    .bind(price)
    .bind(compare_at)
    .fetch_all(conn)
    .await?;
    Ok(versions.into_iter().collect())
}

/// The SKUs of a seller that have a price in a currency, at most so many; no seller: the shop's own.
pub(crate) async fn of_seller(
    conn: &mut PgConnection,
    seller: Option<AccountId>,
    currency: Currency,
    most: i64,
) -> Result<Vec<Sku>, Error> {
    let all = "select v.sku from variants v join prices x using (sku)
        where v.seller_id = $1 and x.price_list = $2 and x.currency = $3 order by v.sku limit $4";
    Ok(sqlx::query_scalar(all)
        .bind(seller.map(|seller| seller.to_string()).unwrap_or_default())
        .bind(DEFAULT)
        .bind(currency.code())
        .bind(most)
        .fetch_all(conn)
        .await?)
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
