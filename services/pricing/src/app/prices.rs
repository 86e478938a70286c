//! Prices begin with the variant and are changed by staff.

use kernel::Sku;
use sqlx::PgConnection;

use crate::error::Error;
use crate::publish;
use crate::store::prices::{self, Price};
use crate::store::variants::{self, Variant};

/// Keeps a variant with its opening price, unless it has a price already.
pub(crate) async fn open(
    conn: &mut PgConnection,
    variant: &Variant,
    price: Price,
) -> Result<(), Error> {
    variants::save(conn, variant).await?;
    if prices::any(conn, &variant.sku).await? {
        return Ok(());
    }
    let version = prices::save(conn, &variant.sku, price).await?;
    let set = publish::price_set(&variant.sku, variant.product, price, version);
    Ok(messaging::append(conn, [set]).await?)
}

/// Sets a price that was made for a version of the SKU's prices. A price that stands already is
/// left alone, whatever the version, so that a repeated request is harmless.
pub(crate) async fn set(
    conn: &mut PgConnection,
    sku: &Sku,
    price: Price,
    seen: i64,
) -> Result<(), Error> {
    let locked = variants::lock(conn, sku).await?;
    let (product, version) = locked.ok_or_else(|| Error::UnknownSku(sku.clone()))?;
    if prices::find(conn, sku, price.price.currency()).await? == Some(price) {
        return Ok(());
    }
    if version != seen {
        return Err(Error::StalePrice(version));
    }
    let version = prices::save(conn, sku, price).await?;
    Ok(messaging::append(conn, [publish::price_set(sku, product, price, version)]).await?)
}
