//! Which versions of what others wrote are known, and whether documents are prepared of them.

use kernel::ProductId;
use sqlx::PgConnection;

/// Whose version is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About<'a> {
    /// A product.
    Product(ProductId),
    /// The price of a SKU.
    Price(&'a str),
    /// The stock of a SKU.
    Stock(&'a str),
    /// A category.
    Category(&'a str),
    /// Nothing that is kept here.
    Nothing,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Known {
    /// The version; 0 if there is none.
    pub(crate) version: i64,
    /// Of a product: pricing and inventory have said their first word on each of its variants, which they
    /// do when they hear of it. Without that it is not for sale, or sold out.
    pub(crate) whole: bool,
    /// The last note, no later than asked for, that says that documents of it are stale.
    pub(crate) last_note: Option<i64>,
}

/// What is known of each, in the same order, and of its notes up to a number. One statement, so that the
/// facts are those that the notes are about: both are committed together.
pub(crate) async fn find(
    conn: &mut PgConnection,
    asked: &[(About<'_>, Option<i64>)],
) -> Result<Vec<Known>, sqlx::Error> {
    let column = |of: for<'a> fn(About<'a>) -> Option<&'a str>| -> Vec<Option<&str>> {
        asked.iter().map(|(about, _)| of(*about)).collect()
    };
    let products: Vec<Option<ProductId>> = asked
        .iter()
        .map(|(about, _)| if let About::Product(id) = about { Some(*id) } else { None })
        .collect();
    let prices = column(|about| if let About::Price(sku) = about { Some(sku) } else { None });
    let stock = column(|about| if let About::Stock(sku) = about { Some(sku) } else { None });
    let categories =
        column(|about| if let About::Category(slug) = about { Some(slug) } else { None });
    let notes: Vec<i64> = asked.iter().map(|(_, note)| note.unwrap_or(i64::MAX)).collect();
    sqlx::query_as(
        "select coalesce(p.version, r.version, s.version, c.version, 0) as version,
             not exists (
                 select from variants v
                     left join prices vr on vr.sku = v.sku left join stock vs on vs.sku = v.sku
                 where v.product_id = a.product and (vr.sku is null or vs.sku is null)
             ) as whole,
             (select max(n.id) from stale n
              where n.id <= a.note and (
                  n.everything or n.product_id = a.product or n.category = a.category
                  or n.sku in (a.price, a.stock)
                  or n.sku in (select v.sku from variants v where v.product_id = a.product)
              )) as last_note
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
             with ordinality as a (product, price, stock, category, note, number)
         left join products p on p.product_id = a.product
         left join prices r on r.sku = a.price
         left join stock s on s.sku = a.stock
         left join categories c on c.slug = a.category
         order by a.number",
    )
    .bind(products)
    .bind(prices)
    .bind(stock)
    .bind(categories)
    .bind(notes)
    .fetch_all(conn)
    .await
}
