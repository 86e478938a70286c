//! Keeps what other services said of SKUs and categories, many facts at once. Each fact has a version,
//! and an older one changes nothing.

use std::collections::BTreeMap;

use contracts::catalog::CategoryDefined;
use kernel::{Money, ProductId};
use sqlx::PgConnection;

/// Facts by what they are about, each with its version; of several the newest, of equals the last.
#[derive(Debug)]
pub(crate) struct Newest<'a, F>(BTreeMap<&'a str, (i64, F)>);

impl<F> Default for Newest<'_, F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'a, F> Newest<'a, F> {
    /// Takes another fact, unless a newer one is there.
    pub(crate) fn put(&mut self, about: &'a str, version: i64, fact: F) {
        if self.0.get(about).is_none_or(|(known, _)| *known <= version) {
            self.0.insert(about, (version, fact));
        }
    }

    /// What the facts are about.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        self.0.keys().copied().collect()
    }

    /// One column of the facts.
    fn column<'f, C>(&'f self, of: impl Fn(&'f F) -> C) -> Vec<C> {
        self.0.values().map(|(_, fact)| of(fact)).collect()
    }

    fn versions(&self) -> Vec<i64> {
        self.0.values().map(|(version, _)| *version).collect()
    }
}

/// What has to be prepared again because of facts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stale<'a> {
    /// These products.
    Products(&'a [ProductId]),
    /// Whatever products have these SKUs.
    Skus(&'a [&'a str]),
    /// All products of these categories.
    Categories(&'a [&'a str]),
}

/// Notes that something has to be prepared again, unless there is a note that everything has. Whoever
/// takes that one away is waited for: he may not have seen these facts.
pub(crate) async fn mark(conn: &mut PgConnection, stale: Stale<'_>) -> Result<(), sqlx::Error> {
    let all = "select exists (select from stale where everything for share)";
    if sqlx::query_scalar(all).fetch_one(&mut *conn).await? {
        return Ok(());
    }
    let note = match stale {
        Stale::Products(products) => {
            sqlx::query("insert into stale (product_id) select unnest($1::uuid[])").bind(products)
        }
        Stale::Skus(skus) => {
            sqlx::query("insert into stale (sku) select unnest($1::text[])").bind(skus)
        }
        Stale::Categories(slugs) => {
            sqlx::query("insert into stale (category) select unnest($1::text[])").bind(slugs)
        }
    };
    note.execute(conn).await?;
    Ok(())
}

/// Keeps categories.
pub(crate) async fn define_categories(
    conn: &mut PgConnection,
    categories: &Newest<'_, &CategoryDefined>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into categories as known (slug, version, name, position)
         select * from unnest($1::text[], $2::bigint[], $3::text[], $4::integer[])
         on conflict (slug) do update
         set name = excluded.name, position = excluded.position, version = excluded.version
         where known.version <= excluded.version",
    )
    .bind(categories.names())
    .bind(categories.versions())
    .bind(categories.column(|category| category.name.as_str()))
    .bind(categories.column(|category| category.position))
    .execute(conn)
    .await?;
    Ok(())
}

/// What a SKU costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
}

/// Keeps prices, unless newer ones are known.
pub(crate) async fn set_prices(
    conn: &mut PgConnection,
    prices: &Newest<'_, Price>,
) -> Result<(), sqlx::Error> {
    let compare_at = |price: &Price| {
        let currency = price.price.currency();
        price.compare_at.filter(|money| money.currency() == currency).map(Money::minor)
    };
    sqlx::query(
        "insert into prices as known (sku, version, price_minor, compare_at_minor, currency)
         select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
         on conflict (sku) do update
         set version = excluded.version, price_minor = excluded.price_minor,
             compare_at_minor = excluded.compare_at_minor, currency = excluded.currency
         where known.version <= excluded.version",
    )
    .bind(prices.names())
    .bind(prices.versions())
    .bind(prices.column(|price| price.price.minor()))
    .bind(prices.column(compare_at))
    .bind(prices.column(|price| price.price.currency().code()))
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

/// Keeps stock levels, unless newer ones are known.
pub(crate) async fn set_stock(
    conn: &mut PgConnection,
    levels: &Newest<'_, Level>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into stock as known (sku, version, tracked, available)
         select * from unnest($1::text[], $2::bigint[], $3::boolean[], $4::bigint[])
         on conflict (sku) do update
         set version = excluded.version, tracked = excluded.tracked,
             available = excluded.available
         where known.version <= excluded.version",
    )
    .bind(levels.names())
    .bind(levels.versions())
    .bind(levels.column(|level| level.tracked))
    .bind(levels.column(|level| level.available))
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use sqlx::PgPool;

    use super::*;

    async fn keep(conn: &mut PgConnection, facts: &[(i64, i64)]) {
        let named =
            |n: &i64| CategoryDefined { slug: "a".into(), name: n.to_string(), position: 1 };
        let names: Vec<CategoryDefined> = facts.iter().map(|(_, n)| named(n)).collect();
        let (mut prices, mut levels) = (Newest::default(), Newest::default());
        let mut categories = Newest::default();
        for ((version, n), name) in facts.iter().zip(&names) {
            let price = Money::new(*n, Currency::EUR);
            prices.put("a", *version, Price { price, compare_at: None });
            levels.put("a", *version, Level { tracked: true, available: *n });
            categories.put("a", *version, name);
        }
        set_prices(conn, &prices).await.unwrap();
        set_stock(conn, &levels).await.unwrap();
        define_categories(conn, &categories).await.unwrap();
    }

    async fn kept(conn: &mut PgConnection) -> (i64, i64, String) {
        let kept = "select price_minor, available, name from prices, stock, categories";
        sqlx::query_as(kept).fetch_one(conn).await.unwrap()
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn an_older_fact_changes_nothing_whether_it_comes_together_or_later(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();

        keep(&mut conn, &[(1, 10), (3, 30), (2, 20)]).await;
        let together = kept(&mut conn).await;
        keep(&mut conn, &[(2, 20)]).await;

        assert_eq!(together, (30, 30, "30".to_owned()));
        assert_eq!(kept(&mut conn).await, together);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn of_one_version_the_last_fact_counts(db: PgPool) {
        let mut conn = db.acquire().await.unwrap();

        keep(&mut conn, &[(1, 10), (1, 11)]).await;
        let together = kept(&mut conn).await;
        keep(&mut conn, &[(1, 12)]).await;

        assert_eq!(together, (11, 11, "11".to_owned()));
        assert_eq!(kept(&mut conn).await, (12, 12, "12".to_owned()));
    }
}
