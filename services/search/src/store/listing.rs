//! Lists products with their facets: one statement for everything that a page of a list shows.

use kernel::{Currency, ProductId};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection};

use crate::domain::band;
use crate::domain::cursor::Cursor;
use crate::domain::view::{CardView, FacetView, FacetsView, ListView};
use crate::domain::words::Words;
use crate::error::Error;
use crate::listing::Listing;

/// Fewer matches than that, and words that look similar are tried as well.
const FEW: i64 = 3;

/// The statement, over the products that `$source` selects. `matched` holds what words and seller leave;
/// each facet then applies the other filters, so that its counts say what choosing it would give.
macro_rules! statement {
    ($relevance:literal, $source:literal) => {
        concat!(
            "with matched as materialized (
                select product_id, category, price_minor, currency, available,
                    case $3
                        when 'price_ascending' then price_minor
                        when 'price_descending' then -price_minor
                        when 'relevance' then ",
            $relevance,
            "           else -(extract(epoch from published_at) * 1000000)::bigint
                    end as key
                from documents
                where ($4 = '' or seller_id = $4) and ",
            $source,
            "),
            kept as (
                select * from matched
                where ($5 = '' or category = $5) and price_minor between $6 and $7
                    and (available or not $8)
            ),
            page as (
                select key, product_id from kept
                where $9::bigint is null or (key, product_id) > ($9, $10::uuid)
                order by key, product_id limit $11
            )
            select
                (select count(*) from kept) as total,
                (select count(*) from kept where available) as in_stock,
                (select max(currency) from matched) as currency,
                (select coalesce(json_agg(json_build_object(
                        'value', slug, 'label', name, 'count', products) order by position, slug), '[]')
                    from (
                        select m.category as slug, coalesce(c.name, m.category) as name,
                            coalesce(c.position, 2147483647) as position, count(*) as products
                        from matched m left join categories c on c.slug = m.category
                        where m.price_minor between $6 and $7 and (m.available or not $8)
                        group by 1, 2, 3
                    ) as by_category) as categories,
                (select coalesce(json_agg(json_build_array(band, products) order by band), '[]')
                    from (
                        select width_bucket(price_minor, $12::bigint[]) - 1 as band,
                            count(*) as products
                        from matched
                        where ($5 = '' or category = $5) and (available or not $8)
                        group by 1
                    ) as by_price) as bands,
                coalesce((select array_agg(d.card order by p.key, p.product_id)
                    from page p join documents d using (product_id)), '{}') as cards,
                coalesce((select array_agg(key order by key, product_id) from page), '{}') as keys"
        )
    };
}

const EVERYTHING: &str = statement!(
    "-(extract(epoch from published_at) * 1000000)::bigint ",
    "$1::text is null and $2::text is null"
);
const BY_WORDS: &str = statement!(
    "-(ts_rank(words, to_tsquery('simple', $1) || to_tsquery('english', $1)) * 1000000)::bigint ",
    "words @@ (to_tsquery('simple', $1) || to_tsquery('english', $1)) and $2::text is null"
);
const BY_SIMILARITY: &str = statement!(
    "-((ts_rank(words, to_tsquery('simple', $1) || to_tsquery('english', $1))
        + word_similarity($2, title)) * 1000000)::bigint ",
    "(words @@ (to_tsquery('simple', $1) || to_tsquery('english', $1)) or $2 <% title)"
);

#[derive(FromRow)]
struct Row {
    total: i64,
    in_stock: i64,
    currency: Option<String>,
    categories: Json<Vec<FacetView>>,
    /// Index of the band, products.
    bands: Json<Vec<(usize, i64)>>,
    cards: Vec<String>,
    keys: Vec<i64>,
}

/// One page of a list. Typing errors are forgiven when the words as they stand find nearly nothing.
pub(crate) async fn list(conn: &mut PgConnection, listing: &Listing) -> Result<ListView, Error> {
    let Some(words) = Words::of(&listing.query) else {
        // Something was asked that has no words: there is no such thing.
        if !listing.query.trim().is_empty() {
            return Ok(nothing());
        }
        return view(listing, select(conn, EVERYTHING, listing, None, None).await?);
    };
    let query = Some(words.query());
    let row = select(conn, BY_WORDS, listing, query.clone(), None).await?;
    if row.total >= FEW {
        return view(listing, row);
    }
    use sqlx::Connection as _;
    let mut tx = conn.begin().await?;
    // Two letters of five changed places leave a third of the trigrams.
    sqlx::query("select set_config('pg_trgm.word_similarity_threshold', '0.3', true)")
        .execute(&mut *tx)
        .await?;
    let row = select(&mut tx, BY_SIMILARITY, listing, query, Some(words.plain())).await?;
    tx.commit().await?;
    view(listing, row)
}

async fn select(
    conn: &mut PgConnection,
    statement: &'static str,
    listing: &Listing,
    query: Option<String>,
    plain: Option<String>,
) -> Result<Row, sqlx::Error> {
    sqlx::query_as(statement)
        .bind(query)
        .bind(plain)
        .bind(listing.sort.name())
        .bind(&listing.seller)
        .bind(&listing.category)
        .bind(listing.min_price_minor)
        .bind(listing.max_price_minor)
        .bind(listing.in_stock)
        .bind(listing.after.map(|after| after.key))
        .bind(listing.after.map(|after| after.id))
        .bind(listing.limit + 1)
        .bind(&band::STARTS[..])
        .fetch_one(conn)
        .await
}

fn view(listing: &Listing, row: Row) -> Result<ListView, Error> {
    let corrupt = |error: serde_json::Error| Error::Corrupt(error.to_string());
    let cards: Result<Vec<CardView>, Error> =
        row.cards.iter().map(|card| serde_json::from_str(card).map_err(corrupt)).collect();
    let mut items = cards?;
    let limit = usize::try_from(listing.limit).unwrap_or(1);
    let more = items.len() > limit;
    items.truncate(limit);
    let last: Option<(i64, ProductId)> = limit
        .checked_sub(1)
        .and_then(|last| Some((*row.keys.get(last)?, items.get(last)?.product_id)));
    let next = last.filter(|_| more).map(|(key, id)| Cursor { key, id }.to_string());
    let currency = row.currency.as_deref().and_then(|code| code.parse().ok());
    let currency = currency.unwrap_or(Currency::EUR);
    let prices = row.bands.0.into_iter();
    let prices = prices.filter_map(|(index, count)| band::facet(index, currency, count)).collect();
    let facets = FacetsView { categories: row.categories.0, prices, in_stock: row.in_stock };
    Ok(ListView { items, total: row.total, facets, next })
}

fn nothing() -> ListView {
    let facets = FacetsView { categories: Vec::new(), prices: Vec::new(), in_stock: 0 };
    ListView { items: Vec::new(), total: 0, facets, next: None }
}
