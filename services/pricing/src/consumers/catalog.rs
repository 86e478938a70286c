//! Variants come with an opening price; only published products can be quoted.

use contracts::catalog::VariantAdded;
use contracts::{ConvertError, ProductEvent};
use kernel::ProductId;
use messaging::{Meta, Reaction, Tx};

use crate::app::prices;
use crate::domain::price::Price;
use crate::error::Error;
use crate::store::variants::{self, Variant};

/// Hears `catalog.product.v1`.
pub(crate) struct OnProduct;

impl Reaction for OnProduct {
    type Event = ProductEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ProductEvent, _: &Meta) -> Result<(), Error> {
        match event {
            ProductEvent::ProductCreated(created) => {
                variants::set_title(tx, product(&created.product_id)?, &created.title).await
            }
            ProductEvent::ProductTitleChanged(changed) => {
                variants::set_title(tx, product(&changed.product_id)?, &changed.title).await
            }
            ProductEvent::VariantAdded(added) => add(tx, added).await,
            ProductEvent::VariantRemoved(removed) => {
                variants::withdraw(tx, &contracts::parse("sku", &removed.sku)?).await
            }
            ProductEvent::ProductPublished(published) => {
                variants::set_published(tx, product(&published.product_id)?, true).await
            }
            ProductEvent::ProductArchived(archived) => {
                variants::set_published(tx, product(&archived.product_id)?, false).await
            }
            ProductEvent::ProductDescriptionChanged(_)
            | ProductEvent::ProductCategoryChanged(_)
            | ProductEvent::MediaAdded(_)
            | ProductEvent::MediaReplaced(_) => Ok(()),
        }
    }
}

fn product(id: &str) -> Result<ProductId, Error> {
    Ok(contracts::parse("product_id", id)?)
}

async fn add(tx: &mut Tx, added: VariantAdded) -> Result<(), Error> {
    let price = contracts::money("opening_price", added.opening_price)?;
    if price.minor() < 0 {
        return Err(ConvertError::invalid("opening_price", "expected 0 or more").into());
    }
    let compare_at = added.compare_at.map(kernel::Money::try_from).transpose()?;
    // Exports of other shops compare with the same price, a lower one or none at all.
    let compare_at = compare_at
        .filter(|higher| higher.currency() == price.currency() && higher.minor() > price.minor());
    let variant = Variant {
        sku: contracts::parse("sku", &added.sku)?,
        product: product(&added.product_id)?,
        variant_title: added.option_values.join(" / "),
        seller_id: added.seller_id,
    };
    variants::set_title(tx, variant.product, &added.product_title).await?;
    prices::open(tx, &variant, Price { price, compare_at }).await
}
