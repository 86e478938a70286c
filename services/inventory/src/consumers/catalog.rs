//! Variants come and go in catalog; their stock begins here.

use contracts::ProductEvent;
use contracts::catalog::VariantAdded;
use messaging::{Meta, Reaction, Tx};

use crate::app;
use crate::domain::shelf::MOST;
use crate::error::Error;
use crate::store::stock::{self, NewItem};

/// Hears `catalog.product.v1`.
pub(crate) struct OnProduct;

impl Reaction for OnProduct {
    type Event = ProductEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: ProductEvent, _: &Meta) -> Result<(), Error> {
        match event {
            ProductEvent::VariantAdded(added) => app::open(tx, &item(added)?).await,
            ProductEvent::VariantRemoved(removed) => {
                stock::remove(tx, &contracts::parse("sku", &removed.sku)?).await
            }
            ProductEvent::ProductCreated(_)
            | ProductEvent::ProductTitleChanged(_)
            | ProductEvent::ProductDescriptionChanged(_)
            | ProductEvent::ProductCategoryChanged(_)
            | ProductEvent::MediaAdded(_)
            | ProductEvent::MediaReplaced(_)
            | ProductEvent::ProductPublished(_)
            | ProductEvent::ProductArchived(_) => Ok(()),
        }
    }
}

fn item(added: VariantAdded) -> Result<NewItem, Error> {
    Ok(NewItem {
        sku: contracts::parse("sku", &added.sku)?,
        product: contracts::parse("product_id", &added.product_id)?,
        title: match added.option_values.is_empty() {
            true => added.product_title,
            false => format!("{} ({})", added.product_title, added.option_values.join(" / ")),
        },
        tracked: added.tracked,
        // Some shops' exports have negative stock: more was sold than there was.
        opening_quantity: if added.tracked { added.opening_quantity.clamp(0, MOST) } else { 0 },
    })
}
