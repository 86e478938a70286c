//! Prices begin with the variant, and are changed by staff and by their sellers.

use contracts::PriceEvent;
use kernel::{ProductId, Sku};
use messaging::{EventSet as _, Tx, Written};

use super::price_changes::{Change, ChangePrices};
use crate::domain::price::{Price, Wish, decide};
use crate::error::Error;
use crate::publish;
use crate::store::prices;
use crate::store::variants::{self, Locked, Variant};

/// A price that was decided on.
type Decided<'a> = (&'a Sku, ProductId, Price);

/// Keeps a variant with its opening price, unless it has a price already.
pub(crate) async fn open(tx: &mut Tx, variant: &Variant, price: Price) -> Result<(), Error> {
    variants::save(tx, variant).await?;
    if prices::any(tx, &variant.sku).await? {
        return Ok(());
    }
    save(tx, &[(&variant.sku, variant.product, price)]).await
}

/// Sets a price that was made for a version of the SKU's prices. A price that stands already is
/// left alone, whatever the version, so that a repeated request is harmless.
pub(crate) async fn set(tx: &mut Tx, sku: &Sku, price: Price, seen: i64) -> Result<(), Error> {
    let skus = [sku];
    let locked = variants::lock(tx, &skus).await?;
    let Locked { product, version, .. } =
        locked.get(sku).ok_or_else(|| Error::UnknownSku(sku.clone()))?;
    let standing = prices::find(tx, &skus, price.price.currency()).await?;
    let Some(price) = decide(standing.get(sku).copied(), Wish::Set(price))? else {
        // Who repeats a request wants to see what the first one wrote.
        let (topic, subject) = (PriceEvent::TOPIC.to_owned(), sku.to_string());
        messaging::wrote_before([Written { topic, subject, version: *version }]);
        return Ok(());
    };
    if *version != seen {
        return Err(Error::StalePrice(*version));
    }
    save(tx, &[(sku, *product, price)]).await
}

/// Changes the prices of different SKUs, whatever their versions; says of each why it was refused, in
/// the same order. A seller changes its own.
pub(crate) async fn change(
    tx: &mut Tx,
    command: &ChangePrices,
    changes: &[Change],
) -> Result<Vec<Option<String>>, Error> {
    let skus: Vec<&Sku> = changes.iter().map(|change| &change.sku).collect();
    let seller = command.seller.map(|seller| seller.to_string());
    let locked = variants::lock(tx, &skus).await?;
    let standing = prices::find(tx, &skus, command.currency).await?;
    let mut decided = Vec::with_capacity(changes.len());
    let mut refused = Vec::with_capacity(changes.len());
    for Change { sku, wish } in changes {
        let own = |variant: &&Locked| seller.as_ref().is_none_or(|own| *own == variant.seller_id);
        let Some(variant) = locked.get(sku).filter(own) else {
            refused.push(Some(format!("there is no SKU {sku} whose price you may change")));
            continue;
        };
        match decide(standing.get(sku).copied(), *wish) {
            Ok(price) => {
                decided.extend(price.map(|price| (sku, variant.product, price)));
                refused.push(None);
            }
            Err(rejection) => refused.push(Some(format!("{sku}: {rejection}"))),
        }
    }
    save(tx, &decided).await?;
    Ok(refused)
}

/// Keeps prices of different SKUs, and says so. The caller holds the variants' locks.
async fn save(tx: &mut Tx, decided: &[Decided<'_>]) -> Result<(), Error> {
    let rows: Vec<(&Sku, Price)> = decided.iter().map(|(sku, _, price)| (*sku, *price)).collect();
    let versions = prices::save(tx, &rows).await?;
    let mut said = Vec::with_capacity(decided.len());
    for (sku, product, price) in decided {
        let version = versions.get(*sku).ok_or(Error::Corrupt("a locked variant is gone"))?;
        said.push(publish::price_set(sku, *product, *price, *version));
    }
    Ok(messaging::append(tx, said).await?)
}
