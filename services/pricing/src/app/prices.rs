//! Prices begin with the variant and are changed by staff.

use contracts::PriceEvent;
use kernel::Sku;
use messaging::{EventSet as _, Tx, Written};

use crate::error::Error;
use crate::publish;
use crate::store::prices::{self, Price};
use crate::store::variants::{self, Variant};

/// Keeps a variant with its opening price, unless it has a price already.
pub(crate) async fn open(tx: &mut Tx, variant: &Variant, price: Price) -> Result<(), Error> {
    variants::save(tx, variant).await?;
    if prices::any(tx, &variant.sku).await? {
        return Ok(());
    }
    let version = prices::save(tx, &variant.sku, price).await?;
    let set = publish::price_set(&variant.sku, variant.product, price, version);
    Ok(messaging::append(tx, [set]).await?)
}

/// Sets a price that was made for a version of the SKU's prices. A price that stands already is
/// left alone, whatever the version, so that a repeated request is harmless.
pub(crate) async fn set(tx: &mut Tx, sku: &Sku, price: Price, seen: i64) -> Result<(), Error> {
    let locked = variants::lock(tx, sku).await?;
    let (product, version) = locked.ok_or_else(|| Error::UnknownSku(sku.clone()))?;
    if prices::find(tx, sku, price.price.currency()).await? == Some(price) {
        // Who repeats a request wants to see what the first one wrote.
        let (topic, subject) = (PriceEvent::TOPIC.to_owned(), sku.to_string());
        messaging::wrote_before([Written { topic, subject, version }]);
        return Ok(());
    }
    if version != seen {
        return Err(Error::StalePrice(version));
    }
    let version = prices::save(tx, sku, price).await?;
    Ok(messaging::append(tx, [publish::price_set(sku, product, price, version)]).await?)
}
