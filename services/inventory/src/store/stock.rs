//! `stock_items` and `stock_levels`: an item's row is the lock of all its levels.

use std::collections::BTreeMap;

use kernel::{ProductId, Sku};
use sqlx::PgConnection;

use crate::domain::shelf::{Level, Shelf};
use crate::error::Error;

/// A SKU as catalog first named it.
#[derive(Debug)]
pub(crate) struct NewItem {
    pub(crate) sku: Sku,
    pub(crate) product: ProductId,
    pub(crate) title: String,
    pub(crate) tracked: bool,
    pub(crate) opening_quantity: i64,
}

/// What adding an item came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is new.
    New,
    /// It had been removed and is offered again; its stock is what it was.
    Again,
    /// It was there.
    Known,
}

/// Adds an item with its opening quantity at the main location, once.
pub(crate) async fn add(conn: &mut PgConnection, item: &NewItem) -> Result<Added, Error> {
    let added = sqlx::query(
        "with item as (
             insert into stock_items (sku, product_id, title, tracked)
             values ($1, $2, $3, $4) on conflict (sku) do nothing returning sku
         )
         insert into stock_levels (sku, location, on_hand) select sku, 'main', $5 from item",
    )
    .bind(&item.sku)
    .bind(item.product)
    .bind(&item.title)
    .bind(item.tracked)
    .bind(item.opening_quantity)
    .execute(&mut *conn)
    .await?;
    if added.rows_affected() == 1 {
        return Ok(Added::New);
    }
    let again = sqlx::query(
        "update stock_items set removed_at = null, product_id = $2, title = $3
         where sku = $1 and removed_at is not null",
    )
    .bind(&item.sku)
    .bind(item.product)
    .bind(&item.title)
    .execute(conn)
    .await?;
    Ok(if again.rows_affected() == 1 { Added::Again } else { Added::Known })
}

/// Notes that a SKU is no longer offered. Its stock stays where it lies.
pub(crate) async fn remove(conn: &mut PgConnection, sku: &Sku) -> Result<(), Error> {
    let remove = "update stock_items set removed_at = now() where sku = $1 and removed_at is null";
    sqlx::query(remove).bind(sku).execute(conn).await?;
    Ok(())
}

/// Locks SKUs in their order, so that no two transactions wait for each other, then reads their
/// levels, which only holders of these locks change. SKUs that are not known are left out.
pub(crate) async fn lock(
    conn: &mut PgConnection,
    skus: &[Sku],
) -> Result<BTreeMap<Sku, Shelf>, Error> {
    let items: Vec<(Sku, bool, i64)> = sqlx::query_as(
        "select sku, tracked, version from stock_items where sku = any($1)
         order by sku for no key update",
    )
    .bind(skus)
    .fetch_all(&mut *conn)
    .await?;
    // A statement of its own: this one sees what the locks' previous holders have committed.
    let levels: Vec<(Sku, String, i64, i64)> = sqlx::query_as(
        "select l.sku, l.location, l.on_hand, l.reserved
         from stock_levels l join locations on locations.code = l.location
         where l.sku = any($1) order by locations.position",
    )
    .bind(skus)
    .fetch_all(conn)
    .await?;
    let mut shelves: BTreeMap<Sku, Shelf> = items
        .into_iter()
        .map(|(sku, tracked, version)| {
            (sku.clone(), Shelf { sku, tracked, version, levels: Vec::new() })
        })
        .collect();
    for (sku, location, on_hand, reserved) in levels {
        if let Some(shelf) = shelves.get_mut(&sku) {
            shelf.levels.push(Level { location, on_hand, reserved });
        }
    }
    Ok(shelves)
}

/// Saves shelves that [`lock`] gave and the caller changed, versions included.
pub(crate) async fn save(conn: &mut PgConnection, shelves: &[&Shelf]) -> Result<(), Error> {
    let levels = || {
        shelves.iter().flat_map(|shelf| shelf.levels.iter().map(move |level| (&shelf.sku, level)))
    };
    sqlx::query(
        "with levels as (
             insert into stock_levels (sku, location, on_hand, reserved)
             select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
             on conflict (sku, location) do update
             set on_hand = excluded.on_hand, reserved = excluded.reserved
         )
         update stock_items as item set version = changed.version
         from unnest($5::text[], $6::bigint[]) as changed (sku, version)
         where item.sku = changed.sku",
    )
    .bind(levels().map(|(sku, _)| sku.as_str()).collect::<Vec<_>>())
    .bind(levels().map(|(_, level)| level.location.as_str()).collect::<Vec<_>>())
    .bind(levels().map(|(_, level)| level.on_hand).collect::<Vec<_>>())
    .bind(levels().map(|(_, level)| level.reserved).collect::<Vec<_>>())
    .bind(shelves.iter().map(|shelf| shelf.sku.as_str()).collect::<Vec<_>>())
    .bind(shelves.iter().map(|shelf| shelf.version).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// A SKU for people: its name, and its sums over all locations.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Listed {
    pub(crate) sku: Sku,
    pub(crate) product_id: ProductId,
    pub(crate) title: String,
    pub(crate) tracked: bool,
    pub(crate) removed: bool,
    pub(crate) version: i64,
    pub(crate) locations: Vec<String>,
    pub(crate) on_hand: Vec<i64>,
    pub(crate) reserved: Vec<i64>,
}

/// Which SKUs a list shows.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) sku: Option<&'a str>,
    /// Part of a SKU or title, any case.
    pub(crate) text: Option<&'a str>,
    pub(crate) after: &'a str,
    pub(crate) limit: i64,
}

/// Lists SKUs in their order, one more than `limit` when there are more.
pub(crate) async fn list(
    conn: &mut PgConnection,
    filter: Filter<'_>,
) -> Result<Vec<Listed>, Error> {
    let listed = sqlx::query_as(
        "select i.sku, i.product_id, i.title, i.tracked, i.removed_at is not null as removed,
             i.version, l.locations, l.on_hand, l.reserved
         from stock_items i cross join lateral (
             select array_agg(location order by position) as locations,
                 array_agg(on_hand order by position) as on_hand,
                 array_agg(reserved order by position) as reserved
             from stock_levels join locations on locations.code = location
             where stock_levels.sku = i.sku
         ) l
         where i.sku > $1
             and ($2::text is null or i.sku = $2)
             and ($3::text is null or strpos(lower(i.sku || ' ' || i.title), lower($3)) > 0)
         order by i.sku limit $4 + 1",
    )
    .bind(filter.after)
    .bind(filter.sku)
    .bind(filter.text)
    .bind(filter.limit)
    .fetch_all(conn)
    .await?;
    Ok(listed)
}
