//! Products with their variants and media.

mod row;

use kernel::{AccountId, ProductId};
use sqlx::PgConnection;

use self::row::{MediaRow, ProductRow, VariantRow};
use super::{pictures, variants};
use crate::app::Current;
use crate::domain::product::{Event, Product, Status};
use crate::error::Error;

/// Finds a product.
pub(crate) async fn find(conn: &mut PgConnection, id: ProductId) -> Result<Option<Current>, Error> {
    let one = sqlx::query_as("select * from products where id = $1").bind(id);
    let row: Option<ProductRow> = one.fetch_optional(&mut *conn).await?;
    Ok(whole(conn, row.into_iter().collect()).await?.pop())
}

/// Finds a product and keeps others from changing it until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, id: ProductId) -> Result<Option<Current>, Error> {
    let one = sqlx::query_as("select * from products where id = $1 for update").bind(id);
    let row: Option<ProductRow> = one.fetch_optional(&mut *conn).await?;
    Ok(whole(conn, row.into_iter().collect()).await?.pop())
}

/// The product of a handle.
pub(crate) async fn by_handle(
    conn: &mut PgConnection,
    handle: &str,
) -> Result<Option<ProductId>, Error> {
    let one = "select id from products where handle = $1";
    Ok(sqlx::query_scalar(one).bind(handle).fetch_optional(conn).await?)
}

/// What a list of products is narrowed to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) seller: Option<AccountId>,
    /// A piece of the title, the handle or a SKU.
    pub(crate) words: Option<String>,
    pub(crate) status: Option<Status>,
    /// Older than this one.
    pub(crate) before: Option<ProductId>,
}

/// Products, newest first.
pub(crate) async fn list(
    conn: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Current>, Error> {
    let like = filter.words.as_ref().map(|words| {
        let plain = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{plain}%")
    });
    let rows = sqlx::query_as(
        "select * from products p
         where ($1::uuid is null or seller_id = $1)
             and ($2::text is null or title ilike $2 or handle ilike $2
                 or exists (select from variants v where v.product_id = p.id and v.sku ilike $2))
             and ($3::text is null or status = $3)
             and ($4::uuid is null or id < $4)
         order by id desc
         limit $5",
    )
    .bind(filter.seller)
    .bind(like)
    .bind(filter.status.map(row::status_text))
    .bind(filter.before)
    .bind(limit)
    .fetch_all(&mut *conn)
    .await?;
    whole(conn, rows).await
}

/// Adds variants and media to rows, in the rows' order.
async fn whole(conn: &mut PgConnection, rows: Vec<ProductRow>) -> Result<Vec<Current>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ProductId> = rows.iter().map(|row| row.id).collect();
    let variants: Vec<VariantRow> =
        sqlx::query_as("select * from variants where product_id = any($1) order by position")
            .bind(&ids)
            .fetch_all(&mut *conn)
            .await?;
    let media: Vec<MediaRow> =
        sqlx::query_as("select * from media where product_id = any($1) order by position")
            .bind(&ids)
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(|row| row.with(&variants, &media)).collect()
}

/// Saves a product's own row. A product that is not new is locked by the caller.
pub(crate) async fn save(
    conn: &mut PgConnection,
    current: &Current,
    before: i64,
) -> Result<(), Error> {
    let Product { id, handle, title, description, category, seller, vendor, .. } = &current.product;
    let Product { options, tags, status, .. } = &current.product;
    let saved = sqlx::query(
        "insert into products as known
             (id, handle, title, description_html, category, seller_id, vendor, options, tags,
              status, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         on conflict (id) do update
         set title = excluded.title, description_html = excluded.description_html,
             category = excluded.category, status = excluded.status, version = excluded.version,
             changed_at = now()
         where known.version = $12",
    )
    .bind(id)
    .bind(handle)
    .bind(title)
    .bind(description.as_str())
    .bind(category)
    .bind(seller)
    .bind(vendor)
    .bind(options)
    .bind(tags)
    .bind(row::status_text(*status))
    .bind(current.version)
    .bind(before)
    .execute(conn)
    .await?;
    match saved.rows_affected() {
        0 => Err(Error::Stale(current.version)),
        _ => Ok(()),
    }
}

/// Brings the rows below a product up to what happened to it.
pub(crate) async fn apply(
    conn: &mut PgConnection,
    id: ProductId,
    event: &Event,
) -> Result<(), Error> {
    match event {
        Event::VariantAdded(variant) => variants::offer(conn, id, variant).await,
        Event::VariantRemoved(sku) => variants::remove(conn, id, sku).await,
        Event::MediaAdded(media) => pictures::show(conn, id, media).await,
        Event::MediaReplaced { media, file } => pictures::replace(conn, *media, file).await,
        // All that these change stands in the product's own row.
        Event::Created(_)
        | Event::TitleChanged(_)
        | Event::DescriptionChanged(_)
        | Event::CategoryChanged(_)
        | Event::Published
        | Event::Archived => Ok(()),
    }
}
